/* rng.c - Philox4x32-10 as a pure function of (key, stream, step, epoch, position). */
#include "tensor/tensor.h"

#include <Random123/philox.h>
#include <assert.h>
#include <math.h>

static philox4x32_ctr_t block(tn_rng rng, uint32_t index) {
  philox4x32_ctr_t counter = {{index, rng.stream, rng.step, rng.epoch}};
  philox4x32_key_t key = {{rng.seed, rng.replica}};
  return philox4x32(counter, key);
}

void tn_rng_block(tn_rng rng, uint32_t index, uint32_t words[4]) {
  philox4x32_ctr_t b = block(rng, index);
  for (int k = 0; k < 4; k++) words[k] = b.v[k];
}

uint64_t tn_hash(uint64_t hash, const void *bytes, size_t n) {
  const unsigned char *b = bytes;
  for (size_t i = 0; i < n; i++) hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
  return hash;
}

uint32_t tn_stream(const char *name) {
  uint32_t h = 2166136261u;
  for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
  return h;
}

static double unit53(uint32_t high, uint32_t low) {
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

uint64_t tn_rng_u64(tn_rng rng, uint64_t position) {
  philox4x32_ctr_t b = block(rng, (uint32_t)(position / 2));
  return (uint64_t)b.v[position % 2 * 2] << 32 | b.v[position % 2 * 2 + 1];
}

void tn_rng_uniform(tn_rng rng, tn_view out) {
  assert(tn_view_contiguous(&out));
  int64_t n = tn_view_numel(&out);
  if (out.dtype == TN_F32) {
    float *x = out.data;
    for (int64_t i = 0; i < n; i += 4) {
      philox4x32_ctr_t b = block(rng, (uint32_t)(i / 4));
      for (int64_t k = 0; k < 4 && i + k < n; k++) x[i + k] = (float)(b.v[k] >> 8) * 0x1p-24f;
    }
  } else {
    double *x = out.data;
    for (int64_t i = 0; i < n; i += 2) {
      philox4x32_ctr_t b = block(rng, (uint32_t)(i / 2));
      for (int64_t k = 0; k < 2 && i + k < n; k++) x[i + k] = unit53(b.v[2 * k], b.v[2 * k + 1]);
    }
  }
}

/* Two normals from two words (f32) or four (f64). The uniform of the radius is in (0, 1], so there is no log
 * of 0. */
static void box_muller(double u, double v, double *a, double *b) {
  double r = sqrt(-2 * log(1 - u)), angle = 6.283185307179586477 * v;
  *a = r * cos(angle);
  *b = r * sin(angle);
}

void tn_rng_normal(tn_rng rng, tn_view out) {
  assert(tn_view_contiguous(&out));
  int64_t n = tn_view_numel(&out);
  double z[4];
  if (out.dtype == TN_F32) {
    float *x = out.data;
    for (int64_t i = 0; i < n; i += 4) {
      philox4x32_ctr_t b = block(rng, (uint32_t)(i / 4));
      box_muller(b.v[0] * 0x1p-32, b.v[1] * 0x1p-32, &z[0], &z[1]);
      box_muller(b.v[2] * 0x1p-32, b.v[3] * 0x1p-32, &z[2], &z[3]);
      for (int64_t k = 0; k < 4 && i + k < n; k++) x[i + k] = (float)z[k];
    }
  } else {
    double *x = out.data;
    for (int64_t i = 0; i < n; i += 2) {
      philox4x32_ctr_t b = block(rng, (uint32_t)(i / 2));
      box_muller(unit53(b.v[0], b.v[1]), unit53(b.v[2], b.v[3]), &z[0], &z[1]);
      for (int64_t k = 0; k < 2 && i + k < n; k++) x[i + k] = z[k];
    }
  }
}

void tn_rng_permutation(tn_rng rng, int64_t n, int64_t *out) {
  assert(n >= 0 && n < INT64_C(1) << 32);
  for (int64_t i = 0; i < n; i++) out[i] = i;
  for (int64_t i = n - 1; i > 0;
       i--) { /* the high half of a product maps 32 bits to [0, i]: bias below n / 2^32 */
    uint64_t bits = tn_rng_u64(rng, (uint64_t)i) >> 32;
    int64_t j = (int64_t)(bits * (uint64_t)(i + 1) >> 32);
    int64_t t = out[i];
    out[i] = out[j];
    out[j] = t;
  }
}
