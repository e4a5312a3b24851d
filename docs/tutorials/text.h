/* text.h - text for models of characters: the licences that are on every Debian machine. A model is trained
 * on some of them and evaluated on the GNU General Public License, version 3. */
#ifndef TEXT_H
#define TEXT_H

#include "tutorial.h"

#include <math.h>
#include <string.h>

enum { CHARACTERS = 128 };

/* Appends a licence to text[0..n), which has room for a megabyte; returns the new length. If the file is
 * missing, the program ends with 77, which tests count as skipped. */
static inline long append_text(char *text, long n, const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/usr/share/common-licenses/%s", name);
  FILE *f = fopen(path, "rb");
  if (!f) printf("SKIPPED: %s is missing\n", path), exit(77);
  long end = n + (long)fread(text + n, 1, (size_t)((1 << 20) - n), f);
  fclose(f);
  for (; n < end; n++) text[n] &= CHARACTERS - 1;
  return end;
}

static inline char *learned_text(long *n) {
  static const char *const names[] = {"LGPL-2",     "GFDL-1.2", "MPL-1.1", "MPL-2.0",
                                      "Apache-2.0", "GPL-1",    "LGPL-3"};
  char *text = malloc(1 << 20);
  *n = 0;
  for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) *n = append_text(text, *n, names[i]);
  if (!text) exit(1);
  return text;
}

static inline char *unseen_text(long *n) {
  char *text = malloc(1 << 20);
  if (!text) exit(1);
  *n = append_text(text, 0, "GPL-3");
  return text;
}

/* text[at..at + time) and, for each of its characters, the one after it. */
static inline void excerpt(const char *text, long at, int time, int32_t *here, int32_t *next) {
  for (int t = 0; t < time; t++) here[t] = text[at + t], next[t] = text[at + t + 1];
}

/* A batch of excerpts of one length, as columns "text" and "next". */
enum { BATCH = 16 };
typedef struct excerpts {
  int time;
  int32_t *here, *next; /* [BATCH, time] each */
  nn_column columns[2];
} excerpts;

static inline excerpts new_excerpts(int time) {
  excerpts e = {
      .time = time, .here = calloc((size_t)(BATCH * time), 4), .next = calloc((size_t)(BATCH * time), 4)};
  if (!e.here || !e.next) exit(1);
  e.columns[0] = (nn_column){"text", tn_matrix(e.here, TN_I32, BATCH, time)};
  e.columns[1] = (nn_column){"next", tn_matrix(e.next, TN_I32, BATCH, time)};
  return e;
}

/* Trains on random excerpts of text[0..n), with a learning rate that falls from lr to 0. */
static inline void learn(nn_trainer *t, const nn_state *s, excerpts *e, const char *text, long n, int steps,
                         double lr) {
  double report[NN_MAX_REPORTS];
  for (int step = 0; step < steps; step++) {
    for (int i = 0; i < BATCH; i++) {
      uint64_t draw = tn_rng_u64((tn_rng){.seed = 2}, (uint64_t)(step * BATCH + i));
      excerpt(text, (long)(draw % (uint64_t)(n - e->time - 1)), e->time, e->here + i * e->time,
              e->next + i * e->time);
    }
    nn_feed batch = {.columns = e->columns, .n = 2, .lr = lr * nn_cosine(NULL, step, steps)};
    NEED(nn_trainer_step(t, &batch, report), nn_state_error(s));
    if (step % 100 == 99) printf("step %d: %.3f nats a character\n", step + 1, report[0]);
  }
}

/* The mean cross-entropy over text[0..n), in nats per character. */
static inline double judge(nn_trainer *t, const nn_state *s, excerpts *e, const char *text, long n) {
  double report[NN_MAX_REPORTS], loss = 0;
  int batches = (int)((n - 1) / (BATCH * e->time));
  for (int k = 0; k < batches; k++) {
    for (int i = 0; i < BATCH; i++)
      excerpt(text, (k * BATCH + i) * e->time, e->time, e->here + i * e->time, e->next + i * e->time);
    NEED(nn_trainer_evaluate(t, &(nn_feed){.columns = e->columns, .n = 2}, report), nn_state_error(s));
    loss += report[0] / batches;
  }
  printf("unseen text: %.3f nats a character\n", loss);
  return loss;
}

/* Draws a character from probabilities that add up to 1. */
static inline int draw_character(const float *share, uint64_t i) {
  double draw = (double)(tn_rng_u64((tn_rng){.seed = 1}, i) >> 11) * 0x1p-53;
  int c = 0;
  while (c < CHARACTERS - 1 && (draw -= share[c]) > 0) c++;
  return c;
}

#endif
