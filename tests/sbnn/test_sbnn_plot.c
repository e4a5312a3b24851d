/* test_sbnn_plot.c - `sbnn plot` draws from the tables what `sbnn train` and `sbnn cv` drew from memory. */
#include "test_sbnn_run.h"

#include "output/reader.h"
#include "tables/stored.h"

static void prepare(void) { make_tables(150); }
TestSuite(sbnn_plot, .init = prepare, .fini = remove_tables);

static const char *const stems[] = {"training_curves", "pretraining", "latent_map", "overlays"};
static const char *const endings[] = {"png", "svg", "pdf"};

static char *figure(const char *directory, const char *stem, const char *ending) {
  static char path[4][512];
  static int next;
  char *p = path[next++ & 3];
  snprintf(p, sizeof path[0], "%s/%s/figures/%s.%s", root, directory, stem, ending);
  return p;
}

static size_t size_of(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? (size_t)s.st_size : 0;
}

#if NABLA_CAIRO && NABLA_QHULL

/* Values that the network made are floats and come back exactly; the curves are rounded to 9 digits, which is
 * far finer than their lines. */
Test(sbnn_plot, the_same_pictures) {
  runs("train --x @x.tsv --y @y.tsv --labels @labels.tsv --out @d" QUICK);
  char *svg[4];
  for (int i = 0; i < 4; i++) {
    svg[i] = text_of(figure("d", stems[i], "svg"));
    for (int k = 0; k < 3; k++) cr_assert_eq(remove(figure("d", stems[i], endings[k])), 0);
  }
  runs("plot --results @d --quiet");
  for (int i = 0; i < 4; i++) {
    expect_text(figure("d", stems[i], "svg"), svg[i]);
    for (int k = 0; k < 3; k++)
      cr_expect_gt(size_of(figure("d", stems[i], endings[k])), 1000, "%s", stems[i]);
  }
  sbnn_stored s;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_stored_read(at("d"), &s, &e), SBNN_OK, "%s", e.text);
  char line[512];
  snprintf(line, sizeof line, "plot --results @d --quiet --genes %s,%s --responses %s", s.data.gene_names[5],
           s.data.gene_names[0], s.data.response_names[2]);
  runs(line);
  char *other = text_of(figure("d", "overlays", "svg")), *map = text_of(figure("d", "latent_map", "svg"));
  cr_expect_str_neq(other, svg[3]);
  cr_expect_str_eq(map, svg[2]);
  free(other);
  free(map);
  sbnn_stored_free(&s);
  for (int i = 0; i < 4; i++) free(svg[i]);
}

Test(sbnn_plot, folds) {
  runs("cv --x @x.tsv --y @y.tsv --both --folds 3 --out @cv" QUICK_CV);
  char *svg = text_of(figure("cv", "training_curves", "svg"));
  remove(figure("cv", "training_curves", "svg"));
  runs("plot --results @cv --quiet");
  expect_text(figure("cv", "training_curves", "svg"), svg);
  cr_expect_eq(size_of(figure("cv", "latent_map", "svg")), 0);
  refuses("plot --results @cv --genes A", SBNN_USAGE, "no overlays.tsv", "train");
  free(svg);
}

