/* samples.h - samples of layers as files of tensors: tensors "k/in0", "k/<variable>", "k/out", and metadata "k":
 * "name|kind|key=value ...". */
#ifndef NABLA_SAMPLES_H
#define NABLA_SAMPLES_H

#include "nn/internal.h"

#include <stdlib.h>
#include <string.h>

enum { INPUTS = 5 };

typedef struct sample {
  const nn_tensor_file *f;
  char number[16], name[160], kind[32], options[512];
  tn_view in[INPUTS];
  int n_in;
  nn_model *m;
} sample;

static inline bool find(const sample *s, const char *prefix, const char *name, tn_view *out) {
  char key[512];
  snprintf(key, sizeof key, "%s/%s%s", s->number, prefix, name);
  const nn_tensor *t = nn_tensor_file_find(s->f, key);
  if (!t) return false;
  tn_dtype dtype = !strcmp(t->dtype, "I64") ? TN_I64 : !strcmp(t->dtype, "F32") ? TN_F32 : TN_F64;
  *out = tn_view_of((void *)t->data, dtype, t->rank, t->shape);
  return true;
}

static inline double get(const sample *s, const char *key, double otherwise) {
  size_t n = strlen(key);
  for (const char *at = s->options; (at = strstr(at, key)) != NULL; at += n)
    if ((at == s->options || at[-1] == ' ') && at[n] == '=') {
      if (!strncmp(at + n + 1, "True", 4)) return 1;
      return strtod(at + n + 1, NULL); /* False reads as 0 */
    }
  return otherwise;
}
static inline int64_t whole(const sample *s, const char *key) { return (int64_t)get(s, key, 0); }

static inline void three(const sample *s, const char *key, int64_t *out) {
  for (int a = 0; a < 3; a++) {
    char word[32];
    snprintf(word, sizeof word, "%s%d", key, a);
    out[a] = whole(s, word);
  }
}

/* The tensors "in0", "in1", ... as far as there are any. */
static inline void take_inputs(sample *s) {
  char name[16];
  for (s->n_in = 0; s->n_in < INPUTS; s->n_in++) {
    snprintf(name, sizeof name, "in%d", s->n_in);
    if (!find(s, "", name, &s->in[s->n_in])) return;
  }
}

static inline ag_ref input(const sample *s, nn_model *m, int i) {
  char name[16];
  snprintf(name, sizeof name, "in%d", i);
  return ag_input(nn_graph(m), name, s->in[i].dtype, s->in[i].rank, s->in[i].shape);
}

/* "nn.Conv1d description|kind|options" */
static inline void take(sample *s, const char *note) {
  const char *a = strchr(note, '|'), *b = strchr(a + 1, '|');
  snprintf(s->name, sizeof s->name, "%.*s", (int)(a - note), note);
  snprintf(s->kind, sizeof s->kind, "%.*s", (int)(b - a - 1), a + 1);
  snprintf(s->options, sizeof s->options, "%s", b + 1);
}

#endif
