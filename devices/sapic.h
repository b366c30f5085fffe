/* Interrupt messages of the SAPIC family.  PUBLIC.
 *
 * Redirection entries of an IOSAPIC and stores to the processor interrupt block both end as a
 * message {destination, delivery mode, vector}; the machine hands it to a local SAPIC.
 * SDM 2:5.8.4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_SAPIC_H
#define DEVICES_SAPIC_H

#include "base/types.h"

enum sapic_mode {
    SAPIC_INT = 0,
    SAPIC_LOWEST = 1,
    SAPIC_PMI = 2,
    SAPIC_NMI = 4,
    SAPIC_INIT = 5,
    SAPIC_EXTINT = 7,
};

/* `dest` is id << 8 | eid, as in cr.lid{31:16}. */
struct sapic_bus {
    void (*deliver)(void *opaque, unsigned dest, enum sapic_mode mode, unsigned vector);
    void *opaque;
};

#endif
