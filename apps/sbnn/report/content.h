/* content.h - what a folder of results has to show, as JSON for the page (report.js describes it). */
#ifndef SBNN_REPORT_CONTENT_H
#define SBNN_REPORT_CONTENT_H

#include "report/json.h"
#include "sbnn.h"

#include <stdbool.h>

/* Does the folder itself hold results of train, cv, srrr or stability? */
bool sbnn_report_has_results(const char *directory);

/* Puts one object, {"name": ..., "kind": "train", ...}, with everything that is there. SBNN_BAD_INPUT with
 * one sentence: a table cannot be read, or disagrees with another. */
int sbnn_report_put(sbnn_json *j, const char *directory, const char *name, sbnn_error *e);

#endif
