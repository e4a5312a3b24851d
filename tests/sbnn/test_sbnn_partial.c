/* test_sbnn_partial.c - `sbnn run` where something goes wrong: what can be told early is told before anything
 * is written, a response that is constant in a part of the cells is left out there, and a step that fails
 * does not end the others. */
#include "test_sbnn_run.h"

#include <math.h>

enum { CELLS = 90 };

/* The first response is 0 but in one cell, so that it is constant in most half-samples and in one fold. */
static void prepare(void) {
  make_tables(CELLS);
  size_t all = tables.n_cells;
  tables.n_cells = CELLS;
  for (size_t i = 0; i < CELLS; i++) tables.responses[i * tables.n_responses] = i == 7;
  write_responses(at("rare.tsv"));
  tables.responses[8 * tables.n_responses + 1] = NAN;
  write_responses(at("gap.tsv"));
  tables.n_cells = all;
}
TestSuite(sbnn_partial, .init = prepare, .fini = remove_tables);

#define DATA(y) " --x @x.tsv --y @" y " --labels @labels.tsv"
#define WITH(y) DATA(y) " --folds 2 --lambdas 0.3,0.6 --restarts 2" QUICK
/* Clusters of at least 3 cells: 4 of them there are, 40 not. */
#define FAILS " --clusters 40"

