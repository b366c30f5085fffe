/* The ACPI tables: sums and fields by raw offset, and the DSDT judged by iasl, whose disassembly
 * must compile again to the same bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "bios/bios.h"

struct kit {
    struct physmem *pm;
    struct bios *bios;
};

static int setup(void **state)
{
    struct kit *k = *state = g_new0(struct kit, 1);
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, 0x1000000, NULL));
    assert_true(physmem_make_hole(k->pm, 0xa0000, 0x20000, NULL));
    struct bios_config config = {
        .pm = k->pm,
        .platform = { .cpus = 16, .itc_hz = 400000000, .io_ports_pa = 0x3fffc000000,
                      .interrupt_block_pa = 0xfee00000, .iosapic_pa = 0xfec00000,
                      .pci_window_pa = 0x80000000, .pci_window_size = 0x40000000,
                      .intx_gsi = { 16, 17, 18, 19 }, .uart_port = 0x3f8, .uart_gsi = 4,
                      .keyboard_port = 0x60, .keyboard_gsi = 1, .mouse_gsi = 12,
                      .vga_pa = 0xa0000, .vga_size = 0x20000, .vga_slot = 7,
                      .pm_port = 0x2000, .sci_gsi = 9, .slp_typ_s5 = 5, .reset_value = 1 },
    };
    k->bios = bios_new(&config);
    assert_true(bios_install(k->bios, NULL));
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
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

static u8 sum(struct kit *k, u64 pa, u64 len)
{
    u8 total = 0;
    for (u64 i = 0; i < len; i++) total = (u8)(total + get(k, pa + i, 1));
    return total;
}

static u64 config_table(struct kit *k, u32 guid)
{
    u64 systab = bios_efi_system_table(k->bios), table = get(k, systab + 112, 8);
    for (u64 i = 0; i < get(k, systab + 104, 8); i++) {
        if (get(k, table + 24 * i, 4) == guid) return get(k, table + 24 * i + 16, 8);
    }
    return 0;
}

static u64 rsdp(struct kit *k)
{
    return config_table(k, 0x8868e871);
}

/* A table by signature, through the XSDT (the DSDT through the FADT). */
static u64 table(struct kit *k, const char *signature)
{
    u64 xsdt = get(k, rsdp(k) + 24, 8);
    if (!strcmp(signature, "XSDT")) return xsdt;
    if (!strcmp(signature, "DSDT")) return get(k, table(k, "FACP") + 140, 8);
    for (u64 at = xsdt + 36; at < xsdt + get(k, xsdt + 4, 4); at += 8) {
        u64 t = get(k, at, 8);
        if (!memcmp(physmem_host(k->pm, t, 4), signature, 4)) return t;
    }
    fail_msg("no table %s", signature);
    return 0;
}

static const char *const names[] = { "XSDT", "FACP", "APIC", "SPCR", "DSDT" };

static void every_table_adds_up_to_zero(void **state)
{
    struct kit *k = *state;
    assert_memory_equal(physmem_host(k->pm, rsdp(k), 8), "RSD PTR ", 8);
    assert_int_equal(sum(k, rsdp(k), 20), 0);
    assert_int_equal(sum(k, rsdp(k), 36), 0);
    assert_int_equal(get(k, rsdp(k) + 15, 1), 2);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        u64 t = table(k, names[i]);
        assert_int_equal(t % 16, 0);
        assert_int_equal(sum(k, t, get(k, t + 4, 4)), 0);
        assert_memory_not_equal(physmem_host(k->pm, t + 10, 2), "HP", 2); /* would mean hpzx1 */
    }
    u64 hcdp = config_table(k, 0xf951938d);
    assert_memory_equal(physmem_host(k->pm, hcdp, 4), "HCDP", 4);
    assert_int_equal(get(k, hcdp + 4, 4), 40 + 48 + 41);
    assert_int_equal(sum(k, hcdp, 40 + 48 + 41), 0);
    assert_int_equal(get(k, hcdp + 40 + 20, 8), 0x3f8);
    assert_int_equal(get(k, hcdp + 40 + 41, 1), 4);
}

