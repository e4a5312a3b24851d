/* part_bytes.h - an experiment and a state as bytes, for parts.c: in this machine's own layout, sealed with a
 * hash. */
#ifndef SBNN_RESULTS_PART_BYTES_H
#define SBNN_RESULTS_PART_BYTES_H

#include "nn/nn.h"
#include "results/experiment.h"

#include <stdbool.h>

/* Grows while it is put to; reading begins at `at`. The caller frees data. */
typedef struct sbnn_part_bytes {
  unsigned char *data;
  size_t n, room, at;
} sbnn_part_bytes;

void sbnn_part_put_experiment(sbnn_part_bytes *b, const sbnn_experiment *x);
void sbnn_part_put_state(sbnn_part_bytes *b, const nn_state *state); /* NULL: none */
void sbnn_part_seal(sbnn_part_bytes *b);                             /* last */

bool sbnn_part_check(sbnn_part_bytes *b); /* first: is it whole? */
/* All but model and fold. On failure x may be filled in part. */
bool sbnn_part_get_experiment(sbnn_part_bytes *b, sbnn_experiment *x);
/* Every value that was put must be there with the same size. */
bool sbnn_part_get_state(sbnn_part_bytes *b, nn_state *state);

/* A file that appears whole or not at all; SBNN_FAILED with one sentence. */
int sbnn_part_write(const char *path, const void *data, size_t n, sbnn_error *e);

/* All of a file, with a NUL behind it; NULL if it cannot be read. */
unsigned char *sbnn_part_slurp(const char *path, size_t *n);

#endif
