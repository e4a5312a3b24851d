/* test_sbnn_ways_on.c - where newcomers were stuck: each has a way on, and is told of it. Tables as other programs
 * write them, labels by another column, cells without counts, tables of another lab; and whole runs on four kinds
 * of data that are hard: each ends with a report. */
#include "test_sbnn_cli.h"

#include <math.h>

TestSuite(sbnn_ways_on, .init = make_tables, .fini = remove_root);

/* Ends with this code; stderr has each of the parts, separated by '|'. */
static void expect_said(const char *line, int code, const char *parts) {
  cli_result r = sbnn(line);
  cr_expect_eq(r.code, code, "sbnn %s: exit code %d, not %d: %s", line, r.code, code, r.err);
  char *copy = strdup(parts);
  for (char *rest = copy, *part; (part = strsep(&rest, "|"));)
    cr_expect(strstr(r.err, part), "sbnn %s: '%s' is not in: %s", line, part, r.err);
  free(copy);
}

static void expect_in(const char *file, const char *part) {
  char *text = text_of(at(file));
  cr_expect(strstr(text, part), "'%s' is not in %s: %s", part, file, text);
  free(text);
}

/* ---- semicolons, decimal commas, other formats ---- */

/* A copy of a table, its bytes changed: "from" to "to", position by position. */
static void rewrite(const char *file, const char *from, const char *to, const char *copy) {
  char *text = text_of(at(file));
  for (char *c = text; *c; c++) {
    const char *found = strchr(from, *c);
    if (found) *c = to[found - from];
  }
  put_file(at(copy), text);
  free(text);
}

Test(sbnn_ways_on, semicolons_and_decimal_commas) {
  rewrite("x.csv", ",", ";", "x2.csv");
  rewrite("y.csv", ",.", ";,", "y2.csv");
  run_well(CV);
  expect_said("cv --x x2.csv --y y2.csv --out out2" TALK, 0,
              "x2.csv: its fields are separated by semicolons|y2.csv: fields are separated by semicolons, "
              "and numbers have decimal commas ('");
  cr_expect(cli_same(at("out/metrics.tsv"), at("out2/metrics.tsv")));
  put_file(at("thousands.csv"), "id;a;b\nc0;1,234;5\nc1;2,345;6\n");
  refuse("cv --x x.csv --y thousands.csv --out no" FAST, 3,
         "thousands.csv|'1,234'|decimal mark|thousands|with a point");
  put_file(at("both.csv"), "id;a;b\nc0;1,5;2.5\nc1;2,5;6\n");
  refuse("cv --x x.csv --y both.csv --out no" FAST, 3, "both.csv|'1,5'|'2.5'|with a point");
  put_file(at("either.csv"), "id,x;a,b\nc0,1;2,3\n");
  refuse("cv --x x.csv --y either.csv --out no" FAST, 3, "either.csv, line 1|the comma or the semicolon");
  put_file(at("names.csv"), "id,a;1,b;2\nc0,1,2\nc1,2,1\nc2,3,5\n"); /* semicolons in names: as ever */
  expect_said("prep --x x.csv --y names.csv --out names.safetensors", 0, "2 responses");
}

Test(sbnn_ways_on, formats_that_are_not_read_name_the_way_out) {
  put_file(at("p.parquet"), "PAR1\x15\x04 and more");
  refuse("cv --x p.parquet --y y.csv --out no" FAST, 3, "p.parquet|Parquet|read_parquet|to_csv");
  put_file(at("h.h5ad"), "\x89HDF\r\n\032\n and more");
  refuse("cv --x h.h5ad --y y.csv --out no" FAST, 3, "h.h5ad|HDF5|damaged or cut off|copy it again");
}

/* ---- labels ---- */

Test(sbnn_ways_on, labels_by_another_column) {
  FILE *f = fopen(at("l.tsv"), "w");
  cr_assert(f != NULL);
  fprintf(f, "family\tanimal\tsample\tdepth\n");
  for (int i = 0; i < 60; i++) fprintf(f, "family %d\tm%d\tc%d\t%d\n", i % 3, i / 30, i, i % 7);
  fclose(f);
  expect_said(CV " --labels l.tsv", 0, "");
  expect_in("out/run.json", "l.tsv: cell ids are taken from its column 'sample'");
  expect_said("cv" TABLES " --out two --labels l.tsv --id-column sample --label-column depth" TALK, 0,
              "labelled by 'depth' (7 labels)");
  expect_said("cv" TABLES " --out three --labels l.tsv" TALK, 0, "'sample'|labelled by 'family' (3 labels)");
  refuse("cv" TABLES " --out no --labels l.tsv --label-column type" FAST, 3,
         "no column 'type'|its columns are 'family', 'animal', 'sample', 'depth'");
  refuse("cv" TABLES " --out no --labels l.tsv --id-column cell" FAST, 3, "no column 'cell'|'sample'");
  refuse("cv" TABLES " --out no --labels l.tsv --id-column animal" FAST, 3, "no id in column 'animal'");
  put_file(at("none.tsv"), "id\tfamily\nx1\ta\nx2\tb\n");
  refuse("cv" TABLES " --out no --labels none.tsv" FAST, 3, "no column has the cell ids of the data");
  put_file(at("twice.tsv"), "family\tid\na\tc1\nb\tc1\n");
  refuse("cv" TABLES " --out no --labels twice.tsv" FAST, 3, "the cell 'c1' is in column 'id' twice");
  refuse("cv" TABLES " --out no --id-column id" FAST, 2, "--id-column|--labels");
}

