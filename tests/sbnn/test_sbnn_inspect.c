/* test_sbnn_inspect.c - what `sbnn inspect` says of the seeds of the fuzzers, which are small files of every format and layout, and of
 * their parts: tests/golden/inspect.txt, in which a line "$ FILE" begins each. Of a part it has the findings alone. */
#include "test_sbnn_cli.h"

#define SEEDS  NABLA_SOURCE_DIR "/tests/fuzz/corpus"
#define GOLDEN NABLA_SOURCE_DIR "/tests/golden/inspect.txt"

#if NABLA_HDF5 && NABLA_LIBZIP

static bool is_finding(const char *line) {
  static const char *const words[] = {"counts ", "responses ", "labels ", "command ", "sbnn:"};
  bool is = false;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    is |= strncmp(line, words[i], strlen(words[i])) == 0;
  return is;
}

/* Prints it as the golden file has it: the program is called sbnn. */
static void print_as_golden(FILE *to, char *said, bool findings) {
  for (char *rest = said, *line; (line = strsep(&rest, "\n"));) {
    char *program = strstr(line, NABLA_SBNN_BIN);
    if (rest == NULL || (findings && !is_finding(line))) continue;
    if (program) fprintf(to, "%.*ssbnn%s\n", (int)(program - line), line, program + strlen(NABLA_SBNN_BIN));
    else fprintf(to, "%s\n", line);
  }
}

static void inspect(FILE *to, const char *file) {
  char line[256];
  snprintf(line, sizeof line, "inspect %s", file);
  cli_result r = cli_run(NABLA_SBNN_BIN, SEEDS, line, NULL);
  cr_expect(r.code == 0 || r.code == 3, "%s: exit code %d", file, r.code);
  cr_expect_eq(r.code == 0, *r.err == '\0', "%s: %s", file, r.err);
  print_as_golden(to, r.out, strchr(file, ':'));
  print_as_golden(to, r.err, strchr(file, ':'));
}

/* The section that begins at `from`, and how the program says it now. */
static void check(const char *from, size_t n) {
  char file[128], *now = NULL;
  size_t size;
  FILE *to = open_memstream(&now, &size);
  snprintf(file, sizeof file, "%.*s", (int)strcspn(from + 2, "\n"), from + 2);
  fprintf(to, "$ %s\n", file);
  inspect(to, file);
  fclose(to);
  cr_expect(strlen(now) == n && memcmp(now, from, n) == 0, "%.*s\nis now:\n%s", (int)n, from, now);
  free(now);
}

Test(sbnn_inspect, every_format_and_layout, .timeout = 300) {
  char *golden = text_of(GOLDEN);
  size_t n = 0;
  for (char *from = golden, *end; *from == '$'; from = end, n++) {
    end = strstr(from + 1, "\n$ ");
    end = end ? end + 1 : from + strlen(from);
    check(from, (size_t)(end - from));
  }
  cr_expect_geq(n, 100, "%zu files and parts", n);
  free(golden);
}

#else

Test(sbnn_inspect, every_format_and_layout) { cr_skip_test("SKIPPED: built without libhdf5 or libzip"); }

#endif