/* What the linear model leaves: R2 by genes, a map, and levels for the curves of the networks. */
Test(sbnn_plot, the_linear_model) {
  static const char *const of_srrr[] = {"by_genes", "latent_map", "overlays"};
  runs("srrr --x @x.tsv --y @y.tsv --labels @labels.tsv --ranks 1,3 --lambdas 0.3,0.1 --folds 3 --quiet "
       "--out @s");
  char *svg[3];
  for (int i = 0; i < 3; i++) {
    svg[i] = text_of(figure("s", of_srrr[i], "svg"));
    remove(figure("s", of_srrr[i], "svg"));
  }
  runs("plot --results @s --quiet");
  for (int i = 0; i < 3; i++) {
    expect_text(figure("s", of_srrr[i], "svg"), svg[i]);
    free(svg[i]);
  }
  runs("cv --x @x.tsv --y @y.tsv --no-pretrain --folds 3 --out @cv" QUICK_CV);
  char *curves = text_of(figure("cv", "training_curves", "svg")),
       *scores = text_of(figure("cv", "responses", "svg"));
  runs("plot --results @cv --srrr @s --quiet");
  char *compared = text_of(figure("cv", "training_curves", "svg"));
  cr_expect_str_neq(compared, curves);
  expect_text(figure("cv", "responses", "svg"), scores);
  sbnn_stored s;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_stored_read(at("cv"), &s, &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(s.results.genes_kept, 8);
  cr_expect_eq(s.data.n_responses, tables.n_responses);
  sbnn_stored_free(&s);
  refuses("plot --results @cv --srrr @cv", SBNN_BAD_INPUT, "srrr.tsv", "folder of results");
  put_file(at("s/srrr.tsv"),
           "rank\tlambda\tgenes_mean\tr2_test_relaxed_mean\tr2_test_relaxed_sd\n0\t1\t1\t1\t1\n");
  refuses("plot --results @cv --srrr @s", SBNN_BAD_INPUT, "line 2", "no such rank");
  put_file(at("s/srrr.tsv"), "rank\tlambda\n");
  refuses("plot --results @s", SBNN_BAD_INPUT, "no column 'genes_mean'", "srrr.tsv");
  free(curves);
  free(scores);
  free(compared);
}

Test(sbnn_plot, names_that_are_not_there) {
  runs("train --x @x.tsv --y @y.tsv --out @d" QUICK);
  refuses("plot --results @d --genes Nothing", SBNN_USAGE, "'Nothing' is not among the 8 genes", "kept");
  refuses("plot --results @d --responses Response1", SBNN_USAGE, "'Response1'", "did you mean 'Response1");
  refuses("plot --results @d --responses "
          "Response01,Response01,Response01,Response01,Response01,Response01,Response01,"
          "Response01,Response01,Response01",
          SBNN_USAGE, "more than 9", "panels");
}

#endif

Test(sbnn_plot, damaged_results) {
  static const char history[] = "fold\tmodel\tphase\tepoch\tlr\ttrain_loss\ttest_loss\ttrain_r2\ttest_"
                                "r2\ttrain_accuracy\ttest_accuracy\tpenalty\n";
  static const struct {
    const char *row, *part, *other;
  } bad[] = {{"", "holds no epochs", "history.tsv"},
             {"0\tsbnn\tfrozen\t1\n", "line 2 has 4 fields", "12"},
             {"0\tnet\tfrozen\t1\t1\t1\t1\t1\t1\t1\t1\t1\n", "line 2", "no such model"},
             {"0\tsbnn\tthawed\t1\t1\t1\t1\t1\t1\t1\t1\t1\n", "line 2", "no such phase"},
             {"NA\tsbnn\tfrozen\t1\t1\t1\t1\t1\t1\t1\t1\t1\n", "line 2", "no such fold"},
             {"0\tsbnn\tfrozen\t1\tx\t1\t1\t1\t1\t1\t1\t1\n", "line 2", "'x' in column 'lr'"}};
  mkdir(at("d"), 0777);
  refuses("plot --results @d", SBNN_BAD_INPUT, "history.tsv", "folder of results");
  put_file(at("d/history.tsv"), "a\tb\n");
  refuses("plot --results @d", SBNN_BAD_INPUT, "no column 'fold'", "history.tsv");
  put_file(at("d/history.tsv"), "");
  refuses("plot --results @d", SBNN_BAD_INPUT, "empty", "history.tsv");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[1024];
    snprintf(text, sizeof text, "%s%s", history, bad[i].row);
    put_file(at("d/history.tsv"), text);
    refuses("plot --results @d", SBNN_BAD_INPUT, bad[i].part, bad[i].other);
  }
  char text[1024];
  snprintf(text, sizeof text, "%s0\tsbnn\tfrozen\t1\t1\t1\tNA\t1\tNA\tNA\tNA\tNA", history);
  put_file(at("d/history.tsv"), text); /* without the last line's end */
  put_file(at("d/latent.tsv"), "cell\tz1\tz2\na\t1\t2\nb\t3\t4\n");
  put_file(at("d/overlays.tsv"), "cell\tgene:G\tresponse:R\nb\t1\t2\na\t3\t4\n");
  refuses("plot --results @d", SBNN_BAD_INPUT, "overlays.tsv", "order");
  put_file(at("d/overlays.tsv"), "cell\tgene:G\tother:R\na\t1\t2\nb\t3\t4\n");
  refuses("plot --results @d", SBNN_BAD_INPUT, "overlays.tsv", "other:R");
  put_file(at("d/overlays.tsv"), "cell\tgene:G\tresponse:R\na\t1\t2\nb\t3\t4\n");
  put_file(at("d/labels.tsv"), "cell\na\nb\n");
  refuses("plot --results @d", SBNN_BAD_INPUT, "labels.tsv", "1 columns");
  put_file(at("d/labels.tsv"), "cell\ttype\tcolor\na\tT\tnonsense\nb\tT\t#000000\n");
  refuses("plot --results @d", SBNN_BAD_INPUT, "metrics.tsv", "");
  put_file(at("d/metrics.tsv"),
           "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\nstrict\tsbnn\t0\tfinetuned\ttrain\tR\t0.5\n");
  runs("plot --results @d --quiet");
}
