/* parts.h - what an unfinished run has finished: folds of cv, phases of train, each as a file that appears
 * whole. They live in DIR/.incoming/resume until the results are in place; --resume takes them up. Threads:
 * parts of different names may be stored and loaded at once. */
#ifndef SBNN_RESULTS_PARTS_H
#define SBNN_RESULTS_PARTS_H

#include "data/dataset.h"
#include "nn/nn.h"
#include "options/options.h"
#include "results/experiment.h"
#include "results/outdir.h"

#include <stdbool.h>

typedef struct sbnn_parts sbnn_parts;

/* Begins with none, or with those that are there if o->resume. The key is all that the results depend on:
 * resolved options, hashes of the inputs, the build. SBNN_FAILED: the parts are of a run with another key
 * (what differs is named). *done: o->resume was given, but the results of just this run are complete already;
 * nothing is opened then. */
int sbnn_parts_open(sbnn_outdir *out, const sbnn_options *o, const sbnn_dataset *d, sbnn_parts **parts,
                    bool *done, sbnn_error *e);
void sbnn_parts_close(sbnn_parts *p); /* the files stay; NULL is allowed */

/* 16 hexadecimal digits that stand for the key. */
const char *sbnn_parts_key(const sbnn_parts *p);

bool sbnn_parts_any(const sbnn_parts *p);
bool sbnn_parts_has(const sbnn_parts *p, const char *name);

/* The experiment so far, and the values of `state` (NULL: none). SBNN_FAILED: it cannot be written. */
int sbnn_parts_store(sbnn_parts *p, const char *name, const sbnn_experiment *x, const nn_state *state,
                     sbnn_error *e);

/* Fills x, but for `model` and `fold`, and the values of `state` by name. Call it once sbnn_parts_has says
 * so. False: the file is damaged, and is removed; x and state are as before. */
bool sbnn_parts_load(sbnn_parts *p, const char *name, sbnn_experiment *x, nn_state *state);

/* After an interrupt or a failure: if there are parts, says in `e` how to go on. */
void sbnn_parts_explain(const sbnn_parts *p, sbnn_error *e);

#endif
