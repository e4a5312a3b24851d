/* text.h - the tokenizer under every text format: fields of separated text out of a streaming buffer.
 * Internal to data/. Use: open, skip_comments, find_separator, then for each row: row, then field or numbers
 * until the field that is `last`. Every failure has its sentence in t->error and its code returned.
 * Threads: one sbnn_text, one thread. */
#ifndef SBNN_DATA_TEXT_H
#define SBNN_DATA_TEXT_H

#include "data/source.h"
#include "sbnn.h"

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sbnn_text {
  const char *path; /* borrowed */
  sbnn_error *error;
  sbnn_source *source;
  char *buffer, *at, *end; /* unread bytes are at..end; *end is a NUL that stops every scan */
  size_t capacity;
  bool source_end; /* nothing left beyond `end` */
  char separator;
  size_t line, column; /* of the next field, from 1 */
  locale_t c_locale;   /* numbers have a decimal point, whatever the user's locale says */
} sbnn_text;

/* text is NUL-terminated and lives in the buffer until the next call. */
typedef struct sbnn_field {
  char *text;
  size_t length;
  size_t line, column;
  bool last; /* of its row */
} sbnn_field;

/* Opens and passes the byte-order mark. SBNN_BAD_INPUT: cannot open, empty, another format (Excel, HDF5,
 * ...). Call sbnn_text_close in any case. */
int sbnn_text_open(sbnn_text *t, const char *path, sbnn_error *e);

/* The two halves of that: opens whatever it is; the sentence on another format. */
int sbnn_text_open_any(sbnn_text *t, const char *path, sbnn_error *e);
int sbnn_text_check_kind(sbnn_text *t);

void sbnn_text_close(sbnn_text *t);

int sbnn_text_skip_comments(sbnn_text *t);  /* passes leading lines that start with '#', and blank ones */
int sbnn_text_find_separator(sbnn_text *t); /* from the next line, which stays unread */

/* Passes blank lines; *more: a row follows. */
int sbnn_text_row(sbnn_text *t, bool *more);

/* The next field, quotes resolved. */
int sbnn_text_field(sbnn_text *t, sbnn_field *f);

/* The next line as one field, quotes and all. */
int sbnn_text_line(sbnn_text *t, sbnn_field *f);

/* Reads plain decimal numbers into out[0..max) as long as the fields are such and whole in the buffer;
 * returns how many. It may stop at any field, e.g. one in scientific notation: go on with sbnn_text_field and
 * sbnn_text_parse. *last: the row has ended. */
size_t sbnn_text_numbers(sbnn_text *t, double *out, size_t max, bool *last);

/* SBNN_BAD_INPUT if there are control bytes in the field: a binary file that happens to hold no NUL so far.
 */
int sbnn_text_check_name(sbnn_text *t, const sbnn_field *f);

/* The field as a number, surrounding blanks ignored; "inf" is one, "nan" and hexadecimal are not. */
bool sbnn_text_parse(const sbnn_text *t, const sbnn_field *f, double *value);

/* A field or name as it may be shown in a message: control bytes replaced, cut after 40 bytes. Writes to
 * out[64].
 */
const char *sbnn_text_show(const char *field, char out[64]);

/* The same as an argument of sbnn_fail: the text lives until the end of the block. */
#define sbnn_shown(name) sbnn_text_show(name, (char[64]){0})

#endif
