/* opinfo_sample.h - a sample of an operation of PyTorch: its inputs, and its arguments by position or name. */
#ifndef NABLA_OPINFO_SAMPLE_H
#define NABLA_OPINFO_SAMPLE_H

#include "nn/internal.h"

#include <math.h>
#include <stdlib.h>

enum { INPUTS = 12, OUTPUTS = 32, LIST = 64 };

typedef struct sample {
  const char *name, *arguments; /* arguments: "0=@0 1=2.5 dim=[0,1]" */
  nn_model *m;
  ag_graph *g;
  ag_ref in[INPUTS];
  tn_view value[INPUTS];
  int n_in;
  char refused[128]; /* why the sample cannot be said; "" = it can */
} sample;

/* The text of the argument at a position or of a name; NULL if it is not there or None. */
static inline const char *text_of(const sample *s, int position, const char *name) {
  char number[16];
  snprintf(number, sizeof number, "%d", position);
  for (const char *at = s->arguments; *at;) {
    size_t word = strcspn(at, " "), key = strcspn(at, "=");
    bool same = (strlen(number) == key && !strncmp(at, number, key)) ||
                (strlen(name) == key && !strncmp(at, name, key));
    if (same) return at[key + 1] == 'N' ? NULL : at + key + 1;
    at += word + (at[word] == ' ');
  }
  return NULL;
}
static inline bool has(const sample *s, int position, const char *name) {
  return text_of(s, position, name) != NULL;
}
static inline double number(const sample *s, int position, const char *name, double otherwise) {
  const char *text = text_of(s, position, name);
  if (text && *text == '@') return tn_get(&s->value[atoi(text + 1)], 0);
  return text ? strtod(text, NULL) : otherwise;
}
static inline bool flag(const sample *s, int position, const char *name, bool otherwise) {
  return number(s, position, name, otherwise) != 0;
}
/* Whether the argument is this word. */
static inline bool is(const sample *s, int position, const char *name, const char *word) {
  const char *text = text_of(s, position, name);
  size_t n = strlen(word);
  return text && text[0] == '\'' && !strncmp(text + 1, word, n) && text[n + 1] == '\'';
}
/* Numbers of a list "[1,2]" (a single one is a list of one); how many. */
static inline int list(const sample *s, int position, const char *name, int64_t *out) {
  const char *text = text_of(s, position, name);
  int n = 0;
  if (!text) return 0;
  if (*text == '@') {
    const tn_view *v = &s->value[atoi(text + 1)];
    for (; n < tn_view_numel(v) && n < LIST; n++) out[n] = (int64_t)tn_get(v, n);
    return n;
  }
  if (*text != '[') return out[0] = strtoll(text, NULL, 10), 1;
  for (text++; *text != ']' && n < LIST; n++) {
    char *end;
    out[n] = strtoll(text, &end, 10);
    text = end + (*end == ',');
  }
  return n;
}

/* The tensor at a place; of a number, a scalar constant. */
static inline ag_ref tensor(const sample *s, int position, const char *name) {
  const char *text = text_of(s, position, name);
  if (!text) return (ag_ref){0};
  return *text == '@' ? s->in[atoi(text + 1)] : ag_scalar(s->g, TN_F64, strtod(text, NULL));
}
/* The tensors of a list, and how many. */
static inline int tensors(const sample *s, int position, const char *name, ag_ref *out) {
  const char *text = text_of(s, position, name);
  int n = 0;
  if (text && *text == '@') return out[0] = tensor(s, position, name), 1;
  for (; text && *text && *text != ' '; text++)
    if (*text == '@' && n < INPUTS) out[n++] = s->in[atoi(text + 1)];
  return n;
}
static inline const tn_view *value(const sample *s, int position, const char *name) {
  const char *text = text_of(s, position, name);
  return text && *text == '@' ? &s->value[atoi(text + 1)] : NULL;
}

static inline ag_ref refuse(sample *s, const char *why) {
  snprintf(s->refused, sizeof s->refused, "%s", why);
  return (ag_ref){0};
}

static inline int rank(const sample *s, ag_ref x) { return ag_type_of(s->g, x).rank; }
static inline int64_t extent(const sample *s, ag_ref x, int axis) {
  ag_type t = ag_type_of(s->g, x);
  return t.rank ? t.shape[axis < 0 ? axis + t.rank : axis] : 1;
}
static inline int64_t count(const sample *s, ag_ref x) {
  ag_type t = ag_type_of(s->g, x);
  return tn_numel(t.rank, t.shape);
}

/* A set of axes from a number or list of them; none given, or a scalar: all. */
static inline unsigned axes_of(const sample *s, int position, const char *name, ag_ref x) {
  int64_t axis[LIST];
  int n = list(s, position, name, axis), r = rank(s, x);
  unsigned set = 0;
  for (int i = 0; i < n && r; i++) set |= 1u << (axis[i] < 0 ? axis[i] + r : axis[i]);
  return set ? set : AG_ALL_AXES;
}

#endif
