/* h5.c - groups and attributes (h5.h). */
#include "data/hdf5/h5.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 100000, LONGEST_NAME = 1024, MOST_TEXTS = 100000, LONGEST_TEXT = 65536 };

int sbnn_h5_damaged(sbnn_h5 *f, const char *path, const char *what) {
  return sbnn_fail(f->error, SBNN_BAD_INPUT,
                   "%s: %.200s is damaged: %s; copy it again, or save it again with the program that made it",
                   f->path, *path ? path : "it", what);
}

char *sbnn_h5_join(const char *path, const char *name) {
  return *path ? sbnn_format("%s/%s", path, name) : sbnn_strdup(name);
}

/* ---- paths ---- */

/* Is every step of the path a hard link to a group or a dataset? */
static bool hard_all_the_way(sbnn_h5 *f, const char *path) {
  char part[LONGEST_NAME + 2];
  const size_t n = strlen(path);
  if (n > LONGEST_NAME) return false;
  for (size_t i = 1; i <= n; i++) {
    H5L_info_t info;
    if (path[i] != '/' && path[i] != '\0') continue;
    if (path[i - 1] == '/') return false;
    memcpy(part, path, i);
    part[i] = '\0';
    if (H5Lexists(f->id, part, H5P_DEFAULT) <= 0) return false;
    if (H5Lget_info(f->id, part, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD) return false;
  }
  return true;
}

/* 0: nothing to be read. The caller closes it with H5Oclose. */
static hid_t open_object(sbnn_h5 *f, const char *path) {
  if (!hard_all_the_way(f, path)) return 0;
  hid_t id = H5Oopen(f->id, *path ? path : "/", H5P_DEFAULT);
  return id < 0 ? 0 : id;
}

sbnn_h5_kind sbnn_h5_kind_of(sbnn_h5 *f, const char *path) {
  hid_t id = open_object(f, path);
  H5I_type_t type = id ? H5Iget_type(id) : H5I_BADID;
  if (id) H5Oclose(id);
  return type == H5I_GROUP ? SBNN_H5_GROUP : type == H5I_DATASET ? SBNN_H5_DATASET : SBNN_H5_NOTHING;
}

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *ctx) {
  sbnn_strings *out = ctx;
  (void)group;
  if (info->type == H5L_TYPE_HARD && strlen(name) <= LONGEST_NAME) sbnn_strings_add(out, name);
  return out->n >= MOST_NAMES;
}

int sbnn_h5_names(sbnn_h5 *f, const char *path, sbnn_strings *out) {
  hsize_t at = 0;
  if (sbnn_h5_kind_of(f, path) != SBNN_H5_GROUP) return SBNN_OK;
  hid_t group = H5Gopen2(f->id, *path ? path : "/", H5P_DEFAULT);
  if (group < 0) return sbnn_h5_damaged(f, path, "the group cannot be opened");
  herr_t code = H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, add_name, out);
  H5Gclose(group);
  return code < 0 ? sbnn_h5_damaged(f, path, "its names cannot be read") : SBNN_OK;
}

/* ---- attributes ---- */

typedef struct attribute {
  hid_t object, id, type, space;
  size_t n;
} attribute;

static void close_attribute(attribute *a) {
  if (a->space > 0) H5Sclose(a->space);
  if (a->type > 0) H5Tclose(a->type);
  if (a->id > 0) H5Aclose(a->id);
  if (a->object > 0) H5Oclose(a->object);
}

/* Of an object, 0: none, which close_attribute closes. */
static bool open_attribute(hid_t object, const char *name, attribute *a) {
  *a = (attribute){.object = object};
  if (!a->object || H5Aexists(a->object, name) <= 0) return false;
  a->id = H5Aopen(a->object, name, H5P_DEFAULT);
  a->type = a->id > 0 ? H5Aget_type(a->id) : 0;
  a->space = a->type > 0 ? H5Aget_space(a->id) : 0;
  hssize_t n = a->space > 0 ? H5Sget_simple_extent_npoints(a->space) : -1;
  a->n = n < 0 ? 0 : (size_t)n;
  return n > 0 && n <= MOST_TEXTS;
}

