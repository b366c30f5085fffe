/* PAL, SAL and EFI as a guest meets them: tables read by their raw offsets, procedures called by
 * running the stubs on a real processor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/log.h"
#include "bios/bios.h"
#include "cpu/psr.h"

#define RAM (256ull << 20)
#define IO_PORTS 0x3fffc000000ull
#define LANDING 0x200000ull /* where calls return to */
#define BUFFER 0x210000ull
#define KERNEL 0x4000000ull
#define KERNEL_SIZE 0x123456ull
#define BASE_TIME 1000000000ll /* 2001-09-09 01:46:40 UTC */

struct kit {
    struct physmem *pm;
    struct bios *bios;
    struct cpu_hooks hooks;
    struct cpu *cpu;
    int event;
    u32 written;
};

static enum hook_answer on_break(void *opaque, struct cpu *cpu, u64 imm)
{
    return bios_call(((struct kit *)opaque)->bios, cpu, imm);
}

static void on_event(void *opaque, enum bios_event event)
{
    ((struct kit *)opaque)->event = (int)event;
}

static u32 pci_read(void *opaque, unsigned bus, unsigned devfn, unsigned reg, unsigned size)
{
    (void)opaque;
    return bus << 24 | devfn << 16 | reg << 4 | size;
}

static void pci_write(void *opaque, unsigned bus, unsigned devfn, unsigned reg, unsigned size,
                      u32 value)
{
    (void)bus, (void)devfn, (void)reg, (void)size;
    ((struct kit *)opaque)->written = value;
}

static int setup(void **state)
{
    struct kit *k = *state = g_new0(struct kit, 1);
    k->event = -1;
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, RAM, NULL));
    struct bios_config config = {
        .pm = k->pm, .base_time = BASE_TIME,
        .platform = { .cpus = 2, .itc_hz = 400000000, .io_ports_pa = IO_PORTS,
                      .interrupt_block_pa = 0xfee00000, .iosapic_pa = 0xfec00000 },
        .host = { .opaque = k, .event = on_event, .pci_read = pci_read, .pci_write = pci_write },
    };
    k->bios = bios_new(&config);
    bios_claim(k->bios, KERNEL, KERNEL_SIZE);
    assert_true(bios_install(k->bios, NULL));
    k->hooks = (struct cpu_hooks){ .opaque = k, .brk = on_break };
    k->cpu = cpu_new(k->pm, 0, &k->hooks);
    bios_start_boot_cpu(k->bios, k->cpu, LANDING, 0x1000);
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    cpu_free(k->cpu);
    bios_free(k->bios);
    physmem_free(k->pm);
    g_free(k);
    return 0;
}

static u64 get(struct kit *k, u64 pa, unsigned len)
{
    u64 v = 0;
    assert_true(physmem_read(k->pm, pa, &v, len));
    return v;
}

static u64 gr(struct kit *k, unsigned r)
{
    bool nat;
    u64 v = cpu_gr(k->cpu, r, &nat);
    assert_false(nat);
    return v;
}

static u8 sum(struct kit *k, u64 pa, u64 len)
{
    u8 total = 0;
    const u8 *p = physmem_host(k->pm, pa, len);
    assert_non_null(p);
    for (u64 i = 0; i < len; i++) total = (u8)(total + p[i]);
    return total;
}

/* --- tables ---------------------------------------------------------------------------------- */

/* The physical address of a configuration table by the first four bytes of its GUID. */
static u64 config_table(struct kit *k, u32 guid)
{
    u64 systab = bios_efi_system_table(k->bios);
    u64 count = get(k, systab + 104, 8), table = get(k, systab + 112, 8);
    for (u64 i = 0; i < count; i++) {
        if (get(k, table + 24 * i, 4) == guid) return get(k, table + 24 * i + 16, 8);
    }
    return 0;
}

static u64 runtime(struct kit *k)
{
    return get(k, bios_efi_system_table(k->bios) + 88, 8);
}