/* ---- cells without counts ---- */

/* Rows 2, 12, ... of the counts: few reads in one gene, none elsewhere. */
static void kill_cells(const char *file) {
  cli_write(at(file), &(cli_table){.edits = {{2, CLI_ANY, "0"}, {12, CLI_ANY, "0"}, {22, CLI_ANY, "0"}}});
  char *text = text_of(at(file)), *row = strstr(text, "\nc11,0,");
  row[5] = '9'; /* nine reads */
  put_file(at(file), text);
  free(text);
}

Test(sbnn_ways_on, cells_of_few_counts) {
  kill_cells("dead.csv");
  expect_said("cv --x dead.csv --y y.csv --out out" TALK, 0,
              "dead.csv: 3 of 60 cells have fewer than 10 counts in total and are left out (--min-counts): "
              "'c1' (0), 'c11' (9), 'c21' (0)");
  refuse("cv --x dead.csv --y y.csv --out no --min-counts 0" FAST, 3, "'c1'|no counts|--min-counts");
  expect_said("cv --x dead.csv --y y.csv --out three --min-counts 9" TALK, 0,
              "2 of 60 cells have fewer than 9");
}

Test(sbnn_ways_on, predict_gives_empty_rows_with_a_reason) {
  run_well(TRAIN);
  kill_cells("dead.csv");
  expect_said("predict --model out --x dead.csv --out p.tsv --quiet", 0,
              "3 of 60 cells have too few counts|'c1' (0), 'c11' (9), 'c21' (0)");
  expect_in("p.tsv", "r3\tnote\n");
  expect_in("p.tsv", "\nc1\tNA\tNA\tNA\tNA\tNA\tNA\t0 counts in total, fewer than 10 (--min-counts)\n");
  expect_in("p.tsv", "\nc11\tNA\tNA\tNA\tNA\tNA\tNA\t9 counts in total");
  expect_in("p.tsv", "\nc2\t"); /* as trained, and nothing said of it */
  put_file(at("some.txt"), "c2\nc5\nc9\n");
  run_well("predict --model out --x dead.csv --out some.tsv --quiet --cells some.txt");
  char *text = text_of(at("some.tsv"));
  int lines = 0;
  for (char *c = text; *c; c++) lines += *c == '\n';
  cr_expect(lines == 4 && strstr(text, "\nc5\t") && !strstr(text, "note"), "%s", text);
  free(text);
  refuse("predict --model out --x dead.csv --out no.tsv --quiet --cells nowhere.txt", 3, "nowhere.txt");
}

/* ---- another lab ---- */

/* The first `genes` genes of the counts, each count made `times` as large and `more` added, in cells whose names
 * begin with "o". */
static void other_lab(const char *file, int genes, int more, bool alternate) {
  char *text = text_of(at("x.csv")), *rest = text, *line = strsep(&rest, "\n");
  FILE *f = fopen(at(file), "w");
  for (int i = 0; line && *line; i++, line = strsep(&rest, "\n")) {
    char *fields = line, *field = strsep(&fields, ",");
    fprintf(f, "%s%s", i ? "o" : "", field);
    for (int g = 0; (field = strsep(&fields, ",")) && g < genes; g++)
      if (i == 0) fprintf(f, ",%s", field);
      else fprintf(f, ",%d", alternate && g % 2 ? atoi(field) / 4 : atoi(field) + more);
    fprintf(f, "\n");
  }
  fclose(f);
  free(text);
}

Test(sbnn_ways_on, another_labs_table_lacks_genes) {
  other_lab("other.csv", 20, 0, false);
  run_well(TRAIN " --genes 30 --variable-genes 0");
  refuse("predict --model out --x other.csv --out no.tsv --quiet", 3,
         "other.csv lacks|of the 30 genes|sbnn train --genes-from other.csv");
  expect_said("train" TABLES
              " --epochs-autoencoder 3 --out both --variable-genes 0 --genes-from other.csv" TALK,
              0, "other.csv: 20 of the 40 genes are in it too and are kept");
  run_well("predict --model both --x other.csv --out p.tsv --quiet");
  cr_expect(there(at("p.tsv")));
  put_file(at("foreign.csv"), "id,h1,h2\nc0,1,2\n");
  refuse("train" TABLES " --out no --genes-from foreign.csv" FAST, 3, "--genes-from|none of the 40 genes");
}

