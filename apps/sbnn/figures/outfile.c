/* outfile.c - atomic writing of finished pictures, and SVG ids that do not depend on history (outfile.h). */
#include "figures/outfile.h"

#include "tensor/tensor.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sbnn_bytes_append(sbnn_bytes *b, const void *data, size_t n) {
  if (n == 0) return;
  if (b->capacity - b->n < n) {
    b->capacity = 2 * b->capacity + n + 4096;
    b->data = sbnn_realloc(b->data, b->capacity, 1);
  }
  memcpy(b->data + b->n, data, n);
  b->n += n;
}

/* One kind of id: a word such as "surface", with the numbers met so far. */
typedef struct id_kind {
  char word[24];
  long *met;
  long count;
} id_kind;

typedef struct id_table {
  id_kind kind[32];
  int count;
} id_table;

static long new_number(id_table *t, const char *word, size_t length, long number) {
  id_kind *kind = NULL;
  for (int i = 0; i < t->count && !kind; i++)
    if (strlen(t->kind[i].word) == length && memcmp(t->kind[i].word, word, length) == 0) kind = &t->kind[i];
  if (!kind) {
    if (t->count == 32 || length >= sizeof kind->word) return number;
    kind = &t->kind[t->count++];
    memcpy(kind->word, word, length);
  }
  for (long i = 0; i < kind->count; i++)
    if (kind->met[i] == number) return i;
  kind->met = sbnn_realloc(kind->met, (size_t)kind->count + 1, sizeof *kind->met);
  kind->met[kind->count] = number;
  return kind->count++;
}

/* The length of `id="` or `#` at p, after which an id is named; 0 elsewhere. */
static size_t id_mark(const unsigned char *p, size_t left) {
  if (left > 4 && memcmp(p, "id=\"", 4) == 0) return 4;
  return left > 1 && *p == '#' ? 1 : 0;
}

void sbnn_svg_renumber(sbnn_bytes *svg) {
  id_table table = {.count = 0};
  sbnn_bytes out = {0};
  size_t kept = 0; /* bytes before this one have been copied */
  for (size_t i = 0; i < svg->n;) {
    size_t mark = id_mark(svg->data + i, svg->n - i);
    if (!mark) {
      i++;
      continue;
    }
    size_t word = i + mark, digits = word;
    while (digits < svg->n && (isalpha(svg->data[digits]) || svg->data[digits] == '-')) digits++;
    size_t end = digits;
    long number = 0;
    while (end < svg->n && end - digits < 9 && isdigit(svg->data[end]))
      number = 10 * number + svg->data[end++] - '0';
    if (digits > word && end > digits) {
      char text[24];
      number = new_number(&table, (const char *)svg->data + word, digits - word, number);
      sbnn_bytes_append(&out, svg->data + kept, digits - kept);
      sbnn_bytes_append(&out, text, (size_t)snprintf(text, sizeof text, "%ld", number));
      kept = end;
    }
    i = end;
  }
  sbnn_bytes_append(&out, svg->data + kept, svg->n - kept);
  for (int i = 0; i < table.count; i++) free(table.kind[i].met);
  free(svg->data);
  *svg = out;
}

int sbnn_outfile_write(const char *directory, const char *name, const char *extension,
                       const sbnn_bytes *bytes, sbnn_error *e) {
  char *path = sbnn_format("%s/%s.%s", directory, name, extension);
  int code = SBNN_OK;
  if (tn_atomic_write(path, bytes->data, bytes->n) != TN_OK)
    code = sbnn_fail(
        e, SBNN_FAILED,
        "the figure %s could not be written (%s); free space or choose a directory you may write to", path,
        strerror(errno));
  free(path);
  return code;
}
