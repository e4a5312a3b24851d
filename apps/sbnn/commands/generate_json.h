/* generate_json.h - `sbnn --generate json`: commands and options as data, for programs that call this one
 * (apps/sbnn/python). */
#ifndef SBNN_GENERATE_JSON_H
#define SBNN_GENERATE_JSON_H

#include <stdio.h>

/* One object: version, commands by name; of each its summary, description, whether it prints, the operand it takes
 * (null: none), and its options by name: kind, value, needs, choices, default, lowest, highest, required, unless,
 * group, help. A bound that does not exist is null. docs/output.md has them. */
void sbnn_generate_json(FILE *to);

#endif
