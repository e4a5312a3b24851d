/* test_sbnn_out.c - where results go: devices and pipes are written into, a disk that is full does not cost
 * the models that are finished, memory refused to the JSON library leaves no wrong file. */
#include "support/files_end.h"
#include "test_sbnn_cli.h"

#include "tables/run_json.h"
#include "training/model_file.h"

#include <sys/wait.h>

TestSuite(sbnn_out, .init = make_tables, .fini = remove_root);

/* In a shell, in the throwaway directory; the exit code. */
static int shell(const char *line) {
  char command[2048];
  snprintf(command, sizeof command, "cd '%s' && sbnn='%s' && %s", root, NABLA_SBNN_BIN, line);
  int status = system(command);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static mode_t kind_of(const char *path) {
  struct stat s;
  return lstat(path, &s) == 0 ? s.st_mode & S_IFMT : 0;
}

#define PREDICT "\"$sbnn\" predict --model out --x x.csv --quiet --out "

Test(sbnn_out, devices_and_pipes_are_written_into) {
  run_well(TRAIN);
  mode_t before = kind_of("/dev/stdout");
  cr_assert_eq(shell(PREDICT "file.tsv"), 0);
  cr_assert_eq(shell(PREDICT "/dev/stdout > out.tsv"), 0);
  cr_expect(cli_same(at("file.tsv"), at("out.tsv")));
  cr_assert_eq(shell(PREDICT "/dev/stdout | cat > piped.tsv"), 0);
  cr_expect(cli_same(at("file.tsv"), at("piped.tsv")));
  cr_assert_eq(shell("mkfifo pipe && { cat pipe > fifo.tsv & " PREDICT "pipe; code=$?; wait; exit $code; }"),
               0);
  cr_expect(cli_same(at("file.tsv"), at("fifo.tsv")));
  cr_expect_eq(kind_of(at("pipe")), S_IFIFO);
  cr_assert_eq(shell("ln -s /dev/null null && " PREDICT "null"), 0);
  cr_expect_eq(kind_of(at("null")), S_IFLNK);
  cr_expect_eq(kind_of("/dev/stdout"), before);
  cr_expect_eq(shell(PREDICT "/dev/full 2> full.txt"), 1);
  expect_text(at("full.txt"),
              "sbnn: /dev/full could not be written (No space left on device); free space or choose "
              "a directory you may write to\n");
  cr_expect_eq(shell("ln -s /dev/null data && \"$sbnn\" prep --x x.csv --y y.csv --quiet --out data"), 0);
  cr_expect_eq(kind_of(at("data")), S_IFLNK);
}

/* ---- a full disk ---- */

/* `most`: the bytes of the longest file; enough for the parts, not for the pictures. */
static void finish_later(const char *line, long most, const char *last_part) {
  char command[512], part[128];
  snprintf(command, sizeof command, "%s --out whole", line);
  run_well(command);
  snprintf(command, sizeof command, "%s --out out", line);
  cli_result r = cli_run(NABLA_SBNN_BIN, root, command, &(cli_limits){.file_bytes = most});
  expect_words(command, &r, 1, "could not be written|what was finished is kept|--resume goes on");
  snprintf(part, sizeof part, "out/.incoming/resume/%s.safetensors", last_part);
  cr_expect(there(at(part)), "%s", part);
  snprintf(command, sizeof command, "%s --out out --resume", line);
  run_well(command);
  static const char *const files[] = {"metrics.tsv", "genes.tsv", "history.tsv",
                                      "figures/training_curves.png"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char one[64], two[64];
    snprintf(one, sizeof one, "out/%s", files[i]);
    snprintf(two, sizeof two, "whole/%s", files[i]);
    cr_expect(cli_same(at(one), at(two)), "%s", files[i]);
  }
  cr_expect_not(there(at("out/.incoming")));
}

#if NABLA_CAIRO

Test(sbnn_out, a_full_disk_keeps_the_folds) {
  finish_later("cv" TABLES FAST " --folds 3", 12000, "sbnn-fold-3");
}

Test(sbnn_out, a_full_disk_keeps_the_phases) {
  finish_later("train" TABLES FAST " --epochs-autoencoder 3", 28000, "sbnn-all.autoencoder");
}

/* Every step of run that draws fails, and none of its models is lost. */
Test(sbnn_out, a_full_disk_keeps_the_steps) {
#define ALL                                                                                                  \
  "run" TABLES FAST " --epochs-autoencoder 3 --folds 2 --restarts 2 --lambdas 0.3 --recipe denoise "         \
  "--variable-genes 0 --out out"
  cli_result r = cli_run(NABLA_SBNN_BIN, root, ALL, &(cli_limits){.file_bytes = 28000});
  cr_expect_eq(r.code, 1, "%s", r.err);
  cr_expect(strstr(r.err, "what was finished is kept"), "%s", r.err);
  cr_expect(there(at("out/cv-denoise/.incoming/resume/sbnn-denoise-fold-2.safetensors")));
  cr_expect(there(at("out/train-denoise/.incoming/resume/sbnn-denoise-all.autoencoder.safetensors")));
  run_well(ALL " --resume");
  cr_expect(there(at("out/report.html")) && there(at("out/train-denoise/figures/latent_map.png")));
}

#endif

/* ---- memory refused to the JSON library ---- */

#include <jansson.h>

static long left;

static void *refusing(size_t bytes) { return left-- == 0 ? NULL : malloc(bytes); }

static int write_run(const char *folder, sbnn_error *e) {
  char *path = sbnn_path_in(folder, "run.json"), *notes[] = {(char *)"one", (char *)"two"};
  sbnn_dataset d = {0};
  double r2[2] = {0.5, 0.25};
  sbnn_experiment x = {.model = "sbnn", .n_train = 3, .n_responses = 1};
  x.r2[SBNN_STAGE_FINETUNED][SBNN_TRAIN] = r2;
  char *names[] = {(char *)"r"};
  d.response_names = names, d.n_responses = 1;
  sbnn_results r = {.data = &d, .protocol = "strict", .n = 1, .experiments = &x};
  int code =
      sbnn_write_run_json(path, &(sbnn_run){.results = &r, .seconds = 2.5, .notes = notes, .n_notes = 2}, e);
  free(path);
  return code;
}

static int write_model(const char *folder, sbnn_error *e) {
  char *path = sbnn_path_in(folder, SBNN_WEIGHTS_FILE), *genes[] = {(char *)"g", (char *)"h"},
       *responses[] = {(char *)"r"};
  put_file(path, "weights");
  free(path);
  size_t both[] = {0, 1};
  double ones[] = {1, 1};
  sbnn_y_transform none[] = {SBNN_Y_NONE};
  float counts[] = {1, 2};
  sbnn_dataset d = {
      .n_cells = 1, .n_genes = 2, .n_responses = 1, .gene_names = genes, .response_names = responses};
  d.counts = sbnn_counts_from_dense(counts, 1, 2);
  sbnn_prepared f = {.preparation = {.n_genes = 2,
                                     .genes = both,
                                     .median_library = 3,
                                     .x_mean = ones,
                                     .x_sd = ones,
                                     .n_responses = 1,
                                     .y_mean = ones,
                                     .y_sd = ones,
                                     .y_transform = none},
                     .y_center = ones};
  sbnn_experiment x = {.model = "sbnn", .n_train = 1, .train_cells = both, .n_genes = 2, .genes = both};
  sbnn_recipe_options o = {.n_hidden = 2, .hidden = {16, 8}, .bottleneck = 2};
  int code = sbnn_model_file_write(folder, &o, &d, &f, &x, e);
  sbnn_counts_free(&d.counts);
  return code;
}

/* Each request refused in turn, in a process of its own, for the program ends when memory does: the file is
 * as ever, or there is none and the exit code says so. */
static void refuse_each(int (*write)(const char *folder, sbnn_error *e), const char *name, long at_least) {
  sbnn_error e = {0};
  cr_assert_eq(mkdir(at("whole"), 0777) | mkdir(at("f"), 0777), 0);
  cr_assert_eq(write(at("whole"), &e), SBNN_OK, "%s", e.text);
  char whole[64], file[64];
  snprintf(whole, sizeof whole, "whole/%s", name);
  snprintf(file, sizeof file, "f/%s", name);
  long refused = 0;
  for (int code = -1; code != 0; refused++) {
    remove(at(file));
    pid_t child = fork();
    if (child == 0) {
      if (!freopen("/dev/null", "w", stderr)) _exit(9);
      json_set_alloc_funcs(refusing, free);
      left = refused;
      code = write(at("f"), &e);
      _exit(code != SBNN_OK ? code : left < 0 ? 100 : 0); /* 100: well although something was refused */
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status), "request %ld: a signal", refused);
    code = WEXITSTATUS(status);
    if (code == 0 || code == 100)
      cr_assert(cli_same(at(file), at(whole)), "request %ld: another file", refused);
    else cr_assert(code == SBNN_FAILED && !there(at(file)), "request %ld: exit code %d", refused, code);
  }
  cr_expect_gt(refused, at_least);
}

Test(sbnn_out, memory_for_run_json) { refuse_each(write_run, "run.json", 50); }
Test(sbnn_out, memory_for_the_model) { refuse_each(write_model, SBNN_MODEL_FILE, 50); }
