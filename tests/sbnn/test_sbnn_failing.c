/* test_sbnn_failing.c - commands while the system fails: each place that opens, reads, writes, renames or starts a process, or asks for
 * the library's memory, does so in turn. What comes of it is one sentence and no results, or the results as without. */
#include "failing_calls.h"
#include "test_sbnn_cli.h"

#if FAILING_CALLS

#include "commands/commands.h"
#include "data/table.h"
#include "options/options.h"

static void prepare(void) {
  make_tables();
  cli_write_labels(at("l.tsv"), 60);
  failing_start();
}

TestSuite(sbnn_failing, .init = prepare, .fini = remove_root, .timeout = 900);

/* Words that begin with '@' are names in the root. */
static int run(sbnn_error *e, const char *line) {
  char copy[1024], path[80][256], *argv[80] = {(char *)"sbnn"};
  int argc = 1;
  sbnn_options o;
  snprintf(copy, sizeof copy, "%s", line);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "), argc++) {
    snprintf(path[argc], sizeof path[argc], "%s%s%s", *word == '@' ? root : "", *word == '@' ? "/" : "",
             word + (*word == '@'));
    argv[argc] = path[argc];
  }
  *e = (sbnn_error){0};
  int code = sbnn_options_parse(argc, argv, &o, e);
  return code == SBNN_OK ? o.command->run(&o, e) : code;
}

typedef struct tally {
  long places, refused, partly;
} tally;

static void check_failed(const char *line, const char *result, int code, const sbnn_error *e) {
  const char *name = failing_state->name;
  cr_expect(code == SBNN_FAILED || code == SBNN_BAD_INPUT || code == SBNN_PARTIAL,
            "%s: %s fails: code %d: %s", line, name, code, e->text);
  cr_expect_eq(code, e->code, "%s: %s fails: code %d, but %d with '%s'", line, name, code, e->code, e->text);
  cr_expect(*e->text && !strchr(e->text, '\n'), "%s: %s fails: '%s'", line, name, e->text);
  /* What is in place already may not last (fsync), or only some of it is (the sentence says so). */
  if (code != SBNN_PARTIAL && strcmp(name, "fsync") != 0 && !strstr(e->text, "complete in") &&
      !strstr(e->text, "kept as") && !strstr(e->text, "that sbnn did not write"))
    cr_expect_neq(access(at(result), F_OK), 0, "%s: %s fails (%s), but there are results", line, name,
                  e->text);
}

/* Runs it until no place is left that has not failed yet. `result`: a file it writes, the same whenever it succeeds. */
static tally check(const char *line, const char *result) {
  tally sum = {0};
  sbnn_error e;
  remove_all(at("out"));
  cr_assert_eq(run(&e, line), SBNN_OK, "%s: %s", line, e.text);
  char *good = text_of(at(result));
  for (;;) {
    remove_all(at("out"));
    failing_state->fired = false;
    atomic_store(&sbnn_memory_refused, false);
    failing_state->armed = true;
    const int code = run(&e, line);
    failing_state->armed = false;
    if (code != SBNN_OK) check_failed(line, result, code, &e), sum.refused++;
    else if (strcmp(failing_state->name, "access") != 0) { /* what cannot be looked at is taken for missing */
      char *now = text_of(at(result));
      cr_expect_str_eq(now, good, "%s: %s fails: other results", line, failing_state->name);
      free(now);
    }
    sum.partly += code == SBNN_PARTIAL;
    if (!failing_state->fired) break;
    sum.places++;
  }
  free(good);
  printf("%.40s...: %ld places fail, %ld refusals (%ld without pictures)\n", line, sum.places, sum.refused,
         sum.partly);
  fflush(stdout); /* before a child has a copy of it */
  return sum;
}

#define DATA " --x @x.csv --y @y.csv"
#define SHORT                                                                                                \
  " --quiet --clusters 3 --cluster-min 2 --kmeans-restarts 2 --hidden 4,3 --genes 5 --epochs-pretrain 1"     \
  " --epochs-frozen 1 --epochs-unfrozen 1 --epochs-finetune 1 --epochs-no-pretrain 1"

