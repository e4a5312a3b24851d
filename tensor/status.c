/* status.c - status phrases and element types. */
#include "tensor/tensor.h"

const char *tn_status_text(tn_status status) {
  static const char *const text[] = {"ok",
                                     "out of memory",
                                     "invalid argument",
                                     "shapes do not fit",
                                     "element types do not fit",
                                     "input/output error",
                                     "malformed file",
                                     "no derivative",
                                     "non-finite value",
                                     "stopped",
                                     "not in this build"};
  return (unsigned)status < sizeof text / sizeof *text ? text[status] : "unknown status";
}

size_t tn_dtype_size(tn_dtype dtype) {
  static const size_t size[] = {4, 8, 4, 8, 1};
  return size[dtype];
}

const char *tn_dtype_name(tn_dtype dtype) {
  static const char *const name[] = {"f32", "f64", "i32", "i64", "u8"};
  return name[dtype];
}
