/* trial.c - running a command and judging what it leaves (torture.h). */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

uint64_t random_of(uint64_t seed, uint64_t a, uint64_t b) { /* splitmix64 */
  uint64_t z = seed + 0x9e3779b97f4a7c15 * (a + 1) + 0xd1342543de82ef95 * (b + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool complain(char *why, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(why, WHY_ROOM, format, list);
  va_end(list);
  return false;
}

double limit_of(const undisturbed *u) { return 60 + 30 * u->seconds; }

char **words_of(const bench *b, const job *j, const char *more) {
  enum { MOST = 100 };
  char **words = calloc(MOST + 1, sizeof *words), *text, *rest;
  size_t n = 0;
  words[n++] = strdup(b->program);
  if (asprintf(&text, "%s %s", j->arguments, more ? more : "") < 0) abort();
  rest = text;
  for (char *word; n < MOST && (word = strsep(&rest, " "));)
    if (*word) words[n++] = word;
  return words;
}

void set_scene(const bench *b, const job *j) {
  char *command;
  if (!j->over) return;
  if (asprintf(&command, "cp -a '%s/base/%s-before' out", b->root, j->name) < 0 || system(command) != 0)
    abort();
  free(command);
}

static void be_program(char **words, const char *const *variables) {
  int said = open("said", O_WRONLY | O_CREAT | O_APPEND, 0666), null = open("/dev/null", O_RDONLY);
  setpgid(0, 0);
  dup2(null, 0), dup2(said, 1), dup2(said, 2);
  close(null), close(said);
  for (; variables && *variables; variables++) putenv(strdup(*variables));
  execv(words[0], words);
  _exit(126);
}

static void sleep_for(double seconds) {
  nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)}, NULL);
}

ended run_program(char **words, const char *const *variables, double limit, double kill_after) {
  ended e = {0};
  int status = 0;
  const double start = seconds_now();
  pid_t child = fork();
  if (child == 0) be_program(words, variables);
  setpgid(child, child); /* whoever comes first */
  for (bool killed = false; waitpid(child, &status, WNOHANG) == 0;) {
    const double passed = seconds_now() - start;
    if (!killed && kill_after > 0 && passed >= kill_after) kill(-child, SIGKILL), killed = true;
    if (passed > limit) {
      e.hung = true;
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    sleep_for(0.002);
  }
  kill(-child, SIGKILL); /* what it started and left */
  e.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  e.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  e.seconds = seconds_now() - start;
  return e;
}

/* The last line it said, for reasons. */
static const char *last_words(void) {
  static char line[256];
  size_t n;
  char *text = text_of("said", &n);
  *line = '\0';
  while (text && n > 0 && text[n - 1] == '\n') text[--n] = '\0';
  if (text) snprintf(line, sizeof line, "%s", strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text);
  free(text);
  return line;
}

bool again_is_whole(const bench *b, const job *j, const undisturbed *u, char *why) {
  const ended e = run_program(words_of(b, j, j->again), NULL, limit_of(u), 0);
  if (e.hung) return complain(why, "given again, it hangs");
  if (e.signal) return complain(why, "given again, it ends by signal %d", e.signal);
  if (e.code) return complain(why, "given again, it ends with %d: %s", e.code, last_words());
  if (fingerprint("out") != u->files) return complain(why, "given again, its files are others");
  return true;
}

bool judge(const bench *b, const job *j, const undisturbed *u, const ended *e, char *why) {
  size_t n = 0;
  if (e->hung) return complain(why, "hangs");
  if (e->signal) return complain(why, "signal %d", e->signal);
  if (e->code == 126 || e->code == 127) return true; /* the loader, not the program */
  if (e->code == 0)
    return fingerprint("out") == u->files || complain(why, "exit 0, but its files are others");
  free(text_of("said", &n));
  if (n == 0) return complain(why, "exit %d without a sentence", e->code);
  if (e->code == 5 && fingerprint_tables("out") == u->tables) return true;
  if (u->before && fingerprint_shown("out") != u->before && access("out/.complete", F_OK) != 0 &&
      access("out/.moving", F_OK) != 0)
    return complain(why, "exit %d, and the earlier results are others now: %s", e->code, last_words());
  if (!u->before && has_results("out") && fingerprint("out") != u->files)
    return complain(why, "exit %d, but there are results: %s", e->code, last_words());
  return again_is_whole(b, j, u, why);
}
