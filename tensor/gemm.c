/* gemm.c - matrix products, by our own kernel (gemm_f32.c) or through BLIS. BLIS takes any two strides, so a
 * transpose costs nothing; and an explicit runtime object, so no thread count is ever inherited from the
 * environment. Threads are ours: each takes panels of the result. */
#include "tensor/gemm.h"

#include <assert.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <blis.h>
#pragma GCC diagnostic pop

static const int64_t PANEL = 256, LARGE = INT64_MAX; /* widths of a panel of c, for BLIS */
static const int64_t ALIGN = 32;                     /* and for our kernel, a multiple of */
static const double WORTH_THREADS = 1e6;             /* multiplications */

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
  bool ours;     /* gemm_f32.c */
  const tn_prefetch *next;
} product;

static void multiply_by_blis(const product *p, const tn_view *a, const tn_view *b, const tn_view *c) {
  inc_t ars, acs, brs, bcs, crs, ccs;
  strides(a, &ars, &acs), strides(b, &brs, &bcs), strides(c, &crs, &ccs);
  dim_t m = c->shape[0], n = c->shape[1], k = a->shape[1];
  if (k == 0 || ars < 0 || acs < 0 || brs < 0 || bcs < 0 || crs < 0 || ccs < 0) {
    plain_gemm(p->alpha, a, b, p->beta, c);
    return;
  }
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(p->threads, &runtime);
  if (p->width == LARGE) bli_rntm_disable_l3_sup(&runtime);
  const trans_t as_is = BLIS_NO_TRANSPOSE;
  if (c->dtype == TN_F32) {
    float alpha = (float)p->alpha, beta = (float)p->beta;
    bli_sgemm_ex(as_is, as_is, m, n, k, &alpha, a->data, ars, acs, b->data, brs, bcs, &beta, c->data, crs,
                 ccs, NULL, &runtime);
  } else {
    double alpha = p->alpha, beta = p->beta;
    bli_dgemm_ex(as_is, as_is, m, n, k, &alpha, a->data, ars, acs, b->data, brs, bcs, &beta, c->data, crs,
                 ccs, NULL, &runtime);
  }
}

static void multiply_panel(void *ctx, int64_t i) {
  const product *p = ctx;
  tn_view a = *p->a, b = *p->b, c = *p->c;
  int axis = p->by_rows ? 0 : 1;
  int64_t start = i * p->width, rest = c.shape[axis] - start, count = rest < p->width ? rest : p->width;
  c = tn_view_slice(c, axis, start, 1, count);
  if (p->by_rows) a = tn_view_slice(a, 0, start, 1, count);
  else b = tn_view_slice(b, 1, start, 1, count);
  if (!p->ours || !tn__gemm_f32(&a, &b, &c, p->next)) multiply_by_blis(p, &a, &b, &c);
}

/* Any panels will do: a share for each thread, where there is enough to share. */
static void share_among(product *p, int threads, int64_t extent) {
  const double multiplications = (double)p->c->shape[0] * (double)p->c->shape[1] * (double)p->a->shape[1];
  const int64_t shares = threads > 1 && multiplications > WORTH_THREADS ? 2 * (int64_t)threads : 1;
  p->width = ((extent - 1) / shares / ALIGN + 1) * ALIGN;
}

/* BLIS keeps its bits for any number of threads in its packed path, but not in the one for small and narrow
 * products: kernels differ at the edges of each thread's share. So what is large in all directions goes
 * through the first as a whole, and everything else in panels that follow from the shape alone. */
static void split_for_blis(product *p, int threads) {
  p->width = PANEL;
  if (p->c->shape[0] >= PANEL && p->c->shape[1] >= PANEL && p->a->shape[1] >= PANEL) {
    p->width = LARGE;
    p->threads = threads;
  }
}

void tn_gemm(double alpha, tn_view a, tn_view b, double beta, tn_view c, int threads) {
  tn_gemm_prefetch(alpha, a, b, beta, c, threads, NULL);
}

void tn_gemm_prefetch(double alpha, tn_view a, tn_view b, double beta, tn_view c, int threads,
                      const tn_prefetch *next) {
  assert(a.rank == 2 && b.rank == 2 && c.rank == 2 && a.dtype == b.dtype && b.dtype == c.dtype);
  assert(a.shape[0] == c.shape[0] && a.shape[1] == b.shape[0] && b.shape[1] == c.shape[1]);
  if (tn_view_numel(&c) == 0) return;
  product p = {alpha, beta, &a, &b, &c, .by_rows = c.shape[0] > c.shape[1], .threads = 1};
  int64_t extent = c.shape[p.by_rows ? 0 : 1];
  p.ours = alpha == 1 && beta == 0 && (c.stride[1] == 1 || c.shape[1] == 1) &&
           tn_gemm_by_element(c.dtype, a.shape[1]);
  if (threads < 1) threads = 1;
  if (p.ours) share_among(&p, threads, extent);
  else split_for_blis(&p, threads);
  if (p.width >= extent) p.next = next; /* by one thread, in one piece */
  tn_parallel_for((extent - 1) / p.width + 1, threads, multiply_panel, &p);
}

bool tn_gemm_by_element(tn_dtype dtype, int64_t k) { return dtype == TN_F32 && k > 0 && tn__has_gemm_f32(); }

const char *tn_blas_version(void) { return bli_info_get_version_str(); }
const char *tn_blas_kernel(void) { return bli_arch_string(bli_arch_query_id()); }
