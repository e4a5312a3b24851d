/* transfer.c - a network that was trained on many examples of eight classes is reused for two others with
 * few: its first layers are copied and frozen, a new head is trained, then all of it is fine-tuned with a
 * small step. */
#include "fashion.h"

enum { MANY = 12000, FEW = 40, TEST = 2000 };

typedef struct task {
  const char *head;
  int classes;
  double lr;
  const char *freeze; /* a glob; NULL: nothing */
} task;

static void network(nn_model *m, void *ctx) {
  const task *t = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "picture", 1, (int64_t[]){PIXELS});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = ag_relu(g, nn_dense(m, "body/0", x, 128, NULL));
  h = ag_relu(g, nn_dense(m, "body/1", h, 64, NULL));
  ag_ref logits = nn_dense(m, t->head, h, t->classes, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, label, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "cross-entropy", loss);
  if (t->freeze) nn_freeze(m, t->freeze);
  nn_adam(m, loss, &(nn_adam_options){.lr = t->lr});
}

/* The label of each class of Fashion-MNIST in the two tasks; -1: the class belongs to the other task. */
static const int source_classes[10] = {0, 1, 2, 3, -1, 4, -1, 5, 6, 7};
static const int target_classes[10] = {-1, -1, -1, -1, 0, -1, 1, -1, -1, -1}; /* coats and shirts */

/* The first n pictures of a task. */
static int64_t only(const int *classes, int64_t n, int64_t all, float *pictures, int32_t *labels,
                    nn_data **out) {
  int64_t kept = 0;
  for (int64_t i = 0; i < all && kept < n; i++) {
    if (classes[labels[i]] < 0) continue;
    memmove(pictures + kept * PIXELS, pictures + i * PIXELS, PIXELS * sizeof *pictures);
    labels[kept++] = classes[labels[i]];
  }
  NEED(nn_data_new(NULL, out), "");
  NEED(nn_data_add(*out, "picture", tn_matrix(pictures, TN_F32, kept, PIXELS)), "picture");
  NEED(nn_data_add(*out, "label", tn_view_of(labels, TN_I32, 1, &kept)), "label");
  return kept;
}

/* Trains the network of the task. Values that both networks have are copied from `from` (unless NULL), in the
 * body or everywhere. */
static nn_state *train(task *t, const nn_data *d, const nn_state *from, const char *copy, int epochs,
                       nn_model **m) {
  nn_fit_result result = {0};
  nn_fit_options fit = {.epochs = epochs, .seed = 2};
  NEED(nn_model_new(NULL, network, t, m), nn_error(*m));
  nn_state *s = new_state(*m, 1);
  if (from) nn_state_copy(s, copy, from, copy, true);
  NEED(nn_fit(*m, s, d, (nn_split){0}, &fit, &result), result.message);
  return s;
}

static double accuracy(nn_model *m, nn_state *s, const nn_data *d, const int32_t *labels, int64_t n) {
  static float out[TEST][2];
  int64_t right = 0;
  NEED(nn_predict(m, s, d, (nn_split){0}, "logits", tn_matrix(out, TN_F32, n, 2)), nn_state_error(s));
  for (int64_t i = 0; i < n; i++) right += (out[i][1] > out[i][0]) == labels[i];
  return (double)right / (double)n;
}

int main(void) {
  float *many, *few, *unseen;
  int32_t *many_labels, *few_labels, *truth;
  nn_data *source, *target, *test;
  nn_model *m[4];
  fashion("train", MANY, SIDE, &many, &many_labels);
  fashion("train", MANY, SIDE, &few, &few_labels);
  fashion("t10k", 10000, SIDE, &unseen, &truth);
  only(source_classes, MANY, MANY, many, many_labels, &source);
  only(target_classes, FEW, MANY, few, few_labels, &target);
  int64_t n = only(target_classes, TEST, 10000, unseen, truth, &test);

  task first = {"head/source", 8, 1e-3, NULL}, head = {"head/target", 2, 1e-3, "body/*"};
  task tune = {"head/target", 2, 1e-4, NULL}, alone = {"head/target", 2, 1e-3, NULL};
  nn_state *a = train(&first, source, NULL, NULL, 6, &m[0]);
  nn_state *b = train(&head, target, a, "body/", 400, &m[1]);
  nn_state *c = train(&tune, target, b, "", 200, &m[2]);
  nn_state *d = train(&alone, target, NULL, NULL, 600, &m[3]);
  double new_head = accuracy(m[1], b, test, truth, n), tuned = accuracy(m[2], c, test, truth, n);
  double from_nothing = accuracy(m[3], d, test, truth, n);
  printf("accuracy with %d examples: new head %.3f, fine-tuned %.3f, from nothing %.3f\n", FEW, new_head,
         tuned, from_nothing);
  int code = figure("gain in accuracy", tuned - from_nothing, 0.01);
  nn_state_free(a), nn_state_free(b), nn_state_free(c), nn_state_free(d);
  for (int i = 0; i < 4; i++) nn_model_free(m[i]);
  nn_data_free(source), nn_data_free(target), nn_data_free(test);
  free(many), free(few), free(unseen), free(many_labels), free(few_labels), free(truth);
  return code;
}
