/* test_sbnn_denoise.c - --recipe denoise: forward selection against brute force, noise only in training, the
 * recipe's options, the program. */
#include "linear/choose.h"
#include "linear/forward.h"
#include "options/options.h"
#include "test_sbnn_program.h"
#include "training/network.h"

TestSuite(sbnn_denoise_program, .init = make_root, .fini = remove_root);

/* ---- forward selection ---- */

enum { CELLS = 50, GENES = 14, RESPONSES = 3 };

typedef struct data {
  float x[CELLS][GENES], y[CELLS][RESPONSES];
} data;

/* Correlated genes; the last one is a copy of the first; centred. */
static void make_data(data *d) {
  double state = 11;
  for (int i = 0; i < CELLS; i++) {
    for (int j = 0; j < GENES; j++) d->x[i][j] = (float)(draw(&state) + (j ? 0.6 * d->x[i][j - 1] : 0));
    d->x[i][GENES - 1] = d->x[i][0];
    for (int c = 0; c < RESPONSES; c++)
      d->y[i][c] = (float)(d->x[i][3 * c] + 0.5 * d->x[i][c + 1] + 0.5 * draw(&state));
  }
}

/* Residual sum of squares over |Y|^2 on the genes listed, by Gram-Schmidt on the columns themselves. */
static double residual(const data *d, const size_t *genes, size_t n) {
  double basis[GENES][CELLS], y[RESPONSES][CELLS], before = 0, after = 0;
  for (int c = 0; c < RESPONSES; c++)
    for (int i = 0; i < CELLS; i++) y[c][i] = d->y[i][c], before += y[c][i] * y[c][i];
  for (size_t k = 0; k < n; k++) {
    double length = 0;
    for (int i = 0; i < CELLS; i++) basis[k][i] = d->x[i][genes[k]];
    for (size_t l = 0; l < k; l++) {
      double part = 0;
      for (int i = 0; i < CELLS; i++) part += basis[k][i] * basis[l][i];
      for (int i = 0; i < CELLS; i++) basis[k][i] -= part * basis[l][i];
    }
    for (int i = 0; i < CELLS; i++) length += basis[k][i] * basis[k][i];
    for (int i = 0; i < CELLS; i++) basis[k][i] = length > 1e-9 ? basis[k][i] / sqrt(length) : 0;
    for (int c = 0; c < RESPONSES; c++) {
      double part = 0;
      for (int i = 0; i < CELLS; i++) part += y[c][i] * basis[k][i];
      for (int i = 0; i < CELLS; i++) y[c][i] -= part * basis[k][i];
    }
  }
  for (int c = 0; c < RESPONSES; c++)
    for (int i = 0; i < CELLS; i++) after += y[c][i] * y[c][i];
  return after / before;
}

Test(sbnn_forward, each_step_is_the_best_one) {
  enum { K = 8 };
  data d;
  size_t chosen[K];
  double gain[K], left = 1;
  make_data(&d);
  cr_assert_eq(sbnn_forward_select(&(sbnn_linear_data){&d.x[0][0], &d.y[0][0], CELLS, GENES, RESPONSES}, K,
                                   chosen, gain),
               K);
  for (size_t k = 0; k < K; k++) {
    size_t tried[K], own = chosen[k];
    memcpy(tried, chosen, sizeof tried);
    double least = residual(&d, chosen, k + 1);
    cr_expect_float_eq(left - least, gain[k], 1e-10);
    for (size_t j = 0; j < GENES; j++) {
      bool taken = false;
      for (size_t l = 0; l < k; l++) taken |= chosen[l] == j;
      tried[k] = j;
      if (!taken)
        cr_expect_geq(residual(&d, tried, k + 1), least - 1e-12, "step %zu: %zu, not %zu", k, j, own);
    }
    left = least;
  }
}

Test(sbnn_forward, a_copy_of_a_chosen_gene_stays_out) {
  data d;
  size_t chosen[GENES];
  make_data(&d);
  size_t n = sbnn_forward_select(&(sbnn_linear_data){&d.x[0][0], &d.y[0][0], CELLS, GENES, RESPONSES},
                                 GENES - 1, chosen, NULL);
  bool first = false, copy = false;
  for (size_t k = 0; k < n; k++) first |= chosen[k] == 0, copy |= chosen[k] == GENES - 1;
  cr_expect(first && !copy);
}

