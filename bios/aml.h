/* ACPI machine language, as much as our DSDT needs.  Every function appends to a GByteArray; the
 * ones that take a `body` consume it.  ACPI 2.0, chapter 17.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BIOS_AML_H
#define BIOS_AML_H

#include <glib.h>

#include "base/types.h"

void aml_name(GByteArray *out, const char *seg);           /* Name (SEG, ... next: its value */
void aml_integer(GByteArray *out, u64 value);
void aml_eisa_id(GByteArray *out, const char *id);         /* "PNP0A03" as an integer */
void aml_package(GByteArray *out, unsigned count, GByteArray *body);
void aml_buffer(GByteArray *out, GByteArray *body);
void aml_scope(GByteArray *out, const char *path, GByteArray *body); /* "_SB_": from the root */
void aml_device(GByteArray *out, const char *seg, GByteArray *body);
void aml_processor(GByteArray *out, const char *seg, unsigned id);

/* Resource descriptors, ended by aml_end_tag.  ACPI 2.0, 6.4. */
void aml_bus_numbers(GByteArray *out, u16 first, u16 last);
void aml_memory_window(GByteArray *out, u32 base, u32 size);
void aml_io_window(GByteArray *out, u16 first, u16 last);
void aml_io_ports(GByteArray *out, u16 base, u8 len);
void aml_interrupt(GByteArray *out, u32 gsi);              /* level, active high, consumer */
void aml_end_tag(GByteArray *out);

#endif
