/* test_sbnn_report.c - `sbnn report`: what goes into the page, and what is refused. That the page works is
 * the business of check_report.sh. */
#include "data/ids.h"
#include "figures/short_names.h"
#include "output/reader.h"
#include "test_sbnn_run.h"

#include <math.h>
#include <stdlib.h>

static void prepare(void) { make_root(); }
TestSuite(sbnn_report, .init = prepare, .fini = remove_root);

#define HISTORY                                                                                              \
  "fold\tmodel\tphase\tepoch\tlr\ttrain_loss\ttest_loss\ttrain_r2\ttest_r2\ttrain_accuracy\ttest_"           \
  "accuracy\tpenalty\n"
#define METRICS "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\n"

/* A folder as train leaves it: three cells, one gene, one response. */
static void write_train(const char *gene, const char *response, const char *type) {
  char text[1024];
  mkdir(at("d"), 0777);
  put_file(at("d/history.tsv"), HISTORY "0\tsbnn\tunfrozen\t1\t1\t1\tNA\t0.25\tNA\tNA\tNA\tNA\n");
  snprintf(text, sizeof text,
           METRICS
           "strict\tsbnn\t0\tfinetuned\ttrain\tall\t0.5\nstrict\tsbnn\t0\tfinetuned\ttrain\t%s\t0.5\n",
           response);
  put_file(at("d/metrics.tsv"), text);
  snprintf(text, sizeof text, "rank\tgene\tnorm\n1\t%s\t0.123456789\n", gene);
  put_file(at("d/genes.tsv"), text);
  put_file(at("d/latent.tsv"), "cell\tz1\tz2\na\t1\t2\nb\t3\t4\nc\t5\t1\n");
  snprintf(text, sizeof text, "cell\tgene:%s\tresponse:%s\na\t1\t2\nb\t3\t4\nc\t0\t0.333333\n", gene,
           response);
  put_file(at("d/overlays.tsv"), text);
  snprintf(text, sizeof text, "cell\ttype\na\t%s\nb\t%s\nc\tother\n", type, type);
  put_file(at("d/labels.tsv"), text);
}

static size_t occurrences(const char *text, const char *part) {
  size_t n = 0;
  for (; (text = strstr(text, part)); text++) n++;
  return n;
}

static void expect_in(const char *page, const char *part) {
  cr_expect(strstr(page, part) != NULL, "'%s' is not in the page", part);
}

Test(sbnn_report, of_one_folder) {
  write_train("Sst", "Width", "Pvalb");
  runs("report --results @d --quiet");
  char *page = text_of(at("d/report.html"));
  expect_in(page, "\"kind\":\"train\"");
  expect_in(page, "\"genes\":{\"rank\":[1],\"gene\":[\"Sst\"],\"norm\":[0.1235]}");
  expect_in(page, "\"name\":\"Width\",\"values\":[");
  expect_in(page, "0.333");
  cr_expect_eq(occurrences(page, "{{"), 0);
  cr_expect_eq(occurrences(page, "http://www.w3.org/2000/svg"), 1); /* a name, not an address; and no other */
  cr_expect_eq(occurrences(page, "http"), 2);                       /* ... and "http-equiv" */
  free(page);
}

/* Names of genes, responses, types and the folder are the user's. */
Test(sbnn_report, hostile_names) {
  write_train("</script><script>alert(1)</script>", "\"quoted\\\" & <b>", "<!--<script>");
  runs("report --results @d --out @page.html --quiet");
  char *page = text_of(at("page.html"));
  cr_expect_eq(occurrences(page, "</script>"), 2);
  cr_expect_eq(occurrences(page, "<script>"), 1);
  cr_expect_eq(occurrences(page, "<!--"), 0);
  expect_in(page, "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)");
  expect_in(page, "\\\"quoted\\\\\\\" \\u0026 \\u003cb\\u003e");
  free(page);
}

