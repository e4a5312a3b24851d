/* page.h - the page around its data: template.html with styles, scripts and data in place of its {{marks}}.
 */
#ifndef SBNN_REPORT_PAGE_H
#define SBNN_REPORT_PAGE_H

#include "sbnn.h"

/* Writes `path`. title: plain text; data: JSON by json.h. SBNN_FAILED with one sentence (I/O); what was at
 * `path` stays then. */
int sbnn_page_write(const char *path, const char *title, const char *data, sbnn_error *e);

#endif
