/* folds.c - permutations and folds (folds.h). */
#include "data/folds.h"

#include "data/random.h"
#include "data/text.h"
#include "nn/nn.h"

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
    code =
        sbnn_fail(e, SBNN_BAD_INPUT,
                  "%s: a permutation of %zu cells, but the data has %zu; give each number from 0 to %zu once",
                  path, count, n, n - 1);
  sbnn_text_close(&t);
  free(line_of);
  return code;
}

/* ---- folds ---- */

int sbnn_folds_check(size_t n_cells, size_t n_folds, sbnn_error *e) {
  if (n_folds < 2)
    return sbnn_fail(e, SBNN_USAGE, "cross-validation with %zu folds is impossible; give --folds 2 or more",
                     n_folds);
  if (n_cells < n_folds)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%zu cells cannot make %zu folds; give more cells or fewer --folds",
                     n_cells, n_folds);
  return SBNN_OK;
}

static void take(const nn_folds *from, sbnn_folds *f) {
  for (size_t i = 0; i < f->n_cells; i++) f->order[i] = (size_t)from->order[i];
  for (size_t k = 0; k <= f->n_folds; k++) f->start[k] = (size_t)from->start[k];
}

/* The library cuts; the permutation is the tool's own, as published results have it. */
static int cut(const sbnn_folds_options *o, sbnn_folds *f, sbnn_error *e) {
  nn_folds made = {0};
  int64_t *order = sbnn_alloc(o->n_cells, sizeof *order), n = (int64_t)o->n_cells, k = (int64_t)o->n_folds;
  for (size_t i = 0; i < o->n_cells; i++) order[i] = (int64_t)f->order[i];
  const tn_view groups = {
      .data = (void *)(uintptr_t)o->groups, .dtype = TN_I32, .rank = 1, .shape = {n}, .stride = {1}};
  tn_status status = o->groups ? nn_folds_grouped(NULL, groups, k, (uint32_t)o->seed, &made)
                               : nn_folds_new(NULL, n, k, order, 0, &made);
  free(order);
  if (status != TN_OK) return sbnn_fail(e, SBNN_FAILED, "folds: %s", tn_status_text(status));
  for (int64_t i = 0; i <= k && o->protocol == SBNN_PROTOCOL_PAPER && !o->groups; i++)
    made.start[i] = i * (n / k); /* what is over is never tested */
  take(&made, f);
  nn_folds_free(&made);
  return SBNN_OK;
}

static int check_groups(const sbnn_folds_options *o, sbnn_error *e) {
  if (!o->groups) return SBNN_OK;
  if (o->permutation_path)
    return sbnn_fail(e, SBNN_USAGE,
                     "--fold-permutation and --groups both decide which cells are in a fold; leave one out");
  if (o->n_groups < o->n_folds)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%zu groups cannot make %zu folds without dividing one; give fewer --folds, or smaller groups",
        o->n_groups, o->n_folds);
  return SBNN_OK;
}

int sbnn_folds_make(const sbnn_folds_options *o, sbnn_folds *f, sbnn_error *e) {
  int code = sbnn_folds_check(o->n_cells, o->n_folds, e);
  *f = (sbnn_folds){0};
  if (code == SBNN_OK) code = check_groups(o, e);
  if (code != SBNN_OK) return code;
  *f = (sbnn_folds){.n_cells = o->n_cells,
                    .n_folds = o->n_folds,
                    .order = sbnn_alloc(o->n_cells, sizeof *f->order),
                    .start = sbnn_alloc(o->n_folds + 1, sizeof *f->start)};
  if (o->permutation_path) code = read_permutation(o->permutation_path, o->n_cells, f->order, e);
  else sbnn_permutation(o->seed, o->n_cells, f->order);
  if (code == SBNN_OK) code = cut(o, f, e);
  if (code != SBNN_OK) sbnn_folds_free(f);
  return code;
}

/* ---- groups ---- */

/* Counting sort by the place of the group, which keeps the order in it. */
void sbnn_permutation_of_groups(uint64_t seed, size_t n, const int32_t *groups, size_t n_groups,
                                size_t *order) {
  sbnn_permutation(seed, n, order);
  if (!groups) return;
  size_t *of = sbnn_alloc(n_groups, sizeof *of), *place = sbnn_alloc(n_groups, sizeof *place),
         *start = sbnn_alloc(n_groups + 1, sizeof *start), *sorted = sbnn_alloc(n, sizeof *sorted);
  sbnn_permutation(seed, n_groups, of);
  for (size_t k = 0; k < n_groups; k++) place[of[k]] = k;
  for (size_t i = 0; i < n; i++) start[place[groups[i]] + 1]++;
  for (size_t k = 0; k < n_groups; k++) start[k + 1] += start[k];
  for (size_t i = 0; i < n; i++) sorted[start[place[groups[order[i]]]]++] = order[i];
  memcpy(order, sorted, n * sizeof *order);
  free(of);
  free(place);
  free(start);
  free(sorted);
}

size_t sbnn_group_boundary(size_t n, size_t wanted, int32_t (*group)(const void *ctx, size_t i),
                           const void *ctx) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++) {
    const size_t away = i > wanted ? i - wanted : wanted - i,
                 least = best > wanted ? best - wanted : wanted - best;
    if (group(ctx, i) != group(ctx, i - 1) && (best == 0 || away < least)) best = i;
  }
  return best;
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
