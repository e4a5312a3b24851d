/* proximal.c - a network of so many genes by a penalty: the group lasso as a proximal operator, whose zeros
 * are exact, grows from epoch to epoch until just so many rows of the first kernel are left (fitting.h).
 *
 * The penalty of a row is lambda over the norm that it has when the epoch begins: the adaptive group lasso
 * (Zou 2006; Wang & Leng 2008), reweighted as it goes on (Candes, Wakin & Boyd 2008). One penalty for all
 * rows shrinks those that are to stay as fast as the others, until the network has forgotten most of what it
 * knew; fine-tuning does not bring all of it back. A row that is 0 when an epoch begins stays out.
 *
 * The path takes the first half of the phase's epochs. Each begins with weights and moments of the one
 * before, at a lambda that follows the number of rows, which is to fall geometrically. The epoch that would
 * go below the number asked for is repeated, from where it began, with lambda bisected. Where none stops at
 * the number, as when several rows vanish in one step, the last ones to vanish are put back as they were.
 * Then the penalty has done its part, and the rows that are left train without it to the end of the phase
 * (the relaxed lasso: Meinshausen 2007). */
#include "training/proximal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* First lambda; the most it grows by at once; how often an epoch is repeated. */
#define FIRST 1e-5
#define MOST  3.0
enum { BISECTIONS = 8 };

/* A built phase must not be moved, so the three of a search change roles. */
typedef struct search {
  sbnn__fitting *s;
  sbnn_network network;
  int epochs;    /* of the phase */
  int path;      /* of these, until the wanted rows are left */
  size_t wanted; /* rows */
  sbnn__net slot[3];
  sbnn__net *now;  /* has more rows than wanted */
  sbnn__net *next; /* an epoch on */
  sbnn__net *over; /* an epoch on, with fewer rows than wanted */
} search;

static void swap(sbnn__net **a, sbnn__net **b) {
  sbnn__net *c = *a;
  *a = *b;
  *b = c;
}

static tn_view first_kernel(const sbnn__net *f) {
  tn_view kernel = {0};
  (void)nn_state_find(f->state, "encoder/0/kernel", &kernel);
  return kernel;
}

/* Rows that are 0 get a penalty that keeps them there. */
static float *row_penalties(const sbnn__net *f, double lambda) {
  tn_view kernel = first_kernel(f);
  size_t n = (size_t)kernel.shape[0];
  double *norms = sbnn_alloc(n, sizeof *norms);
  float *out = sbnn_alloc(n, sizeof *out);
  sbnn__row_norms(kernel, norms);
  for (size_t i = 0; i < n; i++) out[i] = norms[i] > 0 ? (float)(lambda / norms[i]) : FLT_MAX;
  free(norms);
  return out;
}

static size_t count_rows(const sbnn__net *f) {
  tn_view kernel = first_kernel(f);
  size_t n = (size_t)kernel.shape[0], left = 0;
  double *norms = sbnn_alloc(n, sizeof *norms);
  sbnn__row_norms(kernel, norms);
  for (size_t i = 0; i < n; i++) left += norms[i] > 0;
  free(norms);
  return left;
}

/* One epoch on from now, at this lambda, to next. */
static int train_epoch(search *q, double lambda, int epoch, size_t *rows) {
  sbnn_network network = q->network;
  float *penalties = row_penalties(q->now, lambda);
  tn_view each = tn_matrix(penalties, TN_F32, network.inputs, 1);
  network.row_lasso = &each;
  sbnn__net_free(q->next);
  int code = sbnn__net_new(q->s, network, q->next);
  if (code == SBNN_OK) nn_state_copy(q->next->state, "", q->now->state, "", false);
  sbnn__fit_plan c = {.rows = sbnn__train_rows(q->s),
                      .valid = sbnn__test_rows(q->s),
                      .first = epoch,
                      .last = epoch,
                      .of = q->epochs};
  if (code == SBNN_OK) code = sbnn__fit(q->s, q->next, &c);
  q->next->network.row_lasso = NULL;
  free(penalties);
  if (code == SBNN_OK) *rows = count_rows(q->next);
  return code;
}

/* The last epoch once more. */
static int repeat_epoch(search *q, double lambda, int epoch, size_t *rows) {
  q->s->out->n_history--;
  return train_epoch(q, lambda, epoch, rows);
}

/* Rows of `before` in the order in which they are to be kept: those left in `after`, then those that
 * vanished, each by their norm in `before`. */
