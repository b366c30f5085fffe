/* The binary form of event traces: what goes in comes out, any damage is noticed, and what was made
 * to look whole by somebody who means harm is refused with words, or read, and nothing else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "monitor/events.h"

#define EVENTS 400
#define VARIANTS 6000

static const struct event_what whats[] = {
    { "privop", "mov_to_cr.itm", { "r2" }, 1, false },
    { "hypercall", "event_channel_op.send", { "cmd", "arg" }, 2, true },
    { "irq", "0xef", { NULL }, 0, false },
    { "hyperprivop", "thash", { "r8", "r9", "r10", "r11", "r14", "x", "y", "z" }, 8, false },
};
static const char *const symbols[] = { NULL, "vhpt_miss", "ia64_native_leave_kernel", "a" };

static char *trace, *text;
static size_t trace_len, text_len;
static struct event_line lines[EVENTS];

static u64 next(u64 *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 11;
}

/* Small and large numbers, steps up and down. */
static u64 any(u64 *random)
{
    u64 v = next(random) << 11 | next(random);
    v >>= next(random) % 64;
    return next(random) % 8 ? v : ~v;
}

static void make_line(struct event_line *l, u64 *random, u64 time)
{
    *l = (struct event_line){ .what = &whats[next(random) % ARRAY_LEN(whats)], .time = time,
        .cpu = (unsigned)(next(random) % 16), .place = (any(random) & ~15ull) | next(random) % 3 };
    l->symbol = symbols[next(random) % ARRAY_LEN(symbols)];
    l->offset = l->symbol ? any(random) : 0;
    l->slow = next(random) % 2;
    l->batched = next(random) % 2;
    l->has_result = next(random) % 2;
    l->result = l->has_result ? any(random) : 0;
    for (unsigned i = 0; i < l->what->nargs; i++) l->args[i] = any(random);
}

static bool print_start(void *opaque, u64 hz, GError **err)
{
    (void)err;
    event_header_print(hz, opaque);
    return true;
}

static void print_line(void *opaque, const struct event_line *l)
{
    event_line_print(l, opaque);
}

/* What the reader makes of `bytes`: its lines, and its complaint. */
static char *read_back(const void *bytes, size_t len, GError **err)
{
    char *out = NULL;
    size_t out_len;
    FILE *in = len ? fmemopen((void *)bytes, len, "r") : fopen("/dev/null", "r");
    FILE *to = open_memstream(&out, &out_len);
    bool ok = event_read(in, &(struct event_reader){ to, print_start, print_line }, err);
    fclose(in);
    fclose(to);
    assert_true(ok == (*err == NULL));
    if (*err) assert_true(g_str_has_prefix((*err)->message, "no whole event trace: "));
    return out;
}

static int make_trace(void **state)
{
    u64 random = 7, time = 0;
    (void)state;
    FILE *out = open_memstream(&trace, &trace_len), *to = open_memstream(&text, &text_len);
    struct event_writer *w = event_writer_new(out, 400000000);
    event_header_print(400000000, to);
    for (unsigned i = 0; i < EVENTS; i++) {
        time = next(&random) % 10 ? time + next(&random) % 1000 : any(&random);
        make_line(&lines[i], &random, time);
        event_writer_put(w, &lines[i]);
        event_line_print(&lines[i], to);
    }
    event_writer_finish(w);
    fclose(out);
    fclose(to);
    return 0;
}

static int drop_trace(void **state)
{
    (void)state;
    free(trace);
    free(text);
    return 0;
}

static void what_goes_in_comes_out(void **state)
{
    GError *err = NULL;
    (void)state;
    char *back = read_back(trace, trace_len, &err);
    assert_null(err);
    assert_string_equal(back, text);
    assert_true(strstr(text, " = -") != NULL); /* a decimal result was among them */
    free(back);
}

