/* test_sbnn_cli_stops.c - runs that stop half-way: a loss that is no number, signals, a full disk, readers
 * that go away. What was there before stays, byte for byte. */
#include "test_sbnn_cli.h"

#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <time.h>

TestSuite(sbnn_cli_stops, .init = make_tables, .fini = remove_root);

/* ---- a value that is not finite ---- */

/* All 32-bit floats of a safetensors file are finite, and there are some. */
static void expect_finite(const char *path) {
  FILE *f = fopen(path, "rb");
  cr_assert(f != NULL, "%s is missing", path);
  uint64_t length = 0;
  cr_assert_eq(fread(&length, 8, 1, f), 1);
  cr_assert_lt(length, 100000);
  char *header = calloc(length + 1, 1);
  cr_assert_eq(fread(header, 1, length, f), length);
  size_t values = 0;
  for (const char *at = header; (at = strstr(at, "\"dtype\":\"F32\"")); at++) {
    unsigned long long from = 0, to = 0;
    const char *offsets = strstr(at, "\"data_offsets\":[");
    cr_assert(offsets && sscanf(offsets, "\"data_offsets\":[%llu,%llu]", &from, &to) == 2, "%s", header);
    cr_assert_eq(fseek(f, (long)(8 + length + from), SEEK_SET), 0);
    for (float v; from < to; from += sizeof v, values++) {
      cr_assert_eq(fread(&v, sizeof v, 1, f), 1);
      cr_assert(isfinite(v), "%s holds %g", path, (double)v);
    }
  }
  cr_expect_gt(values, 100, "%s", header);
  free(header);
  fclose(f);
}

Test(sbnn_cli_stops, loss_that_is_no_number) {
  const char *line = TRAIN " --lr-unfrozen 1e30";
  cli_result r = sbnn(line);
  expect_words(line, &r, 4,
               "phase 'unfrozen'|epoch 1|(node |lower the learning rate|out/last_good.safetensors");
  cr_expect_eq(entries(at("out")), 1, "the rescued weights and nothing else");
  expect_finite(at("out/last_good.safetensors"));
}

Test(sbnn_cli_stops, loss_that_is_no_number_keeps_old_results) {
  run_well(TRAIN);
  char *before = cli_snapshot(root);
  const char *line = TRAIN " --force --lr-finetune 1e30";
  cli_result r = sbnn(line);
  expect_words(line, &r, 4, "phase 'finetune'|(node |out/last_good.safetensors");
  expect_finite(at("out/last_good.safetensors"));
  remove(at("out/last_good.safetensors"));
  char *after = cli_snapshot(root);
  cr_expect_str_eq(before, after);
  free(before);
  free(after);
  run_well(TRAIN " --force --lr-finetune 1e30 --lr-finetune 1e-4");
  cr_expect_not(there(at("out/last_good.safetensors")), "the next good run removes it");
}

Test(sbnn_cli_stops, loss_that_is_no_number_in_cv) {
  refuse(CV " --lr-pretrain 1e300", 4, "fold 1: phase 'pretrain', epoch 1|(node |lower the learning rate");
  run_well(CV);
  refuse(CV " --force --both --lr-no-pretrain 1e30", 4,
         "fold 1 without pretraining: phase 'unfrozen'|(node ");
}

/* ---- signals ---- */

#ifdef __SANITIZE_ADDRESS__
enum { PATIENCE = 10 };
#else
enum { PATIENCE = 2 };
#endif

