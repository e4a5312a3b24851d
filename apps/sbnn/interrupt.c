/* interrupt.c - a flag raised by the first signal (interrupt.h). */
#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may only touch lock-free atomics");

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static atomic_int raised;

/* Also gives all signals back their default action, so that a second one kills a run that hangs. */
static void raise_flag(int number) {
  (void)number;
  atomic_store(&raised, 1);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
}

void sbnn_interrupt_setup(void) {
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
