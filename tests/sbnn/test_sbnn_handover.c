/* test_sbnn_handover.c - what comes out of a sandbox that a file has taken over: any number of it changed, or its end cut off, gives data
 * that fit together, or the sentence that the file is malicious. */
#include "test_sbnn_results.h"

#include "data/handover.h"

TestSuite(sbnn_handover, .init = make_root, .fini = remove_root, .timeout = 300);

/* ---- the child ---- */

/* As sandbox.c has them. */
enum { SHARED_FD = 4 };
typedef struct report {
  _Alignas(64) int code;
  sbnn_error error;
} report;

/* What is done to the memory that both see, before the child ends: the number at a place is replaced, or the end is cut off. */
static struct {
  long place; /* in numbers of 8 bytes; -1: nothing */
  uint64_t number;
  long length; /* in bytes; -1: all stay */
} harm;

static void do_harm(void) {
  if (harm.place >= 0) {
    const off_t at = (off_t)sizeof(report) + harm.place * 8;
    if (pwrite(SHARED_FD, &harm.number, 8, at) != 8) _exit(1);
  }
  if (harm.length >= 0 && ftruncate(SHARED_FD, (off_t)sizeof(report) + harm.length) != 0) _exit(1);
}

static const sbnn_sandbox_watch watch = {.ends = do_harm};

static char *names[] = {(char *)"a", (char *)"bc", (char *)"def", (char *)"ghij"};
static double numbers[] = {1, 2, 3, 4, 5, 6};
static size_t starts[] = {0, 2, 3};
static uint32_t columns[] = {0, 2, 1};
static float values[] = {1, 2, 3};

/* Two rows and three columns; counts if ctx says so. */
static int fill_table(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e) {
  (void)fd, (void)e;
  *result->table = (sbnn_table){
      .n_rows = 2, .n_cols = 3, .row_ids = names, .col_ids = names + 1, .path = names[3], .note = names[2]};
  if (ctx)
    result->table->counts =
        (sbnn_counts){.n_rows = 2, .n_cols = 3, .start = starts, .column = columns, .value = values};
  else result->table->values = numbers;
  return SBNN_OK;
}

static int fill_labels(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e) {
  (void)ctx, (void)fd, (void)e;
  *result->labels = (sbnn_labels){
      .n_rows = 2, .n_cols = 1, .row_ids = names, .col_ids = names, .text = names + 2, .corner = names[0]};
  return SBNN_OK;
}

static int fill_texts(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e) {
  (void)ctx, (void)fd, (void)e;
  *result->texts = (sbnn_strings){.items = names, .n = 3};
  return SBNN_OK;
}

/* ---- the caller ---- */

/* All texts are there: reads each. */
static void expect_texts(char *const *items, size_t n) {
  size_t bytes = 0;
  cr_assert(items != NULL);
  for (size_t i = 0; i < n; i++) bytes += strlen(items[i]);
  cr_expect_lt(bytes, 1000);
}

static void expect_table(const sbnn_table *t) {
  const sbnn_counts *c = &t->counts;
  expect_texts(t->row_ids, t->n_rows);
  expect_texts(t->col_ids, t->n_cols);
  if (t->values) return;
  cr_assert(c->n_rows == t->n_rows && c->start[0] == 0);
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t k = c->start[i]; k < c->start[i + 1]; k++) cr_expect_lt(c->column[k], t->n_cols);
}

typedef enum kind { COUNTS, NUMBERS, LABELS, TEXTS } kind;

/* The bytes that came, if it was read; 0: refused. */
static size_t read_once(kind what) {
  sbnn_table t = {0};
  sbnn_labels l = {0};
  sbnn_strings s = {0};
  sbnn_error e = {0};
  const sbnn_sandbox box = {
      .path = at("file"), .library = "a library", .memory = (size_t)64 << 20, .seconds = 10};
  const sbnn_handover result = {what <= NUMBERS ? &t : NULL, what == LABELS ? &l : NULL,
                                what == TEXTS ? &s : NULL};
  int code = sbnn_read_sandboxed(&box,
                                 what <= NUMBERS  ? fill_table
                                 : what == LABELS ? fill_labels
                                                  : fill_texts,
                                 what == COUNTS ? &t : NULL, &result, &e);
  if (code != SBNN_OK) {
    cr_expect_eq(code, SBNN_BAD_INPUT, "%s", e.text);
    cr_expect(strstr(e.text, "file: a library returned invalid data: the file is malicious"), "%s", e.text);
  } else if (what <= NUMBERS) expect_table(&t);
  else if (what == LABELS) {
    expect_texts(l.row_ids, l.n_rows);
    expect_texts(l.col_ids, l.n_cols);
    expect_texts(l.text, l.n_rows * l.n_cols);
  } else expect_texts(s.items, s.n);
  sbnn_table_free(&t);
  sbnn_labels_free(&l);
  sbnn_strings_free(&s);
  return code == SBNN_OK;
}

/* `bytes`: of the whole; `least`: how many of the changes must be refused. */
static void check(kind what, long bytes, int least) {
  static const uint64_t wrong[] = {0, 1, 5, UINT32_MAX, (uint64_t)1 << 32, (uint64_t)1 << 61, UINT64_MAX};
  int refused = 0;
  put_file(at("file"), "anything");
  sbnn_sandbox_watched = &watch;
  harm.place = harm.length = -1;
  cr_expect(read_once(what), "unharmed");
  for (harm.place = 0; harm.place < bytes / 8; harm.place++)
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
      harm.number = wrong[i];
      refused += !read_once(what);
    }
  cr_expect_geq(refused, least, "%d changes are refused", refused);
  harm.place = -1;
  for (harm.length = 0; harm.length < bytes - 8; harm.length += 4)
    cr_expect(!read_once(what), "cut to %ld bytes", harm.length);
  sbnn_sandbox_watched = NULL;
}

/* Rows, columns, genes_in, hash, sparse; the number of counts, starts, columns, values; names of rows and of columns; five texts. */
Test(sbnn_handover, counts) { check(COUNTS, 8 * (5 + 1 + 3 + 2 + 2 + 3 + 4 + 3 + 2 + 2 + 2 + 3), 60); }
Test(sbnn_handover, numbers) { check(NUMBERS, 8 * (5 + 6 + 3 + 4 + 3 + 2 + 2 + 2 + 3), 50); }
Test(sbnn_handover, labels) { check(LABELS, 8 * (3 + 3 + 3 + 4 + 2 + 3 + 2), 50); }
Test(sbnn_handover, texts) { check(TEXTS, 8 * (2 + 2), 10); }
