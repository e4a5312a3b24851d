/* test_sbnn_cli.c - what the program refuses: bad tables, bad options, bad places for the results. Each with
 * one sentence that says what, where and how to mend it, the right exit code, and not a byte changed on disk.
 */
#include "test_sbnn_cli.h"

TestSuite(sbnn_cli, .init = make_tables, .fini = remove_root);

#define EDIT(row_, column_, text_)                                                                           \
  (cli_edit) { row_, column_, text_ }

/* Both commands refuse the tables as they are now; then they are made good again. */
static void both_refuse(const char *parts) {
  refuse(CV, 3, parts);
  refuse(TRAIN, 3, parts);
  cli_write(at("x.csv"), &(cli_table){0});
  cli_write(at("y.csv"), &(cli_table){.responses = true});
}

static void bad_counts(cli_edit edit, const char *parts) {
  cli_write(at("x.csv"), &(cli_table){.edits = {edit}});
  both_refuse(parts);
}

static void bad_responses(cli_edit edit, const char *parts) {
  cli_write(at("y.csv"), &(cli_table){.responses = true, .edits = {edit}});
  both_refuse(parts);
}

/* ---- tables ---- */

Test(sbnn_cli, no_shared_cells) {
  cli_write(at("y.csv"), &(cli_table){.responses = true, .prefix = "other"});
  both_refuse("x.csv|y.csv|share no cell|'c0'|'other0'|use the same cell ids");
}

Test(sbnn_cli, duplicate_ids) {
  bad_counts(EDIT(7, 0, "c2"), "x.csv|'c2'|lines 4 and 8|make the names unique");
  bad_responses(EDIT(7, 0, "c2"), "y.csv|'c2'|lines 4 and 8|make the names unique");
  bad_responses(EDIT(0, 4, "r0"), "y.csv|'r0'|columns 2 and 5|make the names unique");
}

Test(sbnn_cli, no_number) {
  bad_counts(EDIT(17, 5, "many"), "x.csv, line 18, column 6 (g4): 'many' is not a number|write numbers like");
  bad_counts(EDIT(17, 5, "1 2"), "x.csv, line 18, column 6 (g4): '1 2' is not a number");
  bad_counts(EDIT(60, 40, ""),
             "x.csv, line 61, column 41 (g39): '' is a missing value|fill it in, or remove");
  bad_responses(EDIT(3, 2, "1.2.3"), "y.csv, line 4, column 3 (r1): '1.2.3' is not a number");
  bad_responses(
      EDIT(3, 2, "NA"),
      "y.csv, line 4, column 3 (r1): the response 'r1' of cell 'c2' is missing|--missing drop-cells");
}

Test(sbnn_cli, no_count) {
  bad_counts(EDIT(17, 5, "-1"), "x.csv|gene 'g4' in cell 'c16' is -1|give raw counts");
  bad_counts(EDIT(17, 5, "nan"), "x.csv, line 18, column 6 (g4): 'nan' is a missing value");
  bad_counts(EDIT(17, 5, "inf"), "x.csv|gene 'g4' in cell 'c16' is inf|give raw counts");
  bad_counts(EDIT(17, 5, "1e300"), "x.csv|gene 'g4' in cell 'c16'|below 3.4e38");
  cli_write(at("x.csv"), &(cli_table){.edits = {EDIT(17, CLI_ANY, "0")}});
  refuse(CV " --min-counts 0", 3, "cell 'c16' has no counts|--min-counts");
  run_well(CV);
}

Test(sbnn_cli, no_response) {
  bad_responses(EDIT(3, 2, "nan"), "y.csv, line 4, column 3 (r1): the response 'r1' of cell 'c2' is missing");
  bad_responses(EDIT(3, 2, "-inf"), "y.csv|response 'r1' of cell 'c2' is -inf|finite number");
  bad_responses(EDIT(3, 2, "1e300"), "response 'r1' has values too large|correct them");
}

