/* utf8.c - see utf8.h. */
#include "utf8.h"

#include "sbnn.h"

size_t sbnn_utf8_length(const unsigned char *s) {
  size_t n = *s < 0x80                 ? 1
             : *s >= 0xC2 && *s < 0xE0 ? 2
             : (*s & 0xF0) == 0xE0     ? 3
             : *s >= 0xF0 && *s < 0xF5 ? 4
                                       : 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  if ((*s == 0xE0 && s[1] < 0xA0) || (*s == 0xED && s[1] >= 0xA0)) return 0; /* overlong, surrogate */
  if ((*s == 0xF0 && s[1] < 0x90) || (*s == 0xF4 && s[1] >= 0x90)) return 0; /* overlong, beyond Unicode */
  return n;
}

char *sbnn_utf8(const char *text) {
  char *copy = sbnn_strdup(text);
  for (unsigned char *s = (unsigned char *)copy; *s;) {
    size_t n = sbnn_utf8_length(s);
    if (n == 0) *s = '?', n = 1;
    s += n;
  }
  return copy;
}
