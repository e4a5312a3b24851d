/* kinds.c - the ways in which a trial disturbs a job (torture.h). */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- memory ---- */

static ended refusing(const bench *b, const job *j, long at, bool all, double limit, long *asked) {
  char preload[2 * PATH_ROOM], refuse[64], until[64];
  long zero = 0;
  int fd = open("count", O_RDWR | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || write(fd, &zero, sizeof zero) != sizeof zero) abort();
  snprintf(preload, sizeof preload, "LD_PRELOAD=%s", b->refuse);
  snprintf(refuse, sizeof refuse, "TORTURE_REFUSE=%ld", at);
  snprintf(until, sizeof until, "TORTURE_UNTIL=%ld", all ? 1000000000L : at);
  const ended e = run_program(
      words_of(b, j, NULL), (const char *[]){preload, refuse, until, "TORTURE_COUNT=count", NULL}, limit, 0);
  if (pread(fd, asked, sizeof *asked, 0) != sizeof *asked) *asked = 0;
  close(fd);
  unlink("count");
  return e;
}

static long count_memory(const bench *b, const job *j) {
  long asked;
  const ended e = refusing(b, j, 0, false, 600, &asked);
  return e.code == 0 && asked > 100 ? asked : -1;
}

static bool try_memory(const bench *b, const job *j, const undisturbed *u, long at, char *why) {
  long asked;
  const ended e = refusing(b, j, at + 1, false, limit_of(u), &asked);
  return judge(b, j, u, &e, why);
}

static bool try_no_memory(const bench *b, const job *j, const undisturbed *u, long at, char *why) {
  long asked;
  const ended e = refusing(b, j, at + 1, true, limit_of(u), &asked);
  return judge(b, j, u, &e, why);
}

/* ---- calls ---- */

/* What the job does undisturbed, of the last count. */
static fault known;
static tape known_tape;

static bool trace_undisturbed(const bench *b, const job *j, bool recorded) {
  known = (fault){.bytes = -1};
  known_tape = (tape){0};
  return run_traced(words_of(b, j, NULL), &known, recorded ? &known_tape : NULL, 600).code == 0;
}

/* All sorts of calls in one row. */
static long count_calls(const bench *b, const job *j) {
  long all = 0;
  if (!trace_undisturbed(b, j, false)) return -1;
  for (int i = 0; i < N_CALLS; i++) all += known.seen[i];
  return all;
}

static bool try_call(const bench *b, const job *j, const undisturbed *u, long at, char *why) {
  static const int errors[N_CALLS] = {ENOSPC, EIO, EIO, EMFILE, ENOSPC};
  fault f = {.bytes = -1};
  while (f.refused < N_CALLS - 1 && at >= known.seen[f.refused]) at -= known.seen[f.refused++];
  f.at = at + 1;
  f.error = errors[f.refused];
  const ended e = run_traced(words_of(b, j, NULL), &f, NULL, limit_of(u));
  return judge(b, j, u, &e, why);
}

/* ---- a full disk ---- */

enum { BLOCK = 4096 };

static long count_blocks(const bench *b, const job *j) {
  return trace_undisturbed(b, j, false) ? known.written / BLOCK + 1 : -1;
}

static bool try_full(const bench *b, const job *j, const undisturbed *u, long at, char *why) {
  fault f = {.bytes = at * BLOCK};
  const ended e = run_traced(words_of(b, j, NULL), &f, NULL, limit_of(u));
  return judge(b, j, u, &e, why);
}

/* ---- the power fails ---- */

#define PARTS "/.incoming/resume/"
static int parts_found;

static bool ends_so(const char *path, const char *ending) {
  const size_t n = strlen(path), k = strlen(ending);
  return n > k && !strcmp(path + n - k, ending);
}

static int count_part(const char *path, const struct stat *s, int type, struct FTW *where) {
  (void)s;
  parts_found +=
      type == FTW_F && strstr(path, PARTS) && path[where->base] != '.' && ends_so(path, ".safetensors");
  return 0;
}

