/* handover.c - see handover.h. Numbers of 8 bytes lie at multiples of 8. Nothing that comes from the child is
 * believed: it may have been taken over by the file. */
#include "data/handover.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TEXTS = 1 << 30 };

/* ---- writing ---- */

typedef struct writer {
  sbnn_sandbox_output *out;
  sbnn_error *error;
  int code;
} writer;

static void put(writer *w, const void *bytes, size_t n) {
  static const char zeros[8] = {0};
  const size_t pad = (8 - n % 8) % 8;
  if (w->code == SBNN_OK && n) w->code = sbnn_sandbox_write(w->out, bytes, n, w->error);
  if (w->code == SBNN_OK && pad) w->code = sbnn_sandbox_write(w->out, zeros, pad, w->error);
}

static void put_number(writer *w, uint64_t n) { put(w, &n, sizeof n); }

/* The number of texts, the bytes of all, and those. */
static void put_texts(writer *w, char *const *items, size_t n) {
  size_t bytes = 0, at = 0;
  for (size_t i = 0; i < n; i++) bytes += strlen(items[i]) + 1;
  char *all = sbnn_alloc(bytes, 1);
  for (size_t i = 0; i < n; i++) {
    const size_t k = strlen(items[i]) + 1;
    memcpy(all + at, items[i], k);
    at += k;
  }
  put_number(w, n);
  put_number(w, bytes);
  put(w, all, bytes);
  free(all);
}

/* One text, or none. */
static void put_text(writer *w, char *text) { put_texts(w, &text, text ? 1 : 0); }

static void put_table(writer *w, const sbnn_table *t) {
  const sbnn_counts *c = &t->counts;
  const size_t n = c->start ? c->start[t->n_rows] : 0;
  put_number(w, t->n_rows);
  put_number(w, t->n_cols);
  put_number(w, t->genes_in);
  put_number(w, t->hash);
  put_number(w, t->values == NULL);
  if (t->values) put(w, t->values, t->n_rows * t->n_cols * sizeof *t->values);
  else {
    put_number(w, n);
    put(w, c->start, (t->n_rows + 1) * sizeof *c->start);
    put(w, c->column, n * sizeof *c->column);
    put(w, c->value, n * sizeof *c->value);
  }
  put_texts(w, t->row_ids, t->n_rows);
  put_texts(w, t->col_ids, t->n_cols);
  put_text(w, t->path);
  put_text(w, t->row_fault);
  put_text(w, t->col_fault);
  put_text(w, t->taken);
  put_text(w, t->note);
}

static void put_labels(writer *w, const sbnn_labels *l) {
  put_number(w, l->n_rows);
  put_number(w, l->n_cols);
  put_number(w, l->hash);
  put_texts(w, l->row_ids, l->n_rows);
  put_texts(w, l->col_ids, l->n_cols);
  put_texts(w, l->text, l->n_rows * l->n_cols);
  put_text(w, l->path);
  put_text(w, l->corner);
  put_text(w, l->row_fault);
}

/* ---- taking ---- */

typedef struct reader {
  const unsigned char *at;
  size_t left;
  bool bad;
} reader;

static const void *get(reader *r, size_t n, size_t size) {
  size_t bytes;
  if (r->bad || __builtin_mul_overflow(n, size, &bytes) || bytes > r->left) {
    r->bad = true;
    return NULL;
  }
  const void *at = r->at;
  const size_t padded = bytes + (8 - bytes % 8) % 8, taken = padded < r->left ? padded : r->left;
  r->at += taken;
  r->left -= taken;
  return at;
}

static size_t get_number(reader *r) {
  uint64_t v = 0;
  const void *at = get(r, 1, sizeof v);
  if (at) memcpy(&v, at, sizeof v);
  return v;
}

/* n texts of their own; NULL and bad: there are others. */
static char **get_texts(reader *r, size_t n) {
  const size_t there = get_number(r), bytes = get_number(r);
  const char *at = get(r, bytes, 1), *end = at ? at + bytes : NULL;
  if (r->bad || there != n || n > MOST_TEXTS || n > bytes || (n > 0 && end[-1] != '\0')) {
    r->bad = r->bad || n > 0 || there > 0;
    return NULL;
  }
  char **items = sbnn_alloc(n, sizeof *items);
  for (size_t i = 0; i < n; i++) {
    if (at >= end) {
      r->bad = true;
      items[i] = sbnn_strdup("");
      continue;
    }
    items[i] = sbnn_strdup(at);
    at += strlen(at) + 1;
  }
  return items;
}

/* One text; NULL: none. */
static char *get_text(reader *r) {
  reader ahead = *r;
  const size_t n = get_number(&ahead);
  char **items = get_texts(r, n <= 1 ? n : 0), *text = items && n == 1 ? items[0] : NULL;
  free(items);
  return text;
}