/* The register blocks must agree in their old and new fields. */
static void the_fadt_has_its_fields_in_both_places(void **state)
{
    struct kit *k = *state;
    u64 t = table(k, "FACP");
    static const struct { unsigned offset, size; u64 value; } want[] = {
        { 4, 4, 244 }, { 8, 1, 3 }, { 46, 2, 9 }, { 48, 4, 0 }, { 56, 4, 0x2000 },
        { 64, 4, 0x2004 },
        { 76, 4, 0x2008 }, { 88, 1, 4 }, { 89, 1, 2 }, { 91, 1, 4 }, { 96, 4, 0xffffffff },
        { 112, 4, 0x421 }, { 116, 4, 0x00000801 }, { 120, 8, 0x200c }, { 128, 1, 1 },
        { 148, 4, 0x00002001 }, { 152, 8, 0x2000 }, { 172, 4, 0x00001001 }, { 176, 8, 0x2004 },
        { 208, 4, 0x00002001 }, { 212, 8, 0x2008 }, { 160, 8, 0 }, { 196, 8, 0 }, { 220, 8, 0 },
        { 232, 8, 0 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(get(k, t + want[i].offset, want[i].size), want[i].value);
    }
    assert_int_equal(get(k, t + 40, 4), get(k, t + 140, 8));
    u64 facs = get(k, t + 36, 4);
    assert_int_equal(facs, get(k, t + 132, 8));
    assert_int_equal(facs % 64, 0);
    assert_memory_equal(physmem_host(k->pm, facs, 4), "FACS", 4);
    assert_int_equal(get(k, facs + 4, 4), 64);
}

static void the_madt_lists_each_processor_and_the_iosapic(void **state)
{
    struct kit *k = *state;
    u64 t = table(k, "APIC"), at = t + 44, end = t + get(k, t + 4, 4);
    unsigned cpus = 0, iosapics = 0;
    assert_int_equal(get(k, t + 36, 4), 0xfee00000);
    assert_int_equal(get(k, t + 40, 4), 0);
    for (; at < end; at += get(k, at + 1, 1)) {
        assert_int_not_equal(get(k, at + 1, 1), 0);
        if (get(k, at, 1) == 7) {
            assert_int_equal(get(k, at + 2, 1), cpus);
            assert_int_equal(get(k, at + 3, 2), cpus);
            assert_int_equal(get(k, at + 8, 4), 1);
            cpus++;
        } else {
            assert_int_equal(get(k, at, 2), 16 << 8 | 6);
            assert_int_equal(get(k, at + 8, 8), 0xfec00000);
            iosapics++;
        }
    }
    assert_int_equal(at, end);
    assert_int_equal(cpus, 16);
    assert_int_equal(iosapics, 1);
}

static bool run(const char *dir, const char *command, char **output)
{
    char *line = g_strdup_printf("cd '%s' && %s 2>&1", dir, command);
    char *argv[] = { (char *)"/bin/sh", (char *)"-c", line, NULL };
    int status = -1;
    bool ok = g_spawn_sync(NULL, argv, NULL, 0, NULL, NULL, output, NULL, &status, NULL);
    g_free(line);
    return ok && status == 0;
}

static char *read_text(const char *dir, const char *name)
{
    char *path = g_build_filename(dir, name, NULL), *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_free(path);
    return text;
}

static void the_hcdp_has_a_primary_uart_and_a_screen(void **state)
{
    struct kit *k = *state;
    u64 t = config_table(k, 0xf951938d), vga = t + 40 + 48;
    assert_int_equal(get(k, t, 4), 0x50444348); /* "HCDP" */
    assert_int_equal(sum(k, t, get(k, t + 4, 4)), 0);
    assert_int_equal(get(k, t + 36, 4), 1);
    assert_int_equal(get(k, t + 40 + 41, 1) & 4, 4);
    assert_int_equal(get(k, vga, 1), 0x0a);
    assert_int_equal(get(k, vga + 1, 1) & 1, 0); /* not primary */
    assert_int_equal(vga + get(k, vga + 2, 2), t + get(k, t + 4, 4));
    assert_int_equal(get(k, vga + 6, 1), 1); /* PCI */
    assert_int_equal(get(k, vga + 6 + 6, 1), 7);
    assert_int_equal(get(k, vga + 6 + 33, 1), 0); /* no translation */
}

/* Linux tries a VGA console unless it finds conventional memory at 0xa0000, and keeps the RAM
 * around it only if the window is described as cacheable as that. */
static void the_memory_map_has_the_vga_window_but_not_as_ram(void **state)
{
    struct kit *k = *state;
    struct bios_memory_map map = bios_memory_map(k->bios);
    u64 end = 0;
    unsigned found = 0;
    for (u64 at = map.pa; at < map.pa + map.size; at += map.descriptor_size) {
        u64 pa = get(k, at + 8, 8), size = get(k, at + 24, 8) * 4096;
        if (pa == 0xa0000) {
            found++;
            assert_int_equal(size, 0x20000);
            assert_int_equal(get(k, at, 4), 11);
        }
        if (pa < 0x1000000) {
            assert_int_equal(pa, end); /* no gap, no overlap */
            assert_int_equal(get(k, at + 32, 8) & 8, 8);
            end = pa + size;
        }
    }
    assert_int_equal(found, 1);
    assert_int_equal(end, 0x1000000);
}

static void write_table(struct kit *k, const char *signature, const char *dir, const char *name)
{
    u64 t = table(k, signature), len = get(k, t + 4, 4);
    char *path = g_build_filename(dir, name, NULL);
    assert_true(g_file_set_contents(path, (char *)physmem_host(k->pm, t, len), (gssize)len, NULL));
    g_free(path);
}

static void remove_all(const char *dir)
{
    const char *name;
    GDir *d = g_dir_open(dir, 0, NULL);
    while ((name = g_dir_read_name(d))) {
        char *path = g_build_filename(dir, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(d);
    g_rmdir(dir);
}

static void need(const char *tool)
{
    char *path = g_find_program_in_path(tool);
    if (!path) {
        print_message("%s (acpica-tools) is not in PATH\n", tool);
        skip();
    }
    g_free(path);
}

static void need_iasl(void)
{
    need("iasl");
}

/* Taken apart without a complaint, and put together again to the same bytes; the latter not for the
 * MADT, since iasl's compiler knows processors' entries of ACPI 3.0 only. */
static void check_with_iasl(struct kit *k, const char *signature)
{
    static const char *const complaints[] = { "rror", "arning", "nvalid", "ncorrect", "nknown" };
    char *out = NULL, *dir = g_dir_make_tmp("epic64-acpi-XXXXXX", NULL);
    write_table(k, signature, dir, "table.aml");
    assert_true(run(dir, "iasl -d table.aml", &out));
    char *dsl = read_text(dir, "table.dsl");
    for (unsigned i = 0; i < ARRAY_LEN(complaints); i++) {
        if (strstr(out, complaints[i]) || strstr(dsl, complaints[i])) {
            fail_msg("%s: %s\n%s", signature, out, dsl);
        }
    }
    g_free(out);
    g_free(dsl);
    bool again = strcmp(signature, "APIC") != 0;
    if (again && !run(dir, "mv table.aml first.aml; iasl table.dsl; cmp -i 36 first.aml table.aml", &out)) {
        fail_msg("%s: %s", signature, out);
    }
    if (again) g_free(out);
    remove_all(dir);
    g_free(dir);
}

static void iasl_has_nothing_to_say_about_the_other_tables(void **state)
{
    need_iasl();
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], "DSDT")) check_with_iasl(*state, names[i]);
    }
}

