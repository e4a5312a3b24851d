/* opinfo_fourier.h - rows of opinfo.def: torch.fft of real inputs, torch.masked, windows. */
#ifndef NABLA_OPINFO_FOURIER_H
#define NABLA_OPINFO_FOURIER_H

#include "opinfo_rows.h"

/* ---- transforms: complex numbers are a last axis of extent 2 ---- */

static inline ag_ref complex_of(const sample *s, ag_ref x) {
  return ag_stack(s->g, (ag_ref[]){x, ag_scale(s->g, x, 0)}, 2, -1);
}
static inline ag_ref conjugate(const sample *s, ag_ref z) {
  ag_ref sign = ag_linspace(s->g, TN_F64, 2, 1, -1);
  return ag_mul(s->g, z, sign);
}
/* Cut, or zeros behind, to extent n. */
static inline ag_ref fitted(const sample *s, ag_ref x, int axis, int64_t n) {
  int64_t e = extent(s, x, axis);
  if (n < e) return ag_slice(s->g, x, axis, 0, n);
  return n > e ? ag_pad(s->g, x, axis, 0, n - e) : x;
}
/* A transform of the last axis (before the pairs, if pairs) along another. */
typedef ag_ref transform(ag_graph *g, ag_ref x);
static inline ag_ref along(const sample *s, transform *f, ag_ref x, int axis, bool pairs_in, bool pairs_out) {
  x = f(s->g, ag_movedim(s->g, x, axis, pairs_in ? -2 : -1));
  return ag_movedim(s->g, x, pairs_out ? -2 : -1, axis);
}

typedef struct
    spectrum { /* the arguments of a transform of several axes: the last of them may be that of real numbers */
  int axis[TN_MAX_RANK], n;
  int64_t extent[TN_MAX_RANK]; /* 0: as it is */
  bool ortho, unscaled;        /* unscaled: norm "backward" forward, "forward" back */
} spectrum;

static inline spectrum spectrum_of(const sample *s, bool one, int usual) {
  spectrum p = {.n = 0};
  int64_t dims[LIST], size[LIST];
  int r = rank(s, X), n = list(s, 2, "dim", dims), m = list(s, 1, one ? "n" : "s", size);
  if (!n) {
    n = m && !one ? m : one ? 1 : usual ? usual : r;
    for (int i = 0; i < n; i++) dims[i] = r - n + i;
  }
  for (p.n = 0; p.n < n; p.n++) {
    p.axis[p.n] = (int)(dims[p.n] < 0 ? dims[p.n] + r : dims[p.n]);
    p.extent[p.n] = m ? size[p.n] : 0;
  }
  p.ortho = is(s, 3, "norm", "ortho");
  return p;
}

/* Scaled: extents e of the axes, forward transforms by 1 or 1 / sqrt e, inverse ones by 1 / e or 1 / sqrt e; ag_fft and ag_rfft scale by 1, ag_ifft
 * and ag_irfft by 1 / e. */
static inline ag_ref scaled_for(const sample *s, ag_ref y, const spectrum *p, double e, bool inverse) {
  return p->ortho ? ag_scale(s->g, y, inverse ? sqrt(e) : 1 / sqrt(e)) : y;
}

static inline ag_ref fft_row(const sample *s, bool inverse, bool one, int usual) {
  spectrum p = spectrum_of(s, one, usual);
  ag_ref x = X;
  double e = 1;
  for (int i = 0; i < p.n; i++) {
    if (p.extent[i]) x = fitted(s, x, p.axis[i], p.extent[i]);
    e *= (double)extent(s, x, p.axis[i]);
  }
  x = complex_of(s, x);
  for (int i = 0; i < p.n; i++) x = along(s, inverse ? ag_ifft : ag_fft, x, p.axis[i], true, true);
  return scaled_for(s, x, &p, e, inverse);
}
static inline ag_ref rfft_row(const sample *s, bool hermitian, bool one,
                              int usual) { /* hermitian: ihfft, conj(rfft) / e */
  spectrum p = spectrum_of(s, one, usual);
  ag_ref x = X;
  double e = 1;
  for (int i = 0; i < p.n; i++) {
    if (p.extent[i]) x = fitted(s, x, p.axis[i], p.extent[i]);
    e *= (double)extent(s, x, p.axis[i]);
  }
  x = along(s, ag_rfft, x, p.axis[p.n - 1], false, true);
  for (int i = 0; i < p.n - 1; i++) x = along(s, ag_fft, x, p.axis[i], true, true);
  return hermitian ? scaled_for(s, ag_scale(s->g, conjugate(s, x), 1 / e), &p, e, true)
                   : scaled_for(s, x, &p, e, false);
}
static inline ag_ref irfft_row(const sample *s, bool hermitian, bool one,
                               int usual) { /* hermitian: hfft, e irfft(conj) */
  spectrum p = spectrum_of(s, one, usual);
  ag_ref x = X;
  int last = p.axis[p.n - 1];
  int64_t n = p.extent[p.n - 1] ? p.extent[p.n - 1] : 2 * (extent(s, x, last) - 1);
  double e = (double)n;
  for (int i = 0; i < p.n - 1; i++) {
    if (p.extent[i]) x = fitted(s, x, p.axis[i], p.extent[i]);
    e *= (double)extent(s, x, p.axis[i]);
  }
  x = complex_of(s, fitted(s, x, last, n / 2 + 1));
  if (hermitian) x = conjugate(s, x);
  for (int i = 0; i < p.n - 1; i++) x = along(s, ag_ifft, x, p.axis[i], true, true);
  x = ag_irfft(s->g, ag_movedim(s->g, x, last, -2), n);
  x = ag_movedim(s->g, x, -1, last);
  return hermitian ? scaled_for(s, ag_scale(s->g, x, e), &p, e, false) : scaled_for(s, x, &p, e, true);
}
static inline ag_ref shifted(const sample *s, bool inverse) {
  int64_t dims[LIST];
  int n = list(s, 1, "dim", dims), r = rank(s, X);
  ag_ref x = X;
  for (int a = 0; a < r; a++) {
    bool taken = n == 0;
    for (int i = 0; i < n; i++) taken |= (dims[i] < 0 ? dims[i] + r : dims[i]) == a;
    int64_t e = extent(s, x, a);
    if (taken) x = ag_roll(s->g, x, a, inverse ? (e + 1) / 2 : e / 2);
  }
  return x;
}

