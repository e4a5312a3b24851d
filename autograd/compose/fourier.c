/* fourier.c - discrete Fourier transforms along the last axis, as products with constant matrices: a
 * composite extent is transformed factor by factor (Cooley and Tukey 1965), in n (a + b + ...)
 * multiplications for n = a b ... */
#include "autograd/autograd.h"
#include "autograd/compose/axis.h"
#include "autograd/compose/table.h"

#include <math.h>

enum {
  WHOLE = 64,    /* an extent up to this is transformed by one product */
  LARGEST = 8192 /* prime factor: its matrix has 64 million elements */
};

typedef struct complex_ref {
  ag_ref re, im; /* im.id 0: the imaginary part is 0 */
} complex_ref;

/* cos or -sin of 2 pi row column / n, for each element of [rows, columns]. */
typedef struct angles {
  int64_t n, columns;
  bool sine;
} angles;

static double wave(const void *ctx, int64_t at) {
  const angles *a = ctx;
  int64_t turn = (at / a->columns) * (at % a->columns) % a->n;
  double angle = 2 * 3.14159265358979323846 * (double)turn / (double)a->n;
  if (4 * turn % a->n == 0) { /* exact at quarter turns */
    const double quarter[] = {1, 0, -1, 0};
    return a->sine ? -quarter[(4 * turn / a->n + 3) % 4] : quarter[4 * turn / a->n];
  }
  return a->sine ? -sin(angle) : cos(angle);
}

static ag_ref waves(ag_graph *g, tn_dtype dtype, int64_t n, int64_t rows, int64_t columns, bool sine) {
  angles a = {n, columns, sine};
  return ag_reshape(g, ag__table(g, dtype, rows * columns, wave, &a), 2, (int64_t[]){rows, columns});
}

/* w x (or x w if `right`) for the complex matrix w = c + i s. */
static complex_ref times(ag_graph *g, complex_ref x, ag_ref c, ag_ref s, bool right) {
#define PRODUCT(w, v) (right ? ag_matmul(g, v, w) : ag_matmul(g, w, v))
  complex_ref y = {PRODUCT(c, x.re), PRODUCT(s, x.re)};
  if (!x.im.id) return y;
  y.re = ag_sub(g, y.re, PRODUCT(s, x.im));
  y.im = ag_add(g, y.im, PRODUCT(c, x.im));
  return y;
#undef PRODUCT
}

static complex_ref reshaped(ag_graph *g, complex_ref x, int rank, const int64_t *shape) {
  x.re = ag_reshape(g, x.re, rank, shape);
  if (x.im.id) x.im = ag_reshape(g, x.im, rank, shape);
  return x;
}

static complex_ref swapped(ag_graph *g, complex_ref x) {
  return (complex_ref){ag_transpose2(g, x.re), ag_transpose2(g, x.im)};
}

/* The largest factor of n up to WHOLE; if there is none, the smallest factor above. */
static int64_t factor_of(int64_t n) {
  for (int64_t f = WHOLE; f > 1; f--)
    if (n % f == 0) return f;
  for (int64_t f = WHOLE + 1; f * f <= n; f++)
    if (n % f == 0) return f;
  return n;
}

/* [rows, n]. With j = j1 b + j2 and k = k1 + a k2: transforms over j1, multiplies by the phase of j2 k1 / n,
 * transforms over j2. */
static complex_ref transform(ag_graph *g, complex_ref x, int64_t rows, int64_t n) {
  tn_dtype dtype = ag_type_of(g, x.re).dtype;
  int64_t a = n <= WHOLE ? n : factor_of(n), b = n / a;
  if (a > LARGEST) {
    ag_fail(g, TN_EINVAL, "fft: %lld has the prime factor %lld; want none above %d (pad with zeros)",
            (long long)n, (long long)a, LARGEST);
    return (complex_ref){{0}, {0}};
  }
  ag_ref c = waves(g, dtype, a, a, a, false), s = waves(g, dtype, a, a, a, true);
  if (b == 1) return times(g, x, c, s, true);
  x = times(g, reshaped(g, x, 3, (int64_t[]){rows, a, b}), c, s, false);
  c = waves(g, dtype, n, a, b, false), s = waves(g, dtype, n, a, b, true);
  complex_ref turned = {ag_sub(g, ag_mul(g, x.re, c), ag_mul(g, x.im, s)),
                        ag_add(g, ag_mul(g, x.re, s), ag_mul(g, x.im, c))};
  x = transform(g, reshaped(g, turned, 2, (int64_t[]){rows * a, b}), rows * a, b);
  if (!x.re.id) return x;
  x = swapped(g, reshaped(g, x, 3, (int64_t[]){rows, a, b}));
  return reshaped(g, x, 2, (int64_t[]){rows, n});
}

