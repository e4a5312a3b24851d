/* interrupt.h - stopping cleanly on Ctrl-C (SIGINT), SIGTERM or a closed terminal (SIGHUP): the first signal
 * only raises a flag, the second kills. Long work looks at the flag at each epoch, fold, k-means restart or
 * block of input, stops, and returns SBNN_INTERRUPTED with a sentence that says what was kept. */
#ifndef SBNN_INTERRUPT_H
#define SBNN_INTERRUPT_H

#include <stdbool.h>

/* From now on these signals raise the flag. A signal that the parent chose to ignore (nohup) stays ignored.
 * Thread rule: call once, from the main thread, before any other thread exists. */
void sbnn_interrupt_setup(void);

/* From now on writing to a pipe that nobody reads fails instead of killing: a run whose messages go to `head`
 * ends with its results. */
void sbnn_interrupt_ignore_pipes(void);

/* What a run that does not come to a place where it looks at the flag within a second says, before it ends on
 * the spot: "sbnn: interrupted; ...\n", copied; NULL: that nothing was written. Whatever is on disk then is
 * as after SIGKILL. */
void sbnn_interrupt_sentence(const char *text);

/* For one of several processes. mute: from now on nothing is said on the spot: another process does, or it is said.
 * once: a second signal does not kill, since who started the processes may send two. raise: as if a signal had come, but
 * without an end on the spot; any thread. */
void sbnn_interrupt_mute(void);
void sbnn_interrupt_once(void);
void sbnn_interrupt_raise(void);

/* While a mapped file is open: if it is cut short, which the system tells by SIGBUS, the program says so and ends with
 * SBNN_BAD_INPUT; what is on disk is as after SIGKILL. NULL: none is open. One at a time. */
void sbnn_interrupt_mapped(const char *path);

bool sbnn_interrupted(void); /* has a signal arrived? Any thread, any time; costs one load. */

#endif
