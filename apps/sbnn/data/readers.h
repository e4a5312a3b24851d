/* readers.h - the formats of tables (formats.def), and what their readers share. Internal to data/.
 * A build without the library of a format still claims its files, and says what to do in place of it.
 * Threads: two files may be read at once. */
#ifndef SBNN_DATA_READERS_H
#define SBNN_DATA_READERS_H

#include "data/table.h"

/* One format: its descriptor stands in its file. */
typedef struct sbnn_file_format {
  const char *shown; /* in help, among "...": ".npz", "Matrix Market (.mtx with its lists)"; NULL: not */
  /* By name and content: the ending, perhaps with .gz, or the first bytes (16 at most). NULL: see `claims`. */
  const char *ending, *magic;
  const char *what; /* with a magic: "a NumPy array", for who gives it where only text is read; NULL: none */
  /* Whether the path is of this format, in place of ending and magic; NULL: these. No errors: what cannot be
   * opened is claimed by its name alone, and the reader says so. */
  bool (*claims)(const char *path);
  /* As sbnn_table_read, whose work it does: `options` is not NULL, *t is all zero before, and may be filled in
   * part on failure (table.c frees it). Equal ids are no error of a reader: it leaves them in row_fault and
   * col_fault. */
  int (*read)(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);
  /* In place of it, for files of several named arrays: whichever of t and l is not NULL, as sbnn_table_read
   * and sbnn_labels_read; of l options are NULL. Labels of other formats are text. */
  int (*read_named)(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_labels *l,
                    sbnn_error *e);
} sbnn_file_format;

#define SBNN_FORMAT(name) extern const sbnn_file_format sbnn_format_##name;
#include "data/formats.def"

/* All of them in the order of formats.def; NULL ends the list. */
extern const sbnn_file_format *const sbnn_formats[];

/* Labels as CSV and TSV (table_text.c). */
int sbnn_labels_read_text(const char *path, sbnn_labels *l, sbnn_error *e);

/* True if the name ends so (upper or lower case), perhaps with .gz, or if the regular file's (decompressed)
 * content begins with `magic`, of at most 16 bytes. */
bool sbnn_looks_like(const char *path, const char *ending, const char *magic);

/* Appends row[0..t->n_cols) as another row (n_rows counts it), to counts if `sparse`, else to values. */
void sbnn_table_add_row(sbnn_table *t, bool sparse, const double *row);

/* Rows become columns: the numbers, n_rows and n_cols; names and lines stay. */
void sbnn_table_transpose(sbnn_table *t, bool sparse);

/* Appends a character to text[*n..], which has room for 4 bytes more; false: it is none. */
bool sbnn_put_utf8(char *text, size_t *n, uint32_t c);

#endif