/* In one test: a place that two commands share fails once. */
Test(sbnn_failing, commands) {
  static const struct {
    const char *line, *result;
  } list[] = {
      {"cv" DATA SHORT " --folds 2 --out @out", "out/metrics.tsv"},
      {"cv" DATA SHORT " --folds 2 --both --labels @l.tsv --evaluate stage-ends --out @out",
       "out/metrics.tsv"},
      {"train" DATA SHORT " --epochs-autoencoder 1 --labels @l.tsv --out @out", "out/latent.tsv"},
      {"train" DATA SHORT " --epochs-autoencoder 1 --recipe denoise --out @out", "out/latent.tsv"},
      {"srrr" DATA " --folds 2 --ranks 1,2 --lambdas 0.3,0.6 --quiet --out @out", "out/srrr.tsv"},
      {"tsne" DATA " --perplexity 5 --iterations 50 --quiet --out @out", "out/tsne.tsv"},
      {"stability" DATA SHORT " --restarts 2 --out @out", "out/stability.tsv"},
      {"path" DATA SHORT " --lambdas 0.01,0.5 --bottleneck 2,3 --folds 2 --out @out", "out/path.tsv"},
      {"predict --model @made --x @x.csv --out @out --quiet", "out"},
      {"report --results @made --out @out --quiet", "out"},
      {"tsne --results @made --perplexity 5 --iterations 50 --quiet --out @out", "out/tsne.tsv"},
      {"prep" DATA " --out @out --quiet", "out"},
      {"demo --tables-only --cells 60 --genes 30 --responses 3 --quiet --out @out",
       "out/demo-data/labels.tsv"},
  };
  sbnn_error e;
  tally all = {0};
  cr_assert_eq(run(&e, "train" DATA SHORT " --epochs-autoencoder 1 --labels @l.tsv --out @made"), SBNN_OK,
               "%s", e.text);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    const tally one = check(list[i].line, list[i].result);
    all.places += one.places, all.refused += one.refused;
  }
  printf("%ld places failed in turn, %ld were refusals\n", all.places, all.refused);
  cr_expect_gt(all.refused, 600);
}

/* ---- readers ---- */

#define SEEDS NABLA_SOURCE_DIR "/tests/fuzz/corpus/"

/* The numbers as one text; NULL: an error. */
static char *told(const char *path, sbnn_error *e) {
  const sbnn_table_options o = {.sparse = true, .allow_duplicates = true};
  sbnn_table t;
  char *text = NULL;
  size_t n;
  *e = (sbnn_error){0};
  int code = sbnn_table_read(path, &o, &t, e);
  cr_expect_eq(code, e->code, "%s: %d, but %d: %s", path, code, e->code, e->text);
  if (code != SBNN_OK) return NULL;
  FILE *to = open_memstream(&text, &n);
  for (size_t i = 0; i < t.n_rows; i++) fprintf(to, "%s ", t.row_ids[i]);
  for (size_t j = 0; j < t.n_cols; j++) fprintf(to, "%s ", t.col_ids[j]);
  for (size_t i = 0; i < t.n_rows * t.n_cols; i++)
    fprintf(to, "%g ", (double)sbnn_counts_at(&t.counts, i / t.n_cols, i % t.n_cols));
  fclose(to);
  sbnn_table_free(&t);
  return text;
}

static long check_reader(const char *path) {
  sbnn_error e;
  long places = 0;
  char *good = told(path, &e);
  cr_assert_not_null(good, "%s", e.text);
  for (;; places++) {
    failing_state->fired = false;
    failing_state->armed = true;
    char *now = told(path, &e);
    failing_state->armed = false;
    const char *name = failing_state->name;
    if (now) cr_expect_str_eq(now, good, "%s: %s fails: other data", path, name);
    else
      cr_expect((e.code == SBNN_BAD_INPUT || e.code == SBNN_FAILED) && *e.text && !strchr(e.text, '\n'),
                "%s: %s fails: %d '%s'", path, name, e.code, e.text);
    free(now);
    if (!failing_state->fired) break;
  }
  free(good);
  return places;
}

Test(sbnn_failing, readers) {
  static const char *const seeds[] = {
    "mat/cells.mat",
    "mat/compressed.mat",
    "mat/sparse.mat",
    "table/plain.csv",
    "table/gzip.csv.gz",
    "table/bom_comments.csv",
#if NABLA_LIBZIP
    "npz/both.npz",
#endif
#if NABLA_HDF5
    "hdf5/csr_gzip.h5ad",
    "hdf5/references.mat",
    "hdf5/two.h5mu",
#endif
  };
  long places = 0;
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
    char path[512];
    snprintf(path, sizeof path, SEEDS "%s", seeds[i]);
    places += check_reader(path);
  }
  put_file(at("genes.tsv"), "E1\tg1\nE2\tg2\n");
  put_file(at("barcodes.tsv"), "c1\nc2\nc3\n");
  put_file(at("matrix.mtx"), "%%MatrixMarket matrix coordinate integer general\n2 3 2\n1 1 4\n2 3 5\n");
  places += check_reader(at("matrix.mtx"));
  places += check_reader(root);
  printf("%ld places of the readers failed in turn\n", places);
  cr_expect_gt(places, 100);
}

#else

Test(sbnn_failing, commands) { cr_skip_test("SKIPPED: with a sanitizer, or another C library"); }

#endif
