#include "autograd/ops/op.h"
#include "tensor/threads.h"

#include <stdio.h>

/* attr.i: output axis a is input axis i[a]. */

static bool transpose_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  unsigned seen = 0;
  (void)n;
  *out = *in;
  for (int a = 0; a < in->rank; a++) {
    if (attr->i[a] < 0 || attr->i[a] >= in->rank) return false;
    seen |= 1u << attr->i[a];
    out->shape[a] = in->shape[attr->i[a]];
  }
  return seen == (1u << in->rank) - 1;
}

static void transpose_run(const ag_call *call) {
  int axes[TN_MAX_RANK];
  for (int a = 0; a < call->out.rank; a++) axes[a] = (int)call->attr->i[a];
  tn__copy(call->out, tn_view_permute(call->in[0], axes), call->threads);
}

static void transpose_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr *attr = ag_attr_of(g, y);
  int inverse[TN_MAX_RANK];
  for (int a = 0; a < ag_type_of(g, y).rank; a++) inverse[attr->i[a]] = a;
  dx[0] = ag_transpose(g, dy, inverse);
}

static void transpose_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char axes[128], shape[128];
  (void)n;
  snprintf(text, size, "%s is no permutation of the axes of %s",
           ag__shape_text(in->rank, attr->i, axes, sizeof axes),
           ag__shape_text(in->rank, in->shape, shape, sizeof shape));
}

static ag_ref transpose_many(ag_graph *g, ag_ref y, const ag_many *m) {
  int axes[TN_MAX_RANK + 1] = {0}, rank = ag_type_of(g, y).rank;
  for (int a = 0; a < rank; a++) axes[1 + a] = (int)ag_attr_of(g, y)->i[a] + 1;
  return ag_transpose(g, m->in[0], axes);
}

const ag_op ag_op_transpose = {.name = "transpose",
                               .doc = "the axes permuted: output axis a is input axis axes[a]",
                               .kind = AG_VIEW,
                               .arity = 1,
                               .infer = transpose_infer,
                               .explain = transpose_explain,
                               .run = transpose_run,
                               .vjp = transpose_vjp,
                               .many = transpose_many,
                               AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {1, 0}},
                                        {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {2, 0, 1}})};

ag_ref ag_transpose(ag_graph *g, ag_ref x, const int *axes) {
  ag_attr attr = {0};
  int rank = ag_type_of(g, x).rank, in_place = 0;
  if (rank > 0 && !axes) return ag_fail(g, TN_EINVAL, "transpose: no axes"), (ag_ref){0};
  for (int a = 0; a < rank; a++) attr.i[a] = axes[a], in_place += axes[a] == a;
  return x.id && in_place == rank ? x : AG_EMIT(g, &ag_op_transpose, &attr, x);
}
