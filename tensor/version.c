/* version.c - the version of the library. */
#include "tensor/tensor.h"

#include <nabla/version.h>

const char *tn_version(void) { return NABLA_VERSION; }
