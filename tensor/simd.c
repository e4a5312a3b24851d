/* simd.c - chooses the instruction set of the library's loops (isa.h). */
#include "tensor/isa.h"
#include "tensor/vmath.h"

#include <stdlib.h>
#include <string.h>

const tn__limits tn__exp_limits = {89, -105, -25};

tn__isa tn__isa_used = TN__BASELINE;

static const char *const names[] = {"baseline", "avx2", "avx512", "neon"};

static tn__isa widest(void) {
#if defined(__x86_64__) && defined(__gnu_linux__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
#ifndef NABLA_WITHOUT_AVX512
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512cd"))
    return TN__AVX512;
#endif
  if (avx2) return TN__AVX2;
#elif defined(__aarch64__)
  return TN__NEON;
#endif
  return TN__BASELINE;
}

static bool runs(tn__isa isa, tn__isa best) {
  return isa == TN__BASELINE || isa == best || (isa == TN__AVX2 && best == TN__AVX512);
}

bool tn__isa_runs(tn__isa isa) { return runs(isa, widest()); }

tn__isa tn__isa_named(const char *name, tn__isa best) {
  for (tn__isa isa = TN__BASELINE; name && isa <= TN__NEON; isa++)
    if (!strcmp(name, names[isa]) && runs(isa, best)) return isa;
  return best;
}

__attribute__((constructor)) static void choose(void) {
  tn__isa_used = tn__isa_named(getenv("NABLA_ISA"), widest());
}

const char *tn_simd_name(void) { return names[tn__isa_used]; }
