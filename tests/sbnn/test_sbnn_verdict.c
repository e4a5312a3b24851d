/* test_sbnn_verdict.c - the verdict on the genes agrees with the truth of synthetic data, in tables, run.json
 * and words; each finding by itself on made-up results. */
#include "commands/commands.h"
#include "data/folds.h"
#include "data/random.h"
#include "linear/chance.h"
#include "tables/run_json.h"
#include "test_sbnn_run.h"
#include "verdict/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- synthetic truth ---- */

TestSuite(sbnn_verdict, .fini = remove_tables);

/* The responses of the first `cells` cells go to other cells than theirs. */
static void shuffle_responses(size_t cells) {
  size_t q = tables.n_responses, *order = calloc(cells, sizeof *order);
  double *shuffled = calloc(cells * q, sizeof *shuffled);
  sbnn_permutation(11, cells, order);
  for (size_t i = 0; i < cells; i++)
    memcpy(shuffled + i * q, tables.responses + order[i] * q, q * sizeof *shuffled);
  memcpy(tables.responses, shuffled, cells * q * sizeof *shuffled);
  size_t all = tables.n_cells;
  tables.n_cells = cells;
  write_responses(at("y.tsv"));
  tables.n_cells = all;
  free(shuffled);
  free(order);
}

#define TABLES " --x @x.tsv --y @y.tsv --quiet --variable-genes 0"
#define SHORT  " --recipe denoise --epochs-finetune 40"

static void expect_part(const char *path, const char *part, bool wanted) {
  char *text = text_of(at(path));
  cr_expect_eq(strstr(text, part) != NULL, wanted, "'%s' is %sin %s", part, wanted ? "not " : "", path);
  free(text);
}

static void expect_doubt(const char *folder, bool doubt) {
  char path[128];
  snprintf(path, sizeof path, "%s/verdict.tsv", folder);
  expect_part(path, "\tyes\t", doubt);
  expect_part(path, "\tadvice\t", doubt);
  snprintf(path, sizeof path, "%s/run.json", folder);
  expect_part(path, doubt ? "\"genes_doubtful\": true" : "\"genes_doubtful\": false", true);
}

Test(sbnn_verdict, real_signal_in_enough_cells) {
  make_tables(600);
  runs("train --out @t --epochs-autoencoder 1" TABLES SHORT);
  expect_doubt("t", false);
  runs("cv --out @c --folds 5" TABLES SHORT);
  expect_doubt("c", false);
  runs("stability --out @s --restarts 4 --subsample" TABLES SHORT);
  expect_doubt("s", false);
}

Test(sbnn_verdict, shuffled_responses) {
  make_tables(600);
  shuffle_responses(600);
  runs("train --out @t --epochs-autoencoder 1" TABLES SHORT);
  expect_doubt("t", true);
  expect_part("t/verdict.tsv", "shuffled among the cells", true);
  expect_part("t/verdict.tsv", "an id means the same cell in both tables", true);
  runs("cv --out @c --folds 5" TABLES SHORT);
  expect_doubt("c", true);
  expect_part("c/verdict.tsv", "sbnn-denoise\tunseen\tyes\t", true);
  runs("stability --out @s --restarts 4 --subsample" TABLES SHORT);
  expect_doubt("s", true);
}

/* The kind of 177 cells: the network's genes are chance, and something else is recommended. */
Test(sbnn_verdict, few_cells) {
#define NETWORK                                                                                              \
  " --cluster-min 3 --clusters 5 --kmeans-restarts 20 --epochs-pretrain 5 --epochs-frozen 5"                 \
  " --epochs-unfrozen 5 --epochs-finetune 5 --hidden 64,32"
  make_tables(120);
  runs("train --out @t --epochs-autoencoder 1" TABLES NETWORK);
  expect_doubt("t", true);
  expect_part("t/verdict.tsv", "sbnn\tnorms\tyes\t", true);
  expect_part("t/verdict.tsv", "sbnn\tchance\tyes\t", true);
  expect_part("t/verdict.tsv", "--recipe denoise --select group-lasso", true);
  runs("stability --out @s --restarts 3" TABLES NETWORK);
  expect_part("s/verdict.tsv", "sbnn\trestarts\tyes\t", true);
  runs("train --out @d --epochs-autoencoder 1" TABLES SHORT);
  expect_doubt("d", true);
}

