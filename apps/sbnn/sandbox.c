/* sandbox.c - see sandbox.h. */
#include "sandbox.h"

#include "child.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const sbnn_sandbox_watch *sbnn_sandbox_watched;

enum {
  FILE_FD = 3, /* the child's */
  SHARED_FD,
  ALIVE_FD, /* closed when the child ends, however it does */
  N_FDS
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

static void limit(int resource, rlim_t most) {
  struct rlimit now = {most, most};
  if (getrlimit(resource, &now) == 0 && now.rlim_max < most) most = now.rlim_max;
  setrlimit(resource, &(struct rlimit){most, SBNN_COUNTED ? now.rlim_max : most});
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

typedef struct job {
  const sbnn_sandbox *sandbox;
  int (*work)(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e);
  void *ctx;
  int file, shared;
} job;

static int work_in_child(void *ctx, int alive) {
  const job *j = ctx;
  report r = {0};
  sbnn_sandbox_output out = {.fd = SHARED_FD};
  const sbnn_sandbox_watch *watch = sbnn_sandbox_watched;
  if (!keep_files(j->file, j->shared, alive)) return 1;
  set_limits(j->sandbox);
  /* a library that goes on without memory may read something else */
  sbnn_on_refusal = sbnn_child_out_of_memory;
  if (watch && watch->begins) watch->begins();
  if (lseek(SHARED_FD, sizeof r, SEEK_SET) < 0) return 1;
  r.code = j->work(j->ctx, FILE_FD, &out, &r.error);
  if (r.code == SBNN_OK && r.error.code != SBNN_OK) r.code = r.error.code;
  if (watch && watch->ends) watch->ends();
  return pwrite(SHARED_FD, &r, sizeof r, 0) == (ssize_t)sizeof r ? SBNN_CHILD_DONE : SBNN_CHILD_NO_MEMORY;
}

/* ---- the caller ---- */

size_t sbnn_sandbox_memory(size_t file_bytes) {
  const size_t machine = (size_t)sysconf(_SC_PHYS_PAGES) / 2 * (size_t)sysconf(_SC_PAGESIZE);
  const size_t least = (size_t)512 << 20, factor = 2000; /* deflate: 1032, and room to turn it */
  return file_bytes > (machine - least) / factor ? machine : least + factor * file_bytes;
}

static int explain(const sbnn_sandbox *s, const sbnn_child_end *end, sbnn_error *e) {
  const int number = WIFSIGNALED(end->status) ? WTERMSIG(end->status) : 0;
  if (number == SIGXCPU || number == SIGKILL)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: reading it took longer than %u seconds and was stopped: it is damaged or "
                     "malicious; save it again with the program that made it",
                     s->path, s->seconds ? s->seconds : 3600);
  if (number == SIGXFSZ || (WIFEXITED(end->status) && WEXITSTATUS(end->status) == SBNN_CHILD_NO_MEMORY))
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: reading it takes more memory than the %zu MB that a file of its size may take here: "
        "it is damaged, or too large for this machine",
        s->path, s->memory >> 20);
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: %s failed on it (%s): it is damaged or malicious; copy it again, or save it again "
                   "with the program that made it",
                   s->path, s->library, sbnn_child_why(end));
}

static int open_file(const sbnn_sandbox *s, sbnn_error *e) {
  struct stat status;
  const char *path = s->copy ? s->copy : s->path;
  int fd = open(path, (s->copy ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
  const char *why = fd < 0 ? strerror(errno) : "it is not a regular file";
  sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be opened (%s); check the path", path, why);
  if (fd >= 0) close(fd);
  return -1;
}

int sbnn_sandbox_run(const sbnn_sandbox *s,
                     int (*work)(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e), void *ctx,
                     sbnn_sandbox_output *out, sbnn_error *e) {
  sbnn_child_end end = {0};
  *out = (sbnn_sandbox_output){.fd = -1};
  int file = open_file(s, e);
  if (file < 0) return SBNN_BAD_INPUT;
  out->fd = memfd_create("sbnn", MFD_CLOEXEC);
  job j = {s, work, ctx, file, out->fd};
  bool started = out->fd >= 0 && sbnn_child_run(work_in_child, &j, 0, &end);
  const int why = errno;
  close(file);
  if (!started)
    return sbnn_fail(e, SBNN_FAILED, "%s: no process could be started to read it (%s); close other programs",
                     s->path, strerror(why));
  if (sbnn_sandbox_watched && sbnn_sandbox_watched->ended) sbnn_sandbox_watched->ended(end.status);
  report r;
  if (end.stopped || (sbnn_interrupted() && !sbnn_child_done(&end)))
    return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted while reading %s; nothing was written", s->path);
  if (!sbnn_child_done(&end) || !take_report(out, &r)) return explain(s, &end, e);
  return r.code == SBNN_OK ? SBNN_OK : sbnn_fail(e, r.code, "%s", r.error.text);
}
