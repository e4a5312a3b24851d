/* tensor.h - strided views, owned arrays, counter-based random numbers, threads, and the few dense kernels
 * (copy, reduce, matrix product) on which the graph engine stands.
 *
 * Conventions, for every declaration below unless it says otherwise:
 *   shapes   row-major when contiguous; extents and strides count elements, never bytes
 *   errors   a tn_status, which the caller must check; on failure outputs are unchanged and nothing leaks. A
 *            function without a status asserts that its arguments are valid: the graph checks them before
 *   threads  no hidden state: a call may run concurrently with any call that does not write the same data
 *   memory   comes from the tn_alloc that was passed (NULL = tn_default_alloc) and is 64-byte aligned      */
#ifndef NABLA_TENSOR_H
#define NABLA_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TN_MUST_CHECK __attribute__((warn_unused_result))

/* ---- status -------------------------------------------------------------------------------------- */

typedef enum tn_status {
  TN_OK = 0,
  TN_ENOMEM,   /* an allocation was refused */
  TN_EINVAL,   /* an argument is out of range, or a name is unknown */
  TN_ESHAPE,   /* shapes or ranks do not fit */
  TN_ETYPE,    /* element types do not fit */
  TN_EIO,      /* the operating system refused to read or write */
  TN_EFORMAT,  /* a file is damaged or of another format */
  TN_ENOGRAD,  /* an op on the path has no derivative */
  TN_ENUMERIC, /* a value became NaN or infinite */
  TN_ESTOPPED, /* a callback asked to stop */
  TN_ENOTSUP   /* this build lacks it */
} tn_status;

/* A short constant phrase ("out of memory"); never NULL. */
const char *tn_status_text(tn_status status);

/* The version of the library that is linked, "0.1.0"; that of the headers is NABLA_VERSION of
 * <nabla/version.h>. */
const char *tn_version(void);

/* ---- element types ------------------------------------------------------------------------------- */

typedef enum tn_dtype { TN_F32, TN_F64, TN_I32, TN_I64, TN_U8 } tn_dtype;

size_t tn_dtype_size(tn_dtype dtype);      /* bytes per element */
const char *tn_dtype_name(tn_dtype dtype); /* "f32", "f64", "i32", "i64", "u8" */

/* ---- allocators ---------------------------------------------------------------------------------- */

/* `alloc` returns `bytes` > 0 bytes aligned to 64, or NULL; `free` accepts NULL. Both must be safe to call
 * from several threads when objects made with this allocator are used from several threads. */
typedef struct tn_alloc {
  void *(*alloc)(void *ctx, size_t bytes);
  void (*free)(void *ctx, void *p);
  void *ctx;
} tn_alloc;

extern const tn_alloc tn_default_alloc; /* aligned_alloc and free */

void *tn_malloc(const tn_alloc *a, size_t bytes);           /* NULL on failure or for 0 bytes */
void *tn_calloc(const tn_alloc *a, size_t n, size_t bytes); /* zeroed; NULL also when n * bytes overflows */
void tn_free(const tn_alloc *a, void *p);

/* Ensures room for `need` elements of `size` bytes in *items (capacity *cap), growing geometrically and
 * keeping the contents; new room is zeroed. On TN_ENOMEM nothing changed. */
TN_MUST_CHECK tn_status tn_grow(const tn_alloc *a, void *items, size_t *cap, size_t need, size_t size);

/* ---- views: a pointer with a shape; a value, never an owner --------------------------------------- */

#define TN_MAX_RANK 8

typedef struct tn_view {
  void *data;
  tn_dtype dtype;
  int rank; /* 0 = scalar */
  int64_t shape[TN_MAX_RANK];
  int64_t stride[TN_MAX_RANK]; /* in elements; 0 along a broadcast axis */
} tn_view;

/* A contiguous row-major view of `data`. rank must be <= TN_MAX_RANK. */
tn_view tn_view_of(void *data, tn_dtype dtype, int rank, const int64_t *shape);
static inline tn_view tn_scalar(void *data, tn_dtype dtype) { return tn_view_of(data, dtype, 0, NULL); }
tn_view tn_matrix(void *data, tn_dtype dtype, int64_t rows, int64_t cols);

int64_t tn_numel(int rank, const int64_t *shape); /* 1 for rank 0 */
int64_t tn_view_numel(const tn_view *v);
size_t tn_view_bytes(const tn_view *v); /* of its elements, stored contiguously */
bool tn_view_contiguous(const tn_view *v);
bool tn_same_shape(int rank_a, const int64_t *a, int rank_b, const int64_t *b);

/* Views of the same data: with axes permuted; with `count` places of one axis, from `start`, `step` apart;
 * broadcast to a shape (axes of extent 1 and missing leading axes get stride 0). */
tn_view tn_view_permute(tn_view v, const int *axes);
tn_view tn_view_slice(tn_view v, int axis, int64_t start, int64_t step, int64_t count);
tn_view tn_view_broadcast(tn_view v, int rank, const int64_t *shape);

/* dst[i] = src[i], converting the element type; equal shapes, any strides, no overlap. Float to integer
 * truncates; a value out of range becomes the nearest integer of the type, and NaN becomes 0. */
