/* progress.c - one updating line, or plain lines (progress.h). */
#include "progress.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE = 512, BAR = 20, SHOWN = 4 };
#define REDRAW_SECONDS 0.1
#define SETTLED        0.01 /* of the work, before a time left is worth showing */

/* A model under way. */
typedef struct running {
  sbnn_progress_step step;
  double since; /* start of the phase */
} running;

struct sbnn_progress {
  pthread_mutex_t lock;
  FILE *to;
  bool terminal;
  double total, done, start, drawn;
  int models, models_done;
  running *run; /* [n_run], in order of appearance */
  size_t n_run;
};

static bool is_terminal(FILE *to) {
  const char *term = getenv("TERM");
  return isatty(fileno(to)) && !(term && strcmp(term, "dumb") == 0);
}

sbnn_progress *sbnn_progress_new(FILE *to, double total_units, int n_models, bool quiet) {
  if (quiet) return NULL;
  sbnn_progress *p = sbnn_alloc(1, sizeof *p);
  *p = (sbnn_progress){
      .to = to, .terminal = is_terminal(to), .total = total_units, .start = sbnn_clock(), .models = n_models};
  pthread_mutex_init(&p->lock, NULL);
  return p;
}

/* ---- text ---- */

typedef struct line {
  char text[LINE];
  size_t n;
} line;

__attribute__((format(printf, 2, 3))) static void add(line *l, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(l->text + l->n, sizeof l->text - l->n, format, args);
  va_end(args);
  if (n > 0) l->n = (size_t)n < sizeof l->text - l->n ? l->n + (size_t)n : sizeof l->text - 1;
}

static void add_time(line *l, double seconds) {
  long s = lround(seconds);
  if (s < 3600) add(l, "%ld:%02ld", s / 60, s % 60);
  else add(l, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

static void add_score(line *l, const sbnn_progress_step *s) {
  if (!isnan(s->value)) add(l, " %s %.3f", s->score ? s->score : "R2", s->value);
}

static void add_model(line *l, const char *model, int fold) {
  add(l, "%s", model);
  if (fold > 0) add(l, " fold %d", fold);
}

/* ---- the terminal's line ---- */

static size_t columns_of(FILE *to) {
  struct winsize size;
  bool known = ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 20;
  return known ? size.ws_col : 80;
}

static void add_running(line *l, const sbnn_progress *p) {
  for (size_t i = 0; i < p->n_run && i < SHOWN; i++) {
    const sbnn_progress_step *s = &p->run[i].step;
    add(l, " | ");
    if (s->fold > 0) add(l, "fold %d ", s->fold);
    add(l, "%s %d/%d", s->phase, s->epoch, s->epochs);
    add_score(l, s);
  }
  if (p->n_run > SHOWN) add(l, " | +%zu", p->n_run - SHOWN);
}

static void draw(sbnn_progress *p) {
  line l = {.n = 0};
  double part = p->total > 0 ? fmin(p->done / p->total, 1) : 0, t = sbnn_clock();
  int full = (int)(part * BAR);
  add(&l, "[%.*s%.*s] %3.0f%%", full, "####################", BAR - full, "--------------------", 100 * part);
  if (p->models > 1) add(&l, " %d/%d models", p->models_done, p->models);
  if (part >= SETTLED) {
    add(&l, " ");
    add_time(&l, (t - p->start) * (1 - part) / part);
    add(&l, " left");
  }
  add_running(&l, p);
  fprintf(p->to, "\r%.*s\033[K", (int)columns_of(p->to) - 1, l.text); /* a full line would wrap */
  fflush(p->to);
  p->drawn = t;
}

static void clear(sbnn_progress *p) {
  if (p->terminal) fputs("\r\033[K", p->to);
}

static void plain(sbnn_progress *p, const line *l) {
  clear(p);
  fprintf(p->to, "%s\n", l->text);
  if (p->terminal) draw(p);
  fflush(p->to);
}

/* ---- reports ---- */

static size_t find(const sbnn_progress *p, const char *model, int fold) {
  size_t i = 0;
  while (i < p->n_run && (p->run[i].step.fold != fold || strcmp(p->run[i].step.model, model) != 0)) i++;
  return i;
}

static running *under_way(sbnn_progress *p, const sbnn_progress_step *step) {
  size_t i = find(p, step->model, step->fold);
  if (i == p->n_run) {
    p->run = sbnn_realloc(p->run, ++p->n_run, sizeof *p->run);
    p->run[i] = (running){.since = p->models > 1 ? sbnn_clock() : p->start};
  }
  return &p->run[i];
}

static void phase_line(sbnn_progress *p, running *r) {
  line l = {.n = 0};
  double t = sbnn_clock();
  add(&l, "%s: %d epochs,", r->step.phase, r->step.epoch); /* there is one model only: no need to name it */
  add_score(&l, &r->step);
  add(&l, "%s", isnan(r->step.value) ? " " : ", ");
  add_time(&l, t - r->since);
  r->since = t;
  plain(p, &l);
}

void sbnn_progress_epoch(sbnn_progress *p, const sbnn_progress_step *step) {
  if (!p) return;
  pthread_mutex_lock(&p->lock);
  running *r = under_way(p, step);
  r->step = *step;
  p->done += step->units;
  if (p->models <= 1 && step->epoch == step->epochs) phase_line(p, r);
  else if (p->terminal && sbnn_clock() - p->drawn >= REDRAW_SECONDS) draw(p);
  pthread_mutex_unlock(&p->lock);
}

void sbnn_progress_add(sbnn_progress *p, double units) {
  if (!p) return;
  pthread_mutex_lock(&p->lock);
  p->done += units;
  pthread_mutex_unlock(&p->lock);
}

void sbnn_progress_model_done(sbnn_progress *p, const char *model, int fold, const char *sentence) {
  if (!p) return;
  line l = {.n = 0};
  pthread_mutex_lock(&p->lock);
  size_t i = find(p, model, fold);
  if (i < p->n_run) memmove(p->run + i, p->run + i + 1, (--p->n_run - i) * sizeof *p->run);
  p->models_done++;
  if (p->models > 1) add(&l, "%d/%d ", p->models_done, p->models);
  add_model(&l, model, fold);
  add(&l, ": %s", sentence ? sentence : "done");
  plain(p, &l);
  pthread_mutex_unlock(&p->lock);
}

void sbnn_progress_free(sbnn_progress *p) {
  if (!p) return;
  clear(p);
  fflush(p->to);
  pthread_mutex_destroy(&p->lock);
  free(p->run);
  free(p);
}
