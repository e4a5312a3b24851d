/* test_sbnn_results.c - the files of a run and their formats, the summary, the pictures' names.
 * docs/output.md is the other side of these tests. */
#include "test_sbnn_results.h"
#include "commands/commands.h"
#include "support/files_end.h"

#include "figures/canvas.h"
#include "options/options.h"
#include "pictures/pictures.h"
#include "tables/run_json.h"
#include "tables/summary.h"
#include "tables/tables.h"

#include <math.h>

TestSuite(sbnn_results, .init = make_root, .fini = remove_root);

/* ---- fabricated runs ---- */

enum { CELLS = 5, GENES = 4, RESPONSES = 2 };

static char *cell_names[] = {"c1", "c2", "c\t3", "c4", "c5"};
static char *gene_names[] = {"Sst", "Vip", "Pvalb", "Gad1"};
static char *response_names[] = {"width", "rate"};
static char *label_names[] = {"a", "b"};
static int32_t labels[] = {0, 0, 1, 1, 0};
static char cell_colors_text[][8] = {"#FF0000", "#FF0000", "#00FF00", "", "#FF0000"};
static char label_colors_text[][8] = {"#FF0000", "#00FF00"};

static char x_path[] = "counts.csv", y_path[] = "y.csv";

static sbnn_dataset data_set(void) {
  return (sbnn_dataset){.n_cells = CELLS,
                        .n_genes = GENES,
                        .n_responses = RESPONSES,
                        .cell_names = cell_names,
                        .gene_names = gene_names,
                        .response_names = response_names,
                        .n_labels = 2,
                        .label_names = label_names,
                        .labels = labels,
                        .cell_colors = cell_colors_text,
                        .label_colors = label_colors_text,
                        .overlap = {.x_cells = 7,
                                    .y_cells = 6,
                                    .shared = CELLS,
                                    .x_genes_in = SBNN_GENES_IN_ROWS,
                                    .x_hash = 0xabc},
                        .x_path = x_path,
                        .y_path = y_path};
}

static void *copy(const void *from, size_t size) {
  void *to = sbnn_alloc(size, 1);
  memcpy(to, from, size);
  return to;
}
#define COPY(type, ...) copy((type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__}))

static sbnn_history_row row(const char *phase, int epoch, double train, double test) {
  bool pretrain = strcmp(phase, "pretrain") == 0;
  return (sbnn_history_row){.phase = phase,
                            .epoch = epoch,
                            .lr = 1e-4,
                            .train_loss = 1 - train,
                            .test_loss = 1 - test,
                            .train_r2 = pretrain ? NAN : train,
                            .test_r2 = pretrain ? NAN : test,
                            .train_accuracy = pretrain ? train : NAN,
                            .test_accuracy = pretrain ? test : NAN,
                            .penalty = NAN};
}

/* Two epochs in each phase; `base` is the R2 at the end. */
static sbnn_experiment experiment(const char *model, int fold, double base) {
  static const char *const phases[] = {"pretrain", "frozen", "unfrozen", "finetune", "autoencoder"};
  bool pretrain = strcmp(model, "sbnn") == 0;
  sbnn_experiment x = {.model = model, .fold = fold, .n_responses = RESPONSES, .bottleneck = 2, .seconds = 1};
  for (int p = 0; p < (fold ? 4 : 5); p++)
    for (int epoch = 1; epoch <= 2; epoch++) {
      if (!pretrain && p < 2) continue;
      sbnn_history_row h = row(phases[p], epoch, 0.1 * p + 0.05 * epoch, fold ? base - 0.1 : NAN);
      sbnn_experiment_add(&x, &h);
    }
  for (int split = 0; split < (fold ? 2 : 1); split++) {
    x.r2[SBNN_STAGE_UNFROZEN][split] = COPY(double, base - 0.1, base - 0.2, base);
    x.r2[SBNN_STAGE_FINETUNED][split] = COPY(double, base, base - 0.1, base + 0.1);
  }
  x.n_genes = 2;
  x.genes = COPY(size_t, 2, 0);
  x.norms = COPY(double, 2, 1.5);
  return x;
}

