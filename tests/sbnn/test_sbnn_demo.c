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
