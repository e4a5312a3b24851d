/* h5_array.c - arrays of numbers and texts (h5.h). */
#include "data/hdf5/h5.h"

#include <stdlib.h>
#include <string.h>

enum {
  DEFLATE_MOST = 1032, /* bytes that deflate makes of one, at most; LZF makes fewer */
  LONGEST_TEXT = 65536,
  LARGEST_CHUNK = 1 << 28, /* bytes */
  TEXTS_AT_ONCE = 4096
};

/* ---- how it is stored ---- */

static const struct {
  H5Z_filter_t id;
  const char *name; /* NULL: read */
} filters[] = {
    {H5Z_FILTER_DEFLATE, NULL},
    {H5Z_FILTER_SHUFFLE, NULL},
    {H5Z_FILTER_FLETCHER32, NULL},
    {32000, NULL},
    {H5Z_FILTER_SZIP, "szip"},
    {H5Z_FILTER_NBIT, "n-bit"},
    {H5Z_FILTER_SCALEOFFSET, "scale-offset"},
    {307, "bzip2"},
    {32001, "Blosc"},
    {32004, "LZ4"},
    {32008, "bitshuffle"},
    {32013, "ZFP"},
    {32015, "Zstandard"},
    {32026, "Blosc2"},
};

static int refuse_filter(sbnn_h5 *f, const char *path, H5Z_filter_t id, const char *name) {
  char unknown[32];
  snprintf(unknown, sizeof unknown, "filter %d", (int)id);
  return sbnn_fail(f->error, SBNN_BAD_INPUT,
                   "%s: %.200s is compressed by %s (filter %d of HDF5), which is not read here (gzip and LZF "
                   "are); write it again, as in Python: a.write_h5ad('FILE.h5ad', compression='gzip')",
                   f->path, path, name ? name : unknown, (int)id);
}

static int check_filters(sbnn_h5 *f, const char *path, hid_t properties) {
  int n = H5Pget_nfilters(properties);
  if (n < 0 || n > 32) return sbnn_h5_damaged(f, path, "its filters cannot be read");
  for (int i = 0; i < n; i++) {
    unsigned flags, config;
    size_t n_values = 0, k = 0;
    H5Z_filter_t id = H5Pget_filter2(properties, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);
    while (k < sizeof filters / sizeof *filters && filters[k].id != id) k++;
    const bool known = k < sizeof filters / sizeof *filters;
    if (!known || filters[k].name) return refuse_filter(f, path, id, known ? filters[k].name : NULL);
  }
  return SBNN_OK;
}

static int check_chunks(sbnn_h5 *f, hid_t properties, size_t element, sbnn_h5_array *a) {
  hsize_t chunk[2] = {1, 1}, n;
  if (a->rank < 1 || a->rank > 2) return SBNN_OK; /* is not read */
  if (H5Pget_chunk(properties, 2, chunk) != a->rank || chunk[0] == 0 || chunk[1] == 0)
    return sbnn_h5_damaged(f, a->path, "its chunks are invalid");
  if (__builtin_mul_overflow(chunk[0], chunk[1], &n) || n > LARGEST_CHUNK / element)
    return sbnn_fail(
        f->error, SBNN_BAD_INPUT,
        "%s: %.200s lies in chunks of more than %d MB, which are not read; write it again in smaller "
        "ones, or without chunks",
        f->path, a->path, LARGEST_CHUNK >> 20);
  a->chunk_rows = (size_t)chunk[0];
  return SBNN_OK;
}

/* Not outside of the file, not in other datasets, and no more elements than its bytes can be. */
static int check_storage(sbnn_h5 *f, sbnn_h5_array *a) {
  hid_t properties = H5Dget_create_plist(a->set), type = H5Dget_type(a->set);
  H5D_layout_t layout = properties >= 0 ? H5Pget_layout(properties) : H5D_LAYOUT_ERROR;
  size_t element = type >= 0 ? H5Tget_size(type) : 0, n, bytes;
  int code = SBNN_OK;
  if (element == 0) code = sbnn_h5_damaged(f, a->path, "its elements have no size");
  else if (layout == H5D_VIRTUAL || H5Pget_external_count(properties) != 0)
    code = sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: %.200s lies in another file, which is not opened; write all of it into one file",
                     f->path, a->path);
  else if (layout == H5D_CHUNKED) {
    code = check_filters(f, a->path, properties);
    if (code == SBNN_OK) code = check_chunks(f, properties, element, a);
  } else if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT)
    code = sbnn_h5_damaged(f, a->path, "its layout is unknown");
  hsize_t stored = code == SBNN_OK ? H5Dget_storage_size(a->set) : 0;
  if (stored > f->bytes) stored = f->bytes;
  if (layout == H5D_CHUNKED) stored *= DEFLATE_MOST; /* the file is far smaller than 2^50 bytes */
  if (code == SBNN_OK && (__builtin_mul_overflow(a->shape[0], a->shape[1], &n) ||
                          __builtin_mul_overflow(n, element, &bytes) || bytes > stored))
    code = sbnn_h5_damaged(f, a->path, "it claims more elements than the file can hold");
  if (properties >= 0) H5Pclose(properties);
  if (type >= 0) H5Tclose(type);
  return code;
}

