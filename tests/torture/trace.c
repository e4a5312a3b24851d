/* trace.c - a program under ptrace: its calls that write, flush, rename, open and make directories are counted,
 * refused or recorded (torture.h). A filter (seccomp) stops it at those calls alone. The tool uses no
 * writev, ftruncate or mapped writing; if it did, they would be missed here. x86-64. */
#include "torture.h"

#if defined(__x86_64__) && defined(__linux__)
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static const int traced[] = {SYS_write,    SYS_pwrite64,  SYS_fsync,  SYS_fdatasync, SYS_rename,
                             SYS_renameat, SYS_renameat2, SYS_open,   SYS_openat,    SYS_creat,
                             SYS_mkdir,    SYS_mkdirat,   SYS_unlink, SYS_unlinkat,  SYS_rmdir};
enum { N_TRACED = sizeof traced / sizeof *traced };

/* ---- the child ---- */

static bool add_filter(void) {
  struct sock_filter code[N_TRACED + 3];
  size_t n = 0;
  code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < N_TRACED; i++)
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)traced[i],
                                             (unsigned char)(N_TRACED - i), 0);
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  struct sock_fprog program = {(unsigned short)n, code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static _Noreturn void be_traced(char **words) {
  int said = open("said", O_WRONLY | O_CREAT | O_APPEND, 0666), null = open("/dev/null", O_RDONLY);
  setpgid(0, 0);
  dup2(null, 0), dup2(said, 1), dup2(said, 2);
  close(null), close(said);
  if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(125);
  raise(SIGSTOP);
  if (!add_filter()) _exit(125);
  execv(words[0], words);
  _exit(126);
}

/* ---- one call ---- */

typedef struct tracer {
  fault *f;
  tape *t;
  char here[PATH_ROOM]; /* the working directory */
  pid_t child;
  bool began; /* the program has begun: it was executed */
} tracer;

/* A stopped call: what it concerns, and what will be recorded if it succeeds. */
typedef struct stopped {
  pid_t pid;
  struct user_regs_struct r;
  call sort; /* N_CALLS: of none */
  record record;
  bool ours, fills; /* fills: file contents */
} stopped;

static bool text_at(pid_t pid, unsigned long long address, char *text, size_t room) {
  size_t n = 0;
  while (n + 1 < room) {
    struct iovec to = {text + n, 1}, from = {(void *)(uintptr_t)(address + n), 1};
    if (process_vm_readv(pid, &to, 1, &from, 1, 0) != 1) return false;
    if (text[n++] == '\0') return true;
  }
  return false;
}

static bool path_of_fd(pid_t pid, int fd, char *path) {
  char link[64];
  if (fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", pid);
  else snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, fd);
  ssize_t n = readlink(link, path, PATH_ROOM - 1);
  if (n > 0) path[n] = '\0';
  return n > 0;
}

/* The part of a path below the working directory; NULL: it lies elsewhere. The caller frees. */
static char *below(const tracer *x, const char *path) {
  const size_t n = strlen(x->here);
  if (strncmp(path, x->here, n) != 0 || path[n] != '/' || !strcmp(path + n, "/said")) return NULL;
  return strdup(path + n + 1);
}

static char *named(const tracer *x, pid_t pid, int at, unsigned long long address) {
  char text[PATH_ROOM], base[PATH_ROOM], whole[2 * PATH_ROOM];
  if (!text_at(pid, address, text, sizeof text)) return NULL;
  if (*text == '/') return below(x, text);
  if (!path_of_fd(pid, at, base)) return NULL;
  snprintf(whole, sizeof whole, "%s/%s", base, text);
  return below(x, whole);
}

static char *opened(const tracer *x, pid_t pid, int fd) {
  char path[PATH_ROOM];
  return path_of_fd(pid, fd, path) ? below(x, path) : NULL;
}

static size_t offset_of(pid_t pid, int fd) {
  char path[64];
  unsigned long long at = 0;
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, fd);
  FILE *f = fopen(path, "re");
  if (f && fscanf(f, "pos: %llu", &at) != 1) at = 0;
  if (f) fclose(f);
  return (size_t)at;
}

