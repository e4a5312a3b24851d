/* test_sbnn_figure_parts.c - what the application's figures are made of: ticks, axes, colours, labels. */
#include "figures/axes.h"
#include "figures/labels.h"
#include "figures/palette.h"

#include <criterion/criterion.h>
#include <math.h>

/* ---- ticks and axes ---- */

Test(sbnn_ticks, steps_are_1_2_or_5_times_a_power_of_ten) {
  static const double range[][2] = {{0, 1},         {0, 0.44},   {-3.1, 2.7}, {1e-9, 7e-9},
                                    {12345, 12399}, {-1e8, 3e9}, {-5, -4}};
  for (size_t i = 0; i < sizeof range / sizeof *range; i++)
    for (int most = 2; most < 12; most++) {
      sbnn_ticks t = sbnn_ticks_for(range[i][0], range[i][1], most);
      cr_assert(t.count <= most && t.count >= 0);
      cr_assert(most < 4 || t.count >= 2, "range %zu, at most %d: %d", i, most, t.count);
      double size = t.step / pow(10, floor(log10(t.step) + 1e-9));
      cr_assert(fabs(size - 1) < 1e-9 || fabs(size - 2) < 1e-9 || fabs(size - 5) < 1e-9, "step %g", t.step);
      double slack = 1e-6 * t.step;
      cr_assert(t.count == 0 || sbnn_tick_at(&t, 0) >= range[i][0] - slack);
      cr_assert(t.count == 0 || sbnn_tick_at(&t, t.count - 1) <= range[i][1] + slack);
      cr_assert(sbnn_tick_at(&t, -1) < range[i][0] && sbnn_tick_at(&t, t.count) > range[i][1],
                "no tick is missing");
    }
}

Test(sbnn_ticks, known_ticks_and_their_text) {
  sbnn_ticks t = sbnn_ticks_for(-0.5, 0.5, 6);
  char text[32];
  cr_assert_eq(t.count, 5);
  cr_assert_float_eq(t.step, 0.2, 1e-12);
  cr_assert_eq(sbnn_tick_at(&t, 2), 0.0, "zero is exact");
  sbnn_tick_text(&t, 2, text);
  cr_assert_str_eq(text, "0.0");
  sbnn_tick_text(&t, 0, text);
  cr_assert_str_eq(text, "\u22120.4");
  t = sbnn_ticks_for(0, 200, 5);
  sbnn_tick_text(&t, t.count - 1, text);
  cr_assert_str_eq(text, "200");
}

