/* tutorial.h - shared by the tutorials: error handling and printed figures. */
#ifndef TUTORIAL_H
#define TUTORIAL_H

#include <nabla/nn/nn.h>

#include <stdio.h>
#include <stdlib.h>

#ifndef TUTORIAL_DATA /* the folder of the small data sets; the build says where */
#define TUTORIAL_DATA "docs/tutorials/data"
#endif

/* Continues if the call succeeded, else prints its status and `text`, the message of the handle, and
 * exits. */
#define NEED(call, text)                                                                                     \
  do {                                                                                                       \
    tn_status need_status = (call);                                                                          \
    if (need_status != TN_OK) {                                                                              \
      fprintf(stderr, "%s: %s: %s\n", #call, tn_status_text(need_status), text);                             \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

/* Prints a figure and its required value, and returns the exit code. */
static inline int figure(const char *name, double value, double at_least) {
  printf("%s %.4f (at least %g)\n", name, value, at_least);
  return value >= at_least ? 0 : 1;
}

static inline nn_state *new_state(nn_model *m, uint32_t seed) {
  nn_state *s;
  NEED(nn_state_new(m, &s), nn_error(m));
  nn_state_init(s, seed, 0);
  return s;
}

#endif
