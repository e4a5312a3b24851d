/* part.h - what a task has left, or a phase of its training, as one file: safetensors. It says which run and
 * which task it belongs to, so it can be carried between directories and machines. Threads: any number at
 * once, on different files. */
#ifndef SBNN_PARTS_PART_H
#define SBNN_PARTS_PART_H

#include "nn/nn.h"
#include "parts/task.h"
#include "results/experiment.h"

/* What a part belongs to; borrowed. */
typedef struct sbnn_part {
  const char *key;       /* of the run: sbnn_parts_key */
  const sbnn_task *task; /* whose model and fold the experiment takes over */
  const char *phase;     /* the phase that has ended, "frozen"; NULL: the whole task */
} sbnn_part;

/* DIRECTORY/sbnn-fold-3.safetensors, DIRECTORY/sbnn-all.frozen.safetensors; the caller frees. */
char *sbnn_part_path(const char *directory, const sbnn_part *part);

/* Writes the experiment and the values of `state` (NULL: none) into `path`, which appears whole or not at
 * all. SBNN_FAILED with one sentence (I/O; a build without jansson). */
int sbnn_part_write(const char *path, const sbnn_part *part, const sbnn_experiment *x, const nn_state *state,
                    sbnn_error *e);

/* Fills x and the values of `state` (NULL: none are wanted, and none may be there). On failure both are as
 * before. SBNN_BAD_INPUT with one sentence: it cannot be read, is damaged, or belongs to another run, task or
 * phase. */
int sbnn_part_read(const char *path, const sbnn_part *part, sbnn_experiment *x, nn_state *state,
                   sbnn_error *e);

/* The same for a task that is no network: its results as tensors of its own. The caller closes what is opened. */
int sbnn_part_write_tensors(const char *path, const sbnn_part *part, const nn_tensor *tensors, size_t n,
                            sbnn_error *e);
int sbnn_part_open(const char *path, const sbnn_part *part, nn_tensor_file **f, sbnn_error *e);

#endif
