/* test_sbnn_hdf5_calls.c - HDF5 files of every layout, each call of the library failing in turn, or each reading of the file's bytes.
 * Here the reader runs in this process, not in a sandbox. */
#include "test_sbnn_data.h"

#if NABLA_HDF5

#include "data/h5_copy.h"
#include "data/handover.h"
#include "data/table_h5.h"
#include "hdf5_calls.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>

TestSuite(sbnn_hdf5_calls, .init = make_root, .fini = remove_root, .timeout = 600);

#define SEEDS NABLA_SOURCE_DIR "/tests/fuzz/corpus/hdf5/"

/* HDF5 does not free all when a call of it fails. LeakSanitizer asks this. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libhdf5"; }

/* ---- in place of the sandbox ---- */

const sbnn_sandbox_watch *sbnn_sandbox_watched;
static long fails_at;    /* the call of a reading that fails; 0: none */
static bool fails_below; /* of pread, and not of HDF5 */
static long handles;     /* that the last reading has left open */
static long bytes_calls, bytes_refused;

ssize_t pread(int fd, void *out, size_t n, off_t at) {
  static ssize_t (*next)(int, void *, size_t, off_t);
  if (!next) hdf5_find("pread", (void *)&next);
  if (!bytes_refused || ++bytes_calls != bytes_refused) return next(fd, out, n, at);
  errno = EIO;
  return -1;
}

void sbnn_sandbox_filter(void) {}
size_t sbnn_sandbox_memory(size_t file_bytes) { return file_bytes; }
void sbnn_sandbox_free(sbnn_sandbox_output *out) { (void)out; }
int sbnn_sandbox_write(sbnn_sandbox_output *out, const void *bytes, size_t n, sbnn_error *e) {
  (void)out, (void)bytes, (void)n;
  return sbnn_fail(e, SBNN_FAILED, "nothing is handed over here");
}

/* Of objects of the file, without itself. */
herr_t H5Fclose(hid_t id) {
  static herr_t (*next)(hid_t id);
  if (!next) hdf5_find("H5Fclose", (void *)&next);
  handles = fails_below ? 0
                        : (long)H5Fget_obj_count(id, H5F_OBJ_ALL) -
                              1; /* HDF5 itself keeps a file that it could not read */
  return next(id);
}

static int begin(const char *path, int flags) {
  H5dont_atexit(); /* which stumbles over files that could not be read */
  handles = 0;
  hdf5_calls = bytes_calls = 0;
  *(fails_below ? &bytes_refused : &hdf5_refused) = fails_at ? fails_at : -1; /* none, but counted */
  int fd = open(path, flags);
  cr_assert_geq(fd, 0);
  return fd;
}

static int end(int fd, int code, const sbnn_error *e) {
  hdf5_refused = bytes_refused = 0;
  close(fd);
  return code ? code : e->code;
}

int sbnn_read_sandboxed(const sbnn_sandbox *s,
                        int (*work)(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e), void *ctx,
                        const sbnn_handover *result, sbnn_error *e) {
  int fd = begin(s->path, O_RDONLY), code = work(ctx, fd, result, e);
  return end(fd, code, e);
}

int sbnn_sandbox_run(const sbnn_sandbox *s,
                     int (*work)(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e), void *ctx,
                     sbnn_sandbox_output *out, sbnn_error *e) {
  int fd = begin(s->copy, O_RDWR), code = work(ctx, fd, out, e);
  return end(fd, code, e);
}

/* ---- what is read, as one text ---- */

static void tell_ids(FILE *to, char *const *ids, size_t n) {
  for (size_t i = 0; i < n; i++) fprintf(to, "%s,", ids[i]);
  fputc('\n', to);
}

static int tell_table(const char *path, const sbnn_table_options *o, FILE *to, sbnn_error *e) {
  sbnn_table t;
  int code = sbnn_table_read(path, o, &t, e);
  if (code != SBNN_OK) return code;
  tell_ids(to, t.row_ids, t.n_rows);
  tell_ids(to, t.col_ids, t.n_cols);
  for (size_t i = 0; i < t.n_rows; i++)
    for (size_t j = 0; j < t.n_cols; j++)
      fprintf(to, "%.9g ", t.values ? t.values[i * t.n_cols + j] : (double)sbnn_counts_at(&t.counts, i, j));
  sbnn_table_free(&t);
  return code;
}

