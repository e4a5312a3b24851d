/* test_sbnn_stored.c - results that are read again, for pictures and reports: small folders of which one table is changed. */
#include "tables/stored.h"
#include "test_sbnn_data.h"

TestSuite(sbnn_stored, .init = make_root, .fini = remove_root);

#define HISTORY                                                                                              \
  "fold\tmodel\tphase\tepoch\tlr\ttrain_loss\ttest_loss\ttrain_r2\ttest_r2\ttrain_accuracy\t"                \
  "test_accuracy\tpenalty\n"
#define EPOCH   "\t1\t1\t1\tNA\t1\tNA\tNA\tNA\tNA\n"
#define METRICS "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\n"
#define SCORE   "p\tsbnn\t0\tfinetuned\ttrain\t"

typedef struct table {
  const char *name, *text; /* NULL: there is none */
} table;

/* As `sbnn train` leaves it, and as `sbnn cv` does. */
static const table whole[] = {{"history.tsv", HISTORY "0\tsbnn\tfrozen" EPOCH},
                              {"latent.tsv", "cell\tz1\tz2\na\t1\t2\nb\t3\t4\n"},
                              {"overlays.tsv", "cell\tgene:G\tresponse:R\na\t1\t2\nb\t3\t4\n"},
                              {"measured.tsv", "cell\tgene:G\tresponse:R\na\t5\t6\nb\t7\t8\n"},
                              {"labels.tsv", "cell\ttype\tcolor\na\tT\t#112233\nb\tU\t#000000\n"},
                              {"metrics.tsv", METRICS SCORE "all\t0.5\n" SCORE "R\t0.25\n"},
                              {"genes.tsv", NULL}};
static const table folds[] = {
    {"history.tsv",
     HISTORY "1\tsbnn\tfrozen" EPOCH "2\tsbnn\tfrozen" EPOCH "1\tsbnn-nopretrain\tfinetune" EPOCH},
    {"metrics.tsv", METRICS "p\tsbnn\t1\tunfrozen\ttest\tall\tx\np\tsbnn\t1\tunfrozen\ttest\tR\tx\n"
                            "p\tsbnn\t1\tfinetuned\ttest\tall\t0.5\np\tsbnn\t1\tfinetuned\ttest\tR\t0.25\n"
                            "p\tsbnn\t2\tfinetuned\ttest\tall\t0.75\np\tsbnn\t2\tfinetuned\ttest\tR\tNA\n"},
    {"genes.tsv", "model\tfold\trank\tgene\nsbnn\t1\t1\tG\nsbnn\t1\t2\tH\nsbnn\t2\t1e10\tG\n"},
    {"latent.tsv", NULL},
    {"overlays.tsv", NULL},
    {"measured.tsv", NULL},
    {"labels.tsv", NULL}};
enum { TABLES = sizeof whole / sizeof *whole };

static int read_with(const table *base, const table *change, sbnn_stored *s, sbnn_error *e) {
  *e = (sbnn_error){0};
  for (size_t i = 0; i < TABLES; i++) unlink(at(base[i].name));
  for (size_t i = 0; i < TABLES; i++) {
    const char *text = change && strcmp(change->name, base[i].name) == 0 ? change->text : base[i].text;
    if (text) write_text(base[i].name, text);
  }
  return sbnn_stored_read(root, s, e);
}

Test(sbnn_stored, what_is_there) {
  sbnn_stored s;
  sbnn_error e;
  cr_assert_eq(read_with(whole, NULL, &s, &e), SBNN_OK, "%s", e.text);
  const sbnn_experiment *x = s.experiments;
  cr_assert(s.results.n == 1 && s.data.n_cells == 2 && s.data.n_genes == 1 && s.data.n_responses == 1);
  cr_expect(x->latent[3] == 4 && x->gene_predictions[1] == 3 && x->response_measured[1] == 8);
  cr_expect(x->r2[SBNN_STAGE_FINETUNED][SBNN_TRAIN][1] == 0.25 && !x->r2[SBNN_STAGE_FINETUNED][SBNN_TEST]);
  cr_expect_str_eq(s.data.label_names[s.data.labels[1]], "U");
  cr_expect_str_eq(s.data.cell_colors[0], "#112233");
  sbnn_stored_free(&s);
  cr_assert_eq(read_with(folds, NULL, &s, &e), SBNN_OK, "%s", e.text);
  cr_assert(s.results.n == 3 && s.results.genes_kept == 2 && s.data.n_responses == 1);
  sbnn_stored_free(&s);
}

/* What may be missing: the measured values of an older version, labels, colours, the map. */
Test(sbnn_stored, less_is_there) {
  static const table list[] = {
      {"measured.tsv", NULL}, {"labels.tsv", NULL}, {"labels.tsv", "cell\ttype\na\tT\nb\tU\n"}};
  sbnn_stored s;
  sbnn_error e;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    cr_assert_eq(read_with(whole, &list[i], &s, &e), SBNN_OK, "%s", e.text);
    cr_expect_eq(s.experiments[0].gene_measured == NULL, i == 0);
    cr_expect_eq(s.data.labels == NULL, i == 1);
    cr_expect_eq(s.data.cell_colors == NULL, i >= 1);
    sbnn_stored_free(&s);
  }
}

static void refuse_all(const table *base, const table *list, const char *const *parts, size_t n) {
  for (size_t i = 0; i < n; i++) {
    sbnn_stored s;
    sbnn_error e;
    cr_expect_eq(read_with(base, &list[i], &s, &e), SBNN_BAD_INPUT, "case %zu", i);
    check_sentence(&e, SBNN_BAD_INPUT, parts[i]);
    cr_expect(s.experiments == NULL && s.data.n_cells == 0, "case %zu", i);
  }
}

