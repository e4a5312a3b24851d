/* test_sbnn_kinds.c - what kind of numbers the tables hold is recognised, and what fits them is said, once
 * and not to those who have decided. */
#include "data/tails.h"
#include "test_sbnn_cli.h"

#include <math.h>

TestSuite(sbnn_kinds, .init = make_root, .fini = remove_root);

static uint32_t state;
static double uniform(void) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / 16777216.0;
}

enum { CELLS = 120, GENES = 30, RESPONSES = 5 };

/* Counts above 0 around `middle` (1: molecules), of which every other is 0. */
static void write_counts(const char *name, double middle) {
  FILE *f = fopen(at(name), "w");
  state = 7;
  fputs("id", f);
  for (int j = 0; j < GENES; j++) fprintf(f, ",g%d", j);
  for (int i = 0; i < CELLS; i++) {
    fprintf(f, "\nc%d", i);
    for (int j = 0; j < GENES; j++)
      fprintf(f, ",%.0f", uniform() < 0.5 ? floor(exp(3 * (uniform() - 0.5)) * middle) + (middle < 2) : 0.0);
  }
  fputs("\n", f);
  fclose(f);
}

typedef enum kind { PHYSIOLOGY, PROTEINS, ONE_OUTLIER } kind;

/* Names with an antibody's barcode. Proteins: counts up to thousands; of physiology one is a number of
 * spikes. */
static void write_responses(const char *name, kind k) {
  FILE *f = fopen(at(name), "w");
  state = 9;
  fputs("id", f);
  for (int j = 0; j < RESPONSES; j++) fprintf(f, ",r%d", j);
  for (int i = 0; i < CELLS; i++) {
    fprintf(f, "\nc%d", i);
    for (int j = 0; j < RESPONSES; j++) {
      double v = uniform();
      if (k == PROTEINS) fprintf(f, ",%.0f", exp(9 * v));
      else if (j == 0) fprintf(f, ",%.0f", 130 * v);
      else if (k == ONE_OUTLIER && j == 1) fprintf(f, ",%.4f", i == 4 ? 5000.0 : 3 + v);
      else if (k == ONE_OUTLIER && j == 2) fprintf(f, ",%.4f", i == 5 ? 5000.0 : v - 2);
      else if (k == ONE_OUTLIER && j == 3) fprintf(f, ",%.4f", exp(14 * v * v * v * v));
      else fprintf(f, ",%.4f", 10 * v - 60);
    }
  }
  fputs("\n", f);
  fclose(f);
}

/* Counts of the kind `middle` and responses of the kind `k`: what `line` says (parts between '|') and does
 * not. */
static void hears(double middle, kind k, const char *options, const char *parts, const char *never) {
  char line[512];
  write_counts("x.csv", middle);
  write_responses("y.csv", k);
  snprintf(line, sizeof line,
           "srrr --x x.csv --y y.csv --folds 2 --lambdas 0.5 --variable-genes 24 --out out --force%s",
           options);
  cli_result r = sbnn(line);
  cr_assert_eq(r.code, 0, "%s", r.err);
  char *copy = strdup(parts);
  for (char *rest = copy, *part; (part = strsep(&rest, "|"));)
    cr_expect(strstr(r.err, part), "%s: '%s' is not in: %s", options, part, r.err);
  cr_expect(!never || !strstr(r.err, never), "%s: '%s' is in: %s", options, never, r.err);
  free(copy);
}

Test(sbnn_kinds, reads_with_the_threshold_of_molecules) {
  hears(300, PHYSIOLOGY, "",
        "The counts look like reads|--gene-threshold 0 is for molecules|--preset patchseq", "proteins");
  hears(300, PHYSIOLOGY, " --preset patchseq", "", "look like");
  hears(300, PHYSIOLOGY, " --gene-threshold 0", "", "look like");
  hears(300, PHYSIOLOGY, " --no-hints", "", "look like");
  hears(300, PHYSIOLOGY, " --preset citeseq --y-transform none", "look like reads", NULL);
  hears(14, PHYSIOLOGY, "", "120 cells", "look like"); /* neither for certain */
}

/* Before the sentence that too few genes are above 30. */
Test(sbnn_kinds, molecules_with_the_threshold_of_reads) {
  write_counts("x.csv", 1);
  write_responses("y.csv", PHYSIOLOGY);
  cli_result r = sbnn("srrr --x x.csv --y y.csv --folds 2 --variable-genes 24 --out out --preset patchseq");
  cr_expect(r.code == 3 && strstr(r.err, "The counts look like molecules") &&
                strstr(r.err, "--preset citeseq"),
            "%s", r.err);
  hears(1, PHYSIOLOGY, "", "120 cells", "look like");
}

