/* Our text through GNU as and back: a few legal encodings of every row, disassembled, assembled and
 * compared bit for bit.  Without the assembler the recorded objdump text stands in (vectors.def).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/test_isa_kit.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AS "ia64-linux-gnu-as"

enum { SAMPLES = 6 };

struct sample {
    unsigned row;
    u64 slot, lslot;
    char text[128];
};

/* What the text cannot carry, or the assembler will not take. */
static const struct {
    const char *meaning, *why;
} left_out[] = {
    { "alloc", "objdump shows sof, sol, sor where the assembler wants i, l, o, r" },
    { "hint_b", "refused as 'shouldn't be used'" },
    { "hint_m", "the assembler knows only 19 bits of its operand" },
};

static bool is_left_out(unsigned row)
{
    for (unsigned i = 0; i < ARRAY_LEN(left_out); i++)
        if (strcmp(insn_rows[row].meaning, left_out[i].meaning) == 0) return true;
    return is_pseudo(row);
}

/* ---- Choosing encodings that a program could contain ----------------------------------------- */

static bool hints_assigned(unsigned row, u64 slot)
{
    const struct row_code *c = &isa_table.code[row];
    for (unsigned i = 0; i < c->count; i++)
        if (c->op[i].kind == OPERAND_COMPLETER && !c->op[i].names[operand_raw(&c->op[i], slot, 0)])
            return false;
    return true;
}

/* The assembler knows which ARs are on which unit, and wants an odd and an even target of ldfp. */
static bool special_registers_make_sense(unsigned row, const struct insn *in)
{
    const char *m = insn_rows[row].meaning;
    bool i_unit = in->r3 >= 64 && in->r3 <= 66;
    if (strstr(m, "_ar_i")) return i_unit;
    if (strstr(m, "_ar_m")) return !i_unit && (in->r3 < 8 || in->r3 == 16 || in->r3 == 32);
    if (strstr(m, "_cr")) return in->r3 >= 64 && in->r3 <= 66;
    if (insn_rows[row].attrs & ATTR_PAIR) return (in->r1 ^ in->r2) & 1;
    return true;
}

/* mov b1 = r2 with the default hint is shown without its tag, so it must be 0 to come back. */
static u64 without_hidden_tag(unsigned row, u64 slot)
{
    bool hidden = strcmp(insn_rows[row].meaning, "mov_to_br") == 0 && bits(slot, 23, 20) == 1;
    return hidden ? deposit(slot, 32, 24, 0) : slot;
}

static void choose(struct sample *s, u64 *seed, unsigned row)
{
    for (;;) {
        struct insn in;
        s->row = row;
        s->slot = without_hidden_tag(row, random_of_row(seed, row) & ~insn_rows[row].ignored);
        s->lslot = insn_rows[row].attrs & ATTR_BRANCH ? random_slot(seed) & ~3ull
                                                      : random_slot(seed);
        if (insn_rows[row].unit != 'X') s->lslot = 0;
        if (isa_decode_slot(unit_of_row(row), s->slot, s->lslot, 2, &in) != ISA_OK) continue;
        if (in.imm == 0x1000000ull || in.imm == -0x1000000ull) continue;
        if (hints_assigned(row, s->slot) && special_registers_make_sense(row, &in)) return;
    }
}

/* ---- Text ------------------------------------------------------------------------------------ */

static bool has_address(unsigned row)
{
    const struct row_code *c = &isa_table.code[row];
    for (unsigned i = 0; i < c->count; i++)
        if (c->op[i].kind == OPERAND_IMM && c->op[i].shown == SHOW_ADDR) return true;
    return false;
}

/* Disassembled at address 0, an address is a displacement from the label of the bundle. */
static void put_text(FILE *f, const struct sample *s)
{
    const char *at = s->text;
    if (strncmp(at, "(p0", 3) == 0) { /* objdump writes p06, as wants p6 */
        fprintf(f, "(p");
        at += 3;
    }
    if (has_address(s->row)) {
        for (const char *hex; (hex = strstr(at, "0x")); ) {
            char *end;
            s64 v = (s64)strtoull(hex, &end, 16);
            fprintf(f, "%.*s1b%c0x%llx", (int)(hex - at), at, v < 0 ? '-' : '+',
                    (unsigned long long)(v < 0 ? -(u64)v : (u64)v));
            at = end;
        }
    }
    fprintf(f, "%s", at);
}

