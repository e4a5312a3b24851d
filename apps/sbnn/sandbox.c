/* sandbox.c - see sandbox.h. The child ends with _exit: nothing of the caller's is flushed or removed twice. */
#include "sandbox.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const sbnn_sandbox_watch *sbnn_sandbox_watched;

enum {
  FILE_FD = 3, /* the child's */
  SHARED_FD,
  ALIVE_FD, /* closed when the child ends, however it does */
  N_FDS,
  NO_MEMORY = 121, /* exit status: an allocation was refused */
  DONE = 0         /* exit status: the report is complete */
};

/* The first bytes of the shared memory; what follows lies at a multiple of 64. */
typedef struct report {
  _Alignas(64) int code;
  sbnn_error error;
} report;

/* ---- shared memory ---- */

int sbnn_sandbox_write(sbnn_sandbox_output *out, const void *bytes, size_t n, sbnn_error *e) {
  for (const char *at = bytes; n > 0;) {
    ssize_t done = write(out->fd, at, n);
    if (done <= 0)
      return sbnn_fail(e, SBNN_FAILED, "there is no memory for the data (%s); close other programs",
                       strerror(errno));
    at += done;
    n -= (size_t)done;
    out->n += (size_t)done;
  }
  return SBNN_OK;
}

void sbnn_sandbox_free(sbnn_sandbox_output *out) {
  if (out->data) munmap(out->data - sizeof(report), out->n + sizeof(report));
  if (out->fd > 0) close(out->fd);
  *out = (sbnn_sandbox_output){.fd = -1};
}

/* Maps what the child has left; false: less than a report. */
static bool take_report(sbnn_sandbox_output *out, report *r) {
  struct stat status;
  if (fstat(out->fd, &status) != 0 || status.st_size < (off_t)sizeof *r) return false;
  if (pread(out->fd, r, sizeof *r, 0) != (ssize_t)sizeof *r) return false;
  r->error.text[sizeof r->error.text - 1] = '\0';
  size_t n = (size_t)status.st_size;
  void *all = n > sizeof *r ? mmap(NULL, n, PROT_READ, MAP_SHARED, out->fd, 0) : NULL;
  if (all == MAP_FAILED) return false;
  close(out->fd);
  out->fd = -1;
  out->data = all ? (unsigned char *)all + sizeof *r : NULL;
  out->n = n - sizeof *r;
  return true;
}

/* ---- the child ---- */

#ifdef NABLA_COVERAGE
#include <gcov.h>
#define KEEP_COUNTS() __gcov_dump() /* _exit drops them */
#else
#define KEEP_COUNTS() ((void)0)
#endif

static _Noreturn void end_child(int status) {
  KEEP_COUNTS();
  _exit(status);
}

static void limit(int resource, rlim_t most) {
  struct rlimit now;
  if (getrlimit(resource, &now) == 0 && now.rlim_max < most) most = now.rlim_max;
  setrlimit(resource, &(struct rlimit){most, most});
}

/* Bytes of address space that the process has already. */
static size_t address_space(void) {
  unsigned long pages = 0;
  FILE *f = fopen("/proc/self/statm", "re");
  if (f && fscanf(f, "%lu", &pages) != 1) pages = 0;
  if (f) fclose(f);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void set_limits(const sbnn_sandbox *s) {
  const size_t memory = s->memory ? s->memory : sbnn_sandbox_memory(SIZE_MAX);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, s->seconds ? s->seconds : 3600);
  if (SBNN_SANITIZED) return;
  limit(RLIMIT_AS, address_space() + memory);
  struct stat file;
  const size_t there = s->copy && fstat(FILE_FD, &file) == 0 ? (size_t)file.st_size : 0;
  limit(RLIMIT_FSIZE, there + memory); /* of the shared memory, and of the copy */
}

static void end_without_memory(void) { end_child(NO_MEMORY); }

/* Nothing stays open but the file, the shared memory and the end of the pipe. */
static bool keep_files(int file, int shared, int alive) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  /* First out of the way of the numbers they get. */
  int a = fcntl(file, F_DUPFD, N_FDS), b = fcntl(shared, F_DUPFD, N_FDS), c = fcntl(alive, F_DUPFD, N_FDS);
  if (null < 0 || a < 0 || b < 0 || c < 0) return false;
  for (int fd = 0; fd < 3; fd++)
    if (!SBNN_SANITIZED || fd != 2) dup2(null, fd);
  if (dup2(a, FILE_FD) < 0 || dup2(b, SHARED_FD) < 0 || dup2(c, ALIVE_FD) < 0) return false;
  return close_range(N_FDS, ~0u, 0) == 0 || errno == ENOSYS;
}