Test(sbnn_ways_on, cells_unlike_the_training) {
  run_well(TRAIN " --genes 12");
  cli_result same = sbnn("predict --model out --x x.csv --out same.tsv --quiet");
  cr_expect(same.code == 0 && !*same.err, "%s", same.err);
  put_file(at("third.txt"),
           "c0\nc3\nc6\nc9\nc12\nc15\nc18\nc21\nc24\nc27\nc30\nc33\nc36\n"); /* of one family */
  same = sbnn("predict --model out --x x.csv --out third.tsv --quiet --cells third.txt");
  cr_expect(same.code == 0 && !*same.err, "%s", same.err);
  other_lab("shifted.csv", 40, 60, true);
  expect_said("predict --model out --x shifted.csv --out p.tsv --quiet", 0,
              "shifted.csv as a whole differ from the training cells|Correct the batch effect");
  cli_write(at("odd.csv"), &(cli_table){.edits = {{5, 1, "9000"}, {5, 2, "0"}, {5, 3, "7000"}, {5, 4, "0"}}});
  expect_said("predict --model out --x odd.csv --out q.tsv --quiet", 0,
              "1 of 60 cells lie outside the training cells in the 12 genes that the model reads|'c4' (");
}

/* ---- four kinds of data that are hard, from beginning to end ---- */

#define SHORT                                                                                                \
  " --kmeans-restarts 5 --hidden 16,8 --genes 5 --epochs-pretrain 3 --epochs-frozen 3 --epochs-unfrozen 3"   \
  " --epochs-finetune 3 --epochs-autoencoder 3 --folds 3 --restarts 4 --lambdas 0.3,0.6 --quiet"

/* A report, and either all of it or what is missing by name. */
static void expect_report(const char *line) {
  cli_result r = sbnn(line);
  cr_expect(r.code == 0 || r.code == 5, "sbnn %s: exit code %d: %s", line, r.code, r.err);
  cr_expect(there(at("all/report.html")), "%s", r.err);
  cr_expect_eq(there(at("all/failed.tsv")), r.code == 5);
  if (r.code != 5) return;
  cr_expect(strstr(r.err, "steps failed: ") && strstr(r.err, "--resume"), "%s", r.err);
  char *failed = text_of(at("all/failed.tsv")), *rest = failed;
  strsep(&rest, "\n");
  for (char *row; (row = strsep(&rest, "\n")) && *row;) {
    row[strcspn(row, "\t")] = '\0';
    cr_expect(strstr(strstr(r.err, "steps failed: "), row), "%s is not named: %s", row, r.err);
  }
  free(failed);
}

Test(sbnn_ways_on, few_cells, .timeout = 200) {
  cli_write(at("x.csv"), &(cli_table){.cells = 30});
  cli_write(at("y.csv"), &(cli_table){.cells = 30, .responses = true});
  expect_report("run" TABLES " --out all" SHORT);
}

Test(sbnn_ways_on, raw_counts_of_proteins, .timeout = 200) {
  FILE *f = fopen(at("y.csv"), "w");
  fprintf(f, "id,CD4,CD8,CD19,IgG\n");
  for (int i = 0; i < 60; i++)
    fprintf(f, "c%d,%d,%d,%d,%d\n", i, i % 3 == 0 ? 300 + 40 * i : i % 5, i % 3 == 1 ? 900 - 7 * i : i % 7,
            i == 33 ? 90000 : i % 11, i % 2);
  fclose(f);
  expect_report("run" TABLES " --out all" SHORT);
}

Test(sbnn_ways_on, responses_constant_in_halves, .timeout = 200) {
  cli_write(at("y.csv"),
            &(cli_table){.responses = true,
                         .edits = {{9, 2, "1"}, {CLI_ANY, 2, "0"}, {40, 3, "2.5"}, {CLI_ANY, 3, "1"}}});
  expect_report("run" TABLES " --out all" SHORT " --clusters 4 --cluster-min 2");
  cr_expect_not(there(at("all/failed.tsv")), "nothing has to be missing");
}

Test(sbnn_ways_on, dead_cells, .timeout = 200) {
  kill_cells("x.csv");
  expect_report("run" TABLES " --out all" SHORT " --clusters 4 --cluster-min 2");
  cr_expect_not(there(at("all/failed.tsv")), "nothing has to be missing");
}
