/* srrr_map.h - the linear map: sparse reduced-rank regression on all cells (figure S5). */
#ifndef SBNN_SRRR_MAP_H
#define SBNN_SRRR_MAP_H

#include "commands/session.h"
#include "results/experiment.h"

enum { SBNN_MAP_GENES = 25 }; /* without --genes */

/* Fits the lowest rank of --ranks above 1 on all cells, at the penalty that leaves --genes genes (or
 * SBNN_MAP_GENES), relaxed, and fills *x as `train` does, with the model "srrr": the latent holds the
 * principal axes of the predicted responses, whose prediction is linear in them; genes are regressed on them
 * by least squares. *x stays all zero, SBNN_OK, when all ranks are 1 or no gene explains anything. Errors: as
 * sbnn_prepared_make and linear/srrr.h. */
int sbnn_srrr_map(const sbnn_session *session, sbnn_experiment *x, sbnn_error *e);

#endif