Test(sbnn_forward, stops_when_nothing_is_left_to_explain) {
  const float x[] = {1, 0, -1, 0, 1, 0, -1, 0}, y[] = {2, -2, 2, -2}, none[4] = {0};
  size_t chosen[2];
  cr_expect_eq(sbnn_forward_select(&(sbnn_linear_data){x, y, 4, 2, 1}, 2, chosen, NULL), 1);
  cr_expect_eq(chosen[0], 0);
  cr_expect_eq(sbnn_forward_select(&(sbnn_linear_data){x, none, 4, 2, 1}, 2, chosen, NULL), 0);
}

Test(sbnn_choose, group_lasso_chooses_as_many_as_asked_largest_first) {
  data d;
  make_data(&d);
  for (size_t k = 1; k <= 6; k++) {
    size_t chosen[6];
    double norm[6];
    sbnn_chosen_genes c = {.gene = chosen, .norm = norm};
    sbnn_error e = {0};
    cr_assert_eq(sbnn_choose_genes(SBNN_LINEAR_GROUP_LASSO,
                                   &(sbnn_linear_data){&d.x[0][0], &d.y[0][0], CELLS, GENES, RESPONSES}, k,
                                   &c, &e),
                 SBNN_OK);
    cr_expect_eq(c.n, k);
    for (size_t i = 0; i < c.n; i++) cr_expect(norm[i] > 0 && (i == 0 || norm[i] <= norm[i - 1]));
  }
}

/* ---- noise ---- */

static void build_network(sbnn_network *network, nn_model **model, nn_state **state) {
  cr_assert_eq(nn_model_new(&(nn_model_options){.batch = 16}, sbnn_network_build, network, model), TN_OK,
               "%s", nn_error(*model));
  cr_assert_eq(nn_state_new(*model, state), TN_OK);
  nn_state_init(*state, 1, 0);
}

/* One epoch's training loss from the same weights, of data in which nothing is left over. */
static double first_loss(sbnn_network network, const nn_data *d, float *prediction, int64_t rows) {
  nn_model *m;
  nn_state *s;
  double loss[NN_MAX_REPORTS];
  nn_history h = {0};
  nn_fit_options o = {.epochs = 1, .on_epoch = nn_history_record, .on_epoch_ctx = &h};
  build_network(&network, &m, &s);
  cr_assert_eq(
      nn_predict(m, s, d, (nn_split){NULL, 0}, "responses", tn_matrix(prediction, TN_F32, rows, RESPONSES)),
      TN_OK);
  cr_assert_eq(nn_fit(m, s, d, (nn_split){NULL, 0}, &o, NULL), TN_OK);
  loss[0] = h.rows[0].train[0];
  nn_history_free(&h);
  nn_state_free(s);
  nn_model_free(m);
  return loss[0];
}

Test(sbnn_noise, is_there_in_training_only) {
  static const int hidden[] = {6, 4};
  data d;
  nn_data *columns;
  float quiet[48 * RESPONSES], noisy[48 * RESPONSES];
  make_data(&d);
  cr_assert_eq(nn_data_new(NULL, &columns), TN_OK);
  cr_assert_eq(nn_data_add(columns, "x", tn_matrix(d.x, TN_F32, 48, GENES)), TN_OK);
  cr_assert_eq(nn_data_add(columns, "y", tn_matrix(d.y, TN_F32, 48, RESPONSES)), TN_OK);
  /* so low a learning rate that the loss is that of the first weights */
  sbnn_network n = {.head = SBNN_HEAD_RESPONSES,
                    .inputs = GENES,
                    .responses = RESPONSES,
                    .hidden = hidden,
                    .n_hidden = 2,
                    .bottleneck = 2,
                    .lr = 1e-30};
  double without = first_loss(n, columns, quiet, 48);
  n.input_noise = 0.8;
  double with_input = first_loss(n, columns, noisy, 48);
  cr_expect_eq(memcmp(quiet, noisy, sizeof quiet), 0, "predictions have no noise");
  n.input_noise = 0, n.bottleneck_noise = 0.5;
  double with_bottleneck = first_loss(n, columns, noisy, 48);
  cr_expect_eq(memcmp(quiet, noisy, sizeof quiet), 0, "predictions have no noise");
  cr_expect(fabs(with_input - without) > 1e-3 * without);
  cr_expect(fabs(with_bottleneck - without) > 1e-4 * without);
  nn_data_free(columns);
}