Test(sbnn_cli, nothing_varies) {
  bad_counts(EDIT(CLI_ANY, 5, "3"), "x.csv|gene 'g4' has the count 3 in all 60 cells|remove constant genes");
  bad_responses(EDIT(CLI_ANY, 2, "0.5"), "y.csv|response 'r1' is 0.5 in all 60 cells|remove it");
}

/* Constant in the cells that one fold trains on, though not in all: left out there. */
Test(sbnn_cli, response_of_a_single_cell) {
  cli_write(at("y.csv"), &(cli_table){.responses = true, .edits = {EDIT(9, 2, "1"), EDIT(CLI_ANY, 2, "0")}});
  cli_result r = sbnn("cv" TABLES " --out out" TALK);
  cr_expect_eq(r.code, 0, "%s", r.err);
  cr_expect(strstr(r.err, "1 response has the same value in all 54 cells that are trained on") &&
                strstr(r.err, "'r1'"),
            "%s", r.err);
}

/* What fails in one fold stops those under way. */
Test(sbnn_cli, one_fold_stops_the_others) {
  refuse(CV " --folds 7 --clusters 52 --cluster-min 1 --threads 7 --epochs-pretrain 1000000", 3,
         "fold 1: 51 cells cannot make 52 clusters");
}

Test(sbnn_cli, ragged_rows) {
  bad_counts(EDIT(17, 5, NULL), "x.csv, line 18: expected 41 fields|found 40|equally long");
  bad_counts(EDIT(17, 40, "1,2"), "x.csv, line 18: expected 41 fields|found 42|equally long");
  bad_responses(EDIT(60, 4, NULL), "y.csv, line 61: expected 5 fields|found 4|equally long");
}

static void cut(const char *path, double part) {
  struct stat s;
  cr_assert_eq(stat(path, &s), 0);
  cr_assert_eq(truncate(path, (off_t)(part * (double)s.st_size)), 0);
}

Test(sbnn_cli, broken_files) {
  cli_write(at("x.csv"), &(cli_table){.gzip = true});
  cut(at("x.csv"), 0.5);
  both_refuse("x.csv: the gzip file ends too early|again");
  cut(at("x.csv"), 0);
  both_refuse("x.csv: the file is empty|write it again");
  cut(at("y.csv"), 0);
  both_refuse("y.csv: the file is empty|write it again");
  put_file(at("y.csv"), "id,r0,r1\n");
  both_refuse("y.csv|no rows");
  put_file(at("x.csv"), "PK\003\004 and so on");
  both_refuse("x.csv|ZIP archive or an Excel workbook|save the table as CSV");
  remove(at("x.csv"));
  both_refuse("x.csv: cannot be opened (No such file or directory); check the path");
  remove(at("y.csv"));
  both_refuse("y.csv: cannot be opened (No such file or directory); check the path");
  remove(at("x.csv"));
  mkdir(at("x.csv"), 0777);
  refuse(CV, 3, "x.csv: the folder holds no matrix.mtx|give a 10x folder");
}

Test(sbnn_cli, too_few) {
  refuse(CV " --folds 61", 3, "60 cells cannot make 61 folds|fewer --folds");
  refuse(CV " --clusters 61", 3, "54 cells cannot make 61 clusters|fewer --clusters");
  refuse(CV " --clusters 61 --protocol paper", 3, "60 cells cannot make 61 clusters|fewer --clusters");
  refuse(TRAIN " --clusters 61", 3, "60 cells cannot make 61 clusters|fewer --clusters");
  refuse(TRAIN " --cluster-min 59", 3,
         "only 0 of 3 clusters have at least 59 cells|--cluster-min|--no-pretrain");
  refuse(CV " --genes 41", 3, "x.csv has 40 genes, fewer than the 41 to be kept|--genes 40 or less");
  refuse(TRAIN " --genes 41", 3, "x.csv has 40 genes, fewer than the 41 to be kept|--genes 40 or less");
  refuse(CV " --genes 20 --variable-genes 10", 2, "--genes 20|--variable-genes");
}

