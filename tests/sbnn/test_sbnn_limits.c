/* test_sbnn_limits.c - what must not take a run down without a sentence: a mapped file that is cut short, a line
 * without an end, names that would be obeyed by a terminal. */
#include "data/text.h"
#include "interrupt.h"
#include "output/writer.h"
#include "test_sbnn_data.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

TestSuite(sbnn_limits, .init = make_root, .fini = remove_root);

/* Reads a byte of a mapped file that is gone. */
static void read_what_was_cut(const char *path, int said) {
  int fd = open(path, O_RDWR | O_CREAT, 0666);
  if (fd < 0 || ftruncate(fd, 8192) != 0) _exit(99);
  volatile const char *map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map == MAP_FAILED || ftruncate(fd, 0) != 0) _exit(99);
  dup2(said, 2);
  sbnn_interrupt_mapped(path);
  _exit(map[4096] ? 98 : 97);
}

Test(sbnn_limits, a_mapped_file_cut_short_is_told) {
  char text[600] = "";
  int ends[2], status;
  cr_assert_eq(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) read_what_was_cut(at("data"), ends[1]);
  close(ends[1]);
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert_gt(read(ends[0], text, sizeof text - 1), 0);
  close(ends[0]);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == SBNN_BAD_INPUT, "status %x", (unsigned)status);
  cr_expect(strstr(text, "data was cut short") != NULL, "%s", text);
}

/* 200 MB of one field, as a gzip of 200 kB. */
Test(sbnn_limits, a_line_without_end_is_refused) {
  enum { MB = 1 << 20 };
  char *block = malloc(MB);
  memset(block, 'a', MB);
  gzFile f = gzopen(at("x.csv.gz"), "wb1");
  cr_assert(f != NULL);
  for (int i = 0; i < 200; i++) cr_assert_eq(gzwrite(f, block, MB), MB);
  gzclose(f);
  free(block);
  sbnn_error e = {0};
  sbnn_text t;
  sbnn_field field;
  cr_assert_eq(sbnn_text_open(&t, at("x.csv.gz"), &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(sbnn_text_field(&t, &field), SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, "of more than 128 MB") != NULL, "%s", e.text);
  cr_expect_leq(t.capacity, (size_t)128 * MB);
  sbnn_text_close(&t);
}

Test(sbnn_limits, control_characters_of_eight_bits_are_replaced) {
  sbnn_error e = {0};
  sbnn_writer w;
  char text[64] = "";
  sbnn_writer_open(&w, at("names.tsv"));
  sbnn_put_name(&w, "a\xc2\x9b"
                    "31mb\u00e9\u00a0");
  sbnn_put_name(&w, "\xc2\x85");
  cr_assert_eq(sbnn_writer_close(&w, &e), SBNN_OK, "%s", e.text);
  FILE *f = fopen(at("names.tsv"), "r");
  cr_assert(f != NULL);
  cr_assert(fgets(text, sizeof text, f) != NULL);
  fclose(f);
  cr_expect_str_eq(text, "a 31mb\u00e9\u00a0 ");
  sbnn_fail(&e, SBNN_FAILED, "gene '%s' is missing",
            "x\xc2\x9b"
            "2Jy\n");
  cr_expect_str_eq(e.text, "gene 'x  2Jy ' is missing");
}
