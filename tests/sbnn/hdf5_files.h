/* hdf5_files.h - small files in the layout of AnnData, written with libhdf5, to be spoilt by a test. */
#ifndef HDF5_FILES_H
#define HDF5_FILES_H

#include <criterion/criterion.h>
#include <hdf5.h>
#include <stdint.h>
#include <string.h>

static inline hid_t text_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

/* Fails the test unless it could be written. `data` NULL: nothing is. */
static inline void put(hid_t f, const char *path, hid_t type, int rank, const hsize_t *shape, hid_t how,
                       const void *data) {
  hid_t space = H5Screate_simple(rank, shape, NULL),
        set = H5Dcreate2(f, path, type, space, H5P_DEFAULT, how, 0);
  cr_assert(set >= 0, "%s", path);
  if (data) cr_assert(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, "%s", path);
  H5Dclose(set);
  H5Sclose(space);
}

static inline void put_list(hid_t f, const char *path, hid_t type, hsize_t n, const void *data) {
  put(f, path, type, 1, &n, H5P_DEFAULT, data);
}

static inline void put_doubles(hid_t f, const char *path, hsize_t n, const double *data) {
  put_list(f, path, H5T_NATIVE_DOUBLE, n, data);
}

static inline void put_ints(hid_t f, const char *path, hsize_t n, const int64_t *data) {
  put_list(f, path, H5T_NATIVE_INT64, n, data);
}

static inline void put_texts(hid_t f, const char *path, hsize_t n, const char *const *data) {
  hid_t type = text_type();
  put_list(f, path, type, n, data);
  H5Tclose(type);
}

static inline void say(hid_t f, const char *path, const char *name, const char *text) {
  hid_t type = text_type(), space = H5Screate(H5S_SCALAR),
        a = H5Acreate_by_name(f, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  cr_assert(a >= 0 && H5Awrite(a, type, &text) >= 0);
  H5Aclose(a);
  H5Sclose(space);
  H5Tclose(type);
}

static inline void say_shape(hid_t f, const char *path, int64_t rows, int64_t columns) {
  const int64_t shape[2] = {rows, columns};
  hsize_t n = 2;
  hid_t space = H5Screate_simple(1, &n, NULL);
  if (H5Aexists_by_name(f, path, "shape", H5P_DEFAULT) > 0) H5Adelete_by_name(f, path, "shape", H5P_DEFAULT);
  hid_t a = H5Acreate_by_name(f, path, "shape", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  cr_assert(a >= 0 && H5Awrite(a, H5T_NATIVE_INT64, shape) >= 0);
  H5Aclose(a);
  H5Sclose(space);
}

static inline void put_group(hid_t f, const char *path) {
  hid_t group = H5Gcreate2(f, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  cr_assert(group >= 0, "%s", path);
  H5Gclose(group);
}

static inline void put_frame(hid_t f, const char *path, hsize_t n, const char *const *names) {
  char index[128];
  put_group(f, path);
  say(f, path, "encoding-type", "dataframe");
  say(f, path, "encoding-version", "0.2.0");
  say(f, path, "_index", "_index");
  snprintf(index, sizeof index, "%s/_index", path);
  put_texts(f, index, n, names);
}

/* Chunks of these sizes, with a filter (0: none). */
static inline hid_t chunked(int rank, const hsize_t *chunk, H5Z_filter_t filter) {
  hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(how, rank, chunk);
  if (filter == H5Z_FILTER_DEFLATE) H5Pset_deflate(how, 4);
  else if (filter) H5Pset_filter(how, filter, H5Z_FLAG_OPTIONAL, 0, NULL);
  return how;
}

/* 3 cells by 2 genes, CSR; cells c1, c2, c3 with a category each; genes g1, g2. */
static inline hid_t open_good(const char *path) {
  static const char *const cells[] = {"c1", "c2", "c3"}, *const genes[] = {"g1", "g2"},
                           *const kinds[] = {"A", "B"};
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  cr_assert(f >= 0);
  say(f, "/", "encoding-type", "anndata");
  put_frame(f, "obs", 3, cells);
  put_frame(f, "var", 2, genes);
  put_group(f, "obs/kind");
  say(f, "obs/kind", "encoding-type", "categorical");
  put_ints(f, "obs/kind/codes", 3, (int64_t[]){0, 1, 0});
  put_texts(f, "obs/kind/categories", 2, kinds);
  put_group(f, "layers");
  put_group(f, "X");
  say(f, "X", "encoding-type", "csr_matrix");
  say_shape(f, "X", 3, 2);
  put_doubles(f, "X/data", 4, (double[]){1, 3, 5, 1});
  put_ints(f, "X/indices", 4, (int64_t[]){0, 0, 1, 1});
  put_ints(f, "X/indptr", 4, (int64_t[]){0, 1, 3, 4});
  return f;
}

/* Removes what the good file has at the path. */
static inline void drop(hid_t f, const char *path) {
  cr_assert(H5Ldelete(f, path, H5P_DEFAULT) >= 0, "%s", path);
}

#endif