/* ---- options ---- */

static int parse(const char *options, sbnn_options *o, sbnn_error *e) {
  static char words[512];
  char *argv[40] = {"sbnn", "cv", "--x", "X", "--y", "Y", "--out", "O"};
  int argc = 8;
  snprintf(words, sizeof words, "%s", options);
  for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  *e = (sbnn_error){0};
  return sbnn_options_parse(argc, argv, o, e);
}

Test(sbnn_denoise_options, the_recipe_has_its_own_defaults) {
  sbnn_options o, selector;
  sbnn_error e;
  cr_assert_eq(parse("--recipe denoise", &o, &e), SBNN_OK, "%s", e.text);
  cr_expect(o.select == SBNN_SELECT_FORWARD && o.input_noise == 0.8 && o.bottleneck_noise == 0.1);
  cr_expect(o.n_hidden == 2 && o.hidden[0] == 64 && o.hidden[1] == 32 && o.batch == 128);
  cr_expect(o.finetune.epochs == 600 && o.finetune.lr == 0.005 && o.genes == 25 && o.bottleneck == 2);
  cr_expect_not(sbnn_options_pretrain(&o));
  sbnn_options_selector(&o, &selector);
  cr_expect(selector.recipe == SBNN_RECIPE_PAPER && selector.hidden[0] == 512 && selector.hidden[1] == 128);
  cr_expect(selector.batch == 32 && selector.input_noise == 0 && selector.lasso == 0.1);
  cr_expect(sbnn_options_pretrain(&selector));
}

Test(sbnn_denoise_options, what_is_given_counts_wherever_it_stands) {
  sbnn_options o;
  sbnn_error e;
  cr_assert_eq(parse("--hidden 7 --input-noise 0 --recipe denoise --batch 9 --select network", &o, &e),
               SBNN_OK);
  cr_expect(o.n_hidden == 1 && o.hidden[0] == 7 && o.batch == 9 && o.input_noise == 0);
  cr_expect(o.bottleneck_noise == 0.1 && sbnn_options_pretrain(&o));
  cr_assert_eq(parse("--recipe denoise --recipe paper", &o, &e), SBNN_OK);
  cr_expect(o.hidden[0] == 512 && o.input_noise == 0 && o.select == SBNN_SELECT_NETWORK);
}

static void refuse(const char *options, const char *sentence) {
  sbnn_options o;
  sbnn_error e;
  cr_assert_eq(parse(options, &o, &e), SBNN_USAGE, "'%s' was accepted", options);
  cr_expect_str_eq(e.text, sentence);
}

Test(sbnn_denoise_options, contradictions) {
  refuse("--select forward", "--select needs --recipe denoise: the paper's recipe stays as published");
  refuse("--input-noise 0.1", "--input-noise needs --recipe denoise: the paper's recipe stays as published");
  refuse("--recipe paper --bottleneck-noise 1",
         "--bottleneck-noise needs --recipe denoise: the paper's recipe stays as published");
  refuse("--recipe denoise --both", "--both needs --recipe paper: the denoising recipe has no pretraining");
  refuse("--noise auto", "--noise needs --recipe denoise: the paper's recipe stays as published");
  refuse("--recipe better", "--recipe needs paper or denoise, not 'better'");
  refuse("--recipe denoise --input-noise -1", "--input-noise needs a number of at least 0, not '-1'");
}

/* ---- the program ---- */

static size_t count_lines(const char *name, const char *with) {
  static char line[8192][512];
  size_t n = read_lines(name, line, 8192), found = 0;
  for (size_t i = 1; i < n; i++) found += !with || strstr(line[i], with);
  return found;
}