/* The folders inside a folder, and only those with results. */
Test(sbnn_report, of_several_folders) {
  mkdir(at("all"), 0777);
  mkdir(at("all/empty"), 0777);
  mkdir(at("all/linear"), 0777);
  put_file(
      at("all/linear/srrr.tsv"),
      "rank\tlambda\tgenes_mean\tr2_test_mean\tr2_test_sd\tr2_test_relaxed_mean\tr2_test_"
      "relaxed_sd\tr2_train_mean\tr2_train_relaxed_mean\n2\t0.4\t24.2\t0.3\t0.02\t0.35\t0.02\t0.4\t0.5\n");
  mkdir(at("all/repeated"), 0777);
  put_file(at("all/repeated/stability.tsv"),
           "gene\truns\tfrequency\tlow\thigh\trank_mean\nVip\t9\t0.9\t0.596\t0.982\t3\n");
  put_file(at("all/repeated/stability_summary.tsv"), "quantity\tvalue\nruns\t10\noverlap_mean\t14.2\n");
  write_train("Sst", "Width", "Pvalb");
  cr_assert_eq(rename(at("d"), at("all/train")), 0);
  runs("report --results @all --quiet");
  char *page = text_of(at("all/report.html"));
  expect_in(page, "{\"name\":\"linear\",\"kind\":\"srrr\",\"srrr\":{\"rank\":[2],");
  expect_in(page, "{\"name\":\"train\",\"kind\":\"train\"");
  expect_in(page, "\"kind\":\"stability\",\"stability\":{\"gene\":[\"Vip\"],\"runs\":[9],\"frequency\":[0.9],"
                  "\"low\":[0.596]");
  cr_expect_eq(occurrences(page, "\"name\":\"empty\""), 0);
  free(page);
}

Test(sbnn_report, nothing_to_report) {
  refuses("report --results @nowhere", SBNN_BAD_INPUT, "nowhere", "cannot be read");
  mkdir(at("d"), 0777);
  refuses("report --results @d", SBNN_BAD_INPUT, "holds no results", "nor do the folders");
  write_train("Sst", "Width", "Pvalb");
  refuses("report --results @d --out @none/page.html", SBNN_FAILED, "none/page.html", "could not be written");
}

/* A run killed while it moved its files up: old and new ones are side by side. */
Test(sbnn_report, half_of_two_runs) {
  write_train("Sst", "Width", "Pvalb");
  mkdir(at("d/.moving"), 0777);
  refuses("report --results @d", SBNN_BAD_INPUT, "files of two runs", "--resume");
  cr_expect_neq(access(at("d/report.html"), F_OK), 0);
  rmdir(at("d/.moving"));
  runs("report --results @d --quiet");
}

