/* What all assembly files use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_ASM_H
#define JANUS_ASM_H

#include "asm-offsets.h"
#include "layout.h"

#define GLOBAL(name) .global name; .align 32; .proc name; name:
#define END(name) .endp name

/* Above the stack pointer are 16 bytes that belong to the function called. */
#define FRAME(field) (16 + (field))

#endif