typedef struct rank_key {
  const double *before, *after;
} rank_key;

static int by_life(const void *a, const void *b, void *key) {
  const rank_key *k = key;
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  bool x = k->before[i] > 0 && k->after[i] > 0, y = k->before[j] > 0 && k->after[j] > 0; /* some come back */
  if (x != y) return x ? -1 : 1;
  if (k->before[i] != k->before[j]) return k->before[i] > k->before[j] ? -1 : 1;
  return i < j ? -1 : i > j;
}

/* Of now only the wanted rows stay, those that lived longest. */
static void keep_last(const search *q) {
  tn_view kernel = first_kernel(q->now);
  size_t n = (size_t)kernel.shape[0], columns = (size_t)kernel.shape[1],
         *order = sbnn_alloc(n, sizeof *order);
  double *norms = sbnn_alloc(2 * n, sizeof *norms);
  sbnn__row_norms(kernel, norms);
  sbnn__row_norms(first_kernel(q->over), norms + n);
  for (size_t i = 0; i < n; i++) order[i] = i;
  qsort_r(order, n, sizeof *order, by_life, &(rank_key){norms, norms + n});
  for (size_t i = q->wanted; i < n; i++)
    memset((float *)kernel.data + order[i] * columns, 0, columns * sizeof(float));
  free(order);
  free(norms);
}

/* Now has too many rows, over, an epoch on at *lambda, too few: ends with just the wanted ones in next, an
 * epoch on. */
static int bisect(search *q, double *lambda, int epoch) {
  double low = 0;
  size_t rows;
  for (int i = 0; i < BISECTIONS; i++) {
    double middle = (low + *lambda) / 2;
    int code = repeat_epoch(q, middle, epoch, &rows);
    if (code != SBNN_OK) return code;
    if (rows > q->wanted) low = middle;
    else *lambda = middle;
    if (rows == q->wanted) return SBNN_OK;
    if (rows < q->wanted) swap(&q->over, &q->next);
  }
  keep_last(q);
  return repeat_epoch(q, 0, epoch, &rows);
}

/* How many rows there are to be after the epoch: from all to the wanted ones, by the same factor each time.
 */
static double target(const search *q, double all, int epoch) {
  return all * pow((double)q->wanted / all, (double)epoch / q->path);
}

/* Epoch by epoch to the end of the phase; the wanted rows are left after those of the path. */
static int follow(search *q, double *lambda) {
  double all = (double)count_rows(q->now);
  size_t rows = (size_t)all;
  int code = SBNN_OK;
  *lambda = FIRST;
  for (int epoch = 1; epoch <= q->epochs && code == SBNN_OK; epoch++) {
    bool done = rows == q->wanted;
    if (epoch > 1 && !done) *lambda *= fmin(fmax((double)rows / target(q, all, epoch), 1), MOST);
    code = train_epoch(q, done ? 0 : *lambda, epoch, &rows);
    while (code == SBNN_OK && epoch == q->path && rows > q->wanted)
      code = repeat_epoch(q, *lambda *= MOST, epoch, &rows);
    if (code == SBNN_OK && rows < q->wanted) {
      swap(&q->over, &q->next);
      code = bisect(q, lambda, epoch);
      rows = q->wanted;
    }
    swap(&q->now, &q->next);
  }
  return code;
}

int sbnn__sparsify(sbnn__fitting *s, const sbnn__net *from, const sbnn_phase_options *o, size_t genes,
                   sbnn__net *f) {
  search q = {.s = s,
              .network = sbnn__network_for(s, SBNN_HEAD_RESPONSES, o->lr),
              .epochs = o->epochs,
              .path = (o->epochs + 1) / 2,
              .wanted = genes < s->p->n_inputs ? genes : s->p->n_inputs};
  q.network.lasso = 0;
  q.now = &q.slot[0], q.next = &q.slot[1], q.over = &q.slot[2];
  int code = sbnn__net_new(s, q.network, q.now);
  if (code == SBNN_OK && from) nn_state_copy(q.now->state, "", from->state, "", true);
  if (code == SBNN_OK) code = follow(&q, &s->out->lasso);
  if (code == SBNN_OK) code = sbnn__net_new(s, q.network, f);
  if (code == SBNN_OK) nn_state_copy(f->state, "", q.now->state, "", false);
  for (int i = 0; i < 3; i++) sbnn__net_free(&q.slot[i]);
  return code;
}
