/* The gdb stub: framing, the layout of registers, memory that shows the register stack, and whole
 * conversations over a socket.  Offsets of registers are those that gdb 13 prints for ia64 under
 * "maint print remote-registers", written out here by hand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "debug_kit.h"

/* --- framing ---------------------------------------------------------------------------------- */

static enum gdb_event feed(struct gdb_framer *f, const char *bytes, size_t len)
{
    enum gdb_event last = GDB_NOTHING;
    for (size_t i = 0; i < len; i++) {
        if (i + 1 < len) {
            assert_int_equal(gdb_framer_byte(f, (u8)bytes[i]), GDB_NOTHING);
        } else {
            last = gdb_framer_byte(f, (u8)bytes[i]);
        }
    }
    return last;
}

static void packets_are_found_byte_by_byte(void **state)
{
    struct gdb_framer f;
    (void)state;
    gdb_framer_init(&f);
    assert_int_equal(feed(&f, "+$m10,4#2e", 10), GDB_PACKET);
    assert_string_equal(f.packet->str, "m10,4");
    assert_int_equal(feed(&f, "$#00", 4), GDB_PACKET);
    assert_int_equal(f.packet->len, 0);
    assert_int_equal(feed(&f, "\003", 1), GDB_INTERRUPT);
    assert_int_equal(feed(&f, "-", 1), GDB_NAK);
    gdb_framer_clear(&f);
}

static void wrong_checksums_are_noticed_unless_acks_are_off(void **state)
{
    struct gdb_framer f;
    (void)state;
    gdb_framer_init(&f);
    assert_int_equal(feed(&f, "$g#68", 5), GDB_DAMAGED);
    assert_int_equal(feed(&f, "$g#z", 4), GDB_DAMAGED);
    assert_int_equal(feed(&f, "$g#6z", 5), GDB_DAMAGED);
    assert_int_equal(feed(&f, "$g#67", 5), GDB_PACKET);
    f.no_ack = true;
    assert_int_equal(feed(&f, "$g#00", 5), GDB_PACKET);
    gdb_framer_clear(&f);
}

static void a_cut_packet_does_not_spoil_the_next(void **state)
{
    struct gdb_framer f;
    (void)state;
    gdb_framer_init(&f);
    assert_int_equal(feed(&f, "$m100,$g#67", 11), GDB_PACKET);
    assert_string_equal(f.packet->str, "g");
    gdb_framer_clear(&f);
}

static void escaped_bytes_come_out_as_they_went_in(void **state)
{
    static const char body[] = "a#b$c}d*e\003f";
    struct gdb_framer f;
    GString *wire = g_string_new(NULL);
    (void)state;
    gdb_framer_init(&f);
    gdb_frame(wire, body, sizeof(body)); /* its 0 included */
    for (size_t i = 1; i < wire->len - 3; i++) assert_null(memchr("#$*", wire->str[i], 3));
    assert_int_equal(feed(&f, wire->str, wire->len), GDB_PACKET);
    assert_int_equal(f.packet->len, sizeof(body));
    assert_memory_equal(f.packet->str, body, sizeof(body));
    g_string_assign(wire, "");
    gdb_frame(wire, "OK", 2);
    assert_string_equal(wire->str, "$OK#9a"); /* the manual's example */
    g_string_free(wire, TRUE);
    gdb_framer_clear(&f);
}

static void endless_packets_are_cut(void **state)
{
    struct gdb_framer f;
    (void)state;
    gdb_framer_init(&f);
    gdb_framer_byte(&f, '$');
    for (unsigned i = 0; i < 4 * GDB_PACKET_MAX; i++) gdb_framer_byte(&f, 'a');
    assert_true(f.packet->len <= GDB_PACKET_MAX);
    gdb_framer_clear(&f);
}

/* --- registers -------------------------------------------------------------------------------- */

