/* reader.c - see reader.h. */
#include "output/reader.h"

#include "tensor/files/read.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *sbnn_results_text(const char *path, size_t *n, sbnn_error *e) {
  char *text, message[TN_FILE_MESSAGE];
  if (tn_file_read(NULL, path, 0, &text, n, message) == TN_OK) return text;
  sbnn_fail(e, SBNN_BAD_INPUT, "%s; is this a folder of results?", message);
  return NULL;
}

/* Cuts the line at `at` into fields, of which the first `room` are kept; returns how many there are. *next is
 * the line after it. */
static size_t cut(char *at, char **field, size_t room, char **next) {
  size_t n = 0;
  for (;;) {
    size_t length = strcspn(at, "\t\n");
    char end = at[length];
    if (n < room) field[n] = at;
    n++;
    at[length] = '\0';
    at += length + (end != '\0');
    if (end != '\t') break;
  }
  *next = at;
  return n;
}

static size_t count(const char *text, size_t n, char c) {
  size_t found = 0;
  for (size_t i = 0; i < n; i++) found += text[i] == c;
  return found;
}

int sbnn_tsv_read(const char *path, sbnn_tsv *t, sbnn_error *e) {
  size_t n;
  *t = (sbnn_tsv){0};
  char *text = sbnn_results_text(path, &n, e), *at = text;
  if (!text) return SBNN_BAD_INPUT;
  size_t lines = count(text, n, '\n') + (n > 0 && text[n - 1] != '\n');
  *t = (sbnn_tsv){.path = sbnn_strdup(path), .text = text};
  int code = SBNN_OK;
  if (lines == 0 || strlen(text) != n)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s is %s; it is not a table of results", path,
                     n ? "not text" : "empty");
  if (code == SBNN_OK) {
    t->n_cols = count(text, strcspn(text, "\n"), '\t') + 1;
    t->head = sbnn_alloc(t->n_cols, sizeof *t->head);
    t->field = sbnn_alloc((lines - 1) * t->n_cols, sizeof *t->field);
    cut(at, t->head, t->n_cols, &at);
  }
  for (; code == SBNN_OK && t->n_rows + 1 < lines; t->n_rows++) {
    size_t fields = cut(at, t->field + t->n_rows * t->n_cols, t->n_cols, &at);
    if (fields != t->n_cols)
      code = sbnn_fail(e, SBNN_BAD_INPUT,
                       "%s, line %zu has %zu fields, its first line %zu: it was changed or cut off", path,
                       t->n_rows + 2, fields, t->n_cols);
  }
  if (code != SBNN_OK) sbnn_tsv_free(t);
  return code;
}

void sbnn_tsv_free(sbnn_tsv *t) {
  free(t->path);
  free(t->text);
  free(t->head);
  free(t->field);
  *t = (sbnn_tsv){0};
}

int sbnn_tsv_column(const sbnn_tsv *t, const char *name, size_t *column, sbnn_error *e) {
  for (*column = 0; *column < t->n_cols; ++*column)
    if (strcmp(t->head[*column], name) == 0) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s has no column '%s': it is not a table that sbnn wrote", t->path,
                   name);
}

const char *sbnn_tsv_text(const sbnn_tsv *t, size_t row, size_t column) {
  return t->field[row * t->n_cols + column];
}

int sbnn_tsv_number(const sbnn_tsv *t, size_t row, size_t column, double *value, sbnn_error *e) {
  const char *text = sbnn_tsv_text(t, row, column);
  char *end = NULL;
  *value = NAN;
  if (strcmp(text, "NA") == 0) return SBNN_OK;
  *value = strtod(text, &end);
  if (*text && !*end) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %zu: '%.40s' in column '%.40s' is not a number", t->path,
                   row + 2, text, t->head[column]);
}
