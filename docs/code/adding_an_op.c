/* An op of your own, outside the library: the Gaussian e^(-x^2). docs/adding_an_op.md explains it. */
#include <nabla/autograd/autograd.h>

#include <math.h>
#include <stdio.h>

static void gaussian_f32(const ag_attr *attr, int n, const float *const *in, float *out) {
  (void)attr;
  for (int i = 0; i < n; i++) out[i] = expf(-in[0][i] * in[0][i]);
}

static void gaussian_f64(const ag_attr *attr, int n, const double *const *in, double *out) {
  (void)attr;
  for (int i = 0; i < n; i++) out[i] = exp(-in[0][i] * in[0][i]);
}

/* d/dx e^(-x^2) = -2 x e^(-x^2), built with public constructors, so it can be differentiated again. */
static void gaussian_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_scale(g, ag_mul(g, ag_in(g, y, 0), y), -2));
}

static const ag_op gaussian_op = {.name = "gaussian",
                                  .doc = "e^(-x^2)",
                                  .kind = AG_ELEMENTWISE,
                                  .arity = 1,
                                  .flags = AG_ROWWISE,
                                  .f32 = gaussian_f32,
                                  .f64 = gaussian_f64,
                                  .vjp = gaussian_vjp};

static ag_ref gaussian(ag_graph *g, ag_ref x) { return ag_emit(g, &gaussian_op, &x, 1, NULL, NULL); }

static ag_ref checked(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return gaussian(g, in[0]);
}

int main(void) {
  double x[] = {-1.5, -0.2, 0.1, 0.9};
  tn_view at = tn_view_of(x, TN_F64, 1, (int64_t[]){4});
  ag_gradcheck_report report;
  if (ag_gradcheck(checked, NULL, &at, 1, NULL, &report) != TN_OK) return puts(report.message), 1;
  printf("first and second derivative agree with differences to %.0e\n", report.error);
  return 0;
}
