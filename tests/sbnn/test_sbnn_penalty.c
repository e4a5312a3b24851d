/* test_sbnn_penalty.c - the penalty as a proximal operator, chosen by the training, and the epoch of pruning.
 */
#include "test_sbnn_cli.h"

#include "commands/room_options.h"
#include "output/reader.h"
#include "training/model.h"

#include <math.h>

TestSuite(sbnn_penalty, .init = make_tables, .fini = remove_root);

static sbnn_tsv read_table(const char *name) {
  sbnn_tsv t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_tsv_read(at(name), &t, &e), SBNN_OK, "%s", e.text);
  return t;
}

static const char *word(const sbnn_tsv *t, size_t row, const char *column) {
  sbnn_error e = {0};
  size_t c;
  cr_assert_eq(sbnn_tsv_column(t, column, &c, &e), SBNN_OK, "%s", e.text);
  return sbnn_tsv_text(t, row, c);
}

static double number(const sbnn_tsv *t, size_t row, const char *column) { return atof(word(t, row, column)); }

/* ---- proximal ---- */

/* Every fold keeps just so many genes, all with norms above 0, however short the search. */
static void expect_genes(const char *line, int genes, int folds) {
  sbnn_tsv t;
  run_well(line);
  t = read_table("out/genes.tsv");
  cr_expect_eq(t.n_rows, (size_t)(genes * folds), "%s: %zu rows", line, t.n_rows);
  for (size_t i = 0; i < t.n_rows; i++) cr_expect_gt(number(&t, i, "norm"), 0);
  for (size_t i = 0; i < t.n_rows; i++) cr_expect_eq(number(&t, i, "rank"), (double)(i % (size_t)genes) + 1);
  sbnn_tsv_free(&t);
  remove_all(at("out"));
}

#define PROXIMAL CV " --penalty proximal --folds 3"
Test(sbnn_penalty, proximal_leaves_the_genes_asked_for) {
  expect_genes(PROXIMAL, 5, 3);
  expect_genes(PROXIMAL " --genes 1", 1, 3);
  expect_genes(PROXIMAL " --genes 17 --epochs-unfrozen 1", 17, 3); /* a path that skips it */
  expect_genes(PROXIMAL " --genes 39 --protocol paper", 39, 3);
  expect_genes(PROXIMAL " --genes 40", 40, 3);
  expect_genes(PROXIMAL " --genes 3 --no-pretrain", 3, 3);
}

/* However the search went, it and what it leaves to train take the epochs of the phase, in every fold. */
Test(sbnn_penalty, proximal_takes_the_epochs_of_its_phase) {
  run_well(PROXIMAL " --genes 17 --epochs-unfrozen 7");
  sbnn_tsv t = read_table("out/history.tsv");
  int epochs = 0;
  for (size_t i = 0; i < t.n_rows; i++)
    if (!strcmp(word(&t, i, "phase"), "unfrozen")) cr_expect_eq(number(&t, i, "epoch"), epochs++ % 7 + 1);
  cr_expect_eq(epochs, 3 * 7);
  sbnn_tsv_free(&t);
}

/* Before pruning all other weights are 0, so pruning changes no prediction. */
Test(sbnn_penalty, proximal_pruning_changes_no_prediction) {
  run_well(PROXIMAL " --epochs-unfrozen 20");
  sbnn_tsv t = read_table("out/metrics.tsv");
  int compared = 0;
  for (size_t i = 0; i < t.n_rows; i++)
    for (size_t j = i; j < t.n_rows && !strcmp(word(&t, i, "stage"), "unfrozen"); j++) {
      if (strcmp(word(&t, j, "stage"), "pruned") || strcmp(word(&t, i, "fold"), word(&t, j, "fold")) ||
          strcmp(word(&t, i, "split"), word(&t, j, "split")) ||
          strcmp(word(&t, i, "target"), word(&t, j, "target")))
        continue;
      cr_expect_float_eq(number(&t, i, "r2"), number(&t, j, "r2"), 1e-5);
      compared++;
    }
  cr_expect_eq(compared, 3 * 2 * 5);
  sbnn_tsv_free(&t);
}

