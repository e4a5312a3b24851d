/* test_sbnn_figures.c - the application's figures as files: what is drawn and written, what fails. */
#include "figures/curves.h"
#include "figures/outfile.h"
#include "figures/overlays.h"
#include "figures/scores.h"
#include "support/files_end.h"
#include "support/scattered.h"
#include "support/throwaway.h"

#include <dirent.h>
#include <math.h>
#include <unistd.h>

static int files_in(const char *path) {
  DIR *d = opendir(path);
  int n = 0;
  for (struct dirent *f; d && (f = readdir(d));) n += f->d_name[0] != '.';
  if (d) closedir(d);
  return n;
}

/* A test may have made it read-only. */
static void leave(void) {
  chmod(root, 0700);
  remove_root();
}

TestSuite(sbnn_figures, .init = make_root, .fini = leave);

/* The whole file; the caller frees. */
static sbnn_bytes slurp(const char *name) {
  char path[200], buffer[4096];
  sbnn_bytes b = {0};
  snprintf(path, sizeof path, "%s/%s", root, name);
  FILE *f = fopen(path, "rb");
  cr_assert_not_null(f, "%s", path);
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) sbnn_bytes_append(&b, buffer, n);
  fclose(f);
  return b;
}

static void assert_magic(const char *name, const char *magic) {
  sbnn_bytes b = slurp(name);
  cr_assert(b.n > 500 && memcmp(b.data, magic, strlen(magic)) == 0, "%s", name);
  free(b.data);
}

static void assert_same(const char *a, const char *b) {
  sbnn_bytes x = slurp(a), y = slurp(b);
  cr_assert(x.n == y.n && memcmp(x.data, y.data, x.n) == 0, "%s and %s differ", a, b);
  free(x.data);
  free(y.data);
}

/* The three files NAME.* exist, are what they claim, and equal OTHER.* byte for byte. */
static void assert_pictures(const char *name, const char *other) {
  static const char *const extension[] = {"png", "svg", "pdf"}, *const magic[] = {"\x89PNG\r\n", "<?xml",
                                                                                  "%PDF-"};
  for (int i = 0; i < 3; i++) {
    char a[64], b[64];
    snprintf(a, sizeof a, "%s.%s", name, extension[i]);
    snprintf(b, sizeof b, "%s.%s", other, extension[i]);
    assert_magic(a, magic[i]);
    assert_same(a, b);
  }
}

enum { EPOCHS = 40 };

static int draw_r2(const char *where, const char *name, sbnn_error *e) {
  double train[EPOCHS], test[EPOCHS], sd[EPOCHS];
  for (int i = 0; i < EPOCHS; i++) train[i] = i ? 0.5 - 1.0 / i : -3, test[i] = 0.9 * train[i], sd[i] = 0.03;
  test[20] = NAN;
  const sbnn_curve curve[] = {{"with pretraining", EPOCHS, 1, train, test, NULL, sd},
                              {"without", EPOCHS, 1, NULL, train, NULL, NULL}};
  const sbnn_phase phase[] = {{"frozen", 0, 10}, {"unfrozen", 10, 20}, {"pruned, fine-tuned", 20, 40}};
  const sbnn_level level[] = {{"rank 2", 0.35}, {"rank 16", 0.36}};
  const sbnn_curves c = {
      .n_curves = 2, .n_phases = 3, .n_levels = 2, .curve = curve, .phase = phase, .level = level};
  return sbnn_figure_r2(where, name, &c, e);
}

/* `labels` groups of n cells; odd characters in the names must not break a file. */
static int draw_map(const char *name, int64_t n, int labels, sbnn_error *e) {
  static const char *const names[] = {"Pvalb",          "<&\"'>", "bad \xff\xfe utf8",  "tab\there",
                                      "\u03b3\u03b4 T", "",       "#surface7 id=\"x1\""};
  double *z = sbnn_alloc((size_t)n, 2 * sizeof *z);
  int32_t *label = sbnn_alloc((size_t)n, sizeof *label);
  const char **name_of = sbnn_alloc((size_t)labels, sizeof *name_of);
  scattered(n, z, 3, 0);
  for (int64_t i = 0; i < n; i++) {
    label[i] = (int32_t)(i % (labels + 1)) - 1;
    z[2 * i] += 4 * (label[i] % 5);
  }
  for (int i = 0; i < labels; i++) name_of[i] = names[i % 7];
  if (n > 3) z[6] = NAN;
  sbnn_map m = {.n = n, .z = z, .label = label, .n_labels = labels, .label_name = name_of, .title = "Map"};
  int status = sbnn_figure_map(root, name, &m, e);
  free(name_of);
  free(label);
  free(z);
  return status;
}

