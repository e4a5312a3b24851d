/* test_sbnn_demo.c - synthetic tables of the size asked for, which the other commands read. */
#include "test_sbnn_run.h"

TestSuite(sbnn_demo, .init = make_root, .fini = remove_root);

Test(sbnn_demo, tables_of_any_size) {
  sbnn_dataset d;
  sbnn_error e = {0};
  runs("demo --tables-only --cells 90 --genes 40 --responses 5 --quiet --out @d");
  cr_expect_not(there(at("d/run.json")), "nothing is trained");
  sbnn_dataset_options q = {.x_path = strdup(at("d/demo-data/counts.csv")),
                            .y_path = strdup(at("d/demo-data/responses.csv"))};
  cr_assert_eq(sbnn_dataset_read(&q, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 90 && d.n_genes == 40 && d.n_responses == 5);
  sbnn_dataset_free(&d);
  free((char *)q.x_path);
  free((char *)q.y_path);
  runs("demo --tables-only --cells 60 --genes 40 --responses 5 --quiet --out @d");
}

Test(sbnn_demo, sizes_that_cannot_be) {
  refuses("demo --tables-only --genes 24 --out @d", SBNN_USAGE, "--genes", "25");
  refuses("demo --tables-only --cells 3 --out @d", SBNN_USAGE, "--cells", "60");
  refuses("demo --tables-only --out @no/such", SBNN_FAILED, "cannot create", "no/such");
  cr_expect_not(there(at("d")));
}

/* From end to end, in the default folder, which is replaced each time. */
Test(sbnn_demo, finds_its_marker_genes, .timeout = 300) {
  char here[1024];
  cr_assert(getcwd(here, sizeof here) != NULL && chdir(root) == 0);
  cr_assert_eq(setenv("SBNN_HIDDEN", "64,32", 1), 0);
  runs("demo --cells 400 --genes 25 --responses 4");
  cr_expect(there(at("sbnn-demo/report.html")) && there(at("sbnn-demo/demo-data/counts.csv")));
  char *record = text_of(at("sbnn-demo/run.json"));
  cr_expect(strstr(record, "\"command\": \"train\""));
  ino_t first, second;
  struct stat s;
  first = stat(at("sbnn-demo/run.json"), &s) == 0 ? s.st_ino : 0;
  runs("demo --cells 400 --genes 25 --responses 4 --quiet");
  second = stat(at("sbnn-demo/run.json"), &s) == 0 ? s.st_ino : 0;
  cr_expect_neq(first, second);
  cr_assert_eq(chdir(here), 0);
  free(record);
}