/* The CRC field counts as zero; zlib is the oracle. */
static void check_efi_header(struct kit *k, u64 pa, u64 signature, u32 size)
{
    u8 copy[256];
    assert_int_equal(get(k, pa, 8), signature);
    assert_int_equal(get(k, pa + 8, 4), 0x0001000a);
    assert_int_equal(get(k, pa + 12, 4), size);
    assert_true(physmem_read(k->pm, pa, copy, size));
    memset(copy + 16, 0, 4);
    assert_int_equal(get(k, pa + 16, 4), crc32(0, copy, size));
}

static void the_efi_tables_have_their_signatures_and_checksums(void **state)
{
    struct kit *k = *state;
    check_efi_header(k, bios_efi_system_table(k->bios), 0x5453595320494249, 120);
    check_efi_header(k, runtime(k), 0x56524553544e5552, 112);
    assert_int_equal(get(k, get(k, bios_efi_system_table(k->bios) + 24, 8), 2), 'e');
    assert_int_not_equal(config_table(k, 0x8868e871), 0); /* ACPI 2.0 */
    assert_int_not_equal(config_table(k, 0xeb9d2d32), 0); /* SAL */
    assert_int_not_equal(config_table(k, 0xf951938d), 0); /* HCDP */
}

static void the_sal_table_adds_up_and_names_entry_points(void **state)
{
    struct kit *k = *state;
    u64 t = config_table(k, 0xeb9d2d32), at = t + 96, end = t + get(k, t + 4, 4);
    static const u8 sizes[6] = { 48, 32, 16, 32, 16, 16 };
    unsigned seen = 0, entries = 0;
    assert_memory_equal(physmem_host(k->pm, t, 4), "SST_", 4);
    assert_int_equal(get(k, t + 8, 2), 0x0320);
    assert_int_equal(sum(k, t, end - t), 0);
    for (; at < end; at += sizes[get(k, at, 1)], entries++) seen |= 1u << get(k, at, 1);
    assert_int_equal(at, end);
    assert_int_equal(entries, get(k, t + 10, 2));
    assert_int_equal(seen & 0x21, 0x21);
    assert_int_equal(get(k, t + 96 + 8, 8), BIOS_CODE_PA);
}

struct descriptor {
    u32 type, pad;
    u64 pa, va, pages, attribute;
};

static struct descriptor map_entry(struct kit *k, unsigned i)
{
    struct bios_memory_map map = bios_memory_map(k->bios);
    struct descriptor d;
    assert_true(i < map.size / map.descriptor_size);
    assert_true(physmem_read(k->pm, map.pa + i * map.descriptor_size, &d, sizeof d));
    return d;
}

static unsigned map_len(struct kit *k)
{
    struct bios_memory_map map = bios_memory_map(k->bios);
    assert_int_equal(map.version, 1);
    assert_int_equal(map.size % map.descriptor_size, 0);
    return (unsigned)(map.size / map.descriptor_size);
}

static void the_memory_map_is_sorted_and_describes_all_ram_once(void **state)
{
    struct kit *k = *state;
    u64 at = 0;
    for (unsigned i = 0; i < map_len(k); i++) {
        struct descriptor d = map_entry(k, i);
        assert_int_not_equal(d.pages, 0);
        if (d.type == 12) {
            assert_int_equal(d.pa, IO_PORTS);
            assert_int_equal(d.pages, 0x4000);
            assert_int_equal(d.attribute & 0xf, 1);
            assert_int_equal(i, map_len(k) - 1);
            continue;
        }
        assert_int_equal(d.pa, at);
        assert_int_equal(d.attribute & 0xff, 8);
        at = d.pa + d.pages * 4096;
    }
    assert_int_equal(at, RAM);
}

static u32 type_at(struct kit *k, u64 pa)
{
    for (unsigned i = 0; i < map_len(k); i++) {
        struct descriptor d = map_entry(k, i);
        if (pa >= d.pa && pa - d.pa < d.pages * 4096) return d.type;
    }
    return ~0u;
}