static void take_bytes(stopped *s, unsigned long long address, size_t n) {
  s->record.data = malloc(n ? n : 1);
  s->record.n = n;
  struct iovec to = {s->record.data, n}, from = {(void *)(uintptr_t)address, n};
  if (process_vm_readv(s->pid, &to, 1, &from, 1, 0) != (ssize_t)n) s->record.n = 0;
}

static void look_at_opening(const tracer *x, stopped *s) {
  const bool at = s->r.orig_rax == SYS_openat, creat = s->r.orig_rax == SYS_creat;
  const unsigned long long flags = creat ? O_CREAT | O_TRUNC : at ? s->r.rdx : s->r.rsi;
  s->sort = CALL_OPEN;
  s->record.path = named(x, s->pid, at ? (int)s->r.rdi : AT_FDCWD, at ? s->r.rsi : s->r.rdi);
  if (!s->record.path || !(flags & (O_CREAT | O_TRUNC)))
    s->record.what = DEED_SYNC, s->record.n = 1; /* of nothing */
  else s->record.what = flags & O_TRUNC ? DEED_CUT : DEED_CREATE;
}

static void look_at_writing(const tracer *x, stopped *s) {
  const struct user_regs_struct *r = &s->r;
  s->sort = CALL_WRITE, s->fills = true, s->record.what = DEED_WRITE;
  s->record.path = opened(x, s->pid, (int)r->rdi);
  if (!s->record.path || !x->t) return;
  s->record.offset = r->orig_rax == SYS_write ? offset_of(s->pid, (int)r->rdi) : (size_t)r->r10;
  take_bytes(s, r->rsi, r->rdx);
}

/* Calls that name a place: one, or for renames a second. */
static void look_at_names(const tracer *x, stopped *s) {
  const struct user_regs_struct *r = &s->r;
  const long n = (long)r->orig_rax;
  const bool at = n == SYS_renameat || n == SYS_renameat2 || n == SYS_mkdirat || n == SYS_unlinkat;
  s->record.path = named(x, s->pid, at ? (int)r->rdi : AT_FDCWD, at ? r->rsi : r->rdi);
  s->record.what = n == SYS_mkdir || n == SYS_mkdirat ? DEED_MKDIR : DEED_REMOVE;
  if (s->record.what == DEED_MKDIR) s->sort = CALL_MKDIR;
  if (n != SYS_rename && n != SYS_renameat && n != SYS_renameat2) return;
  s->sort = CALL_RENAME, s->record.what = DEED_RENAME;
  s->record.to = named(x, s->pid, at ? (int)r->rdx : AT_FDCWD, at ? r->r10 : r->rsi);
}

/* What the call concerns. */
static void look(const tracer *x, stopped *s) {
  s->sort = N_CALLS;
  switch (s->r.orig_rax) {
  case SYS_write:
  case SYS_pwrite64: look_at_writing(x, s); break;
  case SYS_fsync:
  case SYS_fdatasync:
    s->sort = CALL_FSYNC, s->record.what = DEED_SYNC, s->record.path = opened(x, s->pid, (int)s->r.rdi);
    break;
  case SYS_rename:
  case SYS_renameat:
  case SYS_renameat2:
  case SYS_mkdir:
  case SYS_mkdirat:
  case SYS_unlink:
  case SYS_rmdir:
  case SYS_unlinkat: look_at_names(x, s); break;
  case SYS_open:
  case SYS_openat:
  case SYS_creat: look_at_opening(x, s); break;
  default: break;
  }
  s->ours = s->record.path != NULL;
}

static void give(pid_t pid, struct user_regs_struct *r, long error) {
  r->orig_rax = (unsigned long long)-1; /* the kernel skips the call */
  r->rax = (unsigned long long)-error;
  ptrace(PTRACE_SETREGS, pid, 0, r);
}

/* True: the call was refused. */
static bool disturb(tracer *x, stopped *s) {
  fault *f = x->f;
  if (!s->ours || s->sort == N_CALLS) return false;
  const long now = ++f->seen[s->sort];
  if (f->at && s->sort == f->refused && now == f->at) return give(s->pid, &s->r, f->error), true;
  if (!s->fills) return false;
  const long left = f->bytes - f->written;
  if (f->bytes >= 0 && left <= 0 && s->r.rdx > 0) return give(s->pid, &s->r, ENOSPC), true;
  if (f->bytes >= 0 && (long)s->r.rdx > left) {
    s->r.rdx = (unsigned long long)left; /* as a full disk does: as much as there is room for */
    ptrace(PTRACE_SETREGS, s->pid, 0, &s->r);
  }
  f->written += (long)s->r.rdx;
  return false;
}

