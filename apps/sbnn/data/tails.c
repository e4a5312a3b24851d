/* tails.c - see tails.h. */
#include "data/tails.h"

#include "data/text.h"
#include "data/y_transform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PART = 100, MOST_NAMED = 8 }; /* the largest of so many; names in one sentence */

static int falling(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* Of n values, whose order is lost. */
static double part_of_largest(double *v, size_t n) {
  double mean = 0, all = 0, top = 0;
  size_t largest = n / PART > 0 ? n / PART : 1;
  for (size_t i = 0; i < n; i++) mean += v[i] / (double)n;
  for (size_t i = 0; i < n; i++) all += v[i] = (v[i] - mean) * (v[i] - mean);
  qsort(v, n, sizeof *v, falling);
  for (size_t i = 0; i < largest && i < n; i++) top += v[i];
  return all > 0 ? top / all : 0;
}

static size_t farthest_cell(const sbnn_dataset *d, size_t r) {
  size_t q = d->n_responses, far = 0, n = 0;
  double mean = 0, most = -1;
  for (size_t i = 0; i < d->n_cells; i++)
    if (!isnan(d->responses[i * q + r])) mean += d->responses[i * q + r], n++;
  for (size_t i = 0; i < d->n_cells; i++) {
    double away = fabs(d->responses[i * q + r] - mean / (double)n);
    if (away > most) most = away, far = i;
  }
  return far;
}

static sbnn_y_transform transform_of(const sbnn_dataset *d, const char *rule, size_t r) {
  sbnn_error e = {0};
  sbnn_y_transform *all = sbnn_alloc(d->n_responses, sizeof *all), one = SBNN_Y_NONE;
  if (sbnn_y_rule_apply(rule, d->response_names, d->n_responses, all, &e) == SBNN_OK) one = all[r];
  free(all);
  return one;
}

sbnn_tail sbnn_response_tail(const sbnn_dataset *d, const char *rule, size_t r) {
  double *v = sbnn_alloc(d->n_cells, sizeof *v), *logs = sbnn_alloc(d->n_cells, sizeof *logs);
  bool transformed = transform_of(d, rule, r) != SBNN_Y_NONE, has_log = true;
  size_t n = 0;
  for (size_t i = 0; i < d->n_cells; i++) {
    double y = d->responses[i * d->n_responses + r];
    if (isnan(y)) continue;
    has_log &= y > -1;
    logs[n] = y > -1 ? log1p(y) : 0;
    v[n++] = y;
  }
  double log_part = part_of_largest(logs, n), part = transformed ? log_part : part_of_largest(v, n);
  free(v);
  free(logs);
  return (sbnn_tail){part, has_log && !transformed ? log_part : NAN, farthest_cell(d, r)};
}

/* "log1p:NAME"; a comma in a name is matched by '?'. */
static char *rule_for(const char *name) {
  char *part = sbnn_format("log1p:%s", name);
  for (char *c = part; *c; c++)
    if (*c == ',') *c = '?';
  return part;
}

char *sbnn_tail_advice(const sbnn_dataset *d, const char *rule, const size_t *response, size_t n) {
  char *rules = NULL, *others = NULL;
  for (size_t i = 0; i < n && i < MOST_NAMED; i++) {
    sbnn_tail t = sbnn_response_tail(d, rule, response[i]);
    const char *name = d->response_names[response[i]];
    if (t.log1p < SBNN_TAIL_HEAVY) rules = sbnn_joined(rules, ",", rule_for(name));
    else
      others = sbnn_joined(others, "; ",
                           sbnn_format("for '%s', where log1p does not help, check cell '%s' (%g)",
                                       sbnn_shown(name), sbnn_shown(d->cell_names[t.cell]),
                                       d->responses[t.cell * d->n_responses + response[i]]));
  }
  if (!rules) return others;
  rules = sbnn_joined(rules, ",", sbnn_strdup("none"));
  char *word = sbnn_shell_word(rules), *option = sbnn_format("--y-transform %s", word);
  free(word);
  free(rules);
  return others ? sbnn_joined(option, "; ", others) : option;
}
