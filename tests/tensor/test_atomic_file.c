/* test_atomic_file.c - files that appear whole or not at all, and what is written into instead of replaced.
 */
#include "support/files_end.h"
#include "support/throwaway.h"
#include "tensor/tensor.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(atomic_file, .init = make_root, .fini = remove_root);

static void put(const char *path, const char *text) {
  tn_atomic_file f;
  cr_assert_eq(tn_atomic_open(&f, path), TN_OK, "%s", strerror(f.error));
  fputs(text, f.stream);
  cr_assert_eq(tn_atomic_close(&f, true), TN_OK, "%s: %s", path, strerror(f.error));
}

static void expect(const char *path, const char *text) {
  char have[256] = "";
  FILE *f = fopen(path, "r");
  cr_assert(f != NULL, "%s", path);
  cr_expect(fread(have, 1, sizeof have - 1, f) == strlen(text) && !strcmp(have, text), "%s holds %s", path,
            have);
  fclose(f);
}

static struct stat look(const char *path) {
  struct stat s;
  cr_assert_eq(lstat(path, &s), 0, "%s", path);
  return s;
}

static int entries(void) {
  int n = 0;
  DIR *d = opendir(root);
  while (readdir(d)) n++;
  closedir(d);
  return n - 2;
}

Test(atomic_file, appears_whole) {
  tn_atomic_file f;
  put(at("x"), "old");
  cr_assert_eq(tn_atomic_open(&f, at("x")), TN_OK);
  fputs("new", f.stream);
  fflush(f.stream);
  expect(at("x"), "old");
  cr_assert_eq(tn_atomic_close(&f, true), TN_OK);
  expect(at("x"), "new");
  mode_t mask = umask(0);
  umask(mask);
  cr_expect_eq(look(at("x")).st_mode & 0777, 0666 & ~mask);
  cr_assert_eq(tn_atomic_open(&f, at("x")), TN_OK);
  fputs("never", f.stream);
  cr_assert_eq(tn_atomic_close(&f, false), TN_OK);
  expect(at("x"), "new");
  cr_assert_eq(tn_atomic_write(at("y"), "ab\0c", 4), TN_OK);
  cr_expect_eq(look(at("y")).st_size, 4);
  cr_assert_eq(chdir(root), 0);
  put("here", "text");
  expect(at("here"), "text");
  char name[256] = "";
  memset(name, 'n', 255); /* as long as names may be */
  put(name, "text");
  cr_expect_eq(entries(), 4);
}

Test(atomic_file, a_failure_leaves_what_was_there) {
  static const size_t sizes[] = {20, 100000}; /* noticed when closing, and on the way */
  char *text = calloc(1, 100000);
  put(at("x"), "old");
  for (int i = 0; i < 2; i++) {
    files_end_at(10);
    cr_expect_eq(tn_atomic_write(at("x"), text, sizes[i]), TN_EIO);
    cr_expect_eq(errno, EFBIG);
    files_end_at(-1);
    expect(at("x"), "old");
  }
  tn_atomic_file f;
  cr_assert_eq(tn_atomic_open(&f, at("x")), TN_OK);
  f.error = ENODATA; /* the caller's own */
  cr_expect_eq(tn_atomic_close(&f, true), TN_EIO);
  cr_expect_eq(f.error, ENODATA);
  expect(at("x"), "old");
  cr_expect_eq(tn_atomic_open(&f, at("none/x")), TN_EIO);
  cr_expect_eq(f.error, ENOENT);
  cr_expect_eq(tn_atomic_close(&f, true), TN_EIO);
  cr_assert_eq(mkdir(at("folder"), 0777), 0);
  cr_expect_eq(tn_atomic_write(at("folder"), "x", 1), TN_EIO);
  cr_expect_eq(entries(), 2);
  free(text);
}

/* ---- what is not replaced ---- */

static void *read_fifo(void *path) {
  static char text[64];
  FILE *f = fopen(path, "r");
  size_t n = fread(text, 1, sizeof text - 1, f);
  text[n] = '\0';
  fclose(f);
  return text;
}

Test(atomic_file, a_fifo_is_written_into) {
  pthread_t reader;
  void *text;
  char path[128];
  snprintf(path, sizeof path, "%s/fifo", root);
  cr_assert_eq(mkfifo(path, 0666), 0);
  cr_expect(tn_atomic_writes_into(path));
  pthread_create(&reader, NULL, read_fifo, path);
  put(path, "through the pipe");
  pthread_join(reader, &text);
  cr_expect_str_eq(text, "through the pipe");
  cr_expect(S_ISFIFO(look(path).st_mode));
  cr_expect_eq(entries(), 1);
  /* Thrown away: not even what is buffered goes there. */
  tn_atomic_file f;
  pthread_create(&reader, NULL, read_fifo, path);
  cr_assert_eq(tn_atomic_open(&f, path), TN_OK);
  fputs("nothing of this", f.stream);
  cr_assert_eq(tn_atomic_close(&f, false), TN_OK);
  pthread_join(reader, &text);
  cr_expect_str_eq(text, "");
}

Test(atomic_file, a_device_is_written_into) {
  cr_assert_eq(symlink("/dev/null", at("null")), 0);
  cr_assert_eq(symlink("/dev/full", at("full")), 0);
  put(at("null"), "gone");
  cr_expect(S_ISLNK(look(at("null")).st_mode) && S_ISCHR(look("/dev/null").st_mode));
  if (access("/dev/full", W_OK) != 0) cr_skip_test("no /dev/full");
  cr_expect_eq(tn_atomic_write(at("full"), "x", 1), TN_EIO);
  cr_expect_eq(errno, ENOSPC);
  cr_expect(S_ISLNK(look(at("full")).st_mode) && S_ISCHR(look("/dev/full").st_mode));
}

