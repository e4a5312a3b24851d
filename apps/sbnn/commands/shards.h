/* shards.h - a command divided among processes (--shard), and what `sbnn merge` reads of their folders.
 *
 * A shard's folder holds `key` (what the results depend on), `command.json` (the command with its options) and a file for each
 * finished model (parts/part.h). Several shards may share a folder: every file appears whole, under its final name, and
 * two processes that compute the same model write the same bytes. There is no lock. */
#ifndef SBNN_COMMANDS_SHARDS_H
#define SBNN_COMMANDS_SHARDS_H

#include "options/options.h"
#include "parts/parts.h"

/* What merge asks of the command that it runs again. */
typedef struct sbnn_merge {
  const char *const *folders; /* borrowed */
  int n_folders;
  bool fills; /* models that no folder has are trained; else they are an error */
} sbnn_merge;

/* Before data are read: makes the folder --out for a shard, or takes one that only shards have written to. *made: it was
 * made, and is the caller's to remove if nothing comes of the shard. SBNN_FAILED: it cannot be made or read, or holds
 * something else. */
int sbnn_shard_folder(const sbnn_options *o, bool *made, sbnn_error *e);

/* Opens it. SBNN_FAILED: it cannot be written, or holds shards of another command, of other options, data or build. */
int sbnn_shard_open(const sbnn_options *o, const char *key, sbnn_parts **parts, sbnn_error *e);

/* The command of the shards in `folder`, as arguments that parse to its options, with --out `out`; the caller frees each and
 * the list, which NULL ends. NULL after SBNN_BAD_INPUT, or SBNN_FAILED (memory). */
char **sbnn_shard_command(const char *folder, const char *out, sbnn_error *e);

/* Have all folders the key of this run? SBNN_BAD_INPUT names the folder and the first line that differs. */
int sbnn_merge_check(const sbnn_merge *m, const sbnn_parts *parts, sbnn_error *e);

/* Has a folder a file of the task, be it good or bad? */
bool sbnn_merge_has(const sbnn_merge *m, const sbnn_task *task);

/* Fills x with what a folder has of the task. SBNN_OK with *found false: no folder has it. SBNN_BAD_INPUT: what they have is
 * damaged, or of another run, and no folder has a good one. */
int sbnn_merge_take(const sbnn_merge *m, const sbnn_parts *parts, const sbnn_task *task, sbnn_experiment *x,
                    bool *found, sbnn_error *e);

#endif