static void what_a_loader_or_firmware_uses_is_never_conventional(void **state)
{
    struct kit *k = *state;
    unsigned pal = 0;
    for (unsigned i = 0; i < map_len(k); i++) pal += map_entry(k, i).type == 13;
    assert_int_equal(pal, 1);
    assert_int_equal(type_at(k, KERNEL - 1), 7);
    assert_int_equal(type_at(k, KERNEL), 2);
    assert_int_equal(type_at(k, KERNEL + KERNEL_SIZE - 1), 2);
    assert_int_equal(type_at(k, align_up(KERNEL + KERNEL_SIZE, 4096)), 7);
    assert_int_equal(type_at(k, BIOS_LOADER_PA), 2);
    assert_int_equal(type_at(k, bios_memory_map(k->bios).pa), 2);
    assert_int_equal(type_at(k, bios_efi_system_table(k->bios)), 6);
    assert_int_equal(type_at(k, runtime(k)), 6);
    assert_int_equal(type_at(k, config_table(k, 0x8868e871)), 9);
    assert_int_equal(type_at(k, get(k, get(k, runtime(k) + 24, 8), 8)), 5);
}

static void overlapping_claims_leave_a_map_without_overlaps(void **state)
{
    struct kit *k = *state;
    bios_claim(k->bios, KERNEL - 0x5000, 0x10001);
    bios_claim(k->bios, KERNEL + KERNEL_SIZE - 1, 0x5000);
    bios_claim(k->bios, RAM - 1, 1);
    bios_claim(k->bios, 0, 0x200000);
    assert_true(bios_install(k->bios, NULL));
    the_memory_map_is_sorted_and_describes_all_ram_once(state);
    assert_int_equal(type_at(k, KERNEL - 0x5000), 2);
    assert_int_equal(type_at(k, RAM - 1), 2);
    assert_int_equal(type_at(k, BIOS_CODE_PA), 13);
}

static void a_machine_without_low_memory_is_refused(void **state)
{
    (void)state;
    GError *err = NULL;
    struct bios_config config = { .pm = physmem_new() };
    assert_true(physmem_add_ram(config.pm, "ram", 0, 0x100000, NULL));
    struct bios *bios = bios_new(&config);
    assert_false(bios_install(bios, &err));
    assert_non_null(err);
    g_error_free(err);
    bios_free(bios);
    physmem_free(config.pm);
}

/* --- calling --------------------------------------------------------------------------------- */

#define FRAME(sof, sol) ((u64)(sol) << 7 | (sof))
#define CALLER FRAME(20, 10)

/* As after br.call: r32.. are arguments, ar.pfs has the caller's frame, b0 the way back. */
static void enter(struct kit *k, u64 entry)
{
    cpu_set_br(k->cpu, 0, LANDING);
    cpu_set_ip(k->cpu, entry, 0);
    for (unsigned r = 8; r < 12; r++) cpu_set_gr(k->cpu, r, 0xdead, true);
    cpu_set_until(k->cpu, true, LANDING);
}

static void run(struct kit *k)
{
    assert_int_equal(cpu_run(k->cpu, 100), CPU_UNTIL);
    assert_int_equal(cpu_ip(k->cpu), LANDING);
}

static s64 call_stacked(struct kit *k, u64 entry, const u64 *args, unsigned n)
{
    cpu_set_ar(k->cpu, 64, CALLER);
    for (unsigned i = 0; i < n; i++) cpu_set_gr(k->cpu, 32 + i, args[i], false);
    enter(k, entry);
    run(k);
    return (s64)gr(k, 8);
}

#define STACKED(k, entry, ...)                                                                    \
    call_stacked(k, entry, (const u64[]){ __VA_ARGS__ }, sizeof((u64[]){ __VA_ARGS__ }) / 8)

static u64 pal_entry(struct kit *k)
{
    return get(k, config_table(k, 0xeb9d2d32) + 96 + 8, 8);
}

static u64 sal_entry(struct kit *k)
{
    return get(k, config_table(k, 0xeb9d2d32) + 96 + 16, 8);
}

static u64 efi_entry(struct kit *k, unsigned offset)
{
    return get(k, get(k, runtime(k) + offset, 8), 8);
}

