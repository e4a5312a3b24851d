/* integers.h - elementwise ops on integers. Fused blocks hold floats only, so an op on integers is another
 * descriptor of the same name: not fused, without derivative, computed in i64 and stored modulo 2^bits. */
#ifndef NABLA_INTEGERS_H
#define NABLA_INTEGERS_H

#include "autograd/ops/op.h"

/* Type rule: operands of one integer type, which broadcast. Kernel: n elements of each, as i64. */
bool ag__integer_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out);
typedef void ag__integer_kernel(const ag_call *call, int n, const int64_t *const *in, int64_t *out);
void ag__run_integers(const ag_call *call, ag__integer_kernel *kernel);

/* Emits the op for operands of a float type (operand i decides), else its integer descriptor. */
ag_ref ag__emit_either(ag_graph *g, const ag_op *op, const ag_op *integers, const ag_ref *in, int n,
                       int decides);

/* The descriptor NAME_integers from an expression of X, Y, Z. */
#define AG_INTEGERS(NAME, ARITY, EXPR)                                                                       \
  static void NAME##_i64(const ag_call *call, int n, const int64_t *const *in, int64_t *out) {               \
    (void)call;                                                                                              \
    for (int i = 0; i < n; i++) {                                                                            \
      const int64_t X = in[0][i], Y = in[1][i], Z = in[ARITY - 1][i];                                        \
      (void)Z;                                                                                               \
      out[i] = EXPR;                                                                                         \
    }                                                                                                        \
  }                                                                                                          \
  static void NAME##_run_integers(const ag_call *call) { ag__run_integers(call, NAME##_i64); }               \
  static const ag_op NAME##_integers = {.name = #NAME,                                                       \
                                        .kind = AG_OPAQUE,                                                   \
                                        .arity = ARITY,                                                      \
                                        .flags = AG_NO_DERIVATIVE,                                           \
                                        .infer = ag__integer_type,                                           \
                                        .run = NAME##_run_integers,                                          \
                                        .many = ag__many_broadcasting};
#define AG_EMIT_EITHER(g, NAME, ...)                                                                         \
  ag__emit_either(g, &ag_op_##NAME, &NAME##_integers, (const ag_ref[]){__VA_ARGS__},                         \
                  (int)(sizeof((const ag_ref[]){__VA_ARGS__}) / sizeof(ag_ref)), ag_op_##NAME.arity - 1)

/* Arithmetic that wraps round, as unsigned numbers do. */
static inline int64_t ag__wrap_add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
static inline int64_t ag__wrap_sub(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static inline int64_t ag__wrap_mul(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }

#endif
