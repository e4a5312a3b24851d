/* proximal.c - a network of so many genes by a penalty: the group lasso as a proximal operator, whose zeros
 * are exact, grows from epoch to epoch until just so many rows of the first kernel are left (fitting.h).
 *
 * One warm start all the way: an epoch begins with weights and moments of the one before. The penalty follows
 * the number of rows, which is to fall geometrically over the phase's epochs. In the first half rows that
 * vanish may come back, so that all genes compete; in the second what is 0 at the end of an epoch is out, or
 * else the noise of single batches, which lifts idle rows for a few steps, would have its say in who is last.
 * The epoch that would go below the number asked for is repeated, from where it began, with the penalty
 * bisected. Where no penalty stops at the number, as when several rows vanish in one step, the last ones to
 * vanish are put back as they were and refitted. So the search costs a phase and a few epochs. */
#include "training/fitting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* First penalty; the most it grows by in an epoch; how often an epoch is repeated. */
#define FIRST 1e-3
#define MOST  3.0
enum { BISECTIONS = 8 };

/* A built phase must not be moved, so the three of a search change roles. */
typedef struct search {
  sbnn__fitting *s;
  sbnn_network network;
  int epochs;    /* of the phase */
  size_t wanted; /* rows */
  sbnn__phase slot[3];
  sbnn__phase *now;  /* has more rows than wanted */
  sbnn__phase *next; /* an epoch on */
  sbnn__phase *over; /* an epoch on, with fewer rows than wanted */
} search;

static void swap(sbnn__phase **a, sbnn__phase **b) {
  sbnn__phase *c = *a;
  *a = *b;
  *b = c;
}

static tn_view first_kernel(const sbnn__phase *f) {
  tn_view kernel = {0};
  (void)nn_state_find(f->state, "encoder/0/kernel", &kernel);
  return kernel;
}

/* Rows that are 0 in `from` become 0 in `to`. */
static void keep_zeros(const sbnn__phase *from, const sbnn__phase *to) {
  tn_view kernel = first_kernel(to);
  size_t n = (size_t)kernel.shape[0], columns = (size_t)kernel.shape[1];
  double *norms = sbnn_alloc(n, sizeof *norms);
  sbnn__row_norms(first_kernel(from), norms);
  for (size_t i = 0; i < n; i++)
    if (norms[i] == 0) memset((float *)kernel.data + i * columns, 0, columns * sizeof(float));
  free(norms);
}

static size_t count_rows(const sbnn__phase *f) {
  tn_view kernel = first_kernel(f);
  size_t n = (size_t)kernel.shape[0], left = 0;
  double *norms = sbnn_alloc(n, sizeof *norms);
  sbnn__row_norms(kernel, norms);
  for (size_t i = 0; i < n; i++) left += norms[i] > 0;
  free(norms);
  return left;
}

/* One epoch on from now, at this penalty, to next. */
static int train_epoch(search *q, double lambda, int epoch, size_t *rows) {
  sbnn_network network = q->network;
  network.lasso = lambda;
  sbnn__phase_free(q->next);
  int code = sbnn__phase_new(q->s, network, q->next);
  if (code == SBNN_OK) nn_state_copy(q->next->state, "", q->now->state, "", false);
  sbnn__course c = {.rows = sbnn__train_rows(q->s),
                    .valid = sbnn__test_rows(q->s),
                    .first = epoch,
                    .last = epoch,
                    .of = epoch > q->epochs ? epoch : q->epochs};
  if (code == SBNN_OK) code = sbnn__fit(q->s, q->next, &c);
  if (code == SBNN_OK && 2 * epoch > q->epochs) keep_zeros(q->now, q->next);
  if (code == SBNN_OK) *rows = count_rows(q->next);
  return code;
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

/* Now has too many rows, over, an epoch on at *lambda, too few: ends with just the wanted ones in now. */
static int bisect(search *q, double *lambda, int epoch) {
  sbnn_experiment *x = q->s->out;
  double low = 0;
  for (int i = 0; i < BISECTIONS; i++) {
    double middle = (low + *lambda) / 2;
    size_t rows;
    x->n_history--; /* this epoch once more */
    int code = train_epoch(q, middle, epoch, &rows);
    if (code != SBNN_OK) return code;
    if (rows > q->wanted) low = middle;
    else *lambda = middle;
    if (rows < q->wanted) swap(&q->over, &q->next);
    if (rows == q->wanted) {
      swap(&q->now, &q->next);
      return SBNN_OK;
    }
  }
  x->n_history--; /* what now holds was never an epoch's end */
  keep_last(q);
  return SBNN_OK;
}

/* How many rows there are to be after the epoch: from all to the wanted ones, by the same factor each time.
 */
static double target(const search *q, double all, int epoch) {
  return all * pow((double)q->wanted / all, fmin((double)epoch / q->epochs, 1));
}

/* Epoch by epoch until now has the wanted rows. */
static int follow(search *q, double *lambda) {
  double all = (double)count_rows(q->now);
  *lambda = FIRST;
  for (int epoch = 1;; epoch++) {
    size_t rows;
    int code = train_epoch(q, *lambda, epoch, &rows);
    if (code != SBNN_OK) return code;
    if (rows < q->wanted) {
      swap(&q->over, &q->next);
      return bisect(q, lambda, epoch);
    }
    swap(&q->now, &q->next);
    if (rows == q->wanted) return SBNN_OK;
    *lambda *= fmin(fmax((double)rows / target(q, all, epoch + 1), 1), MOST);
  }
}

int sbnn__sparsify(sbnn__fitting *s, const sbnn__phase *from, const sbnn_phase_options *o, size_t genes,
                   sbnn__phase *f) {
  search q = {.s = s,
              .network = sbnn__network_for(s, SBNN_HEAD_RESPONSES, o->lr),
              .epochs = o->epochs,
              .wanted = genes < s->p->n_inputs ? genes : s->p->n_inputs};
  q.network.proximal = true;
  q.network.lasso = 0;
  q.now = &q.slot[0], q.next = &q.slot[1], q.over = &q.slot[2];
  int code = sbnn__phase_new(s, q.network, q.now);
  if (code == SBNN_OK && from) nn_state_copy(q.now->state, "", from->state, "", true);
  if (code == SBNN_OK) code = follow(&q, &s->out->lasso);
  q.network.lasso = s->out->lasso;
  if (code == SBNN_OK) code = sbnn__phase_new(s, q.network, f);
  if (code == SBNN_OK) nn_state_copy(f->state, "", q.now->state, "", false);
  for (int i = 0; i < 3; i++) sbnn__phase_free(&q.slot[i]);
  return code;
}
