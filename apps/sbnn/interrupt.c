/* interrupt.c - a flag raised by the first signal (interrupt.h). */
#include "interrupt.h"

#include "sbnn.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may only touch lock-free atomics");

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static atomic_int raised;

/* Two sentences, one of which is in use: the handler may come while the other is being written. */
static const char nothing[] = "sbnn: interrupted; no results were written\n";
static char sentences[2][256];
static atomic_int sentence = -1, muted, once;
static const struct itimerval patience = {.it_value = {.tv_usec = 800000}};

/* Long after the signal: something does not look at the flag. All calls here are safe in a handler (setitimer
 * is a plain system call on Linux). */
static void end_now(int number) {
  (void)number;
  int i = atomic_load(&sentence);
  const char *text = i < 0 ? nothing : sentences[i];
  ssize_t ignored = atomic_load(&muted) ? 0 : write(STDERR_FILENO, text, strlen(text));
  (void)ignored;
  _exit(130);
}

void sbnn_interrupt_sentence(const char *text) {
  int next = atomic_load(&sentence) == 0;
  if (text) strncpy(sentences[next], text, sizeof sentences[next] - 1);
  atomic_store(&sentence, text ? next : -1);
}

/* Also gives all signals back their default action, so that a second one kills a run that hangs. */
static void raise_flag(int number) {
  (void)number;
  atomic_store(&raised, 1);
  setitimer(ITIMER_REAL, &patience, NULL);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    signal(signals[i], atomic_load(&once) ? SIG_IGN : SIG_DFL);
}

/* ---- a mapped file is cut short ---- */

static char cut[512];
static size_t cut_bytes;

/* Only write and _exit: the signal may come anywhere. */
static void end_cut(int number) {
  (void)number;
  ssize_t ignored = write(STDERR_FILENO, cut, cut_bytes);
  (void)ignored;
  _exit(SBNN_BAD_INPUT);
}

void sbnn_interrupt_mapped(const char *path) {
  struct sigaction action = {.sa_handler = path ? end_cut : SIG_DFL, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  if (path)
    cut_bytes =
        (size_t)snprintf(cut, sizeof cut,
                         "sbnn: %.300s was cut short, or its disk failed, while it was read; write it again, "
                         "then the same command with --resume goes on\n",
                         path);
  sigaction(SIGBUS, &action, NULL);
}

void sbnn_interrupt_mute(void) { atomic_store(&muted, 1); }
void sbnn_interrupt_once(void) { atomic_store(&once, 1); }
void sbnn_interrupt_raise(void) { atomic_store(&raised, 1); }

void sbnn_interrupt_setup(void) {
  struct sigaction last = {.sa_handler = end_now};
  sigemptyset(&last.sa_mask);
  sigaction(SIGALRM, &last, NULL);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction action = {.sa_handler = raise_flag} /* no SA_RESTART: reading a silent pipe must end */,
                     before;
    sigemptyset(&action.sa_mask);
    if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(signals[i], &action, NULL);
  }
}

void sbnn_interrupt_ignore_pipes(void) { signal(SIGPIPE, SIG_IGN); }

bool sbnn_interrupted(void) { return atomic_load_explicit(&raised, memory_order_relaxed) != 0; }