Test(sbnn_cli, labels) {
  cli_write_labels(at("l.tsv"), 60);
  refuse(TRAIN " --labels l.tsv --label-column sort", 3, "l.tsv|no column 'sort'|'family'");
  refuse(TRAIN " --labels nowhere.tsv", 3, "nowhere.tsv: cannot be opened|check the path");
  put_file(at("l.tsv"), "cell\tfamily\nz1\ta\n");
  refuse(TRAIN " --labels l.tsv", 3,
         "l.tsv|no column has the cell ids of the data|'z1'|'c0'|use the same cell ids");
}

/* Line ends and kilobytes in names: still one readable sentence. */
Test(sbnn_cli, strange_names) {
  char name[4000] = "\"gene\none ";
  memset(name + strlen(name), 'x', 3000);
  strcat(name, "\"");
  cli_write(at("x.csv"), &(cli_table){.edits = {EDIT(0, 5, name), EDIT(17, 5, "-1")}});
  both_refuse("x.csv|xxx...' in cell 'c16' is -1|give raw counts");
}

/* On the terminal a name takes one line of bounded length, in the tables one field. */
Test(sbnn_cli, strange_names_that_are_fine) {
  char name[12000] = "\"<&>\ttab, \"\"quotes\"\" \xe8\x84\xb3\nline\"", kilobytes[10001];
  memset(kilobytes, 'L', 10000);
  kilobytes[10000] = '\0';
  cli_write(at("x.csv"), &(cli_table){.edits = {EDIT(0, 1, name), EDIT(0, 2, kilobytes), EDIT(3, 0, name)}});
  cli_write(at("y.csv"), &(cli_table){.responses = true,
                                      .edits = {EDIT(0, 1, name), EDIT(0, 2, kilobytes), EDIT(3, 0, name)}});
  cli_result r = sbnn("train" TABLES TALK " --epochs-autoencoder 3 --genes 40 --out out");
  cr_assert_eq(r.code, 0, "%s", r.err);
  cr_expect(strstr(r.err, "<&> tab, \"quotes\" \xe8\x84\xb3 line") && strstr(r.err, "LLL...") &&
                strlen(r.err) < 5000,
            "%s", r.err);
  char *text = text_of(at("out/predictions.tsv"));
  cr_expect(strstr(text, "\n<&> tab, \"quotes\" \xe8\x84\xb3 line\t"));
  cr_expect(strncmp(text, "cell\t<&> tab, \"quotes\" \xe8\x84\xb3 line\tLLL", 35) == 0);
  free(text);
}

static void permutation(const char *text, const char *parts) {
  put_file(at("p.txt"), text);
  refuse(CV " --fold-permutation p.txt", 3, parts);
}

Test(sbnn_cli, fold_permutation) {
  char all[512] = "";
  for (int i = 0; i < 60; i++) snprintf(all + strlen(all), sizeof all - strlen(all), "%d\n", i);
  put_file(at("p.txt"), all);
  run_well(CV " --fold-permutation p.txt");
  remove_all(at("out"));
  permutation("0\n1\n2\n", "p.txt|3 cells, but the data has 60|each number from 0 to 59 once");
  permutation("0\n1\n1\n", "p.txt, line 3|1 was already on line 2");
  permutation("0\n60\n", "p.txt, line 2|'60' is not a cell number from 0 to 59");
  permutation("0\nfirst\n", "p.txt, line 2|'first' is not a cell number");
  strcat(all, "60\n");
  permutation(all, "p.txt, line 61|'60' is not a cell number from 0 to 59");
  refuse(CV " --fold-permutation no.txt", 3, "no.txt: cannot be opened|check the path");
}

/* ---- the command line ---- */

