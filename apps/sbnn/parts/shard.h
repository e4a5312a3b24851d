/* shard.h - a share of a command's models: one of N processes that work on the same folder or on several. Pure. */
#ifndef SBNN_PARTS_SHARD_H
#define SBNN_PARTS_SHARD_H

#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>

/* Number `i` of `n`, from 1. n 0: the command is not divided. */
typedef struct sbnn_shard {
  int i, n;
} sbnn_shard;

/* "3/20"; or "auto": from the variables of a Slurm job array, (ID - MIN) / STEP + 1. SBNN_USAGE with one sentence. */
int sbnn_shard_parse(const char *text, sbnn_shard *s, sbnn_error *e);

/* Does the task at this position belong to the shard? Neighbours go to different shards, since they take about as long. */
static inline bool sbnn_shard_has(const sbnn_shard *s, size_t position) {
  return s->n == 0 || position % (size_t)s->n == (size_t)s->i - 1;
}

#endif
