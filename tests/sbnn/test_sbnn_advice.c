/* test_sbnn_advice.c - advice that can be followed: it names options that the command has, does not lead in a
 * circle, and comes before the work. */
#include "options/advice.h"
#include "test_sbnn_run.h"

enum { CELLS = 90 };

static void prepare(void) { make_tables(CELLS); }
TestSuite(sbnn_advice, .init = prepare, .fini = remove_tables);

#define TABLES " --x @x.tsv --y @y.tsv"

static void expect_advice(const sbnn_command *c, const char *sentence, const char *added) {
  char *text = sbnn_advice(c, sentence), wanted[512];
  snprintf(wanted, sizeof wanted, "%s%s", sentence, added);
  cr_expect_str_eq(text, wanted);
  free(text);
}

Test(sbnn_advice, says_whose_options_it_names) {
  expect_advice(&sbnn_command_train, "give --preset citeseq, or --y-transform log1p", "");
  expect_advice(&sbnn_command_tsne, "give --preset citeseq, or --y-transform log1p; not --preset m1",
                " (--preset: an option of train, cv, path, srrr, stability, run)");
  expect_advice(&sbnn_command_predict, "train again (sbnn train --genes-from FILE)", "");
  expect_advice(&sbnn_command_predict, "train again (sbnn train --lasso 1); --perplexity 3",
                " (--perplexity: an option of tsne)");
  expect_advice(&sbnn_command_info, "a line -- of dashes and --no-such-option", "");
}

Test(sbnn_advice, an_option_given_twice) {
  char *argv[] = {"sbnn", "train",   "--x", "x",       "--y", "y", "--out",
                  "o",    "--lasso", "0.1", "--lasso", "0.2", NULL};
  sbnn_options o;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_options_parse(12, argv, &o, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(o.repeated, "--lasso is given twice: '0.2' is used, not '0.1'");
  argv[11] = "1e-1";
  cr_assert_eq(sbnn_options_parse(12, argv, &o, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(o.repeated, "");
}

Test(sbnn_advice, no_genes_and_a_recipe_without_penalty) {
  refuses("run --out @o" TABLES " --genes 0", SBNN_USAGE, "--recipe paper with --penalty proximal",
          "--genes 1 or more");
  refuses("train --out @o" TABLES " --genes 0 --recipe denoise", SBNN_USAGE,
          "--recipe paper with --penalty proximal", "--genes 1 or more");
  refuses("train --out @o" TABLES " --genes 0 --recipe paper", SBNN_USAGE, "needs --penalty proximal", "");
}

Test(sbnn_advice, folds_that_cannot_be_are_told_before_any_step) {
  refuses("run --out @o --folds 91" TABLES QUICK, SBNN_BAD_INPUT, "90 cells cannot make 91 folds",
          "fewer --folds");
  cr_expect_not(there(at("o")));
}

Test(sbnn_advice, the_folder_of_a_run_is_no_model_but_holds_some) {
  refuses("predict --model @none --x @x.tsv --out @p", SBNN_BAD_INPUT, "none/model.json cannot be opened",
          "sbnn train");
  cr_assert_eq(mkdir(at("all"), 0777) | mkdir(at("all/train-paper"), 0777), 0);
  put_file(at("all/train-paper/model.json"), "{}");
  refuses("predict --model @all --x @x.tsv --out @p", SBNN_BAD_INPUT, "give --model ", "all/train-paper");
}

/* The command with which to go on asks for another value, and for what that replaces. */
Test(sbnn_advice, the_way_on_does_not_repeat_the_option_that_failed) {
  char command[4096], text[8192];
  snprintf(command, sizeof command,
           "%s run --x %s/x.tsv --y %s/y.tsv --labels %s/labels.tsv --out %s/all --folds 2 --lambdas 0.3,0.6 "
           "--restarts 2" QUICK " --clusters 40 2>&1",
           NABLA_SBNN_BIN, root, root, root, root);
  FILE *f = popen(command, "r");
  cr_assert(f);
  text[fread(text, 1, sizeof text - 1, f)] = 0;
  pclose(f);
  cr_expect(strstr(text, " --clusters N "), "%s", text);
  cr_expect(strstr(text, " --resume --force"), "%s", text);
}