static s64 pal(struct kit *k, u64 index, u64 a, u64 b, u64 c)
{
    const u64 args[4] = { index, a, b, c };
    for (unsigned i = 0; i < 4; i++) cpu_set_gr(k->cpu, 28 + i, args[i], false);
    enter(k, pal_entry(k));
    run(k);
    return (s64)gr(k, 8);
}

static void static_pal_calls_return_by_a_branch_and_keep_the_frame(void **state)
{
    struct kit *k = *state;
    u64 cfm = cpu_cfm(k->cpu);
    cpu_set_ar(k->cpu, 64, CALLER);
    assert_int_equal(pal(k, 19, 0, 0, 0), 0);
    assert_int_equal(gr(k, 9), 96);
    assert_int_equal(cpu_cfm(k->cpu), cfm);
}

static void stacked_pal_calls_pop_the_frame(void **state)
{
    struct kit *k = *state;
    cpu_set_gr(k->cpu, 28, 257, false);
    assert_int_equal(STACKED(k, pal_entry(k), 257, BUFFER), 0);
    assert_int_equal(cpu_cfm(k->cpu), CALLER);
    assert_int_equal(get(k, BUFFER, 8) >> 60 & 3, 3);
    assert_int_equal(get(k, BUFFER + 8, 8) >> 60 & 3, 3);
    assert_true((get(k, BUFFER + 8, 8) >> 32 & 0xfffffff) < (get(k, BUFFER, 8) >> 32 & 0xfffffff));
    assert_int_equal(get(k, BUFFER + 16, 8), 0);
}

static void pal_tells_the_numbers_that_kernels_check(void **state)
{
    struct kit *k = *state;
    assert_int_equal(pal(k, 8, 0, 0, 0), 0); /* VM_SUMMARY: the reference's values */
    assert_int_equal(gr(k, 9), 0x02043f3f020f1865);
    assert_int_equal(gr(k, 10), 0xffff183c);
    assert_int_equal(pal(k, 6, 0, 0, 0), 0);
    assert_int_equal(gr(k, 10), 0x0000000100000001);
    assert_int_equal(pal(k, 14, 0, 0, 0), 0);
    u64 itc = gr(k, 11);
    assert_int_equal(STACKED(k, sal_entry(k), 0x01000012, 0), 0);
    assert_int_equal(gr(k, 9) * (itc >> 32) / (u32)itc, 400000000);
}

/* What PAL says can be inserted is what the mmu inserts, from 4 KB to 4 GB. */
static void pal_names_every_page_size_there_is(void **state)
{
    struct kit *k = *state;
    assert_int_equal(pal(k, 34, 0, 0, 0), 0); /* VM_PAGE_SIZE */
    u64 insertable = gr(k, 9), purgeable = gr(k, 10);
    for (unsigned ps = 0; ps < 64; ps++) {
        assert_int_equal(bit(insertable, ps), mmu_pte_valid(1, (u64)ps << 2));
    }
    assert_int_equal(insertable, 0x155557000);
    assert_int_equal(purgeable, insertable);
    for (u64 type = 1; type <= 2; type++) {
        assert_int_equal(pal(k, 7, 0, type, 0), 0); /* VM_INFO */
        assert_int_equal(gr(k, 10), insertable);
    }
}

static void pal_names_every_register_there_is(void **state)
{
    struct kit *k = *state;
    u64 there[2][2] = { { 0 } };
#define AR(number, ...) there[0][(number) / 64] |= 1ull << (number) % 64;
#define CR(number, ...) there[1][(number) / 64] |= 1ull << (number) % 64;
#define FILE(...)
#include "cpu/sysreg.def"
    for (u64 crs = 0; crs < 2; crs++) {
        assert_int_equal(pal(k, 39, 2 * crs, 0, 0), 0); /* REGISTER_INFO */
        assert_int_equal(gr(k, 9), there[crs][0]);
        assert_int_equal(gr(k, 10), there[crs][1]);
        assert_int_equal(pal(k, 39, 2 * crs + 1, 0, 0), 0);
        assert_int_equal(gr(k, 9), 0);
        assert_int_equal(gr(k, 10), crs ? 2 : 0); /* reading ivr acknowledges */
    }
    assert_int_equal(pal(k, 39, 4, 0, 0), -2);
}