Test(sbnn_denoise_program, cross_validates_with_each_selector) {
  static const char *const select[] = {"forward", "group-lasso",
                                       "network --clusters 3 --cluster-min 2 "
                                       "--kmeans-restarts 3 --epochs-pretrain 2 "
                                       "--epochs-frozen 2 --epochs-unfrozen 2"};
  char output[16384], options[512];
  write_tables();
  for (size_t i = 0; i < 3; i++) {
    snprintf(options, sizeof options,
             "--recipe denoise --genes 4 --folds 3 --epochs-finetune 60 --batch 16 --select %s", select[i]);
    cr_assert_eq(run_program("cv", options, output, sizeof output), 0, "%s", output);
    cr_expect_eq(count_lines("out/metrics.tsv", NULL), 3 * 2 * 4,
                 "three folds, train and test, 'all' and a b c");
    cr_expect_eq(count_lines("out/metrics.tsv", "\tfinetuned\t"), 3 * 2 * 4);
    cr_expect_eq(count_lines("out/genes.tsv", "sbnn-denoise\t"), 3 * 4);
    cr_expect_eq(count_lines("out/predictions.tsv", NULL), 60);
    cr_expect_eq(count_lines("out/history.tsv", "\tdenoise\t"), 3 * 60);
    if (i < 2)
      cr_expect(count_lines("out/genes.tsv", "\tg0\t") == 3 && count_lines("out/genes.tsv", "\tg1\t") == 3);
  }
}

static void train(void) {
  char output[16384];
  write_tables();
  cr_assert_eq(
      run_program("train",
                  "--recipe denoise --genes 4 --epochs-finetune 60 --epochs-autoencoder 20 --batch 16",
                  output, sizeof output),
      0, "%s", output);
}

Test(sbnn_denoise_program, trains_both_heads) {
  train();
  cr_expect_eq(count_lines("out/latent.tsv", NULL), 60);
  cr_expect_eq(count_lines("out/history.tsv", "\tautoencoder\t"), 20);
  cr_expect_eq(count_lines("out/genes.tsv", NULL), 4);
}

#if NABLA_CAIRO

Test(sbnn_denoise_program, predict_and_plot_take_the_results) {
  char output[16384], command[1024], latent[80][512], responses[80][512], predicted[80][512];
  train();
  snprintf(command, sizeof command,
           "'%s' predict --model '%s/out' --x '%s/x.csv' --out '%s/p.tsv' 2>&1 && "
           "'%s' plot --results '%s/out' 2>&1",
           NABLA_SBNN_BIN, root, root, root, NABLA_SBNN_BIN, root);
  cr_assert_eq(run(command, output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/latent.tsv", latent, 80), 61);
  cr_assert_eq(read_lines("p.tsv", predicted, 80), 61);
  cr_assert_eq(read_lines("out/predictions.tsv", responses, 80), 61);
  for (int i = 1; i <= 60; i++) { /* the same place on the map, the same responses */
    char want[1024];
    latent[i][strcspn(latent[i], "\n")] = 0;
    snprintf(want, sizeof want, "%s%s", latent[i], strchr(responses[i], '\t'));
    cr_expect_str_eq(predicted[i], want);
  }
}

#endif

Test(sbnn_denoise_program, noise_levels_are_chosen_inside_the_training_part) {
  char output[16384];
  static char one[2048][512], two[2048][512];
  static const char *const options =
      "--recipe denoise --noise auto --genes 3 --folds 2 --epochs-finetune 20 --batch 16 --threads";
  char line[256];
  write_tables();
  snprintf(line, sizeof line, "%s 1", options);
  cr_assert_eq(run_program("cv", line, output, sizeof output), 0, "%s", output);
  size_t n = read_lines("out/history.tsv", one, 2048);
  cr_expect_eq(n, 1 + 2 * 20, "the trials leave no history");
  snprintf(line, sizeof line, "%s 2", options);
  cr_assert_eq(run_program("cv", line, output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/history.tsv", two, 2048), n);
  for (size_t i = 0; i < n; i++) cr_expect_str_eq(one[i], two[i], "the same levels with any threads");
}
