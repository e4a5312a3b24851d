/* Prints docs/ops.md from the descriptors: what the page says is what the library does. */
#include "autograd/autograd.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name, *params;
} prototypes[] = {
#define AG_OP(name, params) {#name, #params},
#include "autograd/ops/ops.def"
#undef AG_OP
};

static const char *kind_text(ag_kind kind) {
  switch (kind) {
  case AG_ELEMENTWISE: return "elementwise";
  case AG_REDUCE: return "reduction";
  case AG_CONTRACTION: return "contraction";
  case AG_VIEW: return "moves elements";
  case AG_INDEX: return "by index";
  case AG_RANDOM: return "random";
  case AG_EFFECT: return "effect";
  case AG_OPAQUE: return "other";
  case AG_LOOP: return "loop";
  case AG_LEAF: return "leaf";
  }
  return "";
}

static void print_flags(const ag_op *op) {
  static const struct {
    unsigned flag;
    const char *text;
  } flags[] = {{AG_COMMUTES, "commutes"},
               {AG_ROWWISE, "row by row"},
               {AG_ALIAS, "shares its input's memory"},
               {AG_IDENTITY_0, "folds away at 0"},
               {AG_IDENTITY_1, "folds away at 1"},
               {AG_BROADCASTS, "folds into its readers"}};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    if (op->flags & flags[i].flag) printf(", %s", flags[i].text);
  }
}

static void print_shape(int rank, const int64_t *shape) {
  printf(" `[");
  for (int a = 0; a < rank; a++) printf(a ? ", %lld" : "%lld", (long long)shape[a]);
  printf("]`");
}

static void print_cases(const ag_op *op) {
  if (op->arity == 0) return;
  printf("- checked on inputs of shape");
  for (int k = 0; k < op->n_cases; k++) {
    const ag_case *c = &op->cases[k];
    if (k) printf(";");
    for (int i = 0; i < c->n_in; i++) print_shape(c->in[i].rank, c->in[i].shape);
  }
  printf("\n");
}

static int highest_order(const ag_op *op) {
  int highest = 0;
  for (int k = 0; k < op->n_cases; k++) {
    int order = op->cases[k].order == 0 ? 2 : op->cases[k].order;
    if (order > highest) highest = order;
  }
  return highest;
}

static void print_derivative(const ag_op *op) {
  int order = highest_order(op);
  printf("- derivative: ");
  if (op->flags & AG_NO_DERIVATIVE) printf("zero by definition");
  else if (!op->vjp) printf("none; asking for one is an error");
  else printf("checked to order %d", order);
  for (int i = 0; i < 4; i++) {
    if (op->flags & ((unsigned)AG_NODIFF_0 << i)) printf("; none with respect to input %d", i);
  }
  printf("\n");
}

static void print_op(const ag_op *op, const char *params) {
  printf("\n### %s\n\n```c\nag_ref ag_%s%s\n```\n\n%s.\n\n- %s", op->name, op->name, params, op->doc,
         kind_text(op->kind));
  print_flags(op);
  printf("\n");
  print_derivative(op);
  print_cases(op);
}

int main(void) {
  printf("# Primitives\n\n"
         "Printed by docs/generate_ops.c from the descriptors in autograd/ops/; `./dev docs` renews it.\n"
         "Sets of axes are bit masks (bit a = axis a). Elementwise ops broadcast as in NumPy and need one "
         "float\n"
         "type, f32 or f64. Operands that do not fit make the graph fail, with a message (`ag_error`). The\n"
         "compositions are listed in autograd/autograd.h.\n");
  for (int i = 0; i < ag_op_count; i++) {
    if (strcmp(ag_ops[i]->name, prototypes[i].name) != 0) {
      fprintf(stderr, "the descriptor of %s calls itself %s\n", prototypes[i].name, ag_ops[i]->name);
      return 1;
    }
    print_op(ag_ops[i], prototypes[i].params);
  }
  return 0;
}