Test(sbnn_ticks, senseless_ranges_have_none) {
  cr_assert_eq(sbnn_ticks_for(1, 1, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(2, 1, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(NAN, 1, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(0, INFINITY, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(0, 1, 1).count, 0);
}

Test(sbnn_axes, transform_and_equal_scales) {
  sbnn_axes a = {.x = 10, .y = 20, .w = 200, .h = 100, .x_lo = -1, .x_hi = 1, .y_lo = 0, .y_hi = 4};
  cr_assert_float_eq(sbnn_axes_x(&a, -1), 10, 1e-12);
  cr_assert_float_eq(sbnn_axes_x(&a, 1), 210, 1e-12);
  cr_assert_float_eq(sbnn_axes_y(&a, 0), 120, 1e-12);
  cr_assert_float_eq(sbnn_axes_y(&a, 4), 20, 1e-12);
  sbnn_axes_equal(&a);
  cr_assert_float_eq(a.w / (a.x_hi - a.x_lo), a.h / (a.y_hi - a.y_lo), 1e-12);
  cr_assert(a.x_lo <= -1 && a.x_hi >= 1 && a.y_lo <= 0 && a.y_hi >= 4, "nothing drops out");
}

/* ---- colours ---- */

static void assert_color(sbnn_color c, double r, double g, double b, double tolerance) {
  cr_assert(fabs(c.r - r) <= tolerance && fabs(c.g - g) <= tolerance && fabs(c.b - b) <= tolerance,
            "%g %g %g, not %g %g %g", c.r, c.g, c.b, r, g, b);
}

/* Entries 0, 64, 128, 191, 255 of matplotlib's table. */
Test(sbnn_palette, inferno_is_matplotlibs) {
  assert_color(sbnn_inferno(0), 0.001462, 0.000466, 0.013866, 1.0 / 255);
  assert_color(sbnn_inferno(64 / 255.0), 0.341500, 0.062325, 0.429425, 1.0 / 255);
  assert_color(sbnn_inferno(128 / 255.0), 0.735683, 0.215906, 0.330245, 1.0 / 255);
  assert_color(sbnn_inferno(191 / 255.0), 0.977092, 0.550850, 0.039050, 1.0 / 255);
  assert_color(sbnn_inferno(1), 0.988362, 0.998364, 0.644924, 1.0 / 255);
  assert_color(sbnn_inferno(-7), sbnn_inferno(0).r, sbnn_inferno(0).g, sbnn_inferno(0).b, 0);
  assert_color(sbnn_inferno(7), sbnn_inferno(1).r, sbnn_inferno(1).g, sbnn_inferno(1).b, 0);
  assert_color(sbnn_inferno(NAN), SBNN_GREY.r, SBNN_GREY.g, SBNN_GREY.b, 0);
}

Test(sbnn_palette, hex_colours) {
  sbnn_color c = {0};
  cr_assert(sbnn_color_parse("#AB379c", &c));
  assert_color(c, 0xAB / 255.0, 0x37 / 255.0, 0x9C / 255.0, 1e-12);
  cr_assert(sbnn_color_parse("0f8", &c));
  assert_color(c, 0, 1, 0x88 / 255.0, 1e-12);
  static const char *const bad[] = {"",         "#",   "#12",     "#1234",   "#12345",
                                    "#1234567", "red", "#GG0000", "#12 456", "##12345"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    cr_assert_not(sbnn_color_parse(bad[i], &c), "\"%s\"", bad[i]);
  cr_assert_not(sbnn_color_parse(NULL, &c));
  assert_color(c, 0, 1, 0x88 / 255.0, 1e-12); /* failures leave it alone */
  cr_assert_eq(sbnn_color_argb((sbnn_color){1, 0.5, 0, 1}), 0xFFFF8000u);
  cr_assert_eq(sbnn_color_argb((sbnn_color){1, 1, 1, 0}), 0u);
}

Test(sbnn_palette, categories_differ_and_are_stable) {
  sbnn_color few[10], many[60];
  sbnn_palette(10, few);
  sbnn_palette(60, many);
  for (int i = 0; i < 10; i++) assert_color(few[i], many[i].r, many[i].g, many[i].b, 0);
  for (int i = 0; i < 60; i++)
    for (int j = 0; j < i; j++) {
      double d = fabs(many[i].r - many[j].r) + fabs(many[i].g - many[j].g) + fabs(many[i].b - many[j].b);
      cr_assert(d > 0.08, "colours %d and %d", i, j);
    }
}

/* ---- labels ---- */

Test(sbnn_labels, thinned_labels_keep_the_first) {
  sbnn_label l[] = {{.want_x = 50, .want_y = 50, .w = 30, .h = 8, .text = "a"},
                    {.want_x = 60, .want_y = 52, .w = 30, .h = 8, .text = "b"},
                    {.want_x = 50, .want_y = 70, .w = 30, .h = 8, .text = "c"}};
  cr_assert_eq(sbnn_labels_thin(3, l), 2);
  cr_assert(*l[0].text == 'a' && *l[1].text == 'c');
}

Test(sbnn_labels, crowded_labels_are_moved_apart_inside_the_frame) {
  sbnn_label l[8];
  for (int i = 0; i < 8; i++)
    l[i] = (sbnn_label){.want_x = 50 + 0.1 * i, .want_y = 50 - 0.05 * i, .w = 30, .h = 8};
  cr_assert(sbnn_labels_place(8, l, 0, 0, 100, 100));
  for (int i = 0; i < 8; i++) {
    cr_assert(l[i].x >= 15 - 1e-9 && l[i].x <= 85 + 1e-9 && l[i].y >= 4 - 1e-9 && l[i].y <= 96 + 1e-9);
    for (int j = 0; j < i; j++)
      cr_assert(fabs(l[i].x - l[j].x) >= 30 || fabs(l[i].y - l[j].y) >= 8, "%d over %d", i, j);
  }
  for (int i = 0; i < 8; i++) l[i].h = 40; /* more area than there is */
  cr_assert_not(sbnn_labels_place(8, l, 0, 0, 100, 100));
}
