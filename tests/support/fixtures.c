/* fixtures.c - see fixtures.h. */
#include "fixtures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tn_dtype dtype_named(const char *name) {
  for (int d = TN_F32; d <= TN_U8; d++)
    if (strcmp(tn_dtype_name((tn_dtype)d), name) == 0) return (tn_dtype)d;
  cr_assert_fail("no element type %s", name);
  return TN_F64;
}

static void read_array(char *dtype, char *extents, char *values, tn_array *out) {
  int rank = 0;
  int64_t shape[TN_MAX_RANK];
  for (char *e = strtok(extents, ","); e && *e != '-'; e = strtok(NULL, ",")) shape[rank++] = atoll(e);
  cr_assert_eq(tn_array_new(NULL, dtype_named(dtype), rank, shape, out), TN_OK);
  for (int64_t i = 0; i < tn_view_numel(&out->view); i++) tn_set(&out->view, i, strtod(values, &values));
}

bool fixture_next(void *file, fixture *f) {
  static char line[1 << 16];
  *f = (fixture){.n = 0};
  while (fgets(line, sizeof line, file)) {
    if (*line == '#') continue;
    if (*line == '\n' && f->n == 0) continue;
    if (*line == '\n') return true;
    char *rest = line, *name = strsep(&rest, "\t"), *role = strsep(&rest, "\t");
    char *dtype = strsep(&rest, "\t"), *extents = strsep(&rest, "\t");
    cr_assert(extents && rest && f->n < FIXTURE_ARRAYS, "a bad row of %s", name);
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->role[f->n], sizeof f->role[0], "%s", role);
    read_array(dtype, extents, rest, &f->array[f->n++]);
  }
  return f->n > 0;
}

void fixture_free(fixture *f) {
  for (int i = 0; i < f->n; i++) tn_array_free(&f->array[i]);
}

const tn_view *fixture_get(const fixture *f, const char *role, int i) {
  for (int k = 0; k < f->n; k++)
    if (strcmp(f->role[k], role) == 0 && i-- == 0) return &f->array[k].view;
  return NULL;
}
