/* frame.c - see frame.h. */
#include "data/hdf5/frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

bool sbnn_h5_is_frame(sbnn_h5 *f, const char *path) {
  sbnn_strings fields = {0};
  sbnn_error *real = f->error, quiet = {0};
  sbnn_h5_kind kind = sbnn_h5_kind_of(f, path);
  f->error = &quiet; /* no frame is no failure */
  char *encoding = sbnn_h5_attribute_text(f, path, "encoding-type"),
       *index = sbnn_h5_attribute_text(f, path, "_index");
  bool is = kind == SBNN_H5_GROUP && (index || (encoding && strcmp(encoding, "dataframe") == 0));
  if (kind == SBNN_H5_DATASET) is = sbnn_h5_fields(f, path, &fields) == SBNN_OK && fields.n > 0;
  f->error = real;
  free(encoding);
  free(index);
  sbnn_strings_free(&fields);
  return is;
}

static bool has(const sbnn_strings *s, const char *name) {
  for (size_t i = 0; i < s->n; i++)
    if (strcmp(s->items[i], name) == 0) return true;
  return false;
}

/* Said by the writer; else what writers call it; of records, else the first. */
static char *find_index(sbnn_h5 *f, const char *path, const sbnn_strings *names, bool records) {
  static const char *const usual[] = {"_index", "index", NULL};
  char *said = sbnn_h5_attribute_text(f, path, "_index");
  if (said && has(names, said)) return said;
  free(said);
  for (const char *const *name = usual; *name; name++)
    if (has(names, *name)) return sbnn_strdup(*name);
  return records && names->n > 0 ? sbnn_strdup(names->items[0]) : NULL;
}

/* "uns" beside the frame: of "mod/rna/obs" it is "mod/rna/uns". */
static char *uns_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? sbnn_format("%.*s/uns", (int)(slash - path), path) : sbnn_strdup("uns");
}

int sbnn_h5_frame_open(sbnn_h5 *f, const char *path, sbnn_h5_frame *frame) {
  sbnn_strings names = {0}, order = {0};
  sbnn_h5_kind kind = sbnn_h5_kind_of(f, path);
  *frame = (sbnn_h5_frame){
      .f = f, .path = sbnn_strdup(path), .uns = uns_of(path), .records = kind == SBNN_H5_DATASET};
  int code = frame->records ? sbnn_h5_fields(f, path, &names) : sbnn_h5_names(f, path, &names);
  if (code == SBNN_OK && names.n == 0)
    code = sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: there is no data frame '%.200s' in it", f->path, path);
  if (code == SBNN_OK) frame->index = find_index(f, path, &names, frame->records);
  if (code == SBNN_OK && !frame->index)
    code = sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: the data frame '%.200s' has no names for its rows",
                     f->path, path);
  if (code == SBNN_OK) {
    sbnn_h5_attribute(f, path, "column-order", &order);
    for (size_t i = 0; i < order.n; i++)
      if (has(&names, order.items[i]) && !has(&frame->columns, order.items[i]))
        sbnn_strings_add(&frame->columns, order.items[i]);
    for (size_t i = 0; i < names.n; i++)
      if (strcmp(names.items[i], frame->index) != 0 && strcmp(names.items[i], "__categories") != 0 &&
          (order.n == 0 || !has(&order, names.items[i])))
        sbnn_strings_add(&frame->columns, names.items[i]);
  }
  sbnn_strings_free(&order);
  sbnn_strings_free(&names);
  return code;
}

void sbnn_h5_frame_close(sbnn_h5_frame *frame) {
  sbnn_strings_free(&frame->columns);
  free(frame->index);
  free(frame->path);
  free(frame->uns);
  *frame = (sbnn_h5_frame){0};
}

/* ---- one column, as it is stored ---- */

/* Paths of its parts; NULL: it has no such part. */
typedef struct column {
  char *values, *field; /* numbers, texts, or codes */
  char *categories, *mask;
} column;

static void free_column(column *c) {
  free(c->values);
  free(c->field);
  free(c->categories);
  free(c->mask);
}

