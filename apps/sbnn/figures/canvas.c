/* canvas.c - the one file that knows cairo (canvas.h). */
#include "figures/canvas.h"

#include "figures/outfile.h"
#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double sbnn_type_height(const sbnn_type *type) { return 0.73 * (type->size > 0 ? type->size : SBNN_FONT_PT); }

#ifdef NABLA_CAIRO

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

/* Discs up to this many stay vectors; beyond, and for images in general, the resolution of embedded pixels.
 */
enum { PNG_DPI = 200, EMBEDDED_DPI = 300, MOST_VECTOR_DISCS = 3000 };

struct sbnn_canvas {
  cairo_t *cairo;
  double width, height;
  bool vector;
};

bool sbnn_figures_available(void) { return true; }
double sbnn_canvas_width(const sbnn_canvas *c) { return c->width; }
double sbnn_canvas_height(const sbnn_canvas *c) { return c->height; }

static void set_color(cairo_t *cr, sbnn_color k) { cairo_set_source_rgba(cr, k.r, k.g, k.b, k.a); }

static void set_pen(cairo_t *cr, sbnn_pen pen) {
  static const double dashes[] = {4, 2}, dots[] = {1, 1.8};
  set_color(cr, pen.color);
  cairo_set_line_width(cr, pen.width);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
  cairo_set_dash(cr, pen.dash == SBNN_DOTTED ? dots : dashes, pen.dash == SBNN_SOLID ? 0 : 2, 0);
}

/* A copy that cairo accepts: one bad byte, or a control character, would put the whole drawing into an error
 * state. */
static char *printable(const char *text) {
  char *copy = sbnn_strdup(text);
  for (unsigned char *s = (unsigned char *)copy; *s;) {
    size_t n = sbnn_utf8_length(s);
    if (n == 0 || *s < 0x20 || *s == 0x7F) *s = '?', n = 1;
    s += n;
  }
  return copy;
}

static void set_font(cairo_t *cr, const sbnn_type *type) {
  cairo_select_font_face(cr, "DejaVu Sans", type->italic ? CAIRO_FONT_SLANT_ITALIC : CAIRO_FONT_SLANT_NORMAL,
                         type->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, type->size > 0 ? type->size : SBNN_FONT_PT);
}

static double advance(cairo_t *cr, const char *text) {
  cairo_text_extents_t extents;
  cairo_text_extents(cr, text, &extents);
  return extents.x_advance;
}

double sbnn_canvas_text_width(sbnn_canvas *c, const char *text, const sbnn_type *type) {
  char *copy = printable(text);
  set_font(c->cairo, type);
  double width = advance(c->cairo, copy);
  free(copy);
  return width;
}

void sbnn_canvas_text(sbnn_canvas *c, double x, double y, const char *text, const sbnn_type *type) {
  cairo_t *cr = c->cairo;
  char *copy = printable(text);
  const sbnn_color k = type->color, black = {0.1, 0.1, 0.1, 1};
  cairo_save(cr);
  set_font(cr, type);
  cairo_translate(cr, x, y);
  if (type->upward) cairo_rotate(cr, -M_PI / 2);
  double dx = -0.5 * type->across * advance(cr, copy), dy = (1 - 0.5 * type->down) * sbnn_type_height(type);
  if (type->halo > 0) {
    cairo_move_to(cr, dx, dy);
    cairo_text_path(cr, copy);
    set_pen(cr, (sbnn_pen){{1, 1, 1, 0.9}, 2 * type->halo, SBNN_SOLID});
    cairo_stroke(cr);
  }
  set_color(cr, k.a == 0 ? black : k);
  cairo_move_to(cr, dx, dy);
  cairo_show_text(cr, copy);
  cairo_restore(cr);
  free(copy);
}

static void trace(cairo_t *cr, int64_t n, const double *xy) {
  bool down = false;
  cairo_new_path(cr);
  for (int64_t i = 0; i < n; i++, xy += 2) {
    bool finite = isfinite(xy[0]) && isfinite(xy[1]);
    if (finite && down) cairo_line_to(cr, xy[0], xy[1]);
    else if (finite) cairo_move_to(cr, xy[0], xy[1]);
    down = finite;
  }
}

void sbnn_canvas_line(sbnn_canvas *c, int64_t n, const double *xy, sbnn_pen pen) {
  trace(c->cairo, n, xy);
  set_pen(c->cairo, pen);
  cairo_stroke(c->cairo);
}

void sbnn_canvas_polygon(sbnn_canvas *c, int64_t n, const double *xy, sbnn_color fill) {
  trace(c->cairo, n, xy);
  set_color(c->cairo, fill);
  cairo_fill(c->cairo);
}

