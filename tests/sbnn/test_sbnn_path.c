/* test_sbnn_path.c - `sbnn path`: each setting is the cross-validation and the training that cv and train
 * would do; curves, norms, resuming, refusals. */
#include "test_sbnn_cli.h"

#include "output/reader.h"

#include <math.h>
#include <signal.h>

TestSuite(sbnn_path, .init = make_tables, .fini = remove_root);

static sbnn_tsv read_table(const char *name) {
  sbnn_tsv t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_tsv_read(at(name), &t, &e), SBNN_OK, "%s", e.text);
  return t;
}

static double number(const sbnn_tsv *t, size_t row, const char *column) {
  sbnn_error e = {0};
  size_t at_column;
  double value = NAN;
  cr_assert_eq(sbnn_tsv_column(t, column, &at_column, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_tsv_number(t, row, at_column, &value, &e), SBNN_OK, "%s", e.text);
  return value;
}

static const char *word(const sbnn_tsv *t, size_t row, const char *column) {
  sbnn_error e = {0};
  size_t at_column;
  cr_assert_eq(sbnn_tsv_column(t, column, &at_column, &e), SBNN_OK, "%s", e.text);
  return sbnn_tsv_text(t, row, at_column);
}

#define PATH "path" TABLES FAST " --out out --lambdas 0.01,0.5 --bottleneck 2,3 --folds 4"

/* Mean final test R2 of a cv run. */
static double cv_mean(const char *directory) {
  char name[128];
  snprintf(name, sizeof name, "%s/metrics.tsv", directory);
  sbnn_tsv t = read_table(name);
  double sum = 0;
  int n = 0;
  for (size_t i = 0; i < t.n_rows; i++)
    if (!strcmp(word(&t, i, "stage"), "finetuned") && !strcmp(word(&t, i, "split"), "test") &&
        !strcmp(word(&t, i, "target"), "all"))
      sum += number(&t, i, "r2"), n++;
  sbnn_tsv_free(&t);
  return sum / n;
}

Test(sbnn_path, each_setting_is_what_cv_and_train_do) {
  run_well(PATH);
  run_well("cv" TABLES FAST " --out cv --lasso 0.5 --bottleneck 3 --folds 4");
  run_well("train" TABLES FAST " --out train --lasso 0.01 --bottleneck 2 --epochs-autoencoder 1");
  sbnn_tsv path = read_table("out/path.tsv"), norms = read_table("out/path_norms.tsv"),
           genes = read_table("train/genes.tsv"), folds = read_table("out/path_folds.tsv");
  cr_assert_eq(path.n_rows, 4);
  static const double lambda[] = {0.01, 0.5, 0.01, 0.5}, width[] = {2, 2, 3, 3};
  for (size_t i = 0; i < 4; i++) {
    cr_expect_eq(number(&path, i, "lambda"), lambda[i]);
    cr_expect_eq(number(&path, i, "bottleneck"), width[i]);
    cr_expect_eq(number(&path, i, "genes_mean"), 5);
  }
  cr_expect_float_eq(number(&path, 3, "r2_test_mean"), cv_mean("cv"), 1e-8);
  cr_expect_eq(folds.n_rows, 4 * 4);
  cr_assert_eq(norms.n_rows, 4 * 40);
  for (size_t i = 1; i < norms.n_rows; i++)
    if (number(&norms, i, "rank") > 1)
      cr_expect_leq(number(&norms, i, "norm"), number(&norms, i - 1, "norm"));
  for (size_t i = 0; i < genes.n_rows; i++) {
    cr_expect_str_eq(word(&norms, i, "gene"), word(&genes, i, "gene"));
    cr_expect_str_eq(word(&norms, i, "norm"), word(&genes, i, "norm"));
  }
#if NABLA_CAIRO
  cr_expect(there(at("out/figures/path_curves.svg")) && there(at("out/figures/path_norms.pdf")) &&
            there(at("out/figures/path_widths.png")));
#endif
  sbnn_tsv_free(&path), sbnn_tsv_free(&norms), sbnn_tsv_free(&genes), sbnn_tsv_free(&folds);
}

/* With one batch the mean over batches is the pooled R2; with several it is near, and not the same. */
Test(sbnn_path, curves_by_batch) {
  run_well("path" TABLES FAST " --out out --lambdas 0.1 --folds 4 --batch 32");
  run_well("path" TABLES FAST " --out small --lambdas 0.1 --folds 4 --batch 4");
  sbnn_tsv one = read_table("out/path_curves.tsv"), four = read_table("small/path_curves.tsv");
  cr_assert_eq(one.n_rows, 9);
  cr_expect_str_eq(word(&one, 0, "phase"), "frozen");
  cr_expect_str_eq(word(&one, 8, "phase"), "finetune");
  for (size_t i = 0; i < one.n_rows; i++) {
    cr_expect_eq(number(&one, i, "epoch"), (double)i + 1);
    cr_expect_float_eq(number(&one, i, "r2_test_mean"), number(&one, i, "r2_test_batches_mean"), 1e-6);
    double away = fabs(number(&four, i, "r2_test_mean") - number(&four, i, "r2_test_batches_mean"));
    cr_expect(away > 1e-6 && away < 0.5, "%g", away);
  }
  sbnn_tsv_free(&one), sbnn_tsv_free(&four);
}

static void expect_same(const char *a, const char *b) {
  static const char *const files[] = {"path.tsv", "path_folds.tsv", "path_curves.tsv", "path_norms.tsv"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char one[128], two[128];
    snprintf(one, sizeof one, "%s/%s", a, files[i]);
    snprintf(two, sizeof two, "%s/%s", b, files[i]);
    cr_expect(cli_same(at(one), at(two)), "%s differs", files[i]);
  }
}

Test(sbnn_path, killed_and_resumed, .timeout = 120) {
#define LONG "path" TABLES FAST " --lambdas 0.01,0.5 --folds 4 --epochs-unfrozen 100 --epochs-finetune 100"
  run_well(LONG " --out whole --threads 1");
  cli_child c = cli_start(NABLA_SBNN_BIN, root, LONG " --out out --threads 2", NULL);
  for (int i = 0; i < 2000 && !there(at("out/.incoming/resume/sbnn-width-2-penalty-0.01-fold-2.safetensors"));
       i++)
    usleep(5000);
  cr_assert_eq(kill(c.pid, SIGKILL), 0);
  cli_wait(c);
  refuse(LONG " --out out --resume --seed 1", 1, "unfinished run|'seed=0' then, 'seed=1' now");
  run_well(LONG " --out out --resume --threads 2");
  expect_same("whole", "out");
  cr_expect_not(there(at("out/.incoming")));
}

Test(sbnn_path, refusals) {
  refuse("path" TABLES FAST " --out out --lambdas 0.1,0", 2, "--lambdas needs|numbers above 0|'0.1,0'");
  refuse("path" TABLES FAST " --out out --bottleneck 2,x", 2, "--bottleneck needs|whole numbers|'2,x'");
  refuse("path" TABLES FAST " --out out --lasso 0.1", 2, "'--lasso' is an option of|not of path");
  refuse("path" TABLES FAST " --out out --genes 41", 3, "40 genes, fewer than the 41");
  refuse("path" TABLES FAST " --out out --folds 100", 3, "60 cells cannot make 100 folds");
}
