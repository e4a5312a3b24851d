/* gemm.c - matrix products: chooses the kernel of the instruction set (tensor/kernels) and divides the result
 * into panels for threads. */
#include "tensor/isa.h"
#include "tensor/kernels/product.h"
#include "tensor/threads.h"

#include <assert.h>

static const int64_t ALIGN = 32; /* the width of a panel is a multiple of this */
/* A product uses threads if it has this many multiplications, or a factor with this many elements: more than
 * the cache of one core holds. */
static const double WORTH_THREADS = 1e6, WORTH_CACHES = 65536;

static tn__multiply *const kernels[][2] = {
    [TN__BASELINE] = {tn__multiply_f32_baseline, tn__multiply_f64_baseline},
#if defined(__x86_64__) && defined(__gnu_linux__)
    [TN__AVX2] = {tn__multiply_f32_avx2, tn__multiply_f64_avx2},
#ifndef NABLA_WITHOUT_AVX512
    [TN__AVX512] = {tn__multiply_f32_avx512, tn__multiply_f64_avx512},
#endif
#endif
#ifdef __aarch64__
    [TN__NEON] = {tn__multiply_f32_neon, tn__multiply_f64_neon},
#endif
};

typedef struct product {
  tn__product whole;
  tn__multiply *multiply;
  size_t size;   /* bytes of an element */
  bool by_rows;  /* panels are rows of c, else columns */
  int64_t width; /* rows or columns of a panel */
} product;

static const void *at(const void *x, int64_t elements, size_t size) {
  return (const char *)x + elements * (int64_t)size;
}

static void multiply_panel(void *ctx, int64_t i) {
  const product *p = ctx;
  tn__product q = p->whole;
  const int64_t start = i * p->width, rest = (p->by_rows ? q.m : q.n) - start,
                count = rest < p->width ? rest : p->width;
  if (p->by_rows) {
    q.m = count;
    q.a = at(q.a, start * q.ars, p->size);
    q.c = (void *)(uintptr_t)at(q.c, start * q.crs, p->size);
  } else {
    q.n = count;
    q.b = at(q.b, start * q.bcs, p->size);
    q.c = (void *)(uintptr_t)at(q.c, start * q.ccs, p->size);
  }
  p->multiply(&q);
}

/* Two panels per thread if the product is large enough, else one panel. Bits do not depend on panels. */
static int64_t panel_width(const tn__product *p, int threads, int64_t extent) {
  const double multiplications = (double)p->m * (double)p->n * (double)p->k;
  const double factor = (double)p->k * (double)(p->m > p->n ? p->m : p->n);
  const bool worth = multiplications > WORTH_THREADS || factor > WORTH_CACHES;
  const int64_t shares = threads > 1 && worth ? 2 * (int64_t)threads : 1;
  return ((extent - 1) / shares / ALIGN + 1) * ALIGN;
}

/* A result with contiguous columns is computed as c' = b' a', whose rows are contiguous. */
static tn__product transposed(const tn__product *p) {
  tn__product q = *p;
  q.a = p->b, q.ars = p->bcs, q.acs = p->brs;
  q.b = p->a, q.brs = p->acs, q.bcs = p->ars;
  q.crs = p->ccs, q.ccs = p->crs;
  q.m = p->n, q.n = p->m;
  return q;
}

/* Describes alpha a b + beta c; asserts that types and shapes match. */
static tn__product product_of(double alpha, tn_view a, tn_view b, double beta, tn_view c) {
  assert(a.rank == 2 && b.rank == 2 && c.rank == 2 && a.dtype == b.dtype && b.dtype == c.dtype);
  assert(a.shape[0] == c.shape[0] && a.shape[1] == b.shape[0] && b.shape[1] == c.shape[1]);
  assert(c.dtype == TN_F32 || c.dtype == TN_F64);
  tn__product p = {.alpha = alpha,
                   .beta = beta,
                   .a = a.data,
                   .b = b.data,
                   .c = c.data,
                   .m = c.shape[0],
                   .n = c.shape[1],
                   .k = a.shape[1],
                   .ars = a.stride[0],
                   .acs = a.stride[1],
                   .brs = b.stride[0],
                   .bcs = b.stride[1],
                   .crs = c.stride[0],
                   .ccs = c.stride[1]};
  return c.stride[1] != 1 && c.shape[1] > 1 && (c.stride[0] == 1 || c.shape[0] == 1) ? transposed(&p) : p;
}

static void run(const tn__product *whole, tn_dtype dtype, int threads, const tn_prefetch *next) {
  if (whole->m == 0 || whole->n == 0) return;
  product p = {.whole = *whole,
               .multiply = kernels[tn__isa_used][dtype == TN_F64],
               .size = tn_dtype_size(dtype),
               .by_rows = whole->m > whole->n};
  const int64_t extent = p.by_rows ? p.whole.m : p.whole.n;
  p.width = panel_width(&p.whole, threads, extent);
  if (p.width >= extent) { /* one thread, one piece */
    p.whole.next = next;
    p.multiply(&p.whole);
    return;
  }
  tn__parallel_near((extent - 1) / p.width + 1, threads, multiply_panel, &p);
}

void tn_gemm(double alpha, tn_view a, tn_view b, double beta, tn_view c, int threads) {
  const tn__product p = product_of(alpha, a, b, beta, c);
  run(&p, c.dtype, threads, NULL);
}

void tn_gemm_prefetch(tn_view a, tn_view b, tn_view c, int threads, const tn_prefetch *next) {
  const tn__product p = product_of(1, a, b, 0, c);
  run(&p, c.dtype, threads, next);
}