static void iasl_understands_the_dsdt_and_makes_the_same_bytes_of_it(void **state)
{
    struct kit *k = *state;
    char *out = NULL;
    need_iasl();
    char *dir = g_dir_make_tmp("epic64-acpi-XXXXXX", NULL);
    write_table(k, "DSDT", dir, "dsdt.aml");
    assert_true(run(dir, "iasl -d dsdt.aml", &out));
    g_free(out);
    char *dsl = read_text(dir, "dsdt.dsl");
    static const char *const words[] = {
        "Device (PCI0)", "Device (COM1)", "PNP0A03", "PNP0501", "Processor (CP0F, 0x0F",
        "Name (_PRT", "Name (_S5", "0x03F8", "0x80000000", "0xBFFFFFFF", "WordBusNumber",
        "PNP0303", "PNP0F13", "0x0060", "0x0064", "0x0000000C", "0x000A0000", "0x000BFFFF",
    };
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        if (!strstr(dsl, words[i])) fail_msg("no %s in the disassembly", words[i]);
    }
    assert_true(run(dir, "cp dsdt.aml first.aml && iasl -oa dsdt.dsl", &out));
    if (!strstr(out, " 0 Errors")) fail_msg("%s", out);
    g_free(out);
    /* The compiler's own name and version sit in bytes 28-35, the checksum in 9. */
    assert_true(run(dir, "cmp -i 36 first.aml dsdt.aml", &out));
    g_free(out);
    g_free(dsl);
    remove_all(dir);
    g_free(dir);
}

