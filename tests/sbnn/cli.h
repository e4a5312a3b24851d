/* cli.h - for tests of the program as its users meet it: synthetic tables, runs of a binary, and what they
 * changed. */
#ifndef TEST_SUPPORT_CLI_H
#define TEST_SUPPORT_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- tables: cells c0.. by genes g0.. (three families of cells, each with its markers) or by responses r0..
 * ---- */

/* Replaces one field, as it will stand in the file. Row and column count from 1 and leave out header and ids;
 * 0 is the header or the ids, ANY all of them. A text of NULL leaves the field out. */
typedef struct cli_edit {
  int row, column;
  const char *text;
} cli_edit;
enum { CLI_ANY = -1, CLI_EDITS = 4 };

typedef struct cli_table {
  bool responses;     /* else counts */
  int cells, columns; /* 0: 60 cells, 40 genes, 4 responses */
  const char *prefix; /* of the cells' names; NULL: "c" */
  bool transposed, reversed, gzip, tabs;
  cli_edit edits[CLI_EDITS]; /* in rows and columns of the file; ended by one that is all zero */
} cli_table;

void cli_write(const char *path, const cli_table *t);
void cli_write_labels(const char *path, int cells);

/* ---- running ---- */

typedef struct cli_result {
  int code; /* of the exit; 1000 + the signal's number if one killed it */
  double seconds;
  char out[1 << 16], err[1 << 16];
} cli_result;

typedef struct cli_child {
  pid_t pid;
  int out, err;
  double start;
} cli_child;

typedef struct cli_limits {
  long file_bytes; /* 0: any; longer files fail with EFBIG */
  long memory;     /* bytes of address space; 0: any */
} cli_limits;

/* Runs `binary` in `directory` with the words of `line`, which are separated by single blanks (two make an
 * empty word; 'single quotes' hold a word together). Dies after two minutes. */
cli_child cli_start(const char *binary, const char *directory, const char *line, const cli_limits *limits);
cli_result cli_wait(cli_child c);
cli_result cli_run(const char *binary, const char *directory, const char *line, const cli_limits *limits);

/* ---- looking ---- */

/* Every name below `path` with its kind, and files with a hash of their bytes, as text to compare; the caller
 * frees. */
char *cli_snapshot(const char *path);

/* Do two files hold the same bytes? False if one is missing. */
bool cli_same(const char *a, const char *b);

#endif
