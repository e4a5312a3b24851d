/* test_sbnn_program.h - running the built program on small tables in the test's directory. */
#ifndef TEST_SBNN_PROGRAM_H
#define TEST_SBNN_PROGRAM_H

#include "sbnn.h"
#include "support/throwaway.h"

#include <math.h>
#include <sys/wait.h>

static inline double draw(double *state) { /* Park and Miller */
  *state = fmod(16807 * *state, 2147483647);
  return 2 * (*state / 2147483647) - 1;
}

static inline int run(const char *command, char *output, size_t room) {
  FILE *f = popen(command, "r");
  cr_assert(f);
  output[fread(output, 1, room - 1, f)] = 0;
  int status = pclose(f);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Counts of 60 cells and 12 genes, of which the first two make the three responses. */
static inline void write_tables(void) {
  FILE *x = fopen(at("x.csv"), "w"), *y = fopen(at("y.csv"), "w");
  double state = 5;
  cr_assert(x && y);
  fprintf(x, "cell");
  for (int j = 0; j < 12; j++) fprintf(x, ",g%d", j);
  fprintf(x, "\n");
  fprintf(y, "cell,a,b,c\n");
  for (int i = 0; i < 60; i++) {
    double first = 0, second = 0;
    fprintf(x, "c%d", i);
    for (int j = 0; j < 12; j++) {
      double count = floor(exp(4 + 2 * draw(&state)));
      if (j == 0) first = log2(count + 1);
      if (j == 1) second = log2(count + 1);
      fprintf(x, ",%.0f", count);
    }
    fprintf(x, "\n");
    fprintf(y, "c%d,%.6f,%.6f,%.6f\n", i, first + draw(&state), second + draw(&state),
            first - second + draw(&state));
  }
  fclose(x);
  fclose(y);
}

/* `sbnn COMMAND OPTIONS` on x.csv and y.csv into the directory out; what it prints, and its exit code. */
static inline int run_program(const char *name, const char *options, char *output, size_t room) {
  char command[1024];
  snprintf(command, sizeof command, "'%s' %s --x '%s/x.csv' --y '%s/y.csv' --out '%s/out' --force %s 2>&1",
           NABLA_SBNN_BIN, name, root, root, root, options);
  return run(command, output, room);
}

static inline size_t read_lines(const char *name, char line[][512], size_t room) {
  size_t n = 0;
  FILE *f = fopen(at(name), "r");
  cr_assert(f, "%s", name);
  while (n < room && fgets(line[n], sizeof line[n], f)) n++;
  fclose(f);
  return n;
}

#endif
