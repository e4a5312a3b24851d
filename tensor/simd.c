/* simd.c - which clone of our loops this CPU runs (vmath.h). */
#include "tensor/tensor.h"
#include "tensor/vmath.h"

const tn__limits tn__exp_limits = {89, -105, -25};

const char *tn_simd_name(void) {
#if defined(__x86_64__) && defined(__gnu_linux__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
#endif
  return "baseline";
}
