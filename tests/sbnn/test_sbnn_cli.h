/* test_sbnn_cli.h - what the tests of the built program share: small tables, quick options, refusals. */
#ifndef TEST_SBNN_CLI_H
#define TEST_SBNN_CLI_H

#include "cli.h"
#include "test_sbnn_results.h"

#define FAST TALK " --quiet"
#define TALK                                                                                                 \
  " --clusters 3 --cluster-min 2 --kmeans-restarts 5 --hidden 16,8 --genes 5 --epochs-pretrain 3"            \
  " --epochs-frozen 3 --epochs-unfrozen 3 --epochs-finetune 3 --epochs-no-pretrain 3"
#define TABLES " --x x.csv --y y.csv"
#define CV     "cv" TABLES " --out out" FAST
#define TRAIN  "train" TABLES " --out out --epochs-autoencoder 3" FAST

/* In the throwaway directory: x.csv and y.csv, 60 cells of 40 genes and 4 responses. */
static inline void make_tables(void) {
  make_root();
  cli_write(at("x.csv"), &(cli_table){0});
  cli_write(at("y.csv"), &(cli_table){.responses = true});
}

static inline cli_result sbnn(const char *line) { return cli_run(NABLA_SBNN_BIN, root, line, NULL); }

static inline void run_well(const char *line) {
  cli_result r = sbnn(line);
  cr_assert_eq(r.code, 0, "sbnn %s: exit code %d: %s", line, r.code, r.err);
}

/* One sentence "sbnn: ..." with each of the parts (separated by '|'), and nothing else. */
static inline void expect_words(const char *line, const cli_result *r, int code, const char *parts) {
  const char *end = strchr(r->err, '\n');
  cr_expect_eq(r->code, code, "sbnn %s: exit code %d, not %d: %s", line, r->code, code, r->err);
  cr_expect(strncmp(r->err, "sbnn: ", 6) == 0 && end && !end[1], "sbnn %s: not one sentence: %s", line,
            r->err);
  cr_expect(!*r->out, "sbnn %s: printed %s", line, r->out);
  char *copy = strdup(parts);
  for (char *rest = copy, *part; (part = strsep(&rest, "|"));)
    cr_expect(strstr(r->err, part), "sbnn %s: '%s' is not in: %s", line, part, r->err);
  free(copy);
}

/* Refused with that code and sentence, and no file anywhere has changed, come or gone. */
static inline void refuse(const char *line, int code, const char *parts) {
  char *before = cli_snapshot(root);
  cli_result r = sbnn(line);
  char *after = cli_snapshot(root);
  expect_words(line, &r, code, parts);
  cr_expect_str_eq(before, after, "sbnn %s changed files:\n%s\nbecame\n%s", line, before, after);
  free(before);
  free(after);
}

#endif
