/* fashion.h - Fashion-MNIST, from Debian's package dataset-fashion-mnist: 70,000 pictures of clothes in ten classes. */
#ifndef FASHION_H
#define FASHION_H

#include "tutorial.h"

#include <string.h>
#include <zlib.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* The bytes after the header of one of the package's files; the header has 16 bytes for pictures, 8 for
 * labels. If the package is missing, the program ends with 77, which tests count as skipped. */
static inline unsigned char *fashion_file(const char *name, size_t header, size_t bytes) {
  char path[256];
  unsigned char skipped[16], *out = malloc(bytes);
  snprintf(path, sizeof path, "/usr/share/datasets/fashion-mnist/%s.gz", name);
  gzFile f = gzopen(path, "rb");
  if (!f) {
    printf("SKIPPED: %s is missing: apt-get install dataset-fashion-mnist\n", path);
    exit(77);
  }
  if (!out || gzread(f, skipped, (unsigned)header) != (int)header ||
      gzread(f, out, (unsigned)bytes) != (int)bytes) {
    fprintf(stderr, "%s is damaged\n", path);
    exit(1);
  }
  gzclose(f);
  return out;
}

/* n pictures [n, side, side, 1] in 0..1, each in the middle of `side` >= 28 pixels, and n labels (i32). `set` is "train"
 * or "t10k". The caller frees both. */
static inline void fashion(const char *set, int64_t n, int side, float **pictures, int32_t **labels) {
  char name[64];
  snprintf(name, sizeof name, "%s-images-idx3-ubyte", set);
  unsigned char *pixel = fashion_file(name, 16, (size_t)n * PIXELS);
  snprintf(name, sizeof name, "%s-labels-idx1-ubyte", set);
  unsigned char *label = fashion_file(name, 8, (size_t)n);
  int edge = (side - SIDE) / 2;
  *pictures = calloc((size_t)(n * side * side), sizeof **pictures);
  *labels = malloc((size_t)n * sizeof **labels);
  if (!*pictures || !*labels) exit(1);
  for (int64_t i = 0; i < n; i++) {
    (*labels)[i] = label[i];
    for (int p = 0; p < PIXELS; p++)
      (*pictures)[(i * side + p / SIDE + edge) * side + p % SIDE + edge] = (float)pixel[i * PIXELS + p] / 255;
  }
  free(pixel), free(label);
}

/* The same as columns "picture" and "label" of a new data set, which borrows the arrays. */
static inline nn_data *fashion_data(const char *set, int64_t n, int side, float **pictures,
                                    int32_t **labels) {
  nn_data *d;
  fashion(set, n, side, pictures, labels);
  NEED(nn_data_new(NULL, &d), "");
  NEED(nn_data_add(d, "picture", tn_view_of(*pictures, TN_F32, 4, (int64_t[]){n, side, side, 1})),
       nn_data_error(d));
  NEED(nn_data_add(d, "label", tn_view_of(*labels, TN_I32, 1, &n)), nn_data_error(d));
  return d;
}

/* The fraction of rows of out [n, classes] whose largest element is at the label. */
static inline double fashion_accuracy(const float *out, const int32_t *labels, int64_t n) {
  int64_t right = 0;
  for (int64_t i = 0; i < n; i++) {
    int best = 0;
    for (int c = 1; c < 10; c++)
      if (out[i * 10 + c] > out[i * 10 + best]) best = c;
    right += best == labels[i];
  }
  return (double)right / (double)n;
}

#endif
