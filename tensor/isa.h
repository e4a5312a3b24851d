/* isa.h - the instruction set that the library's own loops use, and functions compiled once for each of
 * them. Serves autograd/expressions.inc. */
#ifndef NABLA_ISA_H
#define NABLA_ISA_H

#include "tensor.h"

typedef enum tn__isa {
  TN__BASELINE, /* the compiler's default: SSE2 on x86-64 */
  TN__AVX2,     /* with FMA */
  TN__AVX512,   /* f, bw, vl, dq */
  TN__NEON
} tn__isa;

/* Chosen once, when the program is loaded: the widest that the CPU has, or the one that NABLA_ISA names. */
extern tn__isa tn__isa_used;

bool tn__isa_runs(tn__isa isa);                        /* whether this CPU and this build have it */
tn__isa tn__isa_named(const char *name, tn__isa best); /* `best` if name is NULL or names none that runs */

/* A function written once: TN_ANY void f_any(int n, ...) {...} followed by TN_BY_ISA(f, (int n, ...), (n,
 * ...)) makes `static void f(int n, ...)`, which calls f_any as compiled for the instruction set in use.
 * There is no contraction and no fma, so all give the same bits. */
#define TN_ANY static inline __attribute__((always_inline))
#ifdef NABLA_WITHOUT_AVX512 /* CMake's NABLA_AVX512 is OFF */
#define TN__AVX512_COPY(NAME, PARAMETERS, ARGUMENTS)
#define TN__IF_AVX512(NAME, ARGUMENTS)
#else
#define TN__AVX512_COPY(NAME, PARAMETERS, ARGUMENTS)                                                         \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx2,fma,bmi,bmi2"))) static void       \
      NAME##_avx512 PARAMETERS {                                                                             \
    NAME##_any ARGUMENTS;                                                                                    \
  }
#define TN__IF_AVX512(NAME, ARGUMENTS)                                                                       \
  if (tn__isa_used == TN__AVX512) NAME##_avx512 ARGUMENTS;                                                   \
  else
#endif
#if defined(__x86_64__) && defined(__gnu_linux__)
#define TN_BY_ISA(NAME, PARAMETERS, ARGUMENTS)                                                               \
  TN__AVX512_COPY(NAME, PARAMETERS, ARGUMENTS)                                                               \
  __attribute__((target("avx2,fma,bmi,bmi2"))) static void NAME##_avx2 PARAMETERS { NAME##_any ARGUMENTS; }  \
  static void NAME##_baseline PARAMETERS { NAME##_any ARGUMENTS; }                                           \
  static void NAME PARAMETERS {                                                                              \
    TN__IF_AVX512(NAME, ARGUMENTS)                                                                           \
    if (tn__isa_used == TN__AVX2) NAME##_avx2 ARGUMENTS;                                                     \
    else NAME##_baseline ARGUMENTS;                                                                          \
  }
#else
#define TN_BY_ISA(NAME, PARAMETERS, ARGUMENTS)                                                               \
  static void NAME PARAMETERS { NAME##_any ARGUMENTS; }
#endif

/* Before a loop of few, constant rounds: none of it is left. */
#ifdef __clang__
#define TN__UNROLL _Pragma("clang loop unroll(full)")
#else
#define TN__UNROLL _Pragma("GCC unroll 16")
#endif

#endif