static double cpu_seconds(pid_t pid) {
  clockid_t clock;
  struct timespec t;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return 0;
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The signal comes when the run is under way, once the program has worked for so many seconds: on a busy
 * machine wall time tells nothing. It ends within seconds, says so, and leaves everything as it was. */
static void stop_after(double work, const char *line, int number, const char *parts) {
  char *before = cli_snapshot(root);
  cli_child c = cli_start(NABLA_SBNN_BIN, root, line, NULL);
  for (int i = 0; i < 1000 && !there(at("out/.incoming")); i++) usleep(10000);
  usleep(500000);
  for (int i = 0; i < 1000 && cpu_seconds(c.pid) < work; i++) usleep(10000);
  cr_assert_eq(kill(c.pid, number), 0);
  cli_child from_here = c;
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  from_here.start = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
  cli_result r = cli_wait(from_here);
  expect_words(line, &r, 130, parts);
  cr_expect_lt(r.seconds, PATIENCE, "sbnn %s: took %.1f s to stop", line, r.seconds);
  char *after = cli_snapshot(root);
  cr_expect_str_eq(before, after, "sbnn %s changed files:\n%s\nbecame\n%s", line, before, after);
  free(before);
  free(after);
}

static void stop(const char *line, int number, const char *parts) { stop_after(0.5, line, number, parts); }

#define LONG " --epochs-pretrain 1000000"

Test(sbnn_cli_stops, signals_in_training) {
  stop(CV LONG, SIGINT, "interrupted in phase 'pretrain'; nothing was written");
  stop(CV LONG " --protocol paper --threads 1", SIGTERM,
       "interrupted in phase 'pretrain'; nothing was written");
  stop(TRAIN LONG, SIGINT, "interrupted in phase 'pretrain'; nothing was written");
  stop(TRAIN LONG, SIGHUP, "interrupted in phase 'pretrain'; nothing was written");
}

Test(sbnn_cli_stops, signals_keep_old_results) {
  run_well(CV);
  stop(CV LONG " --force", SIGINT, "interrupted in phase 'pretrain'; nothing was written");
  stop(TRAIN LONG " --force", SIGTERM, "interrupted in phase 'pretrain'; nothing was written");
}

Test(sbnn_cli_stops, signals_in_k_means) {
  stop(CV " --kmeans-restarts 1000000", SIGINT, "interrupted in k-means; nothing was written");
  stop(CV " --kmeans-restarts 1000000 --protocol paper", SIGTERM,
       "interrupted in k-means; nothing was written");
  stop(TRAIN " --kmeans-restarts 1000000", SIGTERM, "interrupted in k-means; nothing was written");
}

/* A pipe that nobody writes to, and one whose writer is silent. */
Test(sbnn_cli_stops, signals_while_reading) {
  const char *line = "cv --x pipe --y y.csv --out out" FAST;
  cr_assert_eq(mkfifo(at("pipe"), 0666), 0);
  stop_after(0, line, SIGINT, "interrupted while reading pipe; nothing was written");
  int writer = open(at("pipe"), O_RDWR);
  stop_after(0, line, SIGTERM, "interrupted while reading pipe; nothing was written");
  close(writer);
}

/* ---- no room ---- */

/* The limit lets pass the 1024 bytes of shared memory that clang's OpenMP begins with. */
Test(sbnn_cli_stops, files_that_may_not_grow) {
  static const char *const lines[] = {CV, TRAIN, CV " --force", TRAIN " --force"};
  for (size_t i = 0; i < 4; i++) {
    if (i == 2) run_well(TRAIN);
    char *before = cli_snapshot(root);
    cli_result r = cli_run(NABLA_SBNN_BIN, root, lines[i], &(cli_limits){.file_bytes = 1200});
    char *after = cli_snapshot(root);
    expect_words(lines[i], &r, 1, "could not be written|out/.incoming/|File too large|free space");
    cr_expect_str_eq(before, after, "sbnn %s changed files:\n%s\nbecame\n%s", lines[i], before, after);
    free(before);
    free(after);
  }
}

/* A file system of our own, seen by this process and its children only. */
static bool mount_disk(const char *path, const char *size) {
  return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("disk", path, "tmpfs", 0, size) == 0;
}

static void fill_disk(const char *path) {
  char block[4096] = {1};
  int f = open(path, O_WRONLY | O_CREAT, 0666);
  cr_assert_geq(f, 0);
  while (write(f, block, sizeof block) > 0) {}
  close(f);
}

Test(sbnn_cli_stops, full_disk) {
  cr_assert_eq(mkdir(at("disk"), 0777), 0);
  if (!mount_disk(at("disk"), "size=4m")) cr_skip_test("a full disk needs the right to mount a small one");
  run_well("train" TABLES FAST " --epochs-autoencoder 3 --out disk/out");
  fill_disk(at("disk/filler"));
  struct stat filler;
  cr_assert_eq(stat(at("disk/filler"), &filler), 0);
  for (int step = 0; step < 4; step++) { /* no room, then more and more, never enough */
    cr_assert_eq(truncate(at("disk/filler"), filler.st_size - step * 4096), 0);
    char *before = cli_snapshot(root);
    cli_result r = sbnn("train" TABLES FAST " --epochs-autoencoder 3 --out disk/out --force");
    char *after = cli_snapshot(root);
    expect_words("train on a full disk", &r, 1, "disk/out|No space left on device");
    cr_expect_str_eq(before, after, "changed:\n%s\nbecame\n%s", before, after);
    free(before);
    free(after);
  }
  umount(at("disk"));
}

#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes of address space */

Test(sbnn_cli_stops, no_memory) {
  static const char *const lines[] = {CV " --threads 1 --force --hidden 100000,100000",
                                      TRAIN " --force --hidden 100000,100000"};
  run_well(TRAIN);
  for (size_t i = 0; i < 2; i++) {
    char *before = cli_snapshot(root);
    cli_result r = cli_run(NABLA_SBNN_BIN, root, lines[i], &(cli_limits){.memory = 4L << 30});
    char *after = cli_snapshot(root);
    expect_words(lines[i], &r, 1, "phase 'pretrain': out of memory|smaller --hidden");
    cr_expect_str_eq(before, after, "sbnn %s changed files:\n%s\nbecame\n%s", lines[i], before, after);
    free(before);
    free(after);
  }
}

#endif

/* ---- what is said goes nowhere ---- */

/* The results count, not the talk: a run whose messages nobody can take ends well. */
Test(sbnn_cli_stops, talk_that_nobody_reads) {
  static const char *const where[] = {"2>/dev/full", "2>&-", "2>&1 | true"};
  for (size_t i = 0; i < 3; i++) {
    char command[2048];
    snprintf(command, sizeof command, "cd '%s' && ('%s' cv" TABLES TALK " --out out%zu; echo $? > code) %s",
             root, NABLA_SBNN_BIN, i, where[i]);
    int status = system(command);
    (void)status;
    for (int wait = 0; wait < 500 && !there(at("code")); wait++) usleep(10000);
    expect_text(at("code"), "0\n");
    char path[32];
    snprintf(path, sizeof path, "out%zu/metrics.tsv", i);
    cr_expect(there(at(path)), "%s", command);
    remove(at("code"));
  }
}

/* But what was asked for must arrive. */
Test(sbnn_cli_stops, answer_that_does_not_arrive) {
  char command[512];
  snprintf(command, sizeof command, "'%s' help cv > /dev/full 2> '%s'", NABLA_SBNN_BIN, at("err"));
  if (access("/dev/full", W_OK) != 0) cr_skip_test("no /dev/full");
  int status = system(command);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
  expect_text(at("err"), "sbnn: cannot write to the standard output: is the disk full?\n");
}