static void reset_signals(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGSEGV, SIGBUS, SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (!SBNN_SANITIZED || i < 5) signal(signals[i], SIG_DFL);
}

static _Noreturn void be_child(const sbnn_sandbox *s, int files[3],
                               int (*work)(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e),
                               void *ctx) {
  report r = {0};
  sbnn_sandbox_output out = {.fd = SHARED_FD};
  const sbnn_sandbox_watch *watch = sbnn_sandbox_watched;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  reset_signals();
  sbnn_no_memory = end_without_memory;
  if (!keep_files(files[0], files[1], files[2])) end_child(1);
  set_limits(s);
  if (watch && watch->begins) watch->begins();
  if (lseek(SHARED_FD, sizeof r, SEEK_SET) < 0) end_child(1);
  r.code = work(ctx, FILE_FD, &out, &r.error);
  if (r.code == SBNN_OK && r.error.code != SBNN_OK) r.code = r.error.code;
  if (watch && watch->ends) watch->ends();
  if (pwrite(SHARED_FD, &r, sizeof r, 0) != (ssize_t)sizeof r) end_child(NO_MEMORY);
  end_child(DONE);
}

/* ---- the caller ---- */

size_t sbnn_sandbox_memory(size_t file_bytes) {
  const size_t machine = (size_t)sysconf(_SC_PHYS_PAGES) / 2 * (size_t)sysconf(_SC_PAGESIZE);
  const size_t least = (size_t)512 << 20, factor = 2000; /* deflate: 1032, and room to turn it */
  return file_bytes > (machine - least) / factor ? machine : least + factor * file_bytes;
}

/* Waits until the child has ended; false: the user wants to stop. */
static bool wait_for(pid_t child, int alive, int *status) {
  bool stop = false;
  while (!stop && !(stop = sbnn_interrupted())) {
    struct pollfd p = {.fd = alive, .events = POLLIN};
    if (poll(&p, 1, 200) > 0) break;
  }
  if (stop) kill(child, SIGKILL);
  while (waitpid(child, status, 0) < 0 && errno == EINTR) {}
  return !stop;
}

static int explain(const sbnn_sandbox *s, int status, sbnn_error *e) {
  const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (number == SIGXCPU || number == SIGKILL)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: reading it took longer than %u seconds and was stopped: it is damaged or made to do "
        "harm; save it again with the program that made it",
        s->path, s->seconds ? s->seconds : 3600);
  if (number == SIGXFSZ || (WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY))
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: reading it takes more memory than the %zu MB that a file of its size may take here: "
        "it is damaged, or too large for this machine",
        s->path, s->memory >> 20);
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: %s failed on it (%s): it is damaged or made to do harm; copy it again, or save it "
                   "again with the program that made it",
                   s->path, s->library, number ? strsignal(number) : "it ended early");
}

static int open_file(const sbnn_sandbox *s, sbnn_error *e) {
  struct stat status;
  const char *path = s->copy ? s->copy : s->path;
  int fd = open(path, (s->copy ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
  const char *why = fd < 0 ? strerror(errno) : "it is no regular file";
  sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be opened (%s); check the path", path, why);
  if (fd >= 0) close(fd);
  return -1;
}

int sbnn_sandbox_run(const sbnn_sandbox *s,
                     int (*work)(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e), void *ctx,
                     sbnn_sandbox_output *out, sbnn_error *e) {
  int alive[2], status = 0;
  *out = (sbnn_sandbox_output){.fd = -1};
  int file = open_file(s, e);
  if (file < 0) return SBNN_BAD_INPUT;
  out->fd = memfd_create("sbnn", MFD_CLOEXEC);
  bool piped = out->fd >= 0 && pipe2(alive, O_CLOEXEC) == 0;
  pid_t child = piped ? fork() : -1;
  if (child == 0) be_child(s, (int[]){file, out->fd, alive[1]}, work, ctx);
  const int why = errno;
  close(file);
  if (piped) close(alive[1]);
  bool waited = child > 0 && wait_for(child, alive[0], &status);
  if (piped) close(alive[0]);
  if (child < 0)
    return sbnn_fail(e, SBNN_FAILED, "%s: no process could be started to read it (%s); close other programs",
                     s->path, strerror(why));
  if (sbnn_sandbox_watched && sbnn_sandbox_watched->ended) sbnn_sandbox_watched->ended(status);
  report r;
  if (!waited || (sbnn_interrupted() && status != DONE))
    return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted while reading %s; nothing was written", s->path);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != DONE || !take_report(out, &r))
    return explain(s, status, e);
  return r.code == SBNN_OK ? SBNN_OK : sbnn_fail(e, r.code, "%s", r.error.text);
}