/* Tables of different runs, tables cut off, a table that is gone: one sentence, and no page. */
Test(sbnn_report, damaged_results) {
  static const struct {
    const char *file, *text, *part, *other;
  } bad[] = {
      {"genes.tsv", "rank\tgene\tnorm\n1\tVip\t1\n", "genes.tsv", "disagree about 'Vip'"},
      {"genes.tsv", "rank\tgene\tnorm\n", "genes.tsv", "disagree about 'Sst'"},
      {"genes.tsv", "rank\tgene\tnorm\nfirst\tSst\t1\n", "line 2", "'first' in column 'rank'"},
      {"metrics.tsv", METRICS "strict\tsbnn\t0\tfinetuned\ttrain\tHeight\t0.5\n", "metrics.tsv", "'Height'"},
      {"overlays.tsv", "cell\tgene:Sst\tresponse:Width\na\t1\t2\n", "overlays.tsv", "cells of latent.tsv"},
      {"labels.tsv", "cell\ttype\na\tT\nc\tT\nb\tT\n", "labels.tsv", "order"},
      {"latent.tsv", "cell\tz1\tz2\na\t1\n", "line 2 has 2 fields", "3"},
      {"latent.tsv", NULL, "overlays.tsv", "latent.tsv"},
      {"history.tsv", NULL, "history.tsv", "cannot be opened"},
      {"run.json", "{\"command\": ", "run.json, line 1", "cut off"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char name[64];
    write_train("Sst", "Width", "Pvalb");
    snprintf(name, sizeof name, "d/%s", bad[i].file);
    if (bad[i].text) put_file(at(name), bad[i].text);
    else remove(at(name));
    refuses("report --results @d", SBNN_BAD_INPUT, bad[i].part, bad[i].other);
    cr_expect_neq(access(at("d/report.html"), F_OK), 0, "%s", bad[i].file);
  }
}

/* What was measured stands beside what is predicted, under the names that a reader knows. */
Test(sbnn_report, measured_and_predicted) {
  write_train("Sst", "CD4-GAGGTTAGTGATGGA", "Pvalb");
  runs("report --results @d --quiet"); /* results of an older version */
  char *page = text_of(at("d/report.html"));
  cr_expect_eq(occurrences(page, "\"measured\":["), 0);
  expect_in(page, "\"shown\":{\"CD4-GAGGTTAGTGATGGA\":\"CD4\"}");
  free(page);
  put_file(at("d/measured.tsv"),
           "cell\tgene:Sst\tresponse:CD4-GAGGTTAGTGATGGA\na\t-7\t8\nb\t-7\t8\nc\t-7\t8\n");
  runs("report --results @d --quiet");
  page = text_of(at("d/report.html"));
  expect_in(page, "\"measured\":[-7,-7,-7]");
  expect_in(page, "\"measured\":[8,8,8]");
  free(page);
  put_file(at("d/measured.tsv"), "cell\tgene:Sst\na\t1\nb\t1\nc\t1\n");
  refuses("report --results @d", SBNN_BAD_INPUT, "measured.tsv", "columns of overlays.tsv");
}

/* train writes the z-scores of its tables. */
Test(sbnn_report, measured_is_what_the_table_says) {
  make_tables(60);
  runs("train --out @t --recipe denoise --x @x.tsv --y @y.tsv --variable-genes 0" QUICK);
  size_t n = 60, q = tables.n_responses;
  double mean = 0, square = 0;
  for (size_t i = 0; i < n; i++) mean += tables.responses[i * q] / (double)n;
  for (size_t i = 0; i < n; i++) square += pow(tables.responses[i * q] - mean, 2) / (double)n;
  sbnn_tsv t;
  sbnn_error e = {0};
  size_t column;
  cr_assert_eq(sbnn_tsv_read(at("t/measured.tsv"), &t, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_tsv_column(&t, "response:Response01", &column, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(t.n_rows, n);
  for (size_t i = 0; i < n; i++) {
    double seen = atof(sbnn_tsv_text(&t, i, column)), z = (tables.responses[i * q] - mean) / sqrt(square);
    cr_expect(fabs(seen - z) < 1e-5, "%g %g", seen, z);
  }
  sbnn_tsv_free(&t);
  sbnn_dataset_free(&tables);
}

Test(sbnn_report, short_names) {
  static const char *const names[][2] = {{"CD4-GAGGTTAGTGATGGA", "CD4"},
                                         {"CD45RA_TotalSeqB", "CD45RA"},
                                         {"anti-CD3 ACGTACGT", "anti-CD3"},
                                         {"HLA-A", "HLA-A"},
                                         {"GATTACAA", "GATTACAA"},
                                         {"PD-1", "PD-1"},
                                         {"-GAGGTTAGTGATGGA", "-GAGGTTAGTGATGGA"},
                                         {"CD8-GAGGTTAG", "CD8-GAGGTTAG"}, /* the other CD8 */
                                         {"CD8-TTTTTTTT", "CD8-TTTTTTTT"},
                                         {"IgG_TotalSeqA", "IgG_TotalSeqA"}, /* IgG itself */
                                         {"IgG", "IgG"}};
  enum { N = sizeof names / sizeof *names };
  char *given[N];
  for (size_t i = 0; i < N; i++) given[i] = (char *)names[i][0];
  char **shown = sbnn_short_names(given, N);
  for (size_t i = 0; i < N; i++) cr_expect_str_eq(shown[i], names[i][1]);
  sbnn_free_strings(shown, N);
}
