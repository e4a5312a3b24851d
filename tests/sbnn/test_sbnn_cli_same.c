/* test_sbnn_cli_same.c - the same run, the same bits: whatever the threads, the order of the cells, the
 * layout of the tables. And the files' contents as docs/output.md has them. */
#include "test_sbnn_cli.h"

static void make_tables_and_labels(void) {
  make_tables();
  cli_write_labels(at("l.tsv"), 60);
}

TestSuite(sbnn_cli_same, .init = make_tables_and_labels, .fini = remove_root);

static const char *const cv_files[] = {
    "metrics.tsv", "history.tsv", "genes.tsv", "predictions.tsv", "predictions-nopretrain.tsv",
    "verdict.tsv", NULL};
static const char *const train_files[] = {
    "metrics.tsv",  "history.tsv", "genes.tsv",         "predictions.tsv", "latent.tsv", "overlays.tsv",
    "measured.tsv", "verdict.tsv", "model.safetensors", "model.json",      NULL};

enum { TRAIN_FILES = sizeof train_files / sizeof *train_files - 1 };

#define CV_TO    "cv" TABLES FAST " --out "
#define TRAIN_TO "train" TABLES FAST " --epochs-autoencoder 3 --out "

/* Runs "LINE OUT OPTIONS". */
static void run_to(const char *line, const char *out, const char *options) {
  char text[2048];
  snprintf(text, sizeof text, "%s%s%s", line, out, options);
  run_well(text);
}

static size_t count_same(const char *a, const char *b, const char *const *files) {
  size_t same = 0;
  for (; *files; files++) {
    char x[256], y[256];
    snprintf(x, sizeof x, "%s/%s/%s", root, a, *files);
    snprintf(y, sizeof y, "%s/%s/%s", root, b, *files);
    same += cli_same(x, y);
  }
  return same;
}

static void expect_same(const char *a, const char *b, const char *const *files) {
  for (; *files; files++) {
    const char *one[] = {*files, NULL};
    cr_expect_eq(count_same(a, b, one), 1, "%s of %s and %s are not the same", *files, a, b);
  }
}

/* ---- threads and seeds ---- */

Test(sbnn_cli_same, threads_in_cv) {
  static const char *const protocols[] = {"strict", "paper"};
  for (int i = 0; i < 2; i++) {
    char options[64], one[16], two[16], five[16];
    snprintf(one, sizeof one, "%s1", protocols[i]);
    snprintf(two, sizeof two, "%s2", protocols[i]);
    snprintf(five, sizeof five, "%s5", protocols[i]);
    snprintf(options, sizeof options, " --both --folds 7 --protocol %s --threads 1", protocols[i]);
    run_to(CV_TO, one, options);
    options[strlen(options) - 1] = '2';
    run_to(CV_TO, two, options);
    options[strlen(options) - 1] = '5';
    run_to(CV_TO, five, options);
    expect_same(one, two, cv_files);
    expect_same(one, five, cv_files);
  }
  cr_expect_eq(count_same("strict1", "paper1", cv_files), 0);
}

Test(sbnn_cli_same, both_is_each) {
  run_to(CV_TO, "both", " --both");
  run_to(CV_TO, "with", "");
  run_to(CV_TO, "without", " --no-pretrain");
  cr_expect(cli_same(at("both/predictions.tsv"), at("with/predictions.tsv")));
  cr_expect(cli_same(at("both/predictions-nopretrain.tsv"), at("without/predictions.tsv")));
}

/* Column `column` (from 0) of every line but the header is "NA". */
static bool all_missing(const char *path, int column) {
  char *text = text_of(path), *rest = strchr(text, '\n') + 1;
  bool missing = *rest != '\0';
  for (char *line; *rest && (line = strsep(&rest, "\n"));)
    for (int i = 0; i <= column; i++) {
      const char *field = strsep(&line, "\t");
      if (i == column) missing &= strcmp(field, "NA") == 0;
    }
  free(text);
  return missing;
}