Test(sbnn_penalty, genes_follow_from_a_proximal_penalty) {
#define FOLLOW                                                                                               \
  "path" TABLES FAST                                                                                         \
  " --out out --penalty proximal --folds 3 --epochs-unfrozen 60 --lr-unfrozen 0.005 --lambdas "
  run_well(FOLLOW "0.001,0.05 --genes 0");
  sbnn_tsv folds = read_table("out/path_folds.tsv"), norms = read_table("out/path_norms.tsv"),
           path = read_table("out/path.tsv");
  cr_assert_eq(path.n_rows, 2);
  cr_expect_gt(number(&path, 0, "genes_mean"), number(&path, 1, "genes_mean"));
  cr_expect_lt(number(&path, 1, "genes_mean"), 40);
  int zeros = 0;
  for (size_t i = 0; i < norms.n_rows; i++) zeros += number(&norms, i, "norm") == 0;
  cr_expect(zeros > 0 && zeros < 80, "%d", zeros);
  sbnn_tsv_free(&folds), sbnn_tsv_free(&norms), sbnn_tsv_free(&path);
  remove_all(at("out"));
  run_well(FOLLOW "0.1 --genes 4 --bottleneck 1,2"); /* or the penalty from the genes, for each width */
  path = read_table("out/path.tsv");
  cr_assert_eq(path.n_rows, 2);
  for (size_t i = 0; i < 2; i++) cr_expect_eq(number(&path, i, "genes_mean"), 4);
  sbnn_tsv_free(&path);
}

/* A penalty that leaves no gene is a point of the path: the mean, which is what it scores as, at every epoch.
 */
Test(sbnn_penalty, a_path_to_no_gene_at_all) {
  run_well(FOLLOW "0.001,1000 --genes 0");
  sbnn_tsv path = read_table("out/path.tsv"), curves = read_table("out/path_curves.tsv");
  cr_assert_eq(path.n_rows, 2);
  cr_expect_gt(number(&path, 0, "genes_mean"), 0);
  cr_expect_eq(number(&path, 1, "genes_mean"), 0);
  static const char *const zero[] = {"r2_train_mean", "r2_test_mean", "r2_test_sd", "r2_test_pruned_mean"};
  for (size_t k = 0; k < sizeof zero / sizeof *zero; k++) cr_expect_str_eq(word(&path, 1, zero[k]), "0");
  cr_assert_eq(curves.n_rows, 2 * (3 + 60 + 3));
  for (size_t i = curves.n_rows - 3; i < curves.n_rows; i++) {
    cr_expect_str_eq(word(&curves, i, "phase"), "finetune");
    cr_expect_str_eq(word(&curves, i, "r2_test_mean"), "0");
  }
  sbnn_tsv_free(&path), sbnn_tsv_free(&curves);
}

Test(sbnn_penalty, the_number_of_threads_changes_nothing) {
  run_well("cv" TABLES FAST " --out one --penalty proximal --folds 3 --threads 1");
  run_well("cv" TABLES FAST " --out two --penalty proximal --folds 3 --threads 3");
  cr_expect(cli_same(at("one/history.tsv"), at("two/history.tsv")));
  cr_expect(cli_same(at("one/predictions.tsv"), at("two/predictions.tsv")));
}

Test(sbnn_penalty, a_network_with_a_proximal_penalty_predicts) {
  run_well(TRAIN " --penalty proximal");
  run_well("predict --model out --x x.csv --out predicted.tsv --quiet");
  sbnn_tsv a = read_table("out/predictions.tsv"), b = read_table("predicted.tsv");
  cr_assert_eq(a.n_rows, b.n_rows);
  for (size_t i = 0; i < a.n_rows; i++)
    cr_expect_str_eq(sbnn_tsv_text(&a, i, a.n_cols - 1), sbnn_tsv_text(&b, i, b.n_cols - 1));
  sbnn_tsv_free(&a), sbnn_tsv_free(&b);
}

/* ---- chosen by the training ---- */