static struct gdbstub *stub_new(struct kit *k)
{
    GError *err = NULL;
    struct gdbstub *g = gdbstub_new(k->d, "0", &err);
    if (!g) fail_msg("%s", err->message);
    g->stop = (struct debug_stop){ .why = DEBUG_PAUSED, .cpu = k->cpus[0] };
    return g;
}

/* One packet without any wire. */
static const char *ask(struct gdbstub *g, const char *packet)
{
    gdb_packet(g, packet, strlen(packet));
    return g->reply->str;
}

PRINTF(2, 3) static const char *askf(struct gdbstub *g, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *packet = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    const char *answer = ask(g, packet);
    g_free(packet);
    return answer;
}

static u64 word_at(const char *hex, unsigned offset)
{
    u64 v;
    assert_true(gdb_get_hex(hex + 2 * offset, &v, 8));
    return v;
}

static char *hex_of(u64 v)
{
    GString *s = g_string_new(NULL);
    gdb_put_hex(s, &v, 8);
    return g_string_free(s, FALSE);
}

static void registers_lie_where_gdb_expects_them(void **state)
{
    struct kit *k = kit_new(1);
    struct cpu *cpu = k->cpus[0];
    struct gdbstub *g = stub_new(k);
    (void)state;
    cpu_set_gr(cpu, 12, 0x12345678, false);
    cpu_set_fr(cpu, 9, (struct fpreg){ 0xa800000000000000, 0x10003, 1 });
    cpu_set_br(cpu, 6, 0x60);
    cpu_set_pr(cpu, 0x8001);
    cpu_set_ar(cpu, 64, 0x999);
    cpu_set_ar(cpu, 0, 0x77);
    cpu_set_ip(cpu, 0x100040, 2);
    const char *all = ask(g, "g");
    assert_int_equal(strlen(all), 2 * 4720);
    assert_int_equal(word_at(all, 96), 0x12345678);                    /* r12 */
    assert_true(word_at(all, 1168) == 0xa800000000000000);             /* f9 */
    assert_int_equal(word_at(all, 1176), 0x10003 | 1 << 17);
    assert_int_equal(word_at(all, 3632), 0x60);                        /* b6 */
    assert_memory_equal(all + 2 * 3648, "xxxxxxxxxxxxxxxx", 16);       /* vfp */
    assert_int_equal(word_at(all, 3664), 0x8001);                      /* pr */
    assert_int_equal(word_at(all, 3672), 0x100040);                    /* ip */
    assert_int_equal(word_at(all, 3680) >> 41 & 3, 2);                 /* psr.ri */
    assert_int_equal(word_at(all, 3688), 96);                          /* cfm */
    assert_int_equal(word_at(all, 3696), 0x77);                        /* kr0 */
    assert_true(word_at(all, 4016) == 0x9804c0270033f);                /* fpsr */
    assert_int_equal(word_at(all, 4208), 0x999);                       /* pfs */
    gdbstub_free(g);
    kit_free(k);
}

static void every_writable_register_reads_back(void **state)
{
    static const struct {
        unsigned first, last;
    } ranges[] = { { 1, 31 }, { 320, 327 }, { 331, 331 }, { 334, 341 }, { 366, 366 }, { 370, 370 },
                   { 399, 399 } };
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
        for (unsigned n = ranges[i].first; n <= ranges[i].last; n++) {
            char *v = hex_of(0x0123456789abcd00 + n * 0x10000);
            assert_string_equal(askf(g, "P%x=%s", n, v), "OK");
            assert_string_equal(askf(g, "p%x", n), v);
            g_free(v);
        }
    }
    for (unsigned n = 130; n < 256; n++) {
        char *sig = hex_of(0x8000000000000001 + n);
        askf(g, "P%x=%s%s", n, sig, "0300010000000000");
        assert_memory_equal(askf(g, "p%x", n), sig, 16);
        assert_int_equal(cpu_fr(k->cpus[0], n - 128).exp, 0x10003);
        g_free(sig);
    }
    gdbstub_free(g);
    kit_free(k);
}

