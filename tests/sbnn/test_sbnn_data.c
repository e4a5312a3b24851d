/* test_sbnn_data.c - joining tables into a data set: orientation, order, checks, labels, the real data. */
#include "test_sbnn_data.h"
#include "data/dataset.h"

TestSuite(sbnn_data, .init = make_root, .fini = remove_root);

static const char counts_by_gene[] = "gene,c1,c2,c3,c4\ng1,1,2,3,4\ng2,5,6,7,9\n";
static const char counts_by_cell[] = "cell,g1,g2\nc1,1,5\nc2,2,6\nc3,3,7\nc4,4,9\n";
static const char responses_by_cell[] = "cell,r1,r2\nc4,0.4,1\nc9,0.9,2\nc2,0.2,3\nc1,0.1,4\n";
static const char responses_by_row[] = "response,c4,c9,c2,c1\nr1,0.4,0.9,0.2,0.1\nr2,1,2,3,4\n";

static int read_pair(const char *x, const char *y, sbnn_dataset_options o, sbnn_dataset *d, sbnn_error *e) {
  *e = (sbnn_error){0};
  o.x_path = write_text("x.csv", x);
  o.y_path = write_text("y.csv", y);
  return sbnn_dataset_read(&o, d, e);
}

static void check_joined(const char *x, const char *y, bool genes_in_rows, bool y_cells_in_rows) {
  sbnn_dataset d;
  sbnn_error e;
  cr_assert_eq(read_pair(x, y, (sbnn_dataset_options){0}, &d, &e), SBNN_OK, "%s", e.text);
  cr_assert(d.n_cells == 3 && d.n_genes == 2 && d.n_responses == 2);
  static const char *const cells[] = {"c4", "c2", "c1"}; /* the order of the response table */
  static const float counts[] = {4, 9, 2, 6, 1, 5};
  static const double responses[] = {0.4, 1, 0.2, 3, 0.1, 4};
  for (int i = 0; i < 3; i++) cr_expect_str_eq(d.cell_names[i], cells[i]);
  sbnn_counts expected = sbnn_counts_from_dense(counts, 3, 2);
  cr_expect(same_counts(&d.counts, &expected));
  sbnn_counts_free(&expected);
  cr_expect(memcmp(d.responses, responses, sizeof responses) == 0);
  cr_expect_str_eq(d.gene_names[1], "g2");
  cr_expect_str_eq(d.response_names[1], "r2");
  cr_expect(d.overlap.x_cells == 4 && d.overlap.y_cells == 4 && d.overlap.shared == 3);
  cr_expect_eq(d.overlap.x_genes_in, genes_in_rows ? SBNN_GENES_IN_ROWS : SBNN_GENES_IN_COLUMNS);
  cr_expect_eq(d.overlap.y_cells_in_rows, y_cells_in_rows);
  cr_expect(d.overlap.x_hash != 0 && d.overlap.y_hash != 0 && d.labels == NULL && d.n_labels == 0);
  sbnn_dataset_free(&d);
}

Test(sbnn_data, all_orientations) {
  check_joined(counts_by_gene, responses_by_cell, true, true);
  check_joined(counts_by_gene, responses_by_row, true, false);
  check_joined(counts_by_cell, responses_by_cell, false, true);
  check_joined(counts_by_cell, responses_by_row, false, false);
}

/* Genes and responses may share names (CD4 the gene, CD4 the protein): the axis that shares more is the
 * cells'. */