static void every_cache_has_a_stride_and_what_does_not_exist_is_an_error(void **state)
{
    struct kit *k = *state;
    unsigned found = 0;
    assert_int_equal(pal(k, 4, 0, 0, 0), 0);
    u64 levels = gr(k, 9), unique = gr(k, 10);
    for (u64 level = 0; level < levels; level++) {
        for (u64 type = 1; type <= 2; type++) {
            s64 status = pal(k, 2, level, type, 0);
            assert_true(status == 0 || status == -2);
            if (status) continue;
            found++;
            assert_int_not_equal(gr(k, 9) >> 24 & 0xff, 0);
            assert_int_equal(gr(k, 9) >> 16 & 0xff, gr(k, 9) >> 24 & 0xff);
            assert_int_not_equal((u32)gr(k, 10), 0);
        }
    }
    assert_int_equal(found, unique);
    assert_int_equal(pal(k, 2, levels, 2, 0), -2);
    assert_int_equal(pal(k, 2, 0, 3, 0), -2);
}

static void unknown_procedures_are_unimplemented(void **state)
{
    struct kit *k = *state;
    assert_int_equal(pal(k, 0, 0, 0, 0), -1);
    assert_int_equal(pal(k, 47, 0, 0, 0), -1);
    assert_int_equal(pal(k, ~0ull & ~0x100ull, 0, 0, 0), -1);
    assert_int_equal(STACKED(k, sal_entry(k), 0x01000099), -1);
    assert_int_equal(STACKED(k, sal_entry(k), 0x02000001), -1);
}

static void halt_light_sleeps_unless_an_interrupt_is_pending(void **state)
{
    struct kit *k = *state;
    cpu_set_gr(k->cpu, 28, 29, false);
    enter(k, pal_entry(k));
    assert_int_equal(cpu_run(k->cpu, 100), CPU_HALTED);
    assert_true(cpu_is_halted(k->cpu));
    cpu_post_vector(k->cpu, 0x45);
    assert_false(cpu_is_halted(k->cpu));
    run(k);
    assert_int_equal(gr(k, 8), 0);
    assert_int_equal(pal(k, 29, 0, 0, 0), 0); /* psr.i is 0: the vector is still pending */
    assert_false(cpu_is_halted(k->cpu));
}

static void sal_reaches_configuration_space_in_both_address_formats(void **state)
{
    struct kit *k = *state;
    u64 sal = sal_entry(k);
    assert_int_equal(STACKED(k, sal, 0x01000010, 0x00021334, 4, 0), 0);
    assert_int_equal(gr(k, 9), 2u << 24 | 0x13 << 16 | 0x34 << 4 | 4);
    assert_int_equal(STACKED(k, sal, 0x01000010, 0x2ull << 20 | 0x13 << 12 | 0x134, 4, 1), 0);
    assert_int_equal(gr(k, 9), 2u << 24 | 0x13 << 16 | 0x134 << 4 | 4);
    assert_int_equal(STACKED(k, sal, 0x01000010, 0x01021334, 2, 0), 0); /* another segment */
    assert_int_equal(gr(k, 9), 0xffff);
    assert_int_equal(STACKED(k, sal, 0x01000011, 0x00021334, 2, 0x1234, 0), 0);
    assert_int_equal(k->written, 0x1234);
    assert_int_equal(STACKED(k, sal, 0x01000010, 0x00021335, 2, 0), -2);
    assert_int_equal(STACKED(k, sal, 0x01000010, 0x00021334, 3, 0), -2);
    assert_int_equal(STACKED(k, sal, 0x01000010, 0x00021334, 4, 2), -2);
    assert_int_equal(STACKED(k, sal, 0x01000001, 0, 0, BUFFER), -5);
}

