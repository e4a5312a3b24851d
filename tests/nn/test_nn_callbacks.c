/* The log, checkpoints, the stop file, the line of progress. */
#include "test_nn.h"

enum { ROWS = 16 };

typedef struct lines {
  int n;
  char last[256];
} lines;
static void keep(void *ctx, const char *line) {
  lines *l = ctx;
  l->n++;
  snprintf(l->last, sizeof l->last, "%s", line);
}

static void name(char path[64], const char *what) {
  snprintf(path, 64, "/tmp/nabla-%s-%ld", what, (long)getpid());
}

static int count_lines(const char *path, char *first, size_t room) {
  char line[512];
  int n = 0;
  FILE *f = fopen(path, "r");
  cr_assert(f);
  while (fgets(line, sizeof line, f))
    if (n++ == 0) snprintf(first, room, "%s", line);
  fclose(f);
  return n;
}

static bool make_file(void *ctx, const nn_epoch *e) { /* asks to stop in the third epoch */
  if (e->epoch != 3) return true;
  FILE *f = fopen(ctx, "w");
  return f && !fclose(f);
}

Test(nn_follow, log_progress_and_stop_file) {
  knobs k = {.lr = 0.05};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *s = make_state(m, 1);
  char csv[64], stop[64], first[512];
  lines l = {0};
  name(csv, "log"), name(stop, "stop");
  remove(stop);
  nn_following w = {.csv = csv,
                    .stop_file = stop,
                    .progress = keep,
                    .progress_ctx = &l,
                    .then = make_file,
                    .then_ctx = stop};
  nn_fit_options o = {.epochs = 9, .valid = {NULL, 1}, .on_epoch = nn_follow, .on_epoch_ctx = &w};
  nn_fit_result r;
  cr_assert_eq(nn_fit(m, s, t.data, (nn_split){0}, &o, &r), TN_ESTOPPED);
  cr_assert_eq(r.epochs, 4); /* the file appeared behind the look of epoch 3 */
  cr_assert_eq(count_lines(csv, first, sizeof first), r.epochs + 1);
  cr_assert_str_eq(first, "epoch,lr,mse,mae,valid_mse,valid_mae\n");
  cr_assert_eq(l.n, r.epochs);
  SAYS(l.last, "/9  lr 0.05  mse ");
  remove(stop);
  o.first_epoch = r.epochs + 1; /* the log is added to */
  w.then = NULL;
  OK(nn_fit(m, s, t.data, (nn_split){0}, &o, &r));
  cr_assert_eq(count_lines(csv, first, sizeof first), 10);
  w.csv = "/nonexistent/log.csv";
  o.first_epoch = 0;
  cr_assert_eq(nn_fit(m, s, t.data, (nn_split){0}, &o, &r), TN_ESTOPPED);
  cr_assert_eq(w.status, TN_EIO);
  SAYS(w.message, "cannot write /nonexistent/log.csv");
  remove(csv);
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* Three epochs as a fit would tell them; the second is the best by validation, the third by training. */
Test(nn_follow, keeps_the_best) {
  knobs k = {.lr = 0.05};
  nn_model *m = make_model(NULL, small_network, &k);
  nn_state *s = make_state(m, 1), *loaded;
  char path[64];
  static const char *const names[] = {"mse", "accuracy"};
  static const double train[3][2] = {{3, 0.1}, {2, 0.5}, {1, 0.6}},
                      valid[3][2] = {{3, 0.2}, {1, 0.3}, {2, 0.3}};
  name(path, "best");
  OK(nn_state_new(m, &loaded));
  for (int way = 0; way < 3; way++) {
    static const char *const monitors[] = {NULL, "accuracy", NULL};
    static const int best[] = {2, 2, 3};
    nn_following w = {.best = path, .monitor = monitors[way], .higher = way == 1};
    for (int i = 0; i < 3; i++) {
      tn_set(&(tn_view){.data = nn_state_view(s, 0).data, .dtype = TN_F32, .rank = 0}, 0, i + 1);
      nn_epoch e = {i + 1, 3, 0.1, 2, names, train[i], way == 2 ? NULL : valid[i], s};
      cr_assert(nn_follow(&w, &e), "%s", w.message);
    }
    cr_expect_eq(w.best_epoch, best[way]);
    OK(nn_state_load(loaded, path, NULL));
    tn_view first = nn_state_view(loaded, 0);
    cr_expect_eq(tn_get(&first, 0), best[way]);
  }
  nn_following wrong = {.best = path, .monitor = "auc"};
  cr_expect(!nn_follow(&wrong, &(nn_epoch){1, 3, 0.1, 2, names, train[0], NULL, s}));
  SAYS(wrong.message, "no report 'auc'");
  remove(path);
  nn_state_free(s), nn_state_free(loaded), nn_model_free(m);
}

Test(nn_follow, checkpoints) {
  knobs k = {.lr = 0.05};
  table t = make_table(TN_F32, ROWS);
  nn_model *m = make_model(&(nn_model_options){.batch = 8}, small_network, &k);
  nn_state *whole = make_state(m, 1), *part = make_state(m, 1), *loaded;
  char path[64];
  name(path, "checkpoint");
  nn_following w = {.checkpoint = path, .every = 2};
  OK(nn_fit(m, whole, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 6}, NULL));
  nn_fit_options o = {.epochs = 6, .on_epoch = nn_follow, .on_epoch_ctx = &w};
  o.epochs = 4;
  OK(nn_fit(m, part, t.data, (nn_split){0}, &o, NULL));
  nn_tensor_file *f;
  OK(nn_tensor_file_open(NULL, path, &f, NULL));
  cr_assert_str_eq(nn_tensor_file_metadata(f, "epoch"), "4");
  nn_tensor_file_close(f);
  OK(nn_state_new(m, &loaded));
  OK(nn_state_load(loaded, path, NULL));
  OK(nn_fit(m, loaded, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 6, .first_epoch = 5}, NULL));
  cr_assert(same_bits(whole, loaded));
  remove(path);
  nn_state_free(whole), nn_state_free(part), nn_state_free(loaded);
  nn_model_free(m);
  free_table(&t);
}

