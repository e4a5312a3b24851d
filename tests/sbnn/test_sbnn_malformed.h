/* test_sbnn_malformed.h - a malformed input given to the program itself: what must come of it. */
#ifndef TEST_SBNN_MALFORMED_H
#define TEST_SBNN_MALFORMED_H

#include "test_sbnn_data.h"

#include <sys/stat.h>
#include <sys/wait.h>

/* A file of the test directory; length 0: that of the text. */
typedef struct file {
  const char *name, *text;
  size_t length;
} file;

typedef struct bad {
  const char *parts;   /* of the sentence */
  const char *x, *y;   /* paths within the directory; NULL: x.csv and y.csv, which are good unless given */
  const char *options; /* further ones */
  const file files[4]; /* NULL name: no more */
} bad;

#define GOOD_X "gene,c1,c2,c3\ng1,1,0,3\ng2,0,5,1\n"
#define GOOD_Y "cell,r1,r2\nc1,1,5\nc2,2,4\nc3,3,7\n"
static inline void clear_dir(void) {
  remove_root();
  cr_assert_eq(mkdir(root, 0700), 0);
}

/* The program's standard error and exit code. */
static inline int run_cv(const bad *b, char *text, size_t room) {
  char command[2048];
  snprintf(
      command, sizeof command,
      "cd '%s' && '%s' cv --x '%s' --y '%s' %s --variable-genes 1 --genes 1 --folds 2 --clusters 2 --quiet "
      "--out out 2>&1 >/dev/null",
      root, NABLA_SBNN_BIN, b->x ? b->x : "x.csv", b->y ? b->y : "y.csv", b->options ? b->options : "");
  FILE *f = popen(command, "r");
  cr_assert(f != NULL);
  size_t n = fread(text, 1, room - 1, f);
  text[n] = '\0';
  int status = pclose(f);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void check_one(const bad *b, int expected, size_t number) {
  char text[4096], out[512];
  clear_dir();
  write_text("x.csv", GOOD_X);
  write_text("y.csv", GOOD_Y);
  for (size_t i = 0; i < 4 && b->files[i].name; i++)
    write_bytes(b->files[i].name, b->files[i].text,
                b->files[i].length ? b->files[i].length : strlen(b->files[i].text));
  int code = run_cv(b, text, sizeof text);
  cr_expect_eq(code, expected, "case %zu (%s): exit code %d: %s", number, b->parts, code, text);
  cr_expect(strlen(text) > 1 && strchr(text, '\n') == text + strlen(text) - 1,
            "case %zu (%s): not one line: %s", number, b->parts, text);
  char parts[512];
  snprintf(parts, sizeof parts, "%s", b->parts);
  for (char *part = strtok(parts, "|"); part; part = strtok(NULL, "|"))
    cr_expect(strstr(text, part) != NULL, "case %zu: '%s' is not in: %s", number, part, text);
  snprintf(out, sizeof out, "%s/out", root);
  cr_expect_neq(access(out, F_OK), 0, "case %zu (%s): something was written", number, b->parts);
}

#define CHECK(list)                                                                                          \
  for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++) check_one(&(list)[i], 3, i)

#endif