Test(sbnn_data, the_larger_overlap_decides) {
  sbnn_dataset d;
  sbnn_error e;
  const char *x = "gene,c1,c2,c3\nCD4,1,2,3\nCD8,5,6,9\n", *y = "protein,c1,c2,c3\nCD4,1,2,4\nCD8,3,4,5\n";
  cr_assert_eq(read_pair(x, y, (sbnn_dataset_options){0}, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 3 && d.n_genes == 2);
  sbnn_dataset_free(&d);
}

Test(sbnn_data, ambiguous_orientation) {
  sbnn_dataset d;
  sbnn_error e;
  const char *x = "gene,a,b\nr,1,2\ns,5,9\n", *y = "cell,r,s\na,1,2\nb,3,4\n"; /* both axes share two */
  cr_expect_eq(read_pair(x, y, (sbnn_dataset_options){0}, &d, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "x.csv|y.csv|--x-genes-in rows");
  cr_assert_eq(read_pair(x, y, (sbnn_dataset_options){.x_genes_in = SBNN_GENES_IN_ROWS}, &d, &e), SBNN_OK,
               "%s", e.text);
  cr_expect_str_eq(d.cell_names[0], "a");
  sbnn_dataset_free(&d);
  cr_assert_eq(read_pair(x, y, (sbnn_dataset_options){.x_genes_in = SBNN_GENES_IN_COLUMNS}, &d, &e), SBNN_OK,
               "%s", e.text);
  cr_expect_str_eq(d.cell_names[0], "r");
  sbnn_dataset_free(&d);
}

typedef struct fault {
  const char *x, *y, *parts;
} fault;

Test(sbnn_data, faults) {
  static const fault faults[] = {
      {"gene,c1,c2\ng1,1,2\n", "cell,r1\nd1,1\nd2,2\n", "x.csv|y.csv|share no cell|'c1'|'d1'"},
      {"gene,c1,c2\ng1,1,-2\n", "cell,r1\nc1,1\nc2,2\n", "x.csv|gene 'g1'|cell 'c2'|-2"},
      {"gene,c1,c2\ng1,1,inf\n", "cell,r1\nc1,1\nc2,2\n", "x.csv|gene 'g1'|cell 'c2'|inf"},
      {"gene,c1,c2\ng1,1,1e300\n", "cell,r1\nc1,1\nc2,2\n", "x.csv|gene 'g1'|cell 'c2'"},
      {"gene,c1,c2\ng1,1,NaN\n", "cell,r1\nc1,1\nc2,2\n", "x.csv, line 2, column 3 (c2)|missing"},
      {"gene,c1,c2\ng1,1,2\n", "cell,r1\nc1,1\nc2,NaN\n", "y.csv, line 3, column 2 (r1)|missing"},
      {"gene,c1,c2\ng1,1,2\n", "cell,r1\nc1,1\nc2,-inf\n", "y.csv|'r1'|'c2'|-inf"},
      {"gene,c1,c2\ng1,1,2\n", "cell,r0,r1\nc1,1,7\nc2,2,7\n", "y.csv|response 'r1'|all 2 cells|remove"},
      {"gene,c1,c2\ng1,1,2\ng2,3,3\ng3,0,0\n", "cell,r1\nc1,1\nc2,2\n",
       "x.csv|gene 'g2'|1 is constant|remove"},
      {"gene,c1,c1\ng1,1,2\ng2,3,4\n", "cell,r1\nc1,1\nc2,2\n", "x.csv|'c1'|columns 2 and 3"},
      {"cell,g1,g2\nc1,1,2\nc1,3,4\n", "cell,r1\nc1,1\nc2,2\n", "x.csv|'c1'|lines 2 and 3"},
      {"gene,c1,c2\ng1,1,2\n", "cell,r1\nc1,1\nc1,2\n", "y.csv|'c1'|lines 2 and 3"},
      {"gene,c1,c2\ng1,1,2\n", "cell,r1\nc1,1\n", "response 'r1'|all 1 cells"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    sbnn_dataset d;
    sbnn_error e;
    cr_expect_eq(read_pair(faults[i].x, faults[i].y, (sbnn_dataset_options){0}, &d, &e), SBNN_BAD_INPUT,
                 "fault %zu", i);
    check_sentence(&e, SBNN_BAD_INPUT, faults[i].parts);
    cr_expect(d.counts.value == NULL && d.n_cells == 0);
  }
}

/* With a selection to come constant genes are harmless, and constant ones among dropped cells do not count.
 */
Test(sbnn_data, constant_genes_and_selection) {
  sbnn_dataset d;
  sbnn_error e;
  const char *x = "gene,c1,c2,c3\ng1,1,2,3\ng2,3,3,3\n", *y = "cell,r1\nc1,1\nc2,2\n";
  cr_assert_eq(read_pair(x, y, (sbnn_dataset_options){.variable_genes = 1}, &d, &e), SBNN_OK, "%s", e.text);
  sbnn_dataset_free(&d);
  cr_expect_eq(read_pair(x, y, (sbnn_dataset_options){.variable_genes = 2}, &d, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "gene 'g2'|--variable-genes");
}

/* ---- labels ---- */

static int read_labelled(const char *labels, const char *column, sbnn_dataset *d, sbnn_error *e) {
  sbnn_dataset_options o = {.labels_path = write_text("labels.tsv", labels), .label_column = column};
  return read_pair(counts_by_gene, responses_by_cell, o, d, e); /* cells c4, c2, c1 */
}

Test(sbnn_data, labels) {
  sbnn_dataset d;
  sbnn_error e;
  const char *text =
      "cell\tcolor\tfamily\ttype\nc1\t#00ff00\tzeta\tt1\nc4\t#112233\talpha\tt2\nc7\t\tbeta\tt1\n";
  cr_assert_eq(read_labelled(text, NULL, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(d.label_column, "family");
  cr_assert_eq(d.n_labels, 3);
  cr_expect_str_eq(d.label_names[0], "alpha");
  cr_expect_str_eq(d.label_names[1], "zeta");
  cr_expect_str_eq(d.label_names[2], "unlabelled");
  cr_expect(d.labels[0] == 0 && d.labels[1] == 2 && d.labels[2] == 1);
  cr_expect_str_eq(d.cell_colors[0], "#112233");
  cr_expect_str_eq(d.cell_colors[1], "");
  cr_expect_str_eq(d.label_colors[1], "#00ff00");
  cr_expect_eq(d.overlap.labelled, 2);
  sbnn_dataset_free(&d);
  cr_assert_eq(read_labelled(text, "type", &d, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(d.label_names[0], "t1");
  sbnn_dataset_free(&d);
  cr_assert_eq(read_labelled("cell,family\nc1,A\nc2,B\nc4,A\n", NULL, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_labels == 2 && d.cell_colors == NULL && d.label_colors == NULL);
  sbnn_dataset_free(&d);
}

Test(sbnn_data, label_colour_is_the_most_frequent) {
  sbnn_dataset d;
  sbnn_error e;
  cr_assert_eq(
      read_labelled("cell\tf\tcolour\nc1\tA\t#000001\nc2\tA\t#000009\nc4\tA\t#000009\n", NULL, &d, &e),
      SBNN_OK, "%s", e.text);
  cr_expect_str_eq(d.label_colors[0], "#000009");
  sbnn_dataset_free(&d);
}

Test(sbnn_data, label_faults) {
  static const struct {
    const char *labels, *column, *parts;
  } faults[] = {
      {"cell\tfamily\nx1\tA\nx2\tB\n", NULL, "labels.tsv|no column has the cell ids of the data|'x1'|'c4'"},
      {"cell\tfamily\nc1\tA\n", "type", "labels.tsv|no column 'type'|'family'"},
      {"cell\tcolor\nc1\t#112233\n", NULL, "labels.tsv|no labels"},
      {"cell\tfamily\tcolor\nc1\tA\tred\n", NULL, "labels.tsv|cell 'c1'|'red'|#"},
      {"", NULL, "labels.tsv|empty"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    sbnn_dataset d;
    sbnn_error e;
    cr_expect_eq(read_labelled(faults[i].labels, faults[i].column, &d, &e), SBNN_BAD_INPUT);
    check_sentence(&e, SBNN_BAD_INPUT, faults[i].parts);
    cr_expect(d.counts.value == NULL);
  }
}

/* ---- real data ---- */

Test(sbnn_data, m1) {
  sbnn_dataset_options o = {.x_path = shared_path("data/m1/gene_counts.csv"),
                            .y_path = shared_path("data/m1/ephys_values.csv"),
                            .labels_path = shared_path("data/m1/cell_types.tsv"),
                            .variable_genes = 1000};
  sbnn_dataset d;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 1213 && d.n_genes == 1000 && d.n_responses == 16);
  cr_expect(d.overlap.shared == 1213 && d.overlap.labelled == 1213 &&
            d.overlap.x_genes_in == SBNN_GENES_IN_ROWS);
  cr_expect_str_eq(d.cell_names[0], "20180918sample1");
  cr_expect_str_eq(d.response_names[15], "UDR");
  cr_expect_eq(sbnn_counts_at(&d.counts, 0, 2), 240); /* 4930519F16Rik of the first cell */
  cr_expect_eq(d.responses[0], 75.5690410733223);
  cr_expect_str_eq(d.label_column, "family");
  cr_assert_eq(d.n_labels, 9);
  cr_expect_str_eq(d.label_names[5], "Pvalb");
  cr_expect_str_eq(d.label_names[d.labels[0]], "Vip");
  cr_expect_str_eq(d.cell_colors[0], "#AB379C");
  sbnn_dataset_free(&d);
}

Test(sbnn_data, m1_by_type) {
  sbnn_dataset_options o = {.x_path = shared_path("data/m1/gene_counts.csv"),
                            .y_path = shared_path("data/m1/ephys_values.csv"),
                            .labels_path = shared_path("data/m1/cell_types.tsv"),
                            .label_column = "type"};
  sbnn_dataset d;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect_gt(d.n_labels, 50);
  size_t differ = 0; /* in M1 a type has one colour */
  for (size_t i = 0; i < d.n_cells; i++) differ += strcmp(d.cell_colors[i], d.label_colors[d.labels[i]]) != 0;
  cr_expect_eq(differ, 0);
  sbnn_dataset_free(&d);
}
