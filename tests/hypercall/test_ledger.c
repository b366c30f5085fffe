/* Every door to the hypervisor alone, by table, and the ledger of which of them were tried.
 *
 *     test_hypercall_ledger TABLE     also writes the table of docs/xen-abi.md there
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/hypercall/ledger.h"

#include <string.h>

#include "base/log.h"

void begin(struct kit *k)
{
    kit_restart(k);
}

void expect_unharmed(struct kit *k, const char *row)
{
    const struct domain *d = k->d;
    bool sound = d->crashed == (k->crash[0] != 0) &&
                 (!d->crashed || strstr(k->crash, "broke the rules: ")) &&
                 (const u8 *)d->shared == physmem_host(d->pm, d->special_pa, XEN_PAGE_SIZE);
    for (unsigned i = 0; i < d->nvcpus; i++) {
        sound = sound && d->vcpu[i].info == &d->shared->vcpu[i] &&
                (const u8 *)d->vcpu[i].xsi == physmem_host(d->pm, d->vcpu[i].xsi_pa, XEN_PAGE_SIZE);
    }
    if (!sound) fail_msg("%s: hostile arguments left the emulator in disorder (%s)", row, k->crash);
}

static int setup(void **state)
{
    log_setup(LEVEL_ERROR); /* warnings by the thousand are expected */
    *state = kit_new(2);
    return 0;
}

static int teardown(void **state)
{
    kit_free(*state);
    return 0;
}

static void hypercalls(void **state) { try_hypercalls(*state); }
static void hyperprivops(void **state) { try_hyperprivops(*state); }
static void privileged_instructions(void **state) { try_privops(*state); }
static void firmware(void **state) { try_firmware(*state); }
static void xenstore(void **state) { try_store(*state); }

static void every_row_has_every_mark(void **state)
{
    (void)state;
    assert_int_equal(ledger_missing(), 0);
}

static bool write_table(const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out) return false;
    ledger_print(out);
    return fclose(out) == 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hypercalls),
        cmocka_unit_test(hyperprivops),
        cmocka_unit_test(privileged_instructions),
        cmocka_unit_test(firmware),
        cmocka_unit_test(xenstore),
        cmocka_unit_test(every_row_has_every_mark),
    };
    int failed = cmocka_run_group_tests_name("ledger", tests, setup, teardown);
    return failed || (argc > 1 && !write_table(argv[1]));
}
