/* transport.c - see transport.h. */
#include "transport.h"

const sbnn_transport *sbnn_transport_of_build;