/* ---- what it is ---- */

static sbnn_h5_type kind_of(hid_t type, bool *whole) {
  H5T_class_t class = H5Tget_class(type);
  *whole = class == H5T_INTEGER;
  if (class == H5T_INTEGER || class == H5T_FLOAT)
    return H5Tget_size(type) <= 16 ? SBNN_H5_NUMBERS : SBNN_H5_OTHER;
  if (class == H5T_STRING)
    return H5Tis_variable_str(type) > 0 || H5Tget_size(type) <= LONGEST_TEXT ? SBNN_H5_TEXT : SBNN_H5_OTHER;
  if (class == H5T_ENUM) return H5Tget_size(type) <= 8 ? SBNN_H5_BOOLS : SBNN_H5_OTHER;
  return SBNN_H5_OTHER;
}

/* The field of a record; its elements, if it is a list. */
static int find_field(sbnn_h5 *f, const char *field, hid_t record, sbnn_h5_array *a) {
  hsize_t length[2] = {0, 0};
  int at = H5Tget_class(record) == H5T_COMPOUND ? H5Tget_member_index(record, field) : -1;
  a->type = at >= 0 ? H5Tget_member_type(record, (unsigned)at) : 0;
  if (a->type <= 0)
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s has no field '%.100s'", f->path, a->path, field);
  a->field = sbnn_strdup(field);
  if (H5Tget_class(a->type) != H5T_ARRAY) return SBNN_OK;
  if (H5Tget_array_ndims(a->type) != 1 || H5Tget_array_dims2(a->type, length) < 0 || length[0] == 0 ||
      length[0] > UINT32_MAX || a->rank != 1)
    return sbnn_h5_damaged(f, a->path, "a field of it is not a list of numbers");
  a->inner = (size_t)length[0];
  return SBNN_OK;
}

static int find_type(sbnn_h5 *f, const char *field, sbnn_h5_array *a) {
  hid_t type = H5Dget_type(a->set);
  int code = SBNN_OK;
  if (type < 0) return sbnn_h5_damaged(f, a->path, "its type cannot be read");
  if (field) {
    code = find_field(f, field, type, a);
    H5Tclose(type);
  } else a->type = type;
  if (code != SBNN_OK) return code;
  hid_t element = a->inner ? H5Tget_super(a->type) : H5Tcopy(a->type);
  a->kind = element >= 0 && a->rank <= 2 ? kind_of(element, &a->whole) : SBNN_H5_OTHER;
  if (element >= 0) H5Tclose(element);
  if (a->inner && a->kind == SBNN_H5_TEXT) a->kind = SBNN_H5_OTHER;
  return SBNN_OK;
}

static int find_shape(sbnn_h5 *f, sbnn_h5_array *a) {
  hid_t space = H5Dget_space(a->set);
  hsize_t dims[H5S_MAX_RANK];
  a->rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
  a->shape[0] = a->shape[1] = a->chunk_rows = 1;
  bool good = a->rank >= 0 && a->rank <= H5S_MAX_RANK && H5Sget_simple_extent_dims(space, dims, NULL) >= 0;
  if (good && H5Sget_simple_extent_type(space) == H5S_NULL) a->shape[0] = 0;
  for (int i = 0; good && i < a->rank; i++) {
    const int k = i < 2 ? i : 1;
    if (__builtin_mul_overflow(i < 2 ? 1 : a->shape[k], dims[i], &a->shape[k])) good = false;
  }
  if (space >= 0) H5Sclose(space);
  return good ? SBNN_OK : sbnn_h5_damaged(f, a->path, "its shape cannot be read");
}

/* Of a dataset that is open. */
static int look_at(sbnn_h5 *f, const char *field, sbnn_h5_array *a) {
  int code = find_shape(f, a);
  if (code == SBNN_OK) code = check_storage(f, a);
  if (code == SBNN_OK) code = find_type(f, field, a);
  if (code == SBNN_OK && a->inner) a->shape[1] = a->inner;
  return code;
}

