/* test_sbnn_select.c - cells, genes and responses chosen by name, X that is normalised already, and a
 * miniature of the two files of the CITE-seq set of cord blood (GEO GSE100866). */
#include "data/dataset.h"
#include "data/prepare.h"
#include "test_sbnn_malformed.h"

#include <math.h>

TestSuite(sbnn_select, .init = make_root, .fini = remove_root, .timeout = 300);

#define RNA                                                                                                  \
  "\"\",\"c1\",\"c2\",\"c3\",\"c4\"\n"                                                                       \
  "\"ERCC_ERCC-00104\",1,1,1,1\n\"HUMAN_A1BG\",0,1,2,3\n\"MOUSE_Actb\",9,9,9,8\n\"HUMAN_CD4\",4,0,0,7\n"
#define PROTEINS                                                                                             \
  "\"\",\"c1\",\"c2\",\"c3\",\"c4\"\n\"CD3\",1,2,3,5\n\"CD4\",2,,1,0\n\"IgG1\",1,0,,2\n\"IgG2\",0,0,1,3\n"

static sbnn_dataset read_with(sbnn_dataset_options o) {
  sbnn_dataset d;
  sbnn_error e = {0};
  o.variable_genes = 1; /* a constant gene is no error */
  o.x_path = write_gzip("rna.csv.gz", RNA);
  o.y_path = write_gzip("adt.csv.gz", PROTEINS);
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  return d;
}

Test(sbnn_select, genes_of_one_species) {
  sbnn_dataset d = read_with((sbnn_dataset_options){.gene_prefix = "HUMAN_", .drop_responses = "IgG*,CD4"});
  cr_assert(d.n_cells == 4 && d.n_genes == 2 && d.n_responses == 1);
  cr_expect_str_eq(d.gene_names[0], "A1BG");
  cr_expect_str_eq(d.gene_names[1], "CD4");
  static const float counts[] = {0, 4, 1, 0, 2, 0, 3, 7};
  sbnn_counts expected = sbnn_counts_from_dense(counts, 4, 2);
  cr_expect(same_counts(&d.counts, &expected));
  cr_assert_eq(d.n_notes, 2);
  cr_expect(strstr(d.notes[0], "2 of the 4 genes begin with 'HUMAN_'") != NULL);
  cr_expect(strstr(d.notes[1], "3 of 4 responses are left out by name: 'CD4', 'IgG1', 'IgG2'") != NULL);
  sbnn_counts_free(&expected);
  sbnn_dataset_free(&d);
}

Test(sbnn_select, cells_of_a_list_or_a_table) {
  static const char *const lists[] = {"c4\nc2\nnobody\n", "cell,type\nc4,B\nc2,\"CD4 T\"\n",
                                      "cell\ttype\r\nc2\tB\r\nc4\tT"};
  for (size_t i = 0; i < 3; i++) {
    sbnn_dataset d = read_with((sbnn_dataset_options){.cells_path = write_text("cells.txt", lists[i]),
                                                      .drop_responses = "CD4,IgG1"});
    cr_assert_eq(d.n_cells, 2);
    cr_expect_str_eq(d.cell_names[0], "c2");
    cr_expect_str_eq(d.cell_names[1], "c4");
    cr_expect(d.responses[0] == 2 && d.responses[3] == 3);
    cr_expect(sbnn_counts_at(&d.counts, 0, 1) == 1 && sbnn_counts_at(&d.counts, 1, 3) == 7);
    cr_expect(strstr(d.notes[0], "2 of the 4 cells are in it") != NULL);
    sbnn_dataset_free(&d);
  }
}

/* A cell with a gap in a response that is left out by name stays, unless one says that any gap counts. */
Test(sbnn_select, gaps_and_names) {
  sbnn_dataset d =
      read_with((sbnn_dataset_options){.drop_responses = "IgG1", .missing = SBNN_MISSING_DROP_CELLS});
  cr_expect(d.n_cells == 3 && d.n_responses == 3);
  sbnn_dataset_free(&d);
  d = read_with((sbnn_dataset_options){.drop_responses = "IgG1", .missing = SBNN_MISSING_DROP_CELLS_ANY});
  cr_expect(d.n_cells == 2 && d.n_responses == 3);
  sbnn_dataset_free(&d);
  d = read_with((sbnn_dataset_options){.drop_responses = "IgG1,CD4"});
  cr_expect(d.n_cells == 4 && d.n_responses == 2);
  sbnn_dataset_free(&d);
}