static char *if_there(sbnn_h5 *f, char *path) {
  if (sbnn_h5_kind_of(f, path) != SBNN_H5_NOTHING) return path;
  free(path);
  return NULL;
}

static column column_at(sbnn_h5 *f, const char *path) {
  column c = {0};
  if (sbnn_h5_kind_of(f, path) != SBNN_H5_GROUP) {
    c.values = sbnn_strdup(path);
    return c;
  }
  c.categories = if_there(f, sbnn_h5_join(path, "categories"));
  c.values = sbnn_h5_join(path, c.categories ? "codes" : "values");
  if (!c.categories) c.mask = if_there(f, sbnn_h5_join(path, "mask"));
  return c;
}

static column find_column(const sbnn_h5_frame *frame, const char *name) {
  column c;
  char *categories;
  if (frame->records) {
    c = (column){.values = sbnn_strdup(frame->path), .field = sbnn_strdup(name)};
    categories = sbnn_format("%s/%s_categories", frame->uns, name);
  } else {
    char *path = sbnn_h5_join(frame->path, name);
    c = column_at(frame->f, path);
    free(path);
    categories = sbnn_format("%s/__categories/%s", frame->path, name);
  }
  if (!c.categories && !c.mask) c.categories = if_there(frame->f, categories);
  else free(categories);
  return c;
}

/* Codes are small: those of texts beside a list that happens to have such a name are no codes. */
static bool is_coded(const column *c, const sbnn_h5_array *values) {
  return c->categories && values->kind == SBNN_H5_NUMBERS && values->whole;
}

/* ---- texts ---- */

static void add_number(double v, bool truth, sbnn_strings *out) {
  char text[40];
  if (isnan(v)) sbnn_strings_add(out, "");
  else if (truth) sbnn_strings_add(out, v != 0 ? "True" : "False");
  else {
    snprintf(text, sizeof text, fabs(v) < 1e15 && v == floor(v) ? "%.0f" : "%.9g", v);
    sbnn_strings_add(out, text);
  }
}

static int add_numbers(sbnn_h5 *f, const sbnn_h5_array *a, sbnn_strings *out) {
  double *v = sbnn_alloc(a->shape[0], sizeof *v);
  int code = a->shape[1] == 1
                 ? sbnn_h5_read_doubles(f, a, 0, a->shape[0], v)
                 : sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s is not a list", f->path, a->path);
  for (size_t i = 0; i < a->shape[0] && code == SBNN_OK; i++) add_number(v[i], a->kind == SBNN_H5_BOOLS, out);
  free(v);
  return code;
}

static int add_plain(sbnn_h5 *f, const sbnn_h5_array *a, sbnn_strings *out) {
  return a->kind == SBNN_H5_TEXT ? sbnn_h5_read_texts(f, a, out) : add_numbers(f, a, out);
}

static int texts_at(sbnn_h5 *f, const char *path, int depth, sbnn_strings *out);

/* A code below 0 is a missing value. */
static int add_coded(sbnn_h5 *f, const column *c, const sbnn_h5_array *codes, int depth, sbnn_strings *out) {
  sbnn_strings names = {0};
  int code = texts_at(f, c->categories, depth + 1, &names);
  const size_t n = codes->shape[0];
  int64_t *v = sbnn_alloc(n, sizeof *v);
  if (code == SBNN_OK && codes->shape[1] != 1)
    code = sbnn_h5_damaged(f, codes->path, "its codes are not a list");
  if (code == SBNN_OK) code = sbnn_h5_read_int64s(f, codes, 0, n, v);
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    if (v[i] >= 0 && (uint64_t)v[i] >= names.n)
      code = sbnn_h5_damaged(f, codes->path, "a code has no category");
    else sbnn_strings_add(out, v[i] < 0 ? "" : names.items[v[i]]);
  }
  free(v);
  sbnn_strings_free(&names);
  return code;
}

/* mask[n]: 1 where a value is missing; all 0 without a mask. */
static int read_mask(sbnn_h5 *f, const column *c, size_t n, double *mask) {
  sbnn_h5_array a;
  if (!c->mask) return SBNN_OK;
  int code = sbnn_h5_array_open(f, c->mask, NULL, &a);
  if (code == SBNN_OK && (a.shape[0] != n || a.shape[1] != 1))
    code = sbnn_h5_damaged(f, c->mask, "it and the values differ in length");
  if (code == SBNN_OK) code = sbnn_h5_read_doubles(f, &a, 0, n, mask);
  sbnn_h5_array_close(&a);
  return code;
}

