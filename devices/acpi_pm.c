/* The ACPI fixed hardware, the smallest that both old and new Linux kernels accept: the event block
 * with the power button, a control block that is always in ACPI mode and turns the machine off, a
 * timer, a reset register.  ACPI 2.0, 4.7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/acpi_pm.h"

#include "base/bits.h"
#include "base/section.h"

enum { STS_POWER_BUTTON = 1 << 8 };
enum { CNT_SCI_EN = 1, CNT_SLP_EN = 1 << 13 };
#define STS_BITS 0x8731u /* timer, bus master, global, buttons, RTC, wake */
#define EN_BITS 0x0721u

struct acpi_pm {
    struct pm_config config;
    u16 status, enable, control;
};

struct acpi_pm *acpi_pm_new(const struct pm_config *config)
{
    struct acpi_pm *pm = g_new0(struct acpi_pm, 1);
    pm->config = *config;
    acpi_pm_reset(pm);
    return pm;
}

void acpi_pm_free(struct acpi_pm *pm)
{
    g_free(pm);
}

static void update_sci(struct acpi_pm *pm)
{
    irq_set(&pm->config.sci, pm->status & pm->enable);
}

void acpi_pm_reset(struct acpi_pm *pm)
{
    pm->status = pm->enable = 0;
    pm->control = CNT_SCI_EN;
    update_sci(pm);
}

u64 acpi_pm_hash(const struct acpi_pm *pm, u64 seed)
{
    return hash_u64(seed, pm->status | (u64)pm->enable << 16 | (u64)pm->control << 32);
}

void acpi_pm_press_power_button(struct acpi_pm *pm)
{
    pm->status |= STS_POWER_BUTTON;
    update_sci(pm);
}

static u32 timer_value(const struct acpi_pm *pm)
{
    u64 ns = pm->config.now_ns(pm->config.opaque);
    return (u32)((u128)ns * PM_TIMER_HZ / 1000000000u) & 0xffffff;
}

/* The registers as one little-endian array of bytes, so that every access size works. */
static u32 register_at(const struct acpi_pm *pm, unsigned offset)
{
    switch (offset & ~3u) {
    case PM1_EVT: return pm->status | (u32)pm->enable << 16;
    case PM1_CNT: return pm->control;
    case PM_TMR: return timer_value(pm);
    default: return 0;
    }
}

static u32 pm_read(void *opaque, unsigned offset, unsigned size)
{
    return (u32)zext(register_at(opaque, offset) >> (offset & 3) * 8, size * 8);
}

static void write_control(struct acpi_pm *pm, u16 value)
{
    pm->control = (value & ~(u32)CNT_SLP_EN) | CNT_SCI_EN;
    if ((value & CNT_SLP_EN) && bits(value, 12, 10) == PM_SLP_TYP_S5) {
        pm->config.event(pm->config.opaque, PM_POWER_OFF);
    }
}

static void pm_write(void *opaque, unsigned offset, unsigned size, u32 value)
{
    struct acpi_pm *pm = opaque;
    unsigned shift = (offset & 3) * 8;
    u32 mask = (u32)mask64(size * 8) << shift;
    value <<= shift;
    switch (offset & ~3u) {
    case PM1_EVT:
        pm->status &= (u16)~(value & mask & STS_BITS);
        pm->enable = (u16)((pm->enable & ~(mask >> 16)) | ((value & mask) >> 16 & EN_BITS));
        update_sci(pm);
        break;
    case PM1_CNT:
        write_control(pm, (u16)((pm->control & ~mask) | (value & mask)));
        break;
    case PM_RESET:
        if ((u8)value == PM_RESET_VALUE) pm->config.event(pm->config.opaque, PM_RESET_MACHINE);
        break;
    default:
        break;
    }
}

const struct ioport_ops acpi_pm_ops = { .name = "acpi pm", .read = pm_read, .write = pm_write };
