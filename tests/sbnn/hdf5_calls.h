/* hdf5_calls.h - HDF5's functions, of which one call can be made to fail: as where memory runs out within it, or a file changes
 * while it is read. Included by one file of a test, whose program then calls these. */
#ifndef HDF5_CALLS_H
#define HDF5_CALLS_H

#include <dlfcn.h>
#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static long hdf5_calls, hdf5_refused; /* so far; the one that fails, from 1 (0: none) */

static bool hdf5_refuses(void) { return hdf5_refused && ++hdf5_calls == hdf5_refused; }

/* POSIX lets an address of data be one of a function; C does not. */
static void hdf5_find(const char *name, void *function) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  memcpy(function, &found, sizeof found);
}

#define HDF5_CALL(type, failure, name, parameters, arguments)                                                \
  type name parameters {                                                                                     \
    static type(*next) parameters;                                                                           \
    if (!next) hdf5_find(#name, (void *)&next);                                                              \
    return hdf5_refuses() ? (failure) : next arguments;                                                      \
  }

/* ---- groups and attributes ---- */

HDF5_CALL(htri_t, -1, H5Lexists, (hid_t id, const char *name, hid_t how), (id, name, how))
HDF5_CALL(hid_t, -1, H5Oopen, (hid_t id, const char *name, hid_t how), (id, name, how))
HDF5_CALL(hid_t, -1, H5Gopen2, (hid_t id, const char *name, hid_t how), (id, name, how))
HDF5_CALL(H5I_type_t, H5I_BADID, H5Iget_type, (hid_t id), (id))
HDF5_CALL(htri_t, -1, H5Aexists, (hid_t id, const char *name), (id, name))
HDF5_CALL(hid_t, -1, H5Aopen, (hid_t id, const char *name, hid_t how), (id, name, how))
HDF5_CALL(hid_t, -1, H5Aget_type, (hid_t id), (id))
HDF5_CALL(hid_t, -1, H5Aget_space, (hid_t id), (id))
HDF5_CALL(herr_t, -1, H5Aread, (hid_t id, hid_t type, void *out), (id, type, out))
#if !H5_VERSION_GE(1, 12, 0)
HDF5_CALL(herr_t, -1, H5Lget_info, (hid_t id, const char *name, H5L_info_t *info, hid_t how),
          (id, name, info, how))
HDF5_CALL(herr_t, -1, H5Literate,
          (hid_t id, H5_index_t by, H5_iter_order_t order, hsize_t *at, H5L_iterate_t f, void *ctx),
          (id, by, order, at, f, ctx))
#endif

/* ---- what a dataset is ---- */

HDF5_CALL(hid_t, -1, H5Dopen2, (hid_t id, const char *name, hid_t how), (id, name, how))
HDF5_CALL(hid_t, -1, H5Dget_space, (hid_t id), (id))
HDF5_CALL(hid_t, -1, H5Dget_type, (hid_t id), (id))
HDF5_CALL(hid_t, -1, H5Dget_create_plist, (hid_t id), (id))
HDF5_CALL(hsize_t, 0, H5Dget_storage_size, (hid_t id), (id))
HDF5_CALL(H5D_layout_t, H5D_LAYOUT_ERROR, H5Pget_layout, (hid_t id), (id))
HDF5_CALL(int, -1, H5Pget_nfilters, (hid_t id), (id))
HDF5_CALL(int, -1, H5Pget_chunk, (hid_t id, int most, hsize_t out[]), (id, most, out))
HDF5_CALL(int, -1, H5Sget_simple_extent_ndims, (hid_t id), (id))
HDF5_CALL(int, -1, H5Sget_simple_extent_dims, (hid_t id, hsize_t now[], hsize_t most[]), (id, now, most))
HDF5_CALL(hssize_t, -1, H5Sget_simple_extent_npoints, (hid_t id), (id))
HDF5_CALL(hid_t, -1, H5Rdereference2, (hid_t id, hid_t how, H5R_type_t kind, const void *to),
          (id, how, kind, to))

/* ---- types ---- */

HDF5_CALL(hid_t, -1, H5Tcopy, (hid_t id), (id))
HDF5_CALL(hid_t, -1, H5Tcreate, (H5T_class_t kind, size_t size), (kind, size))
HDF5_CALL(hid_t, -1, H5Tenum_create, (hid_t id), (id))
HDF5_CALL(herr_t, -1, H5Tenum_insert, (hid_t id, const char *name, const void *value), (id, name, value))
HDF5_CALL(hid_t, -1, H5Tarray_create2, (hid_t id, unsigned rank, const hsize_t shape[]), (id, rank, shape))
HDF5_CALL(herr_t, -1, H5Tset_size, (hid_t id, size_t size), (id, size))
HDF5_CALL(herr_t, -1, H5Tset_cset, (hid_t id, H5T_cset_t set), (id, set))
HDF5_CALL(H5T_class_t, H5T_NO_CLASS, H5Tget_class, (hid_t id), (id))
HDF5_CALL(hid_t, -1, H5Tget_super, (hid_t id), (id))
HDF5_CALL(int, -1, H5Tget_nmembers, (hid_t id), (id))
HDF5_CALL(char *, NULL, H5Tget_member_name, (hid_t id, unsigned at), (id, at))
HDF5_CALL(int, -1, H5Tget_member_index, (hid_t id, const char *name), (id, name))
HDF5_CALL(hid_t, -1, H5Tget_member_type, (hid_t id, unsigned at), (id, at))
HDF5_CALL(int, -1, H5Tget_array_dims2, (hid_t id, hsize_t out[]), (id, out))
HDF5_CALL(htri_t, -1, H5Tequal, (hid_t a, hid_t b), (a, b))

/* ---- numbers and texts ---- */

HDF5_CALL(hid_t, -1, H5Screate, (H5S_class_t kind), (kind))
HDF5_CALL(hid_t, -1, H5Screate_simple, (int rank, const hsize_t now[], const hsize_t most[]),
          (rank, now, most))
HDF5_CALL(herr_t, -1, H5Sselect_hyperslab,
          (hid_t id, H5S_seloper_t how, const hsize_t *start, const hsize_t *stride, const hsize_t *count,
           const hsize_t *block),
          (id, how, start, stride, count, block))
HDF5_CALL(herr_t, -1, H5Dread, (hid_t id, hid_t type, hid_t here, hid_t there, hid_t how, void *out),
          (id, type, here, there, how, out))

/* ---- the file, and writing into it ---- */

HDF5_CALL(herr_t, -1, H5Eset_auto2, (hid_t id, H5E_auto2_t f, void *ctx), (id, f, ctx))
HDF5_CALL(herr_t, -1, H5PLset_loading_state, (unsigned mask), (mask))
HDF5_CALL(hid_t, -1, H5FDregister, (const H5FD_class_t *class), (class))
HDF5_CALL(herr_t, -1, H5Pset_driver, (hid_t id, hid_t driver, const void *info), (id, driver, info))
HDF5_CALL(hid_t, -1, H5Fopen, (const char *name, unsigned flags, hid_t how), (name, flags, how))
HDF5_CALL(herr_t, -1, H5Fflush, (hid_t id, H5F_scope_t scope), (id, scope))
HDF5_CALL(hid_t, -1, H5Pcreate, (hid_t id), (id))
HDF5_CALL(herr_t, -1, H5Pset_obj_track_times, (hid_t id, hbool_t track), (id, track))
HDF5_CALL(hid_t, -1, H5Gcreate2, (hid_t id, const char *name, hid_t links, hid_t how, hid_t access),
          (id, name, links, how, access))
HDF5_CALL(hid_t, -1, H5Dcreate2,
          (hid_t id, const char *name, hid_t type, hid_t space, hid_t links, hid_t how, hid_t access),
          (id, name, type, space, links, how, access))
HDF5_CALL(herr_t, -1, H5Dwrite, (hid_t id, hid_t type, hid_t here, hid_t there, hid_t how, const void *from),
          (id, type, here, there, how, from))
HDF5_CALL(herr_t, -1, H5Ldelete, (hid_t id, const char *name, hid_t how), (id, name, how))
HDF5_CALL(herr_t, -1, H5Adelete, (hid_t id, const char *name), (id, name))
HDF5_CALL(hid_t, -1, H5Acreate2,
          (hid_t id, const char *name, hid_t type, hid_t space, hid_t how, hid_t access),
          (id, name, type, space, how, access))
HDF5_CALL(herr_t, -1, H5Awrite, (hid_t id, hid_t type, const void *from), (id, type, from))

#endif
