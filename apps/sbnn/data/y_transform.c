/* y_transform.c - see y_transform.h. */
#include "data/y_transform.h"

#include "data/text.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *word;
  sbnn_y_transform transform;
} words[] = {{"none", SBNN_Y_NONE}, {"zscore", SBNN_Y_NONE}, {"log1p", SBNN_Y_LOG1P}, {"clr", SBNN_Y_CLR}};

enum { N_WORDS = sizeof words / sizeof *words };

const char *sbnn_y_transform_name(sbnn_y_transform transform) {
  size_t i = 0;
  while (words[i].transform != transform) i++;
  return words[i].word;
}

static bool find_word(const char *name, size_t length, sbnn_y_transform *transform) {
  for (size_t i = 0; i < N_WORDS; i++) {
    if (strlen(words[i].word) != length || memcmp(words[i].word, name, length) != 0) continue;
    *transform = words[i].transform;
    return true;
  }
  return false;
}

bool sbnn_y_transform_named(const char *name, sbnn_y_transform *transform) {
  return find_word(name, strlen(name), transform);
}

/* One part of a rule, up to a comma. */
typedef struct part {
  sbnn_y_transform transform;
  char pattern[256];
} part;

/* Moves *rule behind the part and its comma. */
static bool read_part(const char **rule, part *p) {
  size_t n = strcspn(*rule, ","), w = strcspn(*rule, ":,");
  const char *pattern = w < n ? *rule + w + 1 : "*";
  size_t length = w < n ? n - w - 1 : 1;
  if (length == 0 || length >= sizeof p->pattern) return false;
  memcpy(p->pattern, pattern, length);
  p->pattern[length] = '\0';
  if (!find_word(*rule, w, &p->transform)) return false;
  *rule += n;
  return **rule != ',' || *++*rule != '\0'; /* no comma at the end */
}

bool sbnn_y_rule_valid(const char *rule) {
  part p;
  bool valid = *rule != '\0';
  while (valid && *rule) valid = read_part(&rule, &p);
  return valid;
}

/* Sets what the part is for and no earlier one was. */
static bool apply_part(const part *p, char *const *names, size_t n, bool *set, sbnn_y_transform *transform) {
  bool matches = false;
  for (size_t i = 0; i < n; i++) {
    if (fnmatch(p->pattern, names[i], 0) != 0) continue;
    matches = true;
    if (!set[i]) transform[i] = p->transform;
    set[i] = true;
  }
  return matches;
}

static int check_clr(const sbnn_y_transform *transform, size_t n, char *const *names, sbnn_error *e) {
  size_t clr = 0, last = 0;
  for (size_t i = 0; i < n; i++)
    if (transform[i] == SBNN_Y_CLR) clr++, last = i;
  if (clr != 1) return SBNN_OK;
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "--y-transform: clr compares the responses of a cell with each other, but '%.60s' is the only one; "
      "use log1p",
      names[last]);
}

int sbnn_y_rule_apply(const char *rule, char *const *names, size_t n, sbnn_y_transform *transform,
                      sbnn_error *e) {
  for (size_t i = 0; i < n; i++) transform[i] = SBNN_Y_NONE;
  if (!rule) return SBNN_OK;
  if (!sbnn_y_rule_valid(rule))
    return sbnn_fail(e, SBNN_USAGE,
                     "--y-transform '%.200s' is not a rule; write none, log1p, clr or zscore, or patterns "
                     "like 'log1p:CD*,none'",
                     rule);
  bool *set = sbnn_alloc(n, sizeof *set);
  int code = SBNN_OK;
  while (*rule && code == SBNN_OK) {
    part p;
    read_part(&rule, &p);
    if (!apply_part(&p, names, n, set, transform))
      code =
          sbnn_fail(e, SBNN_BAD_INPUT,
                    "--y-transform: no response matches '%.200s', the first is '%.60s'; correct the pattern",
                    p.pattern, names[0]);
  }
  free(set);
  return code == SBNN_OK ? check_clr(transform, n, names, e) : code;
}

size_t sbnn_y_forward(const sbnn_y_transform *transform, size_t n, const double *y, double *out) {
  double sum = 0;
  size_t n_clr = 0;
  for (size_t r = 0; r < n; r++) {
    if (transform[r] == SBNN_Y_NONE) {
      out[r] = y[r];
      continue;
    }
    if (y[r] <= -1) return r;
    out[r] = log1p(y[r]);
    if (transform[r] == SBNN_Y_CLR) sum += out[r], n_clr++;
  }
  for (size_t r = 0; r < n; r++)
    if (transform[r] == SBNN_Y_CLR) out[r] -= sum / (double)n_clr;
  return n;
}

int sbnn_y_no_value(sbnn_y_transform transform, const char *response, const char *cell, double value,
                    sbnn_error *e) {
  char r[64], c[64];
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "response '%s' of cell '%s' is %g, for which %s is not defined; use --y-transform none or "
                   "correct the value",
                   sbnn_text_show(response, r), sbnn_text_show(cell, c), value,
                   transform == SBNN_Y_CLR ? "clr" : "log1p");
}

double sbnn_y_back(sbnn_y_transform transform, double v) { return transform == SBNN_Y_LOG1P ? expm1(v) : v; }