/* Tests cells `first` and first - 1, in that order. */
static sbnn_experiment fold_of(const char *model, int fold, double base, size_t first) {
  sbnn_experiment x = experiment(model, fold, base);
  x.n_test = 2;
  x.n_train = 3;
  x.test_cells = COPY(size_t, first, first - 1);
  x.predictions = COPY(double, fold, 0.5, fold + 10.0, -0.5);
  return x;
}

static sbnn_experiment whole(void) {
  sbnn_experiment x = experiment("sbnn", 0, 0.5);
  x.n_train = CELLS;
  x.train_cells = COPY(size_t, 4, 3, 2, 1, 0);
  x.predictions = COPY(double, 40, 0.4, 30, 0.3, 20, 0.2, 10, 0.1, 0, 0);
  x.latent = COPY(double, 4, -4, 3, -2, 2, -2.5, 1, -1, 0, 0.5);
  x.gene_predictions = COPY(double, 1, -1, 1, -1, 0, 0, -1, 1, -1, 1);
  x.response_predictions = COPY(double, 1, 1, 1, 1, 0, 0, -1, -1, -1, -1);
  return x;
}

/* Two folds of both models; the fifth cell is never tested. */
typedef struct run {
  sbnn_dataset data;
  sbnn_experiment x[4];
  sbnn_results results;
} run;

static void cv_run(run *r) {
  r->data = data_set();
  r->x[0] = fold_of("sbnn", 1, 0.4, 1);
  r->x[1] = fold_of("sbnn", 2, 0.6, 3);
  r->x[2] = fold_of("sbnn-nopretrain", 1, 0.3, 1);
  r->x[3] = fold_of("sbnn-nopretrain", 2, 0.3, 3);
  r->results = (sbnn_results){.data = &r->data, .protocol = "paper", .n = 4, .experiments = r->x};
}

static void train_run(run *r) {
  r->data = data_set();
  r->x[0] = whole();
  r->results = (sbnn_results){.data = &r->data, .protocol = "strict", .n = 1, .experiments = r->x};
}

static void run_free(run *r) {
  for (size_t i = 0; i < r->results.n; i++) sbnn_experiment_free(&r->x[i]);
}

static void expect_beginning(const char *path, const char *beginning, int lines) {
  char *text = text_of(path);
  int found = 0;
  for (const char *c = text; *c; c++) found += *c == '\n';
  cr_expect(strncmp(text, beginning, strlen(beginning)) == 0, "%s begins:\n%.600s", path, text);
  cr_expect_eq(found, lines, "%s has %d lines", path, found);
  free(text);
}

/* ---- tables ---- */