Test(sbnn_cli, command_lines) {
  refuse("tran" TABLES, 2, "unknown command 'tran'|did you mean 'train'?|sbnn help'");
  refuse("", 2, "unknown command ''|sbnn help");
  refuse(CV " --fold 3", 2, "unknown option '--fold'|did you mean|'--folds'|sbnn help cv");
  refuse(TRAIN " --folds 3", 2, "'--folds' is an option of cv, ");
  refuse(CV " --folds ten", 2, "--folds needs a whole number|'ten'");
  refuse(CV " --lasso nan", 2, "--lasso needs a number|'nan'");
  refuse(CV " --x ", 2, "--x needs a file|''");
  refuse(CV " --out ", 2, "--out needs a folder|''");
  refuse(CV " stray", 2, "stray 'stray'");
  refuse("cv --x x.csv", 2, "--y FILE|--out DIR|sbnn help cv");
  refuse("cv --x x.csv --y x.csv --out out", 2, "--x and --y are the same file 'x.csv'");
}

/* What was asked for goes to the standard output and nothing to the other. */
Test(sbnn_cli, help_and_version) {
  static const char *const lines[] = {"help", "help cv", "help train", "train --help", "--version", "info"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    cli_result r = sbnn(lines[i]);
    cr_expect(r.code == 0 && *r.out && !*r.err, "sbnn %s: exit code %d, %s", lines[i], r.code, r.err);
  }
}

/* ---- where the results go ---- */

Test(sbnn_cli, places) {
  refuse("cv" TABLES FAST " --out no/where", 1, "no/where|does not exist|mkdir -p");
  refuse("cv" TABLES FAST " --out x.csv", 1, "--out x.csv is a file|choose another name");
  refuse("cv" TABLES FAST " --out x.csv --force", 1, "--out x.csv is a file|choose another name");
  refuse("train" TABLES FAST " --out .", 1, "output directory . is not empty|--out|--force");
  run_well(CV);
  refuse(CV, 1, "output directory out is not empty|--out|--force");
  refuse(TRAIN, 1, "output directory out is not empty|--out|--force");
}

/* With --force, and yet a failure of the input: the old results stay. */
Test(sbnn_cli, failure_keeps_old_results) {
  run_well(CV);
  cli_write(at("x.csv"), &(cli_table){.edits = {EDIT(17, 5, "-1")}});
  refuse(CV " --force", 3, "gene 'g4' in cell 'c16' is -1");
  refuse(TRAIN " --force", 3, "gene 'g4' in cell 'c16' is -1");
}

Test(sbnn_cli, force_replaces) {
  run_well(CV);
  put_file(at("out/notes.txt"), "mine");
  run_well(TRAIN " --force --seed 3");
  run_well("train" TABLES " --out fresh --epochs-autoencoder 3" FAST " --seed 3");
  cr_expect(cli_same(at("out/metrics.tsv"), at("fresh/metrics.tsv")));
  cr_expect(cli_same(at("out/latent.tsv"), at("fresh/latent.tsv")));
  expect_text(at("out/notes.txt"), "mine");
  run_well(CV " --force");
  cr_expect_not(there(at("out/latent.tsv")), "left over from the run before");
  expect_text(at("out/notes.txt"), "mine");
}

Test(sbnn_cli, places_with_blanks_and_foreign_letters) {
  run_well("cv" TABLES FAST " --out 'aus gabe \xc3\xbc'");
  cr_expect(there(at("aus gabe \xc3\xbc/metrics.tsv")));
}

/* A first run that waits for its counts from a pipe holds the directory. */
Test(sbnn_cli, two_at_once) {
  cr_assert_eq(mkfifo(at("pipe"), 0666), 0);
  cli_child first = cli_start(NABLA_SBNN_BIN, root, "cv --x pipe --y y.csv --out out" FAST, NULL);
  for (int i = 0; i < 1000 && !there(at("out/.incoming")); i++) usleep(10000);
  cli_result second = sbnn(CV);
  expect_words(CV, &second, 1, "another run is writing to out|wait for it to end");
  char command[512];
  snprintf(command, sizeof command, "cat '%s' > '%s'", at("x.csv"), at("pipe"));
  cr_expect_eq(system(command), 0);
  cli_result r = cli_wait(first);
  cr_expect_eq(r.code, 0, "%s", r.err);
  run_well("cv" TABLES FAST " --out again");
  cr_expect(cli_same(at("out/metrics.tsv"), at("again/metrics.tsv")), "a pipe reads like a file");
}
