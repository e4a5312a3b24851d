/* json.h - JSON on a stream, for the page of `sbnn report`: it stands inside a <script> element, so that '<',
 * '>' and '&' are always escaped. Threads: one stream, one thread. */
#ifndef SBNN_REPORT_JSON_H
#define SBNN_REPORT_JSON_H

#include "figures/canvas.h"
#include "sbnn.h"

#include <stdbool.h>
#include <stdio.h>

/* Failures to write stay in the stream (ferror). */
typedef struct sbnn_json {
  FILE *to;
  bool comma; /* before the next value */
} sbnn_json;

/* Each puts one value. `key` is its name in an object, NULL in an array. */
void sbnn_json_open(sbnn_json *j, const char *key, char bracket);     /* '{' or '[' */
void sbnn_json_close(sbnn_json *j, char bracket);                     /* '}' or ']' */
void sbnn_json_text(sbnn_json *j, const char *key, const char *text); /* NULL: null. Bytes as they are */
void sbnn_json_whole(sbnn_json *j, const char *key, long long value);
void sbnn_json_flag(sbnn_json *j, const char *key, bool value);
/* Rounded to so many significant digits; what is not finite is null. */
void sbnn_json_number(sbnn_json *j, const char *key, double value, int digits);

/* An array of n numbers, value[i * stride]. */
void sbnn_json_numbers(sbnn_json *j, const char *key, const double *value, size_t n, size_t stride,
                       int digits);

void sbnn_json_color(sbnn_json *j, sbnn_color color); /* "#rrggbb", in an array */

#endif