void sbnn_canvas_rect(sbnn_canvas *c, double x, double y, double w, double h, sbnn_color fill) {
  set_color(c->cairo, fill);
  cairo_rectangle(c->cairo, x, y, w, h);
  cairo_fill(c->cairo);
}

void sbnn_canvas_frame(sbnn_canvas *c, double x, double y, double w, double h, sbnn_pen pen) {
  set_pen(c->cairo, pen);
  cairo_rectangle(c->cairo, x, y, w, h);
  cairo_stroke(c->cairo);
}

/* A disc is a line of no length with round ends: a tenth of the bytes of four Bezier arcs. */
static void paint_discs(cairo_t *cr, int64_t n, const double *xy, double radius, const sbnn_color *color) {
  cairo_set_dash(cr, NULL, 0, 0);
  cairo_set_line_width(cr, 2 * radius);
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  for (int64_t i = 0; i < n; i++) {
    if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1])) continue;
    set_color(cr, color[i]);
    cairo_move_to(cr, xy[2 * i], xy[2 * i + 1]);
    cairo_line_to(cr, xy[2 * i], xy[2 * i + 1]);
    cairo_stroke(cr);
  }
}

/* Paints `image`, which it takes over, into a rectangle. */
static void place_image(cairo_t *cr, cairo_surface_t *image, double x, double y, double w, double h) {
  double columns = cairo_image_surface_get_width(image), rows = cairo_image_surface_get_height(image);
  cairo_save(cr);
  cairo_translate(cr, x, y);
  cairo_scale(cr, w / columns, h / rows);
  cairo_set_source_surface(cr, image, 0, 0);
  cairo_paint(cr);
  cairo_restore(cr);
  cairo_surface_destroy(image);
}

void sbnn_canvas_discs(sbnn_canvas *c, int64_t n, const double *xy, double radius, const sbnn_color *color) {
  double x0, y0, x1, y1, scale = EMBEDDED_DPI / 72.0;
  cairo_clip_extents(c->cairo, &x0, &y0, &x1, &y1);
  int columns = (int)ceil((x1 - x0) * scale), rows = (int)ceil((y1 - y0) * scale);
  if (!c->vector || n <= MOST_VECTOR_DISCS || columns < 1 || rows < 1) {
    paint_discs(c->cairo, n, xy, radius, color);
    return;
  }
  cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, columns, rows);
  cairo_t *cr = cairo_create(image);
  cairo_scale(cr, scale, scale);
  cairo_translate(cr, -x0, -y0);
  paint_discs(cr, n, xy, radius, color);
  cairo_destroy(cr);
  place_image(c->cairo, image, x0, y0, columns / scale, rows / scale);
}

void sbnn_canvas_image(sbnn_canvas *c, double x, double y, double w, double h, const sbnn_image *from) {
  cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, from->columns, from->rows);
  unsigned char *data = cairo_image_surface_get_data(image);
  if (data) {
    int stride = cairo_image_surface_get_stride(image);
    const size_t columns = (size_t)from->columns;
    for (int i = 0; i < from->rows; i++)
      memcpy(data + (size_t)i * (size_t)stride, from->pixels + (size_t)i * columns, 4 * columns);
    cairo_surface_mark_dirty(image);
  }
  place_image(c->cairo, image, x, y, w, h);
}

void sbnn_canvas_clip(sbnn_canvas *c, double x, double y, double w, double h) {
  cairo_save(c->cairo);
  cairo_rectangle(c->cairo, x, y, w, h);
  cairo_clip(c->cairo);
}

void sbnn_canvas_unclip(sbnn_canvas *c) { cairo_restore(c->cairo); }

static cairo_status_t collect(void *bytes, const unsigned char *data, unsigned n) {
  sbnn_bytes_append(bytes, data, n);
  return CAIRO_STATUS_SUCCESS;
}

typedef enum file_format { PNG, SVG, PDF } file_format;

/* PNGs are written from the finished pixels, the others as they are drawn. */
static cairo_surface_t *open_surface(file_format format, sbnn_page page, sbnn_bytes *bytes) {
  cairo_surface_t *s;
  if (format == PNG)
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)lround(page.width * PNG_DPI / 72),
                                      (int)lround(page.height * PNG_DPI / 72));
  if (format == SVG) return cairo_svg_surface_create_for_stream(collect, bytes, page.width, page.height);
  s = cairo_pdf_surface_create_for_stream(collect, bytes, page.width, page.height);
  /* A fixed date: same picture, same bytes. */
  cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
  cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "sbnn");
  return s;
}