/* What the steps say together stands in run.json beside the genes too, and in the report. */
Test(sbnn_verdict, of_all_steps) {
  make_tables(120);
  runs("run --out @all --recipe paper --lambdas 0.4 --restarts 2 --folds 3" TABLES NETWORK
       " --epochs-autoencoder 1");
  expect_part("all/train-paper/verdict.tsv", "\trestarts\t", false);
  expect_part("all/train-paper/run.json", "\"about\": \"restarts\"", true);
  expect_part("all/train-paper/run.json", "\"about\": \"linear\"", true);
  expect_part("all/train-paper/run.json", "the linear model predicts better", true);
  sbnn_verdict v = {0}, one = {0};
  sbnn_error e = {0};
  cr_assert_eq(sbnn_judge_folders(at("all"), &v, &e), SBNN_OK, "%s", e.text);
  sbnn_verdict_of_model(&v, "sbnn", &one);
  size_t advice = 0, linear = 0;
  for (size_t i = 0; i < one.n; i++) {
    advice += strcmp(one.list[i].about, "advice") == 0;
    linear += strcmp(one.list[i].about, "linear") == 0 && one.list[i].doubt;
  }
  cr_expect(advice == 1 && linear == 1 && sbnn_verdict_doubts(&one));
  expect_part("all/report.html", "the linear model predicts better", true);
  sbnn_verdict_free(&one);
  sbnn_verdict_free(&v);
}

/* ---- genes above chance ---- */

/* Four of 30 genes make the responses of 300 cells. */
Test(sbnn_verdict, genes_above_chance) {
  enum { N = 300, P = 30, Q = 4 };
  static float x[N * P], y[N * Q], other[N * Q];
  make_root();
  for (size_t i = 0; i < N * P; i++)
    x[i] = (float)sbnn_random_normal((sbnn_stream){1, SBNN_STREAM_TSNE, 0}, i);
  for (size_t i = 0; i < N * Q; i++) {
    float noise = (float)sbnn_random_normal((sbnn_stream){1, SBNN_STREAM_TSNE, 1}, i);
    y[i] = x[i / Q * P + i % Q] + noise;
    other[i] = noise;
  }
  size_t real = sbnn_genes_above_chance(&(sbnn_linear_data){x, y, N, P, Q}, 8, 0),
         none = sbnn_genes_above_chance(&(sbnn_linear_data){x, other, N, P, Q}, 8, 0);
  cr_expect_eq(real, 4, "%zu", real);
  cr_expect_leq(none, 1, "%zu", none);
}

/* ---- made-up results ---- */

static char *print_of(const sbnn_verdict *v) {
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  sbnn_print_verdict(to, v);
  fclose(to);
  return text;
}

static const sbnn_finding *about(const sbnn_verdict *v, const char *what) {
  for (size_t i = 0; i < v->n; i++)
    if (strcmp(v->list[i].about, what) == 0) return &v->list[i];
  cr_assert(false, "nothing about %s", what);
  return NULL;
}

enum { GENES = 40, KEPT = 25 };

/* A model of 1213 cells whose norms fall from `first` to `last`. */
static sbnn_verdict judge_norms(double first, double last, size_t told, bool by_norm) {
  static size_t genes[GENES];
  static double norms[GENES];
  for (size_t i = 0; i < GENES; i++)
    genes[i] = i, norms[GENES - 1 - i] = first + (last - first) * (double)i / 25;
  for (size_t i = 0; i < GENES; i++)
    if (norms[i] < 0) norms[i] = 0;
  sbnn_experiment x = {.model = "sbnn",
                       .n_train = 1213,
                       .n_genes = KEPT,
                       .genes = genes,
                       .norms = norms,
                       .n_all = GENES,
                       .all_genes = genes,
                       .all_norms = norms,
                       .n_told = told,
                       .n_tried = KEPT};
  sbnn_dataset d = {.n_genes = GENES};
  sbnn_results r = {.data = &d, .n = 1, .experiments = &x};
  sbnn_verdict_options o = {.candidates = GENES, .genes = KEPT, .prunes_by_norm = by_norm};
  sbnn_verdict v = {0};
  sbnn_judge_results(&r, &o, &v);
  return v;
}

