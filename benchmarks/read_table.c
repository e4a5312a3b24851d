/* read_table.c - how fast counts are read from .csv.gz: 10,000 cells, 6 % of the counts above 0, one core.
 * Prints MB/s of decompressed text, of zlib alone and of the reader. read_table [GENES] (3000; 30000 is a
 * whole transcriptome). */
#include "data/source.h"
#include "data/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { CELLS = 10000 };

static double clock_seconds(void) { /* of this process, so that a busy machine does not count */
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void make_row(size_t gene, uint64_t *state, char *line) {
  char *p = line + sprintf(line, "GENE%zu", gene);
  for (int c = 0; c < CELLS; c++) {
    uint64_t s = *state;
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    *state = s;
    *p++ = ',';
    if (s % 100 < 6) p += sprintf(p, "%d", (int)(s >> 40) % 12 + 1);
    else *p++ = '0';
  }
  strcpy(p, "\n");
}

static size_t make_file(const char *path, size_t genes) {
  char *line = malloc(16 * CELLS + 64), *p = line + sprintf(line, "gene");
  uint64_t state = 88172645463325252u;
  size_t total = 0;
  gzFile f = gzopen(path, "wb1");
  for (int c = 0; c < CELLS; c++) p += sprintf(p, ",CELL%d", c);
  strcpy(p, "\n");
  for (size_t g = 0; g <= genes && f; g++) {
    total += strlen(line);
    if (gzwrite(f, line, (unsigned)strlen(line)) <= 0) exit(1);
    make_row(g, &state, line);
  }
  free(line);
  if (!f || gzclose(f) != Z_OK) exit(1);
  return total;
}

static double inflate_only(const char *path, sbnn_error *e) {
  static char buffer[1 << 18];
  double start = clock_seconds();
  sbnn_source *s = sbnn_source_open(path, e);
  for (size_t got = 1; s && got;)
    if (sbnn_source_read(s, buffer, sizeof buffer, &got, e) != SBNN_OK) break;
  sbnn_source_close(s);
  return clock_seconds() - start;
}

int main(int argc, char **argv) {
  char path[] = "/tmp/sbnn_bench_XXXXXX";
  size_t genes = argc > 1 ? (size_t)atoi(argv[1]) : 3000;
  sbnn_table t;
  sbnn_error e = {0};
  int file = mkstemp(path);
  if (file < 0 || genes == 0) return 1;
  close(file);
  double bytes = (double)make_file(path, genes), inflating = inflate_only(path, &e), start = clock_seconds();
  int code = sbnn_table_read(path, &(sbnn_table_options){.sparse = true}, &t, &e);
  double seconds = clock_seconds() - start;
  unlink(path);
  if (code != SBNN_OK) {
    fprintf(stderr, "%s\n", e.text);
    return code;
  }
  printf("%zu genes x %d cells, %.0f MB of text: zlib alone %.0f MB/s, read %.0f MB/s (%.2f s), %.1f MB in "
         "memory\n",
         genes, CELLS, bytes / 1e6, bytes / 1e6 / inflating, bytes / 1e6 / seconds, seconds,
         (double)sbnn_counts_bytes(&t.counts) / 1e6);
  sbnn_table_free(&t);
  return 0;
}