#define REFUSE(base, list, parts) refuse_all(base, list, parts, sizeof(parts) / sizeof *(parts))

Test(sbnn_stored, of_a_training_that_is_wrong) {
  static const table list[] = {
      {"history.tsv", HISTORY "0\tsbnn\tfrozen\t1e10\t1\t1\tNA\t1\tNA\tNA\tNA\tNA\n"},
      {"latent.tsv", "cell\tz1\tz2\n"},
      {"latent.tsv", "cell\na\nb\n"},
      {"latent.tsv", "cell\tz1\tz2\na\t1\tx\nb\t3\t4\n"},
      {"latent.tsv", NULL},
      {"overlays.tsv", "cell\tgene:G\tresponse:R\na\t1\t2\n"},
      {"overlays.tsv", "cell\tgene:G\tresponse:R\na\t1\t2\nc\t3\t4\n"},
      {"overlays.tsv", "cell\tgene:G\tresponse:R\na\tx\t2\nb\t3\t4\n"},
      {"overlays.tsv", "cell\tgene:G\tresponse:R\na\t1\ty\nb\t3\t4\n"},
      {"measured.tsv", "cell\tgene:G\tresponse:R\nb\t1\t2\na\t3\t4\n"},
      {"measured.tsv", "cell\tgene:G\na\t1\nb\t3\n"},
      {"measured.tsv", "cell\tgene:G\tresponse:R\na\tx\t2\nb\t3\t4\n"},
      {"measured.tsv", "cell\tgene:G\tresponse:R\na\t1\ty\nb\t3\t4\n"},
      {"measured.tsv", ""},
      {"labels.tsv", "cell\ttype\nb\tT\na\tU\n"},
      {"labels.tsv", "cell\ttype\tcolor\tmore\na\tT\t#112233\t1\nb\tU\t#000000\t1\n"},
      {"metrics.tsv", METRICS "p\tnet\t0\tfinetuned\ttrain\tall\t1\n"},
      {"metrics.tsv", METRICS SCORE "all\t1\n" SCORE "R\t1\n" SCORE "S\t1\n"},
      {"metrics.tsv", METRICS "p\tsbnn\tzero\tfinetuned\ttrain\tall\t1\n"},
      {"metrics.tsv", METRICS SCORE "all\tx\n"},
      {"metrics.tsv", "model\tfold\tstage\tsplit\ttarget\n"},
      {"metrics.tsv", NULL},
  };
  static const char *const parts[] = {"history.tsv, line 2: there is no such fold or epoch",
                                      "latent.tsv holds no cells",
                                      "latent.tsv holds no cells",
                                      "latent.tsv, line 2: 'x' in column 'z2' is not a number",
                                      "holds overlays.tsv but not the map it belongs to, latent.tsv",
                                      "overlays.tsv does not list the cells of latent.tsv",
                                      "overlays.tsv does not list the cells of latent.tsv",
                                      "overlays.tsv, line 2: 'x' in column 'gene:G'",
                                      "overlays.tsv, line 2: 'y' in column 'response:R'",
                                      "measured.tsv does not list the cells of latent.tsv",
                                      "measured.tsv does not have the columns of overlays.tsv",
                                      "measured.tsv, line 2: 'x' in column 'gene:G'",
                                      "measured.tsv, line 2: 'y' in column 'response:R'",
                                      "measured.tsv is empty",
                                      "labels.tsv does not list the cells of latent.tsv",
                                      "labels.tsv has 4 columns",
                                      "metrics.tsv, line 2: there is no such model",
                                      "metrics.tsv, line 4: there is no such response",
                                      "metrics.tsv, line 2: 'zero' in column 'fold'",
                                      "metrics.tsv, line 2: 'x' in column 'r2'",
                                      "metrics.tsv has no column 'r2'",
                                      "metrics.tsv"};
  REFUSE(whole, list, parts);
}

Test(sbnn_stored, of_folds_that_are_wrong) {
  static const table list[] = {{"genes.tsv", "model\tfold\tgene\nsbnn\t1\tG\n"},
                               {"genes.tsv", "rank\tgene\nfirst\tG\n"},
                               {"genes.tsv", NULL},
                               {"labels.tsv", "cell\ttype\na\tT\n"},
                               {"metrics.tsv", NULL}};
  static const char *const parts[] = {"genes.tsv has no column 'rank'",
                                      "genes.tsv, line 2: 'first' in column 'rank'", "genes.tsv",
                                      "holds labels.tsv but not the map", "metrics.tsv"};
  REFUSE(folds, list, parts);
}

/* The map alone. */
Test(sbnn_stored, latent) {
  sbnn_stored s;
  sbnn_error e = {0};
  write_text("latent.tsv", whole[1].text);
  cr_assert_eq(sbnn_stored_read_latent(root, &s, &e), SBNN_OK, "%s", e.text);
  cr_expect(s.data.n_cells == 2 && s.data.labels == NULL);
  sbnn_stored_free(&s);
  write_text("labels.tsv", whole[4].text);
  cr_assert_eq(sbnn_stored_read_latent(root, &s, &e), SBNN_OK, "%s", e.text);
  cr_expect(s.data.labels != NULL);
  sbnn_stored_free(&s);
  write_text("labels.tsv", "cell\na\nb\n");
  cr_expect_eq(sbnn_stored_read_latent(root, &s, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "labels.tsv has 1 columns");
}
