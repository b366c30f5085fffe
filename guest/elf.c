/* Reading an ELF file somebody else made, possibly with bad intent.  See elf.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/elf.h"

#include <string.h>

enum { EHDR_SIZE = 64, PHDR_SIZE = 56, SHDR_SIZE = 64, SYM_SIZE = 24 };
enum { PT_LOAD = 1, SHT_NULL = 0, SHT_SYMTAB = 2, SHT_NOBITS = 8, ET_EXEC = 2 };

static u16 get16(const u8 *p)
{
    return (u16)(p[0] | p[1] << 8);
}

static u32 get32(const u8 *p)
{
    return get16(p) | (u32)get16(p + 2) << 16;
}

static u64 get64(const u8 *p)
{
    return get32(p) | (u64)get32(p + 4) << 32;
}

/* Is [offset, offset + size) inside the file?  Sums that wrap are not. */
static bool inside(const struct elf *elf, u64 offset, u64 size)
{
    return offset <= elf->len && size <= elf->len - offset;
}

bool elf_is(const void *data, u64 len)
{
    return len >= 4 && memcmp(data, "\177ELF", 4) == 0;
}

static const char *machine_name(unsigned machine)
{
    static const struct {
        u16 machine;
        const char *name;
    } known[] = {
        { 2, "SPARC" },   { 3, "i386" },    { 8, "MIPS" },     { 15, "PA-RISC" },
        { 20, "PowerPC" },{ 21, "ppc64" },  { 22, "s390" },    { 40, "Arm" },
        { 43, "SPARC V9" },{ 62, "x86-64" }, { 183, "AArch64" },{ 243, "RISC-V" },
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i].machine == machine) return known[i].name;
    }
    return "unknown";
}

static bool refuse(GError **err, const char *fmt, ...) PRINTF(2, 3);
static bool refuse(GError **err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (err) *err = g_error_new_valist(GUEST_ERROR, GUEST_ERROR_FORMAT, fmt, ap);
    va_end(ap);
    return false;
}

static bool check_header(const struct elf *elf, GError **err)
{
    const u8 *h = elf->data;
    if (!elf_is(h, elf->len)) return refuse(err, "not an ELF file");
    if (elf->len < EHDR_SIZE) return refuse(err, "truncated: the ELF header is not complete");
    if (h[4] != 2) return refuse(err, "a 32-bit ELF file; IA-64 programs are 64-bit");
    if (h[5] != 1) return refuse(err, "a big-endian ELF file; only little-endian ones are run");
    unsigned machine = get16(h + 18);
    if (machine != ELF_MACHINE_IA64) {
        return refuse(err, "an ELF file for machine %u (%s), not for IA-64 (%d)", machine,
                      machine_name(machine), ELF_MACHINE_IA64);
    }
    unsigned type = get16(h + 16);
    if (type != ET_EXEC) {
        return refuse(err, "not an executable (ELF type %u): link it to fixed addresses", type);
    }
    return true;
}

static bool check_segment(const struct elf *elf, unsigned i, const struct elf_segment *s,
                          GError **err)
{
    if (s->filesz > s->memsz) {
        return refuse(err, "segment %u is larger in the file (0x%" G_GINT64_MODIFIER
                      "x bytes) than in memory (0x%" G_GINT64_MODIFIER "x)", i, s->filesz, s->memsz);
    }
    if (!inside(elf, s->offset, s->filesz)) {
        return refuse(err, "truncated: segment %u needs 0x%" G_GINT64_MODIFIER
                      "x bytes at offset 0x%" G_GINT64_MODIFIER "x, the file has 0x%"
                      G_GINT64_MODIFIER "x", i, s->filesz, s->offset, elf->len);
    }
    if (s->pa + s->memsz < s->pa) {
        return refuse(err, "segment %u at 0x%" G_GINT64_MODIFIER
                      "x runs past the end of the address space", i, s->pa);
    }
    return true;
}

static bool read_segments(struct elf *elf, GError **err)
{
    const u8 *h = elf->data;
    u64 phoff = get64(h + 32);
    unsigned phentsize = get16(h + 54), phnum = get16(h + 56);
    if (phnum == 0) return refuse(err, "no program headers: nothing to load");
    if (phentsize != PHDR_SIZE) {
        return refuse(err, "program headers of %u bytes, not %d", phentsize, PHDR_SIZE);
    }
    if (!inside(elf, phoff, (u64)phnum * PHDR_SIZE)) {
        return refuse(err, "truncated: the program headers are not all in the file");
    }
    elf->segments = g_new0(struct elf_segment, phnum);
    for (unsigned i = 0; i < phnum; i++) {
        const u8 *p = elf->data + phoff + (u64)i * PHDR_SIZE;
        struct elf_segment s = { .flags = get32(p + 4), .offset = get64(p + 8),
            .va = get64(p + 16), .pa = get64(p + 24), .filesz = get64(p + 32),
            .memsz = get64(p + 40) };
        if (get32(p) != PT_LOAD || s.memsz == 0) continue;
        if (!check_segment(elf, i, &s, err)) return false;
        elf->segments[elf->nsegments++] = s;
    }
    return elf->nsegments || refuse(err, "no segment to load");
}

bool elf_parse(struct elf *elf, const void *data, u64 len, GError **err)
{
    *elf = (struct elf){ .data = data, .len = len };
    if (!check_header(elf, err)) return false;
    elf->entry = get64(elf->data + 24);
    if (!read_segments(elf, err)) {
        elf_clear(elf);
        return false;
    }
    return true;
}

void elf_clear(struct elf *elf)
{
    g_free(elf->segments);
    elf->segments = NULL;
    elf->nsegments = 0;
}

