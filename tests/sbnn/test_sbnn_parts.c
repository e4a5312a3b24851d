/* test_sbnn_parts.c - the parts of an unfinished run: names of tasks; what is written is read; a part of
 * another run, task or phase, or with a changed byte, is refused. */
#include "test_sbnn_results.h"

#include "commands/resume_key.h"
#include "parts/part.h"
#include "parts/parts.h"

#include <math.h>

TestSuite(sbnn_parts, .init = make_root, .fini = remove_root);

static void expect_name(sbnn_task task, const char *expected) {
  char name[SBNN_TASK_NAME];
  sbnn_task_name(&task, name);
  cr_expect_str_eq(name, expected);
}

Test(sbnn_parts, names_of_tasks) {
  expect_name((sbnn_task){.model = "sbnn"}, "sbnn-all");
  expect_name((sbnn_task){.model = "sbnn-nopretrain", .fold = 3}, "sbnn-nopretrain-fold-3");
  expect_name((sbnn_task){.model = "sbnn-denoise", .restart = 4}, "sbnn-denoise-restart-4");
  expect_name((sbnn_task){.model = "sbnn", .fold = 1, .penalty = 0.1, .width = 2},
              "sbnn-width-2-penalty-0.1-fold-1");
  expect_name((sbnn_task){.model = "sbnn", .penalty = nextafter(0.1, 1), .width = 2},
              "sbnn-width-2-penalty-0.10000000000000002-all");
}

static const sbnn_task task = {.model = "sbnn", .fold = 2};

/* With an array of each type, one that is empty, and several that are missing. */
static sbnn_experiment example(void) {
  sbnn_experiment x = {.model = "sbnn",
                       .fold = 2,
                       .n_train = 3,
                       .n_test = 2,
                       .n_responses = 2,
                       .n_genes = 1,
                       .bottleneck = 2,
                       .lasso = 0.1,
                       .seconds = 1.5,
                       .prune_epoch = 7};
  x.test_cells = sbnn_alloc(2, sizeof *x.test_cells);
  x.test_cells[1] = 5;
  x.genes = sbnn_alloc(1, sizeof *x.genes);
  x.genes[0] = 11;
  x.all_norms = sbnn_alloc(0, sizeof *x.all_norms);
  x.predictions = sbnn_alloc(4, sizeof *x.predictions);
  x.predictions[3] = NAN;
  x.predictions[2] = 1.0 / 3;
  x.left_out = sbnn_alloc(2, sizeof *x.left_out);
  x.left_out[1] = true;
  x.r2[SBNN_STAGE_PRUNED][SBNN_TEST] = sbnn_alloc(3, sizeof(double));
  x.r2[SBNN_STAGE_PRUNED][SBNN_TEST][2] = 0.25;
  sbnn_experiment_add(&x, &(sbnn_history_row){.phase = "frozen", .epoch = 1, .lr = 1e-3, .penalty = 4});
  sbnn_experiment_add(&x, &(sbnn_history_row){.phase = "denoise", .epoch = 2, .test_r2 = NAN});
  return x;
}

static char *write_example(const sbnn_part *part) {
  sbnn_experiment x = example();
  sbnn_error e = {0};
  char *path = sbnn_part_path(root, part);
  cr_assert_eq(sbnn_part_write(path, part, &x, NULL, &e), SBNN_OK, "%s", e.text);
  sbnn_experiment_free(&x);
  return path;
}

static int read_part(const char *path, const sbnn_part *part, sbnn_experiment *x, sbnn_error *e) {
  *e = (sbnn_error){0};
  return sbnn_part_read(path, part, x, NULL, e);
}