static int draw_overlays(const char *name, bool flat, sbnn_error *e) {
  enum { N = 200, GENES = 11, RESPONSES = 2 };
  static double z[2 * N], gene[N * GENES], response[N * RESPONSES];
  static const char *const names[GENES] = {
      "Sst", "Upstroke-to-downstroke ratio", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
  scattered(N, z, 5, -2);
  scattered(N * GENES / 2, gene, 4, -2);
  scattered(N * RESPONSES / 2, response, 4, -2);
  for (int i = 0; flat && i < N; i++) z[2 * i + 1] = 0;
  z[10] = NAN;
  const sbnn_overlays o = {.map = {.n = N, .z = z},
                           .gene = {GENES, names, gene, NULL},
                           .response = {RESPONSES, names, response, NULL}};
  return sbnn_figure_overlays(root, name, &o, e);
}

/* More responses than fit, one never measured, names of any length; two models. */
static int draw_responses(const char *name, int n, sbnn_error *e) {
  static const char *const names[] = {"UDR", "Short sq. AP1 upstroke-downstroke ratio", "<&\"'>", ""};
  static double r2[2][80], sd[80];
  static const char *name_of[80];
  for (int i = 0; i < n; i++) {
    name_of[i] = names[i % 4];
    r2[0][i] = i == 2 ? NAN : 0.8 - 0.02 * i;
    r2[1][i] = 0.5 * r2[0][i];
    sd[i] = 0.01 * i;
  }
  const sbnn_response_scores model[] = {{"with pretraining", r2[0], sd, 0.4}, {"without", r2[1], NULL, NAN}};
  return sbnn_figure_responses(root, name, &(sbnn_responses_chart){n, 2, name_of, model}, e);
}

static int draw_by_genes(const char *name, int n, sbnn_error *e) {
  const double genes[] = {2, 8.5, 24.2, 287}, r2[] = {0.18, 0.3, NAN, 0.38}, sd[] = {0.02, 0.01, 0.02, 0.02};
  const sbnn_path_scores path[] = {{"sRRR, rank 2", n, genes, r2, sd},
                                   {"sRRR, rank 16", 1, genes + 2, r2, NULL}};
  return sbnn_figure_by_genes(root, name, n ? 2 : 0, path, 25, e);
}

Test(sbnn_figures, curves_have_the_same_bytes_twice) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  cr_assert_eq(draw_r2(root, "a", &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(draw_r2(root, "b", &e), SBNN_OK, "%s", e.text);
  assert_pictures("a", "b");
  cr_assert_eq(files_in(root), 6, "no temporary file is left");
}

Test(sbnn_figures, cross_entropy) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  double loss[] = {3, 2, 1.5, 1.7};
  const sbnn_curve curve = {"M1", 4, 1, loss, loss, NULL, NULL};
  const sbnn_curves c = {.n_curves = 1, .curve = &curve};
  cr_assert_eq(sbnn_figure_cross_entropy(root, "a", &c, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_cross_entropy(root, "b", &c, &e), SBNN_OK);
  assert_pictures("a", "b");
}

Test(sbnn_figures, nothing_to_draw_writes_nothing) {
  sbnn_error e = {0};
  double nan = NAN;
  const sbnn_curve empty = {"empty", 0, 1, NULL, NULL, NULL, NULL},
                   gap = {"gap", 1, 1, &nan, &nan, NULL, NULL};
  cr_assert_eq(sbnn_figure_r2(root, "a", &(sbnn_curves){0}, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_r2(root, "a", &(sbnn_curves){.n_curves = 1, .curve = &empty}, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_cross_entropy(root, "a", &(sbnn_curves){.n_curves = 1, .curve = &gap}, &e),
               SBNN_OK);
  cr_assert_eq(sbnn_figure_map(root, "a", &(sbnn_map){0}, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_overlays(root, "a", &(sbnn_overlays){0}, &e), SBNN_OK);
  cr_assert_eq(draw_responses("a", 0, &e), SBNN_OK);
  cr_assert_eq(draw_by_genes("a", 0, &e), SBNN_OK);
  cr_assert_eq(files_in(root), 0);
}

Test(sbnn_figures, maps_of_any_size) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  static const struct {
    int64_t n;
    int labels;
  } size[] = {{1, 1}, {2, 0}, {100, 7}, {500, 14}, {4000, 100}};
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    sbnn_error e = {0};
    cr_assert_eq(draw_map("a", size[i].n, size[i].labels, &e), SBNN_OK, "%s", e.text);
    cr_assert_eq(draw_map("b", size[i].n, size[i].labels, &e), SBNN_OK, "%s", e.text);
    assert_pictures("a", "b");
  }
}

Test(sbnn_figures, many_dots_stay_small) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  cr_assert_eq(draw_map("a", 50000, 3, &e), SBNN_OK, "%s", e.text);
  sbnn_bytes svg = slurp("a.svg"), pdf = slurp("a.pdf");
  cr_assert(svg.n < 2000000 && pdf.n < 2000000, "%zu %zu", svg.n, pdf.n);
  free(svg.data);
  free(pdf.data);
}

Test(sbnn_figures, scores) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  for (int n = 1; n <= 80; n += 79) {
    cr_assert_eq(draw_responses("a", n, &e), SBNN_OK, "%s", e.text);
    cr_assert_eq(draw_responses("b", n, &e), SBNN_OK, "%s", e.text);
    assert_pictures("a", "b");
  }
  cr_assert_eq(draw_by_genes("c", 4, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(draw_by_genes("d", 4, &e), SBNN_OK, "%s", e.text);
  assert_pictures("c", "d");
}

Test(sbnn_figures, overlays) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  for (int flat = 0; flat < 2; flat++) {
    cr_assert_eq(draw_overlays("a", flat, &e), SBNN_OK, "%s", e.text);
    cr_assert_eq(draw_overlays("b", flat, &e), SBNN_OK, "%s", e.text);
    assert_pictures("a", "b");
  }
}

Test(sbnn_figures, unwritable_directory) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  cr_assert_eq(draw_r2("/nonexistent/directory", "a", &e), SBNN_FAILED);
  cr_assert(strstr(e.text, "/nonexistent/directory/a.png") && strstr(e.text, "No such file"), "%s", e.text);
  if (geteuid() == 0) return; /* root may write anywhere */
  e = (sbnn_error){0};
  chmod(root, 0500);
  cr_assert_eq(draw_r2(root, "a", &e), SBNN_FAILED);
  cr_assert_eq(files_in(root), 0);
}

/* The name is taken by a directory: the rename fails after the writing, and the temporary file goes. */
Test(sbnn_figures, failed_rename_leaves_no_partial_file) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  char taken[128];
  snprintf(taken, sizeof taken, "%s/a.png", root);
  cr_assert_eq(mkdir(taken, 0700), 0);
  sbnn_error e = {0};
  cr_assert_eq(draw_r2(root, "a", &e), SBNN_FAILED);
  cr_assert(strstr(e.text, "a.png"), "%s", e.text);
  cr_assert_eq(files_in(root), 1);
}

Test(sbnn_figures, a_full_disk_is_an_error) {
  sbnn_error e = {0};
  files_end_at(0);
  unsigned char byte = 0;
  cr_assert_eq(sbnn_outfile_write(root, "a", "png", &(sbnn_bytes){&byte, 1, 1}, &e), SBNN_FAILED);
  files_end_at(-1);
  cr_assert(strstr(e.text, "File too large"), "%s", e.text);
  cr_assert_eq(files_in(root), 0);
}

Test(sbnn_figures, svg_ids_are_renumbered_by_kind) {
  const char *in =
      "<g id=\"surface12\"/><a href=\"#image7\" id=\"glyph3-1\"/><b c=\"url(#surface9)\" d=\"#surface12\"/>";
  const char *out =
      "<g id=\"surface0\"/><a href=\"#image0\" id=\"glyph0-1\"/><b c=\"url(#surface1)\" d=\"#surface0\"/>";
  sbnn_bytes b = {0};
  sbnn_bytes_append(&b, in, strlen(in));
  sbnn_svg_renumber(&b);
  cr_assert(b.n == strlen(out) && memcmp(b.data, out, b.n) == 0, "%.*s", (int)b.n, (const char *)b.data);
  free(b.data);
}
