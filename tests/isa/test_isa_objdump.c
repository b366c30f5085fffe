/* Disassembly against GNU objdump, text for text: every row with every completer and its operands
 * at their corners, a million random bundles, and every instruction of a Linux kernel when
 * EPIC64_LINUX_KERNEL names one.  Without objdump the same is asked of vectors.def, which holds
 * objdump's text for at least one encoding of every row and every pseudo-operation.
 *
 * EPIC64_WRITE_VECTORS=file writes the vectors anew.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/test_isa_kit.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OBJDUMP "ia64-linux-gnu-objdump"

/* ---- Where we differ on purpose -------------------------------------------------------------- */

enum exception { SAME, HINT_UNASSIGNED, HINT_M, LFETCH_COUNT, NOT_OURS, DIFFERENT };

static const char *const reasons[] = {
    [HINT_UNASSIGNED] = "an unassigned hint is legal and means nothing; objdump shows it as data",
    [HINT_M] = "objdump reads hint.m as the 19-bit hint of the 9500 series, or as mov dahr",
    [LFETCH_COUNT] = "lfetch.count of the 9500 series is a plain lfetch to older processors",
    [NOT_OURS] = "mov dahr (9500 series) and mov msr (in no manual) are unassigned here",
};
static unsigned excused[DIFFERENT];

static bool has_unassigned_hint(unsigned row, u64 slot)
{
    const struct row_code *c = &isa_table.code[row];
    for (unsigned i = 0; i < c->count; i++)
        if (c->op[i].kind == OPERAND_COMPLETER && !c->op[i].names[operand_raw(&c->op[i], slot, 0)])
            return true;
    return false;
}

static bool row_means(unsigned row, const char *meaning)
{
    return strcmp(insn_rows[row].meaning, meaning) == 0;
}

static enum exception excuse(const u8 bundle[16], unsigned slotno, const char *theirs)
{
    unsigned template;
    u64 slots[3];
    isa_split(bundle, &template, slots);
    char unit = isa_templates[template].name[slotno];
    u64 slot = slots[unit == 'L' ? 2 : slotno];
    if (!unit) return DIFFERENT;
    unsigned row = isa_find_row(unit == 'L' ? 'X' : unit, slot);
    if (row == NO_ROW)
        return strstr(theirs, "dahr") || strstr(theirs, "msr[") ? NOT_OURS : DIFFERENT;
    if (strstr(theirs, "data8") && has_unassigned_hint(row, slot)) return HINT_UNASSIGNED;
    if (row_means(row, "hint_m")) return HINT_M;
    if (insn_rows[row].attrs & ATTR_PREFETCH && strstr(theirs, "lfetch.count")) return LFETCH_COUNT;
    return DIFFERENT;
}

/* ---- Running objdump ------------------------------------------------------------------------- */

static bool have_objdump(void)
{
    return system("command -v " OBJDUMP " >/dev/null 2>&1") == 0;
}

static void need_objdump(void)
{
    if (have_objdump()) return;
    print_message(OBJDUMP " is not installed\n");
    skip();
}