static void lines_look_as_documented(void **state)
{
    char *out = NULL;
    size_t len;
    (void)state;
    FILE *to = open_memstream(&out, &len);
    event_line_print(&(struct event_line){ .what = &whats[1], .time = 123, .cpu = 2,
        .place = 0xa000000100012412, .symbol = "send_it", .offset = 0x20, .args = { 4, 0xff },
        .has_result = true, .result = (u64)-38, .batched = true }, to);
    event_line_print(&(struct event_line){ .what = &whats[2], .time = 5, .place = 0x1000 }, to);
    fclose(to);
    assert_string_equal(out, "123 2 a000000100012410.2 send_it+0x20 hypercall event_channel_op.send "
                             "cmd=0x4 arg=0xff = -38 batched\n"
                             "5 0 0000000000001000.0 - irq 0xef\n");
    free(out);
}

/* The lines before the damage may come, none after it. */
static void check_damaged(const char *bytes, size_t len)
{
    GError *err = NULL;
    char *back = read_back(bytes, len, &err);
    assert_non_null(err);
    assert_null(strpbrk(err->message, "\n\033"));
    assert_int_equal(strncmp(back, text, strlen(back)), 0);
    g_error_free(err);
    free(back);
}

static void every_changed_byte_is_noticed(void **state)
{
    u64 random = 3;
    (void)state;
    char *bytes = g_memdup2(trace, trace_len);
    for (size_t i = 0; i < VARIANTS; i++) {
        size_t at = i < 64 ? i : next(&random) % trace_len;
        char was = bytes[at];
        bytes[at] = (char)(bytes[at] ^ (1 + next(&random) % 255));
        check_damaged(bytes, trace_len);
        bytes[at] = was;
    }
    g_free(bytes);
}

static void every_cut_and_every_surplus_is_noticed(void **state)
{
    (void)state;
    for (size_t len = 0; len < trace_len; len += 1 + len / 50) check_damaged(trace, len);
    check_damaged(trace, trace_len - 1);
    char *longer = g_malloc0(trace_len + 1);
    memcpy(longer, trace, trace_len);
    GError *err = NULL;
    char *back = read_back(longer, trace_len + 1, &err);
    assert_non_null(err);
    assert_string_equal(back, text);
    g_error_free(err);
    free(back);
    g_free(longer);
}

/* A few hundred kilobytes: what is known from one block must still be known in the next. */
static void long_traces_have_many_blocks(void **state)
{
    char *bytes = NULL, *expected = NULL;
    size_t len, expected_len;
    GError *err = NULL;
    (void)state;
    FILE *out = open_memstream(&bytes, &len), *to = open_memstream(&expected, &expected_len);
    struct event_writer *w = event_writer_new(out, 1);
    event_header_print(1, to);
    for (unsigned i = 0; i < 20 * EVENTS; i++) {
        event_writer_put(w, &lines[i % EVENTS]);
        event_line_print(&lines[i % EVENTS], to);
    }
    event_writer_finish(w);
    fclose(out);
    fclose(to);
    assert_true(len > 4 * 65536);
    char *back = read_back(bytes, len, &err);
    assert_null(err);
    assert_string_equal(back, expected);
    free(back);
    bytes[len - 100000] ^= 1; /* all before its block is read */
    back = read_back(bytes, len, &err);
    assert_non_null(strstr(err->message, "a checksum is wrong"));
    assert_true(strlen(back) > expected_len / 4 && strlen(back) < expected_len);
    assert_int_equal(strncmp(back, expected, strlen(back)), 0);
    g_error_free(err);
    free(back);
    free(bytes);
    free(expected);
}

