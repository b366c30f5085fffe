/* ELF64, little-endian, IA-64: what a loader needs and nothing more.
 *
 * The parser trusts nothing: every offset is checked against the file before it is used, and what
 * it refuses it refuses in words.  It copies nothing; the file's bytes must outlive the struct.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_ELF_H
#define GUEST_ELF_H

#include "guest/guest.h"

#define ELF_MACHINE_IA64 50
#define ELF_SEGMENT_EXEC 1u

struct elf_segment {
    u64 offset, filesz; /* in the file, checked */
    u64 va, pa, memsz;
    u32 flags;
};

struct elf {
    const u8 *data;
    u64 len;
    u64 entry; /* as the header has it: physical or virtual */
    unsigned nsegments; /* PT_LOAD with something in them */
    struct elf_segment *segments;
};

/* Does this look like an ELF file at all? */
bool elf_is(const void *data, u64 len);
bool elf_parse(struct elf *elf, const void *data, u64 len, GError **err);
void elf_clear(struct elf *elf);

/* Where in physical memory the entry point is: the header may name either address. */
bool elf_entry(const struct elf *elf, u64 *pa, GError **err);

/* Call `fn` for each function, object or untyped symbol.  A damaged symbol table
 * gives fewer symbols, never an error: it is only a convenience. */
enum elf_symbol_type { ELF_SYMBOL_UNTYPED, ELF_SYMBOL_OBJECT, ELF_SYMBOL_FUNCTION };
struct elf_symbol {
    const char *name; /* in the file's bytes */
    u64 va, size;
    enum elf_symbol_type type;
    unsigned section; /* index */
    bool local;
};
typedef void elf_full_symbol_fn(void *opaque, const struct elf_symbol *s);
void elf_full_symbols(const struct elf *elf, elf_full_symbol_fn *fn, void *opaque);

#define ELF_SECTION_WRITE 1u
#define ELF_SECTION_ALLOC 2u
#define ELF_SECTION_EXEC 4u
struct elf_section {
    const char *name; /* in the file's bytes */
    const u8 *bytes;  /* `size` of them; NULL: it has none in the file */
    u64 va, size, flags;
};

/* The section table, to be freed; NULL: there is none, or it is damaged. */
struct elf_section *elf_sections(const struct elf *elf, unsigned *n, GError **err);

#endif
