/* torture.h - faults injected into the tool, one a trial: what a machine can do to a run that somebody relies on.
 *
 * A job is a command on small tables; a kind is a way to disturb it; a trial is a job, a kind and a number. Each
 * kind asks the same of every trial: no signal, no hang, and
 *   exit 0        the files are those of an undisturbed run, bit for bit (seconds aside);
 *   exit 5        the same but for pictures; plot or --force makes them
 *   any other     there is a sentence, what was there before is there still, and the same command given again
 *                 (with --resume, where it has that) makes the files of an undisturbed run. */
#ifndef NABLA_TORTURE_H
#define NABLA_TORTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PATH_ROOM = 512, WHY_ROOM = 1024 };

typedef struct job {
  const char *name;
  const char *arguments; /* words; the tables are in ../base; results go to "out" */
  const char *again;     /* further words, for a second run after a failed one */
  bool parts;            /* finished models are kept when it fails */
  bool over;             /* results of another seed are there before it begins */
} job;

extern const job jobs[]; /* ends with a name of NULL */

/* Where and with what trials run. Nothing changes once trials begin. */
typedef struct bench {
  const char *program; /* sbnn, an absolute path */
  const char *refuse;  /* the library that refuses memory, an absolute path */
  char root[PATH_ROOM];
  uint64_t seed;
} bench;

/* How a program ended. */
typedef struct ended {
  bool hung;
  int signal, code;
  double seconds;
} ended;

/* Of a job that nothing disturbs. */
typedef struct undisturbed {
  uint64_t files;  /* fingerprint of its results */
  uint64_t tables; /* without pictures */
  uint64_t before; /* of what was there */
  double seconds;
} undisturbed;

/* One trial; `at` counts from 0 to what `count` said, which has been called before it. False: `why` says what went
 * wrong. The working directory is the trial's own, set up by `set_scene`. */
typedef struct kind {
  const char *name;
  double share;   /* of the time, beside the shares of the other kinds */
  long most;      /* jobs are divided among this many trials; 0: as many as `count` finds */
  bool resumable; /* jobs that keep parts, only */
  long (*count)(const bench *b, const job *j); /* -1: cannot be done here */
  bool (*trial)(const bench *b, const job *j, const undisturbed *u, long at, char *why);
} kind;

extern const kind kinds[];

/* ---- trial.c ---- */

/* Makes the words of a command: its own, those of the job and `more` (NULL: none). At most 100; freed by nobody. */
char **words_of(const bench *b, const job *j, const char *more);

/* The working directory as the job finds it: empty, or with earlier results. */
void set_scene(const bench *b, const job *j);

/* Runs it here, with what it says in the file `said`; `variables`: NAME=VALUE, ended by NULL, or NULL.
 * kill_after: seconds until SIGKILL; 0: never. */
ended run_program(char **words, const char *const *variables, double limit, double kill_after);

double limit_of(const undisturbed *u);
double seconds_now(void);
uint64_t random_of(uint64_t seed, uint64_t a, uint64_t b);
bool complain(char *why, const char *format, ...) __attribute__((format(printf, 2, 3))); /* false */

/* What must hold of a run that was disturbed, and of the same command given again. */
bool judge(const bench *b, const job *j, const undisturbed *u, const ended *e, char *why);
bool again_is_whole(const bench *b, const job *j, const undisturbed *u, char *why);

/* ---- files.c ---- */

/* Of all names and contents below `path`, but for numbers of seconds and whether a command was given again; 0:
 * there is nothing. */
uint64_t fingerprint(const char *path);
uint64_t fingerprint_tables(const char *path); /* without folders called figures */
uint64_t fingerprint_shown(const char *path); /* without what is being written: names that begin with a dot */
void remove_all(const char *path);
char *text_of(const char *path, size_t *n); /* NULL: none; the caller frees */
bool has_results(const char *path); /* run.json or a page or data: what a user would take for results */

/* ---- trace.c: system calls ---- */

typedef enum call { CALL_WRITE, CALL_FSYNC, CALL_RENAME, CALL_OPEN, CALL_MKDIR, N_CALLS } call;

/* What is done to the calls of a program and its children that concern files below its working directory. */
typedef struct fault {
  call refused;
  long at; /* that call of this sort is refused with `error`, from 1; 0: none */
  int error;
  long bytes;                  /* so much room is left for what is written; -1: enough */
  long seen[N_CALLS], written; /* filled */
} fault;

/* One call that has succeeded. */
typedef enum deed { DEED_CREATE, DEED_WRITE, DEED_CUT, DEED_SYNC, DEED_RENAME, DEED_MKDIR, DEED_REMOVE } deed;
typedef struct record {
  deed what;
  char *path, *to; /* relative to the working directory */
  unsigned char *data;
  size_t n, offset;
} record;
typedef struct tape {
  record *records;
  size_t n;
} tape;

bool can_trace(void);
ended run_traced(char **words, fault *f, tape *t, double limit); /* t NULL: nothing is recorded */

/* Changes "out" to what the disk holds if the power fails after the first n records: names as recorded, of each
 * file's contents what was flushed. */
void replay(const tape *t, size_t n);

#endif
