/* Assembly that is written once and assembled once per way of running: native, or in a domain.
 * The instructions of inst.def come from one of two files; a global name gets a prefix.
 *
 * In place is the rule; built with PV_CALLS, they are calls (call_inst.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#if defined PV_CALLS && !defined PV_IN_PLACE
#include "inst_rename.h"
#define PV_ARE_CALLS
#endif

#ifdef ASSEMBLE_FOR_XEN
#include "xen_inst.h"
#else
#include "native_inst.h"
#endif

#ifdef PV_ARE_CALLS
#include "inst_unname.h"
#include "call_inst.h"
#else
	/* Nothing to keep. */
	.macro	KEEP_B7
	.endm
	.macro	RESTORE_B7
	.endm
#endif
#include "asm.h"