/* CRC-32 bit by bit, as the standard writes it. */
static u32 checksum(const u8 *p, size_t len)
{
    u32 crc = ~0u;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (unsigned b = 0; b < 8; b++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

/* One block with a right checksum around any payload. */
static u8 *make_file(const u8 *payload, size_t len, size_t *file_len)
{
    u32 crc = checksum(payload, len);
    u8 *file = g_malloc(16 + len);
    memcpy(file, trace, 8);
    for (unsigned i = 0; i < 4; i++) {
        file[8 + i] = (u8)(len >> 8 * i);
        file[12 + i] = (u8)(crc >> 8 * i);
    }
    memcpy(file + 16, payload, len);
    *file_len = 16 + len;
    return file;
}

static void damage_with_a_right_checksum_is_refused_or_read(void **state)
{
    size_t len = trace_len - 16, file_len;
    u64 random = 11;
    unsigned refused = 0, read = 0;
    (void)state;
    assert_int_equal(checksum((const u8 *)trace + 16, len),
                     (u8)trace[12] | (u8)trace[13] << 8 | (u8)trace[14] << 16 | (u32)(u8)trace[15] << 24);
    for (unsigned i = 0; i < VARIANTS; i++) {
        GError *err = NULL;
        u8 *payload = g_memdup2(trace + 16, len);
        for (u64 n = 1 + next(&random) % 4; n; n--) {
            size_t at = next(&random) % (next(&random) % 2 ? 200 : len);
            payload[at] = next(&random) % 2 ? (u8)next(&random) : (u8)(0x7f + next(&random) % 2);
        }
        size_t cut = next(&random) % 4 ? len : 1 + next(&random) % len;
        u8 *file = make_file(payload, cut, &file_len);
        char *back = read_back(file, file_len, &err);
        *(err ? &refused : &read) += 1;
        for (const char *c = back; *c; c++) assert_true(*c == '\n' || g_ascii_isprint(*c));
        g_clear_error(&err);
        free(back);
        g_free(file);
        g_free(payload);
    }
    assert_true(refused > VARIANTS / 10 && read > VARIANTS / 100);
}

static void refuses(const char *words, const u8 *payload, size_t len)
{
    GError *err = NULL;
    size_t file_len;
    u8 *file = make_file(payload, len, &file_len);
    char *back = read_back(file, file_len, &err);
    if (!err || !strstr(err->message, words)) fail_msg("%s: %s", words, err ? err->message : "read");
    g_clear_error(&err);
    free(back);
    g_free(file);
}
#define REFUSES(words, ...) refuses(words, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void each_rule_has_its_words(void **state)
{
    (void)state;
    REFUSES("does not begin with a start", 5, 0);
    REFUSES("another version", 1, 2, 1);
    REFUSES("time does not pass", 1, 1, 0);
    REFUSES("starts twice", 1, 1, 1, 1, 1, 1);
    REFUSES("its end is missing", 1, 1, 1);
    REFUSES("events are missing", 1, 1, 1, 5, 1);
    REFUSES("goes on after its end", 1, 1, 1, 5, 0, 5, 0);
    REFUSES("unknown type", 1, 1, 1, 9);
    REFUSES("unknown type", 1, 1, 1, 0);
    REFUSES("cut off", 1, 1, 0x80);
    REFUSES("number is too long", 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2);
    REFUSES("name is cut off", 1, 1, 1, 2, 9, 'a');
    REFUSES("not printable", 1, 1, 1, 2, 1, 27);
    REFUSES("not printable", 1, 1, 1, 2, 1, ' ');
    REFUSES("out of range", 1, 1, 1, 2, 0x80, 0x80, 0x10);
    REFUSES("out of range", 1, 1, 1, 3, 1, 'a', 1, 'b', 2, 0);    /* flags */
    REFUSES("out of range", 1, 1, 1, 3, 1, 'a', 1, 'b', 0, 9);    /* arguments */
    REFUSES("no kind", 1, 1, 1, 4, 0, 0, 0, 0, 0, 0);
    REFUSES("out of range", 1, 1, 1, 4, 1, 0, 0, 0, 0, 0);        /* no such what */
    REFUSES("out of range", 1, 1, 1, 3, 1, 'a', 1, 'b', 0, 0, 4, 1, 8, 0, 0, 0, 0); /* event's flags */
    REFUSES("out of range", 1, 1, 1, 3, 1, 'a', 1, 'b', 0, 0, 4, 1, 0, 0, 0, 0, 1); /* symbol */
    REFUSES("cut off", 1, 1, 1, 3, 1, 'a', 1, 'b', 0, 1, 1, 'x', 4, 1, 0, 0, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(lines_look_as_documented),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(every_cut_and_every_surplus_is_noticed),
        cmocka_unit_test(long_traces_have_many_blocks),
        cmocka_unit_test(damage_with_a_right_checksum_is_refused_or_read),
        cmocka_unit_test(each_rule_has_its_words),
    };
    return cmocka_run_group_tests(tests, make_trace, drop_trace);
}
