/* isa.h - the instruction set that the library's own loops use, and functions compiled once for each of them
 * (not installed). */
#ifndef NABLA_ISA_H
#define NABLA_ISA_H

#include "tensor/tensor.h"

typedef enum tn__isa {
  TN__BASELINE, /* what the compiler takes by itself: SSE2 on x86-64 */
  TN__AVX2,     /* with FMA */
  TN__AVX512,   /* f, bw, vl, dq */
  TN__NEON
} tn__isa;

/* Chosen once, when the program is loaded: the widest that the CPU has, or the one that NABLA_ISA names. */
extern tn__isa tn__isa_used;

bool tn__isa_runs(tn__isa isa);                        /* on this CPU, in this build */
tn__isa tn__isa_named(const char *name, tn__isa best); /* best, where the name (or NULL) says none it runs */

/* TN_BY_ISA(int, f, (int x, ...), (x, ...)) makes `static int f(int x, ...)` out of f_any, an always_inline
 * function of the same parameters: compiled for each instruction set, the one in use is called. No
 * contraction and no fma anywhere, so all give the same bits. */
#if defined(__x86_64__) && defined(__gnu_linux__)
#define TN_BY_ISA(R, NAME, PARAMETERS, ARGUMENTS)                                                            \
  __attribute__((target(                                                                                     \
      "avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx2,fma,bmi,bmi2"))) static R NAME##_avx512 PARAMETERS { \
    return NAME##_any ARGUMENTS;                                                                             \
  }                                                                                                          \
  __attribute__((target("avx2,fma,bmi,bmi2"))) static R NAME##_avx2 PARAMETERS {                             \
    return NAME##_any ARGUMENTS;                                                                             \
  }                                                                                                          \
  static R NAME##_baseline PARAMETERS { return NAME##_any ARGUMENTS; }                                       \
  static R NAME PARAMETERS {                                                                                 \
    if (tn__isa_used == TN__AVX512) return NAME##_avx512 ARGUMENTS;                                          \
    if (tn__isa_used == TN__AVX2) return NAME##_avx2 ARGUMENTS;                                              \
    return NAME##_baseline ARGUMENTS;                                                                        \
  }
#else
#define TN_BY_ISA(R, NAME, PARAMETERS, ARGUMENTS)                                                            \
  static R NAME PARAMETERS { return NAME##_any ARGUMENTS; }
#endif

#endif
