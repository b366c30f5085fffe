/* State hashes: every bit counts, order counts, and nothing else does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <string.h>

#include "base/section.h"

static void every_single_bit_changes_the_hash(void **state)
{
    (void)state;
    u8 buf[37];
    memset(buf, 0x5a, sizeof(buf));
    u64 whole = hash_bytes(1, buf, sizeof(buf));
    for (unsigned i = 0; i < 8 * sizeof(buf); i++) {
        buf[i / 8] ^= (u8)(1u << i % 8);
        assert_int_not_equal(hash_bytes(1, buf, sizeof(buf)), whole);
        buf[i / 8] ^= (u8)(1u << i % 8);
    }
    assert_int_equal(hash_bytes(1, buf, sizeof(buf)), whole);
}

static void length_and_seed_change_the_hash(void **state)
{
    (void)state;
    static const u8 zeros[64];
    u64 seen[65];
    for (unsigned n = 0; n <= 64; n++) {
        seen[n] = hash_bytes(0, zeros, n);
        for (unsigned k = 0; k < n; k++) assert_int_not_equal(seen[n], seen[k]);
        assert_int_not_equal(hash_bytes(1, zeros, n), seen[n]);
    }
}

static u64 fold_plus_one(void *opaque, u64 seed)
{
    return hash_u64(seed, *(u64 *)opaque + 1);
}

static void a_list_hashes_names_contents_and_order(void **state)
{
    (void)state;
    u64 x = 1, y = 2;
    struct sections *a = sections_new(), *b = sections_new(), *c = sections_new();
    sections_add(a, "x", &x, 8);
    sections_add_fn(a, "y", fold_plus_one, &y);
    sections_add_fn(b, "y", fold_plus_one, &y);
    sections_add(b, "x", &x, 8);
    sections_add(c, "z", &x, 8);
    sections_add_fn(c, "y", fold_plus_one, &y);
    u64 before = sections_hash(a);
    assert_int_equal(sections_hash(a), before);
    assert_int_not_equal(sections_hash(b), before);
    assert_int_not_equal(sections_hash(c), before);
    assert_int_equal(sections_hash_one(a, 0), sections_hash_one(b, 1));
    y++;
    assert_int_not_equal(sections_hash(a), before);
    assert_string_equal(sections_name(a, 1), "y");
    assert_null(sections_name(a, 2));
    sections_free(a);
    sections_free(b);
    sections_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_single_bit_changes_the_hash),
        cmocka_unit_test(length_and_seed_change_the_hash),
        cmocka_unit_test(a_list_hashes_names_contents_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
