/* sbnn.h - what every file of the application shares: exit codes, error text, checked allocation, the clock.
 * The application may exit on a failed allocation; the library never does. */
#ifndef SBNN_H
#define SBNN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Process exit codes; functions that can fail return one of them (0 = success). */
enum {
  SBNN_OK = 0,
  SBNN_FAILED = 1,       /* the run failed: I/O, memory, a bug */
  SBNN_USAGE = 2,        /* the command line is wrong */
  SBNN_BAD_INPUT = 3,    /* a data file is wrong */
  SBNN_NUMERICAL = 4,    /* training met a non-finite value */
  SBNN_PARTIAL = 5,      /* run: some steps failed; others: results without their pictures */
  SBNN_INTERRUPTED = 130 /* SIGINT or SIGTERM */
};

/* One sentence for the user: what, where, how to mend it. The first failure wins. */
typedef struct sbnn_error {
  int code;
  bool all; /* it stands against the whole command: run does not go on with its other steps */
  char text[1024];
} sbnn_error;

/* Records the message unless one is there already; returns `code`, so that callers can `return
 * sbnn_fail(...)`. */
int sbnn_fail(sbnn_error *e, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Zeroed memory for n elements of `size` bytes; prints one sentence and exits with SBNN_FAILED when there is
 * none, as does all that allocates below. */
void *sbnn_alloc(size_t n, size_t size);
void *sbnn_realloc(void *p, size_t n, size_t size);
/* Called in place of that where it is set: by a child process that ends in its own way (sandbox.c). */
extern void (*sbnn_no_memory)(void);
/* Memory was refused to somebody in this process, who may not have said so (refused.c); what is written from then
 * on is not put in place. Stays false where nobody looks. */
extern atomic_bool sbnn_memory_refused;
/* Called then, where it is set: by a child that had better end at once (apart.c, sandbox.c). */
extern void (*sbnn_on_refusal)(void);
int sbnn_check_memory(sbnn_error *e); /* SBNN_FAILED with one sentence: it was */
int sbnn_fail_threads(sbnn_error *e); /* SBNN_FAILED with one sentence: no memory for threads */
/* Text of its own, which the caller frees: a copy; what printf would write; "folder/name". */
char *sbnn_strdup(const char *s);
char *sbnn_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "list, item" for the separator ", "; list NULL: the item. Takes both over. */
char *sbnn_joined(char *list, const char *separator, char *item);
char *sbnn_path_in(const char *folder, const char *name);
/* Whether the first n bytes of a name end so (".h5ad"; upper or lower case), and there is something before it. */
bool sbnn_ends_so(const char *name, size_t n, const char *ending);
/* `text` as one word of a shell: itself, or in single quotes. */
char *sbnn_shell_word(const char *text);

/* How the user calls the program, for lines that are there to be copied; main sets it to argv[0]. */
extern const char *sbnn_program;

/* Bytes at the beginning of a text that are one control character: 1, 2 for those of 8 bits in UTF-8 (U+0080 to U+009F,
 * of which some terminals take U+009B for an escape), 0: none. */
size_t sbnn_control(const char *text);

double sbnn_clock(void); /* seconds, monotonic: for differences */

#endif