static int apply_mask(sbnn_h5 *f, const column *c, sbnn_strings *out, size_t first) {
  const size_t n = out->n - first;
  double *mask = sbnn_alloc(n, sizeof *mask);
  int code = read_mask(f, c, n, mask);
  for (size_t i = 0; i < n && code == SBNN_OK; i++)
    if (mask[i] != 0) out->items[first + i][0] = '\0';
  free(mask);
  return code;
}

static int column_texts(sbnn_h5 *f, const column *c, int depth, sbnn_strings *out) {
  sbnn_h5_array a;
  const size_t first = out->n;
  int code = sbnn_h5_array_open(f, c->values, c->field, &a);
  if (code == SBNN_OK) code = is_coded(c, &a) ? add_coded(f, c, &a, depth, out) : add_plain(f, &a, out);
  sbnn_h5_array_close(&a);
  return code == SBNN_OK ? apply_mask(f, c, out, first) : code;
}

int sbnn_h5_frame_texts(const sbnn_h5_frame *frame, const char *name, sbnn_strings *out) {
  column c = find_column(frame, name);
  int code = column_texts(frame->f, &c, 0, out);
  free_column(&c);
  return code;
}

static int texts_at(sbnn_h5 *f, const char *path, int depth, sbnn_strings *out) {
  if (depth > 1) return sbnn_h5_damaged(f, path, "its categories have categories");
  column c = column_at(f, path);
  int code = column_texts(f, &c, depth, out);
  free_column(&c);
  return code;
}

int sbnn_h5_texts_at(sbnn_h5 *f, const char *path, sbnn_strings *out) { return texts_at(f, path, 0, out); }

/* ---- numbers ---- */

sbnn_h5_column sbnn_h5_frame_kind(const sbnn_h5_frame *frame, const char *name) {
  column c = find_column(frame, name);
  sbnn_h5_array a;
  sbnn_error *real = frame->f->error, quiet = {0};
  sbnn_h5_column kind = SBNN_H5_NO_COLUMN;
  frame->f->error = &quiet;
  if (sbnn_h5_array_open(frame->f, c.values, c.field, &a) == SBNN_OK && a.shape[1] == 1) {
    if (is_coded(&c, &a) || a.kind == SBNN_H5_TEXT || a.kind == SBNN_H5_BOOLS) kind = SBNN_H5_COLUMN_TEXT;
    else if (a.kind == SBNN_H5_NUMBERS) kind = SBNN_H5_COLUMN_NUMBERS;
  }
  sbnn_h5_array_close(&a);
  frame->f->error = real;
  free_column(&c);
  return kind;
}

int sbnn_h5_frame_numbers(const sbnn_h5_frame *frame, const char *name, size_t n, double *out) {
  column c = find_column(frame, name);
  sbnn_h5_array a;
  int code = sbnn_h5_array_open(frame->f, c.values, c.field, &a);
  if (code == SBNN_OK && (a.shape[0] != n || a.shape[1] != 1))
    code = sbnn_h5_damaged(frame->f, c.values, "a column and the names of the rows differ in length");
  if (code == SBNN_OK) code = sbnn_h5_read_doubles(frame->f, &a, 0, n, out);
  double *mask = sbnn_alloc(n, sizeof *mask);
  if (code == SBNN_OK) code = read_mask(frame->f, &c, n, mask);
  for (size_t i = 0; i < n && code == SBNN_OK; i++)
    if (mask[i] != 0) out[i] = NAN;
  free(mask);
  sbnn_h5_array_close(&a);
  free_column(&c);
  return code;
}

int sbnn_h5_frame_categories(const sbnn_h5_frame *frame, const char *name, sbnn_strings *out) {
  column c = find_column(frame, name);
  int code = c.categories ? sbnn_h5_texts_at(frame->f, c.categories, out) : SBNN_OK;
  free_column(&c);
  return code;
}
