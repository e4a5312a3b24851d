/* Shards of cv, path, stability and srrr: merged, they have the files of a run in one piece; what is refused. */
#include "test_sbnn_cli.h"
#include "test_sbnn_merged.h"

#include <signal.h>

TestSuite(sbnn_shards, .init = make_tables, .fini = remove_root);

#define SHARD      CV_OPTIONS " --out s --shard "
#define CV_OPTIONS "cv" TABLES FAST " --folds 4"

static const char *format(const char *f, const char *a, const char *b) {
  static char text[4][1024];
  static int turn;
  char *t = text[turn++ % 4];
  snprintf(t, sizeof text[0], f, a, b);
  return t;
}

/* In whatever order, each with its own folder or all in one. */
static void divide_and_merge(const char *line, int shards, bool one_folder) {
  char folders[512] = "";
  run_well(format("%s --out whole --threads 2%s", line, ""));
  for (int k = 0; k < shards; k++) {
    int i = (k * 2 + 1) % shards + 1; /* 2, 4, ... or so */
    char number[32], folder[16] = "s";
    if (!one_folder) snprintf(folder, sizeof folder, "s%d", i);
    snprintf(number, sizeof number, "%d/%d", i, shards);
    run_well(format(format("%s --out %s --threads 1 --shard %%s", line, folder), number, ""));
    if (!one_folder || k == 0) strcat(strcat(folders, " "), folder);
  }
  run_well(format("merge%s --out merged --quiet%s", folders, ""));
  expect_same_folders();
}

Test(sbnn_shards, cv) { divide_and_merge(CV_OPTIONS " --both", 5, true); }
Test(sbnn_shards, cv_in_folders) { divide_and_merge(CV_OPTIONS, 3, false); }
Test(sbnn_shards, path) {
  divide_and_merge("path" TABLES FAST " --folds 2 --bottleneck 2,3 --lambdas 0.1,0.2", 3, true);
}
Test(sbnn_shards, stability) {
  divide_and_merge("stability" TABLES FAST " --restarts 4 --subsample", 3, true);
}
Test(sbnn_shards, srrr) {
  divide_and_merge("srrr" TABLES " --quiet --folds 5 --ranks 1,2 --lambdas 0.2,0.4", 3, true);
}

Test(sbnn_shards, more_shards_than_models) { divide_and_merge(CV_OPTIONS, 7, true); }

/* ---- twice, killed, missing ------------------------------------------------------------------------------ */

Test(sbnn_shards, a_shard_twice_and_at_once) {
  run_well(SHARD "1/2");
  cli_child one = cli_start(NABLA_SBNN_BIN, root, SHARD "2/2", NULL);
  cli_child two = cli_start(NABLA_SBNN_BIN, root, SHARD "2/2", NULL);
  cli_result a = cli_wait(one), b = cli_wait(two);
  cr_expect_eq(a.code, 0, "%s", a.err);
  cr_expect_eq(b.code, 0, "%s", b.err);
  run_well(SHARD "1/2");
  run_well(CV_OPTIONS " --out whole");
  run_well("merge s --out merged --quiet");
  expect_same_folders();
}

Test(sbnn_shards, killed_and_repeated) {
  cli_child c = cli_start(NABLA_SBNN_BIN, root, SHARD "1/1 --threads 1", NULL);
  for (int waited = 0; !there(at("s/sbnn-fold-1.safetensors")) && waited < 20000; waited++) usleep(1000);
  kill(c.pid, SIGKILL);
  (void)cli_wait(c);
  run_well(SHARD "1/1");
  run_well(CV_OPTIONS " --out whole");
  run_well("merge s --out merged --quiet");
  expect_same_folders();
}

Test(sbnn_shards, missing_models) {
  run_well(SHARD "1/2");
  refuse("merge s --out merged --quiet", 3,
         "2 of 4 models are missing from the folders|sbnn-fold-2, sbnn-fold-4|--resume");
  run_well("merge s --out merged --quiet --resume");
  run_well(CV_OPTIONS " --out whole");
  expect_same_folders();
}