int sbnn_h5_array_open(sbnn_h5 *f, const char *path, const char *field, sbnn_h5_array *a) {
  *a = (sbnn_h5_array){.path = sbnn_strdup(path)};
  if (sbnn_h5_kind_of(f, path) != SBNN_H5_DATASET)
    return sbnn_fail(f->error, SBNN_BAD_INPUT,
                     "%s: there is no array '%.200s' in it, or it is only a link to another place", f->path,
                     path);
  a->set = H5Dopen2(f->id, path, H5P_DEFAULT);
  if (a->set < 0) {
    a->set = 0;
    return sbnn_h5_damaged(f, path, "it cannot be opened");
  }
  return look_at(f, field, a);
}

int sbnn_h5_reference_open(sbnn_h5 *f, hobj_ref_t to, sbnn_h5_array *a) {
  *a = (sbnn_h5_array){.path = sbnn_strdup("an array that another refers to")};
  hid_t object = H5Rdereference2(f->id, H5P_DEFAULT, H5R_OBJECT, &to);
  if (object > 0 && H5Iget_type(object) == H5I_DATASET) {
    a->set = object;
    return look_at(f, NULL, a);
  }
  if (object > 0) H5Oclose(object);
  return sbnn_h5_damaged(f, a->path, "it is not a dataset");
}

void sbnn_h5_array_close(sbnn_h5_array *a) {
  if (a->type > 0) H5Tclose(a->type);
  if (a->set > 0) H5Dclose(a->set);
  free(a->field);
  free(a->path);
  *a = (sbnn_h5_array){0};
}

int sbnn_h5_fields(sbnn_h5 *f, const char *path, sbnn_strings *out) {
  sbnn_h5_array a;
  int code = sbnn_h5_array_open(f, path, NULL, &a);
  int n = code == SBNN_OK && H5Tget_class(a.type) == H5T_COMPOUND ? H5Tget_nmembers(a.type) : 0;
  for (int i = 0; i < n; i++) {
    char *name = H5Tget_member_name(a.type, (unsigned)i);
    if (name) sbnn_strings_add(out, name);
    H5free_memory(name);
  }
  sbnn_h5_array_close(&a);
  return code;
}

/* ---- reading ---- */

size_t sbnn_h5_band(const sbnn_h5_array *a, size_t numbers) {
  size_t rows = numbers / (a->shape[1] ? a->shape[1] : 1);
  if (rows >= a->chunk_rows) rows -= rows % a->chunk_rows;
  return rows ? rows : 1;
}

/* What is to be read, as memory has it: `element`, a list of it, or a record of the one field. */
static hid_t memory_type(const sbnn_h5_array *a, hid_t element) {
  hsize_t length = a->inner;
  hid_t value = a->inner ? H5Tarray_create2(element, 1, &length) : H5Tcopy(element);
  if (!a->field || value < 0) return value;
  hid_t record = H5Tcreate(H5T_COMPOUND, H5Tget_size(value));
  if (record >= 0) H5Tinsert(record, a->field, 0, value);
  H5Tclose(value);
  return record;
}

static bool read_rows(const sbnn_h5_array *a, hid_t memory, size_t first, size_t n, void *out) {
  hsize_t start[2] = {first, 0}, count[2] = {n, a->shape[1]};
  hid_t file = H5Dget_space(a->set), here = H5Screate_simple(a->rank == 2 ? 2 : 1, count, NULL);
  bool good = file >= 0 && here >= 0 && n <= a->shape[0] && first <= a->shape[0] - n;
  if (good && a->rank > 0) good = H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0;
  if (good) good = H5Dread(a->set, memory, here, file, H5P_DEFAULT, out) >= 0;
  if (here >= 0) H5Sclose(here);
  if (file >= 0) H5Sclose(file);
  return good;
}

static int read_numbers(sbnn_h5 *f, const sbnn_h5_array *a, hid_t element, size_t first, size_t n,
                        void *out) {
  if (a->kind != SBNN_H5_NUMBERS && a->kind != SBNN_H5_BOOLS)
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s holds no numbers", f->path, a->path);
  if (n == 0 || a->shape[1] == 0) return SBNN_OK;
  hid_t memory = memory_type(a, element);
  bool good = memory >= 0 && read_rows(a, memory, first, n, out);
  if (memory >= 0) H5Tclose(memory);
  return good ? SBNN_OK : sbnn_h5_damaged(f, a->path, "its numbers cannot be read");
}

int sbnn_h5_read_doubles(sbnn_h5 *f, const sbnn_h5_array *a, size_t first, size_t n, double *out) {
  return read_numbers(f, a, H5T_NATIVE_DOUBLE, first, n, out);
}