static void what_cannot_be_written_says_so(void **state)
{
    static const unsigned refused[] = { 0, 128, 129, 256, 351, 378, 462, 0xffff };
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(refused); i++) {
        char *v = hex_of(5);
        assert_string_equal(askf(g, "P%x=%s%s", refused[i], v, v), "E01");
        g_free(v);
    }
    assert_string_equal(ask(g, "P1=12"), "E01");
    assert_string_equal(ask(g, "P1"), "E01");
    assert_string_equal(ask(g, "p1ce"), "E01");
    gdbstub_free(g);
    kit_free(k);
}

static void the_slot_travels_in_psr_ri(void **state)
{
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    (void)state;
    char *psr = hex_of(1ull << 44 | 2ull << 41), *ip = hex_of(0x100020);
    askf(g, "P14c=%s", psr); /* gdb writes psr first, then ip */
    askf(g, "P14b=%s", ip);
    assert_int_equal(cpu_ip(k->cpus[0]), 0x100020);
    assert_int_equal(cpu_ri(k->cpus[0]), 2);
    assert_true(cpu_psr(k->cpus[0]) == 1ull << 44);
    g_free(psr);
    g_free(ip);
    gdbstub_free(g);
    kit_free(k);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void memory_is_read_and_written_in_all_ways(void **state)
{
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    u64 v;
    (void)state;
    assert_string_equal(ask(g, "M200000,8:0123456789abcdef"), "OK");
    assert_string_equal(ask(g, "m200001,3"), "234567");
    gdb_packet(g, "X200010,3:a\0c", 13);
    assert_string_equal(g->reply->str, "OK");
    assert_string_equal(ask(g, "m200010,4"), "61006300");
    assert_string_equal(ask(g, "X200010,0:"), "OK");
    assert_string_equal(ask(g, "X200010,5:abc"), "E01");
    assert_string_equal(ask(g, "m1000000,8"), "E0e");          /* behind the RAM */
    assert_string_equal(ask(g, "mfffffe,8"), "0000");          /* only the first two bytes */
    assert_string_equal(ask(g, "M1000000,1:00"), "E01");
    assert_string_equal(ask(g, "m20x"), "E01");
    assert_string_equal(ask(g, "m0,ffffffff"), "E01");
    assert_true(physmem_read(k->pm, 0x200000, &v, 8));
    assert_true(v == 0xefcdab8967452301);
    gdbstub_free(g);
    kit_free(k);
}

/* The oracle is flushrs: it makes the stack engine store everything where it belongs. */
static void dirty_registers_show_where_flushrs_will_store_them(void **state)
{
    static const u8 flushrs[16] = { 0x01, 0, 0, 0, 0x0c, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0 };
    unsigned collections = 0;
    (void)state;
    for (unsigned slots = 0; slots < 80; slots++) {
        struct kit *k = kit_new(1);
        struct cpu *cpu = k->cpus[0];
        u8 seen[0x400], stored[0x400];
        kit_run_to(k, 0x100060); /* before the first call; a collection is to come soon */
        cpu_set_ar(cpu, AR_BSPSTORE_N, AT_STACK + 0x1d8);
        cpu_set_ar(cpu, AR_RNAT_N, 1ull << 20);
        cpu_set_gr(cpu, 34, 78, true);
        cpu_step(cpu, slots);
        u64 start = cpu_ar(cpu, AR_BSPSTORE_N), bsp = cpu_ar(cpu, AR_BSP_N);
        assert_int_equal(view_read(cpu, k->pm, start, seen, bsp - start), bsp - start);
        physmem_write(k->pm, 0x300000, flushrs, 16);
        cpu_set_ip(cpu, 0x300000, 0);
        cpu_step(cpu, 1);
        assert_int_equal(cpu_ar(cpu, AR_BSPSTORE_N), bsp);
        assert_true(physmem_read(k->pm, start, stored, bsp - start + 1));
        assert_memory_equal(seen, stored, bsp - start);
        if (bsp > AT_STACK + 0x200) collections += stored[0x1f8 - 0x1d8 + 7] == 0x20; /* r34 */
        kit_free(k);
    }
    assert_true(collections > 20);
}

/* What every word of the backing store should read as, up to the end of the frame. */
struct shadow {
    struct kit *k;
    GArray *words;
};

static void expect_shadow(const struct shadow *s)
{
    u64 seen[4096], n = s->words->len;
    struct cpu *cpu = s->k->cpus[0];
    assert_int_equal(rse_frame_end(cpu), AT_STACK + 8 * n);
    assert_int_equal(view_read(cpu, s->k->pm, AT_STACK, seen, 8 * n), 8 * n);
    for (u64 i = 0; i < n; i++) {
        if (i % 64 != 63) assert_int_equal(seen[i], g_array_index(s->words, u64, i));
    }
}

/* Words are numbered from AT_STACK, which begins a block of 64; no frame ends on a collection. */
static void move_frame(struct shadow *s, unsigned words, unsigned sof)
{
    struct cpu *cpu = s->k->cpus[0];
    words += words % 64 == 63;
    u64 bsp = rse_address(AT_STACK + 8 * words, -(int)sof);
    if (bsp < AT_STACK || bsp > AT_STACK + 8 * words) return;
    unsigned before = s->words->len;
    assert_true(cpu_set_frame(cpu, bsp, sof));
    assert_int_equal(cpu_cfm(cpu), sof);
    g_array_set_size(s->words, words);
    for (unsigned i = before; i < words; i++) g_array_index(s->words, u64, i) = 0;
}

static void set_first_register(struct shadow *s, u64 value)
{
    struct cpu *cpu = s->k->cpus[0];
    if (!(cpu_cfm(cpu) & 0x7f)) return;
    cpu_set_gr(cpu, 32, value, false);
    g_array_index(s->words, u64, (cpu_ar(cpu, AR_BSP_N) - AT_STACK) / 8) = value;
}

static void a_frame_goes_anywhere_and_words_keep_their_addresses(void **state)
{
    struct shadow s = { kit_new(1), g_array_new(FALSE, TRUE, sizeof(u64)) };
    GRand *dice = g_rand_new_with_seed(64);
    (void)state;
    kit_run_to(s.k, AT_DEEPEST);
    g_array_set_size(s.words, (unsigned)((rse_frame_end(s.k->cpus[0]) - AT_STACK) / 8));
    view_read(s.k->cpus[0], s.k->pm, AT_STACK, s.words->data, 8 * s.words->len);
    for (unsigned i = 0; i < 3000; i++) {
        int far = g_rand_int_range(dice, -90, 94);
        move_frame(&s, (unsigned)CLAMP((int)s.words->len + far, 0, 1000),
                   (unsigned)g_rand_int_range(dice, 0, 97));
        set_first_register(&s, i + 1);
        if (i % 8 == 0) (void)cpu_move_bspstore(s.k->cpus[0], cpu_ar(s.k->cpus[0], AR_BSP_N));
        expect_shadow(&s);
    }
    g_rand_free(dice);
    g_array_free(s.words, TRUE);
    kit_free(s.k);
}

static void an_impossible_frame_changes_nothing(void **state)
{
    struct kit *k = kit_new(1);
    (void)state;
    kit_run_to(k, AT_DEEPEST);
    u64 hash = cpu_hash(k->cpus[0], 0), bsp = cpu_ar(k->cpus[0], AR_BSP_N);
    assert_false(cpu_set_frame(k->cpus[0], bsp, 97));
    assert_false(cpu_set_frame(k->cpus[0], bsp + 4, 8));
    assert_false(cpu_set_frame(k->cpus[0], AT_STACK + 0x1f8, 8));
    assert_false(cpu_set_frame(k->cpus[0], bsp + (1 << 20), 8));
    assert_false(cpu_set_frame(k->cpus[0], bsp + 120 * 8, 8));
    assert_false(cpu_move_bspstore(k->cpus[0], bsp + 8));
    assert_int_equal(cpu_hash(k->cpus[0], 0), hash);
    kit_free(k);
}

static void the_frame_lies_behind_bsp_in_its_own_order(void **state)
{
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    (void)state;
    kit_run_to(k, AT_DEEPEST);
    u64 bof = cpu_ar(k->cpus[0], AR_BSP_N);
    assert_int_equal(word_at(ask(g, "p15f"), 0), bof + 6 * 8); /* gdb's bsp: the end */
    assert_int_equal(word_at(askf(g, "m%" PRIx64 ",8", bof), 0), 20);
    assert_int_equal(word_at(askf(g, "m%" PRIx64 ",8", bof + 8), 0), 3);
    assert_string_equal(askf(g, "M%" PRIx64 ",8:8877665544332211", bof + 8), "OK");
    assert_true(cpu_gr(k->cpus[0], 33, NULL) == 0x1122334455667788);
    /* outer's b, three frames up: r33 of outer */
    assert_int_equal(word_at(askf(g, "m%x,8", AT_STACK + 0x28), 0), 7);
    askf(g, "M%x,8:0900000000000000", AT_STACK + 0x28);
    assert_int_equal(word_at(askf(g, "m%x,8", AT_STACK + 0x28), 0), 9);
    kit_run_to(k, AT_AFTER_INNER);
    assert_int_equal(cpu_gr(k->cpus[0], 33, NULL), 9);
    gdbstub_free(g);
    kit_free(k);
}

/* --- conversations ---------------------------------------------------------------------------- */

static int connect_to(unsigned port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((u16)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (void *)&addr, sizeof(addr)), 0);
    return fd;
}

