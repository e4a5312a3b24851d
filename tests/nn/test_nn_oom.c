/* Every allocation of a whole working day of a model fails in turn: TN_ENOMEM each time, nothing leaks. */
#include "test_nn.h"

#include <jansson.h>
#include <unistd.h>

typedef struct counter {
  long left; /* allocations until one fails; negative: none does */
  long made, live;
} counter;

static void *count_alloc(void *ctx, size_t bytes) {
  counter *c = ctx;
  if (c->left >= 0 && c->left-- == 0) return NULL;
  void *p = tn_malloc(NULL, bytes);
  c->made++;
  c->live += p != NULL;
  return p;
}

static void count_free(void *ctx, void *p) {
  ((counter *)ctx)->live -= p != NULL;
  tn_free(NULL, p);
}

typedef struct day {
  tn_alloc alloc;
  const table *t;
  char path[64];
  nn_model *m;
  nn_state *s, *copy;
  nn_data *d;
  nn_history h;
} day;

static tn_status work(day *y, knobs *k) {
  nn_model_options o = {.alloc = &y->alloc, .batch = 8, .eval_batch = 8};
  nn_fit_options fit = {.epochs = 2,
                        .valid = {(int64_t[]){1, 2, 3}, 3},
                        .monitor = "mse",
                        .restore_best = true,
                        .on_epoch = nn_history_record,
                        .on_epoch_ctx = &y->h};
  float f[20][OUT];
  double means[NN_MAX_REPORTS];
  tn_status status = nn_data_new(&y->alloc, &y->d);
  if (status == TN_OK) status = nn_data_add(y->d, "x", y->t->x.view);
  if (status == TN_OK) status = nn_data_add(y->d, "y", y->t->y.view);
  if (status == TN_OK) status = nn_model_new(&o, small_network, k, &y->m);
  if (status == TN_OK) status = nn_prepare(y->m, 20, 20);
  if (status == TN_OK) status = nn_state_new(y->m, &y->s);
  if (status == TN_OK) nn_state_init(y->s, 1, 0);
  if (status == TN_OK) status = nn_fit(y->m, y->s, y->d, (nn_split){0}, &fit, NULL);
  if (status == TN_ESTOPPED && y->h.status != TN_OK) status = y->h.status;
  if (status == TN_OK) status = nn_evaluate(y->m, y->s, y->d, (nn_split){0}, means);
  if (status == TN_OK) {
    status = nn_predict(y->m, y->s, y->d, (nn_split){0}, "prediction", tn_matrix(f, TN_F32, 20, OUT));
  }
  if (status == TN_OK) status = nn_state_clone(y->s, &y->copy);
  if (status == TN_OK) status = nn_state_save(y->s, y->path, NULL, 0, NULL);
  if (status == TN_OK) status = nn_state_load(y->copy, y->path, NULL);
  return status;
}

static void go_home(day *y) {
  nn_history_free(&y->h);
  nn_state_free(y->copy);
  nn_state_free(y->s);
  nn_model_free(y->m);
  nn_data_free(y->d);
  remove(y->path);
}

Test(nn_oom, every_allocation_in_turn) {
  knobs k = {.lr = 0.1, .lasso = 0.1, .l2 = 0.1, .dropout = 0.2, .freeze = "readout/bias"};
  table t = make_table(TN_F32, 20);
  long fail = 0;
  for (tn_status status = TN_ENOMEM; status != TN_OK; fail++) {
    counter c = {.left = fail};
    day y = {.alloc = {count_alloc, count_free, &c}, .t = &t};
    y.h.alloc = &y.alloc;
    snprintf(y.path, sizeof y.path, "/tmp/nabla-oom-%ld.safetensors", (long)getpid());
    status = work(&y, &k);
    if (status != TN_OK) {
      cr_assert_eq(status, TN_ENOMEM, "allocation %ld: %s", fail, tn_status_text(status));
      if (y.m && y.m->status != TN_OK) cr_assert(nn_error(y.m)[0], "allocation %ld", fail);
    }
    go_home(&y);
    cr_assert_eq(c.live, 0, "allocation %ld leaks %ld", fail, c.live);
  }
  cr_assert_gt(fail, 200, "only %ld allocations", fail);
  free_table(&t);
}

