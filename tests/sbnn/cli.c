/* cli.c - see cli.h. */
#include "cli.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#ifdef NABLA_COVERAGE
#include <gcov.h>
#define KEEP_COUNTS() __gcov_dump() /* exec would, under the limits */
#else
#define KEEP_COUNTS() ((void)0)
#endif

/* ---- tables ---- */

static uint32_t noise(uint32_t a, uint32_t b, uint32_t salt) {
  uint64_t x = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u + salt;
  x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 29) * 0x94d049bb133111ebu;
  return (uint32_t)(x >> 32);
}

static void value_text(const cli_table *t, int cell, int column, char *text, size_t size) {
  uint32_t u = noise((uint32_t)cell, (uint32_t)column, t->responses);
  bool own = cell % 3 == column % 3;
  if (t->responses) snprintf(text, size, "%.4f", column + own + 0.5 * u / UINT32_MAX);
  else snprintf(text, size, "%u", u % 12 + (own && column < 9 ? 15 : 0));
}

/* The field at (row, column) of the file, header and ids being 0. */
static void field_text(const cli_table *t, int row, int column, char *text, size_t size) {
  int cell = t->transposed ? column : row, other = t->transposed ? row : column;
  if (t->reversed && cell > 0) cell = t->cells + 1 - cell;
  if (cell == 0 && other == 0) snprintf(text, size, "id");
  else if (other == 0) snprintf(text, size, "%s%d", t->prefix ? t->prefix : "c", cell - 1);
  else if (cell == 0) snprintf(text, size, "%s%d", t->responses ? "r" : "g", other - 1);
  else value_text(t, cell - 1, other - 1, text, size);
}

static const cli_edit *edit_at(const cli_table *t, int row, int column) {
  for (int i = 0; i < CLI_EDITS; i++) {
    const cli_edit *e = &t->edits[i];
    bool none = e->row == 0 && e->column == 0;
    bool here = e->row == row || (e->row == CLI_ANY && row > 0);
    if (!none && here && (e->column == column || (e->column == CLI_ANY && column > 0))) return e;
  }
  return NULL;
}

static void write_row(gzFile f, const cli_table *t, int row, int columns) {
  char text[64];
  for (int column = 0; column <= columns; column++) {
    const cli_edit *e = edit_at(t, row, column);
    if (e && !e->text) continue;
    field_text(t, row, column, text, sizeof text);
    if (column) gzputs(f, t->tabs ? "\t" : ",");
    gzputs(f, e ? e->text : text); /* gzprintf would drop long ones */
  }
  gzputs(f, "\n");
}

void cli_write(const char *path, const cli_table *original) {
  cli_table t = *original;
  if (!t.cells) t.cells = 60;
  if (!t.columns) t.columns = t.responses ? 4 : 40;
  gzFile f = gzopen(path, t.gzip ? "wb" : "wbT");
  cr_assert(f != NULL, "%s", path);
  for (int row = 0; row <= (t.transposed ? t.columns : t.cells); row++)
    write_row(f, &t, row, t.transposed ? t.cells : t.columns);
  cr_assert_eq(gzclose(f), Z_OK);
}

void cli_write_labels(const char *path, int cells) {
  FILE *f = fopen(path, "w");
  cr_assert(f != NULL, "%s", path);
  fprintf(f, "cell\tfamily\n");
  for (int i = 0; i < cells; i++) fprintf(f, "c%d\tfamily %d\n", i, i % 3);
  cr_assert_eq(fclose(f), 0);
}

/* ---- running ---- */

