/* table_read.c - which format a file has, and releasing tables (table.h). */
#include "data/table.h"

#include "data/ids.h"
#include "data/readers.h"
#include "data/source.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const sbnn_file_format *const sbnn_formats[] = {
#define SBNN_FORMAT(name) &sbnn_format_##name,
#include "data/formats.def"
    NULL};

static bool claims(const sbnn_file_format *f, const char *path) {
  return f->claims ? f->claims(path) : sbnn_looks_like(path, f->ending, f->magic);
}

static const sbnn_file_format *format_of(const char *path) {
  const sbnn_file_format *const *f = sbnn_formats;
  while (!claims(*f, path)) f++;
  return *f;
}

const char *sbnn_shown_format(size_t i) {
  for (const sbnn_file_format *const *f = sbnn_formats; *f; f++)
    if ((*f)->shown && i-- == 0) return (*f)->shown;
  return NULL;
}

bool sbnn_table_holds_several(const char *path) {
  struct stat status;
  bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode); /* of 10x */
  return folder || format_of(path)->read_named;
}

static bool is_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

size_t sbnn_table_file_length(const char *path) {
  const size_t n = strlen(path);
  if (is_file(path)) return n;
  for (const char *colon = strchr(path, ':'); colon; colon = strchr(colon + 1, ':')) {
    char *file = sbnn_format("%.*s", (int)(colon - path), path);
    bool is = is_file(file);
    free(file);
    if (is) return (size_t)(colon - path);
  }
  return n;
}

bool sbnn_table_same_file(const char *a, const char *b) {
  const size_t n = sbnn_table_file_length(a), k = sbnn_table_file_length(b);
  return n == k && strncmp(a, b, n) == 0;
}

int sbnn_table_read(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  static const sbnn_table_options defaults = {0};
  if (!options) options = &defaults;
  *t = (sbnn_table){0};
  const sbnn_file_format *format = format_of(path);
  int code =
      format->read_named ? format->read_named(path, options, t, NULL, e) : format->read(path, options, t, e);
  const char *fault = t->col_fault ? t->col_fault : t->row_fault;
  if (code == SBNN_OK && fault && !options->allow_duplicates)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s", fault);
  if (code != SBNN_OK) sbnn_table_free(t);
  return code;
}

void sbnn_table_free(sbnn_table *t) {
  free(t->path);
  sbnn_free_strings(t->row_ids, t->n_rows);
  sbnn_free_strings(t->col_ids, t->n_cols);
  free(t->values);
  sbnn_counts_free(&t->counts);
  free(t->row_lines);
  free(t->row_fault);
  free(t->col_fault);
  free(t->taken);
  free(t->note);
  if (t->shared) sbnn_sandbox_free(t->shared);
  free(t->shared);
  *t = (sbnn_table){0};
}

int sbnn_labels_read(const char *path, sbnn_labels *l, sbnn_error *e) {
  const sbnn_file_format *format = format_of(path);
  *l = (sbnn_labels){0};
  int code =
      format->read_named ? format->read_named(path, NULL, NULL, l, e) : sbnn_labels_read_text(path, l, e);
  if (code != SBNN_OK) sbnn_labels_free(l);
  return code;
}

void sbnn_labels_free(sbnn_labels *l) {
  free(l->path);
  sbnn_free_strings(l->row_ids, l->n_rows);
  sbnn_free_strings(l->col_ids, l->n_cols);
  sbnn_free_strings(l->text, l->n_rows * l->n_cols);
  free(l->corner);
  free(l->row_fault);
  *l = (sbnn_labels){0};
}

/* ---- shared by the readers (readers.h) ---- */

static bool ends_with(const char *path, size_t length, const char *ending) {
  size_t n = strlen(ending);
  return length >= n && strncasecmp(path + length - n, ending, n) == 0;
}

bool sbnn_looks_like(const char *path, const char *ending, const char *magic) {
  size_t length = strlen(path), n = strlen(magic);
  if (ends_with(path, length, ".gz")) length -= 3;
  if (ends_with(path, length, ending)) return true;
  char start[16];
  return sbnn_source_peek(path, start, n) == n && memcmp(start, magic, n) == 0;
}

void sbnn_table_add_row(sbnn_table *t, bool sparse, const double *row) {
  size_t n = t->n_rows++;
  if (sparse) {
    t->counts.n_cols = t->n_cols;
    sbnn_counts_add_row(&t->counts, row);
    return;
  }
  if ((n & (n - 1)) == 0) /* 0 and the powers of two: room for twice as many */
    t->values = sbnn_realloc(t->values, n ? 2 * n : 1, t->n_cols * sizeof *t->values);
  memcpy(t->values + n * t->n_cols, row, t->n_cols * sizeof *row);
}

static double *transposed(const double *values, size_t n_rows, size_t n_cols) {
  double *out = sbnn_alloc(n_rows * n_cols, sizeof *out);
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++) out[j * n_rows + i] = values[i * n_cols + j];
  return out;
}

void sbnn_table_transpose(sbnn_table *t, bool sparse) {
  size_t n_rows = t->n_rows, n_cols = t->n_cols;
  if (sparse) {
    size_t *all = sbnn_alloc(n_cols, sizeof *all);
    for (size_t j = 0; j < n_cols; j++) all[j] = j;
    sbnn_counts turned = sbnn_counts_columns(&t->counts, all, n_cols);
    sbnn_counts_free(&t->counts);
    t->counts = turned;
    free(all);
  } else {
    double *turned = transposed(t->values, n_rows, n_cols);
    free(t->values);
    t->values = turned;
  }
  t->n_rows = n_cols;
  t->n_cols = n_rows;
}

bool sbnn_put_utf8(char *text, size_t *n, uint32_t c) {
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
  int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  text[(*n)++] = (char)(lead[more] | c >> 6 * more);
  while (more-- > 0) text[(*n)++] = (char)(0x80 | (c >> 6 * more & 0x3f));
  return true;
}