/* As after `> redirected`: the links of /proc lead to a file that stays the same one. */
Test(atomic_file, an_open_file_is_written_into) {
  char link[64];
  int file = open(at("redirected"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  struct stat before;
  cr_assert_eq(fstat(file, &before), 0);
  cr_assert_eq(write(file, "first, ", 7), 7);
  for (int i = 0; i < 2; i++) {
    snprintf(link, sizeof link, i ? "/dev/fd/%d" : "/proc/self/fd/%d", file);
    cr_expect(tn_atomic_writes_into(link));
    put(link, i ? "third" : "second, ");
  }
  cr_expect_eq(look(at("redirected")).st_ino, before.st_ino);
  expect(at("redirected"), "first, second, third");
  cr_expect_not(tn_atomic_writes_into(at("redirected")));
}

/* A device takes what it takes: what it refuses is told, and what is thrown away never reaches it. */
Test(atomic_file, devices) {
  tn_atomic_file f;
  cr_expect(tn_atomic_writes_into("/dev/null"));
  put("/dev/null", "text");
  cr_expect_eq(tn_atomic_write("/dev/full", "text", 4), TN_EIO);
  cr_expect_eq(errno, ENOSPC);
  cr_assert_eq(tn_atomic_open(&f, "/dev/full"), TN_OK);
  fputs("text", f.stream);
  cr_expect_eq(tn_atomic_close(&f, false), TN_OK, "what is thrown away need not be taken");
  cr_expect_eq(tn_atomic_write(at("nothing"), NULL, 0), TN_OK);
  expect(at("nothing"), "");
}

/* ---- what nobody can misuse ---- */

Test(atomic_file, links_are_not_followed) {
  put(at("precious"), "mine");
  cr_assert_eq(symlink("precious", at("x")), 0);
  cr_assert_eq(symlink("precious", at("x.tmp")), 0);
  cr_assert_eq(symlink("precious", at("x.partial")), 0);
  cr_assert_eq(symlink("nowhere", at("y")), 0);
  put(at("x"), "text");
  put(at("y"), "text");
  expect(at("precious"), "mine");
  cr_expect(S_ISREG(look(at("x")).st_mode) && S_ISREG(look(at("y")).st_mode));
  expect(at("x"), "text");
}

/* Eight writers of one file at once: it is always one of theirs, whole. */
Test(atomic_file, writers_do_not_disturb_each_other) {
  enum { WRITERS = 8, TIMES = 40, SIZE = 50000 };
  pid_t child[WRITERS];
  for (int i = 0; i < WRITERS; i++) {
    if ((child[i] = fork()) != 0) continue;
    char *text = malloc(SIZE);
    memset(text, 'a' + i, SIZE);
    for (int k = 0; k < TIMES; k++)
      if (tn_atomic_write(at("x"), text, SIZE) != TN_OK) _exit(1);
    _exit(0);
  }
  for (int i = 0; i < WRITERS; i++) {
    int status;
    waitpid(child[i], &status, 0);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "writer %d", i);
    char *text = malloc(SIZE + 1);
    FILE *f = fopen(at("x"), "r");
    cr_assert_eq(fread(text, 1, SIZE + 1, f), SIZE);
    fclose(f);
    for (int k = 1; k < SIZE; k++)
      cr_assert_eq(text[k], text[0], "a mixture of '%c' and '%c'", text[0], text[k]);
    free(text);
  }
  cr_expect_eq(entries(), 1);
}

/* ---- that it lasts: the calls in their order ---- */

static char calls[64]; /* f: fsync of a file, r: rename, d: fsync of a folder */

static void note(char call) { calls[strlen(calls) < sizeof calls - 1 ? strlen(calls) : 0] = call; }

static int fsync_fails; /* errno of the flushes of files, or if negative of folders; 0: they succeed */

/* In place of the C library's, also for the library under test. */
int fsync(int file) {
  struct stat s;
  bool folder = fstat(file, &s) == 0 && S_ISDIR(s.st_mode);
  note(folder ? 'd' : 'f');
  errno = abs(fsync_fails);
  return fsync_fails != 0 && folder == (fsync_fails < 0) ? -1 : 0;
}

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = NULL;
  void *found = dlsym(RTLD_NEXT, "rename");
  memcpy(&real, &found, sizeof real);
  note('r');
  return real(from, to);
}

Test(atomic_file, the_file_is_on_disk_before_its_name) {
  put(at("x"), "text");
  cr_expect_str_eq(calls, "frd");
}

/* A file system that cannot flush is no failure. A disk that fails is: the old file stays; or, where only the folder could not be
 * flushed, the new one is there and may not last. */
Test(atomic_file, flushes_that_fail) {
  static const int harmless[] = {EINVAL, ENOTSUP, EROFS};
  put(at("x"), "old");
  for (int i = 0; i < 6; i++) {
    fsync_fails = i < 3 ? harmless[i] : -harmless[i - 3];
    cr_expect_eq(tn_atomic_write(at("x"), i % 2 ? "odd" : "even", i % 2 ? 3 : 4), TN_OK, "%d", fsync_fails);
    expect(at("x"), i % 2 ? "odd" : "even");
  }
  fsync_fails = EIO;
  cr_expect_eq(tn_atomic_write(at("x"), "new", 3), TN_EIO);
  cr_expect_eq(errno, EIO);
  expect(at("x"), "odd");
  fsync_fails = -EIO;
  cr_expect_eq(tn_atomic_write(at("x"), "new", 3), TN_EIO);
  cr_expect_eq(errno, EIO);
  expect(at("x"), "new");
  cr_expect_eq(entries(), 1);
}
