/* error.c - error sentences, checked allocation, the clock (sbnn.h). */
#include "sbnn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

size_t sbnn_control(const char *text) {
  const unsigned char *c = (const unsigned char *)text;
  if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) return 2;
  return c[0] && (c[0] < ' ' || c[0] == 127);
}

int sbnn_fail(sbnn_error *e, int code, const char *format, ...) {
  if (e && e->code == SBNN_OK) {
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    for (char *c = e->text; *c; c++)
      memset(c, ' ', sbnn_control(c)); /* names may hold line ends; a sentence is one line */
    e->code = code;
  }
  return code;
}

void (*sbnn_no_memory)(void);
atomic_bool sbnn_memory_refused;
void (*sbnn_on_refusal)(void);

int sbnn_fail_threads(sbnn_error *e) {
  return sbnn_fail(e, SBNN_FAILED, "no memory for threads; close other programs");
}

int sbnn_check_memory(sbnn_error *e) {
  if (!atomic_load(&sbnn_memory_refused)) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED,
                   "out of memory: an allocation failed, and files made after that may be incomplete; close "
                   "other programs or use a smaller table");
}

static void *checked(void *p, size_t n, size_t size) {
  if (p || n == 0 || size == 0) return p;
  if (sbnn_no_memory) sbnn_no_memory();
  fprintf(stderr,
          "sbnn: out of memory: %zu x %zu bytes were refused; close other programs or use a smaller table\n",
          n, size);
  exit(SBNN_FAILED);
}

void *sbnn_alloc(size_t n, size_t size) { return checked(calloc(n ? n : 1, size ? size : 1), n, size); }

void *sbnn_realloc(void *p, size_t n, size_t size) {
  if (size && n > SIZE_MAX / size) return checked(NULL, n, size);
  return checked(realloc(p, n && size ? n * size : 1), n, size);
}

char *sbnn_strdup(const char *s) {
  size_t n = strlen(s) + 1;
  return memcpy(sbnn_alloc(n, 1), s, n);
}

char *sbnn_format(const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  size_t n = (size_t)vsnprintf(NULL, 0, format, args) + 1;
  char *text = sbnn_alloc(n, 1);
  vsnprintf(text, n, format, again);
  va_end(again);
  va_end(args);
  return text;
}

char *sbnn_path_in(const char *folder, const char *name) { return sbnn_format("%s/%s", folder, name); }

bool sbnn_ends_so(const char *name, size_t n, const char *ending) {
  const size_t k = strlen(ending);
  return n > k && strncasecmp(name + n - k, ending, k) == 0;
}

char *sbnn_joined(char *list, const char *separator, char *item) {
  if (!list) return item;
  char *both = sbnn_format("%s%s%s", list, separator, item);
  free(list);
  free(item);
  return both;
}

char *sbnn_shell_word(const char *text) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:=@%";
  const size_t n = strlen(text);
  if (n > 0 && strspn(text, plain) == n) return sbnn_strdup(text);
  char *word = sbnn_alloc(4 * n + 3, 1), *to = word;
  *to++ = '\'';
  for (; *text; text++) to = *text == '\'' ? stpcpy(to, "'\\''") : (*to = *text, to + 1);
  *to = '\'';
  return word;
}

const char *sbnn_program = "sbnn";

double sbnn_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