/* Physical address of a virtual one by the program headers; false: in no segment. */
static bool to_physical(const struct elf *elf, u64 va, bool exec_only, u64 *pa)
{
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (exec_only && !(s->flags & ELF_SEGMENT_EXEC)) continue;
        if (va - s->va < s->memsz) {
            *pa = va - s->va + s->pa;
            return true;
        }
    }
    return false;
}

/* Linkers write the virtual address, kernels for this architecture the physical one. */
bool elf_entry(const struct elf *elf, u64 *pa, GError **err)
{
    u64 entry = elf->entry;
    bool found = false;
    for (unsigned i = 0; i < elf->nsegments && !found; i++) {
        const struct elf_segment *s = &elf->segments[i];
        found = (s->flags & ELF_SEGMENT_EXEC) && entry - s->pa < s->memsz;
        if (found) *pa = entry;
    }
    if (!found) found = to_physical(elf, entry, true, pa);
    if (!found || (*pa & 15)) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_ENTRY,
                    "%s: the entry point 0x%" G_GINT64_MODIFIER "x is %s",
                    entry ? "bad entry" : "no entry", entry,
                    found ? "not the address of a bundle" : "in no executable segment");
        return false;
    }
    return true;
}

static void walk_symtab(const struct elf *elf, const u8 *sym, const u8 *str,
                        elf_full_symbol_fn *fn, void *opaque)
{
    u64 symoff = get64(sym + 24), symsize = get64(sym + 32);
    u64 stroff = get64(str + 24), strsize = get64(str + 32);
    if (!inside(elf, symoff, symsize) || !inside(elf, stroff, strsize) || strsize == 0) return;
    if (elf->data[stroff + strsize - 1] != 0) return; /* names must end inside */
    for (u64 at = 0; at + SYM_SIZE <= symsize; at += SYM_SIZE) {
        const u8 *p = elf->data + symoff + at;
        unsigned type = p[4] & 15, section = get16(p + 6);
        u32 name = get32(p);
        if (type > ELF_SYMBOL_FUNCTION || section == 0 || name == 0 || name >= strsize) continue;
        fn(opaque, &(struct elf_symbol){ (const char *)elf->data + stroff + name, get64(p + 8),
                                         get64(p + 16), type, section, p[4] >> 4 == 0 });
    }
}

void elf_full_symbols(const struct elf *elf, elf_full_symbol_fn *fn, void *opaque)
{
    u64 shoff = get64(elf->data + 40);
    unsigned shentsize = get16(elf->data + 58), shnum = get16(elf->data + 60);
    if (shentsize != SHDR_SIZE || !inside(elf, shoff, (u64)shnum * SHDR_SIZE)) return;
    for (unsigned i = 0; i < shnum; i++) {
        const u8 *sym = elf->data + shoff + (u64)i * SHDR_SIZE;
        u32 link = get32(sym + 40);
        if (get32(sym + 4) != SHT_SYMTAB || link >= shnum) continue;
        walk_symtab(elf, sym, elf->data + shoff + (u64)link * SHDR_SIZE, fn, opaque);
    }
}

/* --- sections --------------------------------------------------------------------------------- */

/* The names' section, checked to end in a NUL. */
static const char *section_names(const struct elf *elf, const u8 *headers, unsigned n, u64 *len)
{
    unsigned index = get16(elf->data + 62);
    if (index >= n) return NULL;
    const u8 *h = headers + (u64)index * SHDR_SIZE;
    u64 offset = get64(h + 24);
    *len = get64(h + 32);
    if (!inside(elf, offset, *len) || *len == 0 || elf->data[offset + *len - 1]) return NULL;
    return (const char *)elf->data + offset;
}

static bool read_section(const struct elf *elf, unsigned i, const char *names, u64 names_len,
                         struct elf_section *s, GError **err)
{
    const u8 *h = elf->data + get64(elf->data + 40) + (u64)i * SHDR_SIZE;
    u32 name = get32(h), type = get32(h + 4);
    u64 offset = get64(h + 24);
    *s = (struct elf_section){ .name = name < names_len ? names + name : "", .va = get64(h + 16),
        .size = get64(h + 32), .flags = get64(h + 8) };
    if (type == SHT_NULL || type == SHT_NOBITS) return true;
    if (!inside(elf, offset, s->size)) {
        return refuse(err, "truncated: section %u needs 0x%" G_GINT64_MODIFIER
                      "x bytes at offset 0x%" G_GINT64_MODIFIER "x, the file has 0x%"
                      G_GINT64_MODIFIER "x", i, s->size, offset, elf->len);
    }
    s->bytes = elf->data + offset;
    return true;
}

struct elf_section *elf_sections(const struct elf *elf, unsigned *n, GError **err)
{
    u64 shoff = get64(elf->data + 40), names_len = 0;
    unsigned size = get16(elf->data + 58);
    *n = get16(elf->data + 60);
    if (*n == 0) return refuse(err, "no section headers: the file was stripped of them"), NULL;
    if (size != SHDR_SIZE) return refuse(err, "section headers of %u bytes", size), NULL;
    if (!inside(elf, shoff, (u64)*n * SHDR_SIZE)) {
        return refuse(err, "truncated: the section headers are not all in the file"), NULL;
    }
    const char *names = section_names(elf, elf->data + shoff, *n, &names_len);
    if (!names) return refuse(err, "damaged: the section names cannot be found"), NULL;
    struct elf_section *sections = g_new0(struct elf_section, *n);
    for (unsigned i = 0; i < *n; i++) {
        if (read_section(elf, i, names, names_len, &sections[i], err)) continue;
        g_free(sections);
        return NULL;
    }
    return sections;
}