/* Everything the stub sent, as a list of packet bodies. */
static GPtrArray *replies(int fd)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    struct gdb_framer f;
    char c;
    gdb_framer_init(&f);
    while (read(fd, &c, 1) == 1) {
        if (gdb_framer_byte(&f, (u8)c) == GDB_PACKET) {
            g_ptr_array_add(list, g_strndup(f.packet->str, f.packet->len));
        }
    }
    gdb_framer_clear(&f);
    return list;
}

/* Say all of `packets` ("^C" is the interrupt) in advance, then run until gdb has detached. */
static GPtrArray *converse(struct kit *k, const char *const *packets)
{
    struct gdbstub *g = stub_new(k);
    int fd = connect_to(gdbstub_port(g));
    GString *wire = g_string_new(NULL);
    for (unsigned i = 0; packets[i]; i++) {
        if (!strcmp(packets[i], "^C")) {
            g_string_append_c(wire, 3);
        } else {
            gdb_frame(wire, packets[i], strlen(packets[i]));
        }
    }
    assert_int_equal(write(fd, wire->str, wire->len), (ssize_t)wire->len);
    for (unsigned i = 0; i < 5000 && (g->wait_for_client || g->socket.client >= 0); i++) {
        kit_round(k, 1000);
    }
    assert_int_equal(g->socket.client, -1);
    g_string_free(wire, TRUE);
    gdbstub_free(g);
    GPtrArray *list = replies(fd);
    close(fd);
    return list;
}

