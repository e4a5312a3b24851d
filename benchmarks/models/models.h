/* models.h - a network that is timed: what each file of networks/ defines, and what they make data with. */
#ifndef NABLA_BENCH_MODELS_H
#define NABLA_BENCH_MODELS_H

#include "nn/nn.h"

#include <stdio.h>
#include <stdlib.h>

enum { MODELS_COLUMNS = 3 };

/* What cannot be done without, of one row. A training step needs each product forward, by its kernel and, unless
 * it reads data, by its input. */
typedef struct models_work {
  double infer, train; /* multiply-adds of the output; of a training step */
  double weights;      /* numbers that the output reads */
  double places;       /* how often it reads them: once, or at each place of a recurrence */
} models_work;

typedef struct models_network {
  const char *name;
  nn_network *network; /* reports its loss first */
  const char *output;  /* of inference; of a row it has shape[0..rank) */
  int rank;
  int64_t shape[2];
  int64_t batch, rows; /* of a training step; of the data, a multiple of it */
  int chunk;           /* steps of a round */
  models_work work;
  /* Makes columns of `rows` rows, whose memory lives until the program ends; returns how many. */
  int (*data)(nn_column *columns, int64_t rows);
} models_network;

/* Ends the program with a sentence unless the call succeeded. */
void models_check(tn_status status, const char *what, const char *why);
void *models_memory(int64_t count, size_t size); /* zeroed */

/* [rows, side, side, 1] in 0..1, each picture of Fashion-MNIST in the middle of side >= 28 places, and its class. */
void models_pictures(int64_t rows, int64_t side, nn_column *picture, nn_column *label);
/* "text" and "next", [rows, time] of i32: stretches of licences, below `vocabulary`. Of 96: the printable characters, and
 * 95 for all others. */
void models_text(int64_t rows, int64_t time, int vocabulary, nn_column *text, nn_column *next);
/* A new array of f32. */
float *models_floats(nn_column *column, const char *name, int rank, const int64_t *shape);

#endif