Test(sbnn_shards, missing_folds_of_srrr) {
  static const char line[] = "srrr" TABLES " --quiet --folds 5 --lambdas 0.2,0.4";
  run_well(format("%s --out s --shard 2/3%s", line, ""));
  refuse("merge s --out merged --quiet", 3,
         "3 of 5 models are missing from the folders|srrr-fold-1, srrr-fold-3, srrr-fold-4|--resume");
  run_well("merge s --out merged --quiet --resume");
  run_well(format("%s --out whole%s", line, ""));
  expect_same_folders();
}

Test(sbnn_shards, slurm) {
  setenv("SLURM_ARRAY_TASK_MIN", "10", 1);
  setenv("SLURM_ARRAY_TASK_MAX", "16", 1);
  setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
  setenv("SLURM_ARRAY_TASK_ID", "12", 1);
  run_well(SHARD "auto"); /* 2 of 4 */
  cr_expect(there(at("s/sbnn-fold-2.safetensors")));
  cr_expect(!there(at("s/sbnn-fold-1.safetensors")));
  unsetenv("SLURM_ARRAY_TASK_MAX");
  refuse(SHARD "auto", 2, "SLURM_ARRAY_TASK_MAX is not set|sbatch --array");
  setenv("SLURM_ARRAY_TASK_MAX", "x", 1);
  refuse(SHARD "auto", 2, "SLURM_ARRAY_TASK_MAX is no number: x");
}

/* ---- refused ----------------------------------------------------------------------------------------------- */

Test(sbnn_shards, wrong_numbers) {
  static const char *const wrong[] = {"0/4", "5/4",  "1",    "1/",  "/4",
                                      "a/b", "1/4x", "-1/4", "1/0", "1/99999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    refuse(format(SHARD "%s%s", wrong[i], ""), 2, "--shard needs I/N");
}

Test(sbnn_shards, other_options_or_data) {
  run_well(SHARD "1/2");
  refuse(CV_OPTIONS " --seed 5 --out s --shard 2/2", 1,
         "s holds shards of another run|'seed=0' then, 'seed=5' now");
  run_well(CV_OPTIONS " --seed 5 --out t --shard 2/2");
  refuse("merge s t --out merged --quiet", 3, "t holds shards of other options, data or build|seed=5");
  cli_write(at("x.csv"), &(cli_table){.edits = {{3, 3, "17"}}});
  refuse("merge s --out merged --quiet", 3, "s holds shards of other options, data or build|contents of --x");
}

Test(sbnn_shards, no_shards) {
  refuse("merge --out merged", 2, "needs the folders that --shard has written to");
  refuse("merge nowhere --out merged", 3, "nowhere holds no shards");
  mkdir(at("empty"), 0777);
  refuse("merge empty --out merged", 3, "empty holds no shards");
  refuse(CV_OPTIONS " --shard 1/2 --out x.csv", 1, "x.csv");
  run_well(CV_OPTIONS " --out whole");
  refuse(CV_OPTIONS " --shard 1/2 --out whole", 1, "which is not a file of a shard");
  refuse("train" TABLES " --shard 1/2 --out s", 2, "is an option of");
}

/* The folder is looked at before the data, and does not stay behind when they cannot be read. */
Test(sbnn_shards, folder_before_data) {
  static const char nothing[] = "cv --x nothing.csv --y y.csv" FAST " --out %s --shard 1/2%s";
  refuse(format(nothing, "s", ""), 3, "nothing.csv");
  cr_expect(!there(at("s")));
  mkdir(at("t"), 0777);
  refuse(format(nothing, "t", ""), 3, "nothing.csv");
  cr_expect(there(at("t")));
  refuse(format(nothing, "nowhere/s", ""), 1, "nowhere/s");
  refuse(format(nothing, ".", ""), 1, "which is not a file of a shard");
}

static void write_text(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  cr_assert(f);
  fputs(text, f);
  fclose(f);
}

/* A stranger's folder. */
Test(sbnn_shards, hostile) {
  static const char *const wrong[] = {"",
                                      "[",
                                      "{}",
                                      "{\"command\": 3}",
                                      "{\"command\": \"cv\"}",
                                      "{\"command\": \"nothing\", \"arguments\": []}",
                                      "{\"command\": \"report\", \"arguments\": []}",
                                      "{\"command\": \"cv\", \"arguments\": [3]}",
                                      "{\"command\": \"cv\", \"arguments\": [\"--out=/tmp/other\"]}",
                                      "{\"command\": \"cv\", \"arguments\": [\"--force\"]}",
                                      "{\"command\": \"cv\", \"arguments\": [\"words\"]}",
                                      "{\"command\": \"cv\", \"arguments\": [\"--config=x.csv\"]}"};
  run_well(SHARD "1/1");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    write_text(at("s/command.json"), wrong[i]);
    refuse("merge s --out merged --quiet", 3, "s/command.json");
  }
  write_text(at("s/command.json"), "{\"command\": \"cv\", \"arguments\": [\"--nothing=3\"]}");
  refuse("merge s --out merged --quiet", 2, "unknown option '--nothing'");
}

