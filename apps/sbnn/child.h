/* child.h - a child process, a copy of the calling thread alone, until it ends, the user wants to stop, or it takes too long.
 * What sandbox.h (files that nobody vouches for) and apart.h (libraries that crash) stand on.
 * Threads: several may run children at once. The work may not use OpenMP or wait for another thread. */
#ifndef SBNN_CHILD_H
#define SBNN_CHILD_H

#include <stdbool.h>

enum { /* exit statuses of a child */
       SBNN_CHILD_DONE = 0,
       SBNN_CHILD_NO_MEMORY = 121 /* an allocation was refused */
};

/* How a child ended: as waitpid says; whether the user wanted to stop, or it was too late, and it was killed. */
typedef struct sbnn_child_end {
  int status;
  bool stopped, late;
} sbnn_child_end;

/* Runs work(ctx, alive) in a child and waits for it. What it returns is the exit status; nothing of the caller's is flushed or
 * removed twice. `alive` closes when the child ends, however it does: the work must not close it, and may move it by dup2.
 * seconds: the child's whole life; 0: no limit. False, with errno: none could be started. */
bool sbnn_child_run(int (*work)(void *ctx, int alive), void *ctx, double seconds, sbnn_child_end *end);

/* As _exit, in any process: nothing is flushed or removed. A build that counts branches keeps its counts. Not for signal handlers. */
_Noreturn void sbnn_end_now(int status);

/* In a child: ends it, without memory. */
void sbnn_child_out_of_memory(void);

bool sbnn_child_done(const sbnn_child_end *end); /* with SBNN_CHILD_DONE */
/* "Segmentation fault", "out of memory", "it ended early"; of what was not done. */
const char *sbnn_child_why(const sbnn_child_end *end);

#endif