/* The indices' high half does not count. */
static void sal_looks_at_the_low_half_of_its_index(void **state)
{
    struct kit *k = *state;
    assert_int_equal(STACKED(k, sal_entry(k), 0x5500000001000012, 0), 0);
    assert_int_equal(gr(k, 9), 100000000);
}

static void the_clock_starts_at_the_base_date_and_counts_guest_time(void **state)
{
    struct kit *k = *state;
    assert_int_equal(STACKED(k, efi_entry(k, 24), BUFFER, 0), 0);
    assert_int_equal(get(k, BUFFER, 8), 0x00282e010909ull << 16 | 2001);
    assert_int_equal(get(k, BUFFER + 12, 2), 0x7ff);
    cpu_skip_time(k->cpu, 400000000ull * 86400);
    assert_int_equal(STACKED(k, efi_entry(k, 24), BUFFER, BUFFER + 64), 0);
    assert_int_equal(get(k, BUFFER, 8), 0x00282e010a09ull << 16 | 2001);
    assert_int_equal(get(k, BUFFER + 64, 4), 1);
    u8 set[16] = { 0xe4, 0x07, 2, 29, 23, 59, 58 }; /* 2020-02-29 23:59:58 */
    assert_true(physmem_write(k->pm, BUFFER, set, 16));
    assert_int_equal(STACKED(k, efi_entry(k, 32), BUFFER), 0);
    cpu_skip_time(k->cpu, 400000000ull * 3);
    assert_int_equal(STACKED(k, efi_entry(k, 24), BUFFER, 0), 0);
    assert_int_equal(get(k, BUFFER, 4), 0x01030000u | 2020);
    set[3] = 31; /* the 31st of February */
    assert_true(physmem_write(k->pm, BUFFER, set, 16));
    assert_int_equal(STACKED(k, efi_entry(k, 32), BUFFER), (s64)0x8000000000000002);
}

static void variables_do_not_exist_and_reset_reaches_the_machine(void **state)
{
    struct kit *k = *state;
    assert_int_equal(STACKED(k, efi_entry(k, 72), BUFFER), (s64)0x800000000000000e);
    assert_int_equal(STACKED(k, efi_entry(k, 80), BUFFER), (s64)0x800000000000000e);
    assert_int_equal(STACKED(k, efi_entry(k, 88), BUFFER), (s64)0x8000000000000003);
    STACKED(k, efi_entry(k, 104), 1, 0, 0, 0);
    assert_int_equal(k->event, BIOS_RESET);
    STACKED(k, efi_entry(k, 104), 2, 0, 0, 0);
    assert_int_equal(k->event, BIOS_POWER_OFF);
}

static void set_virtual_address_map_repoints_all_descriptors_once(void **state)
{
    struct kit *k = *state;
    struct bios_memory_map map = bios_memory_map(k->bios);
    u64 before[11], svam = efi_entry(k, 56);
    for (unsigned i = 0; i < 11; i++) before[i] = efi_entry(k, 24 + 8 * i);
    for (unsigned i = 0; i < map_len(k); i++) {
        u64 at = map.pa + i * map.descriptor_size, va = map_entry(k, i).pa + 0xe000000000000000;
        assert_true(physmem_write(k->pm, at + 16, &va, 8));
    }
    assert_int_equal(STACKED(k, svam, map.size, map.descriptor_size, 1, map.pa), 0);
    for (unsigned i = 0; i < 11; i++) {
        assert_int_equal(efi_entry(k, 24 + 8 * i), before[i] + 0xe000000000000000);
    }
    assert_int_not_equal(STACKED(k, svam, map.size, map.descriptor_size, 1, map.pa), 0);
    assert_int_equal(efi_entry(k, 24), before[0] + 0xe000000000000000);
}

static void a_map_without_the_firmware_in_it_changes_nothing(void **state)
{
    struct kit *k = *state;
    struct bios_memory_map map = bios_memory_map(k->bios);
    u64 svam = efi_entry(k, 56), before = efi_entry(k, 24);
    assert_int_not_equal(STACKED(k, svam, map.descriptor_size, map.descriptor_size, 1, map.pa), 0);
    assert_int_not_equal(STACKED(k, svam, map.size, 8, 1, map.pa), 0);
    assert_int_not_equal(STACKED(k, svam, ~0ull, map.descriptor_size, 1, map.pa), 0);
    assert_int_not_equal(STACKED(k, svam, map.size, map.descriptor_size, 1, RAM), 0);
    assert_int_equal(efi_entry(k, 24), before);
}