int sbnn_h5_read_int64s(sbnn_h5 *f, const sbnn_h5_array *a, size_t first, size_t n, int64_t *out) {
  if (a->kind == SBNN_H5_NUMBERS && !a->whole)
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s holds no whole numbers", f->path, a->path);
  return read_numbers(f, a, H5T_NATIVE_INT64, first, n, out);
}

int sbnn_h5_read_references(sbnn_h5 *f, const sbnn_h5_array *a, hobj_ref_t *out) {
  if (a->rank > 2 || H5Tequal(a->type, H5T_STD_REF_OBJ) <= 0)
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s holds no references", f->path, a->path);
  if (a->shape[0] == 0 || a->shape[1] == 0 || read_rows(a, H5T_STD_REF_OBJ, 0, a->shape[0], out))
    return SBNN_OK;
  return sbnn_h5_damaged(f, a->path, "its references cannot be read");
}

static int too_long(sbnn_h5 *f, const sbnn_h5_array *a) {
  return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s holds a text of more than %d bytes", f->path,
                   a->path, LONGEST_TEXT);
}

static int add_variable(sbnn_h5 *f, const sbnn_h5_array *a, char *const *text, size_t n, sbnn_strings *out) {
  for (size_t i = 0; i < n; i++) {
    if (text[i] && strnlen(text[i], LONGEST_TEXT + 1) > LONGEST_TEXT) return too_long(f, a);
    sbnn_strings_add(out, text[i] ? text[i] : "");
  }
  return SBNN_OK;
}

/* A block of texts of any length: HDF5 allocates each. */
static int read_variable(sbnn_h5 *f, const sbnn_h5_array *a, hid_t memory, size_t first, size_t n,
                         sbnn_strings *out) {
  char **text = sbnn_alloc(n, sizeof *text);
  hsize_t length = n;
  hid_t space = H5Screate_simple(1, &length, NULL);
  int code = read_rows(a, memory, first, n, text) ? add_variable(f, a, text, n, out)
                                                  : sbnn_h5_damaged(f, a->path, "its texts cannot be read");
  H5Dvlen_reclaim(memory, space, H5P_DEFAULT, text);
  H5Sclose(space);
  free(text);
  return code;
}

/* A block of texts of one length each, perhaps without a NUL behind it; blanks at the end are padding where
 * the type says so. */
static int read_fixed(sbnn_h5 *f, const sbnn_h5_array *a, hid_t memory, size_t first, size_t n,
                      sbnn_strings *out) {
  const size_t size = H5Tget_size(a->type);
  const bool blanks = H5Tget_strpad(a->type) == H5T_STR_SPACEPAD;
  char *all = sbnn_alloc(n * size + 1, 1), *one = sbnn_alloc(size + 1, 1);
  int code = SBNN_OK;
  if (!read_rows(a, memory, first, n, all)) code = sbnn_h5_damaged(f, a->path, "its texts cannot be read");
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    memcpy(one, all + i * size, size);
    size_t end = strlen(one);
    while (blanks && end > 0 && one[end - 1] == ' ') one[--end] = '\0';
    sbnn_strings_add(out, one);
  }
  free(all);
  free(one);
  return code;
}

int sbnn_h5_read_texts(sbnn_h5 *f, const sbnn_h5_array *a, sbnn_strings *out) {
  if (a->kind != SBNN_H5_TEXT || a->shape[1] != 1)
    return sbnn_fail(f->error, SBNN_BAD_INPUT, "%s: %.200s is not a list of texts", f->path, a->path);
  const bool variable = H5Tis_variable_str(a->type) > 0;
  const size_t size = variable ? sizeof(char *) : H5Tget_size(a->type);
  size_t at_once = variable ? TEXTS_AT_ONCE : ((size_t)16 << 20) / size;
  if (at_once >= a->chunk_rows) at_once -= at_once % a->chunk_rows;
  hid_t element = variable ? H5Tcopy(H5T_C_S1) : H5Tcopy(a->type);
  if (element >= 0 && variable) {
    H5Tset_size(element, H5T_VARIABLE);
    H5Tset_cset(element, H5Tget_cset(a->type));
  }
  hid_t memory = element >= 0 ? memory_type(a, element) : -1;
  int code = memory >= 0 ? SBNN_OK : sbnn_h5_damaged(f, a->path, "its type cannot be read");
  for (size_t i = 0; i < a->shape[0] && code == SBNN_OK; i += at_once) {
    size_t n = a->shape[0] - i < at_once ? a->shape[0] - i : at_once;
    code = variable ? read_variable(f, a, memory, i, n, out) : read_fixed(f, a, memory, i, n, out);
  }
  if (memory >= 0) H5Tclose(memory);
  if (element >= 0) H5Tclose(element);
  return code;
}
