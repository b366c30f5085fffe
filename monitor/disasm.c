/* epic64 disasm: the bundles of a file as text, in the words of GNU objdump.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "guest/elf.h"
#include "guest/symbols.h"
#include "monitor/monitor.h"

struct listing {
    FILE *out;
    const struct symbols *symbols; /* NULL: none */
    u64 start, stop;
};

static void print_label(const struct listing *l, u64 addr)
{
    u64 offset;
    const char *name = l->symbols ? symbols_find(l->symbols, addr, &offset) : NULL;
    if (name && offset == 0) fprintf(l->out, "\n%016" PRIx64 " <%s>:\n", addr, name);
}

static void list_bundles(const struct listing *l, const u8 *bytes, u64 len, u64 addr)
{
    char text[512];
    u64 skip = -addr & 15;
    for (u64 at = MIN(skip, len); len - at >= 16; at += 16) {
        if (addr + at < l->start || addr + at >= l->stop) continue;
        print_label(l, addr + at);
        isa_disasm_bundle(bytes + at, addr + at, text, sizeof(text));
        fputs(text, l->out);
    }
}

static bool list_elf(struct listing *l, const u8 *bytes, u64 len, GError **err)
{
    struct elf elf;
    if (!elf_parse(&elf, bytes, len, err)) return false;
    struct symbols *symbols = symbols_new();
    symbols_add_elf(symbols, &elf);
    l->symbols = symbols;
    for (unsigned i = 0; i < elf.nsegments; i++) {
        const struct elf_segment *s = &elf.segments[i];
        if (!(s->flags & ELF_SEGMENT_EXEC)) continue;
        fprintf(l->out, "Segment %u, %016" PRIx64 " to %016" PRIx64 ":\n", i, s->va,
                s->va + s->filesz);
        list_bundles(l, bytes + s->offset, s->filesz, s->va);
    }
    symbols_free(symbols);
    elf_clear(&elf);
    return true;
}

static bool list_file(const struct config *c, const u8 *bytes, u64 len, FILE *out, GError **err)
{
    struct listing l = { .out = out, .start = c->start.set ? c->start.value : 0,
        .stop = c->stop.set ? c->stop.value : UINT64_MAX };
    if (!c->raw) return list_elf(&l, bytes, len, err);
    if (len % 16) {
        g_set_error(err, GUEST_ERROR, GUEST_ERROR_FORMAT,
                    "%" G_GINT64_MODIFIER "u bytes are not a whole number of bundles", len);
        return false;
    }
    list_bundles(&l, bytes, len, align_down(c->base.value, 16));
    return true;
}

bool disasm_file(const struct config *c, FILE *out, GError **err)
{
    gchar *bytes;
    gsize len;
    if (!c->program) {
        g_set_error(err, MONITOR_ERROR, 0, "disasm: no file given");
        return false;
    }
    if (!g_file_get_contents(c->program, &bytes, &len, err)) return false;
    isa_init();
    bool ok = list_file(c, (const u8 *)bytes, len, out, err);
    if (!ok) g_prefix_error(err, "%s: ", c->program);
    if (ok && (fflush(out) != 0 || ferror(out))) {
        g_set_error(err, MONITOR_ERROR, 0, "standard output: %s", g_strerror(errno));
        ok = false;
    }
    g_free(bytes);
    return ok;
}
