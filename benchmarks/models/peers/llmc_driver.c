/* llmc_driver.c - llm.c's GPT-2 under the orders of peer.py; compiled by llmc.py with the folder of its sources as include
 * path, and not by ours.
 *
 *   llmc_driver CHECKPOINT TOKENS ROWS BATCH TIME RATE
 *
 * TOKENS: i32 [2, ROWS, TIME], read and next. */
#define TESTING /* leaves out its main */
#include "train_gpt2.c"

static GPT2 model;
static int *tokens, rows, batch, length, step;
static float rate;

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void train(long steps) {
  double start = wall();
  float losses[4096];
  for (long k = 0; k < steps && k < 4096; k++, step++) {
    const int *x = tokens + (size_t)step * batch % rows * length;
    gpt2_forward(&model, (int *)x, (int *)x + (size_t)rows * length, batch, length);
    gpt2_zero_grad(&model);
    gpt2_backward(&model);
    gpt2_update(&model, rate, 0.9f, 0.999f, 1e-8f, 0.0f, step + 1);
    losses[k] = model.mean_loss;
  }
  printf("{\"seconds\": %.9g, \"losses\": [", wall() - start);
  for (long k = 0; k < steps && k < 4096; k++) printf("%s%.7g", k ? ", " : "", losses[k]);
  printf("]}\n");
}

static void memory(void) {
  char line[128];
  long kb = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
  if (f) fclose(f);
  printf("{\"megabytes\": %.1f}\n", (double)kb / 1024);
}

int main(int argc, char **argv) {
  char line[64];
  long n;
  double start = wall();
  if (argc != 7) return 2;
  rows = atoi(argv[3]), batch = atoi(argv[4]), length = atoi(argv[5]), rate = (float)atof(argv[6]);
  int out = dup(1); /* it prints its sizes: to the standard error */
  dup2(2, 1);
  gpt2_build_from_checkpoint(&model, argv[1]);
  fflush(stdout);
  dup2(out, 1);
  size_t bytes = (size_t)2 * rows * length * sizeof *tokens;
  FILE *f = fopenCheck(argv[2], "rb");
  tokens = mallocCheck(bytes);
  freadCheck(tokens, 1, bytes, f);
  fcloseCheck(f);
  train(1);
  printf("{\"first\": %.6g}\n", wall() - start);
  while (fflush(stdout), fgets(line, sizeof line, stdin))
    if (sscanf(line, "train %ld", &n) == 1) train(n);
    else memory();
  return 0;
}
