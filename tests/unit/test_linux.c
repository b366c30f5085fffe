/* The Linux loader, with kernels made here: a few bytes of ELF, sound and unsound.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "guest/linux.h"

#define RAM (160ull << 20)
#define BASE 0x4000000ull

struct kernel {
    Elf64_Ehdr eh;
    Elf64_Phdr ph[3];
    u8 text[64], percpu[32], data[16];
};

struct kit {
    char *dir, *kernel, *initrd;
    struct physmem *pm;
    struct kernel image;
};

/* As vmlinux is: text, the per-processor segment linked at the top of the address space, data with
 * bss; the entry point is physical. */
static struct kernel sound_kernel(void)
{
    struct kernel k = { .eh = {
        .e_ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 }, .e_type = ET_EXEC, .e_machine = EM_IA_64,
        .e_version = 1, .e_entry = BASE + 0x20, .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
        .e_shentsize = sizeof(Elf64_Shdr) } };
    k.ph[0] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, offsetof(struct kernel, text),
        0xa000000100000000, BASE, 64, 64, 0x10000 };
    k.ph[1] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W, offsetof(struct kernel, percpu),
        0xfffffffffffc0000, BASE + 0x10000, 32, 32, 0x10000 };
    k.ph[2] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_W, offsetof(struct kernel, data),
        0xa000000100020000, BASE + 0x20000, 16, 0x5000, 0x10000 };
    memset(k.text, 0x11, sizeof k.text);
    memset(k.percpu, 0x22, sizeof k.percpu);
    memset(k.data, 0x33, sizeof k.data);
    return k;
}

static int setup(void **state)
{
    struct kit *k = *state = g_new0(struct kit, 1);
    k->dir = g_dir_make_tmp("epic64-linux-XXXXXX", NULL);
    k->kernel = g_build_filename(k->dir, "vmlinux", NULL);
    k->initrd = g_build_filename(k->dir, "initrd", NULL);
    k->pm = physmem_new();
    assert_true(physmem_add_ram(k->pm, "ram", 0, RAM, NULL));
    memset(physmem_host(k->pm, BASE, 0x100000), 0x77, 0x100000);
    k->image = sound_kernel();
    return 0;
}

static int teardown(void **state)
{
    struct kit *k = *state;
    g_unlink(k->kernel);
    g_unlink(k->initrd);
    g_rmdir(k->dir);
    g_free(k->kernel);
    g_free(k->initrd);
    g_free(k->dir);
    physmem_free(k->pm);
    g_free(k);
    return 0;
}

static void save(struct kit *k)
{
    assert_true(g_file_set_contents(k->kernel, (char *)&k->image, sizeof k->image, NULL));
}

static bool load(struct kit *k, bool initrd, struct linux_image *image, GError **err)
{
    struct linux_files files = { k->kernel, initrd ? k->initrd : NULL };
    return linux_load(k->pm, &files, image, err);
}

static u8 at(struct kit *k, u64 pa)
{
    return *physmem_host(k->pm, pa, 1);
}

static void check_loaded(struct kit *k, const struct linux_image *image)
{
    assert_int_equal(image->entry, BASE + 0x20);
    assert_int_equal(image->kernel_pa, BASE);
    assert_int_equal(image->kernel_size, 0x25000);
    assert_int_equal(at(k, BASE), 0x11);
    assert_int_equal(at(k, BASE + 0x10000), 0x22);
    assert_int_equal(at(k, BASE + 0x2000f), 0x33);
    assert_int_equal(at(k, BASE + 0x20010), 0); /* bss is zero, whatever was there */
    assert_int_equal(at(k, BASE + 0x24fff), 0);
    assert_int_equal(at(k, BASE + 0x25000), 0x77);
}

static void segments_go_to_their_physical_addresses_and_bss_is_cleared(void **state)
{
    struct kit *k = *state;
    struct linux_image image;
    save(k);
    assert_true(load(k, false, &image, NULL));
    check_loaded(k, &image);
    assert_int_equal(image.initrd_size, 0);
    linux_image_clear(&image);
}

static void a_compressed_kernel_is_the_same_kernel(void **state)
{
    struct kit *k = *state;
    struct linux_image image;
    gzFile f = gzopen(k->kernel, "wb");
    assert_int_equal(gzwrite(f, &k->image, sizeof k->image), sizeof k->image);
    gzclose(f);
    assert_true(load(k, false, &image, NULL));
    check_loaded(k, &image);
    linux_image_clear(&image);
}

static void the_initial_ram_disk_follows_the_kernel_as_it_is(void **state)
{
    struct kit *k = *state;
    struct linux_image image;
    save(k);
    assert_true(g_file_set_contents(k->initrd, "\x1f\x8b still packed", 15, NULL));
    assert_true(load(k, true, &image, NULL));
    assert_true(image.initrd_pa >= BASE + 0x25000);
    assert_int_equal(image.initrd_pa & 0xffff, 0);
    assert_int_equal(image.initrd_size, 15);
    assert_memory_equal(physmem_host(k->pm, image.initrd_pa, 15), "\x1f\x8b still packed", 15);
    linux_image_clear(&image);
}

