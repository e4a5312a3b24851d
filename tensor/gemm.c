/* gemm.c - matrix products through BLIS. It takes any two strides, so a transpose costs nothing; and an
 * explicit runtime object, so no thread count is ever inherited from the environment. */
#include "tensor/tensor.h"

#include <assert.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

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

void tn_gemm(double alpha, tn_view a, tn_view b, double beta, tn_view c, int threads) {
  assert(a.rank == 2 && b.rank == 2 && c.rank == 2 && a.dtype == b.dtype && b.dtype == c.dtype);
  assert(a.shape[0] == c.shape[0] && a.shape[1] == b.shape[0] && b.shape[1] == c.shape[1]);
  if (tn_view_numel(&c) == 0) return;
  dim_t m = c.shape[0], n = c.shape[1], k = a.shape[1];
  inc_t ars, acs, brs, bcs, crs, ccs;
  strides(&a, &ars, &acs), strides(&b, &brs, &bcs), strides(&c, &crs, &ccs);
  if (k == 0 || ars < 0 || acs < 0 || brs < 0 || bcs < 0 || crs < 0 || ccs < 0) {
    plain_gemm(alpha, &a, &b, beta, &c);
    return;
  }
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(threads > 1 ? threads : 1, &runtime);
  const trans_t as_is = BLIS_NO_TRANSPOSE;
  if (c.dtype == TN_F32) {
    float alpha_s = (float)alpha, beta_s = (float)beta;
    bli_sgemm_ex(as_is, as_is, m, n, k, &alpha_s, a.data, ars, acs, b.data, brs, bcs, &beta_s, c.data, crs,
                 ccs, NULL, &runtime);
  } else {
    bli_dgemm_ex(as_is, as_is, m, n, k, &alpha, a.data, ars, acs, b.data, brs, bcs, &beta, c.data, crs, ccs,
                 NULL, &runtime);
  }
}

const char *tn_blas_name(void) { return bli_info_get_version_str(); }
const char *tn_blas_kernel(void) { return bli_arch_string(bli_arch_query_id()); }