/* --- who may call, and with what pointers ---------------------------------------------------- */

#define IVA 0x300000ull
#define ALTERNATE_DATA_TLB (IVA + 0x1000)
#define BREAK_VECTOR (IVA + 0x2c00)

/* Handlers that do nothing, slowly: a step ends in the first nop of the vector. */
static void fill_vectors(struct kit *k)
{
    static const u8 nops[16] = { 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
                                 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00 };
    for (u64 at = 0; at < 0x8000; at += 16) assert_true(physmem_write(k->pm, IVA + at, nops, 16));
    cpu_set_cr(k->cpu, 2, IVA);
}

static void the_same_break_elsewhere_or_without_privilege_belongs_to_the_guest(void **state)
{
    struct kit *k = *state;
    u8 stub[16];
    assert_true(physmem_read(k->pm, sal_entry(k), stub, 16));
    assert_true(physmem_write(k->pm, BUFFER, stub, 16));
    fill_vectors(k);
    cpu_set_psr(k->cpu, PSR_BN | PSR_IC);
    cpu_set_ip(k->cpu, BUFFER, 0);
    cpu_step(k->cpu, 1);
    assert_int_equal(cpu_ip(k->cpu), BREAK_VECTOR);

    cpu_set_psr(k->cpu, PSR_BN | PSR_IC | PSR_CPL);
    cpu_set_ip(k->cpu, sal_entry(k), 0);
    cpu_step(k->cpu, 1);
    assert_int_equal(cpu_ip(k->cpu), BREAK_VECTOR);
}

#define VA 0xe000000000000000ull
#define PTE (1ull | 1 << 5 | 1 << 6 | 3 << 9) /* present, accessed, dirty, rwx */

static void map_page(struct kit *k, u64 va, u64 pa)
{
    assert_int_equal(mmu_insert_tc(cpu_mmu(k->cpu), false, va, 12 << 2, pa | PTE), MMU_OK);
}

/* GetTime into a buffer across two pages, each mapped only after a miss was raised for it. */
static void a_virtual_pointer_without_translation_faults_and_the_call_restarts(void **state)
{
    struct kit *k = *state;
    u64 entry = efi_entry(k, 24), at = VA + 0x1000 - 6, untouched = 0x5555555555555555;
    assert_true(physmem_write(k->pm, BUFFER + 0x1000 - 6, &untouched, 6));
    fill_vectors(k);
    cpu_set_rr(k->cpu, 7, 7 << 8 | 24 << 2);
    cpu_set_ar(k->cpu, 64, CALLER);
    cpu_set_gr(k->cpu, 32, at, false);
    cpu_set_gr(k->cpu, 33, 0, false);
    for (unsigned page = 0; page < 2; page++) {
        enter(k, entry);
        cpu_set_psr(k->cpu, PSR_BN | PSR_IC | PSR_DT);
        cpu_step(k->cpu, 1);
        assert_int_equal(cpu_ip(k->cpu), ALTERNATE_DATA_TLB);
        assert_int_equal(cpu_cr(k->cpu, 19), entry);       /* iip: the stub */
        assert_int_equal(cpu_cr(k->cpu, 16) >> 41 & 3, 0); /* ipsr.ri: its break */
        assert_int_equal(cpu_cr(k->cpu, 20), page ? VA + 0x1000 : at);
        assert_int_equal(cpu_cr(k->cpu, 17) >> 32 & 0xf, 2); /* isr: a write */
        assert_int_equal(cpu_cr(k->cpu, 21), 7 << 8 | 24 << 2);
        assert_int_equal(get(k, BUFFER + 0x1000 - 6, 6), untouched & mask64(48));
        map_page(k, VA + page * 0x1000, BUFFER + page * 0x1000);
    }
    enter(k, entry);
    cpu_set_psr(k->cpu, PSR_BN | PSR_IC | PSR_DT);
    run(k);
    assert_int_equal(gr(k, 8), 0);
    assert_int_equal(get(k, BUFFER + 0x1000 - 6, 8), 0x00282e010909ull << 16 | 2001);
}

