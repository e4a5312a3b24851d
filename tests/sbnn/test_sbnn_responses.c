/* test_sbnn_responses.c - responses that are missing, and what is done to responses before they are z-scored.
 */
#include "data/dataset.h"
#include "data/prepare.h"
#include "test_sbnn_data.h"

#include <math.h>

TestSuite(sbnn_responses, .init = make_root, .fini = remove_root);

/* ---- missing ---- */

static const char counts[] = "gene,c1,c2,c3,c4\ng1,1,2,3,4\ng2,5,6,7,9\n";
static const char by_cell[] = "cell,r1,r2,r3\nc1,1,2,3\nc2,NA,4,1\nc9,,,\nc3,5,,7\nc4,6,7,8\n";
static const char by_response[] = "r,c1,c2,c9,c3,c4\nr1,1,NA,,5,6\nr2,2,4,,null,7\nr3,3,1,,7,8\n";

static int read_with(const char *y, sbnn_missing missing, sbnn_dataset *d, sbnn_error *e) {
  *e = (sbnn_error){0};
  sbnn_dataset_options o = {
      .x_path = write_text("x.csv", counts), .y_path = write_text("y.csv", y), .missing = missing};
  return sbnn_dataset_read(&o, d, e);
}

Test(sbnn_responses, missing_is_an_error_that_lists) {
  sbnn_dataset d;
  sbnn_error e;
  cr_expect_eq(read_with(by_cell, SBNN_MISSING_ERROR, &d, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT,
                 "y.csv, line 3, column 2 (r1)|'r1' of cell 'c2'|(2 missing values, in 2 of 4 "
                 "cells)|'r1' (1), 'r2' (1)");
  cr_expect_eq(read_with(by_response, SBNN_MISSING_ERROR, &d, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "y.csv, line 2, column 3 (c2)|'r1' of cell 'c2'|(2 missing values");
}

Test(sbnn_responses, cells_or_responses_are_left_out) {
  static const char *const tables[] = {by_cell, by_response};
  for (int i = 0; i < 2; i++) {
    sbnn_dataset d;
    sbnn_error e;
    cr_assert_eq(read_with(tables[i], SBNN_MISSING_DROP_CELLS, &d, &e), SBNN_OK, "%s", e.text);
    cr_assert(d.n_cells == 2 && d.n_responses == 3 && d.overlap.shared == 4);
    cr_expect_str_eq(d.cell_names[1], "c4");
    cr_expect(sbnn_counts_at(&d.counts, 1, 1) == 9 && d.responses[3] == 6);
    cr_assert_eq(d.n_notes, 1);
    cr_expect(strstr(d.notes[0], "2 values are missing") &&
                  strstr(d.notes[0], "2 of 4 cells are left out: 'c2', 'c3'"),
              "%s", d.notes[0]);
    sbnn_dataset_free(&d);
    cr_assert_eq(read_with(tables[i], SBNN_MISSING_DROP_RESPONSES, &d, &e), SBNN_OK, "%s", e.text);
    cr_assert(d.n_cells == 4 && d.n_responses == 1);
    cr_expect_str_eq(d.response_names[0], "r3");
    cr_expect(d.responses[1] == 1 && d.responses[3] == 8);
    cr_expect(strstr(d.notes[0], "2 of 3 responses are left out: 'r1', 'r2'"), "%s", d.notes[0]);
    sbnn_dataset_free(&d);
  }
}

/* A gap in a cell that the counts do not have is nobody's business. */
Test(sbnn_responses, only_shared_cells_count) {
  sbnn_dataset d;
  sbnn_error e;
  cr_assert_eq(read_with("cell,r1\nc1,1\nc9,\nc2,3\n", SBNN_MISSING_ERROR, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 2 && d.n_notes == 0);
  sbnn_dataset_free(&d);
}

Test(sbnn_responses, long_lists_are_cut) {
  char x[4096] = "cell,g1", y[4096] = "cell,r1,r2";
  for (int i = 0; i < 60; i++) {
    sprintf(x + strlen(x), "\ncell%d,%d", i, i);
    sprintf(y + strlen(y), "\ncell%d,%s,%d", i, i % 2 ? "NA" : "1.5", i);
  }
  sprintf(y + strlen(y), "\n");
  sbnn_dataset_options o = {
      .x_path = write_text("x.csv", x), .y_path = write_text("y.csv", y), .missing = SBNN_MISSING_DROP_CELLS};
  sbnn_dataset d;
  sbnn_error e = {0};
  sbnn_dataset_read(&o, &d, &e); /* r1 is constant now, which is said */
  check_sentence(&e, SBNN_BAD_INPUT, "'r1' is 1.5 in all 30 cells");
  o.missing = SBNN_MISSING_DROP_RESPONSES;
  e = (sbnn_error){0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(strstr(d.notes[0], "30 values are missing, of the response 'r1' (30)") != NULL, "%s", d.notes[0]);
  sbnn_dataset_free(&d);
}

/* ---- transforms ---- */

static char *names[] = {"CD3", "CD4", "IgG1", "size"};

static void check_rule(const char *rule, const char *expected) {
  static const char letters[] = {[SBNN_Y_NONE] = 'n', [SBNN_Y_LOG1P] = 'l', [SBNN_Y_CLR] = 'c'};
  sbnn_y_transform t[4];
  char found[5] = "";
  sbnn_error e = {0};
  cr_assert_eq(sbnn_y_rule_apply(rule, names, 4, t, &e), SBNN_OK, "%s: %s", rule ? rule : "NULL", e.text);
  for (int i = 0; i < 4; i++) found[i] = letters[t[i]];
  cr_expect_str_eq(found, expected, "%s gives %s", rule ? rule : "NULL", found);
}

Test(sbnn_responses, rules) {
  check_rule(NULL, "nnnn");
  check_rule("none", "nnnn");
  check_rule("zscore", "nnnn");
  check_rule("log1p", "llll");
  check_rule("clr", "cccc");
  check_rule("log1p:CD*,none:*", "llnn");
  check_rule("clr:CD*,log1p:IgG?", "ccln");
  check_rule("none:CD4,clr:CD*,clr:Ig*,log1p", "cncl"); /* the first that matches */
  check_rule("log1p:[CI]*", "llln");
  static const char *const wrong[] = {"", "sqrt", "log1p:", ",", "log1p,", ":a", "log1p:a,,none", "LOG1P"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    cr_expect(!sbnn_y_rule_valid(wrong[i]), "%s", wrong[i]);
}

Test(sbnn_responses, transforms_have_names) {
  static const sbnn_y_transform all[] = {SBNN_Y_NONE, SBNN_Y_LOG1P, SBNN_Y_CLR};
  sbnn_y_transform t;
  for (int i = 0; i < 3; i++) {
    cr_expect(sbnn_y_transform_named(sbnn_y_transform_name(all[i]), &t));
    cr_expect_eq(t, all[i]);
  }
  cr_expect(!sbnn_y_transform_named("log", &t) && !sbnn_y_transform_named("", &t));
}

/* Forward by hand, and back to own units where there is a way back. */
Test(sbnn_responses, forward_and_back) {
  const sbnn_y_transform t[] = {SBNN_Y_CLR, SBNN_Y_CLR, SBNN_Y_LOG1P, SBNN_Y_NONE};
  const double y[] = {3, 0, 1000, -7};
  double out[4];
  cr_assert_eq(sbnn_y_forward(t, 4, y, out), 4);
  cr_expect_float_eq(out[0], log(4) / 2, 1e-15);
  cr_expect_float_eq(out[1], -log(4) / 2, 1e-15);
  cr_expect(out[2] == log1p(1000) && out[3] == -7);
  cr_expect_float_eq(sbnn_y_back(t[2], out[2]), 1000, 1e-9);
  cr_expect(sbnn_y_back(t[3], out[3]) == -7 && sbnn_y_back(t[0], out[0]) == out[0]);
  cr_expect_eq(sbnn_y_forward(t, 4, (const double[]){1, -1, 1, 1}, out), 1);
  cr_expect_eq(sbnn_y_forward(t, 4, (const double[]){1, 1, 1, -1e9}, out), 4);
}

/* What is fitted and applied with a rule, taken back, is the responses again (clr: the clr values). */
Test(sbnn_responses, round_trip) {
  sbnn_dataset_options o = {
      .x_path = write_text("x.csv", counts),
      .y_path = write_text("y.csv",
                           "cell,CD3,CD4,IgG1,size\nc1,1,2,3,-4\nc2,5,900,7,8\nc3,0,4,2,11\nc4,3,3,9,0.5\n"),
      .y_transform = "clr:CD*,log1p:Ig*"};
  const size_t rows[] = {0, 1, 2, 3};
  sbnn_dataset d;
  sbnn_preparation p, copy;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  sbnn_prepare_options po = {.y_transform = o.y_transform};
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 4}, &po, &p, &e), SBNN_OK, "%s", e.text);
  float y[16];
  double z[16];
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, 4}, NULL, y, &e), SBNN_OK);
  for (int i = 0; i < 16; i++) z[i] = (double)y[i];
  sbnn_preparation_copy(&p, &copy);
  sbnn_preparation_free(&p);
  sbnn_prepare_own_units(&copy, NULL, z, 4);
  for (size_t i = 0; i < 4; i++) {
    const double *own = d.responses + 4 * i;
    double clr = (log1p(own[0]) - log1p(own[1])) / 2;
    cr_expect_float_eq(z[4 * i], clr, 1e-6);
    cr_expect_float_eq(z[4 * i + 1], -clr, 1e-6);
    cr_expect_float_eq(z[4 * i + 2], own[2], 1e-5);
    cr_expect_float_eq(z[4 * i + 3], own[3], 1e-5);
  }
  sbnn_preparation_free(&copy);
  sbnn_dataset_free(&d);
}