static void expect_lines(const char *file, const char *const *part, size_t n) {
  char *text = text_of(at(file));
  for (size_t i = 0; i < n; i++)
    cr_expect(strstr(text, part[i]), "'%s' is not in %s: %s", part[i], file, text);
  free(text);
}
#define EXPECT_LINES(file, ...)                                                                              \
  expect_lines(file, (const char *const[]){__VA_ARGS__},                                                     \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(sbnn_partial, a_response_constant_in_a_part_is_left_out_there) {
  runs("run --out @all" WITH("rare.tsv"));
  cr_expect(there(at("all/report.html")) && !there(at("all/failed.tsv")));
  char *metrics = text_of(at("all/cv-paper/metrics.tsv"));
  cr_expect(strstr(metrics, "test\tResponse01\tNA"), "%s", metrics); /* of the fold that cannot train on it */
  cr_expect_not(strstr(metrics, "test\tall\tNA"));
  free(metrics);
  char *predictions = text_of(at("all/cv-paper/predictions.tsv"));
  cr_expect(strstr(predictions, "\tNA\t"));
  free(predictions);
  EXPECT_LINES("all/cv-paper/run.json", "\"notes\": [", "left out there: 'Response01'");
  EXPECT_LINES("all/stability-denoise/run.json", "run ", "left out there: 'Response01'");
  EXPECT_LINES("all/srrr/run.json", "srrr, fold ", "left out there: 'Response01'");
}

/* A model of a half-sample is the one that is trained without that response. */
Test(sbnn_partial, leaving_out_is_as_dropping) {
  runs("cv --out @rare --folds 2" DATA("rare.tsv") QUICK_CV);
  runs("cv --out @less --folds 2 --drop-responses Response01" DATA("rare.tsv") QUICK_CV);
  char *rare = text_of(at("rare/metrics.tsv")), *less = text_of(at("less/metrics.tsv"));
  int same = 0;
  for (char *line, *rest = less; (line = strsep(&rest, "\n"));)
    if (strstr(line, "\ttest\tall\t")) same += strstr(rare, line) != NULL;
  cr_expect_geq(same, 1, "%s\n%s", rare, less);
  free(rare);
  free(less);
}

Test(sbnn_partial, a_step_that_fails_does_not_end_the_others) {
  sbnn_error e;
  cr_assert_eq(run(&e, "run --out @all" WITH("y.tsv") FAILS), SBNN_PARTIAL, "%s", e.text);
  cr_expect(strstr(e.text, "cv-paper (fold 1: pretraining: only "), "%s", e.text);
  cr_expect(strstr(e.text, "steps failed") && strstr(e.text, "report.html") && strstr(e.text, "--resume"),
            "%s", e.text);
  cr_expect(there(at("all/cv-denoise/metrics.tsv")) && there(at("all/srrr/srrr.tsv")) &&
            there(at("all/stability-denoise/stability.tsv")) && !there(at("all/cv-paper")));
  EXPECT_LINES("all/failed.tsv", "folder\tstep\tcode\tsentence\n", "cv-paper\tcross-validation",
               "\t3\tfold 1: ");
  EXPECT_LINES("all/report.html", "\"failed\":{\"folder\":[\"cv-paper\"", "{\"name\":\"cv-denoise\"");
  /* The report alone says so too; what was finished is not done again. */
  runs("report --results @all --out @page.html");
  EXPECT_LINES("page.html", "\"failed\":{\"folder\":[\"cv-paper\"");
  struct stat before, after;
  cr_assert_eq(stat(at("all/cv-denoise/metrics.tsv"), &before), 0);
  cr_expect_eq(run(&e, "run --out @all --resume" WITH("y.tsv") FAILS), SBNN_PARTIAL, "%s", e.text);
  cr_assert_eq(stat(at("all/cv-denoise/metrics.tsv"), &after), 0);
  cr_expect_eq(before.st_ino, after.st_ino);
}

/* Results of an earlier run in the folder of a step that failed are not shown as those of this one. */
Test(sbnn_partial, results_of_an_earlier_run_are_not_shown) {
  sbnn_error e;
  runs("run --out @all --recipe paper" WITH("y.tsv"));
  cr_assert_eq(run(&e, "run --out @all --recipe paper --force" WITH("y.tsv") FAILS), SBNN_PARTIAL, "%s",
               e.text);
  char *page = text_of(at("all/report.html"));
  cr_expect(there(at("all/cv-paper/metrics.tsv")) && !strstr(page, "{\"name\":\"cv-paper\""));
  free(page);
}

Test(sbnn_partial, other_responses_have_a_way_on) {
  struct stat before, after;
  runs("run --out @all --recipe denoise" WITH("rare.tsv"));
  cr_assert_eq(stat(at("all/srrr/srrr.tsv"), &before), 0);
  refuses("run --out @all --recipe denoise --resume --drop-responses Response01" WITH("rare.tsv"),
          SBNN_FAILED, "another run", "add --force");
  runs("run --out @all --recipe denoise --resume --force" WITH("rare.tsv")); /* all of it is of this run */
  cr_assert_eq(stat(at("all/srrr/srrr.tsv"), &after), 0);
  cr_expect_eq(before.st_ino, after.st_ino);
  runs("run --out @all --recipe denoise --resume --force --drop-responses Response01" WITH("rare.tsv"));
  char *metrics = text_of(at("all/cv-denoise/metrics.tsv"));
  cr_expect(!strstr(metrics, "Response01\t"), "%s", metrics);
  free(metrics);
}

/* Nothing is there afterwards, so that the command that mends it needs no --force. */
Test(sbnn_partial, gaps_are_told_before_anything_is_written) {
  refuses("run --out @all" WITH("gap.tsv"), SBNN_BAD_INPUT, "gap.tsv: the response 'Response02' of cell",
          "--missing drop-cells");
  cr_expect_not(there(at("all")));
  runs("run --out @all --recipe denoise --missing drop-cells" WITH("gap.tsv"));
  /* An earlier run stays as it was. */
  char *before = text_of(at("all/report.html"));
  refuses("run --out @all --recipe denoise --force" WITH("gap.tsv"), SBNN_BAD_INPUT, "gap.tsv", "missing");
  expect_text(at("all/report.html"), before);
  free(before);
}

Test(sbnn_partial, all_steps_failing_leave_nothing) {
  refuses("run --out @all --recipe paper --gene-threshold 1e30 --variable-genes 20" WITH("y.tsv"),
          SBNN_BAD_INPUT, "only 0 of the", "--gene-threshold");
  cr_expect_not(there(at("all")));
}
