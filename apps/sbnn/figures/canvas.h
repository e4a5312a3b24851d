/* canvas.h - drawing surface of the figures: the one header behind which cairo lives.
 *
 * Lengths are points (1/72 inch), the origin is the top left corner, y points down. A picture is a function
 * that draws on a canvas; sbnn_figure_save runs it once per file format, so SVG, PDF and PNG cannot differ.
 * Drawing calls never fail: a broken surface is reported by sbnn_figure_save.
 * Without NABLA_CAIRO everything links, draws nothing, and saving succeeds without writing.
 * Thread rule: a canvas belongs to the thread that runs the drawing function. */
#ifndef SBNN_FIGURES_CANVAS_H
#define SBNN_FIGURES_CANVAS_H

#include "sbnn.h"

#include <stdbool.h>

#define SBNN_PT_PER_MM (72.0 / 25.4)
#define SBNN_FONT_PT   7.0 /* the smallest type in any figure: readable at column width */

typedef struct sbnn_canvas sbnn_canvas;

/* Components 0..1, alpha not premultiplied. */
typedef struct sbnn_color {
  double r, g, b, a;
} sbnn_color;

typedef enum sbnn_dash { SBNN_SOLID, SBNN_DASHED, SBNN_DOTTED } sbnn_dash;

typedef struct sbnn_pen {
  sbnn_color color;
  double width; /* points */
  sbnn_dash dash;
} sbnn_pen;

typedef enum sbnn_align { SBNN_ALIGN_START, SBNN_ALIGN_CENTER, SBNN_ALIGN_END } sbnn_align;

/* How text is set; zero values mean 7 pt, upright, regular, black, anchored at its top left corner. */
typedef struct sbnn_type {
  double size; /* points, 0 = SBNN_FONT_PT */
  bool bold, italic;
  bool upward; /* turned by 90 degrees to read from bottom to top; `across` then runs upwards */
  sbnn_align across;
  sbnn_align down;  /* SBNN_ALIGN_START hangs below the anchor, SBNN_ALIGN_END stands on it */
  sbnn_color color; /* all zero = black */
  double halo;      /* width of a white outline in points, 0 = none: for text over dots */
} sbnn_type;

/* Draws one picture; `what` is the caller's. Must draw the same however often it is called. */
typedef void sbnn_draw(sbnn_canvas *c, const void *what);

/* True when the program was built with cairo. */
bool sbnn_figures_available(void);

/* In points. */
typedef struct sbnn_page {
  double width, height;
} sbnn_page;

/* Writes DIRECTORY/NAME.png, .svg and .pdf, white background, the PNG at 200 dpi. Each file is written whole under a temporary name, then renamed; the same picture gives the
 * same bytes. Errors: SBNN_FAILED with one sentence, and no partial file is left. */
int sbnn_figure_save(const char *directory, const char *name, sbnn_page page, sbnn_draw *draw,
                     const void *what, sbnn_error *e);

/* Size in points. */
double sbnn_canvas_width(const sbnn_canvas *c);
double sbnn_canvas_height(const sbnn_canvas *c);

/* Extent of a line of text: width, and the height that `down` aligns (ascent of capitals to baseline). */
double sbnn_canvas_text_width(sbnn_canvas *c, const char *text, const sbnn_type *type);
double sbnn_type_height(const sbnn_type *type);

/* One line of UTF-8 text anchored at (x, y). Bytes that are not UTF-8 are drawn as '?'. */
void sbnn_canvas_text(sbnn_canvas *c, double x, double y, const char *text, const sbnn_type *type);

/* xy: n points, [n x 2] row-major. A non-finite point lifts the pen. */
void sbnn_canvas_line(sbnn_canvas *c, int64_t n, const double *xy, sbnn_pen pen);
void sbnn_canvas_polygon(sbnn_canvas *c, int64_t n, const double *xy, sbnn_color fill);
void sbnn_canvas_rect(sbnn_canvas *c, double x, double y, double w, double h, sbnn_color fill);
void sbnn_canvas_frame(sbnn_canvas *c, double x, double y, double w, double h, sbnn_pen pen);

/* n discs of one radius, colours per disc. Above a few thousand, vector files get them as one embedded image
 * over the current clip rectangle, which keeps the file small enough to mail. xy: [n x 2]. */
void sbnn_canvas_discs(sbnn_canvas *c, int64_t n, const double *xy, double radius, const sbnn_color *color);

/* columns x rows pixels (0xAARRGGBB, premultiplied alpha, row-major); borrowed. */
typedef struct sbnn_image {
  int columns, rows;
  const uint32_t *pixels;
} sbnn_image;

/* Paints it into a rectangle. */
void sbnn_canvas_image(sbnn_canvas *c, double x, double y, double w, double h, const sbnn_image *image);

/* Restricts drawing to a rectangle until the matching unclip; clips nest. */
void sbnn_canvas_clip(sbnn_canvas *c, double x, double y, double w, double h);
void sbnn_canvas_unclip(sbnn_canvas *c);

#endif