/* What the reference interpreter of ACPI answers to one debugger command on our DSDT. */
static char *acpiexec(struct kit *k, const char *command)
{
    char *out = NULL, *dir = g_dir_make_tmp("epic64-acpi-XXXXXX", NULL);
    char *line = g_strdup_printf("acpiexec -b '%s' dsdt.aml", command);
    write_table(k, "DSDT", dir, "dsdt.aml");
    assert_true(run(dir, line, &out));
    static const char *const complaints[] = { "ACPI Error", "ACPI Warning", "ACPI Exception",
                                              "ACPI BIOS", "Mismatch" };
    for (unsigned i = 0; i < ARRAY_LEN(complaints); i++) {
        if (strstr(out, complaints[i])) fail_msg("%s: %s", command, out);
    }
    remove_all(dir);
    g_free(dir);
    g_free(line);
    return out;
}

/* The value behind the next "name : " of its listing, in hexadecimal. */
static u64 next_value(const char **text, const char *name)
{
    const char *at = strstr(*text, name);
    if (!at) fail_msg("no more %s", name);
    at = strchr(at, ':') + 1;
    *text = at;
    return g_ascii_strtoull(at, NULL, 16);
}

static void the_interpreter_finds_the_resources_of_each_device(void **state)
{
    static const struct {
        const char *device;
        struct { const char *name; u64 value; } want[11]; /* in this order */
    } rows[] = {
        { "PCI0", { { "Address Length", 1 }, { "Address Minimum", 0 }, { "Address Maximum", 0xffff },
                    { "Address Length", 0x10000 }, { "Address Minimum", 0x80000000 },
                    { "Address Maximum", 0xbfffffff }, { "Address Length", 0x40000000 },
                    { "Address Minimum", 0xa0000 }, { "Address Maximum", 0xbffff },
                    { "Address Length", 0x20000 } } },
        { "COM1", { { "Address Minimum", 0x3f8 }, { "Address Length", 8 }, { "Interrupt Count", 1 },
                    { "Dword00", 4 } } },
        { "KBD", { { "Address Minimum", 0x60 }, { "Address Length", 1 }, { "Address Minimum", 0x64 },
                   { "Address Length", 1 }, { "Dword00", 1 } } },
        { "MOU", { { "Interrupt Count", 1 }, { "Dword00", 12 } } },
    };
    need("acpiexec");
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        char *command = g_strdup_printf("resources \\_SB.%s", rows[i].device);
        char *out = acpiexec(*state, command);
        const char *at = strstr(out, "[00] ");
        assert_non_null(at);
        for (unsigned n = 0; n < 11 && rows[i].want[n].name; n++) {
            assert_int_equal(next_value(&at, rows[i].want[n].name), rows[i].want[n].value);
        }
        g_free(out);
        g_free(command);
    }
}

/* Pin A of slot n is interrupt 16 + n % 4, and so on around. */
static void the_interpreter_routes_every_pin_of_every_slot(void **state)
{
    need("acpiexec");
    char *out = acpiexec(*state, "resources \\_SB.PCI0");
    const char *at = strstr(out, "_PRT");
    assert_non_null(at);
    for (u64 i = 0; i < 32 * 4; i++) {
        assert_int_equal(next_value(&at, " Address :"), i / 4 << 16 | 0xffff);
        assert_int_equal(next_value(&at, " Pin :"), i % 4);
        assert_int_equal(next_value(&at, " Source Index :"), 16 + (i / 4 + i) % 4);
    }
    g_free(out);
}

static void the_interpreter_knows_the_power_switch(void **state)
{
    need("acpiexec");
    char *out = acpiexec(*state, "execute \\_S5");
    assert_non_null(strstr(out, "[Integer] = 0000000000000005\n    [Integer] = 0000000000000005"));
    g_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(every_table_adds_up_to_zero),
        T(the_fadt_has_its_fields_in_both_places),
        T(the_madt_lists_each_processor_and_the_iosapic),
        T(the_hcdp_has_a_primary_uart_and_a_screen),
        T(the_memory_map_has_the_vga_window_but_not_as_ram),
        T(iasl_has_nothing_to_say_about_the_other_tables),
        T(iasl_understands_the_dsdt_and_makes_the_same_bytes_of_it),
        T(the_interpreter_finds_the_resources_of_each_device),
        T(the_interpreter_routes_every_pin_of_every_slot),
        T(the_interpreter_knows_the_power_switch),
    };
    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