/* Rows that ascend, with columns that exist and ascend. */
static bool check_counts(const sbnn_counts *c, size_t n) {
  if (c->start[0] != 0 || c->start[c->n_rows] != n) return false;
  for (size_t i = 0; i < c->n_rows; i++)
    if (c->start[i + 1] < c->start[i] || c->start[i + 1] > n) return false;
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t k = c->start[i]; k < c->start[i + 1]; k++)
      if (c->column[k] >= c->n_cols || (k > c->start[i] && c->column[k] <= c->column[k - 1])) return false;
  return true;
}

static void get_counts(reader *r, sbnn_table *t) {
  const size_t n = get_number(r);
  sbnn_counts c = {.n_rows = t->n_rows, .n_cols = t->n_cols, .borrowed = true};
  /* The mapping is read-only, and so is what borrows from it. */
  c.start = (size_t *)(uintptr_t)get(r, t->n_rows + 1, sizeof *c.start);
  c.column = (uint32_t *)(uintptr_t)get(r, n, sizeof *c.column);
  c.value = (float *)(uintptr_t)get(r, n, sizeof *c.value);
  if (!r->bad && !check_counts(&c, n)) r->bad = true;
  if (!r->bad) t->counts = c;
}

static void get_table(reader *r, sbnn_table *t) {
  const size_t rows = get_number(r), columns = get_number(r);
  if (rows == 0 || columns == 0 || rows >= UINT32_MAX || columns >= UINT32_MAX) r->bad = true;
  t->genes_in = (sbnn_genes_in)(get_number(r) % 3);
  t->hash = get_number(r);
  const bool sparse = get_number(r) != 0;
  if (r->bad) return;
  t->n_rows = rows;
  t->n_cols = columns;
  if (sparse) get_counts(r, t);
  else {
    const double *values = get(r, rows * columns, sizeof *values);
    if (values) {
      t->values = sbnn_alloc(rows * columns, sizeof *values);
      memcpy(t->values, values, rows * columns * sizeof *values);
    }
  }
  t->row_ids = get_texts(r, rows);
  t->col_ids = get_texts(r, columns);
  t->path = get_text(r);
  t->row_fault = get_text(r);
  t->col_fault = get_text(r);
  t->taken = get_text(r);
  t->note = get_text(r);
}

static void get_labels(reader *r, sbnn_labels *l) {
  const size_t rows = get_number(r), columns = get_number(r);
  if (rows == 0 || columns == 0 || rows >= UINT32_MAX || columns >= UINT32_MAX) r->bad = true;
  l->hash = get_number(r);
  if (r->bad) return;
  l->n_rows = rows;
  l->n_cols = columns;
  l->row_ids = get_texts(r, rows);
  l->col_ids = get_texts(r, columns);
  l->text = get_texts(r, rows * columns);
  l->path = get_text(r);
  l->corner = get_text(r);
  l->row_fault = get_text(r);
}

static void get_strings(reader *r, sbnn_strings *s) {
  reader ahead = *r;
  const size_t n = get_number(&ahead);
  s->items = get_texts(r, n);
  s->n = s->capacity = s->items ? n : 0;
}

/* ---- both ---- */

typedef struct job {
  int (*work)(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e);
  void *ctx;
  const sbnn_handover *result;
} job;

/* In the child. */
static int run_job(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e) {
  const job *j = ctx;
  writer w = {.out = out, .error = e};
  w.code = j->work(j->ctx, fd, j->result, e);
  if (w.code == SBNN_OK && j->result->table) put_table(&w, j->result->table);
  if (w.code == SBNN_OK && j->result->labels) put_labels(&w, j->result->labels);
  if (w.code == SBNN_OK && j->result->texts) put_texts(&w, j->result->texts->items, j->result->texts->n);
  return w.code;
}

int sbnn_read_sandboxed(const sbnn_sandbox *s,
                        int (*work)(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e), void *ctx,
                        const sbnn_handover *result, sbnn_error *e) {
  job j = {work, ctx, result};
  sbnn_sandbox_output *shared = sbnn_alloc(1, sizeof *shared);
  int code = sbnn_sandbox_run(s, run_job, &j, shared, e);
  if (code == SBNN_OK) {
    reader r = {.at = shared->data, .left = shared->n};
    if (result->table) get_table(&r, result->table);
    if (result->labels) get_labels(&r, result->labels);
    if (result->texts) get_strings(&r, result->texts);
    if (r.bad)
      code = sbnn_fail(e, SBNN_BAD_INPUT, "%s: %s returned invalid data: the file is malicious", s->path,
                       s->library);
  }
  if (code == SBNN_OK && result->table && result->table->counts.borrowed) {
    result->table->shared = shared;
    return code;
  }
  sbnn_sandbox_free(shared);
  free(shared);
  return code;
}