/* Of `run` each step has a folder of its own. */
static int kept_parts(void) {
  parts_found = 0;
  nftw("out", count_part, 16, FTW_PHYS);
  return parts_found;
}

static long count_records(const bench *b, const job *j) {
  return trace_undisturbed(b, j, true) ? (long)known_tape.n + 1 : -1;
}

/* The models of one folder: placed, and placed before something was flushed. */
typedef struct shelf {
  size_t length; /* of the folder's name, which begins `path` */
  const char *path;
  int placed, sure;
} shelf;
enum { SHELVES = 16 };

static shelf *shelf_of(shelf *all, const char *path, size_t length) {
  shelf *s = all;
  while (s < all + SHELVES - 1 && s->path && (s->length != length || strncmp(s->path, path, length))) s++;
  s->path = path, s->length = length;
  return s;
}

/* Models whose place was flushed, too: promised ones. Those of a folder that is complete are in its results. */
static int promised(const tape *t, size_t n) {
  shelf all[SHELVES] = {{0}};
  int sure = 0;
  for (size_t i = 0; i < n; i++) {
    const record *r = &t->records[i];
    const char *part = r->what == DEED_RENAME && r->to ? strstr(r->to, PARTS) : NULL;
    if (part && ends_so(r->to, ".safetensors")) shelf_of(all, r->to, (size_t)(part - r->to))->placed++;
    for (int k = 0; r->what == DEED_SYNC && k < SHELVES; k++) all[k].sure = all[k].placed;
    if (r->what == DEED_RENAME && r->to && ends_so(r->to, "/.complete")) {
      shelf *s = shelf_of(all, r->to, strlen(r->to) - strlen("/.complete"));
      s->placed = s->sure = 0;
    }
  }
  for (int k = 0; k < SHELVES; k++) sure += all[k].sure;
  return sure;
}

static bool try_power(const bench *b, const job *j, const undisturbed *u, long at, char *why) {
  const tape *t = &known_tape;
  size_t n = 0;
  replay(t, (size_t)at);
  if (at == (long)t->n && fingerprint("out") != u->files)
    return complain(why, "exit 0, but not all of its files were flushed");
  if (j->parts && kept_parts() < promised(t, (size_t)at))
    return complain(why, "%d models of %d are left", kept_parts(), promised(t, (size_t)at));
  if (!again_is_whole(b, j, u, why)) return false;
  char *said = text_of("said", &n);
  const bool twice = said && strstr(said, "computed again");
  free(said);
  return !twice || complain(why, "a finished model was lost");
}

/* ---- kills ---- */

static long count_kills(const bench *b, const job *j) { return (void)b, (void)j, 1000000; }

static bool try_kill(const bench *b, const job *j, const undisturbed *u, long at, char *why) {
  ended e = {0};
  for (uint64_t time = 0; time < 4; time++) { /* most trials kill it twice or more */
    const double part = (double)(random_of(b->seed, (uint64_t)at, time) >> 11) * 0x1p-53;
    e = run_program(words_of(b, j, time ? j->again : NULL), NULL, limit_of(u),
                    0.002 + part * 1.1 * u->seconds);
    if (e.hung) return complain(why, "hangs");
    if (e.code == 0) break;
    if (e.signal != SIGKILL)
      return complain(why, "after kill %d: exit %d, signal %d", (int)time, e.code, e.signal);
  }
  if (e.code != 0) return again_is_whole(b, j, u, why);
  return fingerprint("out") == u->files || complain(why, "after kills, its files are others");
}

const kind kinds[] = {
    {"memory", 4, 0, false, count_memory, try_memory},
    {"no-memory", 1, 0, false, count_memory, try_no_memory},
    {"calls", 3, 0, false, count_calls, try_call},
    {"full-disk", 2, 0, false, count_blocks, try_full},
    {"power", 2, 0, false, count_records, try_power},
    {"kill", 3, 1000, true, count_kills, try_kill},
    {0},
};
