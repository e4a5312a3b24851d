/* page_files.h - the HTML, CSS and JavaScript files beside this one, embedded by cmake/embed.cmake. */
#ifndef SBNN_REPORT_PAGE_FILES_H
#define SBNN_REPORT_PAGE_FILES_H

#include <stddef.h>

typedef struct sbnn_page_file {
  const char *name; /* "report.css"; NULL ends the table */
  const unsigned char *bytes;
  size_t n;
} sbnn_page_file;

extern const sbnn_page_file sbnn_page_files[];

#endif