static int counts(const char *path, FILE *to, sbnn_error *e) {
  return tell_table(
      path,
      &(sbnn_table_options){.sparse = true, .allow_duplicates = true, .feature_type = "Gene Expression"}, to,
      e);
}

static int normalised(const char *path, FILE *to, sbnn_error *e) {
  return tell_table(
      path, &(sbnn_table_options){.allow_missing = true, .allow_duplicates = true, .normalised = true}, to,
      e);
}

static int responses(const char *path, FILE *to, sbnn_error *e) {
  return tell_table(path,
                    &(sbnn_table_options){.allow_missing = true,
                                          .allow_duplicates = true,
                                          .responses = true,
                                          .alone = true,
                                          .feature_type = "Antibody Capture"},
                    to, e);
}

static int labels(const char *path, FILE *to, sbnn_error *e) {
  sbnn_labels l;
  int code = sbnn_labels_read(path, &l, e);
  if (code != SBNN_OK) return code;
  tell_ids(to, l.row_ids, l.n_rows);
  tell_ids(to, l.col_ids, l.n_cols);
  tell_ids(to, l.text, l.n_rows * l.n_cols);
  sbnn_labels_free(&l);
  return code;
}

static int description(const char *path, FILE *to, sbnn_error *e) {
  sbnn_strings lines = {0};
  int code = sbnn_h5_describe(path, &lines, e);
  tell_ids(to, lines.items, lines.n);
  sbnn_strings_free(&lines);
  return code;
}

static int object(const char *path, FILE *to, sbnn_error *e) {
  sbnn_h5_object o;
  int code = sbnn_h5_object_read(path, NULL, &o, e);
  tell_ids(to, o.cells.items, o.cells.n);
  tell_ids(to, o.genes.items, o.genes.n);
  tell_ids(to, o.ids.items, o.ids.n);
  tell_ids(to, o.raw_genes.items, o.raw_genes.n);
  sbnn_h5_object_free(&o);
  return code;
}

/* Everything that can be added, twice: what stands there is replaced. The copy is then read. */
static int addition(const char *path, FILE *to, sbnn_error *e) {
  float number[] = {1, 2, 3, 4, 5, 6};
  int code[] = {0, 1, 0};
  char *texts[] = {(char *)"a", (char *)"b", (char *)"c"};
  const sbnn_strings all = {texts, 3, 3};
  sbnn_addition list[] = {
      {.kind = SBNN_ADD_GROUP, .path = (char *)"uns/made"},
      {.kind = SBNN_ADD_MATRIX, .path = (char *)"obsm/X_made", .n = 3, .width = 2, .number = number},
      {.kind = SBNN_ADD_NUMBERS, .path = (char *)"obs/made", .column = true, .n = 3, .number = number},
      {.kind = SBNN_ADD_FLAGS, .path = (char *)"uns/made/flags", .n = 3, .code = code},
      {.kind = SBNN_ADD_CODES, .path = (char *)"uns/made/codes", .n = 3, .code = code, .texts = all},
      {.kind = SBNN_ADD_TEXTS, .path = (char *)"uns/made/texts", .texts = all},
      {.kind = SBNN_ADD_TEXT, .path = (char *)"uns/made/text", .texts = all},
      {.kind = SBNN_ADD_NUMBER, .path = (char *)"uns/made/number", .value = 0.5},
      {.kind = SBNN_ADD_WHOLE, .path = (char *)"uns/made/whole", .value = 7},
      {.kind = SBNN_ADD_FLAG, .path = (char *)"uns/made/flag", .value = 1},
      {.kind = SBNN_ADD_NUMBERS, .path = (char *)"obs/made", .column = true, .n = 3, .number = number + 3},
  };
  int result = sbnn_h5_copy(path, at("copy.h5"), &(sbnn_additions){list, sizeof list / sizeof *list}, e);
  const long left = handles, failing = fails_at, calls[] = {hdf5_calls, bytes_calls};
  fails_at = 0;
  if (result == SBNN_OK) result = description(at("copy.h5"), to, e);
  else cr_expect_neq(access(at("copy.h5"), F_OK), 0, "a copy is left behind");
  unlink(at("copy.h5"));
  handles = left, fails_at = failing, hdf5_calls = calls[0], bytes_calls = calls[1];
  return result;
}

