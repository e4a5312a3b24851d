/* writer.h - a text file of which every write is checked, and which appears whole or not at all.
 * Threads: one writer, one thread. */
#ifndef SBNN_OUTPUT_WRITER_H
#define SBNN_OUTPUT_WRITER_H

#include "sbnn.h"
#include "tensor/tensor.h"

#include <stdbool.h>
#include <stdio.h>

/* Failures are sticky: after the first, writing does nothing and sbnn_writer_close reports it. */
typedef struct sbnn_writer {
  tn_atomic_file file;
  char *path;
  int error; /* errno of the first failure */
} sbnn_writer;

/* Before hours of work: may the option ("out") name this file? SBNN_FAILED: a folder, a file that exists (without
 * `force`), in a folder that is not there or may not be written to. */
int sbnn_check_place(const char *option, const char *path, bool force, sbnn_error *e);

/* Begins it (tn_atomic_open). Call sbnn_writer_close in any case. */
void sbnn_writer_open(sbnn_writer *w, const char *path);

void sbnn_writer_open_in(sbnn_writer *w, const char *directory, const char *name); /* DIRECTORY/NAME */

void sbnn_put(sbnn_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

void sbnn_put_bytes(sbnn_writer *w, const char *bytes, size_t n);

/* A number as all our tables print it: 9 significant digits, NaN as NA. */
void sbnn_put_number(sbnn_writer *w, double value);

/* The last n fields of a line, each behind a tab. */
void sbnn_put_numbers(sbnn_writer *w, const double *value, size_t n);

/* A name as a TSV field: tabs, line ends and other control bytes become blanks; empty becomes NA. */
void sbnn_put_name(sbnn_writer *w, const char *name);

/* Flushes to disk and puts it in place. SBNN_FAILED with one sentence; the partial file is removed, what was
 * at PATH before stays. Releases the writer. */
int sbnn_writer_close(sbnn_writer *w, sbnn_error *e);

#endif
