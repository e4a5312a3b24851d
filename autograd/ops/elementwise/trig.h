/* trig.h - the kernels of sin and cos. */
#ifndef NABLA_TRIG_H
#define NABLA_TRIG_H

#include "autograd/ops/op.h"

/* The f32 kernel is a vectorized loop unless an argument is too large for it. Then the whole block is
 * computed element by element, with the same formula for arguments that are not too large, so that an
 * element's bits do not depend on its neighbours. */
#define AG_TRIG(NAME, QUADRANTS)                                                                             \
  TN_ANY void near_##NAME##_any(int n, const float *x, float *out) {                                         \
    TN_IVDEP for (int i = 0; i < n; i++) out[i] = tn__sin_near(x[i], QUADRANTS);                             \
  }                                                                                                          \
  TN_BY_ISA(near_##NAME, (int n, const float *x, float *out), (n, x, out))                                   \
  static void NAME##_f32(const ag_attr *attr, int n, const float *const *in, float *out) {                   \
    (void)attr;                                                                                              \
    if (ag__all_near(n, in[0])) near_##NAME(n, in[0], out);                                                  \
    else                                                                                                     \
      for (int i = 0; i < n; i++) out[i] = tn_##NAME(in[0][i]);                                              \
  }                                                                                                          \
  static void NAME##_f64(const ag_attr *attr, int n, const double *const *in, double *out) {                 \
    (void)attr;                                                                                              \
    for (int i = 0; i < n; i++) out[i] = NAME(in[0][i]);                                                     \
  }

static inline bool ag__all_near(int n, const float *x) {
  int far = 0;
  for (int i = 0; i < n; i++) far |= !(__builtin_fabsf(x[i]) <= TN__TRIG_LIMIT);
  return !far;
}

#endif
