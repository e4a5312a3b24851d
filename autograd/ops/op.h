/* op.h - for the files under ops/: kernel macros, shape helpers, and short names for building derivatives.
 * docs/adding_an_op.md walks through one. */
#ifndef NABLA_OP_H
#define NABLA_OP_H

#include "autograd/autograd.h"
#include "tensor/isa.h"
#include "tensor/vmath.h"

#include <math.h>
#include <string.h>

/* The descriptors, as the header declares the constructors. */
#define AG_OP(name, params) extern const ag_op ag_op_##name;
#include "autograd/ops/ops.def"
#undef AG_OP

/* One loop per element type from one expression of X (and Y, Z; A0, A1 are the attributes f[0], f[1]).
 * Functions come from vmath.h (tn_exp, ...), which picks by type. The output may be one of the inputs:
 * iterations are independent. */
#define AG__LOOP(NAME, T, SUFFIX, LOAD, EXPR)                                                                \
  TN_ANY void NAME##_##SUFFIX##_any(const ag_attr *attr, int n, const T *const *in, T *out) {                \
    const T A0 = (T)attr->f[0], A1 = (T)attr->f[1];                                                          \
    (void)A0, (void)A1;                                                                                      \
    TN_IVDEP for (int i = 0; i < n; i++) {                                                                   \
      LOAD(T);                                                                                               \
      out[i] = (T)(EXPR);                                                                                    \
    }                                                                                                        \
  }                                                                                                          \
  TN_BY_ISA(NAME##_##SUFFIX, (const ag_attr *attr, int n, const T *const *in, T *out), (attr, n, in, out))
#define AG__LOAD1(T) const T X = in[0][i]
#define AG__LOAD2(T) const T X = in[0][i], Y = in[1][i]
#define AG__LOAD3(T) const T X = in[0][i], Y = in[1][i], Z = in[2][i]

#define AG_EWISE1(NAME, EXPR)                                                                                \
  AG__LOOP(NAME, float, f32, AG__LOAD1, EXPR) AG__LOOP(NAME, double, f64, AG__LOAD1, EXPR)
#define AG_EWISE2(NAME, EXPR)                                                                                \
  AG__LOOP(NAME, float, f32, AG__LOAD2, EXPR) AG__LOOP(NAME, double, f64, AG__LOAD2, EXPR)
#define AG_EWISE3(NAME, EXPR)                                                                                \
  AG__LOOP(NAME, float, f32, AG__LOAD3, EXPR) AG__LOOP(NAME, double, f64, AG__LOAD3, EXPR)

/* The descriptor fields that every elementwise op shares. */
#define AG_EWISE_FIELDS(NAME, ARITY)                                                                         \
  .name = #NAME, .kind = AG_ELEMENTWISE, .arity = ARITY, .f32 = NAME##_f32, .f64 = NAME##_f64

#define AG_CASES(...)                                                                                        \
  .cases = (const ag_case[]){__VA_ARGS__},                                                                   \
  .n_cases = (int)(sizeof((const ag_case[]){__VA_ARGS__}) / sizeof(ag_case))

/* Emission with a literal list of inputs. */
#define AG_EMIT(g, op, attr, ...)                                                                            \
  ag_emit(g, op, (const ag_ref[]){__VA_ARGS__},                                                              \
          (int)(sizeof((const ag_ref[]){__VA_ARGS__}) / sizeof(ag_ref)), attr, NULL)

static inline bool ag__is_float(tn_dtype t) { return t == TN_F32 || t == TN_F64; }
static inline bool ag__is_index(tn_dtype t) { return t == TN_I32 || t == TN_I64; }
static inline int64_t ag__numel(const ag_type *t) { return tn_numel(t->rank, t->shape); }

/* Whether the number of bytes of a value of this type is valid: no negative extent, no overflow. A type rule
 * that multiplies or adds extents must check it. */
bool ag__countable(const ag_type *t);

/* Whether x is a value that has this shape already (reshape and broadcast then add no node). */
static inline bool ag__has_shape(const ag_graph *g, ag_ref x, int rank, const int64_t *shape) {
  ag_type t = ag_type_of(g, x);
  return x.id && t.rank == rank && (rank == 0 || shape) && tn_same_shape(t.rank, t.shape, rank, shape);
}

/* A shape among the attributes (shape_attr.c): i[0] the rank, i[1..] the extents. `put` fails the graph,
 * naming the op, when the rank does not fit; `get` fills rank and shape of *out, false when they are not a
 * shape. */
bool ag__put_shape(ag_graph *g, const char *op, int rank, const int64_t *shape, ag_attr *attr);
bool ag__get_shape(const ag_attr *attr, ag_type *out);

/* Shared by the reductions (reduce_shape.c): the type rule of attr.i = {axes, keep}; `out` seen with extent 1
 * on the reduced axes of `in`; dy with those axes put back as extent 1, so that it broadcasts against an
 * input of type t. */
bool ag__reduced_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out);
void ag__reduced_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size);
tn_view ag__kept(tn_view in, unsigned axes, tn_view out);
ag_ref ag__with_axes(ag_graph *g, ag_ref dy, ag_type t, unsigned axes);

