/* The making of a symbol list; its use is in guest.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_SYMBOLS_H
#define GUEST_SYMBOLS_H

#include "guest/elf.h"

struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);
void symbols_add_elf(struct symbols *s, const struct elf *elf);
/* Do both say the same of every name and address? */
bool symbols_equal(const struct symbols *x, const struct symbols *y);

#endif
