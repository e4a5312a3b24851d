/* neighbours.c - see neighbours.h. */
#include "neighbours.h"

#include <math.h>

typedef struct neighbour {
  double distance; /* squared */
  int64_t label;
} neighbour;

typedef struct search {
  double *z;              /* [n, d] */
  int64_t *label, *votes; /* [n], [classes] */
  neighbour *nearest;     /* [k] */
  int64_t n, d, classes, k;
} search;

/* Inserts a candidate into the k nearest so far, sorted by distance; returns their number. */
static int64_t insert(neighbour *nearest, int64_t count, int64_t k, neighbour candidate) {
  if (count == k && candidate.distance >= nearest[k - 1].distance) return count;
  int64_t at = count < k ? count++ : k - 1;
  for (; at > 0 && nearest[at - 1].distance > candidate.distance; at--) nearest[at] = nearest[at - 1];
  nearest[at] = candidate;
  return count;
}

/* Finds the nearest labelled points of point i; returns their number. */
static int64_t find(const search *s, int64_t i) {
  const double *x = s->z + i * s->d;
  int64_t count = 0;
  for (int64_t j = 0; j < s->n; j++) {
    if (j == i || s->label[j] < 0) continue;
    const double *y = s->z + j * s->d;
    double distance = 0;
    for (int64_t c = 0; c < s->d; c++) distance += (x[c] - y[c]) * (x[c] - y[c]);
    count = insert(s->nearest, count, s->k, (neighbour){distance, s->label[j]});
  }
  return count;
}

static int64_t vote(const search *s, int64_t count) {
  int64_t best = -1;
  for (int64_t l = 0; l < s->classes; l++) s->votes[l] = 0;
  for (int64_t i = 0; i < count; i++) s->votes[s->nearest[i].label]++;
  for (int64_t i = 0; i < count; i++) /* the nearest wins a tie */
    if (best < 0 || s->votes[s->nearest[i].label] > s->votes[best]) best = s->nearest[i].label;
  return best;
}

static tn_status take_labels(search *s, const tn_view *labels) {
  for (int64_t i = 0; i < s->n; i++) {
    double l = tn_get(labels, i);
    if (!(l < (double)s->classes) || l != floor(l)) return TN_EINVAL;
    s->label[i] = l < 0 ? -1 : (int64_t)l;
  }
  return TN_OK;
}

static double accuracy_of(const search *s) {
  int64_t right = 0, counted = 0;
  for (int64_t i = 0; i < s->n; i++) {
    int64_t count = s->label[i] < 0 ? 0 : find(s, i);
    if (count == 0) continue;
    counted++;
    right += vote(s, count) == s->label[i];
  }
  return counted ? (double)right / (double)counted : NAN;
}

tn_status nn_neighbour_accuracy(tn_view z, tn_view labels, int64_t classes, int64_t k, double *accuracy) {
  if (z.rank != 2 || labels.rank != 1 || labels.shape[0] != z.shape[0]) return TN_ESHAPE;
  if (k < 1 || classes < 1 || !accuracy) return TN_EINVAL;
  search s = {.n = z.shape[0], .d = z.shape[1], .classes = classes, .k = k < z.shape[0] ? k : z.shape[0]};
  if (s.k < 1) s.k = 1;
  s.z = tn_calloc(NULL, (size_t)(s.n * s.d) + 1, sizeof *s.z);
  s.label = tn_calloc(NULL, (size_t)s.n + 1, sizeof *s.label);
  s.votes = tn_calloc(NULL, (size_t)classes, sizeof *s.votes);
  s.nearest = tn_calloc(NULL, (size_t)s.k, sizeof *s.nearest);
  tn_status status = s.z && s.label && s.votes && s.nearest ? take_labels(&s, &labels) : TN_ENOMEM;
  if (status == TN_OK) {
    tn_copy(tn_matrix(s.z, TN_F64, s.n, s.d), z);
    *accuracy = accuracy_of(&s);
  }
  tn_free(NULL, s.z), tn_free(NULL, s.label), tn_free(NULL, s.votes), tn_free(NULL, s.nearest);
  return status;
}
