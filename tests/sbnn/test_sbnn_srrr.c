/* test_sbnn_srrr.c - `sbnn srrr` from tables to tables, and its options. */
#include "commands/srrr_own.h"
#include "options/options.h"
#include "test_sbnn_program.h"

#include <unistd.h>

TestSuite(sbnn_srrr_program, .init = make_root, .fini = remove_root);

static int srrr(const char *options, char *output, size_t room) {
  return run_program("srrr", options, output, room);
}

Test(sbnn_srrr_program, leaves_its_tables) {
  char output[8192];
  static char line[4096][512];
  write_tables();
  cr_assert_eq(srrr("--ranks 1,3 --lambdas 0.3,0.1 --folds 5", output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/srrr.tsv", line, 4096), 5);
  cr_expect_str_eq(line[0], "rank\tlambda\tgenes_mean\tr2_test_mean\tr2_test_sd\tr2_test_relaxed_mean\t"
                            "r2_test_relaxed_sd\tr2_train_mean\tr2_train_relaxed_mean\n");
  static const char *const start[] = {"1\t0.3\t", "1\t0.1\t", "3\t0.3\t", "3\t0.1\t"};
  for (int i = 0; i < 4; i++) {
    double genes, test;
    cr_expect_eq(strncmp(line[i + 1], start[i], strlen(start[i])), 0, "%s", line[i + 1]);
    cr_assert_eq(sscanf(line[i + 1], "%*s %*s %lf %lf", &genes, &test), 2);
    cr_expect(genes >= 2 && genes <= 12 && test > 0.2 && test < 1, "%s", line[i + 1]);
  }
  cr_expect_eq(read_lines("out/srrr_folds.tsv", line, 4096), 1 + 4 * 5);
  cr_expect_str_eq(line[0],
                   "rank\tfold\tlambda\tgenes\tr2_test\tr2_test_relaxed\tr2_train\tr2_train_relaxed\n");
  cr_expect_gt(read_lines("out/srrr_genes.tsv", line, 4096), 1 + 4 * 5 * 2);
}

/* The responses are linear in the map: least squares on it leaves nothing. And rank 1 has no map. */
Test(sbnn_srrr_program, leaves_a_linear_map) {
  char output[8192], name[32];
  static char latent[64][512], overlays[64][512];
  double first = 0, second = 0, across = 0, z[60][2], y[60];
  write_tables();
  cr_assert_eq(srrr("--ranks 1,2 --genes 2 --folds 3", output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/latent.tsv", latent, 64), 61);
  cr_assert_eq(read_lines("out/overlays.tsv", overlays, 64), 61);
  cr_expect_str_eq(latent[0], "cell\tz1\tz2\n");
  cr_expect(strstr(overlays[0], "gene:g0") && strstr(overlays[0], "gene:g1"), "%s", overlays[0]);
  for (int i = 0; i < 60; i++) {
    cr_assert_eq(sscanf(latent[i + 1], "%31s %lf %lf", name, &z[i][0], &z[i][1]), 3);
    cr_assert_eq(sscanf(overlays[i + 1], "%*s %*f %*f %lf", &y[i]), 1);
    first += z[i][0] * z[i][0], second += z[i][1] * z[i][1], across += z[i][0] * z[i][1];
  }
  cr_expect(first >= second && second > 0 && fabs(across) < 1e-5 * first,
            "axes are orthogonal, largest first");
  double a = 0, b = 0, left = 0, all = 0;
  for (int i = 0; i < 60; i++) a += z[i][0] * y[i] / first, b += z[i][1] * y[i] / second;
  for (int i = 0; i < 60; i++) left += pow(y[i] - a * z[i][0] - b * z[i][1], 2), all += y[i] * y[i];
  cr_expect(all > 1 && left < 1e-9 * all, "%g of %g", left, all);
  cr_assert_eq(srrr("--ranks 1 --genes 2 --folds 3", output, sizeof output), 0, "%s", output);
  cr_expect_eq(access(at("out/latent.tsv"), F_OK), -1);
}

Test(sbnn_srrr_program, finds_the_penalty_for_a_number_of_genes) {
  char output[8192];
  static char line[64][512];
  write_tables();
  cr_assert_eq(srrr("--ranks 2 --genes 4 --folds 3 --protocol paper", output, sizeof output), 0, "%s",
               output);
  cr_assert_eq(read_lines("out/srrr.tsv", line, 64), 2);
  double genes;
  cr_assert_eq(sscanf(line[1], "2 %*s %lf", &genes), 1);
  cr_expect_eq(genes, 4, "%s", line[1]);
}

Test(sbnn_srrr_program, the_number_of_threads_changes_nothing) {
  char output[8192];
  static char one[64][512], two[64][512];
  write_tables();
  cr_assert_eq(srrr("--folds 4 --threads 1", output, sizeof output), 0, "%s", output);
  size_t n = read_lines("out/srrr_folds.tsv", one, 64);
  cr_assert_eq(srrr("--folds 4 --threads 3", output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/srrr_folds.tsv", two, 64), n);
  for (size_t i = 0; i < n; i++) cr_expect_str_eq(one[i], two[i]);
}

Test(sbnn_srrr_program, a_rank_above_the_responses_is_refused) {
  char output[8192];
  write_tables();
  cr_assert_eq(srrr("--ranks 2,4", output, sizeof output), SBNN_BAD_INPUT);
  cr_expect(strstr(output, "--ranks 4: ") && strstr(output, "has 3 responses, and the rank cannot be higher"),
            "%s", output);
}

/* ---- options ---- */

static void refuse(const char *option, const char *value, const char *wanted) {
  char joined[256], sentence[512];
  sbnn_options o;
  sbnn_error e = {0};
  snprintf(joined, sizeof joined, "%s=%s", option, value);
  char *argv[] = {"sbnn", "srrr", "--x", "X", "--y", "Y", "--out", "O", joined};
  cr_assert_eq(sbnn_options_parse(9, argv, &o, &e), SBNN_USAGE, "%s was accepted", joined);
  snprintf(sentence, sizeof sentence, "%s needs %s, not '%s'", option, wanted, value);
  cr_expect_str_eq(e.text, sentence);
}

Test(sbnn_srrr_options, malformed_lists_are_refused) {
  static const char *const ranks[] = {"",   "0",   "2,",     ",2",  "2,,3", "1.5",
                                      "-2", "2;3", "100001", "two", "1:3:1"};
  for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
    refuse("--ranks", ranks[i], "1 to 64 whole numbers from 1 to 100000, separated by commas, as in 2,16");
  static const char *const lambdas[] = {
      "",      "0",         "-1",      "0.1,",  "0.1:0.2", "0.1:0.2:",  "nan",       "inf", "0x1",
      "1e999", "0.2:0.1:1", "0.1:1:0", "1:2:x", "1:2:3:4", "0.1,1:2:1", "1:100:0.1", "::",  "1:2:-1"};
  for (size_t i = 0; i < sizeof lambdas / sizeof *lambdas; i++)
    refuse("--lambdas", lambdas[i],
           "1 to 64 numbers above 0, separated by commas, or FIRST:LAST:STEP, as in 0.1:1.5:0.1");
}

Test(sbnn_srrr_options, lists_and_ranges) {
  char *argv[] = {"sbnn", "srrr",    "--x",  "X",         "--y",          "Y",       "--out",
                  "O",    "--ranks", "2,16", "--lambdas", "0.1:0.75:0.1", "--genes", "7"};
  sbnn_options o;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_options_parse(14, argv, &o, &e), SBNN_OK, "%s", e.text);
  const sbnn_srrr_own *own = sbnn_srrr_own_of(&o);
  cr_expect(own->ranks.n == 2 && own->ranks.value[0] == 2 && own->ranks.value[1] == 16);
  cr_assert_eq(own->lambdas.n, 7);
  cr_expect(own->lambdas.value[2] == 0.3 && own->lambdas.value[6] == 0.7,
            "exact, whatever the step adds up to");
  cr_expect_eq(o.genes, 7);
  argv[11] = "1.5,1e-3";
  cr_assert_eq(sbnn_options_parse(14, argv, &o, &e), SBNN_OK, "%s", e.text);
  cr_expect(own->lambdas.n == 2 && own->lambdas.value[0] == 1.5 && own->lambdas.value[1] == 1e-3);
}