/* Lines of the file that begin with the fold's number, as text. */
static char *lines_of_fold(const char *path, char fold) {
  char *text = text_of(path), *kept = calloc(strlen(text) + 1, 1);
  for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
    if (line[0] == fold && line[1] == '\t') strcat(strcat(kept, line), "\n");
  free(text);
  return kept;
}

Test(sbnn_cli_same, only_some_folds) {
  run_to(CV_TO, "all", " --folds 4");
  run_to(CV_TO, "some", " --folds 4 --only-folds 2,4");
  for (char fold = '1'; fold <= '4'; fold++) {
    char *all = lines_of_fold(at("all/history.tsv"), fold),
         *some = lines_of_fold(at("some/history.tsv"), fold);
    cr_expect_str_eq(some, fold % 2 ? "" : all);
    free(all);
    free(some);
  }
}

/* Scores of each epoch are only looked at: without them, the same models. */
Test(sbnn_cli_same, evaluated_at_stage_ends) {
  static const char *const same[] = {"metrics.tsv", "genes.tsv", "predictions.tsv", NULL};
  run_to(CV_TO, "each", " --protocol paper");
  run_to(CV_TO, "ends", " --protocol paper --evaluate stage-ends");
  expect_same("each", "ends", same);
  cr_expect(all_missing(at("ends/history.tsv"), 8) && !all_missing(at("each/history.tsv"), 8));
  cr_expect(!all_missing(at("ends/history.tsv"), 7), "the training curve is free");
  run_to(CV_TO, "best", " --evaluate stage-ends"); /* strict: the best validated weights, all the same */
  run_to(CV_TO, "strict", "");
  expect_same("best", "strict", same);
}

Test(sbnn_cli_same, seeds_in_train) {
  run_to(TRAIN_TO, "a", " --labels l.tsv --threads 1 --seed 5");
  run_to(TRAIN_TO, "b", " --labels l.tsv --threads 2 --seed 5");
  run_to(TRAIN_TO, "c", " --labels l.tsv --seed 6");
  expect_same("a", "b", train_files);
  cr_expect_eq(count_same("a", "c", train_files), 0);
}

/* All of run.json but the timings, which come last. */
Test(sbnn_cli_same, record) {
  run_to(CV_TO, "out", " --force");
  char *first = text_of(at("out/run.json"));
  run_to(CV_TO, "out", " --force");
  char *second = text_of(at("out/run.json"));
  cr_assert(strstr(first, "\"timings\": {") && strstr(second, "\"timings\": {"));
  *strstr(first, "\"timings\": {") = *strstr(second, "\"timings\": {") = '\0';
  cr_expect_str_eq(first, second);
  free(first);
  free(second);
}

/* ---- the tables' layout ---- */

typedef struct layout {
  const char *name;
  cli_table x, y;
} layout;

Test(sbnn_cli_same, order_and_layout) {
  const layout layouts[] = {
      {"counts reversed", {.reversed = true}, {.responses = true}},
      {"counts transposed", {.transposed = true}, {.responses = true}},
      {"responses transposed", {0}, {.responses = true, .transposed = true}},
      {"gzip", {.gzip = true}, {.responses = true, .gzip = true}},
      {"tabs", {.tabs = true}, {.responses = true, .tabs = true}},
      {"all",
       {.reversed = true, .transposed = true, .gzip = true, .tabs = true},
       {.responses = true, .transposed = true, .gzip = true, .tabs = true}},
  };
  run_to(CV_TO, "cv", "");
  run_to(TRAIN_TO, "train", " --labels l.tsv");
  const char *const one_model[] = {"metrics.tsv", "history.tsv", "genes.tsv", "predictions.tsv", NULL};
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    cli_write(at("x.csv"), &layouts[i].x);
    cli_write(at("y.csv"), &layouts[i].y);
    run_to(CV_TO, "cv2", " --force");
    run_to(TRAIN_TO, "train2", " --force --labels l.tsv");
    cr_expect_eq(count_same("cv", "cv2", one_model), 4, "cv: %s", layouts[i].name);
    cr_expect_eq(count_same("train", "train2", train_files), TRAIN_FILES, "train: %s", layouts[i].name);
  }
}

