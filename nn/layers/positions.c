/* positions.c - see positions.h. */
#include "positions.h"

#include "../init/normal.h"
#include "../model/text.h"

#include <math.h>

static double sinusoid(const int64_t *index, const void *ctx) {
  double width = (double)*(const int64_t *)ctx;
  double angle = (double)index[0] / pow(10000, (double)(index[1] / 2 * 2) / width);
  return index[1] % 2 ? cos(angle) : sin(angle);
}

static bool is_sequence(nn_model *m, const char *who, ag_type t) {
  char have[NN_SHAPE_TEXT];
  if (t.rank == 3) return true;
  nn_fail(m, TN_ESHAPE, "%s: the input must be [batch, time, channels], not %s", who,
          nn_shape_text(have, t.rank, t.shape));
  return false;
}

ag_ref nn_sinusoidal_positions(nn_model *m, ag_ref x) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_type t = ag_type_of(nn_graph(m), x);
  if (!is_sequence(m, "nn_sinusoidal_positions", t)) return (ag_ref){0};
  return ag_add(nn_graph(m), x, nn_constant(m, 2, &t.shape[1], sinusoid, &t.shape[2]));
}

ag_ref nn_learned_positions(nn_model *m, const char *name, ag_ref x, int64_t longest) {
  if (!nn_enter(m, "nn_learned_positions", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank != 3 || t.shape[1] > longest)
    return nn_refuse(m, TN_ESHAPE,
                     "the input must be [batch, time, channels] with at most %lld times, not %s",
                     (long long)longest, nn_shape_text(have, t.rank, t.shape));
  ag_ref table = nn_parameter_as(m, "table", 2, (int64_t[]){longest, t.shape[2]}, nn_init_normal(0, 0.02));
  return nn_leave(m, ag_add(g, x, ag_slice(g, table, 0, 0, t.shape[1])));
}

/* ---- rotary ---------------------------------------------------------------------------------------------- */

typedef struct turn {
  double base, width, first;
  bool sine;
} turn;

static double turned(const int64_t *index, const void *ctx) {
  const turn *r = ctx;
  double angle = (r->first + (double)index[0]) * pow(r->base, -2 * (double)index[1] / r->width);
  return r->sine ? sin(angle) : cos(angle);
}

ag_ref nn_rotary(nn_model *m, ag_ref x, double base, int64_t first) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank < 2 || t.shape[t.rank - 1] % 2 || !(base > 0)) {
    nn_fail(m, TN_ESHAPE,
            "nn_rotary: the input must be [..., time, an even width] and the base above 0, not %s and %g",
            nn_shape_text(have, t.rank, t.shape), base);
    return (ag_ref){0};
  }
  int64_t half = t.shape[t.rank - 1] / 2, table[] = {t.shape[t.rank - 2], half};
  turn r = {base, 2 * (double)half, (double)first, false};
  ag_ref c = nn_constant(m, 2, table, turned, &r);
  r.sine = true;
  ag_ref s = nn_constant(m, 2, table, turned, &r);
  ag_ref a = ag_slice(g, x, t.rank - 1, 0, half), b = ag_slice(g, x, t.rank - 1, half, half);
  ag_ref left = ag_sub(g, ag_mul(g, a, c), ag_mul(g, b, s));
  ag_ref right = ag_add(g, ag_mul(g, b, c), ag_mul(g, a, s));
  return ag_concat(g, (ag_ref[]){left, right}, 2, t.rank - 1);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref sines(nn_model *m, const ag_ref *in) { return nn_sinusoidal_positions(m, in[0]); }
static ag_ref learned(nn_model *m, const ag_ref *in) { return nn_learned_positions(m, "position", in[0], 6); }
static ag_ref rotary(nn_model *m, const ag_ref *in) { return nn_rotary(m, in[0], 10000, 3); }

static const nn_sample sine_samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 5, 4}}}, .build = sines}};
static const nn_sample learned_samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 5, 4}}}, .build = learned}};
static const nn_sample rotary_samples[] = {
    {.name = "from the third on", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 5, 4}}}, .build = rotary}};

const nn_row nn_layer_sinusoidal_positions = {"nn_sinusoidal_positions",
                                              "Adds sines and cosines of the position.", sine_samples, 1};
const nn_row nn_layer_learned_positions = {"nn_learned_positions", "Adds a trained vector for each position.",
                                           learned_samples, 1};
const nn_row nn_layer_rotary = {"nn_rotary",
                                "Rotates pairs of channels by an angle that grows with the position (RoPE).",
                                rotary_samples, 1};