/* What run.json says of a fold's or the model's penalty. */
static double chosen_lasso(const char *path) {
  char *text = text_of(path), *found = strstr(text, "\"lasso\": 0."), *one = strstr(text, "\"lasso\": 1.0");
  cr_assert(found || one, "%s", text);
  double lasso = atof((found ? found : one) + strlen("\"lasso\": "));
  free(text);
  return lasso;
}

/* The strongest of the penalties that are tried may leave no gene at all: then another is chosen. */
Test(sbnn_penalty, auto_with_exact_zeros) {
  run_well(TRAIN " --lasso auto --penalty proximal --genes 0");
  cr_expect_gt(chosen_lasso(at("out/run.json")), 0);
}

Test(sbnn_penalty, auto_is_the_penalty_it_chooses) {
  run_well(TRAIN " --lasso auto");
  double lasso = chosen_lasso(at("out/run.json"));
  cr_expect(lasso == 0.001 || lasso == 0.01 || lasso == 0.1 || lasso == 1, "%g", lasso);
  char line[512];
  snprintf(line, sizeof line, "train" TABLES FAST " --out same --epochs-autoencoder 3 --lasso %g", lasso);
  run_well(line);
  cr_expect(cli_same(at("out/predictions.tsv"), at("same/predictions.tsv")));
  cr_expect(cli_same(at("out/history.tsv"), at("same/history.tsv")));
}

/* The lines of fold 1 in a table with folds. */
static void first_fold(const char *name, char *out, size_t room) {
  sbnn_tsv t = read_table(name);
  size_t used = 0;
  out[0] = 0;
  for (size_t i = 0; i < t.n_rows; i++)
    for (size_t j = 0; j < t.n_cols && !strcmp(word(&t, i, "fold"), "1"); j++)
      used += (size_t)snprintf(out + used, room - used, "%s ", sbnn_tsv_text(&t, i, j));
  sbnn_tsv_free(&t);
}

/* Other responses of the cells that fold 1 tests change nothing of what it chooses: no leak. */
static void expect_no_leak(const char *options) {
  char line[512], before[4096], after[4096];
  snprintf(line, sizeof line, CV " --folds 3 --force %s", options);
  run_well(line);
  first_fold("out/genes.tsv", before, sizeof before);
  sbnn_tsv cells = read_table("out/predictions.tsv");
  char *text = text_of(at("y.csv")), *rest = text;
  FILE *f = fopen(at("y.csv"), "w");
  int changed = 0;
  for (char *row; (row = strsep(&rest, "\n")) && *row;) {
    bool tested = false;
    for (size_t i = 0; i < cells.n_rows; i++) {
      size_t n = strlen(word(&cells, i, "cell"));
      tested |=
          !strncmp(row, word(&cells, i, "cell"), n) && row[n] == ',' && !strcmp(word(&cells, i, "fold"), "1");
    }
    changed += tested;
    if (tested) fprintf(f, "%.*s,9,-9,9,-9\n", (int)strcspn(row, ","), row);
    else fprintf(f, "%s\n", row);
  }
  cr_assert_eq(fclose(f), 0);
  cr_assert_eq(changed, 20);
  run_well(line);
  first_fold("out/genes.tsv", after, sizeof after);
  cr_expect_str_eq(before, after, "%s", options);
  cli_write(at("y.csv"), &(cli_table){.responses = true});
  free(text);
  sbnn_tsv_free(&cells);
}

Test(sbnn_penalty, what_is_tested_chooses_nothing) {
  expect_no_leak("--lasso auto");
  expect_no_leak("--prune-at best --epochs-unfrozen 30");
  expect_no_leak("--penalty proximal");
}

/* ---- the epoch of pruning ---- */