static bool read_fixed(const attribute *a, sbnn_strings *out) {
  size_t size = H5Tget_size(a->type), n;
  if (size == 0 || size > LONGEST_TEXT || __builtin_mul_overflow(size, a->n, &n) || n > (size_t)64 << 20)
    return false;
  char *all = sbnn_alloc(n + 1, 1), *one = sbnn_alloc(size + 1, 1);
  bool good = H5Aread(a->id, a->type, all) >= 0;
  for (size_t i = 0; good && i < a->n; i++) {
    memcpy(one, all + i * size, size);
    sbnn_strings_add(out, one);
  }
  free(all);
  free(one);
  return good;
}

static bool read_variable(const attribute *a, sbnn_strings *out) {
  char **all = sbnn_alloc(a->n, sizeof *all);
  hid_t memory = H5Tcopy(H5T_C_S1);
  bool good = memory >= 0 && H5Tset_size(memory, H5T_VARIABLE) >= 0 &&
              H5Tset_cset(memory, H5Tget_cset(a->type)) >= 0 && H5Aread(a->id, memory, all) >= 0;
  for (size_t i = 0; good && i < a->n; i++) {
    if (all[i] && strlen(all[i]) > LONGEST_TEXT) all[i][LONGEST_TEXT] = '\0';
    sbnn_strings_add(out, all[i] ? all[i] : "");
  }
  if (good) H5Dvlen_reclaim(memory, a->space, H5P_DEFAULT, all);
  if (memory >= 0) H5Tclose(memory);
  free(all);
  return good;
}

static bool read_texts(hid_t object, const char *name, sbnn_strings *out) {
  attribute a;
  bool good = open_attribute(object, name, &a) && H5Tget_class(a.type) == H5T_STRING;
  if (good) good = H5Tis_variable_str(a.type) > 0 ? read_variable(&a, out) : read_fixed(&a, out);
  close_attribute(&a);
  return good;
}

static char *read_text(hid_t object, const char *name) {
  sbnn_strings texts = {0};
  char *text = NULL;
  if (read_texts(object, name, &texts) && texts.n > 0) text = sbnn_strdup(texts.items[0]);
  sbnn_strings_free(&texts);
  return text;
}

static bool read_numbers(hid_t object, const char *name, double *out, size_t n) {
  attribute a;
  bool good = open_attribute(object, name, &a) && a.n >= n;
  H5T_class_t class = good ? H5Tget_class(a.type) : H5T_NO_CLASS;
  if (class != H5T_INTEGER && class != H5T_FLOAT) good = false;
  double *all = good ? sbnn_alloc(a.n, sizeof *all) : NULL;
  if (good) good = H5Aread(a.id, H5T_NATIVE_DOUBLE, all) >= 0;
  if (good) memcpy(out, all, n * sizeof *out);
  free(all);
  close_attribute(&a);
  return good;
}

bool sbnn_h5_attribute(sbnn_h5 *f, const char *path, const char *name, sbnn_strings *out) {
  return read_texts(open_object(f, path), name, out);
}

char *sbnn_h5_attribute_text(sbnn_h5 *f, const char *path, const char *name) {
  return read_text(open_object(f, path), name);
}

bool sbnn_h5_attribute_numbers(sbnn_h5 *f, const char *path, const char *name, double *out, size_t n) {
  return read_numbers(open_object(f, path), name, out, n);
}

/* A second reference to the dataset, for close_attribute to release. */
static hid_t share(const sbnn_h5_array *a) { return H5Iinc_ref(a->set) > 0 ? a->set : 0; }

char *sbnn_h5_array_attribute_text(const sbnn_h5_array *a, const char *name) {
  return read_text(share(a), name);
}

bool sbnn_h5_array_attribute_number(const sbnn_h5_array *a, const char *name, double *out) {
  return read_numbers(share(a), name, out, 1);
}
