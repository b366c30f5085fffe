/* Lines of source for addresses of a kernel, by libdw.
 *
 * Hand-written assembly has line tables, but seldom address ranges (.debug_aranges), so all units
 * are searched; that is done for a few hot addresses only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <elfutils/libdw.h>
#include <gelf.h>

#include "monitor/privops.h"

struct lines {
    Elf *elf;
    Dwarf *dwarf;
};

struct lines *lines_open(const u8 *elf, u64 len)
{
    struct lines *l = g_new0(struct lines, 1);
    elf_version(EV_CURRENT);
    l->elf = elf_memory((char *)(uintptr_t)elf, len); /* only read, whatever the type says */
    l->dwarf = l->elf ? dwarf_begin_elf(l->elf, DWARF_C_READ, NULL) : NULL;
    if (l->dwarf) return l;
    lines_close(l);
    return NULL;
}

void lines_close(struct lines *l)
{
    if (l->dwarf) dwarf_end(l->dwarf);
    if (l->elf) elf_end(l->elf);
    g_free(l);
}

/* The row of a unit's table that covers `addr`.  Tables of ia64 count slots: rows of one bundle
 * differ in the low bits. */
static Dwarf_Line *find_in_unit(Dwarf_Die *unit, u64 addr)
{
    Dwarf_Lines *rows;
    size_t n;
    if (dwarf_getsrclines(unit, &rows, &n) != 0) return NULL;
    for (size_t i = 0; i + 1 < n; i++) {
        Dwarf_Line *row = dwarf_onesrcline(rows, i), *next = dwarf_onesrcline(rows, i + 1);
        Dwarf_Addr from, to;
        bool ends;
        if (dwarf_lineaddr(row, &from) || dwarf_lineaddr(next, &to)) continue;
        if (dwarf_lineendsequence(row, &ends) || ends) continue;
        if (from <= addr && addr < to) return row;
    }
    return NULL;
}

static char *words(Dwarf_Line *row)
{
    int line;
    const char *file = dwarf_linesrc(row, NULL, NULL);
    if (!file || dwarf_lineno(row, &line)) return NULL;
    const char *slash = strrchr(file, '/');
    return g_strdup_printf("%s:%d", slash ? slash + 1 : file, line);
}

char *lines_find(struct lines *l, u64 ip)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;
    while (dwarf_get_units(l->dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
        Dwarf_Line *row = find_in_unit(&unit, ip);
        if (row) return words(row);
    }
    return NULL;
}
