/* main.c - torture SBNN REFUSE.SO SECONDS [KIND [JOB [NUMBER]]] [seed=N]: as many trials as there is time for, on
 * two cores; the last line is "N passed, N failed". With NUMBER: that trial alone, whose files stay. */
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 16, WORKERS = 2, SHOWN = 10 };

typedef struct totals {
  long passed, failed, tried, skipped;
} totals;

typedef struct worker {
  pid_t pid;
  long at;
  int told; /* the end of a pipe that says why */
} worker;

static undisturbed bases[MOST_JOBS];

/* A folder of its own, in which this process then is. */
static bool enter(const char *root, const char *name) {
  char path[2 * PATH_ROOM];
  snprintf(path, sizeof path, "%s/%s", root, name);
  remove_all(path);
  return mkdir(path, 0777) == 0 && chdir(path) == 0;
}

static bool run_base(const bench *b, const job *j, undisturbed *u) {
  if (!enter(b->root, "measured")) return false;
  set_scene(b, j);
  u->before = fingerprint_shown("out");
  const ended e = run_program(words_of(b, j, NULL), NULL, 600, 0);
  u->files = fingerprint("out");
  u->tables = fingerprint_tables("out");
  u->seconds = e.seconds;
  return e.code == 0 && u->files;
}

/* Puts what is in "measured/out" where the trials find it. */
static bool keep_as(const bench *b, const char *name, const char *ending) {
  char from[2 * PATH_ROOM], to[2 * PATH_ROOM];
  snprintf(from, sizeof from, "%s/measured/out", b->root);
  snprintf(to, sizeof to, "%s/base/%s%s", b->root, name, ending);
  return rename(from, to) == 0;
}

static bool make_earlier_results(const bench *b, const job *j) {
  return enter(b->root, "measured") && run_program(words_of(b, j, "--seed 1"), NULL, 600, 0).code == 0 &&
         keep_as(b, j->name, "-before");
}

/* Tables, and a trained model for the commands that want one; then each job, undisturbed, twice: what differs of
 * itself could prove nothing. */
static bool prepare(const bench *b, const char *only) {
  const job tables = {.arguments = "demo --quiet --tables-only --cells 60 --genes 30 --responses 4 --out ."};
  if (!enter(b->root, "tables") || run_program(words_of(b, &tables, NULL), NULL, 600, 0).code != 0)
    return false;
  char from[2 * PATH_ROOM], to[2 * PATH_ROOM];
  snprintf(from, sizeof from, "%s/tables/demo-data", b->root);
  snprintf(to, sizeof to, "%s/base", b->root);
  if (rename(from, to) != 0) return false;
  for (size_t i = 0; jobs[i].name; i++) {
    undisturbed second;
    const bool wanted = !only || !strcmp(only, jobs[i].name), model = !strcmp(jobs[i].name, "train");
    if (!wanted && !model) continue;
    if (jobs[i].over && !make_earlier_results(b, &jobs[i])) return false;
    if (!run_base(b, &jobs[i], &bases[i]))
      return fprintf(stderr, "torture: %s fails undisturbed\n", jobs[i].name), false;
    if (wanted && (!run_base(b, &jobs[i], &second) || second.files != bases[i].files))
      return fprintf(stderr, "torture: %s gives other files each time\n", jobs[i].name), false;
    if (model && !keep_as(b, "train", "")) return false;
  }
  return true;
}

/* ---- trials ---- */

static int try_here(const bench *b, const kind *k, const job *j, const undisturbed *u, long at, int tell) {
  char why[WHY_ROOM] = "", name[128];
  snprintf(name, sizeof name, "%s-%s-%ld", k->name, j->name, at);
  if (!enter(b->root, name)) return 1;
  set_scene(b, j);
  const bool good = k->trial(b, j, u, at, why);
  if (!good && write(tell, why, strlen(why)) < 0) return 1;
  if (good) remove_all("."), chdir(".."), rmdir(name);
  return !good;
}

static bool begin(worker *w, const bench *b, const kind *k, const job *j, const undisturbed *u, long at) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  fflush(NULL);
  w->pid = fork();
  if (w->pid == 0) {
    close(ends[0]);
    _exit(try_here(b, k, j, u, at, ends[1]));
  }
  close(ends[1]);
  w->at = at;
  w->told = ends[0];
  return w->pid > 0;
}

/* Waits for any; counts it. */
static void await(worker *workers, const bench *b, const kind *k, const job *j, totals *t) {
  char why[WHY_ROOM + 1];
  int status;
  pid_t pid = wait(&status);
  for (worker *w = workers; w < workers + WORKERS; w++) {
    if (w->pid != pid) continue;
    ssize_t n = read(w->told, why, WHY_ROOM);
    close(w->told);
    w->pid = 0;
    t->tried++;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      t->passed++;
      continue;
    }
    why[n > 0 ? n : 0] = '\0';
    if (++t->failed <= SHOWN) {
      printf("FAILED: %s %s %ld seed=%llu: %s\n", k->name, j->name, w->at, (unsigned long long)b->seed, why);
      fflush(stdout);
    }
  }
}