static void expect(struct kit *k, const char *const *packets, const char *const *answers)
{
    GPtrArray *list = converse(k, packets);
    for (unsigned i = 0; answers[i]; i++) {
        if (i >= list->len) fail_msg("no answer %u; expected %s", i, answers[i]);
        if (*answers[i]) assert_string_equal(g_ptr_array_index(list, i), answers[i]);
    }
    g_ptr_array_free(list, TRUE);
}

static void a_breakpoint_stops_before_its_slot(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "?", "Z0,100112,0", "vCont;c:1", "p14b", "p14c", "p8e",
                                           "z0,100112,0", "z0,100112,0", "D", NULL };
    static const char *const answers[] = { "T02thread:1;", "OK", "T05thread:1;swbreak:;",
        "1001100000000000", "1000000000140000", NULL, NULL, NULL, NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

static void after_a_detach_nothing_stops_any_more(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "Z0,100140,0", "Z1,100170,0", "c", "D", NULL };
    static const char *const answers[] = { "OK", "OK", "T05thread:1;swbreak:;", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    for (unsigned i = 0; i < 10; i++) kit_round(k, 1000);
    assert_int_equal(k->d->breakpoints->len, 0);
    assert_int_equal(cpu_ip(k->cpus[0]), AT_SPIN);
    kit_free(k);
}

static void a_breakpoint_in_a_loop_stops_every_time(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "Z0,100140,0", "c", "c", "c", "z0,100140,0",
                                           "Z0,100170,0", "c", "p14b", "D", NULL };
    static const char *const answers[] = { "OK", "T05thread:1;swbreak:;", "T05thread:1;swbreak:;",
        "T05thread:1;swbreak:;", "OK", "OK", "T05thread:1;swbreak:;", "7001100000000000", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

/* Slot 2 of an MLX bundle is not there: 0x100000 is one. */
static void a_step_is_one_slot(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "vCont;s:1", "p14b", "p14c", "vCont;s:1", "p14b", "p14c",
                                           "s", "p14c", "D", NULL };
    static const char *const answers[] = { "T05thread:1;", "0000100000000000", "0000000000120000",
        "T05thread:1;", "1000100000000000", "0000000000100000", "T05thread:1;",
        "0000000000120000", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

static void a_range_is_stepped_through(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "Z0,1000f0,0", "c", "vCont;r1000f0,100140:1", "p14b",
                                           "D", NULL };
    static const char *const answers[] = { "OK", "T05thread:1;swbreak:;", "T05thread:1;",
        "4001100000000000", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

static void a_watchpoint_stops_behind_the_store(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "Z2,1002b0,8", "c", "p14b", "p14c", "m1002b0,8",
        "z2,1002b0,8", "Z3,1002b7,1", "c", "p14b", "p14c", "D", NULL };
    static const char *const answers[] = { "OK", "T05thread:1;watch:1002b0;", "5001100000000000",
        "1000000000120000", "0300000000000000", "OK", "OK", "T05thread:1;rwatch:1002b0;",
        "4001100000000000", NULL };
    (void)state;
    GPtrArray *list = converse(k, packets);
    for (unsigned i = 0; answers[i]; i++) {
        if (i == 3) continue; /* psr.mfl may be set: f8 was written */
        assert_string_equal(g_ptr_array_index(list, i), answers[i]);
    }
    g_ptr_array_free(list, TRUE);
    kit_free(k);
}

static void a_running_guest_can_be_interrupted(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "c", "^C", "D", NULL };
    static const char *const answers[] = { "T02thread:1;", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

static void processors_are_threads(void **state)
{
    struct kit *k = kit_new(2);
    static const char *const packets[] = { "qfThreadInfo", "qsThreadInfo", "T2", "T3", "Hg2", "p14b",
        "Hg3", "Hg0", "p14b", "qThreadExtraInfo,2", "D", NULL };
    static const char *const answers[] = { "m1,2", "l", "OK", "E01", "OK", "9000100000000000",
        "E01", "OK", "0000100000000000", "6370752031", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

static void stepping_alone_leaves_the_others_where_they_are(void **state)
{
    struct kit *k = kit_new(2);
    static const char *const packets[] = { "vCont;s:1", "vCont;s:1", "Hg2", "p14c", "vCont;s:1;c",
                                           "D", NULL };
    static const char *const answers[] = { "T05thread:1;", "T05thread:1;", "OK",
                                           "0000000000100000", "T05thread:1;", "OK", NULL };
    (void)state;
    GPtrArray *list = converse(k, packets);
    for (unsigned i = 0; answers[i]; i++) {
        assert_string_equal(g_ptr_array_index(list, i), answers[i]);
    }
    g_ptr_array_free(list, TRUE);
    assert_true(cpu_retired(k->cpus[1]) > 2);
    kit_free(k);
}

static void gdb_is_told_what_we_can(void **state)
{
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    (void)state;
    assert_non_null(strstr(ask(g, "qSupported:multiprocess+;swbreak+"), "PacketSize=8000"));
    assert_non_null(strstr(g->reply->str, "qXfer:features:read+"));
    assert_non_null(strstr(ask(g, "qXfer:features:read:target.xml:0,800"), "ia64-elf64"));
    assert_int_equal(g->reply->str[0], 'l');
    assert_int_equal(ask(g, "qXfer:features:read:target.xml:0,8")[0], 'm');
    assert_string_equal(ask(g, "qXfer:features:read:target.xml:800,8"), "l");
    assert_string_equal(ask(g, "vMustReplyEmpty"), "");
    assert_string_equal(ask(g, "qSymbol::"), "");
    assert_string_equal(ask(g, "qAttached"), "1");
    assert_string_equal(ask(g, "qC"), "QC1");
    assert_string_equal(ask(g, "vCont?"), "vCont;c;C;s;S;t;r");
    assert_string_equal(ask(g, "vCont;x"), "E01");
    assert_string_equal(ask(g, "Z9,0,0"), "E01");
    assert_string_equal(ask(g, "Z0,100003,0"), "E01"); /* no such slot */
    assert_string_equal(ask(g, "!"), "OK");
    gdbstub_free(g);
    kit_free(k);
}

static void monitor_commands_come_back_as_text(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "qRcmd,7072696e742031202b2032", "qRcmd,73746570", "p14b",
                                           "p14c", "D", NULL };
    (void)state;
    GPtrArray *list = converse(k, packets);
    assert_string_equal(g_ptr_array_index(list, 0), "O33203078330a"); /* "3 0x3\n" */
    assert_string_equal(g_ptr_array_index(list, 1), "OK");
    assert_int_equal(((char *)g_ptr_array_index(list, 2))[0], 'O'); /* gdb holds the reins */
    assert_string_equal(g_ptr_array_index(list, 3), "OK");
    assert_string_equal(g_ptr_array_index(list, 4), "0000100000000000");
    assert_string_equal(g_ptr_array_index(list, 5), "0000000000100000");
    g_ptr_array_free(list, TRUE);
    kit_free(k);
}

/* gdb ignores software breakpoints that it did not set; the monitor's must look like plain traps. */
static void the_monitor_s_breakpoints_look_like_traps(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "qRcmd,6220696e6e6572", "c", "p14b", "D", NULL };
    static const char *const answers[] = { "", "OK", "T05thread:1;", "f000100000000000", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

/* The stack engine's stores count: r33 of _start goes to the stack when flushrs says so. */
static void a_watchpoint_sees_the_register_stack(void **state)
{
    static const u8 flushrs[16] = { 0x01, 0, 0, 0, 0x0c, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0 };
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "Z2,100408,8", "Z3,100408,8", "c", "p14b", "D", NULL };
    static const char *const answers[] = { "OK", "OK", "T05thread:1;watch:100408;",
                                           "0000300000000000", NULL };
    (void)state;
    kit_run_to(k, AT_DEEPEST);
    physmem_write(k->pm, 0x300000, flushrs, 16);
    cpu_set_ip(k->cpus[0], 0x300000, 0);
    expect(k, packets, answers);
    kit_free(k);
}

static void the_second_half_of_mlx_is_its_first(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "Z0,100172,0", "c", "p14b", "z0,100172,0", "z0,100171,0",
                                           "D", NULL };
    static const char *const answers[] = { "OK", "T05thread:1;swbreak:;", "7001100000000000", "OK",
                                           "E01", "OK", NULL };
    (void)state;
    expect(k, packets, answers);
    kit_free(k);
}

static void gdb_may_come_again(void **state)
{
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    char answer[64] = "";
    (void)state;
    for (unsigned visit = 0; visit < 2; visit++) {
        int fd = connect_to(gdbstub_port(g));
        assert_int_equal(write(fd, "$?#3f$D#44", 10), 10);
        for (unsigned i = 0; i < 50; i++) kit_round(k, 1000);
        assert_int_equal(g->socket.client, -1);
        assert_true(read(fd, answer, sizeof(answer) - 1) > 0);
        assert_non_null(strstr(answer, "$T02thread:1;#"));
        close(fd);
    }
    gdbstub_free(g);
    kit_free(k);
}

static void kill_ends_the_run(void **state)
{
    struct kit *k = kit_new(1);
    static const char *const packets[] = { "k", NULL };
    (void)state;
    g_ptr_array_free(converse(k, packets), TRUE);
    assert_true(k->quit);
    kit_free(k);
}

static void a_lost_gdb_lets_the_guest_run(void **state)
{
    struct kit *k = kit_new(1);
    struct gdbstub *g = stub_new(k);
    (void)state;
    int fd = connect_to(gdbstub_port(g));
    assert_int_equal(write(fd, "$Z0,100140,0#5e", 15), 15);
    close(fd);
    for (unsigned i = 0; i < 5; i++) kit_round(k, 1000);
    assert_int_equal(cpu_ip(k->cpus[0]), AT_SPIN);
    gdbstub_free(g);
    kit_free(k);
}

static void bad_places_to_listen_are_refused(void **state)
{
    static const char *const bad[] = { "", "x", "70000", "12x", "unix:", "1.2.3:5", "nowhere:99" };
    struct kit *k = kit_new(1);
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        GError *err = NULL;
        assert_null(gdbstub_new(k->d, bad[i], &err));
        assert_non_null(strstr(err->message, "--gdb"));
        g_error_free(err);
    }
    kit_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_found_byte_by_byte),
        cmocka_unit_test(wrong_checksums_are_noticed_unless_acks_are_off),
        cmocka_unit_test(a_cut_packet_does_not_spoil_the_next),
        cmocka_unit_test(escaped_bytes_come_out_as_they_went_in),
        cmocka_unit_test(endless_packets_are_cut),
        cmocka_unit_test(registers_lie_where_gdb_expects_them),
        cmocka_unit_test(every_writable_register_reads_back),
        cmocka_unit_test(what_cannot_be_written_says_so),
        cmocka_unit_test(the_slot_travels_in_psr_ri),
        cmocka_unit_test(memory_is_read_and_written_in_all_ways),
        cmocka_unit_test(dirty_registers_show_where_flushrs_will_store_them),
        cmocka_unit_test(a_frame_goes_anywhere_and_words_keep_their_addresses),
        cmocka_unit_test(an_impossible_frame_changes_nothing),
        cmocka_unit_test(the_frame_lies_behind_bsp_in_its_own_order),
        cmocka_unit_test(a_breakpoint_stops_before_its_slot),
        cmocka_unit_test(after_a_detach_nothing_stops_any_more),
        cmocka_unit_test(a_breakpoint_in_a_loop_stops_every_time),
        cmocka_unit_test(a_step_is_one_slot),
        cmocka_unit_test(a_range_is_stepped_through),
        cmocka_unit_test(a_watchpoint_stops_behind_the_store),
        cmocka_unit_test(a_running_guest_can_be_interrupted),
        cmocka_unit_test(processors_are_threads),
        cmocka_unit_test(stepping_alone_leaves_the_others_where_they_are),
        cmocka_unit_test(gdb_is_told_what_we_can),
        cmocka_unit_test(monitor_commands_come_back_as_text),
        cmocka_unit_test(the_monitor_s_breakpoints_look_like_traps),
        cmocka_unit_test(a_watchpoint_sees_the_register_stack),
        cmocka_unit_test(the_second_half_of_mlx_is_its_first),
        cmocka_unit_test(gdb_may_come_again),
        cmocka_unit_test(kill_ends_the_run),
        cmocka_unit_test(a_lost_gdb_lets_the_guest_run),
        cmocka_unit_test(bad_places_to_listen_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
