/* palette.c - colours (palette.h). */
#include "figures/palette.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const sbnn_color SBNN_GREY = {0.55, 0.55, 0.55, 1};
const sbnn_color SBNN_LIGHT_GREY = {0.80, 0.80, 0.80, 1};
const sbnn_color SBNN_BLACK = {0.10, 0.10, 0.10, 1};

/* Okabe and Ito (2008) without black, its yellow last: it is faint on white. */
static const sbnn_color okabe_ito[] = {
    {0.000, 0.447, 0.698, 1}, {0.835, 0.369, 0.000, 1}, {0.000, 0.620, 0.451, 1}, {0.800, 0.475, 0.655, 1},
    {0.902, 0.624, 0.000, 1}, {0.337, 0.706, 0.914, 1}, {0.941, 0.894, 0.259, 1},
};
enum { N_OKABE_ITO = sizeof okabe_ito / sizeof *okabe_ito, VISIONS = 3 };

/* How linear RGB looks with normal, protanope and deuteranope vision (Machado, Oliveira and Fernandes 2009).
 */
static const double vision[VISIONS][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
};

typedef struct lab {
  double l, a, b;
} lab;

static double linear(double s) { return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4); }

/* OKLab (Ottosson 2020), where distances follow perception. */
static lab oklab(const double rgb[3]) {
  double l = cbrt(0.4122214708 * rgb[0] + 0.5363325363 * rgb[1] + 0.0514459929 * rgb[2]);
  double m = cbrt(0.2119034982 * rgb[0] + 0.6806995451 * rgb[1] + 0.1073969566 * rgb[2]);
  double s = cbrt(0.0883024619 * rgb[0] + 0.2817188376 * rgb[1] + 0.6299787005 * rgb[2]);
  return (lab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
               1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
               0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static void seen(sbnn_color c, lab out[VISIONS]) {
  double rgb[3] = {linear(c.r), linear(c.g), linear(c.b)};
  for (int v = 0; v < VISIONS; v++) {
    double other[3];
    for (int i = 0; i < 3; i++) {
      other[i] = vision[v][i][0] * rgb[0] + vision[v][i][1] * rgb[1] + vision[v][i][2] * rgb[2];
      other[i] = fmin(fmax(other[i], 0), 1);
    }
    out[v] = oklab(other);
  }
}

/* Squared distance, the least over the visions. Colour-blind vision folds the space onto less room: its
 * distances count double, or everybody else would get colours that differ in lightness only. */
static double distance(const lab a[VISIONS], const lab b[VISIONS]) {
  double least = INFINITY;
  for (int v = 0; v < VISIONS; v++) {
    double dl = a[v].l - b[v].l, da = a[v].a - b[v].a, db = a[v].b - b[v].b;
    least = fmin(least, (v ? 4 : 1) * (dl * dl + da * da + db * db));
  }
  return least;
}

typedef struct candidate {
  sbnn_color color;
  lab seen[VISIONS];
  double nearest; /* squared distance to the nearest colour chosen so far */
} candidate;

enum { STEPS = 15 };

/* A grid of colours that show on white: neither faint nor black, nor the grey of unlabelled cells. */
static int candidates(candidate *c) {
  int n = 0;
  for (int i = 0; i < STEPS * STEPS * STEPS; i++) {
    sbnn_color k = {i / (STEPS * STEPS) / (STEPS - 1.0), i / STEPS % STEPS / (STEPS - 1.0),
                    i % STEPS / (STEPS - 1.0), 1};
    candidate x = {.color = k, .nearest = INFINITY};
    seen(k, x.seen);
    if (x.seen[0].l > 0.32 && x.seen[0].l < 0.82 && hypot(x.seen[0].a, x.seen[0].b) > 0.05) c[n++] = x;
  }
  return n;
}

static void keep_away(candidate *c, int n, sbnn_color from) {
  lab f[VISIONS];
  seen(from, f);
  for (int i = 0; i < n; i++) c[i].nearest = fmin(c[i].nearest, distance(c[i].seen, f));
}

static sbnn_color farthest(const candidate *c, int n) {
  int best = 0;
  for (int i = 1; i < n; i++)
    if (c[i].nearest > c[best].nearest) best = i;
  return c[best].color;
}

void sbnn_palette(int n, sbnn_color *color) {
  for (int i = 0; i < n && i < N_OKABE_ITO; i++) color[i] = okabe_ito[i];
  if (n <= N_OKABE_ITO) return;
  candidate *c = sbnn_alloc(STEPS * STEPS * STEPS, sizeof *c);
  int count = candidates(c);
  keep_away(c, count, SBNN_GREY);
  for (int i = 0; i < n; i++) {
    if (i >= N_OKABE_ITO) color[i] = farthest(c, count);
    keep_away(c, count, color[i]);
  }
  free(c);
}

sbnn_color sbnn_line_color(int i) {
  static const int order[] = {2, 4, 0, 3, 5, 1};
  enum { MOST = 32, FIRST = sizeof order / sizeof *order };
  sbnn_color all[MOST + 1];
  i %= MOST;
  sbnn_palette(i < FIRST ? FIRST : i + 2, all);
  return all[i < FIRST ? order[i] : i + 1];
}

/* Every fifth of the 256 entries of matplotlib's inferno (N. Smith and S. van der Walt, CC0), in thousandths.
 * A Catmull-Rom spline through them stays within 1/255 of all entries. */
static const short inferno[52][3] = {
    {1, 0, 14},      {8, 6, 47},      {19, 15, 89},    {38, 26, 132},   {61, 37, 178},   {87, 45, 225},
    {117, 48, 272},  {149, 45, 317},  {183, 40, 355},  {218, 37, 384},  {252, 38, 403},  {284, 44, 417},
    {316, 53, 425},  {348, 65, 430},  {379, 76, 433},  {410, 88, 433},  {441, 99, 432},  {472, 111, 428},
    {503, 122, 423}, {535, 133, 417}, {566, 144, 408}, {597, 155, 398}, {628, 167, 386}, {658, 179, 373},
    {689, 192, 358}, {718, 207, 341}, {747, 222, 323}, {775, 240, 304}, {802, 259, 283}, {827, 280, 262},
    {851, 302, 240}, {874, 327, 217}, {894, 353, 194}, {913, 382, 170}, {930, 411, 145}, {944, 443, 120},
    {957, 475, 95},  {967, 509, 69},  {976, 544, 44},  {982, 579, 26},  {986, 616, 26},  {988, 653, 46},
    {987, 690, 80},  {985, 728, 121}, {980, 767, 166}, {973, 805, 217}, {964, 844, 273}, {955, 882, 337},
    {948, 917, 411}, {948, 949, 491}, {962, 976, 572}, {988, 998, 645}};

sbnn_color sbnn_inferno(double t) {
  if (isnan(t)) return SBNN_GREY;
  double u = 51 * fmin(fmax(t, 0), 1), out[3];
  int j = u < 50 ? (int)u : 50;
  double f = u - j;
  for (int k = 0; k < 3; k++) {
    double b = inferno[j][k], c = inferno[j + 1][k];
    double a = j > 0 ? inferno[j - 1][k] : 2 * b - c, d = j < 50 ? inferno[j + 2][k] : 2 * c - b;
    double v = b + f / 2 * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
    out[k] = fmin(fmax(v / 1000, 0), 1);
  }
  return (sbnn_color){out[0], out[1], out[2], 1};
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool sbnn_color_parse(const char *text, sbnn_color *color) {
  if (!text) return false;
  if (*text == '#') text++;
  size_t n = strlen(text);
  if (n != 3 && n != 6) return false;
  double part[3];
  for (size_t i = 0; i < 3; i++) {
    int high = hex_digit(text[i * n / 3]), low = hex_digit(text[i * n / 3 + (n == 6)]);
    if (high < 0 || low < 0) return false;
    part[i] = (16 * high + low) / 255.0;
  }
  *color = (sbnn_color){part[0], part[1], part[2], 1};
  return true;
}

sbnn_color sbnn_color_alpha(sbnn_color color, double alpha) {
  color.a = alpha;
  return color;
}

sbnn_color sbnn_color_mix(sbnn_color a, sbnn_color b, double t) {
  return (sbnn_color){a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b),
                      a.a + t * (b.a - a.a)};
}

uint32_t sbnn_color_argb(sbnn_color c) {
  uint32_t a = (uint32_t)lround(255 * c.a), r = (uint32_t)lround(255 * c.a * c.r);
  uint32_t g = (uint32_t)lround(255 * c.a * c.g), b = (uint32_t)lround(255 * c.a * c.b);
  return a << 24 | r << 16 | g << 8 | b;
}
