/* Assembly that is written once and assembled once per way of running: native, or in a domain.
 * The instructions of inst.def come from one of two files; a global name gets a prefix.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef ASSEMBLE_FOR_XEN
#include "xen_inst.h"
#else
#include "native_inst.h"
#endif
#include "asm.h"
