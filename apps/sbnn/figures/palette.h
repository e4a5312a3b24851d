/* palette.h - colours: categories, the inferno scale, hex. Pure functions; any thread. */
#ifndef SBNN_FIGURES_PALETTE_H
#define SBNN_FIGURES_PALETTE_H

#include "figures/canvas.h"

/* Fills color[n] with colours told apart as well as n allows, by colour-blind readers too: the Okabe-Ito set
 * first (all but black), then the colours farthest from those before in OKLab as seen with normal, protanope
 * and deuteranope vision. The first k of n and of k colours are the same. */
void sbnn_palette(int n, sbnn_color *color);

/* The colour of the i-th line (i >= 0, repeated after 32): green, orange, blue, ..., the paper's for with and
 * without pretraining first; no faint yellow. */
sbnn_color sbnn_line_color(int i);

/* The inferno scale of matplotlib at t in 0..1 (clamped; NaN gives grey). */
sbnn_color sbnn_inferno(double t);

/* "#RRGGBB", "RRGGBB" or "#RGB" in either case; false leaves *color alone. */
bool sbnn_color_parse(const char *text, sbnn_color *color);

/* The same colour with another alpha; a mixture of a (t = 0) and b (t = 1). */
sbnn_color sbnn_color_alpha(sbnn_color color, double alpha);
sbnn_color sbnn_color_mix(sbnn_color a, sbnn_color b, double t);

/* 0xAARRGGBB with premultiplied alpha, as sbnn_canvas_image takes. */
uint32_t sbnn_color_argb(sbnn_color color);

/* Unlabelled cells, guide lines, text. */
extern const sbnn_color SBNN_GREY, SBNN_LIGHT_GREY, SBNN_BLACK;

#endif