Test(sbnn_results, tables_of_a_cross_validation) {
  sbnn_error e = {0};
  run r;
  cv_run(&r);
  cr_assert_eq(sbnn_write_tables(root, &r.results, &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(entries(root), 5);
  expect_beginning(at("metrics.tsv"),
                   "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\n"
                   "paper\tsbnn\t1\tunfrozen\ttrain\tall\t0.3\n"
                   "paper\tsbnn\t1\tunfrozen\ttrain\twidth\t0.2\n"
                   "paper\tsbnn\t1\tunfrozen\ttrain\trate\t0.4\n"
                   "paper\tsbnn\t1\tunfrozen\ttest\tall\t0.3\n",
                   1 + 4 * 2 * 2 * 3);
  expect_beginning(at("history.tsv"),
                   "fold\tmodel\tphase\tepoch\tlr\ttrain_loss\ttest_loss\ttrain_r2\ttest_r2\ttrain_accuracy\t"
                   "test_accuracy\tpenalty\n"
                   "1\tsbnn\tpretrain\t1\t0.0001\t0.95\t0.7\tNA\tNA\t0.05\t0.3\tNA\n",
                   1 + 2 * 8 + 2 * 4);
  expect_beginning(at("genes.tsv"),
                   "model\tfold\trank\tgene\tnorm\n"
                   "sbnn\t1\t1\tPvalb\t2\n"
                   "sbnn\t1\t2\tSst\t1.5\n"
                   "sbnn\t2\t1\tPvalb\t2\n",
                   1 + 4 * 2);
  const char *predictions = "cell\tfold\twidth\trate\n"
                            "c1\t1\t11\t-0.5\n"
                            "c2\t1\t1\t0.5\n"
                            "c 3\t2\t12\t-0.5\n"
                            "c4\t2\t2\t0.5\n";
  expect_text(at("predictions.tsv"), predictions);
  expect_text(at("predictions-nopretrain.tsv"), predictions);
  run_free(&r);
}

Test(sbnn_results, tables_of_train) {
  sbnn_error e = {0};
  run r;
  train_run(&r);
  cr_assert_eq(sbnn_write_tables(root, &r.results, &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(entries(root), 6);
  expect_beginning(at("metrics.tsv"),
                   "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\n"
                   "strict\tsbnn\t0\tunfrozen\ttrain\tall\t0.4\n",
                   1 + 2 * 3);
  expect_text(at("genes.tsv"), "rank\tgene\tnorm\n1\tPvalb\t2\n2\tSst\t1.5\n");
  expect_text(at("predictions.tsv"),
              "cell\twidth\trate\nc1\t0\t0\nc2\t10\t0.1\nc 3\t20\t0.2\nc4\t30\t0.3\nc5\t40\t0.4\n");
  expect_text(at("latent.tsv"), "cell\tz1\tz2\nc1\t0\t0.5\nc2\t1\t-1\nc 3\t2\t-2.5\nc4\t3\t-2\nc5\t4\t-4\n");
  run_free(&r);
}

Test(sbnn_results, a_model_alone_is_in_predictions_tsv) {
  sbnn_error e = {0};
  run r;
  train_run(&r);
  r.x[0].model = "sbnn-nopretrain";
  cr_assert_eq(sbnn_write_tables(root, &r.results, &e), SBNN_OK);
  cr_expect(there(at("predictions.tsv")));
  cr_expect_not(there(at("predictions-nopretrain.tsv")));
  run_free(&r);
}

Test(sbnn_results, tables_report_where_writing_failed) {
  sbnn_error e = {0};
  run r;
  cv_run(&r);
  cr_assert_eq(mkdir(at("genes.tsv"), 0777), 0);
  cr_expect_eq(sbnn_write_tables(root, &r.results, &e), SBNN_FAILED);
  expect_sentence(&e, "genes.tsv", "Is a directory");
  run_free(&r);
}

static bool listed(const char *name) {
  for (const char *const *known = sbnn_result_files(); *known; known++)
    if (strcmp(*known, name) == 0) return true;
  return false;
}

/* Every name is in sbnn_result_files, without which it would not leave the staging directory. */
static void expect_listed(const char *directory, const char *prefix) {
  DIR *dir = opendir(directory);
  cr_assert(dir != NULL);
  for (struct dirent *entry; (entry = readdir(dir));) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", prefix, entry->d_name);
    if (entry->d_type == DT_REG) cr_expect(listed(name), "%s is not in sbnn_result_files", name);
  }
  closedir(dir);
}

static void write_and_commit(run *r, const char *path) {
  sbnn_error e = {0};
  sbnn_outdir *o = opened(path, true);
  cr_assert_eq(sbnn_write_tables(sbnn_outdir_staging(o), &r->results, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_write_pictures(sbnn_outdir_figures(o), &r->results, &e), SBNN_OK, "%s", e.text);
  expect_listed(sbnn_outdir_staging(o), "");
  expect_listed(sbnn_outdir_figures(o), "figures/");
  commit(o);
  run_free(r);
}

Test(sbnn_results, train_then_cross_validation_in_one_directory) {
  run r;
  train_run(&r);
  write_and_commit(&r, at("out"));
  cr_expect(there(at("out/latent.tsv")));
  if (sbnn_figures_available()) cr_expect_eq(entries(at("out/figures")), 4 * 3);
  cv_run(&r);
  write_and_commit(&r, at("out"));
  cr_expect_not(there(at("out/latent.tsv")));
  cr_expect(there(at("out/predictions-nopretrain.tsv")));
  if (sbnn_figures_available()) {
    cr_expect_eq(entries(at("out/figures")), 3 * 3);
    cr_expect(there(at("out/figures/responses.png")));
    cr_expect(there(at("out/figures/training_curves.pdf")) && there(at("out/figures/pretraining.svg")));
  }
}

Test(sbnn_results, every_name_is_documented) {
  char *text = text_of(NABLA_SOURCE_DIR "/docs/output.md");
  for (const char *const *name = sbnn_result_files(); *name; name++) {
    char stem[64];
    const char *slash = strchr(*name, '/');
    /* pictures are documented once, without their three extensions */
    if (slash) snprintf(stem, sizeof stem, "`%.*s`", (int)strcspn(slash + 1, "."), slash + 1);
    else snprintf(stem, sizeof stem, "`%s`", *name);
    cr_expect(strstr(text, stem) != NULL, "%s is not in docs/output.md", stem);
  }
  free(text);
}

/* ---- pictures ---- */

Test(sbnn_results, pictures_of_odd_runs) {
  sbnn_error e = {0};
  run r;
  cr_assert_eq(mkdir(at("one"), 0777) | mkdir(at("bare"), 0777), 0);
  train_run(&r);
  r.x[0].bottleneck = 1;
  cr_expect_eq(sbnn_write_pictures(at("one"), &r.results, &e), SBNN_OK, "%s", e.text);
  cr_expect_not(there(at("one/latent_map.png")), "a line is no map");
  r.x[0].bottleneck = 2;
  free(r.x[0].gene_predictions);
  r.x[0].gene_predictions = NULL;
  r.data.n_labels = 0;
  r.x[0].n_history = 0;
  cr_expect_eq(sbnn_write_pictures(at("bare"), &r.results, &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(entries(at("bare")), sbnn_figures_available() ? 3 : 0, "the map alone");
  r.results.n = 0;
  cr_expect_eq(sbnn_write_pictures(at("bare"), &r.results, &e), SBNN_OK);
  r.results.n = 1;
  cr_expect_eq(sbnn_write_pictures(at("none"), &r.results, &e),
               sbnn_figures_available() ? SBNN_FAILED : SBNN_OK);
  run_free(&r);
}

Test(sbnn_results, pictures_are_the_same_bytes_again) {
  sbnn_error e = {0};
  run r;
  train_run(&r);
  cr_assert_eq(mkdir(at("a"), 0777) | mkdir(at("b"), 0777), 0);
  label_names[1] = "unlabelled"; /* the last label by rule: grey, not named */
  cr_assert_eq(sbnn_write_pictures(at("a"), &r.results, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_write_pictures(at("b"), &r.results, &e), SBNN_OK, "%s", e.text);
  if (sbnn_figures_available()) {
    char *a = text_of(at("a/latent_map.svg")), *b = text_of(at("b/latent_map.svg"));
    cr_expect_str_eq(a, b);
    free(a);
    free(b);
  }
  run_free(&r);
}

/* ---- run.json ---- */

static void two_facts(void (*each)(void *ctx, const char *name, const char *value), void *ctx) {
  each(ctx, "version", "0.1.0");
  each(ctx, "cpu", "a \xff CPU");
}

static void expect_lines(const char *path, size_t n, const char *const *line) {
  char *text = text_of(path);
  for (size_t i = 0; i < n; i++) cr_expect(strstr(text, line[i]) != NULL, "no %s in:\n%s", line[i], text);
  free(text);
}

static void each_option(const void *options, sbnn_option_hook *each, void *ctx) {
  sbnn_options_each(options, each, ctx);
}

Test(sbnn_results, run_json_tells_how_and_what) {
  sbnn_error e = {0};
  run r;
  cv_run(&r);
  sbnn_options o = {.command = &sbnn_command_cv, .seed = 7, .lasso = 0.1};
  o.hidden[0] = 512, o.hidden[1] = 128, o.n_hidden = 2;
  sbnn_run j = {.command = "cv",
                .seed = &o.seed,
                .each_option = each_option,
                .options = &o,
                .hints = true,
                .results = &r.results,
                .seconds = 2.5,
                .facts = two_facts};
  cr_assert_eq(sbnn_write_run_json(at("run.json"), &j, &e), SBNN_OK, "%s", e.text);
  static const char *const line[] = {
      "{\n  \"build\": {\n    \"cpu\": \"a ? CPU\",\n    \"version\": \"0.1.0\"\n  }",
      "\"command\": \"cv\"",
      "\"fnv1a64\": \"0000000000000abc\"",
      "\"cells\": 5,",
      "\"lasso\": 0.1,",
      "\"hidden\": \"512,128\"",
      "\"schema\": 1",
      "\n  \"seed\": 7,",
      "\"x_genes_in\": \"rows\"",
      "\"seconds\": 2.5",
      "\"protocol\": \"paper\"",
      "\"mean\": 0.5,",
      "\"sd\": 0.1",
      "\"path\": \"counts.csv\"",
      "\"labels\": null"};
  expect_lines(at("run.json"), sizeof line / sizeof *line, line);
  run_free(&r);
}

Test(sbnn_results, run_json_of_train_lists_the_genes) {
  sbnn_error e = {0};
  run r;
  train_run(&r);
  r.x[0].seconds = NAN;
  r.x[0].r2[SBNN_STAGE_FINETUNED][SBNN_TRAIN][0] = -INFINITY;
  sbnn_run j = {.results = &r.results};
  cr_assert_eq(sbnn_write_run_json(at("run.json"), &j, &e), SBNN_OK, "%s", e.text);
  static const char *const line[] = {"\"command\": \"train\"", "\"Pvalb\",\n            \"Sst\"",
                                     "\"seconds\": null", "\"mean\": null"};
  expect_lines(at("run.json"), sizeof line / sizeof *line, line);
  files_end_at(10);
  cr_expect_eq(sbnn_write_run_json(at("run.json"), &j, &e), SBNN_FAILED);
  files_end_at(-1);
  expect_sentence(&e, "run.json", "File too large");
  run_free(&r);
}

/* ---- summary ---- */

Test(sbnn_results, mean_and_sd_have_ddof_0_and_pass_nan) {
  sbnn_mean_sd m = sbnn_mean_sd_of((double[]){1, NAN, 2, 3, 4}, 5);
  cr_expect_eq(m.n, 4);
  cr_expect_float_eq(m.mean, 2.5, 1e-15);
  cr_expect_float_eq(m.sd, sqrt(1.25), 1e-15);
  m = sbnn_mean_sd_of(NULL, 0);
  cr_expect(m.n == 0 && isnan(m.mean) && isnan(m.sd));
}

static char *summary_of(const sbnn_results *r) {
  FILE *f = fopen(at("summary"), "w");
  sbnn_print_summary(f, r);
  fclose(f);
  return text_of(at("summary"));
}

Test(sbnn_results, summary_of_a_cross_validation) {
  run r;
  cv_run(&r);
  char *text = summary_of(&r.results);
  cr_expect_str_eq(text,
                   "2 folds, protocol paper: mean +- sd over folds\n"
                   "sbnn              train R2         test R2\n"
                   "  unfrozen         0.400 +- 0.100   0.400 +- 0.100\n"
                   "  finetuned        0.500 +- 0.100   0.500 +- 0.100\n"
                   "sbnn-nopretrain   train R2         test R2\n"
                   "  unfrozen         0.200 +- 0.000   0.200 +- 0.000\n"
                   "  finetuned        0.300 +- 0.000   0.300 +- 0.000\n"
                   "final test R2                 sbnn             sbnn-nopretrain\n"
                   "  rate                         0.600 +- 0.100   0.400 +- 0.000\n"
                   "  width                        0.400 +- 0.100   0.200 +- 0.000\n",
                   "%s", text);
  free(text);
  run_free(&r);
}

Test(sbnn_results, summary_of_train_names_the_genes) {
  run r;
  train_run(&r);
  char *text = summary_of(&r.results);
  cr_expect(
      strstr(text, "  finetuned        0.500\n") &&
          strstr(text, "\n  (training cells; sbnn cv measures how well unseen cells are predicted)\n") &&
          strstr(text, "The 2 genes kept, largest norm first:\n  Pvalb Sst\n"),
      "%s", text);
  free(text);
  run_free(&r);
}