/* ---- one call at a time ---- */

typedef int reading(const char *path, FILE *to, sbnn_error *e);

static char *told(reading *f, const char *path, long k, sbnn_error *e) {
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  fails_at = k;
  *e = (sbnn_error){0};
  int code = f(path, to, e);
  fails_at = 0;
  cr_expect_eq(code, e->code, "%s: %d, but %d in the sentence", path, code, e->code);
  fclose(to);
  return text;
}

static void check_refusal(const char *path, long k, const sbnn_error *e) {
  cr_expect(e->code == SBNN_BAD_INPUT || e->code == SBNN_FAILED, "%s, call %ld: code %d", path, k, e->code);
  cr_expect(*e->text && !strchr(e->text, '\n'), "%s, call %ld: '%s'", path, k, e->text);
  cr_expect(strstr(e->text, strrchr(path, '/') + 1) || strstr(e->text, "copy.h5"), "%s, call %ld: '%s'", path,
            k, e->text);
}

typedef struct tally {
  long calls, refused, same, other; /* the last: something else was read than without the failure */
} tally;

static void check(reading *f, const char *path, tally *sum) {
  sbnn_error e;
  char *good = told(f, path, 0, &e);
  const long calls = fails_below ? bytes_calls : hdf5_calls;
  const bool readable = e.code == SBNN_OK;
  cr_expect_eq(handles, 0, "%s: %ld handles stay open", path, handles);
  for (long k = 1; k <= calls; k++) {
    char *now = told(f, path, k, &e);
    cr_expect_eq(handles, 0, "%s, call %ld: %ld handles stay open: %s", path, k, handles, e.text);
    if (e.code != SBNN_OK) check_refusal(path, k, &e), sum->refused++;
    else if (readable && strcmp(now, good) == 0) sum->same++;
    else sum->other++;
    free(now);
  }
  sum->calls += calls;
  free(good);
}

static tally check_all(void) {
  static const char *const seeds[] = {"cells.mat",
                                      "references.mat",
                                      "csc.h5ad",
                                      "csr_gzip.h5ad",
                                      "dense_lzf.h5ad",
                                      "layers_nullable.h5ad",
                                      "nullable_strings.h5ad",
                                      "genes.loom",
                                      "old.h5ad",
                                      "oldest.h5ad",
                                      "raw.h5ad",
                                      "two.h5mu",
                                      "v2.h5",
                                      "v3.h5"};
  reading *const all[] = {counts, normalised, responses, labels, description, object, addition};
  tally sum = {0};
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
      char path[512];
      snprintf(path, sizeof path, SEEDS "%s", seeds[i]);
      check(all[k], path, &sum);
    }
  printf("%ld calls failed: %ld refusals, %ld times the same data, %ld times other\n", sum.calls, sum.refused,
         sum.same, sum.other);
  return sum;
}

/* What HDF5 says is not there may be looked for elsewhere in the file, but nearly always that is refused or the same. */
Test(sbnn_hdf5_calls, the_library_fails_in_turn) {
  const tally sum = check_all();
  cr_expect_gt(sum.calls, 20000);
  cr_expect_gt(sum.refused, sum.calls / 2);
  cr_expect_lt(sum.other, sum.calls / 10);
}

Test(sbnn_hdf5_calls, bytes_that_cannot_be_read) {
  fails_below = true;
  const tally sum = check_all();
  cr_expect_gt(sum.refused, 1000);
  cr_expect_eq(sum.refused, sum.calls, "%ld of %ld were not noticed", sum.same + sum.other, sum.calls);
}

#else

Test(sbnn_hdf5_calls, fail_in_turn) { cr_skip_test("SKIPPED: built without libhdf5"); }

#endif