Test(sbnn_verdict, norms) {
  make_root();
  sbnn_verdict v = judge_norms(0.519, 0.503, 20, true);
  cr_expect(about(&v, "norms")->doubt && fabs(about(&v, "norms")->seen - 0.519 / 0.503) < 1e-12);
  cr_expect(
      strstr(about(&v, "norms")->text, "largest norm is 0.519, and the gene of rank 26 still has 0.503"),
      "%s", about(&v, "norms")->text);
  char *text = print_of(&v);
  cr_expect(strstr(text, "The genes of the paper's recipe are doubtful:\n") &&
                strstr(text, "What may help: Try --recipe"),
            "%s", text);
  free(text);
  sbnn_verdict_free(&v);
  v = judge_norms(0.037, 0.007, 20, true);
  cr_expect(!sbnn_verdict_doubts(&v) && !about(&v, "norms")->doubt);
  text = print_of(&v);
  cr_expect(strncmp(text, "No finding speaks against the genes of the paper's recipe:\n", 59) == 0 &&
                !strstr(text, "What may help"),
            "%s", text);
  free(text);
  sbnn_verdict_free(&v);
  v = judge_norms(0.519, 0.503, 20, false); /* its own zeros have chosen */
  cr_expect_not(sbnn_verdict_doubts(&v));
  sbnn_verdict_free(&v);
  v = judge_norms(0.037, 0.007, 6, true);
  cr_expect(about(&v, "chance")->doubt && strstr(about(&v, "chance")->text, "Only 6 of 25 genes"));
  cr_expect(strstr(about(&v, "advice")->text, "--genes 6"), "%s", about(&v, "advice")->text);
  sbnn_verdict_free(&v);
}

/* Two folds of 4 genes of 40, of which `same` are the same; their R2, and that of one response. */
static sbnn_verdict judge_folds(size_t same, const double r2[2], double response) {
  static size_t genes[2][4];
  static double scores[2][2], values[8] = {1, 2, 3, 4, 5, 6, 7, 5000};
  static sbnn_experiment x[2];
  char *names[] = {(char *)"Tau"}, *cells[8];
  for (size_t i = 0; i < 8; i++) cells[i] = (char *)"c";
  for (size_t f = 0; f < 2; f++) {
    for (size_t i = 0; i < 4; i++) genes[f][i] = i < same ? i : 4 * (f + 1) + i;
    scores[f][0] = r2[f], scores[f][1] = response;
    x[f] = (sbnn_experiment){
        .model = "sbnn", .fold = (int)f + 1, .n_responses = 1, .n_genes = 4, .genes = genes[f]};
    x[f].r2[SBNN_STAGE_FINETUNED][SBNN_TEST] = scores[f];
  }
  sbnn_dataset d = {.n_genes = 40,
                    .n_cells = 8,
                    .n_responses = 1,
                    .response_names = names,
                    .responses = values,
                    .cell_names = cells};
  sbnn_results r = {.data = &d, .n = 2, .experiments = x};
  sbnn_verdict_options o = {.candidates = 40, .genes = 4, .prunes_by_norm = true};
  sbnn_verdict v = {0};
  sbnn_judge_results(&r, &o, &v);
  return v;
}

Test(sbnn_verdict, folds) {
  make_root();
  sbnn_verdict v = judge_folds(3, (double[]){0.4, 0.42}, 0.4);
  cr_expect_not(sbnn_verdict_doubts(&v));
  cr_expect(fabs(about(&v, "folds")->seen - (3 - 0.4) / (4 - 0.4)) < 1e-12);
  sbnn_verdict_free(&v);
  v = judge_folds(1, (double[]){0.4, 0.42}, 0.4);
  cr_expect(about(&v, "folds")->doubt &&
            strstr(about(&v, "folds")->text, "Two folds share 1.0 of 4 genes (0.4 by chance)"));
  sbnn_verdict_free(&v);
  v = judge_folds(4, (double[]){0.1, -0.3}, 0.4);
  cr_expect(about(&v, "unseen")->doubt && strstr(about(&v, "advice")->text, "same cell"));
  sbnn_verdict_free(&v);
  /* A response that one cell rules speaks for itself, not against the genes. */
  v = judge_folds(4, (double[]){0.4, 0.42}, -1.8);
  cr_expect(!sbnn_verdict_doubts(&v) && about(&v, "responses")->doubt);
  cr_expect(
      strstr(about(&v, "responses")->text, "'Tau' (-1.80 +- 0.00). A few cells have most of the variance"),
      "%s", about(&v, "responses")->text);
  sbnn_verdict_free(&v);
}

