/* data.c - see models.h: pictures, text. */
#include "models.h"

#include <string.h>
#include <zlib.h>

void models_check(tn_status status, const char *what, const char *why) {
  if (status == TN_OK) return;
  fprintf(stderr, "%s: %s: %s\n", what, tn_status_text(status), why ? why : "");
  exit(1);
}

void *models_memory(int64_t count, size_t size) {
  void *memory = calloc((size_t)count, size);
  if (!memory) models_check(TN_ENOMEM, "models", NULL);
  return memory;
}

float *models_floats(nn_column *column, const char *name, int rank, const int64_t *shape) {
  float *memory = models_memory(tn_numel(rank, shape), sizeof *memory);
  *column = (nn_column){name, tn_view_of(memory, TN_F32, rank, shape)};
  return memory;
}

static int32_t *integers(nn_column *column, const char *name, int rank, const int64_t *shape) {
  int32_t *memory = models_memory(tn_numel(rank, shape), sizeof *memory);
  *column = (nn_column){name, tn_view_of(memory, TN_I32, rank, shape)};
  return memory;
}

/* ---- pictures ---- */

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* The bytes behind the header of one of the files of Debian's package dataset-fashion-mnist. */
static unsigned char *fashion(const char *name, unsigned header, int64_t bytes) {
  char path[256];
  unsigned char skipped[16], *out = models_memory(bytes, 1);
  snprintf(path, sizeof path, "/usr/share/datasets/fashion-mnist/%s.gz", name);
  gzFile f = gzopen(path, "rb");
  if (!f) models_check(TN_EIO, path, "cannot be read: apt-get install dataset-fashion-mnist");
  if (gzread(f, skipped, header) != (int)header || gzread(f, out, (unsigned)bytes) != (int)bytes)
    models_check(TN_EFORMAT, path, "is damaged");
  gzclose(f);
  return out;
}

void models_pictures(int64_t rows, int64_t side, nn_column *picture, nn_column *label) {
  unsigned char *pixel = fashion("train-images-idx3-ubyte", 16, rows * PIXELS);
  unsigned char *class = fashion("train-labels-idx1-ubyte", 8, rows);
  float *x = models_floats(picture, "picture", 4, (int64_t[]){rows, side, side, 1});
  int32_t *y = integers(label, "label", 1, &rows);
  int64_t edge = (side - SIDE) / 2;
  for (int64_t i = 0; i < rows; i++) {
    y[i] = class[i];
    for (int p = 0; p < PIXELS; p++)
      x[(i * side + p / SIDE + edge) * side + p % SIDE + edge] = (float)pixel[i * PIXELS + p] / 255;
  }
  free(pixel), free(class);
}

/* ---- text ---- */

enum { MOST = 1 << 20 };

static int64_t licences(unsigned char *text) {
  static const char *const names[] = {"GPL-2",   "LGPL-2",     "GFDL-1.2", "MPL-1.1",
                                      "MPL-2.0", "Apache-2.0", "GPL-3"};
  int64_t n = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[128];
    snprintf(path, sizeof path, "/usr/share/common-licenses/%s", names[i]);
    FILE *f = fopen(path, "rb");
    if (!f) models_check(TN_EIO, path, "cannot be read");
    n += (int64_t)fread(text + n, 1, (size_t)(MOST - n), f);
    fclose(f);
  }
  return n;
}

static int32_t number_of(unsigned char c, int vocabulary) {
  if (vocabulary == 256) return c;
  return c >= 32 && c < 127 ? c - 32 : 95;
}

void models_text(int64_t rows, int64_t time, int vocabulary, nn_column *text, nn_column *next) {
  unsigned char *all = models_memory(MOST, 1);
  int64_t n = licences(all), apart = (n - time - 1) / rows;
  int32_t *x = integers(text, "text", 2, (int64_t[]){rows, time});
  int32_t *y = integers(next, "next", 2, (int64_t[]){rows, time});
  for (int64_t i = 0; i < rows; i++)
    for (int64_t t = 0; t < time; t++) {
      x[i * time + t] = number_of(all[i * apart + t], vocabulary);
      y[i * time + t] = number_of(all[i * apart + t + 1], vocabulary);
    }
  free(all);
}