static void free_record(record *r) {
  free(r->path);
  free(r->to);
  free(r->data);
  *r = (record){0};
}

/* Runs the call to its end and keeps it if it succeeded. */
static void finish(tracer *x, stopped *s) {
  int status;
  struct user_regs_struct r;
  if (!x->t || !s->ours || (s->record.what == DEED_SYNC && s->record.n)) {
    free_record(&s->record);
    ptrace(PTRACE_CONT, s->pid, 0, 0);
    return;
  }
  ptrace(PTRACE_SYSCALL, s->pid, 0, 0);
  if (waitpid(s->pid, &status, __WALL) != s->pid || !WIFSTOPPED(status)) {
    free_record(&s->record);
    return;
  }
  ptrace(PTRACE_GETREGS, s->pid, 0, &r);
  const long result = (long)r.rax;
  if (s->record.what == DEED_WRITE && result >= 0) s->record.n = (size_t)result;
  if (result < 0) free_record(&s->record);
  else {
    x->t->records = realloc(x->t->records, (x->t->n + 1) * sizeof *x->t->records);
    x->t->records[x->t->n++] = s->record;
  }
  ptrace(PTRACE_CONT, s->pid, 0, 0);
}

/* ---- all calls ---- */

static volatile sig_atomic_t late;
static void be_late(int number) { (void)number, late = 1; }

static void at_call(tracer *x, pid_t pid) {
  stopped s = {.pid = pid};
  if (ptrace(PTRACE_GETREGS, pid, 0, &s.r) != 0) return;
  look(x, &s);
  if (disturb(x, &s)) {
    free_record(&s.record);
    ptrace(PTRACE_CONT, pid, 0, 0);
  } else finish(x, &s);
}

static void on_stop(tracer *x, pid_t pid, int status) {
  const int event = status >> 16, number = WSTOPSIG(status);
  if (event == PTRACE_EVENT_SECCOMP) at_call(x, pid);
  else ptrace(PTRACE_CONT, pid, 0, event || number == SIGSTOP || number == SIGTRAP ? 0 : number);
}

static ended follow(tracer *x) {
  ended e = {0};
  for (int status;;) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR && late) {
      e.hung = true;
      kill(-x->child, SIGKILL);
      kill(x->child, SIGKILL);
      late = 0;
    } else if (pid < 0 && errno != EINTR) return e;
    else if (pid > 0 && WIFSTOPPED(status)) on_stop(x, pid, status);
    else if (pid == x->child) {
      e.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      e.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
  }
}

ended run_traced(char **words, fault *f, tape *t, double limit) {
  const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                       PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  tracer x = {.f = f, .t = t};
  int status;
  const double start = seconds_now();
  if (!getcwd(x.here, sizeof x.here)) return (ended){.code = 125};
  x.child = fork();
  if (x.child == 0) be_traced(words);
  if (waitpid(x.child, &status, __WALL) != x.child || !WIFSTOPPED(status)) return (ended){.code = 125};
  if (ptrace(PTRACE_SETOPTIONS, x.child, 0, options) != 0) return (ended){.code = 125};
  late = 0;
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = be_late}, NULL);
  setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {(time_t)limit + 1, 0}}, NULL);
  ptrace(PTRACE_CONT, x.child, 0, 0);
  ended e = follow(&x);
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  e.seconds = seconds_now() - start;
  return e;
}

bool can_trace(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(1);
    raise(SIGSTOP);
    _exit(add_filter() ? 0 : 1);
  }
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return false;
  ptrace(PTRACE_CONT, child, 0, 0);
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
#else
bool can_trace(void) { return false; }
ended run_traced(char **words, fault *f, tape *t, double limit) {
  (void)words, (void)f, (void)t, (void)limit;
  return (ended){.code = 125};
}
#endif
