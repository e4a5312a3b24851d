/* peer.c - see peer.h. */
#include "peer.h"

#include <criterion/criterion.h>
#include <string.h>

static void read_array(FILE *f, const char *kind, tn_array *a) {
  int rank = -1;
  int64_t shape[TN_MAX_RANK];
  cr_assert(fscanf(f, "%d", &rank) == 1 && rank >= 0 && rank <= TN_MAX_RANK, "%s: no rank", kind);
  for (int i = 0; i < rank; i++) {
    long long extent = -1;
    cr_assert(fscanf(f, "%lld", &extent) == 1 && extent >= 0, "%s: no extent", kind);
    shape[i] = extent;
  }
  cr_assert_eq(tn_array_new(NULL, TN_F64, rank, shape, a), TN_OK);
  double *x = a->view.data;
  for (int64_t i = 0; i < tn_view_numel(&a->view); i++)
    cr_assert_eq(fscanf(f, "%lf", &x[i]), 1, "%s: no number", kind);
}

static void read_ints(FILE *f, peer_case *c) {
  cr_assert(fscanf(f, "%d", &c->n_ints) == 1 && c->n_ints >= 0 && c->n_ints <= PEER_INTS, "%s: ints",
            c->kind);
  for (int i = 0; i < c->n_ints; i++) {
    long long value = 0;
    cr_assert_eq(fscanf(f, "%lld", &value), 1, "%s: ints", c->kind);
    c->ints[i] = value;
  }
}

bool peer_next(FILE *f, peer_case *c) {
  char word[16];
  memset(c, 0, sizeof *c);
  bool there = fscanf(f, " case %47s %63s", c->kind, c->text) == 2;
  cr_assert(there || feof(f), "no case");
  if (!there) return false;
  while (c->n_grads == 0 || c->n_grads < c->n_in) {
    cr_assert_eq(fscanf(f, "%15s", word), 1, "%s: the file ends", c->kind);
    bool room = c->n_in < PEER_OPERANDS || strcmp(word, "in") != 0;
    cr_assert(room && c->n_grads < PEER_OPERANDS, "%s: too many operands", c->kind);
    if (strcmp(word, "ints") == 0) read_ints(f, c);
    else if (strcmp(word, "in") == 0) read_array(f, c->kind, &c->in[c->n_in++]);
    else if (strcmp(word, "out") == 0) read_array(f, c->kind, &c->out);
    else if (strcmp(word, "u") == 0) read_array(f, c->kind, &c->u);
    else if (strcmp(word, "grad") == 0) read_array(f, c->kind, &c->grad[c->n_grads++]);
    else cr_assert_fail("%s: what is '%s'?", c->kind, word);
  }
  return true;
}

void peer_free(peer_case *c) {
  for (int i = 0; i < c->n_in; i++) tn_array_free(&c->in[i]), tn_array_free(&c->grad[i]);
  tn_array_free(&c->out), tn_array_free(&c->u);
}
