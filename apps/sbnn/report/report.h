/* report.h - the page of a folder of results, for `report`, `run` and `demo`. */
#ifndef SBNN_REPORT_REPORT_H
#define SBNN_REPORT_REPORT_H

#include "sbnn.h"

/* Writes `path` from the results in `directory` and in the folders in it. Where `failures`, a folder
 * (`directory` itself, as a rule), has a failed.tsv of `run`, the page begins with what that lists, and
 * leaves those folders out: what they hold is of an earlier run. SBNN_BAD_INPUT with one sentence: there are
 * none, or they cannot be read, or disagree; SBNN_FAILED: `path` cannot be written. Nothing is written then.
 */
int sbnn_report_write(const char *directory, const char *failures, const char *path, sbnn_error *e);

#endif