/* Where no genes are chosen the threshold is not used, and nothing is said. */
Test(sbnn_kinds, a_threshold_that_is_not_used) {
  hears(300, PHYSIOLOGY, " --variable-genes 0", "120 cells", "look like");
}

Test(sbnn_kinds, raw_counts_of_proteins) {
  hears(14, PROTEINS, "",
        "The responses look like raw counts of proteins (whole numbers up to|--preset citeseq|--y-transform "
        "log1p",
        "ruled by a few cells");
  hears(14, PROTEINS, " --preset citeseq", "120 cells", "counts of proteins");
  hears(14, PROTEINS, " --y-transform clr", "120 cells", "counts of proteins");
  hears(14, PROTEINS, " --y-transform none", "120 cells", "counts of proteins");
  hears(14, PROTEINS, " --no-hints", "120 cells", "counts of proteins");
  hears(14, PHYSIOLOGY, "", "120 cells", "counts of proteins"); /* one count among others */
}

/* All steps, and the report says it too, unless it is not to be said. */
Test(sbnn_kinds, a_whole_run_of_raw_counts_of_proteins) {
  static const char line[] =
      "run --x x.csv --y y.csv --recipe denoise --folds 2 --lambdas 0.5 --restarts 2 --variable-genes 0"
      " --epochs-autoencoder 3 --out all --force" TALK;
  char silent[512];
  write_counts("x.csv", 14);
  write_responses("y.csv", PROTEINS);
  cli_result r = sbnn(line);
  cr_assert_eq(r.code, 0, "%s", r.err);
  char *page = text_of(at("all/report.html")), *record = text_of(at("all/train-denoise/run.json"));
  const char *hint = strstr(r.err, "The responses look like raw counts of proteins");
  cr_expect(hint && !strstr(hint + 1, "The responses look like"), "said once: %s", r.err);
  cr_expect(strstr(record, "\"hints\": [\n") && strstr(record, "raw counts of proteins"), "%s", record);
  cr_expect(strstr(page, "raw counts of proteins") != NULL);
  free(page);
  free(record);
  snprintf(silent, sizeof silent, "%s --no-hints", line);
  r = sbnn(silent);
  cr_assert_eq(r.code, 0, "%s", r.err);
  page = text_of(at("all/report.html"));
  cr_expect(!strstr(page, "raw counts of proteins") && !strstr(r.err, "raw counts of proteins"));
  free(page);
}

/* Named with the transform that helps, or with the cell. */
Test(sbnn_kinds, responses_that_a_few_cells_rule) {
  hears(14, ONE_OUTLIER, "",
        "3 of 5 responses are dominated by a few cells|'r1' (|--y-transform log1p:r3,none|for 'r1', where "
        "log1p does not help, check cell 'c4' (5000)|for 'r2', where log1p does not help, check cell 'c5' "
        "(5000)",
        "counts of proteins");
  hears(14, ONE_OUTLIER, " --y-transform log1p:r3,none", "120 cells", "ruled by");
  hears(14, ONE_OUTLIER, " --no-hints", "120 cells", "ruled by");
}

Test(sbnn_kinds, tails) {
  char *names[] = {(char *)"a,b"}, *cells[100];
  double y[100], logs;
  for (int i = 0; i < 100; i++) cells[i] = (char *)"c", y[i] = i;
  sbnn_dataset d = {
      .n_cells = 100, .n_responses = 1, .responses = y, .response_names = names, .cell_names = cells};
  sbnn_tail t = sbnn_response_tail(&d, NULL, 0);
  cr_expect(fabs(t.part - 49.5 * 49.5 / 83325) < 1e-12 && t.cell == 0, "%g", t.part);
  y[7] = 1e4, y[3] = NAN;
  t = sbnn_response_tail(&d, NULL, 0);
  logs = sbnn_response_tail(&d, "log1p", 0).part;
  cr_expect(t.part > 0.98 && t.cell == 7 && t.log1p == logs && logs < SBNN_TAIL_HEAVY, "%g %g", t.part, logs);
  y[0] = -1;
  cr_expect(isnan(sbnn_response_tail(&d, NULL, 0).log1p));
  y[0] = 0;
  for (int i = 0; i < 100; i++) y[i] = exp(0.15 * i);
  char *advice = sbnn_tail_advice(&d, NULL, (size_t[]){0}, 1);
  cr_expect_str_eq(advice, "--y-transform 'log1p:a?b,none'");
  free(advice);
}
