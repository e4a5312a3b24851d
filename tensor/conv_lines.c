/* conv_lines.c - convolutions where channels lie side by side: lines of the image, zeros around them, are copied into a
 * fixed buffer; for each line of taps the left factor of a product is a view of it whose rows overlap. */
#include "tensor/conv_parts.h"

#include <string.h>

enum {
  LINES = 32768, /* elements of the lines that are worked on together */
  KERNEL = 16384 /* elements of a kernel that is copied so that the taps of a line are one product */
};

typedef struct lines {
  const tn_conv *c;
  int64_t pitch;                   /* places of a line in the buffer, zeros around it included */
  int64_t height, blocks, columns; /* lines of the output at once, how often; output channels at once */
  bool linear; /* strides of 1: the buffer's lines are one line; what is computed between them is left out */
  bool copied; /* the kernel, as [taps, channels, columns] */
  bool merge;  /* the taps of a line are one product */
} lines;

static int64_t lines_read(const tn_conv *c, int64_t height) {
  return (height - 1) * c->stride[1] + (c->taps[1] - 1) * c->dilation[1] + 1;
}

static int64_t rows_of(const lines *l, int64_t height) {
  return l->linear ? (height - 1) * l->pitch + l->c->places[2] : height * l->c->places[2];
}

/* Whether lines can be copied, fit, and make products worth it. */
static bool plan_lines(const tn_conv *c, lines *l) {
  enum { SHALLOW = 32 /* a product */, SHORT = 12 /* a line */ };
  *l = (lines){.c = c, .pitch = (c->places[2] - 1) * c->stride[2] + (c->taps[2] - 1) * c->dilation[2] + 1};
  l->linear = c->stride[1] == 1 && c->stride[2] == 1;
  l->merge = c->dilation[2] == 1 && (c->taps[2] == 1 || c->kernel.space[2] == c->in * c->kernel.row);
  l->copied =
      c->dilation[2] == 1 && !l->merge && c->in * volume(c->taps) * least(c->out, TN_CONV_COLUMNS) <= KERNEL;
  l->merge |= l->copied;
  if (c->x.col != 1 || c->spread[0] * c->spread[1] * c->spread[2] != 1) return false;
  if (c->in * (l->merge ? c->taps[2] : 1) < SHALLOW || l->pitch > LINES / c->in) return false;
  if (l->linear ? 8 * l->pitch > 9 * c->places[2] : c->places[2] < SHORT) return false;
  l->columns = least(c->out, least(TN_CONV_COLUMNS, TN_CONV_SUMS / c->places[2]));
  if (l->columns < least(c->out, TN_CONV_NARROW) || lines_read(c, 1) > LINES / (l->pitch * c->in))
    return false;
  for (l->height = 1; l->height < c->places[1]; l->height++)
    if (lines_read(c, l->height + 1) * l->pitch * c->in > LINES ||
        rows_of(l, l->height + 1) * l->columns > TN_CONV_SUMS)
      break;
  l->blocks = (c->places[1] - 1) / l->height + 1;
  return true;
}

/* Places [0, pitch) of one line, which starts before[2] places before x; x NULL: zeros. */
static void copy_line(const lines *l, const char *x, char *to) {
  const tn_conv *c = l->c;
  const int64_t step = c->x.space[2] * (int64_t)tn_dtype_size(c->dtype);
  size_t place = (size_t)c->in * tn_dtype_size(c->dtype);
  int64_t first = c->before[2] < 0 ? 0 : least(c->before[2], l->pitch);
  int64_t last = least(c->before[2] + c->size[2], l->pitch);
  if (!x || last < first) first = last = 0;
  memset(to, 0, (size_t)first * place);
  const char *from = x ? x + (first - c->before[2]) * step : NULL;
  if (last > first && c->x.space[2] == c->in)
    memcpy(to + (size_t)first * place, from, (size_t)(last - first) * place);
  else
    for (int64_t i = first; i < last; i++, from += step) memcpy(to + (size_t)i * place, from, place);
  memset(to + (size_t)last * place, 0, (size_t)(l->pitch - last) * place);
}

/* What `height` lines of the output from q on read in plane p of an example. */
static void copy_lines(const lines *l, const char *x, int64_t p, int64_t q, int64_t height, char *to) {
  const tn_conv *c = l->c;
  int64_t size = (int64_t)tn_dtype_size(c->dtype), n = lines_read(c, height);
  for (int64_t i = 0; i < n; i++, to += l->pitch * c->in * size) {
    int64_t at = q * c->stride[1] - c->before[1] + i;
    bool there = at >= 0 && at < c->size[1];
    copy_line(l, there ? x + (p * c->x.space[0] + at * c->x.space[1]) * size : NULL, to);
  }
}

/* The products with the kernel of one line of taps, or of one tap, on top of `sums` if more. */
static void multiply_lines(const lines *l, const char *buffer, tn_view kernel, int64_t height, bool more,
                           double *sums) {
  const tn_conv *c = l->c;
  int64_t size = (int64_t)tn_dtype_size(c->dtype), columns = kernel.shape[1];
  int64_t times = l->linear ? 1 : height, rows = l->linear ? rows_of(l, height) : c->places[2];
  tn_view a = tn_matrix(NULL, c->dtype, rows, kernel.shape[0]);
  a.stride[0] = c->stride[2] * c->in;
  for (int64_t i = 0; i < times; i++) {
    a.data = (void *)(buffer + i * c->stride[1] * l->pitch * c->in * size);
    tn_gemm(1, a, kernel, more, tn_matrix((char *)sums + i * rows * columns * size, c->dtype, rows, columns),
            1);
  }
}

