/* Every elementwise kernel under every instruction set of this machine: the same bits, for numbers where functions change their
 * formula, for infinities and NaN, and for every length from 1 on. */
#include "autograd/autograd.h"
#include "support/values.h"
#include "tensor/isa.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* Magnitudes; each is tried with both signs. */
static const double magnitudes[] = {
    0,   5e-324, 1e-310, 0x1p-149, 1e-40, FLT_MIN, DBL_MIN, 1e-30, 1e-8,  1e-3, 0.1,   0.25,    0.41,
    0.5, 0.7,    0.9,    0.99,     1,     1.01,    1.5,     2,     2.4,   2.5,  3,     4,       5.5,
    7.9, 8,      8.5,    9.1,      10.1,  10.3,    12.5,    17,    25,    30.5, 44.1,  86.7,    88.8,
    90,  103.5,  105,    127,      150,   199,     201,     500,   708.5, 710,  745.5, 1000,    1e4,
    9e4, 2e5,    1e7,    2e9,      1e10,  1e15,    1e20,    1e38,  3e38,  1e39, 1e300, DBL_MAX, INFINITY};
enum { VALUES = 2 * COUNT(magnitudes) + 1, LONG = VALUES * VALUES };

static double value(int i) {
  i %= VALUES;
  if (i == VALUES - 1) return NAN;
  return i % 2 ? -magnitudes[i / 2] : magnitudes[i / 2];
}

typedef struct buffers {
  double x[3][LONG], want[LONG], have[LONG];
} buffers;

/* Every value beside every other one; the third operand, a mask or what an operand is mixed with, goes around. */
static void fill(buffers *b, tn_dtype dtype, bool positive) {
  for (int i = 0; i < LONG; i++)
    for (int k = 0; k < 3; k++) {
      double v = value(k == 0 ? i : k == 1 ? i / VALUES : i + i / VALUES);
      if (positive && !(v > 0 && v < INFINITY)) v = 0.01 * (i % 999 + 1);
      if (dtype == TN_F64) b->x[k][i] = v;
      else ((float *)b->x[k])[i] = (float)v;
    }
}

static void run(const ag_op *op, const ag_attr *attr, tn_dtype dtype, int n, const buffers *b, void *out) {
  const float *f32[3];
  const double *f64[3];
  for (int k = 0; k < 3; k++) f64[k] = b->x[k], f32[k] = (const float *)b->x[k];
  if (dtype == TN_F32) op->f32(attr, n, f32, out);
  else op->f64(attr, n, f64, out);
}

/* A NaN is a NaN, whatever its sign and payload. */
static bool same(tn_dtype dtype, const void *a, const void *b, int i) {
  double x = dtype == TN_F64 ? ((const double *)a)[i] : (double)((const float *)a)[i];
  double y = dtype == TN_F64 ? ((const double *)b)[i] : (double)((const float *)b)[i];
  return (isnan(x) && isnan(y)) || (x == y && signbit(x) == signbit(y));
}

static void compare(const ag_op *op, const ag_attr *attr, tn_dtype dtype, int n, buffers *b) {
  const tn__isa used = tn__isa_used;
  tn__isa_used = TN__BASELINE;
  run(op, attr, dtype, n, b, b->want);
  for (tn__isa isa = TN__AVX2; isa <= TN__NEON; isa++) {
    if (!tn__isa_runs(isa)) continue;
    tn__isa_used = isa;
    run(op, attr, dtype, n, b, b->have);
    for (int i = 0; i < n; i++)
      cr_assert(same(dtype, b->want, b->have, i),
                "%s, %s, set %d: element %d of %d has other bits (of %g, %g)", op->name, tn_dtype_name(dtype),
                isa, i, n, dtype == TN_F64 ? b->x[0][i] : (double)((float *)b->x[0])[i],
                dtype == TN_F64 ? b->x[1][i] : (double)((float *)b->x[1])[i]);
  }
  tn__isa_used = used;
}

Test(isa, elementwise_ops_have_the_same_bits) {
  static buffers b;
  int seen = 0;
  for (int k = 0; k < ag_op_count; k++) {
    const ag_op *op = ag_ops[k];
    if (op->kind != AG_ELEMENTWISE) continue;
    seen++;
    for (int c = 0; c < op->n_cases; c++)
      for (int type = 0; type < 4; type++) {
        tn_dtype dtype = type % 2 ? TN_F64 : TN_F32;
        fill(&b, dtype, type >= 2);
        compare(op, &op->cases[c].attr, dtype, op->arity == 1 ? VALUES : LONG, &b);
        for (int n = 1; n < 20; n++) compare(op, &op->cases[c].attr, dtype, n, &b);
      }
  }
  cr_expect_gt(seen, 30);
}