/* The one slot of a bundle of its own, which is an instruction group of its own. */
static void put_bundle(FILE *f, const struct sample *s)
{
    static const char *const frame[][4] = {
        ['M'] = { ".mmi", "", ";;\n nop.m 0\n nop.i 0" },
        ['I'] = { ".mii", "nop.m 0\n ", "\n nop.i 0" },
        ['F'] = { ".mfi", "nop.m 0\n ", "\n nop.i 0" },
        ['B'] = { ".mib", "nop.m 0\n nop.i 0\n ", "" },
        ['X'] = { ".mlx", "nop.m 0\n ", "" },
    };
    char unit = unit_of_row(s->row);
    fprintf(f, "1:\n{ %s\n %s", frame[(int)unit][0], frame[(int)unit][1]);
    put_text(f, s);
    fprintf(f, " %s }\n;;\n", frame[(int)unit][2]);
}

/* ---- The assembler --------------------------------------------------------------------------- */

static u8 *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    u8 *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

/* The first executable section. */
static const u8 *text_section(const u8 *elf, size_t *size)
{
    Elf64_Ehdr head;
    memcpy(&head, elf, sizeof head);
    for (unsigned i = 0; i < head.e_shnum; i++) {
        Elf64_Shdr s;
        memcpy(&s, elf + head.e_shoff + i * sizeof s, sizeof s);
        if (!(s.sh_flags & SHF_EXECINSTR)) continue;
        *size = s.sh_size;
        return elf + s.sh_offset;
    }
    fail_msg("no text section");
    return NULL;
}

static u8 *assemble(const struct sample *s, size_t count, size_t *size)
{
    char directory[] = "/tmp/epic64-as-XXXXXX", path[64], command[256];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a.s", directory);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, ".explicit\n");
    for (size_t i = 0; i < count; i++) put_bundle(f, &s[i]);
    fclose(f);
    snprintf(command, sizeof command, AS " -o %s/a.o %s/a.s 2>%s/errors || grep Error %s/errors",
             directory, directory, directory, directory);
    int status = system(command);
    (void)status;
    snprintf(path, sizeof path, "%s/a.o", directory);
    u8 *elf = read_all(path, size);
    snprintf(command, sizeof command, "rm -r %s", directory);
    assert_int_equal(system(command), 0);
    return elf;
}

static void our_text_assembles_to_the_same_bits(void **state)
{
    (void)state;
    if (system("command -v " AS " >/dev/null 2>&1") != 0) {
        print_message(AS " is not installed\n");
        skip();
    }
    static struct sample samples[SAMPLES * ISA_MAX_ROWS];
    size_t count = 0, size;
    u64 seed = 21;
    for (unsigned row = 0; row < insn_row_count; row++) {
        for (unsigned n = 0; n < SAMPLES && !is_left_out(row); n++) {
            struct sample *s = &samples[count++];
            choose(s, &seed, row);
            isa_disasm_slot(unit_of_row(row), s->slot, s->lslot, 0, s->text, sizeof s->text);
        }
    }
    u8 *elf = assemble(samples, count, &size);
    const u8 *text = text_section(elf, &size);
    assert_int_equal(size, 16 * count);
    for (size_t i = 0; i < count; i++) {
        unsigned template, row = samples[i].row;
        u64 slot[3];
        isa_split(text + 16 * i, &template, slot);
        char unit = unit_of_row(row);
        unsigned slotno = unit == 'M' ? 0 : unit == 'B' || unit == 'X' ? 2 : 1;
        if (slot[slotno] != samples[i].slot || (unit == 'X' && slot[1] != samples[i].lslot))
            fail_msg("%s: %011llx, we had %011llx", samples[i].text,
                     (unsigned long long)slot[slotno], (unsigned long long)samples[i].slot);
    }
    print_message("%zu instructions\n", count);
    free(elf);
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
        cmocka_unit_test(our_text_assembles_to_the_same_bits),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