/* ---- X that is normalised already ---- */

Test(sbnn_select, normalised_already) {
  static const float x[] = {0.5f, -1, 0, 3, 1.5f, 2, 0, 3.5f, 0, 1, 0.25f, 3, 1, -2, 0, 4};
  static double y[] = {1, 2, 3, 4};
  static char *names[] = {"a", "b", "c", "d"};
  sbnn_dataset d = {.n_cells = 4,
                    .n_genes = 4,
                    .n_responses = 1,
                    .cell_names = names,
                    .gene_names = names,
                    .response_names = names,
                    .counts = sbnn_counts_from_dense(x, 4, 4),
                    .responses = y};
  const size_t rows[] = {0, 1, 2, 3};
  sbnn_preparation p;
  sbnn_error e = {0};
  float z[16];
  const sbnn_prepare_options o = {.x_transform = SBNN_X_NONE};
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 4}, &o, &p, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, 4}, z, NULL, &e), SBNN_OK, "%s", e.text);
  for (size_t j = 0; j < 4; j++) {
    double mean = 0, var = 0;
    for (size_t i = 0; i < 4; i++) mean += (double)x[4 * i + j] / 4;
    for (size_t i = 0; i < 4; i++) var += ((double)x[4 * i + j] - mean) * ((double)x[4 * i + j] - mean) / 4;
    for (size_t i = 0; i < 4; i++)
      cr_expect_float_eq(z[4 * i + j], ((double)x[4 * i + j] - mean) / sqrt(var), 1e-6);
  }
  sbnn_preparation_free(&p);
  /* variances: 0.3125, 2.5, 0.0117, 0.1719 */
  size_t chosen[2];
  sbnn_widest_genes(&d, (sbnn_rows){rows, 4}, 2, chosen);
  cr_expect(chosen[0] == 0 && chosen[1] == 1);
  sbnn_counts_free(&d.counts);
}

/* ---- cord blood ---- */

enum { CELLS = 60, HUMAN = 30, MOUSE = 10, PROTEIN = 13 };

static unsigned hash(unsigned a, unsigned b) {
  unsigned h = a * 2654435761u ^ (b + 1) * 40503u;
  h ^= h >> 13;
  return h * 2246822519u >> 16;
}

/* Genes of two species and a spike-in, cells as columns; every fifth cell has no type. */
static void write_cord_blood(void) {
  static const char *const proteins[PROTEIN] = {"CD3",   "CD4",  "CD8",  "CD45RA", "CD56", "CD16", "CD10",
                                                "CD11c", "CD14", "CD19", "CD34",   "CCR5", "CCR7"};
  gzFile rna = gzopen(at("GSE100866_CBMC_8K_13AB_10X-RNA_umi.csv.gz"), "wb"),
         adt = gzopen(at("GSE100866_CBMC_8K_13AB_10X-ADT_umi.csv.gz"), "wb");
  FILE *types = fopen(at("types.tsv"), "w");
  fprintf(types, "cell\ttype\n");
  for (unsigned i = 0; i < CELLS; i++) {
    gzprintf(rna, ",CTGTTTACAC%u", i);
    gzprintf(adt, ",CTGTTTACAC%u", i);
    if (i % 5) fprintf(types, "CTGTTTACAC%u\tType%u\n", i, i % 3);
  }
  fclose(types);
  gzprintf(rna, "\nERCC_ERCC-00104");
  for (unsigned i = 0; i < CELLS; i++) gzprintf(rna, ",0");
  for (unsigned j = 0; j < HUMAN + MOUSE; j++) {
    gzprintf(rna, "\n%sG%u", j % 4 == 3 ? "MOUSE_" : "HUMAN_", j);
    for (unsigned i = 0; i < CELLS; i++)
      gzprintf(rna, ",%u", hash(i, j) % 3 ? 0 : hash(j, i) % 9 + (i % 3 == j % 3) * 4);
  }
  for (unsigned r = 0; r < PROTEIN; r++) {
    gzprintf(adt, "\n%s", proteins[r]);
    for (unsigned i = 0; i < CELLS; i++) gzprintf(adt, ",%u", hash(i, r + 100) % 20 + (i % 3 == r % 3) * 30);
  }
  gzprintf(rna, "\n");
  gzprintf(adt, "\n");
  cr_assert(gzclose(rna) == Z_OK && gzclose(adt) == Z_OK);
}