/* Cells of one table only are left out, and the rest is as if they had never been. */
Test(sbnn_cli_same, more_cells_in_one_table) {
  run_to(CV_TO, "cv", "");
  cli_write(at("x.csv"), &(cli_table){.cells = 75});
  run_to(CV_TO, "cv2", "");
  expect_same("cv", "cv2", (const char *const[]){"metrics.tsv", "history.tsv", "predictions.tsv", NULL});
}

/* ---- which cells are tested ---- */

/* How many of the cells c0..c59 a file lists once; -1 if one occurs more often, or out of order. */
static int listed(const char *path, int n) {
  char *text = text_of(path), name[16];
  int count = 0;
  const char *last = text;
  for (int i = 0; i < n && count >= 0; i++) {
    snprintf(name, sizeof name, "\nc%d\t", i);
    const char *found = strstr(text, name);
    if (!found) continue;
    count = found < last || strstr(found + 1, name) ? -1 : count + 1;
    last = found;
  }
  free(text);
  return count;
}

Test(sbnn_cli_same, tested_cells) {
  run_to(CV_TO, "strict", " --folds 7");
  cr_expect_eq(listed(at("strict/predictions.tsv"), 60), 60, "strict tests every cell once");
  run_to(CV_TO, "paper", " --folds 7 --protocol paper");
  cr_expect_eq(listed(at("paper/predictions.tsv"), 60), 56, "paper leaves 60 mod 7 cells out");
  run_to(CV_TO, "one", " --folds 60");
  cr_expect_eq(listed(at("one/predictions.tsv"), 60), 60, "leave-one-out");
  run_to(TRAIN_TO, "train", "");
  cr_expect_eq(listed(at("train/predictions.tsv"), 60), 60);
  cr_expect_eq(listed(at("train/latent.tsv"), 60), 60);
}

/* ---- extremes ---- */

Test(sbnn_cli_same, small_and_large_options) {
  static const char *const options[] = {
      " --hidden 1 --bottleneck 1 --batch 100000 --clusters 2",
      " --bottleneck 5 --genes 40 --threads 64 --cluster-min 0",
      " --hidden 8,8,8,8 --genes 1 --batch 1",
  };
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    char both[128];
    snprintf(both, sizeof both, "%s --force", options[i]);
    run_to(CV_TO, "cv", both);
    run_to(TRAIN_TO, "train", both);
  }
  cli_write(at("y.csv"), &(cli_table){.responses = true, .columns = 1});
  run_to(CV_TO, "cv", " --force");
  run_to(TRAIN_TO, "train", " --force");
}

/* ---- the files ---- */

static char *doc;

static void expect_documented(const char *what) {
  cr_expect(strstr(doc, what), "docs/output.md does not have %s", what);
}

static void expect_header(const char *path, const char *expected) {
  char *text = text_of(path);
  text[strcspn(text, "\n")] = '\0';
  cr_expect_str_eq(text, expected, "%s begins with %s", path, text);
  free(text);
}

/* The columns that the table under "### FILE" in the documentation lists, joined by tabs. */
static void documented_columns(const char *file, char *columns, size_t size) {
  char heading[64];
  snprintf(heading, sizeof heading, "### %s\n", file);
  const char *line = strstr(doc, heading);
  cr_assert(line != NULL, "%s", file);
  *columns = '\0';
  line = strstr(line, "| column | |\n|---|---|\n");
  cr_assert(line != NULL);
  for (line = strchr(strchr(line, '\n') + 1, '\n') + 1; *line == '|'; line = strchr(line, '\n') + 1) {
    char names[128];
    snprintf(names, sizeof names, "%.*s", (int)(strstr(line, " | ") - line) - 2, line + 2);
    for (char *rest = names, *name; (name = strsep(&rest, ","));) {
      size_t used = strlen(columns);
      snprintf(columns + used, size - used, "%s%s", used ? "\t" : "", name + (*name == ' '));
    }
  }
}

