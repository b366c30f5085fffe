/* Fuzzing the loader: any bytes as an ELF file.
 *
 * Beyond not crashing: every segment it accepts lies in the file, an entry point it accepts is in an
 * executable segment, and symbol names end inside the file.
 *
 *     fuzz_elf -max_total_time=60 tests/guest/images
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/elf.h"
#include "guest/symbols.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define MUST(condition)                                                                           \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

static void check_segments(const struct elf *elf)
{
    u64 sum = 0;
    MUST(elf->nsegments > 0);
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        MUST(s->filesz <= s->memsz && s->memsz > 0);
        MUST(s->pa + (s->memsz - 1) >= s->pa);
        for (u64 at = 0; at < s->filesz; at += 256) sum += elf->data[s->offset + at];
        if (s->filesz) sum += elf->data[s->offset + s->filesz - 1];
    }
    __asm__ volatile("" : : "r"(sum)); /* the reads are the test */
}

static void check_symbols(const struct elf *elf)
{
    struct symbols *symbols = symbols_new();
    u64 offset, addr;
    symbols_add_elf(symbols, elf);
    const char *name = symbols_find(symbols, elf->entry, &offset);
    if (name) MUST(symbols_lookup(symbols, name, &addr));
    symbols_free(symbols);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct elf elf;
    GError *err = NULL;
    u64 entry;
    if (!elf_parse(&elf, data, size, &err)) {
        MUST(err && err->message[0]);
        g_error_free(err);
        return 0;
    }
    MUST(!err);
    check_segments(&elf);
    check_symbols(&elf);
    if (elf_entry(&elf, &entry, &err)) {
        MUST(entry % 16 == 0);
    } else {
        g_error_free(err);
    }
    elf_clear(&elf);
    return 0;
}
