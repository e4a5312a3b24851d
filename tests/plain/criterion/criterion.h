/* criterion.h - the part of Criterion that the tests of the library use, in 150 lines of our own, for builds in which Criterion
 * cannot run: its workers start in a way that ThreadSanitizer and MemorySanitizer do not survive (NABLA_CRITERION=OFF).
 * A process per test, as there. No parameterised tests. */
#ifndef NABLA_TESTS_PLAIN_CRITERION_H
#define NABLA_TESTS_PLAIN_CRITERION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wpedantic" /* a macro's message may be left out */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif

typedef struct plain_suite {
  const char *name;
  void (*init)(void), (*fini)(void);
  struct plain_suite *next;
} plain_suite;

typedef struct plain_test {
  const char *suite, *name;
  void (*body)(void);
  struct plain_test *next;
} plain_test;

void plain_add_suite(plain_suite *s);
void plain_add_test(plain_test *t);
/* A check that failed: says where, what and why. The test fails, at its end or at once. */
void plain_failed(bool at_once, const char *file, int line, const char *check, const char *why, ...);
_Noreturn void plain_skip(const char *why, ...);

#define TestSuite(NAME, ...)                                                                                 \
  __attribute__((constructor)) static void NAME##__suite(void) {                                             \
    struct {                                                                                                 \
      void (*init)(void), (*fini)(void);                                                                     \
    } plain_given = {__VA_ARGS__};                                                                           \
    static plain_suite plain_self = {.name = #NAME};                                                         \
    plain_self.init = plain_given.init;                                                                      \
    plain_self.fini = plain_given.fini;                                                                      \
    plain_add_suite(&plain_self);                                                                            \
  }                                                                                                          \
  struct plain_suite

#define Test(SUITE, NAME, ...)                                                                               \
  static void SUITE##__##NAME(void);                                                                         \
  __attribute__((constructor)) static void SUITE##__##NAME##__add(void) {                                    \
    static plain_test plain_self = {.suite = #SUITE, .name = #NAME, .body = SUITE##__##NAME};                \
    plain_add_test(&plain_self);                                                                             \
  }                                                                                                          \
  static void SUITE##__##NAME(void)

/* The message, if any, begins with a literal, as in printf. */
#define PLAIN_CHECK(AT_ONCE, HOLDS, TEXT, ...)                                                               \
  ((HOLDS) ? (void)0 : plain_failed(AT_ONCE, __FILE__, __LINE__, TEXT, "" __VA_ARGS__))

#define cr_assert(C, ...)            PLAIN_CHECK(true, C, #C, __VA_ARGS__)
#define cr_expect(C, ...)            PLAIN_CHECK(false, C, #C, __VA_ARGS__)
#define cr_assert_not(C, ...)        PLAIN_CHECK(true, !(C), "not " #C, __VA_ARGS__)
#define cr_expect_not(C, ...)        PLAIN_CHECK(false, !(C), "not " #C, __VA_ARGS__)
#define cr_assert_null(P, ...)       PLAIN_CHECK(true, (P) == NULL, #P " == NULL", __VA_ARGS__)
#define cr_expect_null(P, ...)       PLAIN_CHECK(false, (P) == NULL, #P " == NULL", __VA_ARGS__)
#define cr_assert_not_null(P, ...)   PLAIN_CHECK(true, (P) != NULL, #P " != NULL", __VA_ARGS__)
#define cr_expect_not_null(P, ...)   PLAIN_CHECK(false, (P) != NULL, #P " != NULL", __VA_ARGS__)
#define cr_assert_eq(A, B, ...)      PLAIN_CHECK(true, (A) == (B), #A " == " #B, __VA_ARGS__)
#define cr_expect_eq(A, B, ...)      PLAIN_CHECK(false, (A) == (B), #A " == " #B, __VA_ARGS__)
#define cr_assert_neq(A, B, ...)     PLAIN_CHECK(true, (A) != (B), #A " != " #B, __VA_ARGS__)
#define cr_expect_neq(A, B, ...)     PLAIN_CHECK(false, (A) != (B), #A " != " #B, __VA_ARGS__)
#define cr_assert_lt(A, B, ...)      PLAIN_CHECK(true, (A) < (B), #A " < " #B, __VA_ARGS__)
#define cr_expect_lt(A, B, ...)      PLAIN_CHECK(false, (A) < (B), #A " < " #B, __VA_ARGS__)
#define cr_assert_leq(A, B, ...)     PLAIN_CHECK(true, (A) <= (B), #A " <= " #B, __VA_ARGS__)
#define cr_expect_leq(A, B, ...)     PLAIN_CHECK(false, (A) <= (B), #A " <= " #B, __VA_ARGS__)
#define cr_assert_gt(A, B, ...)      PLAIN_CHECK(true, (A) > (B), #A " > " #B, __VA_ARGS__)
#define cr_expect_gt(A, B, ...)      PLAIN_CHECK(false, (A) > (B), #A " > " #B, __VA_ARGS__)
#define cr_assert_geq(A, B, ...)     PLAIN_CHECK(true, (A) >= (B), #A " >= " #B, __VA_ARGS__)
#define cr_expect_geq(A, B, ...)     PLAIN_CHECK(false, (A) >= (B), #A " >= " #B, __VA_ARGS__)
#define cr_assert_str_eq(A, B, ...)  PLAIN_CHECK(true, strcmp(A, B) == 0, #A " is " #B, __VA_ARGS__)
#define cr_expect_str_eq(A, B, ...)  PLAIN_CHECK(false, strcmp(A, B) == 0, #A " is " #B, __VA_ARGS__)
#define cr_assert_str_neq(A, B, ...) PLAIN_CHECK(true, strcmp(A, B) != 0, #A " is not " #B, __VA_ARGS__)
#define cr_expect_str_neq(A, B, ...) PLAIN_CHECK(false, strcmp(A, B) != 0, #A " is not " #B, __VA_ARGS__)
#define cr_assert_arr_eq(A, B, N, ...)                                                                       \
  PLAIN_CHECK(true, memcmp(A, B, N) == 0, #A " has the bytes of " #B, __VA_ARGS__)
#define cr_expect_arr_eq(A, B, N, ...)                                                                       \
  PLAIN_CHECK(false, memcmp(A, B, N) == 0, #A " has the bytes of " #B, __VA_ARGS__)
#define cr_assert_float_eq(A, B, E, ...)                                                                     \
  PLAIN_CHECK(true, fabs((double)(A) - (double)(B)) <= (double)(E), #A " == " #B " within " #E, __VA_ARGS__)
#define cr_expect_float_eq(A, B, E, ...)                                                                     \
  PLAIN_CHECK(false, fabs((double)(A) - (double)(B)) <= (double)(E), #A " == " #B " within " #E, __VA_ARGS__)
#define cr_assert_fail(...) plain_failed(true, __FILE__, __LINE__, "this is not reached", "" __VA_ARGS__)
#define cr_skip_test(...)   plain_skip("" __VA_ARGS__)
#define cr_log_info(...)    ((void)(0 && printf("" __VA_ARGS__)))

#endif