/* Nothing in the directory but what is documented for the command. */
static void expect_only(const char *directory, const char *const *files) {
  size_t n = 0, present = 0;
  for (; files[n]; n++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, files[n]);
    cr_expect(there(at(path)), "%s is missing", path);
    expect_documented(files[n]);
  }
  char record[64], figures[64];
  snprintf(record, sizeof record, "%s/run.json", directory);
  snprintf(figures, sizeof figures, "%s/figures", directory);
  present = n + there(at(record)) + there(at(figures));
  cr_expect_eq(entries(at(directory)), (int)present, "%s", directory);
}

Test(sbnn_cli_same, files_and_headers) {
  char columns[512];
  doc = text_of(NABLA_SOURCE_DIR "/docs/output.md");
  run_to(CV_TO, "cv", " --both");
  run_to(TRAIN_TO, "train", " --bottleneck 3");
  expect_only("cv", cv_files);
  expect_only("train", train_files);
  documented_columns("metrics.tsv", columns, sizeof columns);
  expect_header(at("cv/metrics.tsv"), columns);
  expect_header(at("train/metrics.tsv"), columns);
  cr_expect_str_eq(columns, "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2");
  documented_columns("history.tsv", columns, sizeof columns);
  expect_header(at("cv/history.tsv"), columns);
  expect_header(at("train/history.tsv"), columns);
  expect_documented("train: `rank gene norm`; cv: `model fold rank gene norm`");
  expect_header(at("cv/genes.tsv"), "model\tfold\trank\tgene\tnorm");
  expect_header(at("train/genes.tsv"), "rank\tgene\tnorm");
  expect_documented("- cv: `cell fold`, then one column per response");
  expect_documented("- train: `cell`, then one column per response");
  expect_header(at("cv/predictions.tsv"), "cell\tfold\tr0\tr1\tr2\tr3");
  expect_header(at("cv/predictions-nopretrain.tsv"), "cell\tfold\tr0\tr1\tr2\tr3");
  expect_header(at("train/predictions.tsv"), "cell\tr0\tr1\tr2\tr3");
  expect_documented("`cell z1 z2`, and `z3` ... for a wider bottleneck");
  expect_header(at("train/latent.tsv"), "cell\tz1\tz2\tz3");
  expect_documented("`cell`, then `gene:NAME` for each kept gene");
  expect_header(at("cv/verdict.tsv"), "model\tabout\tdoubt\tseen\tlimit\tsentence");
  expect_documented("`model about doubt seen limit sentence`");
  free(doc);
}

static size_t lines_with(const char *path, const char *what) {
  char *text = text_of(path);
  size_t n = 0;
  for (const char *found = text; (found = strstr(found, what)); found++) n++;
  free(text);
  return n;
}

Test(sbnn_cli_same, rows) {
  run_to(CV_TO, "cv", " --both --folds 5");
  cr_expect_eq(lines_with(at("cv/metrics.tsv"), "\n"), 1 + 5 * 2 * 5 * (4 + 3),
               "folds, splits, targets, stages");
  cr_expect_eq(lines_with(at("cv/metrics.tsv"), "\tfinetuned\ttest\tall\t"), 10);
  cr_expect_eq(lines_with(at("cv/metrics.tsv"), "sbnn-nopretrain\t1\tfrozen"), 0);
  cr_expect_eq(lines_with(at("cv/history.tsv"), "\n"), 1 + 5 * (4 * 3 + 2 * 3), "folds, phases, epochs");
  cr_expect_eq(lines_with(at("cv/genes.tsv"), "\n"), 1 + 10 * 5, "models, genes");
  run_to(TRAIN_TO, "train", "");
  cr_expect_eq(lines_with(at("train/metrics.tsv"), "\n"), 1 + 5 * 4);
  cr_expect_eq(lines_with(at("train/metrics.tsv"), "\ttest\t"), 0);
  cr_expect_eq(lines_with(at("train/history.tsv"), "\n"), 1 + 5 * 3);
  cr_expect_eq(lines_with(at("train/history.tsv"), "\tautoencoder\t"), 3);
  cr_expect_eq(lines_with(at("train/genes.tsv"), "\n"), 1 + 5);
}