Test(sbnn_parts, what_is_written_is_read) {
  const sbnn_part part = {"0123456789abcdef", &task, NULL};
  char *path = write_example(&part);
  sbnn_experiment x = {0}, y = example();
  sbnn_error e;
  cr_expect(strstr(path, "/sbnn-fold-2.safetensors") != NULL, "%s", path);
  cr_assert_eq(read_part(path, &part, &x, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(x.model, "sbnn");
  cr_expect(x.fold == 2 && x.n_train == 3 && x.n_test == 2 && x.bottleneck == 2 && x.prune_epoch == 7);
  cr_expect(x.lasso == y.lasso && x.seconds == y.seconds);
  cr_expect(x.test_cells[0] == 0 && x.test_cells[1] == 5 && x.genes[0] == 11);
  cr_expect(x.all_norms != NULL && x.norms == NULL && x.latent == NULL && x.train_cells == NULL);
  cr_expect_eq(memcmp(x.predictions, y.predictions, 4 * sizeof(double)), 0);
  cr_expect(!x.left_out[0] && x.left_out[1]);
  cr_expect_eq(x.r2[SBNN_STAGE_PRUNED][SBNN_TEST][2], 0.25);
  cr_expect_null(x.r2[SBNN_STAGE_PRUNED][SBNN_TRAIN]);
  cr_assert_eq(x.n_history, 2);
  cr_expect_str_eq(x.history[1].phase, "denoise");
  cr_expect(x.history[0].lr == 1e-3 && x.history[0].penalty == 4 && isnan(x.history[1].test_r2));
  sbnn_experiment_free(&x);
  sbnn_experiment_free(&y);
  free(path);
}

static void expect_refused(const char *path, const sbnn_part *part, const char *words) {
  sbnn_experiment x = {.n_train = 77};
  sbnn_error e;
  cr_expect_eq(read_part(path, part, &x, &e), SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, words) != NULL, "'%s' is not in: %s", words, e.text);
  cr_expect_eq(x.n_train, 77, "left as it was");
}

/* Scores are missing where memory was, and a part is for good. */
Test(sbnn_parts, nothing_is_kept_once_memory_was_refused) {
  const sbnn_part part = {"0123456789abcdef", &task, NULL};
  sbnn_experiment x = example();
  sbnn_error e = {0};
  char *path = sbnn_part_path(root, &part);
  atomic_store(&sbnn_memory_refused, true);
  cr_expect_eq(sbnn_part_write(path, &part, &x, NULL, &e), SBNN_FAILED);
  cr_expect(strstr(e.text, "out of memory") != NULL, "%s", e.text);
  cr_expect_neq(access(path, F_OK), 0);
  sbnn_experiment_free(&x);
  free(path);
}

Test(sbnn_parts, a_part_belongs_to_its_run_task_and_phase) {
  const sbnn_task other = {.model = "sbnn", .fold = 3};
  const sbnn_part part = {"0123456789abcdef", &task, "frozen"};
  char *path = write_example(&part);
  expect_refused(path, &(sbnn_part){"0123456789abcdee", &task, "frozen"}, "another run");
  expect_refused(path, &(sbnn_part){part.key, &other, "frozen"},
                 "another task: 'sbnn-fold-2', not 'sbnn-fold-3'");
  expect_refused(path, &(sbnn_part){part.key, &task, "unfrozen"}, "another phase");
  expect_refused(path, &(sbnn_part){part.key, &task, NULL}, "another phase");
  expect_refused(at("absent"), &part, "absent");
  free(path);
}

Test(sbnn_parts, no_byte_may_change) {
  const sbnn_part part = {"0123456789abcdef", &task, NULL};
  char *path = write_example(&part);
  sbnn_experiment same = {0};
  sbnn_error e;
  FILE *f = fopen(path, "r+b");
  cr_assert(f != NULL);
  cr_assert_eq(fseek(f, 0, SEEK_END), 0);
  long n = ftell(f);
  for (long i = 0; i < n; i++) {
    fseek(f, i, SEEK_SET);
    int byte = fgetc(f);
    fseek(f, i, SEEK_SET);
    fputc(byte ^ 1, f);
    fflush(f);
    int code = read_part(path, &part, &same, &e);
    /* Of the padding behind the header a blank more or less says nothing. */
    cr_expect(code == SBNN_BAD_INPUT || byte == ' ', "byte %ld of %ld", i, n);
    fseek(f, i, SEEK_SET);
    fputc(byte, f);
    fflush(f);
  }
  cr_expect_eq(read_part(path, &part, &same, &e), SBNN_OK, "%s", e.text);
  for (long i = n - 1; i > n - 20; i--) {
    cr_assert_eq(ftruncate(fileno(f), i), 0);
    cr_expect_eq(read_part(path, &part, &same, &e), SBNN_BAD_INPUT);
  }
  fclose(f);
  sbnn_experiment_free(&same);
  free(path);
}

/* A key of any length is known again, and told apart at its end. */
Test(sbnn_parts, long_keys) {
  enum { LONG = 100000 };
  char *key = sbnn_alloc(LONG + 1, 1);
  sbnn_outdir *o = opened(at("out"), false);
  sbnn_parts *parts;
  sbnn_experiment x = example(), y = {0};
  sbnn_error e = {0};
  bool done;
  memset(key, 'k', LONG);
  memcpy(key + LONG - 10, "\nlast=abc\n", 10);
  cr_assert_eq(sbnn_parts_open(o, key, &parts, &done, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_parts_store(parts, &task, NULL, &x, NULL, &e), SBNN_OK, "%s", e.text);
  sbnn_parts_close(parts);
  sbnn_outdir_suspend(o);
  o = sbnn_outdir_resume(at("out"), false, &e);
  cr_assert_eq(sbnn_parts_open(o, key, &parts, &done, &e), SBNN_OK, "%s", e.text);
  cr_expect(sbnn_parts_any(parts) && sbnn_parts_has(parts, &task, NULL));
  cr_expect(sbnn_parts_load(parts, &task, NULL, &y, NULL) && y.n_train == 3);
  sbnn_parts_close(parts);
  key[LONG - 2] = 'd';
  cr_expect_eq(sbnn_parts_open(o, key, &parts, &done, &e), SBNN_FAILED);
  cr_expect(strstr(e.text, "'last=abc' then, 'last=abd' now") != NULL, "%s", e.text);
  sbnn_outdir_abort(o);
  sbnn_experiment_free(&x);
  sbnn_experiment_free(&y);
  free(key);
}

/* The key of a run on these two cells of a file. */
static char *key_of(const char *words, char *x_path, char *second_cell) {
  char text[256];
  char *argv[16] = {"sbnn"};
  int argc = 1;
  sbnn_options o;
  sbnn_error e = {0};
  snprintf(text, sizeof text, "%s", words);
  for (char *rest = text; rest;) argv[argc++] = strsep(&rest, " ");
  cr_assert_eq(sbnn_options_parse(argc, argv, &o, &e), SBNN_OK, "%s", e.text);
  char *cells[] = {"a", second_cell};
  char *key = sbnn_resume_key(&o, &(sbnn_dataset){.x_path = x_path, .n_cells = 2, .cell_names = cells});
  return key;
}

static void expect_key(const char *expected, char *key, bool same) {
  cr_expect_eq(strcmp(expected, key) == 0, same, "%s\nand\n%s", expected, key);
  free(key);
}

/* However the file and the cells are named: what counts is the part of the file, and which cells are used. */
Test(sbnn_parts, the_key_is_of_what_was_read) {
#define WORDS "cv --x X --y Y --out O"
  char path[256];
  snprintf(path, sizeof path, "%s", at("f.h5ad"));
  fclose(fopen(path, "w"));
  snprintf(path, sizeof path, "%s:layers/counts", at("f.h5ad"));
  char *key = key_of(WORDS, path, "b");
  expect_key(key, key_of(WORDS " --cells list.txt --threads 2", path, "b"), true);
  expect_key(key, key_of(WORDS, path, "c"), false);
  strcpy(path + strlen(path) - 6, "scaled");
  expect_key(key, key_of(WORDS, path, "b"), false);
  free(key);
}
