/* gemm.c - matrix products through BLIS. It takes any two strides, so a transpose costs nothing; and an
 * explicit runtime object, so no thread count is ever inherited from the environment. Threads are ours: each
 * takes panels of the result. */
#include "tensor/gemm.h"

#include <assert.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

static const int64_t PANEL = 256, LARGE = INT64_MAX; /* widths of a panel of c */

/* BLIS wants a leading dimension even where there is one row or column. */
static void strides(const tn_view *v, inc_t *rs, inc_t *cs) {
  *rs = v->stride[0], *cs = v->stride[1];
  if (v->shape[0] == 1) *rs = *cs == 1 || v->shape[1] == 1 ? v->shape[1] : 1;
  if (v->shape[1] == 1) *cs = *rs == 1 ? v->shape[0] : 1;
}

/* For empty sums, and for negative strides, with which BLIS 0.9 gives wrong results. */
static void plain_gemm(double alpha, const tn_view *a, const tn_view *b, double beta, const tn_view *c) {
  int64_t m = c->shape[0], n = c->shape[1], k = a->shape[1];
  for (int64_t i = 0; i < m * n; i++) {
    double sum = 0;
    for (int64_t t = 0; t < k; t++) sum += tn_get(a, i / n * k + t) * tn_get(b, t * n + i % n);
    tn_set(c, i, alpha * sum + (beta == 0 ? 0 : beta * tn_get(c, i)));
  }
}

typedef struct product {
  double alpha, beta;
  const tn_view *a, *b, *c;
  bool by_rows;  /* panels of rows of c (else columns) */
  int64_t width; /* of a panel */
  int threads;   /* of BLIS inside it */
} product;

static void multiply_panel(void *ctx, int64_t i) {
  const product *p = ctx;
  tn_view a = *p->a, b = *p->b, c = *p->c;
  int axis = p->by_rows ? 0 : 1;
  int64_t start = i * p->width, rest = c.shape[axis] - start, count = rest < p->width ? rest : p->width;
  c = tn_view_slice(c, axis, start, 1, count);
  if (p->by_rows) a = tn_view_slice(a, 0, start, 1, count);
  else b = tn_view_slice(b, 1, start, 1, count);
  if (p->width != LARGE && p->alpha == 1 && p->beta == 0 && a.shape[1] > 0 && tn__gemm_narrow(&a, &b, &c))
    return;
  inc_t ars, acs, brs, bcs, crs, ccs;
  strides(&a, &ars, &acs), strides(&b, &brs, &bcs), strides(&c, &crs, &ccs);
  dim_t m = c.shape[0], n = c.shape[1], k = a.shape[1];
  if (k == 0 || ars < 0 || acs < 0 || brs < 0 || bcs < 0 || crs < 0 || ccs < 0) {
    plain_gemm(p->alpha, &a, &b, p->beta, &c);
    return;
  }
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(p->threads, &runtime);
  if (p->width == LARGE) bli_rntm_disable_l3_sup(&runtime);
  const trans_t as_is = BLIS_NO_TRANSPOSE;
  if (c.dtype == TN_F32) {
    float alpha = (float)p->alpha, beta = (float)p->beta;
    bli_sgemm_ex(as_is, as_is, m, n, k, &alpha, a.data, ars, acs, b.data, brs, bcs, &beta, c.data, crs, ccs,
                 NULL, &runtime);
  } else {
    double alpha = p->alpha, beta = p->beta;
    bli_dgemm_ex(as_is, as_is, m, n, k, &alpha, a.data, ars, acs, b.data, brs, bcs, &beta, c.data, crs, ccs,
                 NULL, &runtime);
  }
}

/* Short inner dimensions have a kernel of ours where the CPU allows it (gemm_narrow.c). BLIS keeps its bits
 * for any number of threads in its packed path, but not in the one for small and narrow products: kernels
 * differ at the edges of each thread's share. So what is large in all directions goes through the first as a
 * whole, and everything else in panels that follow from the shape alone. */
void tn_gemm(double alpha, tn_view a, tn_view b, double beta, tn_view c, int threads) {
  assert(a.rank == 2 && b.rank == 2 && c.rank == 2 && a.dtype == b.dtype && b.dtype == c.dtype);
  assert(a.shape[0] == c.shape[0] && a.shape[1] == b.shape[0] && b.shape[1] == c.shape[1]);
  if (tn_view_numel(&c) == 0) return;
  product p = {alpha, beta, &a, &b, &c, c.shape[0] > c.shape[1], PANEL, 1};
  if (c.shape[0] >= PANEL && c.shape[1] >= PANEL && a.shape[1] >= PANEL) {
    p.width = LARGE;
    p.threads = threads > 1 ? threads : 1;
  }
  int64_t extent = c.shape[p.by_rows ? 0 : 1];
  tn_parallel_for((extent - 1) / p.width + 1, threads > 1 ? threads : 1, multiply_panel, &p);
}

const char *tn_blas_version(void) { return bli_info_get_version_str(); }
const char *tn_blas_kernel(void) { return bli_arch_string(bli_arch_query_id()); }
