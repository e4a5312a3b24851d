/* test_sbnn_hints.c - what the program says beside its results, so that a newcomer finds the way: lines to be
 * copied, a pair of tables given the wrong way round, what was left out, an R2 that means nothing. */
#include "test_sbnn_cli.h"

#include "tables/summary.h"

#include <math.h>

TestSuite(sbnn_hints, .init = make_tables, .fini = remove_root);

static void says(const char *line, const char *parts, const char *never) {
  cli_result r = sbnn(line);
  cr_expect_eq(r.code, 0, "sbnn %s: %s", line, r.err);
  char *copy = strdup(parts);
  for (char *rest = copy, *part; (part = strsep(&rest, "|"));)
    cr_expect(strstr(r.err, part), "sbnn %s: '%s' is not in: %s", line, part, r.err);
  cr_expect(!never || !strstr(r.err, never), "sbnn %s: '%s' is in: %s", line, never, r.err);
  free(copy);
}

Test(sbnn_hints, lines_to_be_copied_call_the_program_as_the_user_did) {
  says("prep" TABLES " --out 'my data'",
       "\n  " NABLA_SBNN_BIN " train --data 'my data' --out DIR\n  " NABLA_SBNN_BIN " inspect 'my data'\n",
       NULL);
  refuse("cv --sede 1", 2, "('" NABLA_SBNN_BIN " help cv' lists them)");
  refuse("--x a", 2, "as in " NABLA_SBNN_BIN " cv --x");
}

Test(sbnn_hints, words_of_a_shell) {
  static const char *const words[][2] = {{"build/bin/sbnn", "build/bin/sbnn"},
                                         {"", "''"},
                                         {"a b", "'a b'"},
                                         {"it's", "'it'\\''s'"},
                                         {"$x", "'$x'"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    char *word = sbnn_shell_word(words[i][0]);
    cr_expect_str_eq(word, words[i][1]);
    free(word);
  }
}

/* 4 genes and 40 responses; the faults that show first are others. */
Test(sbnn_hints, swapped_tables) {
  static const char swapped[] = "cv --x y.csv --y x.csv --out out" FAST;
  refuse(swapped, 3, "y.csv|there are 40 responses and 4 genes: are the tables --x and --y swapped?");
  refuse("cv --x y.csv --y x.csv --x-transform none --out out" FAST, 3,
         "fewer than the 5 to be kept|swapped?");
  cli_write(at("x.csv"), &(cli_table){.edits = {{0, 3, "g0"}}});
  refuse(swapped, 3, "x.csv|'g0'|make the names unique|are the tables --x and --y swapped?");
  cli_write(at("x.csv"), &(cli_table){.edits = {{3, 0, "c1"}}});
  cli_result r = sbnn(CV); /* the right way round */
  cr_expect(r.code == 3 && !strstr(r.err, "swapped"), "%s", r.err);
}

Test(sbnn_hints, how_many_cells_are_used_and_labelled) {
  put_file(at("l.tsv"), "cell\tkind\nc0\tA\nc1\tB\nc3\tA\n");
  says("prep" TABLES " --labels l.tsv --out d",
       "60 cells in both tables (60 in x.csv, 60 in y.csv): 40 genes|3 of 60 cells "
       "labelled by 'kind' (3 labels)",
       "used");
  cli_write(at("y.csv"), &(cli_table){.responses = true, .edits = {{4, 2, ""}}});
  says("prep" TABLES " --labels l.tsv --out gaps",
       "1 value is missing in 1 of 60 cells, of the response 'r1' (1): when you use the file, --missing",
       NULL);
  says("srrr --data gaps --folds 2 --lambdas 0.5 --variable-genes 0 --missing drop-cells --out out",
       "60 cells in gaps, 59 of them used: 40 genes|2 of 59 cells labelled by 'kind'|1 value is missing, of "
       "the response "
       "'r1' (1): 1 of 60 cells is left out: 'c3'",
       "when you use the file, --missing");
}

/* Possible, but seldom meant: said, not refused. */
Test(sbnn_hints, what_is_seldom_meant) {
  cli_write(at("x.csv"),
            &(cli_table){.edits = {{0, 3, "1-Mar"}, {0, 4, "Sep-02"}, {0, 5, "Mar1"}, {CLI_ANY, 7, "0"}}});
  put_file(at("l.tsv"), "cell\tvalue\n");
  FILE *f = fopen(at("l.tsv"), "a");
  for (int i = 0; i < 60; i++) fprintf(f, "c%d\t%d\n", i, i);
  fclose(f);
  says("prep" TABLES " --labels l.tsv --out d",
       "2 genes are named like a date, such as '1-Mar': a spreadsheet|The labels 'value' have 60 different "
       "values for 60 cells",
       "whole numbers");
  says("srrr" TABLES " --folds 2 --lambdas 0.5 --variable-genes 0 --out out",
       "39 genes|x.csv: 1 of 40 genes have no count in any cell and are left out, such as 'g6'", "labels");
  cli_write(at("x.csv"), &(cli_table){.edits = {{CLI_ANY, 5, "1.5"}}});
  says("prep" TABLES " --out fractions",
       "not whole numbers, such as 1.5 of gene 'g4' in cell 'c0'|--x-transform none", "date");
  cli_write(at("y.csv"), &(cli_table){.responses = true, .edits = {{0, 2, "Vm (\xb5V)"}}});
  says("prep" TABLES " --out latin", "The name of the response 'Vm (?V)' has characters that are not UTF-8",
       NULL);
  says("prep" TABLES " --x-transform none --out e", "60 cells", "whole numbers");
}

/* Most cells of both tables are lost: their ids may be spelt in two ways. */
Test(sbnn_hints, ids_spelt_in_two_ways) {
  FILE *f = fopen(at("y.csv"), "w");
  fputs("cell,r0,r1\n", f);
  for (int i = 0; i < 60; i++) fprintf(f, "%s%d,%d,%d\n", i < 20 ? "c" : "C-", i, i % 7, i % 5);
  fclose(f);
  says("prep" TABLES " --out few",
       "Only 20 of 60 and 60 cells are in both tables. 'c20' is only in x.csv and 'C-20' only in y.csv: are "
       "the ids spelled the same way?",
       "swapped");
}

static char *low_r2(double best, bool tested) {
  char *text = NULL;
  size_t n = 0;
  FILE *to = open_memstream(&text, &n);
  sbnn_print_low_r2(to, best, tested);
  fclose(to);
  return text;
}

Test(sbnn_hints, r2_near_zero) {
  static const struct {
    double best;
    bool tested;
    const char *part; /* NULL: not a word */
  } cases[] = {{0.3, true, NULL},
               {0.05, true, NULL},
               {NAN, true, NULL},
               {0.01, true, "R2 is near 0: unseen cells"},
               {-0.2, true, "R2 is near 0 or below: unseen cells"},
               {0.01, false, "even the trained cells"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = low_r2(cases[i].best, cases[i].tested);
    if (cases[i].part) cr_expect(strstr(text, cases[i].part) && strstr(text, "raw counts"), "%s", text);
    else cr_expect_str_empty(text);
    free(text);
  }
}

/* Longer than the system takes: refused, not cut to a file of another name. */
Test(sbnn_hints, a_path_that_is_too_long) {
  static char line[8192] = "report --results d --out ";
  says("srrr" TABLES " --folds 2 --lambdas 0.5 --variable-genes 0 --out d", "", NULL);
  for (int i = 0; i < 2046; i++) strcat(line, "./");
  refuse(strcat(line, "page.html"), 1, "./");
}