/* Without hinting of metrics text is as wide in pixels as in vectors, so one layout serves all. */
static void set_defaults(sbnn_canvas *c, file_format format) {
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(c->cairo, options);
  cairo_font_options_destroy(options);
  if (format == PNG) cairo_scale(c->cairo, PNG_DPI / 72.0, PNG_DPI / 72.0);
  sbnn_canvas_rect(c, -1, -1, c->width + 2, c->height + 2, (sbnn_color){1, 1, 1, 1});
}

static cairo_status_t render(file_format format, sbnn_page page, sbnn_draw *draw, const void *what,
                             sbnn_bytes *bytes) {
  cairo_surface_t *surface = open_surface(format, page, bytes);
  sbnn_canvas c = {cairo_create(surface), page.width, page.height, format != PNG};
  set_defaults(&c, format);
  draw(&c, what);
  cairo_status_t status = cairo_status(c.cairo);
  cairo_destroy(c.cairo);
  cairo_surface_flush(surface);
  if (!status && format == PNG) status = cairo_surface_write_to_png_stream(surface, collect, bytes);
  cairo_surface_finish(surface);
  if (!status) status = cairo_surface_status(surface);
  cairo_surface_destroy(surface);
  if (!status && format == SVG) sbnn_svg_renumber(bytes);
  return status;
}

int sbnn_figure_save(const char *directory, const char *name, sbnn_page page, sbnn_draw *draw,
                     const void *what, sbnn_error *e) {
  static const char *const extension[] = {[PNG] = "png", [SVG] = "svg", [PDF] = "pdf"};
  int status = SBNN_OK;
  for (int i = PNG; i <= PDF && status == SBNN_OK; i++) {
    sbnn_bytes bytes = {0};
    cairo_status_t drawn = render((file_format)i, page, draw, what, &bytes);
    status = drawn ? sbnn_fail(e, SBNN_FAILED, "the figure %s/%s.%s could not be drawn: cairo says \"%s\"",
                               directory, name, extension[i], cairo_status_to_string(drawn))
                   : sbnn_outfile_write(directory, name, extension[i], &bytes, e);
    free(bytes.data);
  }
  return status;
}

#else /* no cairo: everything links, nothing is drawn */

bool sbnn_figures_available(void) { return false; }
double sbnn_canvas_width(const sbnn_canvas *c) { return c ? 0 : 0; }
double sbnn_canvas_height(const sbnn_canvas *c) { return c ? 0 : 0; }

int sbnn_figure_save(const char *directory, const char *name, sbnn_page page, sbnn_draw *draw,
                     const void *what, sbnn_error *e) {
  (void)directory, (void)name, (void)page, (void)draw, (void)what, (void)e;
  return SBNN_OK;
}

double sbnn_canvas_text_width(sbnn_canvas *c, const char *text, const sbnn_type *type) {
  (void)c, (void)text, (void)type;
  return 0;
}

void sbnn_canvas_text(sbnn_canvas *c, double x, double y, const char *text, const sbnn_type *type) {
  (void)c, (void)x, (void)y, (void)text, (void)type;
}

void sbnn_canvas_line(sbnn_canvas *c, int64_t n, const double *xy, sbnn_pen pen) {
  (void)c, (void)n, (void)xy, (void)pen;
}

void sbnn_canvas_polygon(sbnn_canvas *c, int64_t n, const double *xy, sbnn_color fill) {
  (void)c, (void)n, (void)xy, (void)fill;
}

void sbnn_canvas_rect(sbnn_canvas *c, double x, double y, double w, double h, sbnn_color fill) {
  (void)c, (void)x, (void)y, (void)w, (void)h, (void)fill;
}

void sbnn_canvas_frame(sbnn_canvas *c, double x, double y, double w, double h, sbnn_pen pen) {
  (void)c, (void)x, (void)y, (void)w, (void)h, (void)pen;
}

void sbnn_canvas_discs(sbnn_canvas *c, int64_t n, const double *xy, double radius, const sbnn_color *color) {
  (void)c, (void)n, (void)xy, (void)radius, (void)color;
}

void sbnn_canvas_image(sbnn_canvas *c, double x, double y, double w, double h, const sbnn_image *from) {
  (void)c, (void)x, (void)y, (void)w, (void)h, (void)from;
}

void sbnn_canvas_clip(sbnn_canvas *c, double x, double y, double w, double h) {
  (void)c, (void)x, (void)y, (void)w, (void)h;
}

void sbnn_canvas_unclip(sbnn_canvas *c) { (void)c; }

#endif