static uint64_t common_divisor(uint64_t a, uint64_t b) { return b ? common_divisor(b, a % b) : a; }

/* In an order that visits each number once and is spread over all of them. */
static long nth(const bench *b, long n, long i) {
  uint64_t step = (uint64_t)n * 618 / 1000 + 1;
  while (common_divisor(step, (uint64_t)n) != 1) step++;
  return (long)((random_of(b->seed, 7, 7) % (uint64_t)n + (uint64_t)i * step) % (uint64_t)n);
}

static void run_trials(const bench *b, const kind *k, const job *j, double until, long most, totals *all) {
  const undisturbed *u = &bases[j - jobs];
  worker workers[WORKERS] = {{0}};
  totals t = {0};
  const double start = seconds_now();
  if (!enter(b->root, "counted")) return;
  set_scene(b, j);
  long n = k->count(b, j), running = 0, i = 0;
  if (n < 0) {
    printf("%s %s: SKIPPED: this cannot be counted here\n", k->name, j->name), fflush(stdout);
    return;
  }
  if (most > n) most = n;
  while (i < most || running) {
    if (i < most && running < WORKERS && seconds_now() < until) {
      worker *w = workers[0].pid ? &workers[1] : &workers[0];
      running += begin(w, b, k, j, u, nth(b, n, i++));
      continue;
    }
    if (!running) break;
    await(workers, b, k, j, &t);
    running--;
  }
  printf("%s %s: %ld of %ld tried, %ld failed, %.0f s\n", k->name, j->name, t.tried, n, t.failed,
         seconds_now() - start);
  fflush(stdout);
  all->passed += t.passed, all->failed += t.failed;
}

static bool fits(const kind *k, const job *j, const char *kind_name, const char *job_name) {
  return (!kind_name || !strcmp(kind_name, k->name)) && (!job_name || !strcmp(job_name, j->name)) &&
         (!k->resumable || j->parts);
}

/* Each gets its share of what is left when its turn comes, so that what one leaves goes to the others. */
static totals run_all(const bench *b, double seconds, const char *kind_name, const char *job_name) {
  totals all = {0};
  double left = 0;
  const double end = seconds_now() + seconds;
  long alike[16] = {0};
  for (size_t i = 0; kinds[i].name; i++)
    for (size_t k = 0; jobs[k].name; k++)
      if (fits(&kinds[i], &jobs[k], kind_name, job_name)) left += kinds[i].share, alike[i]++;
  for (size_t i = 0; kinds[i].name; i++)
    for (size_t k = 0; jobs[k].name; k++) {
      if (!fits(&kinds[i], &jobs[k], kind_name, job_name)) continue;
      const double now = seconds_now(), mine = (end - now) * kinds[i].share / left;
      const long most = kinds[i].most ? (kinds[i].most + alike[i] - 1) / alike[i] : 1L << 40;
      run_trials(b, &kinds[i], &jobs[k], now + mine, most, &all);
      left -= kinds[i].share;
    }
  return all;
}

static int run_one(const bench *b, const char *kind_name, const char *job_name, long at) {
  for (size_t i = 0; kinds[i].name; i++)
    for (size_t k = 0; jobs[k].name; k++)
      if (!strcmp(kinds[i].name, kind_name) && !strcmp(jobs[k].name, job_name)) {
        if (enter(b->root, "counted")) set_scene(b, &jobs[k]), kinds[i].count(b, &jobs[k]);
        const int failed = try_here(b, &kinds[i], &jobs[k], &bases[k], at, 1);
        printf("\n%s in %s\n%d passed, %d failed\n", failed ? "the files are" : "passed", b->root, !failed,
               failed);
        return failed;
      }
  return fprintf(stderr, "torture: there is no such kind or job\n"), 2;
}

int main(int argc, char **argv) {
  bench b = {.seed = (uint64_t)time(NULL)};
  char *positions[6] = {0};
  int n = 0;
  for (int i = 1; i < argc; i++)
    if (!strncmp(argv[i], "seed=", 5)) b.seed = strtoull(argv[i] + 5, NULL, 10);
    else if (n < 6) positions[n++] = argv[i];
  if (n < 3)
    return fprintf(stderr, "usage: torture SBNN REFUSE.SO SECONDS [KIND [JOB [NUMBER]]] [seed=N]\n"), 2;
  b.program = realpath(positions[0], NULL), b.refuse = realpath(positions[1], NULL);
  snprintf(b.root, sizeof b.root, "%s/torture.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (!b.program || !b.refuse || !mkdtemp(b.root)) return perror("torture"), 2;
  setenv("LC_ALL", "C.UTF-8", 1);
  printf("seed %llu, files in %s\n", (unsigned long long)b.seed, b.root);
  fflush(stdout);
  if (!prepare(&b, positions[4])) return 1;
  if (positions[5]) return run_one(&b, positions[3], positions[4], atol(positions[5]));
  const totals all = run_all(&b, atof(positions[2]), positions[3], positions[4]);
  if (!all.failed && chdir("/") == 0) remove_all(b.root);
  printf("%ld passed, %ld failed\n", all.passed, all.failed);
  return all.failed > 0;
}