static bool no_more(void *ctx, const nn_epoch *e) { return (void)ctx, (void)e, false; }

/* Epochs by hand: without validation rows, into a full device, with a monitor that is not there or a value that is NaN. */
Test(nn_follow, edges) {
  knobs k = {.lr = 0.05};
  nn_model *m = make_model(NULL, small_network, &k);
  nn_state *s = make_state(m, 1);
  const char *const names[] = {"mse"};
  char csv[64], best[64], first[512];
  double train[] = {0.5};
  lines l = {0};
  nn_epoch e = {
      .epoch = 1, .epochs = 2, .lr = 0.1, .names = names, .n_reports = 1, .train = train, .state = s};
  name(csv, "edges"), name(best, "best");
  remove(best);
  nn_following w = {.csv = csv, .progress = keep, .progress_ctx = &l};
  cr_expect(nn_follow(&w, &e));
  cr_expect_eq(count_lines(csv, first, sizeof first), 2);
  cr_expect_str_eq(first, "epoch,lr,mse\n");
  cr_expect_str_eq(l.last, "epoch 1/2  lr 0.1  mse 0.5");
  w = (nn_following){.csv = csv, .then = no_more};
  cr_expect_not(nn_follow(&w, &e), "the other callback stops");
  w = (nn_following){.csv = "/dev/full"};
  cr_expect_not(nn_follow(&w, &e));
  cr_expect_eq(w.status, TN_EIO);
  SAYS(w.message, "nn_follow: cannot write /dev/full");
  w = (nn_following){.best = best, .monitor = "mae"};
  cr_expect_not(nn_follow(&w, &e));
  SAYS(w.message, "the network has no report 'mae'");
  w = (nn_following){.best = best};
  train[0] = NAN;
  cr_expect(nn_follow(&w, &e) && w.best_epoch == 0 && access(best, F_OK) != 0, "NaN is no best value");
  train[0] = 0.5;
  cr_expect(nn_follow(&w, &e) && w.best_epoch == 1 && w.best_value == 0.5 && access(best, F_OK) == 0);
  e.n_reports = 0;
  cr_expect_not(nn_follow(&w, &e));
  SAYS(w.message, "the network has no report ''");
  remove(csv), remove(best);
  nn_state_free(s);
  nn_model_free(m);
}
