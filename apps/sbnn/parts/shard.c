/* shard.c - see shard.h. */
#include "parts/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1000000 };

/* A whole number from `lowest` on, and nothing behind it but `end`. */
static bool read_whole(const char *text, long lowest, char end, long *out, const char **rest) {
  char *after;
  if (!text || *text < '0' || *text > '9') return false;
  *out = strtol(text, &after, 10);
  if (rest) *rest = after + (*after != 0);
  return *after == end && *out >= lowest && *out <= MOST;
}

static int from_slurm(sbnn_shard *s, sbnn_error *e) {
  static const char *const names[] = {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX",
                                      "SLURM_ARRAY_TASK_STEP"};
  long value[4] = {0, 0, 0, 1};
  for (int k = 0; k < 4; k++) {
    const char *text = getenv(names[k]);
    if (k == 3 && !text) continue;
    if (!read_whole(text, k == 3 ? 1 : 0, 0, &value[k], NULL))
      return sbnn_fail(e, SBNN_USAGE,
                       "--shard auto reads the variables of a Slurm job array, and %s is %s%s; start it with "
                       "sbatch --array=1-N, or give --shard I/N",
                       names[k], text ? "no number: " : "not set", text ? text : "");
  }
  s->i = (int)((value[0] - value[1]) / value[3]) + 1;
  s->n = (int)((value[2] - value[1]) / value[3]) + 1;
  if (value[0] < value[1] || value[0] > value[2])
    return sbnn_fail(e, SBNN_USAGE, "--shard auto: SLURM_ARRAY_TASK_ID %ld is outside %ld to %ld", value[0],
                     value[1], value[2]);
  return SBNN_OK;
}

int sbnn_shard_parse(const char *text, sbnn_shard *s, sbnn_error *e) {
  long i, n;
  const char *rest;
  if (strcmp(text, "auto") == 0) return from_slurm(s, e);
  if (!read_whole(text, 1, '/', &i, &rest) || !read_whole(rest, 1, 0, &n, NULL) || i > n)
    return sbnn_fail(e, SBNN_USAGE,
                     "--shard needs I/N, share I of N counted from 1, as in 3/20, or auto; not '%s'", text);
  *s = (sbnn_shard){(int)i, (int)n};
  return SBNN_OK;
}
