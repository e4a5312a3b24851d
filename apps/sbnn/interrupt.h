/* interrupt.h - stopping cleanly on Ctrl-C (SIGINT) or SIGTERM: the first signal only raises a flag, the
 * second kills. Long work looks at the flag at each epoch, fold or k-means restart, stops, and returns
 * SBNN_INTERRUPTED with a sentence that says what was kept. */
#ifndef SBNN_INTERRUPT_H
#define SBNN_INTERRUPT_H

#include <stdbool.h>

/* From now on signals raise the flag. A signal that the parent chose to ignore (nohup) stays ignored. Thread
 * rule: call once, from the main thread, before any other thread exists. */
void sbnn_interrupt_setup(void);

bool sbnn_interrupted(void); /* has a signal arrived? Any thread, any time; costs one load. */

#endif
