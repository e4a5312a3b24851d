/* folds.c - permutations and folds (folds.h). */
#include "data/folds.h"

#include "data/random.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

void sbnn_permutation(uint64_t seed, size_t n, size_t *order) {
  const sbnn_stream s = {seed, SBNN_STREAM_FOLDS, 0};
  for (size_t i = 0; i < n; i++) order[i] = i;
  for (size_t i = n; i-- > 1;) {
    size_t j = (size_t)sbnn_random_below(s, i, i + 1);
    size_t swap = order[i];
    order[i] = order[j];
    order[j] = swap;
  }
}

/* ---- a permutation from a file ---- */

/* One line: a cell number not seen before. */
static int read_cell_number(sbnn_text *t, size_t n, size_t count, size_t *line_of, size_t *order) {
  sbnn_field f;
  char shown[64];
  double v;
  int code = sbnn_text_field(t, &f);
  if (code != SBNN_OK) return code;
  if (!f.last || !sbnn_text_parse(t, &f, &v) || v < 0 || v >= (double)n || v != (double)(size_t)v)
    return sbnn_fail(
        t->error, SBNN_BAD_INPUT,
        "%s, line %zu: '%s' is not a cell number from 0 to %zu; give each cell's number on a line of "
        "its own",
        t->path, f.line, sbnn_text_show(f.text, shown), n - 1);
  size_t cell = (size_t)v;
  if (line_of[cell])
    return sbnn_fail(t->error, SBNN_BAD_INPUT,
                     "%s, line %zu: the cell number %zu was already on line %zu; give each of 0 to %zu once",
                     t->path, f.line, cell, line_of[cell], n - 1);
  line_of[cell] = f.line;
  order[count] = cell; /* n distinct numbers below n at most: in bounds */
  return SBNN_OK;
}

static int read_permutation(const char *path, size_t n, size_t *order, sbnn_error *e) {
  sbnn_text t;
  size_t *line_of = sbnn_alloc(n, sizeof *line_of), count = 0;
  bool more = false;
  int code = sbnn_text_open(&t, path, e);
  if (code == SBNN_OK) code = sbnn_text_skip_comments(&t);
  while (code == SBNN_OK && (code = sbnn_text_row(&t, &more)) == SBNN_OK && more) {
    code = read_cell_number(&t, n, count, line_of, order);
    count += code == SBNN_OK;
  }
  if (code == SBNN_OK && count != n)
    code = sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: a permutation of %zu cells where the data has %zu; give each number from 0 to %zu once", path,
        count, n, n - 1);
  sbnn_text_close(&t);
  free(line_of);
  return code;
}

/* ---- folds ---- */

static void place_folds(sbnn_protocol protocol, sbnn_folds *f) {
  size_t size = f->n_cells / f->n_folds;
  size_t extra =
      protocol == SBNN_PROTOCOL_STRICT ? f->n_cells % f->n_folds : 0; /* the first ones get one more */
  for (size_t k = 0; k < f->n_folds; k++) f->start[k + 1] = f->start[k] + size + (k < extra);
}

int sbnn_folds_check(size_t n_cells, size_t n_folds, sbnn_error *e) {
  if (n_folds < 2)
    return sbnn_fail(e, SBNN_USAGE, "cross-validation with %zu folds is impossible; give --folds 2 or more",
                     n_folds);
  if (n_cells < n_folds)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%zu cells cannot make %zu folds; give more cells or fewer --folds",
                     n_cells, n_folds);
  return SBNN_OK;
}

int sbnn_folds_make(sbnn_protocol protocol, size_t n_cells, size_t n_folds, const char *permutation_path,
                    uint64_t seed, sbnn_folds *f, sbnn_error *e) {
  int code = sbnn_folds_check(n_cells, n_folds, e);
  *f = (sbnn_folds){0};
  if (code != SBNN_OK) return code;
  *f = (sbnn_folds){.n_cells = n_cells,
                    .n_folds = n_folds,
                    .order = sbnn_alloc(n_cells, sizeof *f->order),
                    .start = sbnn_alloc(n_folds + 1, sizeof *f->start)};
  if (permutation_path) code = read_permutation(permutation_path, n_cells, f->order, e);
  else sbnn_permutation(seed, n_cells, f->order);
  place_folds(protocol, f);
  if (code != SBNN_OK) sbnn_folds_free(f);
  return code;
}

const size_t *sbnn_fold_test(const sbnn_folds *f, size_t k, size_t *n) {
  *n = f->start[k + 1] - f->start[k];
  return f->order + f->start[k];
}

size_t sbnn_fold_train(const sbnn_folds *f, size_t k, size_t *rows) {
  size_t before = f->start[k], after = f->n_cells - f->start[k + 1];
  memcpy(rows, f->order, before * sizeof *rows);
  memcpy(rows + before, f->order + f->start[k + 1], after * sizeof *rows);
  return before + after;
}

void sbnn_folds_free(sbnn_folds *f) {
  free(f->order);
  free(f->start);
  *f = (sbnn_folds){0};
}
