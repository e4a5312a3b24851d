/* page.c - see page.h. */
#include "report/page.h"

#include "output/writer.h"
#include "report/page_files.h"

#include <string.h>

static const sbnn_page_file *file_named(const char *name, size_t length) {
  for (const sbnn_page_file *f = sbnn_page_files; f->name; f++)
    if (strlen(f->name) == length && memcmp(f->name, name, length) == 0) return f;
  return NULL;
}

static void put_bytes(sbnn_writer *w, const char *text, size_t n) { sbnn_put(w, "%.*s", (int)n, text); }

static void put_escaped(sbnn_writer *w, const char *text) {
  for (; *text; text++) {
    if (*text == '<' || *text == '&') sbnn_put(w, "&#%d;", *text);
    else sbnn_put(w, "%c", *text);
  }
}

/* What the mark "name" stands for. */
static void put_mark(sbnn_writer *w, const char *name, size_t length, const char *title, const char *data) {
  const sbnn_page_file *f = file_named(name, length);
  if (f) put_bytes(w, (const char *)f->bytes, f->n);
  else if (strncmp(name, "title", length) == 0) put_escaped(w, title);
  else if (strncmp(name, "data", length) == 0) sbnn_put(w, "%s", data);
}

int sbnn_page_write(const char *path, const char *title, const char *data, sbnn_error *e) {
  static const char template_name[] = "template.html";
  const sbnn_page_file *page = file_named(template_name, sizeof template_name - 1);
  const char *at = (const char *)page->bytes, *mark;
  sbnn_writer w;
  sbnn_writer_open(&w, path);
  for (; (mark = strstr(at, "{{")); at += 2) {
    put_bytes(&w, at, (size_t)(mark - at));
    at = strstr(mark, "}}");
    put_mark(&w, mark + 2, (size_t)(at - mark - 2), title, data);
  }
  sbnn_put(&w, "%s", at);
  return sbnn_writer_close(&w, e);
}