enum { MAX_WORDS = 100, SECONDS = 120 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Splits in place. */
static void split(char *line, char **words, const char *binary) {
  int n = 0;
  char *to = line;
  bool quoted = false;
  words[n++] = (char *)binary;
  words[n++] = to;
  for (const char *c = line; *c; c++) {
    if (*c == '\'') quoted = !quoted;
    else if (*c != ' ' || quoted) *to++ = *c;
    else {
      *to++ = '\0';
      cr_assert_lt(n, MAX_WORDS - 1);
      words[n++] = to;
    }
  }
  *to = '\0';
  words[n] = NULL;
}

static int nameless_file(void) {
  FILE *f = tmpfile();
  cr_assert(f != NULL);
  int copy = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
  fclose(f);
  return copy;
}

/* A program that counts its branches lifts its limits when it ends, to write the counts (apps/sbnn/child.c): soft ones. */
static void limit(int resource, long most) {
  struct rlimit now = {RLIM_INFINITY, RLIM_INFINITY};
  getrlimit(resource, &now);
#ifndef NABLA_COVERAGE
  now.rlim_max = (rlim_t)most;
#endif
  now.rlim_cur = (rlim_t)most;
  setrlimit(resource, &now);
}

/* In the child: never returns. The runner's own handlers and limits are not the program's. */
static void become(char **words, const char *directory, int out, int err, const cli_limits *limits) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) signal(numbers[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int in = open("/dev/null", O_RDONLY);
  KEEP_COUNTS();
  if (limits && limits->file_bytes) {
    signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, limits->file_bytes);
  }
  if (limits && limits->memory) limit(RLIMIT_AS, limits->memory);
  alarm(SECONDS);
  if (chdir(directory) == 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2)
    execv(words[0], words);
  _exit(127);
}

cli_child cli_start(const char *binary, const char *directory, const char *line, const cli_limits *limits) {
  char *copy = strdup(line), *words[MAX_WORDS];
  split(copy, words, binary);
  cli_child c = {.out = nameless_file(), .err = nameless_file(), .start = now()};
  c.pid = fork();
  cr_assert_geq(c.pid, 0);
  if (c.pid == 0) become(words, directory, c.out, c.err, limits);
  free(copy);
  return c;
}

static void take(int file, char *text, size_t size) {
  ssize_t n = pread(file, text, size - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  close(file);
}

cli_result cli_wait(cli_child c) {
  cli_result r = {0};
  int status = 0;
  cr_assert_eq(waitpid(c.pid, &status, 0), c.pid);
  r.seconds = now() - c.start;
  r.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  take(c.out, r.out, sizeof r.out);
  take(c.err, r.err, sizeof r.err);
  return r;
}

cli_result cli_run(const char *binary, const char *directory, const char *line, const cli_limits *limits) {
  return cli_wait(cli_start(binary, directory, line, limits));
}

/* ---- looking ---- */

/* All bytes; NULL if there is no such file. The caller frees. */
static char *bytes_of(const char *path, size_t *n) {
  struct stat s;
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  cr_assert_eq(fstat(fileno(f), &s), 0);
  char *bytes = malloc((size_t)s.st_size + 1);
  *n = fread(bytes, 1, (size_t)s.st_size + 1, f);
  fclose(f);
  return bytes;
}

static void look(FILE *to, const char *path) {
  struct stat s;
  if (lstat(path, &s) != 0) {
    fprintf(to, "%s missing\n", path);
    return;
  }
  if (S_ISREG(s.st_mode)) {
    size_t n = 0;
    char *bytes = bytes_of(path, &n);
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    free(bytes);
    fprintf(to, "%s %zu %016llx\n", path, n, (unsigned long long)h);
    return;
  }
  fprintf(to, "%s kind %o\n", path, (unsigned)(s.st_mode & S_IFMT));
  struct dirent **names;
  int n = S_ISDIR(s.st_mode) ? scandir(path, &names, NULL, alphasort) : -1;
  for (int i = 0; i < n; i++) {
    char inner[4096];
    bool self = !strcmp(names[i]->d_name, ".") || !strcmp(names[i]->d_name, "..");
    snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
    if (!self) look(to, inner);
    free(names[i]);
  }
  if (n >= 0) free(names);
}

char *cli_snapshot(const char *path) {
  char *text = NULL;
  size_t size = 0;
  FILE *to = open_memstream(&text, &size);
  look(to, path);
  fclose(to);
  return text;
}

bool cli_same(const char *a, const char *b) {
  size_t n = 0, m = 0;
  char *x = bytes_of(a, &n), *y = bytes_of(b, &m);
  bool same = x && y && n == m && memcmp(x, y, n) == 0;
  free(x);
  free(y);
  return same;
}
