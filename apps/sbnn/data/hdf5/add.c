/* add.c - see add.h. Encodings: "On-disk format" of anndata 0.8: array, string-array, categorical, dict. */
#include "data/hdf5/add.h"
#include "data/hdf5/frame.h"

#include <stdlib.h>
#include <string.h>

static int failed(sbnn_h5 *f, const char *path) {
  return sbnn_fail(f->error, SBNN_FAILED, "%s: %.200s could not be written into its copy; is the disk full?",
                   f->path, path);
}

/* ---- types and attributes ---- */

static hid_t text_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

/* As h5py stores truth values. */
static hid_t truth_type(void) {
  const signed char no = 0, yes = 1;
  hid_t type = H5Tenum_create(H5T_STD_I8LE);
  if (type >= 0 && (H5Tenum_insert(type, "FALSE", &no) < 0 || H5Tenum_insert(type, "TRUE", &yes) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

/* Replaces it; takes over type and space. */
static bool put_attribute(hid_t object, const char *name, hid_t type, hid_t space, const void *value) {
  bool good = type >= 0 && space >= 0 && (H5Aexists(object, name) <= 0 || H5Adelete(object, name) >= 0);
  hid_t id = good ? H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT) : -1;
  good = id >= 0 && H5Awrite(id, type, value) >= 0;
  if (id >= 0) H5Aclose(id);
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  return good;
}

static bool put_encoding(hid_t object, const char *type, const char *version) {
  return put_attribute(object, "encoding-type", text_type(), H5Screate(H5S_SCALAR), &type) &&
         put_attribute(object, "encoding-version", text_type(), H5Screate(H5S_SCALAR), &version);
}

/* ---- datasets ---- */

/* rank 0: a single element. `memory` is what `data` has; 0: as `type`, the file's, which is closed. */
typedef struct content {
  hid_t type, memory;
  int rank;
  hsize_t shape[2];
  const void *data;
  const char *encoding;
} content;

/* Without times: the same additions give the same bytes. */
static bool put_data(hid_t parent, const char *name, const content *c) {
  hid_t space = c->rank ? H5Screate_simple(c->rank, c->shape, NULL) : H5Screate(H5S_SCALAR),
        how = H5Pcreate(H5P_DATASET_CREATE);
  bool good = c->type >= 0 && space >= 0 && how >= 0 && H5Pset_obj_track_times(how, 0) >= 0;
  hid_t set = good ? H5Dcreate2(parent, name, c->type, space, H5P_DEFAULT, how, H5P_DEFAULT) : -1;
  good = set >= 0 &&
         H5Dwrite(set, c->memory ? c->memory : c->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, c->data) >= 0 &&
         put_encoding(set, c->encoding, "0.2.0");
  if (set >= 0) H5Dclose(set);
  if (how >= 0) H5Pclose(how);
  if (space >= 0) H5Sclose(space);
  if (c->type >= 0) H5Tclose(c->type);
  return good;
}

static bool put_texts(hid_t parent, const char *name, const sbnn_strings *texts) {
  return put_data(parent, name, &(content){text_type(), 0, 1, {texts->n}, texts->items, "string-array"});
}

static hid_t new_group(hid_t parent, const char *name, const char *encoding, const char *version) {
  hid_t how = H5Pcreate(H5P_GROUP_CREATE);
  hid_t group = how >= 0 && H5Pset_obj_track_times(how, 0) >= 0
                    ? H5Gcreate2(parent, name, H5P_DEFAULT, how, H5P_DEFAULT)
                    : -1;
  if (how >= 0) H5Pclose(how);
  if (group >= 0 && !put_encoding(group, encoding, version)) {
    H5Gclose(group);
    return -1;
  }
  return group;
}

static bool put_categories(hid_t parent, const char *name, const sbnn_addition *a) {
  const signed char ordered = 0;
  hid_t group = new_group(parent, name, "categorical", "0.2.0");
  hid_t code = H5Tcopy(a->texts.n <= 127 ? H5T_STD_I8LE : H5T_STD_I32LE);
  bool good = group >= 0;
  if (good) good = put_attribute(group, "ordered", truth_type(), H5Screate(H5S_SCALAR), &ordered);
  if (good) good = put_data(group, "codes", &(content){code, H5T_NATIVE_INT, 1, {a->n}, a->code, "array"});
  else H5Tclose(code);
  if (good) good = put_texts(group, "categories", &a->texts);
  if (group >= 0) H5Gclose(group);
  return good;
}

static bool put_flags(hid_t parent, const char *name, const sbnn_addition *a) {
  signed char *flag = sbnn_alloc(a->n, 1);
  for (size_t i = 0; i < a->n; i++) flag[i] = a->code[i] != 0;
  bool good = put_data(parent, name, &(content){truth_type(), 0, 1, {a->n}, flag, "array"});
  free(flag);
  return good;
}

static bool put_single(hid_t parent, const char *name, const sbnn_addition *a) {
  const int64_t whole = a->kind == SBNN_ADD_WHOLE ? (int64_t)a->value : 0;
  const signed char flag = a->value != 0;
  content c = {.encoding = a->kind == SBNN_ADD_TEXT ? "string" : "numeric-scalar"};
  if (a->kind == SBNN_ADD_TEXT) c.type = text_type(), c.data = a->texts.items;
  else if (a->kind == SBNN_ADD_WHOLE)
    c.type = H5Tcopy(H5T_STD_I64LE), c.memory = H5T_NATIVE_INT64, c.data = &whole;
  else if (a->kind == SBNN_ADD_FLAG) c.type = truth_type(), c.data = &flag;
  else c.type = H5Tcopy(H5T_IEEE_F64LE), c.memory = H5T_NATIVE_DOUBLE, c.data = &a->value;
  return put_data(parent, name, &c);
}

static bool put_object(hid_t parent, const char *name, const sbnn_addition *a) {
  hid_t group;
  switch (a->kind) {
  case SBNN_ADD_GROUP:
    group = new_group(parent, name, "dict", "0.1.0");
    return group >= 0 && H5Gclose(group) >= 0;
  case SBNN_ADD_MATRIX:
  case SBNN_ADD_NUMBERS:
    return put_data(parent, name,
                    &(content){H5Tcopy(H5T_IEEE_F32LE),
                               H5T_NATIVE_FLOAT,
                               a->kind == SBNN_ADD_MATRIX ? 2 : 1,
                               {a->n, a->width},
                               a->number,
                               "array"});
  case SBNN_ADD_FLAGS: return put_flags(parent, name, a);
  case SBNN_ADD_CODES: return put_categories(parent, name, a);
  case SBNN_ADD_TEXTS: return put_texts(parent, name, &a->texts);
  default: return put_single(parent, name, a);
  }
}

/* ---- places ---- */

/* The groups of a path, made where there are none; the caller closes it. */
static hid_t open_parent(sbnn_h5 *f, const char *path) {
  hid_t at = H5Gopen2(f->id, "/", H5P_DEFAULT);
  for (const char *slash = strchr(path, '/'); slash && at >= 0; slash = strchr(slash + 1, '/')) {
    char *group = sbnn_format("%.*s", (int)(slash - path), path);
    sbnn_h5_kind kind = sbnn_h5_kind_of(f, group);
    H5Gclose(at);
    at = kind == SBNN_H5_GROUP     ? H5Gopen2(f->id, group, H5P_DEFAULT)
         : kind == SBNN_H5_NOTHING ? new_group(f->id, group, "dict", "0.1.0")
                                   : -1;
    if (at < 0)
      sbnn_fail(f->error, SBNN_BAD_INPUT,
                "%s: '%.200s' is not a group, so nothing can be added to it; in Python, anndata.read_h5ad "
                "and write_h5ad convert the file",
                f->path, group);
    free(group);
  }
  return at;
}

/* The order of the columns, which readers go by; of a frame without one, all that it has but `name`. An order of
 * no columns is an array of numbers in some files. */
static int read_order(sbnn_h5 *f, hid_t parent, const char *folder, const char *name, sbnn_strings *order) {
  sbnn_h5_frame frame;
  int code = sbnn_h5_frame_open(f, folder, &frame);
  if (code == SBNN_OK && !sbnn_h5_attribute(f, folder, "column-order", order) &&
      H5Aexists(parent, "column-order") <= 0)
    for (size_t i = 0; i < frame.columns.n; i++)
      if (strcmp(frame.columns.items[i], name) != 0) sbnn_strings_add(order, frame.columns.items[i]);
  sbnn_h5_frame_close(&frame);
  return code;
}

static int list_column(sbnn_h5 *f, hid_t parent, const char *path, const char *name) {
  char *folder = sbnn_format("%.*s", (int)(strlen(path) - strlen(name) - 1), path);
  sbnn_strings order = {0};
  bool listed = false;
  int code = read_order(f, parent, folder, name, &order);
  for (size_t i = 0; i < order.n; i++) listed |= strcmp(order.items[i], name) == 0;
  if (code == SBNN_OK && !listed) {
    sbnn_strings_add(&order, name);
    const hsize_t n = order.n;
    if (!put_attribute(parent, "column-order", text_type(), H5Screate_simple(1, &n, NULL), order.items))
      code = failed(f, path);
  }
  sbnn_strings_free(&order);
  free(folder);
  return code;
}

static int add_one(sbnn_h5 *f, const sbnn_addition *a) {
  const char *slash = strrchr(a->path, '/'), *name = slash ? slash + 1 : a->path;
  hid_t parent = open_parent(f, a->path);
  if (parent < 0) return f->error->code ? f->error->code : failed(f, a->path);
  bool good = H5Lexists(parent, name, H5P_DEFAULT) <= 0 || H5Ldelete(parent, name, H5P_DEFAULT) >= 0;
  if (good) good = put_object(parent, name, a);
  int code = good ? SBNN_OK : failed(f, a->path);
  if (code == SBNN_OK && a->column) code = list_column(f, parent, a->path, name);
  H5Gclose(parent);
  return code;
}

int sbnn_h5_add(sbnn_h5 *f, const sbnn_additions *a) {
  int code = SBNN_OK;
  for (size_t i = 0; i < a->n && code == SBNN_OK; i++) code = add_one(f, &a->list[i]);
  return code;
}
