/* Fuzzing decoder, disassembler and encoder: any 16 bytes.
 *
 * Beyond not crashing: what decodes can be encoded, the encoding decodes to the same, and encoding
 * that again gives the same bytes.
 *
 *     fuzz_decode -max_total_time=60
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/isa/isa.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define MUST(condition)                                                                           \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

/* The last slot of MLX is part of the one before. */
static bool all_ok(const struct bundle_info *info)
{
    return info->status[0] == ISA_OK && info->status[1] == ISA_OK &&
           (info->mlx || info->status[2] == ISA_OK);
}

static void round_trip(const u8 bundle[16])
{
    struct insn in[3], again[3];
    struct bundle_info info, info_again;
    u8 encoded[16], twice[16];

    isa_decode_bundle(bundle, in, &info);
    if (!all_ok(&info)) return;
    MUST(isa_encode_bundle(info.template, in, encoded));
    isa_decode_bundle(encoded, again, &info_again);
    MUST(all_ok(&info_again) && info_again.template == info.template);
    MUST(memcmp(in, again, sizeof(in)) == 0);
    MUST(isa_encode_bundle(info.template, again, twice));
    MUST(memcmp(encoded, twice, 16) == 0);
}

static void disassemble(const u8 bundle[16])
{
    char text[512], small[8];
    size_t length = isa_disasm_bundle(bundle, 0x4000, text, sizeof(text));
    MUST(strlen(text) < sizeof(text) && length > 0);
    isa_disasm_bundle(bundle, ~15ull, small, sizeof(small));
    MUST(strlen(small) < sizeof(small));
    for (unsigned slot = 0; slot < 3; slot++) isa_disasm(bundle, slot, 0, text, sizeof(text));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    isa_init();
    for (; size >= 16; size -= 16, data += 16) {
        round_trip(data);
        disassemble(data);
    }
    return 0;
}
