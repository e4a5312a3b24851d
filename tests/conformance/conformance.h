/* conformance.h - what the suites share: counting, and a last line that says how it went. */
#ifndef NABLA_CONFORMANCE_H
#define NABLA_CONFORMANCE_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct conformance {
  const char *suite;
  int passed, failed, refused;
} conformance;

typedef enum verdict { PASSED, FAILED, REFUSED } verdict;

/* Counts one item and prints "PASSED|FAILED|REFUSED  name: sentence". */
__attribute__((format(printf, 4, 5))) static inline void
conformance_count(conformance *c, verdict v, const char *name, const char *format, ...) {
  static const char *const text[] = {"passed ", "FAILED ", "refused"};
  va_list args;
  int *counts[] = {&c->passed, &c->failed, &c->refused};
  ++*counts[v];
  printf("%s  %s: ", text[v], name);
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
}

/* The last line, and the exit code: 0 if nothing failed and something passed. */
static inline int conformance_done(const conformance *c) {
  printf("%s: %d passed, %d failed, %d refused\n", c->suite, c->passed, c->failed, c->refused);
  return c->failed > 0 || c->passed == 0;
}

#endif
