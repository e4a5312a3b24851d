/* gru.c - a forecast: the next values of 8 series from 48 places, by a GRU of 64 units. */
#include "../models.h"

#include <math.h>

enum { TIME = 48, SERIES = 8 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref past = nn_input(m, "past", 2, (int64_t[]){TIME, SERIES}),
         next = nn_input(m, "next", 1, (int64_t[]){SERIES});
  ag_ref h = nn_gru(m, "gru", past, 64, &(nn_gru_options){.sequence = {.last = true}});
  ag_ref forecast = nn_dense(m, "readout", h, SERIES, NULL);
  ag_ref loss = nn_mse(m, forecast, next);
  nn_output(m, "forecast", forecast);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3, .epsilon = 1e-8, .torch_epsilon = true});
}

/* Two waves of periods between 5 and 40 places, whose phases differ from row to row, and noise. */
static int data(nn_column *c, int64_t rows) {
  float *past = models_floats(&c[0], "past", 3, (int64_t[]){rows, TIME, SERIES});
  float *next = models_floats(&c[1], "next", 2, (int64_t[]){rows, SERIES});
  const int64_t n = rows * (TIME + 1) * SERIES;
  float *noise = models_memory(n, sizeof *noise);
  tn_rng_normal((tn_rng){.seed = 1}, tn_view_of(noise, TN_F32, 1, &n));
  for (int64_t i = 0; i < n; i++) {
    int64_t s = i % SERIES, t = i / SERIES % (TIME + 1), row = i / SERIES / (TIME + 1);
    double at = (double)(37 * row % 1000 + t), slow = 6.2832 * at / (double)(12 + 4 * s),
           fast = 6.2832 * at / (double)(5 + s);
    float value = (float)(0.6 * sin(slow) + 0.4 * sin(fast)) + 0.1F * noise[i];
    if (t < TIME) past[(row * TIME + t) * SERIES + s] = value;
    else next[row * SERIES + s] = value;
  }
  free(noise);
  return 2;
}

enum { STEP = 64 * 3 * 64, PAST = SERIES * 3 * 64, OTHERS = 64 * SERIES };

const models_network models_gru = {
    .name = "gru",
    .network = network,
    .output = "forecast",
    .rank = 1,
    .shape = {SERIES},
    .batch = 32,
    .rows = 2048,
    .chunk = 128,
    .work = {TIME * (STEP + PAST) + OTHERS, TIME *(3 * STEP + 2 * PAST) + 3 * OTHERS, STEP + PAST, TIME},
    .data = data};