/* Stacks real and imaginary part along a new last axis. */
static ag_ref paired(ag_graph *g, complex_ref x, ag_type t) {
  t.shape[t.rank++] = 1;
  return ag_concat(g, (ag_ref[]){ag_reshape(g, x.re, t.rank, t.shape), ag_reshape(g, x.im, t.rank, t.shape)},
                   2, t.rank - 1);
}

static bool is_signal(ag_graph *g, const char *what, ag_ref x, int pairs) {
  ag_type t = ag_type_of(g, x);
  bool fits = t.rank > pairs && t.rank + 1 - pairs <= TN_MAX_RANK && t.shape[t.rank - 1 - pairs] > 0 &&
              t.shape[t.rank - 1 - pairs] <= INT32_MAX && (!pairs || t.shape[t.rank - 1] == 2);
  if (!ag__given(g, what, x)) return false;
  if (!fits)
    ag_fail(g, TN_ESHAPE,
            "%s: want [..., n%s] with n from 1, not a value of rank %d whose last extent is %lld", what,
            pairs ? ", 2" : "", t.rank, (long long)(t.rank ? t.shape[t.rank - 1] : 0));
  return fits;
}

ag_ref ag_rfft(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  if (!is_signal(g, "rfft", x, 0)) return (ag_ref){0};
  int64_t n = t.shape[t.rank - 1], rows = tn_numel(t.rank - 1, t.shape), kept = n / 2 + 1;
  complex_ref y = {ag_reshape(g, x, 2, (int64_t[]){rows, n}), {0}};
  y = transform(g, y, rows, n);
  if (!y.re.id) return y.re;
  y.re = ag_slice(g, y.re, 1, 0, kept), y.im = ag_slice(g, y.im, 1, 0, kept);
  t.shape[t.rank - 1] = kept;
  return paired(g, y, t);
}

/* The weight of frequency k of a half spectrum in the inverse: 2 / n (k and its mirror image), but 1 / n for
 * 0 and n / 2. */
static double share(const void *ctx, int64_t k) {
  int64_t n = *(const int64_t *)ctx;
  return (k == 0 || 2 * k == n ? 1 : 2) / (double)n;
}

/* The inverse is the adjoint of rfft, with weights. rfft is linear, so its vjp is its adjoint; it is taken at
 * a signal of zeros, whose values it does not read. */
ag_ref ag_irfft(ag_graph *g, ag_ref y, int64_t n) {
  ag_type t = ag_type_of(g, y);
  if (!is_signal(g, "irfft", y, 1)) return (ag_ref){0};
  int64_t kept = t.shape[t.rank - 2];
  if (n < 1 || n / 2 + 1 != kept) {
    ag_fail(g, TN_ESHAPE, "irfft: %lld places have %lld frequencies, not %lld", (long long)n,
            (long long)(n / 2 + 1), (long long)kept);
    return (ag_ref){0};
  }
  ag_ref shares = ag_reshape(g, ag__table(g, t.dtype, kept, share, &n), 2, (int64_t[]){kept, 1}), x;
  t.shape[--t.rank - 1] = n;
  ag_ref zeros = ag_broadcast(g, ag_like(g, y, 0), t.rank, t.shape);
  ag_vjp(g, ag_rfft(g, zeros), ag_mul(g, y, shares), &zeros, 1, &x);
  return x;
}

static complex_ref parts(ag_graph *g, ag_ref x, int64_t rows, int64_t n) {
  x = ag_reshape(g, x, 3, (int64_t[]){rows, n, 2});
  const int64_t shape[] = {rows, n};
  return (complex_ref){ag_reshape(g, ag_slice(g, x, 2, 0, 1), 2, shape),
                       ag_reshape(g, ag_slice(g, x, 2, 1, 1), 2, shape)};
}

ag_ref ag_fft(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  if (!is_signal(g, "fft", x, 1)) return (ag_ref){0};
  int64_t n = t.shape[t.rank - 2], rows = tn_numel(t.rank - 2, t.shape);
  complex_ref y = transform(g, parts(g, x, rows, n), rows, n);
  t.rank--;
  return y.re.id ? paired(g, y, t) : y.re;
}

/* n times the inverse is the transform with real and imaginary part swapped in the input and in the
 * output. */
ag_ref ag_ifft(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  if (!is_signal(g, "ifft", x, 1)) return (ag_ref){0};
  int64_t n = t.shape[t.rank - 2], rows = tn_numel(t.rank - 2, t.shape);
  complex_ref in = parts(g, x, rows, n), y = transform(g, (complex_ref){in.im, in.re}, rows, n);
  t.rank--;
  return y.re.id ? ag_scale(g, paired(g, (complex_ref){y.im, y.re}, t), 1 / (double)n) : y.re;
}
