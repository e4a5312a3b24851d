/* json.c - see json.h. */
#include "report/json.h"

#include <math.h>

static void put_quoted(FILE *to, const char *text) {
  fputc('"', to);
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') fprintf(to, "\\%c", *c);
    else if (*c < ' ' || *c == 127 || *c == '<' || *c == '>' || *c == '&') fprintf(to, "\\u%04x", *c);
    else fputc(*c, to);
  }
  fputc('"', to);
}

static void begin(sbnn_json *j, const char *key) {
  if (j->comma) fputc(',', j->to);
  j->comma = true;
  if (!key) return;
  put_quoted(j->to, key);
  fputc(':', j->to);
}

void sbnn_json_open(sbnn_json *j, const char *key, char bracket) {
  begin(j, key);
  fputc(bracket, j->to);
  j->comma = false;
}

void sbnn_json_close(sbnn_json *j, char bracket) {
  fputc(bracket, j->to);
  j->comma = true;
}

void sbnn_json_text(sbnn_json *j, const char *key, const char *text) {
  begin(j, key);
  if (text) put_quoted(j->to, text);
  else fputs("null", j->to);
}

void sbnn_json_whole(sbnn_json *j, const char *key, long long value) {
  begin(j, key);
  fprintf(j->to, "%lld", value);
}

void sbnn_json_flag(sbnn_json *j, const char *key, bool value) {
  begin(j, key);
  fputs(value ? "true" : "false", j->to);
}

void sbnn_json_number(sbnn_json *j, const char *key, double value, int digits) {
  begin(j, key);
  if (isfinite(value)) fprintf(j->to, "%.*g", digits, value == 0 ? 0.0 : value);
  else fputs("null", j->to);
}

void sbnn_json_numbers(sbnn_json *j, const char *key, const double *value, size_t n, size_t stride,
                       int digits) {
  sbnn_json_open(j, key, '[');
  for (size_t i = 0; i < n; i++) sbnn_json_number(j, NULL, value[i * stride], digits);
  sbnn_json_close(j, ']');
}

void sbnn_json_color(sbnn_json *j, sbnn_color c) {
  char hex[8];
  snprintf(hex, sizeof hex, "#%02x%02x%02x", (unsigned)lround(255 * c.r) & 255u,
           (unsigned)lround(255 * c.g) & 255u, (unsigned)lround(255 * c.b) & 255u);
  sbnn_json_text(j, NULL, hex);
}