/* Columns from o on of some lines of the output: `at` is example, plane and first line. */
static void store_lines(const lines *l, const index_t *at, int64_t g, int64_t height, int64_t o,
                        int64_t columns, const double *sums) {
  const tn_conv *c = l->c;
  int64_t step = l->linear ? l->pitch : c->places[2];
  for (int64_t i = 0; i < height; i++)
    for (int64_t q = 0; q < c->places[2]; q++) {
      int64_t to = g * c->y.group + o * c->y.col + at->plain * c->y.row + at->space[0] * c->y.space[0] +
                   (at->space[1] + i) * c->y.space[1] + q * c->y.space[2];
      int64_t from = (i * step + q) * columns;
      if (c->dtype == TN_F32)
        for (int64_t k = 0; k < columns; k++)
          ((float *)c->y.data)[to + k * c->y.col] = ((const float *)sums)[from + k];
      else
        for (int64_t k = 0; k < columns; k++) ((double *)c->y.data)[to + k * c->y.col] = sums[from + k];
    }
}

/* Columns from o on of the kernel of group g, for every tap and channel. */
static void copy_kernel(const tn_conv *c, int64_t g, int64_t o, int64_t columns, double *to) {
  int64_t taps = volume(c->taps), at = 0;
  for (int64_t t = 0; t < taps; t++) {
    int64_t k2 = t % c->taps[2], k1 = t / c->taps[2] % c->taps[1], k0 = t / c->taps[2] / c->taps[1];
    int64_t from = g * c->kernel.group + o * c->kernel.col + k0 * c->kernel.space[0] +
                   k1 * c->kernel.space[1] + k2 * c->kernel.space[2];
    for (int64_t i = 0; i < c->in; i++, from += c->kernel.row)
      for (int64_t k = 0; k < columns; k++, at++) {
        if (c->dtype == TN_F32) ((float *)to)[at] = ((const float *)c->kernel.data)[from + k * c->kernel.col];
        else to[at] = ((const double *)c->kernel.data)[from + k * c->kernel.col];
      }
  }
}

/* Columns from o on of the taps of a line from `tap` on (or of that one), where they lie or in the copy. */
static tn_view kernel_of(const lines *l, int64_t g, int64_t o, int64_t columns, const int64_t *tap,
                         double *copy) {
  const tn_conv *c = l->c;
  int64_t size = (int64_t)tn_dtype_size(c->dtype), from = g * c->kernel.group + o * c->kernel.col;
  tn_view b = tn_matrix(copy, c->dtype, c->in * (l->merge ? c->taps[2] : 1), columns);
  if (l->copied) {
    b.data = (char *)copy + (tap[0] * c->taps[1] + tap[1]) * c->taps[2] * c->in * columns * size;
    return b;
  }
  for (int a = 0; a < TN_CONV_AXES; a++) from += tap[a] * c->kernel.space[a];
  b.data = (char *)c->kernel.data + from * size;
  b.stride[0] = c->kernel.row, b.stride[1] = c->kernel.col;
  return b;
}

static void run_lines(void *ctx, int64_t number) {
  const lines *l = ctx;
  const tn_conv *c = l->c;
  double buffer[LINES], sums[TN_CONV_SUMS], copy[KERNEL]; /* as many floats need half of them */
  int64_t size = (int64_t)tn_dtype_size(c->dtype), g = number % c->groups, q = number / c->groups;
  index_t at = {.plain = q / l->blocks / c->places[0],
                .space = {q / l->blocks % c->places[0], q % l->blocks * l->height}};
  int64_t height = least(l->height, c->places[1] - at.space[1]), loaded = -1;
  const char *x = (const char *)c->x.data + (g * c->x.group + at.plain * c->x.row) * size;
  for (int64_t o = 0; o < c->out; o += l->columns) {
    int64_t columns = least(l->columns, c->out - o);
    bool more = false;
    if (l->copied) copy_kernel(c, g, o, columns, copy);
    for (int64_t k0 = 0; k0 < c->taps[0]; k0++) {
      int64_t p = at.space[0] * c->stride[0] + k0 * c->dilation[0] - c->before[0];
      if (p < 0 || p >= c->size[0]) continue;
      if (p != loaded) copy_lines(l, x, p, at.space[1], height, (char *)buffer);
      loaded = p;
      for (int64_t k = 0; k < c->taps[1] * (l->merge ? 1 : c->taps[2]); k++, more = true) {
        const int64_t tap[] = {k0, l->merge ? k : k / c->taps[2], l->merge ? 0 : k % c->taps[2]};
        int64_t from = (tap[1] * c->dilation[1] * l->pitch + tap[2] * c->dilation[2]) * c->in;
        tn_view kernel = kernel_of(l, g, o, columns, tap, copy);
        multiply_lines(l, (const char *)buffer + from * size, kernel, height, more, sums);
      }
    }
    if (!more) memset(sums, 0, (size_t)(rows_of(l, height) * columns * size));
    store_lines(l, &at, g, height, o, columns, sums);
  }
}

bool tn__convolve_lines(const tn_conv *c, int threads) {
  lines l;
  if (!plan_lines(c, &l)) return false;
  tn_parallel_for(c->groups * c->batch * c->places[0] * l.blocks, threads, run_lines, &l);
  return true;
}
