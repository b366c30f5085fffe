/* The ACPI fixed hardware: power management event, control and timer, reset register.  PUBLIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_ACPI_PM_H
#define DEVICES_ACPI_PM_H

#include "devices/device.h"
#include "devices/ioport.h"

/* Offsets from the block's first port; bios/acpi.c writes them into the FADT. */
enum { PM1_EVT = 0, PM1_CNT = 4, PM_TMR = 8, PM_RESET = 12, PM_SIZE = 16 };
#define PM_RESET_VALUE 1
#define PM_SLP_TYP_S5 5
#define PM_TIMER_HZ 3579545

enum pm_event { PM_POWER_OFF, PM_RESET_MACHINE };

struct pm_config {
    struct irq_line sci;
    void (*event)(void *opaque, enum pm_event event);
    u64 (*now_ns)(void *opaque);
    void *opaque;
};

struct acpi_pm;
extern const struct ioport_ops acpi_pm_ops;

struct acpi_pm *acpi_pm_new(const struct pm_config *config);
void acpi_pm_free(struct acpi_pm *pm);
void acpi_pm_reset(struct acpi_pm *pm);
u64 acpi_pm_hash(const struct acpi_pm *pm, u64 seed);
void acpi_pm_press_power_button(struct acpi_pm *pm);

#endif