/* A fit whose loss is NaN asks for more memory on the way out: it still ends in a sentence. */
Test(nn_oom, while_diagnosing) {
  knobs k = {.lr = 0.1};
  table t = make_table(TN_F32, 20);
  tn_set(&t.x.view, 5, NAN);
  bool done = false;
  for (long fail = 0; !done; fail++) {
    counter c = {.left = -1};
    tn_alloc alloc = {count_alloc, count_free, &c};
    nn_model *m = make_model(&(nn_model_options){.alloc = &alloc, .batch = 8}, small_network, &k);
    nn_state *s = make_state(m, 1);
    nn_fit_result r;
    c.left = fail;
    tn_status status = nn_fit(m, s, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 1}, &r);
    cr_assert(status == TN_ENUMERIC || status == TN_ENOMEM);
    if (status == TN_ENUMERIC) SAYS(r.message, "epoch 1, step ");
    cr_assert(nn__finite(s));
    done = c.left >= 0;
    nn_state_free(s);
    nn_model_free(m);
    cr_assert_eq(c.live, 0);
  }
  free_table(&t);
}

/* Without memory a step still runs: nothing is allocated between the first step and the last. */
typedef struct watch {
  counter *c;
  long before;
} watch;
static bool unchanged(void *ctx, const nn_epoch *e) {
  watch *w = ctx;
  if (e->epoch == 1) w->before = w->c->made;
  return w->c->made == w->before;
}

Test(nn_oom, steps_allocate_nothing) {
  knobs k = {.lr = 0.1, .dropout = 0.2};
  table t = make_table(TN_F32, 20);
  counter c = {.left = -1};
  tn_alloc alloc = {count_alloc, count_free, &c};
  nn_model *m = make_model(&(nn_model_options){.alloc = &alloc, .batch = 8}, small_network, &k);
  nn_state *s = make_state(m, 1);
  watch w = {.c = &c};
  nn_fit_options o = {
      .epochs = 5, .valid = {NULL, 1}, .monitor = "mse", .on_epoch = unchanged, .on_epoch_ctx = &w};
  OK(nn_fit(m, s, t.data, (nn_split){0}, &o, NULL));
  nn_state_free(s);
  nn_model_free(m);
  free_table(&t);
}

/* The JSON library asks the C library for memory, not our allocator: its requests are refused in turn too. When
 * reading it ends the program itself where memory is refused (an assertion in jansson 2.14), so only writing. */
static long json_left;

static void *json_alloc(size_t bytes) { return json_left-- == 0 ? NULL : malloc(bytes); }

static char *slurp(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  char *text = calloc(1, 1 << 20);
  cr_assert(f != NULL, "%s", path);
  *n = fread(text, 1, 1 << 20, f);
  fclose(f);
  return text;
}

Test(nn_oom, json_of_a_saved_state) {
  static const char *const metadata[][2] = {{"made", "by a test"}, {"of", "refused memory"}};
  knobs k = {.lr = 0.1};
  nn_model *m = make_model(NULL, small_network, &k);
  nn_state *s = make_state(m, 1);
  char path[64], message[256];
  size_t n, have;
  long fail = 0, refused = 0;
  snprintf(path, sizeof path, "/tmp/nabla-oom-json-%ld.safetensors", (long)getpid());
  cr_assert_eq(nn_state_save(s, path, metadata, 2, NULL), TN_OK);
  char *whole = slurp(path, &n);
  json_set_alloc_funcs(json_alloc, free);
  for (json_left = 0; json_left <= 0; fail++) {
    json_left = fail;
    remove(path);
    message[0] = '\0';
    tn_status status = nn_state_save(s, path, metadata, 2, message);
    if (status == TN_OK) {
      char *text = slurp(path, &have);
      cr_assert(have == n && memcmp(text, whole, n) == 0,
                "request %ld: another file: %zu and %zu bytes: %.300s", fail, have, n, text + 8);
      free(text);
    } else {
      cr_assert_eq(status, TN_ENOMEM, "request %ld", fail);
      cr_assert(strstr(message, "out of memory") && access(path, F_OK) != 0);
      refused++;
    }
    if (json_left > 0) break;
  }
  cr_expect_gt(refused, 50, "only %ld requests", refused);
  json_set_alloc_funcs(malloc, free);
  remove(path);
  free(whole);
  nn_state_free(s);
  nn_model_free(m);
}