static FILE *dump(const u8 *bytes, size_t size, char path[32])
{
    strcpy(path, "/tmp/epic64-isa-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    char command[160];
    snprintf(command, sizeof command,
             OBJDUMP " -D -z --no-show-raw-insn -b binary -m ia64 %s", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    return f;
}

/* "  1f6:\t   add ...": the address and the text without trailing blanks; NULL for other lines. */
static char *instruction(char *line, u64 *address)
{
    char *end;
    *address = strtoull(line, &end, 16);
    if (end == line || end[0] != ':' || end[1] != '\t') return NULL;
    size_t n = strcspn(end, "\n");
    while (n && end[n - 1] == ' ') n--;
    end[n] = 0;
    return end + 2;
}

/* Every line of objdump about these bundles against ours.  Returns the number of instructions. */
static size_t compare(const u8 *bytes, size_t size)
{
    char path[32], line[512], ours[256];
    FILE *f = dump(bytes, size, path);
    size_t lines = 0, differ = 0;
    while (fgets(line, sizeof line, f)) {
        u64 address;
        char *theirs = instruction(line, &address);
        if (!theirs) continue;
        const u8 *bundle = bytes + (address & ~15ull);
        unsigned slotno = (address & 15) / 6;
        isa_disasm(bundle, slotno, address & ~15ull, ours, sizeof ours);
        lines++;
        if (strcmp(ours, theirs) == 0) continue;
        enum exception e = excuse(bundle, slotno, theirs);
        if (e != DIFFERENT) {
            excused[e]++;
        } else if (differ++ < 20) {
            print_error("%llx: objdump '%s'\n      ours '%s'\n", (unsigned long long)address,
                        theirs, ours);
        }
    }
    pclose(f);
    unlink(path);
    assert_int_equal(differ, 0);
    return lines;
}

/* ---- Every row, every completer, corners ----------------------------------------------------- */

struct bundles {
    u8 *bytes;
    size_t count, room;
};

static u8 *next_bundle(struct bundles *b)
{
    if (b->count == b->room) {
        b->room = b->room ? 2 * b->room : 4096;
        b->bytes = realloc(b->bytes, 16 * b->room);
    }
    return b->bytes + 16 * b->count++;
}

static void set_operand(const struct operand *op, u64 raw, u64 *slot, u64 *lslot)
{
    for (unsigned i = op->pieces; i-- > 0;) {
        unsigned pos = op->piece[i].pos, width = op->piece[i].width;
        u64 *to = pos < ISA_SLOT_BITS ? slot : lslot;
        unsigned lo = pos % ISA_SLOT_BITS;
        *to = deposit(*to, lo + width - 1, lo, raw);
        raw >>= width;
    }
}

static void add_slot(struct bundles *b, unsigned row, u64 slot, u64 lslot)
{
    char unit = unit_of_row(row);
    if (insn_rows[row].unit == 'A' && b->count % 2) unit = 'I';
    lone_bundle(unit, slot, lslot, next_bundle(b));
}

/* Each operand at both ends of its range, the others at random. */
static void add_corners(struct bundles *b, u64 *seed, unsigned row, u64 hints, u64 hint_mask)
{
    const struct row_code *c = &isa_table.code[row];
    for (unsigned i = 0; i < c->count; i++) {
        if (c->op[i].kind == OPERAND_COMPLETER) continue;
        for (unsigned high = 0; high < 2; high++) {
            u64 slot = (random_of_row(seed, row) & ~hint_mask) | hints, lslot = random_slot(seed);
            set_operand(&c->op[i], high ? ~0ull : 0, &slot, &lslot);
            add_slot(b, row, slot, lslot);
        }
    }
    static const u64 patterns[] = { 0, ~0ull, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa };
    const struct insn_row *r = &insn_rows[row];
    for (unsigned i = 0; i < ARRAY_LEN(patterns); i++) {
        u64 slot = (patterns[i] & SLOT_MASK & ~r->mask & ~hint_mask) | r->match | hints;
        add_slot(b, row, slot, patterns[i] & SLOT_MASK);
    }
}

/* All values of all completers of the row. */
static void add_completers(struct bundles *b, u64 *seed, unsigned row)
{
    const struct row_code *c = &isa_table.code[row];
    unsigned bits = 0;
    u64 mask = 0, unused = 0;
    for (unsigned i = 0; i < c->count; i++) {
        if (c->op[i].kind != OPERAND_COMPLETER) continue;
        bits += c->op[i].width;
        set_operand(&c->op[i], ~0ull, &mask, &unused);
    }
    for (unsigned n = 0; n < 1u << bits; n++) {
        u64 hints = 0;
        for (unsigned i = 0, v = n; i < c->count; i++) {
            if (c->op[i].kind != OPERAND_COMPLETER) continue;
            set_operand(&c->op[i], v, &hints, &unused);
            v >>= c->op[i].width;
        }
        add_corners(b, seed, row, hints, mask);
    }
}

static u64 equalised(const struct alias *a, u64 slot)
{
    struct piece p = a->equal[0], q = a->equal[1];
    if (!p.width) return slot;
    u64 v = bits(slot, q.pos + q.width - 1u, q.pos);
    return deposit(slot, p.pos + p.width - 1u, p.pos, a->complement ? ~v : v);
}

static void add_aliases(struct bundles *b, u64 *seed, unsigned row, unsigned times)
{
    for (int i = isa_table.code[row].alias; i >= 0; i = isa_table.alias[i].next) {
        const struct alias *a = &isa_table.alias[i];
        for (unsigned n = 0; n < times; n++) {
            u64 slot = (random_of_row(seed, row) & ~a->mask) | a->match;
            add_slot(b, row, equalised(a, slot), random_slot(seed));
        }
    }
}

static void every_row_with_every_completer_reads_as_in_objdump(void **state)
{
    (void)state;
    need_objdump();
    struct bundles b = { 0 };
    u64 seed = 11;
    for (unsigned row = 0; row < insn_row_count; row++) {
        if (is_pseudo(row)) continue;
        add_completers(&b, &seed, row);
        add_aliases(&b, &seed, row, 16);
    }
    size_t lines = compare(b.bytes, 16 * b.count);
    print_message("%zu encodings, %zu lines\n", b.count, lines);
    assert_true(lines >= 2 * b.count);
    free(b.bytes);
}

/* ---- Random bundles -------------------------------------------------------------------------- */

static unsigned rows_of_unit[5][ISA_MAX_ROWS], unit_rows[5];

static void sort_rows(void)
{
    for (unsigned u = 0; u < 5; u++) {
        unit_rows[u] = 0;
        for (unsigned i = 0; i < insn_row_count; i++) {
            char unit = insn_rows[i].unit;
            if (unit == "MIFBX"[u] || (unit == 'A' && u < 2)) rows_of_unit[u][unit_rows[u]++] = i;
        }
    }
}

static u64 random_for_unit(u64 *seed, char unit)
{
    const char *at = strchr("MIFBX", unit);
    if (!unit || !at || random_next(seed) % 3 == 0) return random_slot(seed);
    unsigned u = (unsigned)(at - "MIFBX");
    return random_of_row(seed, rows_of_unit[u][random_next(seed) % unit_rows[u]]);
}

static void a_million_random_bundles_read_as_in_objdump(void **state)
{
    (void)state;
    need_objdump();
    enum { CHUNK = 125000, CHUNKS = 8 };
    u8 *bytes = malloc(16 * CHUNK);
    size_t lines = 0;
    u64 seed = 12;
    sort_rows();
    for (unsigned c = 0; c < CHUNKS; c++) {
        for (unsigned n = 0; n < CHUNK; n++) {
            unsigned template = random_next(&seed) & 31;
            u64 slot[3];
            for (unsigned i = 0; i < 3; i++)
                slot[i] = random_for_unit(&seed, isa_templates[template].name[i]);
            isa_join(template, slot, bytes + 16 * n);
        }
        lines += compare(bytes, 16 * CHUNK);
    }
    print_message("%zu lines\n", lines);
    assert_true(lines > 2800000);
    free(bytes);
}

/* ---- A kernel -------------------------------------------------------------------------------- */

static u8 *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    u8 *bytes = malloc(*size);
    if (fread(bytes, 1, *size, f) != *size) *size = 0;
    fclose(f);
    return bytes;
}

static void every_instruction_of_a_kernel_reads_as_in_objdump(void **state)
{
    (void)state;
    const char *path = getenv("EPIC64_LINUX_KERNEL");
    size_t size = 0, lines = 0;
    u8 *bytes = path ? read_all(path, &size) : NULL;
    if (!bytes) print_message("EPIC64_LINUX_KERNEL does not name an ia64 vmlinux\n");
    if (!bytes) skip();
    need_objdump();
    Elf64_Ehdr head;
    memcpy(&head, bytes, sizeof head);
    assert_int_equal(head.e_machine, EM_IA_64);
    for (unsigned i = 0; i < head.e_shnum; i++) {
        Elf64_Shdr s;
        memcpy(&s, bytes + head.e_shoff + i * sizeof s, sizeof s);
        if (s.sh_type != SHT_PROGBITS || !(s.sh_flags & SHF_EXECINSTR)) continue;
        for (size_t at = 0; at < s.sh_size; at += 1 << 21) {
            size_t left = s.sh_size - at;
            lines += compare(bytes + s.sh_offset + at, left < 1 << 21 ? left & ~15ull : 1 << 21);
        }
    }
    print_message("%zu lines\n", lines);
    assert_true(lines > 1000);
    free(bytes);
}

/* ---- Vectors --------------------------------------------------------------------------------- */

struct vector {
    char unit;
    u64 slot, lslot;
    const char *text;
};

/* The bundle of vector n stood at address 16 * n. */
static const struct vector vectors[] = {
#define VECTOR(unit, slot, lslot, text) { unit, slot, lslot, text },
#include "tests/isa/vectors.def"
};

static void recorded_objdump_text_is_ours(void **state)
{
    (void)state;
    static bool seen[ISA_MAX_ROWS];
    for (unsigned i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        char ours[256];
        isa_disasm_slot(v->unit, v->slot, v->lslot, 16 * i, ours, sizeof ours);
        assert_string_equal(ours + strspn(ours, " "), v->text);
        seen[isa_find_row(v->unit, v->slot)] = true;
    }
    for (unsigned row = 0; row < insn_row_count; row++)
        if (!seen[row] && !is_pseudo(row)) fail_msg("no vector for %s", insn_rows[row].meaning);
}

/* An encoding that objdump reads as we do. */
static u64 vector_slot(u64 *seed, unsigned row)
{
    u64 slot;
    if (row_means(row, "hint_m")) return insn_rows[row].match;
    do slot = random_of_row(seed, row) & ~insn_rows[row].ignored;
    while (has_unassigned_hint(row, slot));
    return slot;
}

static size_t choose_vectors(struct vector *to, struct bundles *b)
{
    u64 seed = 13;
    size_t n = 0;
    for (unsigned row = 0; row < insn_row_count; row++) {
        if (is_pseudo(row)) continue;
        char unit = unit_of_row(row);
        u64 slot = vector_slot(&seed, row), lslot = unit == 'X' ? random_slot(&seed) : 0;
        to[n++] = (struct vector){ unit, slot, lslot, NULL };
        for (int i = isa_table.code[row].alias; i >= 0; i = isa_table.alias[i].next) {
            const struct alias *a = &isa_table.alias[i];
            slot = (vector_slot(&seed, row) & ~a->mask) | a->match;
            to[n++] = (struct vector){ unit, equalised(a, slot), lslot, NULL };
        }
    }
    for (size_t i = 0; i < n; i++) lone_bundle(to[i].unit, to[i].slot, to[i].lslot, next_bundle(b));
    return n;
}

static void write_vector(FILE *out, const struct vector *v, char *text)
{
    if (text[0] == '[') text += strlen("[MII] ");
    text += strspn(text, " ");
    fprintf(out, "VECTOR( '%c', 0x%011llx, 0x%llx, \"%s\" )\n", v->unit,
            (unsigned long long)v->slot, (unsigned long long)v->lslot, text);
}

static void vectors_can_be_written_anew(void **state)
{
    (void)state;
    const char *to = getenv("EPIC64_WRITE_VECTORS");
    if (!to) skip();
    need_objdump();
    static struct vector chosen[ISA_MAX_ROWS + ISA_MAX_ALIASES];
    struct bundles b = { 0 };
    size_t count = choose_vectors(chosen, &b), written = 0;
    char path[32], line[512];
    FILE *f = dump(b.bytes, 16 * b.count, path), *out = fopen(to, "w");
    assert_non_null(out);
    fprintf(out, "/* What GNU objdump says about one encoding of every row and every\n"
                 " * pseudo-operation; written by test_isa_objdump.\n *\n"
                 " * SPDX-License-Identifier: GPL-2.0-or-later */\n\n");
    while (fgets(line, sizeof line, f)) {
        u64 address;
        unsigned slotno;
        char *text = instruction(line, &address);
        if (!text) continue;
        const struct vector *v = &chosen[address / 16];
        place_for(v->unit, &slotno);
        if ((address & 15) / 6 != (v->unit == 'X' ? 1 : slotno)) continue;
        write_vector(out, v, text);
        written++;
    }
    pclose(f);
    unlink(path);
    fprintf(out, "\n#undef VECTOR\n");
    fclose(out);
    free(b.bytes);
    assert_int_equal(written, count);
}

/* An exception that nothing needs any more should go. */
static void every_exception_is_still_needed(void **state)
{
    (void)state;
    need_objdump();
    for (unsigned e = HINT_UNASSIGNED; e < DIFFERENT; e++) {
        print_message("%6u: %s\n", excused[e], reasons[e]);
        assert_true(excused[e] > 0);
    }
}

static int start(void **state)
{
    (void)state;
    isa_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_can_be_written_anew),
        cmocka_unit_test(recorded_objdump_text_is_ours),
        cmocka_unit_test(every_row_with_every_completer_reads_as_in_objdump),
        cmocka_unit_test(a_million_random_bundles_read_as_in_objdump),
        cmocka_unit_test(every_instruction_of_a_kernel_reads_as_in_objdump),
        cmocka_unit_test(every_exception_is_still_needed),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