Test(sbnn_penalty, pruning_at_the_best_epoch) {
  run_well(CV " --protocol paper --folds 3 --prune-at best --epochs-unfrozen 40 --lr-unfrozen 0.02");
  sbnn_tsv history = read_table("out/history.tsv"), metrics = read_table("out/metrics.tsv");
  int before_last = 0;
  for (size_t i = 0; i < metrics.n_rows; i++) {
    if (strcmp(word(&metrics, i, "stage"), "unfrozen") || strcmp(word(&metrics, i, "split"), "test") ||
        strcmp(word(&metrics, i, "target"), "all"))
      continue;
    double best = -INFINITY, at_epoch = 0;
    for (size_t k = 0; k < history.n_rows; k++)
      if (!strcmp(word(&history, k, "phase"), "unfrozen") &&
          !strcmp(word(&history, k, "fold"), word(&metrics, i, "fold")) &&
          number(&history, k, "test_r2") > best)
        best = number(&history, k, "test_r2"), at_epoch = number(&history, k, "epoch");
    cr_expect_float_eq(number(&metrics, i, "r2"), best, 1e-5);
    before_last += at_epoch < 40;
  }
  cr_expect_gt(before_last, 0, "no fold had its best epoch before the last: nothing was tested");
  sbnn_tsv_free(&history), sbnn_tsv_free(&metrics);
}

/* The last fifth of the training rows, ten times as long as the others, does not train before pruning: R2 of
 * an epoch is that of the rows that its loss is of. */
Test(sbnn_penalty, r2_is_of_the_rows_that_trained) {
  enum { N = 40, TRAINED = 32 };
  float x[N][2], y[N][1];
  double squares[2] = {0};
  sbnn_options o;
  sbnn_error e = {0};
  sbnn_experiment out = {.model = "sbnn-nopretrain"};
  char *words[] = {"sbnn",
                   "train",
                   "--x",
                   "x",
                   "--y",
                   "y",
                   "--out",
                   "o",
                   "--prune-at",
                   "best",
                   "--genes",
                   "2",
                   "--hidden",
                   "4,3",
                   "--no-pretrain",
                   "--epochs-no-pretrain",
                   "3",
                   "--epochs-finetune",
                   "2"};
  cr_assert_eq(sbnn_options_parse((int)(sizeof words / sizeof *words), words, &o, &e), SBNN_OK, "%s", e.text);
  for (int i = 0; i < N; i++) {
    x[i][0] = (float)(i % 3 - 1), x[i][1] = (float)(i % 5 - 2);
    y[i][0] = (i < TRAINED ? 1 : 10) * x[i][i % 2];
    squares[0] += i < TRAINED ? y[i][0] * y[i][0] : 0;
    squares[1] += y[i][0] * y[i][0];
  }
  sbnn_matrices p = {.n_train = N,
                     .n_inputs = 2,
                     .n_responses = 1,
                     .x = &x[0][0],
                     .y = &y[0][0],
                     .input_genes = (size_t[]){0, 1}};
  const sbnn_model_options model = sbnn_model_options_of(&o);
  cr_assert_eq(sbnn_train_model(&p, &(sbnn_training){.options = &model}, &out, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(out.n_history, 5);
  for (size_t i = 0; i < out.n_history; i++) {
    const sbnn_history_row *h = &out.history[i];
    bool before = strcmp(h->phase, "unfrozen") == 0;
    double rows = before ? TRAINED : N, total = squares[!before];
    cr_expect_float_eq(h->train_r2, 1 - h->train_loss * rows / total, 1e-9, "%s %d", h->phase, h->epoch);
  }
  sbnn_experiment_free(&out);
}

Test(sbnn_penalty, refusals) {
  refuse(CV " --genes 0", 2, "--genes 0|--penalty proximal");
  refuse(CV " --penalty proximal --lasso auto", 2, "--lasso auto|--genes");
  refuse(CV " --penalty proximal --prune-at best", 2, "--prune-at best|--penalty proximal");
  refuse(CV " --recipe denoise --penalty proximal", 2, "--penalty proximal needs --recipe paper");
  refuse(CV " --recipe denoise --lasso auto", 2, "--lasso auto needs --recipe paper");
  refuse(CV " --lasso automatic", 2, "--lasso needs|or auto|'automatic'");
  refuse(CV " --penalty proximal --genes 0 --lasso 1e9", 3, "fold 1|leaves no gene|--genes");
}
