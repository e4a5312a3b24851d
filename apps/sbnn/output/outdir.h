/* outdir.h - the directory given by --out: a run appears in it as a whole, or not at all.
 *
 * Files are written to DIR/.incoming. Commit renames that to DIR/.complete, the one step that decides, then
 * removes what an earlier run left under our names and moves the new files up. A run that fails or is killed
 * before the decision leaves the old results as they were; one killed after it is finished by the next
 * sbnn_outdir_open. Only names of sbnn_result_files are ever replaced or removed. A lock on the directory,
 * which dies with the process, keeps a second run out.
 * Threads: one at a time; files of different names may be written at once. */
#ifndef SBNN_OUTPUT_OUTDIR_H
#define SBNN_OUTPUT_OUTDIR_H

#include "sbnn.h"

#include <stdbool.h>

typedef struct sbnn_outdir sbnn_outdir;

/* Of `run`: the steps that failed, beside the report. */
#define SBNN_FAILURES_FILE "failed.tsv"

/* Every name the tool writes, "figures/..." included; NULL ends the list. run.json comes last: where it
 * stands, the run is complete. Defined in commands/commands.c: each command names its own. Any thread. */
const char *const *sbnn_result_files(void);

/* Creates the directory (not its parents) or takes an empty one; with `force` one that holds anything.
 * NULL after SBNN_FAILED with one sentence: not empty, or with an unfinished run, without force; a file, no
 * parent, not writable, in use by another run, or a directory where one of our files must go. Nothing has
 * been changed then. */
sbnn_outdir *sbnn_outdir_open(const char *path, bool force, sbnn_error *e);

/* The same to go on with an unfinished run: what it kept (parts/parts.h) stays, and its directory need not
 * be empty. Without such a run: sbnn_outdir_complete, if results are there; else as sbnn_outdir_open. */
sbnn_outdir *sbnn_outdir_resume(const char *path, bool force, sbnn_error *e);

/* Opened for resuming, but there are complete results and no unfinished run: nothing may be written then. */
bool sbnn_outdir_complete(const sbnn_outdir *o);

/* Where the parts of an unfinished run are (borrowed), and how many files with their ending there are. */
#define SBNN_PART_ENDING ".safetensors"
const char *sbnn_outdir_parts(const sbnn_outdir *o);
int sbnn_outdir_count_parts(const sbnn_outdir *o);

/* Removes what a killed run had begun to write there; for whoever goes on with it. */
void sbnn_outdir_sweep_parts(const sbnn_outdir *o);

/* Was a run stopped while it put its files in place? Old ones may be among them until the next open. */
bool sbnn_outdir_half_moved(const char *path);

/* The directory as given, for messages. */
const char *sbnn_outdir_path(const sbnn_outdir *o);

/* Where the file `name` of sbnn_result_files is to be written now; the caller frees. */
char *sbnn_outdir_file(const sbnn_outdir *o, const char *name);

/* Where all files are to be written now, and the directory for the figures in it. Borrowed. */
const char *sbnn_outdir_staging(const sbnn_outdir *o);
const char *sbnn_outdir_figures(const sbnn_outdir *o);
void sbnn_outdir_drop_figures(const sbnn_outdir *o); /* removes what is staged there */

/* Where the last good weights of a run that fails numerically go: straight into DIR, so that abort leaves
 * them there; the next commit removes them. The caller frees. */
#define SBNN_RESCUE_FILE "last_good.safetensors"
char *sbnn_outdir_rescue(const sbnn_outdir *o);

/* Puts the staged files in place and releases o, whatever it returns. SBNN_FAILED with one sentence: what
 * could not be moved is kept, and the sentence says where. */
int sbnn_outdir_commit(sbnn_outdir *o, sbnn_error *e);

/* Throws the staged files away and releases o; the directory too if open created it. An unfinished run that
 * was there before stays. NULL is allowed. */
void sbnn_outdir_abort(sbnn_outdir *o);

/* Releases o and keeps the parts for a later sbnn_outdir_resume. NULL is allowed. */
void sbnn_outdir_suspend(sbnn_outdir *o);

#endif
