/* The tool: a message a line from standard input, an answer a line to standard output. */
#include "gradbench.h"

#include <stdlib.h>

int main(void) {
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    json_error_t error;
    json_t *message = json_loads(line, 0, &error);
    if (!message) return fprintf(stderr, "gradbench: a line is not JSON: %s\n", error.text), 1;
    json_t *answer = gb_answer(message);
    json_dumpf(answer, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    putchar('\n');
    fflush(stdout);
    json_decref(answer);
    json_decref(message);
  }
  free(line);
  return 0;
}