void tn_copy(tn_view dst, tn_view src);
void tn_fill(tn_view dst, double value);

/* One element, by row-major position, as double. */
double tn_get(const tn_view *v, int64_t position);
void tn_set(const tn_view *v, int64_t position, double value);

/* ---- arrays: the owner of one allocation ---------------------------------------------------------- */

typedef struct tn_array {
  tn_view view; /* contiguous */
  const tn_alloc *alloc;
} tn_array;

/* Zeroed. `alloc` is borrowed until tn_array_free, which is safe on a zeroed struct. */
TN_MUST_CHECK tn_status tn_array_new(const tn_alloc *alloc, tn_dtype dtype, int rank, const int64_t *shape,
                                     tn_array *out);
void tn_array_free(tn_array *a);

/* ---- random numbers: Philox4x32-10, stateless ------------------------------------------------------
 * A random number is a pure function of key, stream, step, epoch and position. So any thread can compute any
 * part of a stream, and a new consumer changes no number of the others. Source: Salmon et al. 2011,
 * Random123. */

typedef struct tn_rng {
  uint32_t seed, replica;       /* the key */
  uint32_t stream, step, epoch; /* the counter's upper words; the lowest counts blocks of four */
} tn_rng;

/* The stream number of a purpose ("shuffle", "encoder/0/kernel"): 32-bit FNV-1a of the name. */
uint32_t tn_stream(const char *name);

void tn_rng_uniform(tn_rng rng, tn_view out); /* [0, 1); out contiguous f32 or f64; f32 has 24 random bits */
void tn_rng_normal(tn_rng rng, tn_view out);  /* mean 0, sd 1, Box-Muller; out contiguous f32 or f64 */
void tn_rng_permutation(tn_rng rng, int64_t n, int64_t *out); /* of 0..n-1, Fisher-Yates; n < 2^32 */
uint64_t tn_rng_u64(tn_rng rng, uint64_t position);           /* the position-th 64-bit word of the stream */
/* Block number `index` of four words: Philox4x32-10 of the counter (index, stream, step, epoch) under the key
 * (seed, replica). All functions above are made of such blocks. */
void tn_rng_block(tn_rng rng, uint32_t index, uint32_t words[4]);

/* ---- hashes ---------------------------------------------------------------------------------------- */

/* 64-bit FNV-1a of n bytes, continued from `hash` (start with TN_HASH_START). It detects changes and damage;
 * it is not cryptographic. Source: Fowler, Noll, Vo. */
#define TN_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t tn_hash(uint64_t hash, const void *bytes, size_t n);

/* ---- threads --------------------------------------------------------------------------------------- */

/* Runs fn(ctx, i) for i in [0, n) on up to `threads` threads (0 = tn_max_threads()), in any order. It is
 * serial if n or threads is 1, inside another tn_parallel_for, and in a build without OpenMP. If there is a
 * thread for each CPU, each is bound to its own while this runs (Linux; unless OMP_PROC_BIND is set). */
void tn_parallel_for(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx);
int tn_max_threads(void); /* what OpenMP would use; 1 without it */

/* ---- dense kernels --------------------------------------------------------------------------------- */

/* c = alpha * a b + beta * c for matrices a [m,k], b [k,n] and c [m,n] of one float type, any strides (a
 * transpose is a view). c must not overlap a or b; with beta = 0 it is not read. Each element is one chain of
 * multiply-adds in the order of k, then scaled. So its bits depend on its row of a and its column of b alone:
 * they are the same for any number of threads, and in a product of some of the rows or columns. Nothing is
 * allocated; a thread needs 400 KB of stack. */
void tn_gemm(double alpha, tn_view a, tn_view b, double beta, tn_view c, int threads);

/* Memory that is read after a product: n ranges of `bytes` bytes each. */
enum { TN_MAX_PREFETCH = 4 };
typedef struct tn_prefetch {
  const void *from[TN_MAX_PREFETCH];
  int n;
  size_t bytes;
} tn_prefetch;

/* c = a b as tn_gemm computes it. It also prefetches `next` (NULL: nothing) into the L2 cache, as far as its
 * inner loops have time for it. A hint: the result has the same bits. */
void tn_gemm_prefetch(tn_view a, tn_view b, tn_view c, int threads, const tn_prefetch *next);

typedef enum tn_reduction { TN_SUM, TN_MAX, TN_SUM_SQUARES } tn_reduction;

/* Reduces contiguous `in` over the axes whose bit is set in `axes`; `out` has the same rank with extent 1
 * there, contiguous, same float type. Sums follow a fixed tree, the same for every build of one CPU type. Max
 * propagates NaN. Over no elements a max is -inf and a sum is 0. */
void tn_reduce(tn_reduction op, tn_view in, unsigned axes, tn_view out);

/* ---- the machine ----------------------------------------------------------------------------------- */

/* The instruction set that the library's own loops use: "avx512", "avx2" (with FMA), "neon" or "baseline". Chosen
 * when the program is loaded: the widest that the CPU has, or the one that the environment variable NABLA_ISA
 * names; a name that the CPU lacks changes nothing. */
const char *tn_simd_name(void);

#ifdef __cplusplus
}
#endif
#include "files/atomic_file.h" /* files that appear whole or not at all */

#endif
