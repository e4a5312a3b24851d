/* consumer.c - what a project outside the tree writes: one value from each layer of an installed Nabla. */
#include <nabla/nn/nn.h>
#include <nabla/nn/optim/rule.h>
#include <nabla/version.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){3}), y = nn_input(m, "y", 1, (int64_t[]){2});
  nn_report(m, "mse", nn_mse(m, nn_dense(m, "layer", x, 2, NULL), y));
}

/* The headers' inline functions, and this program, need the mathematics library: who links nabla has it. */
static double correction(double beta) { return nn_or(0, 1) - exp(log(beta)); }

int main(int argc, char **argv) {
  (void)argv;
  ag_graph *g = NULL;
  if (ag_graph_new(NULL, &g) != TN_OK) return 1;
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){4}), dx;
  ag_grad(g, ag_sum_all(g, ag_square(g, x)), &x, 1, &dx);
  tn_status graph = ag_status(g);
  ag_graph_free(g);

  nn_model *m = NULL;
  tn_status model = nn_model_new(NULL, network, NULL, &m);
  if (model != TN_OK) fprintf(stderr, "consumer: %s\n", m ? nn_error(m) : "out of memory");
  nn_model_free(m);

  char numbers[32]; /* of the installed header: as its text, and as the library's */
  snprintf(numbers, sizeof numbers, "%d.%d.%d", NABLA_VERSION_MAJOR, NABLA_VERSION_MINOR,
           NABLA_VERSION_PATCH);
  bool versions = !strcmp(tn_version(), NABLA_VERSION) && !strcmp(numbers, NABLA_VERSION);
  bool maths = fabs(correction(0.25 * argc) - 0.75) < 1e-15;
  printf("consumer: %s, %s, %zu bytes in an f64, version %s\n", tn_status_text(graph), tn_status_text(model),
         tn_dtype_size(TN_F64), tn_version());
  return graph != TN_OK || model != TN_OK || !versions || !maths;
}