static int shell(const char *command, char *output, size_t room) {
  char whole[2048];
  snprintf(whole, sizeof whole, "cd '%s' && '%s' %s 2>&1", root, NABLA_SBNN_BIN, command);
  FILE *f = popen(whole, "r");
  output[fread(output, 1, room - 1, f)] = '\0';
  int status = pclose(f);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t lines_of(const char *name, const char *without) {
  char line[65536];
  size_t n = 0;
  FILE *f = fopen(at(name), "r");
  cr_assert(f != NULL, "%s", name);
  for (; fgets(line, sizeof line, f); n++) cr_expect(strstr(line, without) == NULL, "%s: %s", name, line);
  fclose(f);
  return n;
}

#define FILES                                                                                                \
  "--x GSE100866_CBMC_8K_13AB_10X-RNA_umi.csv.gz --y GSE100866_CBMC_8K_13AB_10X-ADT_umi.csv.gz --preset "    \
  "cbmc "                                                                                                    \
  "--cells types.tsv --labels types.tsv "
#define QUICK                                                                                                \
  "--variable-genes 12 --genes 4 --hidden 8 --clusters 3 --cluster-min 2 --kmeans-restarts 3 "               \
  "--epochs-pretrain 1 "                                                                                     \
  "--epochs-frozen 1 --epochs-unfrozen 1 --epochs-finetune 1 --out out"

Test(sbnn_select, files_of_cord_blood_as_they_are) {
  char text[8192];
  write_cord_blood();
  cr_assert_eq(shell("train " FILES QUICK " --epochs-autoencoder 1", text, sizeof text), 0, "%s", text);
  cr_expect(strstr(text, "30 of the 41 genes begin with 'HUMAN_'") != NULL, "%s", text);
  cr_expect(strstr(text, "48 of the 60 cells are in it") != NULL, "%s", text);
  cr_expect_eq(lines_of("out/genes.tsv", "MOUSE"), 1 + 4);
  cr_expect_eq(lines_of("out/genes.tsv", "HUMAN_"), 1 + 4);
  cr_expect_eq(lines_of("out/latent.tsv", "CTGTTTACAC5\t"), 1 + 48);
  cr_assert_eq(shell("predict --model out --x GSE100866_CBMC_8K_13AB_10X-RNA_umi.csv.gz --gene-prefix HUMAN_ "
                     "--out p.tsv",
                     text, sizeof text),
               0, "%s", text);
  cr_expect_eq(lines_of("p.tsv", "HUMAN_"), 1 + CELLS);
  cr_assert_eq(shell("predict --model out --x GSE100866_CBMC_8K_13AB_10X-RNA_umi.csv.gz --out q.tsv", text,
                     sizeof text),
               3);
}

/* ---- what cannot be chosen ---- */

Test(sbnn_select, what_is_not_there) {
  static const bad list[] = {
      {.parts = "x.csv|none of the 2 genes begins with 'HUMAN_'|'g1'", .options = "--gene-prefix HUMAN_"},
      {.parts = "x.csv|none of the 2 genes begins with 'g1x'", .options = "--gene-prefix g1x"},
      {.parts = "cells.txt|none of its 2 ids|'d1'|'c1'",
       .options = "--cells cells.txt",
       .files = {{"cells.txt", "d1\nd2\n", 0}}},
      {.parts = "cells.txt|empty", .options = "--cells cells.txt", .files = {{"cells.txt", "", 0}}},
      {.parts = "absent.txt|cannot be opened", .options = "--cells absent.txt"},
      {.parts = "cells.txt, line 1, column 1|0x01",
       .options = "--cells cells.txt",
       .files = {{"cells.txt", "\001\n", 0}}},
      {.parts = "--drop-responses|y.csv matches 'CD*'|'r1'", .options = "--drop-responses 'CD*'"},
      {.parts = "--drop-responses|matches ''", .options = "--drop-responses 'r1,'"},
      {.parts = "--drop-responses leaves none of the 2", .options = "--drop-responses r1,r2"},
      {.parts = "x.csv|gene 'g1'|cell 'c2'|inf",
       .options = "--x-transform none",
       .files = {{"x.csv", "gene,c1,c2,c3\ng1,1,inf,3\n", 0}}},
      {.parts = "y.csv: the response 'r1' of cell 'c2' is missing",
       .options = "--drop-responses r2",
       .files = {{"y.csv", "cell,r1,r2\nc1,1,\nc2,,4\nc3,3,7\n", 0}}},
  };
  CHECK(list);
}