/* ag_op.sum of pad (pad_sum.c). */
ag_ref ag__pad_sum(ag_graph *g, const ag_ref *x, int n);

/* "[3, 4]", for messages; into a buffer of at least 128 bytes. */
const char *ag__shape_text(int rank, const int64_t *shape, char *buffer, size_t size);

/* Shared by gather and scatter_add (index/rows.h): an entry of an i32 or i64 index. */
static inline int64_t ag__index_at(const tn_view *index, int64_t position) {
  return index->dtype == TN_I32 ? ((const int32_t *)index->data)[position]
                                : ((const int64_t *)index->data)[position];
}

/* Shared by uniform and normal (random_attr.c): their type rule and constructor. attr.i: the shape, then the
 * element type. */
enum { AG__RANDOM_DTYPE = TN_MAX_RANK + 1 };
bool ag__random_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out);
ag_ref ag__emit_random(ag_graph *g, const ag_op *op, const char *name, tn_dtype dtype, int rank,
                       const int64_t *shape);

/* The linear algebra's ops: matrix number b of a batch, contiguous; the shape of square matrices of floats. */
static inline tn_view ag__matrix_at(const tn_view *v, int64_t b) {
  int64_t rows = v->shape[v->rank - 2], columns = v->shape[v->rank - 1];
  char *data = (char *)v->data + (size_t)(b * rows * columns) * tn_dtype_size(v->dtype);
  return tn_matrix(data, v->dtype, rows, columns);
}
static inline int64_t ag__matrices(const tn_view *v) { return tn_numel(v->rank - 2, v->shape); }
static inline bool ag__is_square(const ag_type *t) {
  return ag__is_float(t->dtype) && t->rank >= 2 && t->shape[t->rank - 1] >= 1 &&
         t->shape[t->rank - 1] == t->shape[t->rank - 2];
}

/* For the field `many` (vmap.c). ag__lift inserts axes of extent 1 after the axis of examples, so that one
 * example has the given rank; ag__repeat copies along a new leading axis. Rules for ops: _broadcasting,
 * operands broadcast from the right; _same, leading axes do not matter; _axis and _axes, attr.i[0] is an axis
 * or a set of them. */
ag_ref ag__lift(ag_graph *g, ag_ref x, int rank);
ag_ref ag__repeat(ag_graph *g, ag_ref x, int64_t n);
ag_ref ag__many_broadcasting(ag_graph *g, ag_ref y, const ag_many *m);
ag_ref ag__many_same(ag_graph *g, ag_ref y, const ag_many *m);
ag_ref ag__many_axis(ag_graph *g, ag_ref y, const ag_many *m);
ag_ref ag__many_axes(ag_graph *g, ag_ref y, const ag_many *m);

/* The kernel of ops that only copy: the elements of input 0, in order, converted to the output's type. */
static inline void ag__run_copy(const ag_call *call) {
  tn_view in = call->in[0];
  tn_copy(call->out, tn_view_of(in.data, in.dtype, call->out.rank, call->out.shape));
}

#endif
