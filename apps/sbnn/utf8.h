/* utf8.h - text of users, who may have other encodings, for formats that demand UTF-8. Any thread. */
#ifndef SBNN_UTF8_H
#define SBNN_UTF8_H

#include <stddef.h>

/* Length of the well-formed UTF-8 character at s, or 0. */
size_t sbnn_utf8_length(const unsigned char *s);

/* A copy in which bytes that are not UTF-8 are '?'; the caller frees. */
char *sbnn_utf8(const char *text);

#endif