#define SRRR       "rank\tfold\tlambda\tgenes\tr2_test\tr2_test_relaxed\tr2_train\tr2_train_relaxed\n"
#define GENES_HEAD "model\tfold\trank\tgene\tnorm\n"

static void put_networks(const char *r2[3]) {
  char text[1024] = "protocol\tmodel\tfold\tstage\tsplit\ttarget\tr2\n";
  for (int f = 0; f < 3; f++)
    sprintf(text + strlen(text),
            "strict\tsbnn\t%d\tfinetuned\ttest\tall\t%s\nstrict\tsbnn\t%d\tfinetuned\ttest\tTau\t9\n", f + 1,
            r2[f], f + 1);
  put_file(at("all/cv/metrics.tsv"), text);
}

/* Fold by fold, with the fit that has as many genes; what is ahead by less than its error is not ahead. */
Test(sbnn_verdict, linear_model) {
  make_root();
  mkdir(at("all"), 0777), mkdir(at("all/cv"), 0777), mkdir(at("all/linear"), 0777);
  put_file(at("all/linear/srrr_folds.tsv"),
           SRRR "2\t1\t0.3\t20\t0\t0.9\t0\t0\n2\t2\t0.3\t22\t0\t0.9\t0\t0\n2\t3\t0.3\t22\t0\t0.9\t0\t0\n"
                "2\t1\t0.5\t2\t0\t0.30\t0\t0\n2\t2\t0.4\t2\t0\t0.32\t0\t0\n2\t3\t0.6\t2\t0\t0.31\t0\t0\n");
  put_file(at("all/cv/genes.tsv"), GENES_HEAD "sbnn\t1\t1\ta\t1\nsbnn\t1\t2\tb\t1\nsbnn\t2\t1\ta\t1\nsbnn\t2"
                                              "\t2\tb\t1\nsbnn\t3\t1\ta\t1\nsbnn\t3\t2\tb\t1\n");
  static const struct {
    const char *r2[3];
    bool doubt;
  } cases[] = {
      {{"0.2", "0.21", "0.19"}, true}, {{"0.4", "0.4", "0.4"}, false}, {{"0.05", "0.5", "0.31"}, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sbnn_verdict v = {0};
    sbnn_error e = {0};
    put_networks((const char **)cases[i].r2);
    cr_assert_eq(sbnn_judge_folders(at("all"), &v, &e), SBNN_OK, "%s", e.text);
    cr_assert_eq(v.n, 1);
    cr_expect_eq(v.list[0].doubt, cases[i].doubt, "%s", v.list[0].text);
    cr_expect(strstr(v.list[0].text, "R2 0.310 by the linear model (rank 2, 2 genes)"), "%s", v.list[0].text);
    cr_expect_str_eq(v.list[0].folder, "cv");
    sbnn_verdict_free(&v);
  }
  put_file(at("all/linear/srrr_folds.tsv"), /* other folds */
           SRRR "2\t1\t0.3\t2\t0\t0.9\t0\t0\n2\t2\t0.3\t2\t0\t0.9\t0\t0\n");
  sbnn_verdict other = {0};
  sbnn_error none = {0};
  cr_assert_eq(sbnn_judge_folders(at("all"), &other, &none), SBNN_OK, "%s", none.text);
  cr_expect_eq(other.n, 0);
  put_networks((const char *[]){"x", "0", "0"});
  sbnn_verdict v = {0};
  sbnn_error e = {0};
  cr_expect_eq(sbnn_judge_folders(at("all"), &v, &e), SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, "metrics.tsv"), "%s", e.text);
  sbnn_verdict_free(&v);
}

Test(sbnn_verdict, written_and_read) {
  make_root();
  sbnn_verdict v = judge_norms(0.519, 0.503, 0, true), again = {0};
  sbnn_error e = {0};
  mkdir(at("d"), 0777);
  cr_assert_eq(sbnn_write_verdict(at("d"), &v, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_read_verdict(at("d"), "there", &again, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(again.n, v.n);
  for (size_t i = 0; i < v.n; i++)
    cr_expect(strcmp(v.list[i].text, again.list[i].text) == 0 && v.list[i].doubt == again.list[i].doubt &&
              strcmp(again.list[i].folder, "there") == 0);
  sbnn_verdict_free(&v);
  sbnn_verdict_free(&again);
}
