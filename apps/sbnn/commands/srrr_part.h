/* srrr_part.h - the fits of one fold as a part (parts/part.h): for --shard and merge. */
#ifndef SBNN_COMMANDS_SRRR_PART_H
#define SBNN_COMMANDS_SRRR_PART_H

#include "commands/session.h"
#include "tables/srrr_tables.h"

/* score(i) of n fits of fold `fold` (from 1) are scores[i * step]. */
typedef struct sbnn_srrr_fold {
  int fold;
  sbnn_srrr_score *scores;
  size_t n, step;
  char **note; /* on what the fold leaves out; NULL: nothing */
} sbnn_srrr_fold;

/* The fold as a task. */
sbnn_task sbnn_srrr_task(int fold);

/* SBNN_FAILED: it cannot be written. */
int sbnn_srrr_store(sbnn_session *session, const sbnn_srrr_fold *f, sbnn_error *e);

/* Fills the scores from what is finished, or from the folders of merge. SBNN_OK with *found false: there is none.
 * SBNN_BAD_INPUT: it is damaged, or of another run. */
int sbnn_srrr_load(const sbnn_session *session, sbnn_srrr_fold *f, bool *found, sbnn_error *e);

#endif
