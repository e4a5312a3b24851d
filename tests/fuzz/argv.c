/* argv.c - fuzzes the command line: words that end in a NUL, or a line end, so that seeds can be read. Nothing
 * is run. What was understood, written as --name=value as run.json has it, must be understood as the same. */
#include "fuzz.h"
#include "options/config.h"
#include "options/options.h"

enum { WORDS = 256, EACH = 1 << 16 };

typedef struct words {
  int n;
  char *word[WORDS], *text; /* of words we made */
  size_t used;
} words;

/* Files whose names are in the input are nobody's: only those of the directory. */
static bool names_config(const char *word) { return strstr(word, "config") && strchr(word, '/'); }

static void add(void *ctx, const char *name, char kind, const char *value) {
  words *w = ctx;
  if (!value || w->n == WORDS || (kind == 'b' && strcmp(value, "true") != 0)) return;
  const size_t room = EACH - w->used;
  char *place = w->text + w->used;
  int length =
      kind == 'b' ? snprintf(place, room, "--%s", name) : snprintf(place, room, "--%s=%s", name, value);
  if (length < 0 || (size_t)length >= room) abort();
  w->word[w->n++] = place;
  w->used += (size_t)length + 1;
}

static bool has_words(const sbnn_options *o) { return o->command->words || o->n_operands || o->help_topic; }

static void parse_again(const sbnn_options *o) {
  words first = {.text = malloc(EACH)}, second = {.text = malloc(EACH)};
  sbnn_options again;
  sbnn_error e = {0};
  first.word[first.n++] = (char *)"sbnn";
  first.word[first.n++] = (char *)o->command->name;
  sbnn_options_each(o, add, &first);
  int code = sbnn_options_parse(first.n, first.word, &again, &e);
  fuzz_check(code, &e);
  if (code != SBNN_OK) {
    for (int i = 0; i < first.n; i++) fprintf(stderr, "%s ", first.word[i]);
    fprintf(stderr, "\nrefused: %s\n", e.text);
    abort();
  }
  sbnn_options_each(&again, add, &second);
  if (second.n + 2 != first.n) abort();
  for (int i = 0; i < second.n; i++)
    if (strcmp(first.word[i + 2], second.word[i]) != 0) {
      fprintf(stderr, "'%s' became '%s'\n", first.word[i + 2], second.word[i]);
      abort();
    }
  free(first.text), free(second.text);
}

static void enter_directory(void) {
  static const char settings[] = "lasso = 0.2\nseed = 7\n";
  fuzz_write("a.conf", settings, sizeof settings - 1);
  if (chdir(fuzz_dir) != 0) abort();
}

/* Splits what is in the text; returns the number of words, 0 if it is not to be parsed. */
static int split(char *text, size_t size, char *argv[WORDS + 1]) {
  int argc = 1;
  for (size_t i = 0; i < size && argc < WORDS; i += strlen(text + i) + 1) {
    text[i + strcspn(text + i, "\n")] = '\0';
    if (names_config(text + i)) return 0;
    argv[argc++] = text + i;
  }
  return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!*fuzz_dir) enter_directory();
  char *text = malloc(size + 1), *argv[WORDS + 1] = {(char *)"sbnn"};
  if (!text) abort();
  memcpy(text, data, size);
  text[size] = '\0';
  const int argc = split(text, size, argv);
  if (argc > 0) {
    sbnn_options o;
    sbnn_error e = {0};
    int code = sbnn_options_parse(argc, argv, &o, &e);
    fuzz_check(code, &e);
    if (code != SBNN_OK && code != SBNN_USAGE && code != SBNN_BAD_INPUT) abort();
    if (code == SBNN_OK && !has_words(&o)) parse_again(&o);
  }
  sbnn_config_forget();
  free(text);
  return 0;
}