static void other_processors_wait_for_the_wakeup_vector(void **state)
{
    struct kit *k = *state;
    struct cpu *ap = cpu_new(k->pm, 1, &k->hooks);
    bios_park_cpu(k->bios, ap);
    assert_int_equal(cpu_run(ap, 1000), CPU_HALTED);
    assert_int_equal(cpu_cr(ap, 64), 1 << 24);

    cpu_post_vector(ap, BIOS_AP_WAKEUP_VECTOR); /* nobody has said where to go */
    assert_int_equal(cpu_run(ap, 1000), CPU_HALTED);

    assert_int_equal(STACKED(k, sal_entry(k), 0x01000000, 2, LANDING, 0x777, 0, 0, 0, 0), 0);
    cpu_post_vector(ap, 0x45); /* not the vector; but 0xff is still pending */
    cpu_set_until(ap, true, LANDING);
    assert_int_equal(cpu_run(ap, 1000), CPU_UNTIL);
    bool nat;
    assert_int_equal(cpu_gr(ap, 1, &nat), 0x777);
    assert_int_equal(cpu_psr(ap) & (PSR_IT | PSR_DT | PSR_RT | PSR_I | PSR_IC | PSR_CPL), 0);
    assert_int_equal(cpu_psr(ap) & PSR_BN, PSR_BN);
    cpu_free(ap);
}

static void the_boot_processor_starts_as_a_loader_would_leave_it(void **state)
{
    struct kit *k = *state;
    assert_int_equal(cpu_ip(k->cpu), LANDING);
    assert_int_equal(gr(k, 28), 0x1000);
    assert_int_equal(cpu_psr(k->cpu) & PSR_BN, PSR_BN);
    assert_int_equal(cpu_psr(k->cpu) & (PSR_IT | PSR_DT | PSR_RT | PSR_I | PSR_CPL), 0);
    assert_int_equal(cpu_ar(k->cpu, 0), IO_PORTS);
    assert_int_equal(cpu_cr(k->cpu, 64), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(the_efi_tables_have_their_signatures_and_checksums),
        T(the_sal_table_adds_up_and_names_entry_points),
        T(the_memory_map_is_sorted_and_describes_all_ram_once),
        T(what_a_loader_or_firmware_uses_is_never_conventional),
        T(overlapping_claims_leave_a_map_without_overlaps),
        cmocka_unit_test(a_machine_without_low_memory_is_refused),
        T(static_pal_calls_return_by_a_branch_and_keep_the_frame),
        T(stacked_pal_calls_pop_the_frame),
        T(pal_tells_the_numbers_that_kernels_check),
        T(pal_names_every_page_size_there_is),
        T(pal_names_every_register_there_is),
        T(every_cache_has_a_stride_and_what_does_not_exist_is_an_error),
        T(unknown_procedures_are_unimplemented),
        T(halt_light_sleeps_unless_an_interrupt_is_pending),
        T(sal_reaches_configuration_space_in_both_address_formats),
        T(sal_looks_at_the_low_half_of_its_index),
        T(the_clock_starts_at_the_base_date_and_counts_guest_time),
        T(variables_do_not_exist_and_reset_reaches_the_machine),
        T(set_virtual_address_map_repoints_all_descriptors_once),
        T(a_map_without_the_firmware_in_it_changes_nothing),
        T(the_same_break_elsewhere_or_without_privilege_belongs_to_the_guest),
        T(a_virtual_pointer_without_translation_faults_and_the_call_restarts),
        T(other_processors_wait_for_the_wakeup_vector),
        T(the_boot_processor_starts_as_a_loader_would_leave_it),
    };
    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests_name("firmware", tests, NULL, NULL);
}