Test(sbnn_shards, damaged_or_moved_parts) {
  run_well(SHARD "1/1");
  cr_assert_eq(rename(at("s/sbnn-fold-1.safetensors"), at("s/sbnn-fold-2.safetensors")), 0);
  refuse("merge s --out merged --quiet", 3,
         "sbnn-fold-2.safetensors belongs to another task|compute its shard again");
  write_text(at("s/sbnn-fold-2.safetensors"), "nothing");
  refuse("merge s --out merged --quiet", 3, "sbnn-fold-2.safetensors");
}

/* Bytes of a good part changed, cut off, or a length that no file has. */
Test(sbnn_shards, hostile_parts) {
  run_well(SHARD "1/1");
  run_well(format("%s --out whole%s", CV_OPTIONS, ""));
  static const char *const damage[] = {
      "head -c 3000 s/good > s/sbnn-fold-2.safetensors", ": > s/sbnn-fold-2.safetensors",
      "cp s/sbnn-fold-3.safetensors s/sbnn-fold-2.safetensors",
      "(printf '\\377\\377\\377\\377\\377\\377\\377\\177'; tail -c +9 s/good) > s/sbnn-fold-2.safetensors",
      "(head -c -9 s/good; printf 123456789) > s/sbnn-fold-2.safetensors"};
  for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
    char line[512];
    snprintf(line, sizeof line, "cd '%s' && cp s/sbnn-fold-2.safetensors s/good && %s && mv s/good keep-good",
             root, damage[i]);
    cr_assert_eq(system(line), 0);
    refuse("merge s --out merged --quiet", 3, "s/sbnn-fold-2.safetensors|compute its shard again");
    cr_assert_eq(rename(at("keep-good"), at("s/sbnn-fold-2.safetensors")), 0);
  }
  run_well("merge s --out merged --quiet");
  expect_same_folders();
}

/* Of another build: the key says so. */
Test(sbnn_shards, another_build) {
  char line[512];
  run_well(SHARD "1/2");
  snprintf(line, sizeof line, "cd '%s' && cp -r s t && sed -i 's/^compiler=.*/compiler=another/' t/key",
           root);
  cr_assert_eq(system(line), 0);
  refuse(format("%s --out t --shard 2/2%s", CV_OPTIONS, ""), 1,
         "t holds shards of another run|compiler=another");
  refuse("merge s t --out merged --quiet", 3,
         "t holds shards of other options, data or build|compiler=another");
}

/* srrr goes on like the others. */
Test(sbnn_shards, srrr_resumed) {
  static const char line[] =
      "srrr" TABLES " --quiet --folds 5 --lambdas 0.1:1.5:0.025 --ranks 1,2,3,4 --threads 1";
  cli_child c = cli_start(NABLA_SBNN_BIN, root, format("%s --out merged%s", line, ""), NULL);
  for (int i = 0; !there(at("merged/.incoming/resume/srrr-fold-1.safetensors")) && i < 20000; i++)
    usleep(1000);
  kill(c.pid, SIGKILL);
  (void)cli_wait(c);
  run_well(format("%s --out merged --resume%s", line, ""));
  run_well(format("%s --out whole%s", line, ""));
  expect_same_folders();
}

Test(sbnn_shards, started_by_mpirun) {
  if (!strstr(sbnn("info").out, "mpi          no")) cr_skip_test("this program has MPI");
  setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  refuse(CV_OPTIONS " --out out", 2, "mpirun has started 4 processes|--shard I/N");
  run_well("help");
  run_well(SHARD "1/4");
  unsetenv("OMPI_COMM_WORLD_SIZE");
  setenv("PMI_SIZE", "2", 1);
  refuse(CV_OPTIONS " --out out", 2, "mpirun has started 2 processes");
}