/* Refused in words, and nothing was written. */
static void refused(struct kit *k, bool initrd, const char *word)
{
    struct linux_image image;
    GError *err = NULL;
    assert_false(load(k, initrd, &image, &err));
    assert_non_null(err);
    if (!strstr(err->message, word)) fail_msg("'%s' does not say '%s'", err->message, word);
    g_error_free(err);
    assert_int_equal(at(k, BASE), 0x77);
    assert_int_equal(at(k, BASE + 0x10000), 0x77);
}

static void kernels_that_cannot_run_are_refused_in_words(void **state)
{
    struct kit *k = *state;
    refused(k, false, "cannot be read");
    k->image.eh.e_machine = EM_X86_64;
    save(k);
    refused(k, false, "not for IA-64");
    k->image = sound_kernel();
    k->image.eh.e_entry = BASE + 0x30000;
    save(k);
    refused(k, false, "entry point");
    k->image.eh.e_entry = BASE + 0x28;
    save(k);
    refused(k, false, "entry point");
    k->image = sound_kernel();
    k->image.ph[2].p_paddr = 2 * BASE - 0x1000;
    save(k);
    refused(k, false, "64 MB frame");
    k->image = sound_kernel();
    for (unsigned i = 0; i < 3; i++) k->image.ph[i].p_paddr += 0x10000000;
    k->image.eh.e_entry += 0x10000000;
    save(k);
    refused(k, false, "--mem");
    assert_true(g_file_set_contents(k->kernel, "\x1f\x8b\x08\0\0\0\0\0\0\0garbage", 17, NULL));
    refused(k, false, "damaged");
    k->image = sound_kernel();
    assert_true(g_file_set_contents(k->kernel, (char *)&k->image, sizeof k->image - 20, NULL));
    refused(k, false, "truncated");
}

static void initial_ram_disks_that_do_not_fit_or_exist_are_refused(void **state)
{
    struct kit *k = *state;
    save(k);
    refused(k, true, k->initrd);
    assert_true(g_file_set_contents(k->initrd, "", 0, NULL));
    refused(k, true, "empty");
    char *big = g_malloc0(RAM);
    assert_true(g_file_set_contents(k->initrd, big, (gssize)(RAM - BASE), NULL));
    g_free(big);
    refused(k, true, "--mem");
}

static void the_parameter_block_has_the_layout_kernels_expect(void **state)
{
    struct kit *k = *state;
    struct linux_image image = { .initrd_pa = 0x5000000, .initrd_size = 77 };
    struct linux_firmware fw = { 0x10000, 0x8000, 0x208, 40, 1 };
    assert_true(linux_boot_params(k->pm, 0x1000, &image, "quiet", &fw, NULL));
    u64 words[10];
    assert_true(physmem_read(k->pm, 0x1000, words, 80));
    assert_string_equal((char *)physmem_host(k->pm, words[0], 6), "quiet");
    assert_int_equal(words[1], 0x10000);
    assert_int_equal(words[2], 0x8000);
    assert_int_equal(words[3], 0x208);
    assert_int_equal(words[4], 40);
    assert_int_equal(words[5], 1 | 80ull << 32 | 25ull << 48);
    assert_int_equal(words[7], 0);
    assert_int_equal(words[8], 0x5000000);
    assert_int_equal(words[9], 77);
}

static void a_command_line_longer_than_kernels_copy_is_refused(void **state)
{
    struct kit *k = *state;
    struct linux_image image = { 0 };
    struct linux_firmware fw = { 0 };
    GError *err = NULL;
    char *line = g_strnfill(LINUX_COMMAND_LINE_MAX, 'x');
    assert_false(linux_boot_params(k->pm, 0x1000, &image, line, &fw, &err));
    assert_non_null(err);
    g_error_free(err);
    line[LINUX_COMMAND_LINE_MAX - 1] = 0;
    assert_true(linux_boot_params(k->pm, 0x1000, &image, line, &fw, NULL));
    g_free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(segments_go_to_their_physical_addresses_and_bss_is_cleared),
        T(a_compressed_kernel_is_the_same_kernel),
        T(the_initial_ram_disk_follows_the_kernel_as_it_is),
        T(kernels_that_cannot_run_are_refused_in_words),
        T(initial_ram_disks_that_do_not_fit_or_exist_are_refused),
        T(the_parameter_block_has_the_layout_kernels_expect),
        T(a_command_line_longer_than_kernels_copy_is_refused),
    };
    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests_name("linux", tests, NULL, NULL);
}
