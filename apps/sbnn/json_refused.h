/* json_refused.h - tells a reader of JSON that ran out of memory from a damaged file. */
#ifndef SBNN_JSON_REFUSED_H
#define SBNN_JSON_REFUSED_H

#include "sbnn.h"

#include <jansson.h>

/* Whether memory ran out. (For other errors jansson has a message.) */
static inline bool sbnn_json_refused(const json_error_t *e) {
  return json_error_code(e) == json_error_out_of_memory || json_error_code(e) == json_error_unknown;
}

/* SBNN_FAILED with one sentence if memory ran out, else SBNN_OK. */
static inline int sbnn_json_check_memory(const json_error_t *what, const char *path, sbnn_error *e) {
  return sbnn_json_refused(what)
             ? sbnn_fail(e, SBNN_FAILED, "out of memory while reading %s; close other programs", path)
             : SBNN_OK;
}

#endif