/* ---- windows ---- */

static inline int64_t places_of(const sample *s) { return INT(0, "M", 1); }
static inline double period_of(const sample *s) { /* of the window's cosines */
  int64_t n = places_of(s);
  return flag(s, -1, "sym", true) ? (double)(n - 1) : (double)n;
}
/* sum over i of (-1)^i a[i] cos(2 pi i k / period). */
static inline ag_ref cosines(const sample *s, int n, const double *a) {
  ag_graph *g = s->g;
  int64_t m = places_of(s);
  ag_ref k = ag_arange(g, TN_F64, 0, (double)m, 1), y = ag_scale(g, k, 0);
  if (m == 1) return ag_offset(g, y, 1);
  for (int i = 0; i < n; i++)
    y = ag_add(g, y,
               ag_scale(g, ag_cos(g, ag_scale(g, k, 2 * M_PI * i / period_of(s))), i % 2 ? -a[i] : a[i]));
  return y;
}
static inline ag_ref listed_cosines(const sample *s) {
  double a[LIST];
  int n = 0;
  for (const char *text = text_of(s, 1, "a") + 1; *text && *text != ']'; n++) {
    char *end;
    a[n] = strtod(text, &end);
    text = end + (*end == ',');
  }
  return cosines(s, n, a);
}
static inline ag_ref hamming(const sample *s, double alpha) {
  return cosines(s, 2, (double[]){alpha, 1 - alpha});
}
/* Distances from the centre. */
static inline ag_ref centred(const sample *s) {
  int64_t n = places_of(s);
  double centre = (n > 1 ? period_of(s) : 0) / 2;
  return ag_offset(s->g, ag_arange(s->g, TN_F64, 0, (double)n, 1), -centre);
}
static inline ag_ref bartlett(const sample *s) {
  ag_graph *g = s->g;
  double half = places_of(s) > 1 ? period_of(s) / 2 : 1;
  return ag_offset(g, ag_scale(g, ag_abs(g, centred(s)), -1 / half), 1);
}
static inline ag_ref cosine_window(const sample *s) {
  ag_graph *g = s->g;
  int64_t n = places_of(s);
  double period = (double)(n + (!flag(s, -1, "sym", true) && n > 1));
  return ag_sin(g, ag_scale(g, ag_offset(g, ag_arange(g, TN_F64, 0, (double)n, 1), 0.5), M_PI / period));
}

/* ---- masked ---- */

static inline ag_ref mask_of(const sample *s) { /* of the input's shape; all, if there is none */
  ag_ref m = T(-1, "mask"), x = X;
  ag_type t = ag_type_of(s->g, x);
  if (!m.id) return ag_full(s->g, TN_F64, t.rank, t.shape, 1);
  return ag_broadcast(s->g, floats(s, m), t.rank, t.shape);
}
static inline ag_ref kept_in(const sample *s, double elsewhere) {
  return ag_where(s->g, mask_of(s), X, ag_like(s->g, X, elsewhere));
}
#define MASKED_AXES(P) axes_of(s, P, "dim", X)
#define MASKED_KEEP    flag(s, -1, "keepdim", false)
/* 0 where nothing was reduced. */
static inline ag_ref where_any(const sample *s, ag_ref y, unsigned set) {
  if (!has(s, -1, "mask")) return y;
  return ag_where(s->g, ag_any(s->g, mask_of(s), set, MASKED_KEEP), y, ag_like(s->g, y, 0));
}
static inline ag_ref masked_count(const sample *s, unsigned set) {
  ag_ref n = ag_sum(s->g, mask_of(s), set & ((1u << rank(s, X)) - 1), MASKED_KEEP);
  return ag_maximum(s->g, n, ag_like(s->g, n, 1));
}
static inline ag_ref masked_sum(const sample *s, unsigned set) {
  return ag_sum(s->g, kept_in(s, 0), set & ((1u << rank(s, X)) - 1), MASKED_KEEP);
}
static inline ag_ref masked_mean(const sample *s, unsigned set) {
  return where_any(s, ag_div(s->g, masked_sum(s, set), masked_count(s, set)), set);
}
static inline ag_ref masked_softmax(const sample *s, double sign, bool log) {
  ag_graph *g = s->g;
  ag_ref x = ag_scale(g, VECTOR, sign),
         mask = ag_reshape(g, mask_of(s), ag_type_of(g, x).rank, ag_type_of(g, x).shape);
  int axis = AXIS(1, "dim", 0);
  ag_ref some = ag_any(g, mask, 1u << axis, true), zero = ag_like(g, x, 0);
  ag_ref inside = ag_where(g, mask, x, ag_like(g, x, -INFINITY)), safe = ag_where(g, some, inside, zero);
  ag_ref y = log ? ag_log_softmax(g, safe, axis) : ag_softmax(g, safe, axis);
  return SCALAR(has(s, -1, "mask") ? ag_where(g, mask, y, zero) : y);
}

#endif
