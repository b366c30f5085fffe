/* gdb's remote protocol (gdb manual, appendix E).
 *
 * Processors are threads, numbered from 1; all stop and go together.  Breakpoints of either kind
 * are the emulator's, at a bundle and slot: gdb puts the slot into the low bits of the address.
 * While the machine runs, the socket is looked at now and then for Ctrl-C; while it is stopped,
 * gdb_stopped serves packets until one of them lets it go.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "monitor/gdb-priv.h"

#define SIGNAL_INT 2
#define SIGNAL_TRAP 5
#define SIGNAL_ABORT 6
#define MEMORY_MAX 0x2000
#define WAIT_MS 100
#define OUTPUT_CHUNK 1024

typedef void packet_fn(struct gdbstub *g, const char *rest, size_t len);
#define PACKET(name, fn) static packet_fn packet_##fn;
#include "monitor/gdb-packets.def"

static const struct {
    const char *name;
    packet_fn *fn;
} packets[] = {
#define PACKET(name, fn) { name, packet_##fn },
#include "monitor/gdb-packets.def"
};

/* --- answers ---------------------------------------------------------------------------------- */

static void reply(struct gdbstub *g, const char *text)
{
    g_string_append(g->reply, text);
}

static void reply_ok(struct gdbstub *g, bool ok)
{
    reply(g, ok ? "OK" : "E01");
}

static void send_body(struct gdbstub *g, const char *body, size_t len)
{
    g_string_truncate(g->wire, 0);
    gdb_frame(g->wire, body, len);
    gdb_socket_send(&g->socket, g->wire->str, g->wire->len);
}

/* Text for gdb's user; only while gdb waits for the answer of a packet that allows it. */
static void send_output(struct gdbstub *g, const char *text)
{
    GString *body = g_string_new(NULL);
    for (size_t left = strlen(text); left;) {
        size_t n = MIN(left, OUTPUT_CHUNK);
        g_string_assign(body, "O");
        gdb_put_hex(body, text, n);
        send_body(g, body->str, body->len);
        text += n;
        left -= n;
    }
    g_string_free(body, TRUE);
}

static struct cpu *thread(const struct gdbstub *g, unsigned n)
{
    return debug_cpu(g->d, n < debug_cpu_count(g->d) ? n : 0);
}

static struct cpu *general(const struct gdbstub *g)
{
    return thread(g, g->general);
}

static struct physmem *memory(const struct gdbstub *g)
{
    return g->d->target.physmem(g->d->target.opaque);
}

/* Hexadecimal digits at *at; false: none. */
static bool number(const char **at, u64 *value)
{
    char *end;
    if (!g_ascii_isxdigit(**at)) return false;
    *value = g_ascii_strtoull(*at, &end, 16);
    *at = end;
    return true;
}

static bool literal(const char **at, char c)
{
    if (**at != c) return false;
    ++*at;
    return true;
}

/* A thread id: -1 (all) and 0 (any) give UINT_MAX, others the number of the processor. */
static bool thread_id(const char **at, unsigned *n)
{
    u64 id;
    *n = UINT32_MAX;
    if (g_str_has_prefix(*at, "-1")) {
        *at += 2;
        return true;
    }
    if (!number(at, &id)) return false;
    if (id) *n = (unsigned)id - 1;
    return true;
}

/* --- stopping --------------------------------------------------------------------------------- */

static void describe_stop(struct gdbstub *g)
{
    static const unsigned signals[] = { SIGNAL_INT, SIGNAL_TRAP, SIGNAL_TRAP, SIGNAL_TRAP };
    static const char *const kinds[] = { "", "rwatch", "watch", "awatch" };
    const struct debug_stop *s = &g->stop;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "T%02xthread:%x;", g->over ? SIGNAL_ABORT : signals[s->why],
                           cpu_id(s->cpu) + 1);
    /* what gdb did not ask for must look like a plain trap: it ignores others' breakpoints */
    if (s->why == DEBUG_BREAKPOINT && s->gdbs) g_string_append(text, "swbreak:;");
    if (s->why == DEBUG_WATCHPOINT && s->hit.owner == OWNER_GDB) {
        g_string_append_printf(text, "%s:%" PRIx64 ";", kinds[s->hit.how & 3], s->addr);
    }
    g_free(g->last_stop);
    g->last_stop = g_string_free(text, FALSE);
}

static void packet_stop_reason(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    reply(g, g->last_stop ? g->last_stop : "S05");
}

static void packet_ok(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    reply(g, "OK");
}

static void packet_unknown(struct gdbstub *g, const char *rest, size_t len)
{
    (void)g, (void)rest, (void)len;
}

/* --- registers -------------------------------------------------------------------------------- */

static void put_register(struct gdbstub *g, unsigned n)
{
    u8 bytes[GDB_REGISTER_MAX];
    unsigned size = gdb_register_size(n);
    if (gdb_register_read(general(g), n, bytes)) {
        gdb_put_hex(g->reply, bytes, size);
    } else {
        for (unsigned i = 0; i < size; i++) reply(g, "xx");
    }
}

static void packet_read_registers(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    for (unsigned n = 0; n < GDB_REGISTERS; n++) put_register(g, n);
}

static void packet_read_register(struct gdbstub *g, const char *rest, size_t len)
{
    u64 n;
    (void)len;
    if (number(&rest, &n) && n < GDB_REGISTERS) {
        put_register(g, (unsigned)n);
    } else {
        reply(g, "E01");
    }
}

/* For gdb they are words of the backing store, and set there; when it puts everything back
 * after a call it writes them like this, too, before it has moved the frame to where they belong. */
static bool is_stacked(u64 n)
{
    return n >= 32 && n < 128;
}

/* Everything at once; what cannot be written keeps its value. */
static void packet_write_registers(struct gdbstub *g, const char *rest, size_t len)
{
    for (unsigned n = 0; n < GDB_REGISTERS; n++) {
        u8 bytes[GDB_REGISTER_MAX];
        unsigned size = gdb_register_size(n);
        if (len < 2 * size) break;
        if (!is_stacked(n) && gdb_get_hex(rest, bytes, size)) gdb_register_write(general(g), n, bytes);
        rest += 2 * size;
        len -= 2 * size;
    }
    reply(g, "OK");
}

static void packet_write_register(struct gdbstub *g, const char *rest, size_t len)
{
    u64 n;
    u8 bytes[GDB_REGISTER_MAX];
    (void)len;
    bool ok = number(&rest, &n) && literal(&rest, '=') && n < GDB_REGISTERS &&
              gdb_get_hex(rest, bytes, gdb_register_size((unsigned)n)) &&
              (is_stacked(n) || gdb_register_write(general(g), (unsigned)n, bytes));
    reply_ok(g, ok);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* "addr,length" and then `after`, if that is not 0. */
static bool range(const char **at, u64 *addr, u64 *len, char after)
{
    return number(at, addr) && literal(at, ',') && number(at, len) && *len <= MEMORY_MAX &&
           (!after || literal(at, after));
}

static u64 get_memory(struct gdbstub *g, u64 addr, void *buf, u64 len)
{
    if (!g->monitor->physical) return view_read(general(g), memory(g), addr, buf, len);
    return physmem_read(memory(g), addr, buf, len) ? len : 0;
}

static bool put_memory(struct gdbstub *g, u64 addr, const void *buf, u64 len)
{
    if (g->monitor->physical) return physmem_write(memory(g), addr, buf, len);
    return view_write(general(g), memory(g), addr, buf, len) == len;
}

static void packet_read_memory(struct gdbstub *g, const char *rest, size_t size)
{
    u64 addr, len;
    (void)size;
    if (!range(&rest, &addr, &len, 0)) {
        reply(g, "E01");
        return;
    }
    u8 *buf = g_malloc(len + 1);
    u64 got = get_memory(g, addr, buf, len);
    if (got || !len) {
        gdb_put_hex(g->reply, buf, got);
    } else {
        reply(g, "E0e");
    }
    g_free(buf);
}

static void packet_write_memory(struct gdbstub *g, const char *rest, size_t size)
{
    u64 addr, len;
    u8 *buf;
    (void)size;
    if (!range(&rest, &addr, &len, ':')) {
        reply(g, "E01");
        return;
    }
    buf = g_malloc(len + 1);
    reply_ok(g, gdb_get_hex(rest, buf, len) && put_memory(g, addr, buf, len));
    g_free(buf);
}

static void packet_write_binary(struct gdbstub *g, const char *rest, size_t size)
{
    u64 addr, len;
    const char *start = rest;
    bool ok = range(&rest, &addr, &len, ':') && size - (size_t)(rest - start) == len;
    reply_ok(g, ok && (!len || put_memory(g, addr, rest, len)));
}

static void packet_physical(struct gdbstub *g, const char *rest, size_t len)
{
    (void)len;
    g->monitor->physical = *rest == '1';
    reply(g, "OK");
}

/* --- breakpoints ------------------------------------------------------------------------------ */

enum { Z_SOFTWARE = '0', Z_HARDWARE = '1', Z_WRITE = '2', Z_READ = '3', Z_ACCESS = '4' };

static unsigned watch_how(char type)
{
    return type == Z_WRITE ? WATCH_WRITE : type == Z_READ ? WATCH_READ : WATCH_READ | WATCH_WRITE;
}

static bool point(const char *rest, char *type, u64 *addr, u64 *kind)
{
    *type = *rest;
    if (*type < Z_SOFTWARE || *type > Z_ACCESS) return false;
    rest++;
    return literal(&rest, ',') && number(&rest, addr) && literal(&rest, ',') &&
           number(&rest, kind);
}

static void packet_insert(struct gdbstub *g, const char *rest, size_t len)
{
    char type;
    u64 addr, kind;
    (void)len;
    if (!point(rest, &type, &addr, &kind)) {
        reply(g, "E01");
    } else if (type <= Z_HARDWARE) {
        reply_ok(g, (addr & 15) < 3 && debugger_add_breakpoint(g->d, addr, OWNER_GDB));
    } else if (g->d->target.observe) {
        reply_ok(g, kind && debugger_add_watchpoint(g->d, addr, kind, watch_how(type), OWNER_GDB));
    }
}

static void packet_remove(struct gdbstub *g, const char *rest, size_t len)
{
    char type;
    u64 addr, kind;
    (void)len;
    if (!point(rest, &type, &addr, &kind)) {
        reply(g, "E01");
    } else if (type <= Z_HARDWARE) {
        reply_ok(g, debugger_remove_breakpoint(g->d, addr, OWNER_GDB));
    } else {
        reply_ok(g, debugger_remove_watchpoint(g->d, addr, kind, watch_how(type), OWNER_GDB));
    }
}

/* --- threads ---------------------------------------------------------------------------------- */

static void packet_set_thread(struct gdbstub *g, const char *rest, size_t len)
{
    unsigned n;
    char what = *rest;
    (void)len;
    if (what) rest++;
    bool ok = (what == 'g' || what == 'c') && thread_id(&rest, &n) &&
              (n == UINT32_MAX || n < debug_cpu_count(g->d));
    if (ok && n == UINT32_MAX) n = cpu_id(g->stop.cpu ? g->stop.cpu : thread(g, 0));
    if (ok && what == 'g') g->general = n;
    if (ok && what == 'c') g->run = n;
    reply_ok(g, ok);
}

static void packet_thread_alive(struct gdbstub *g, const char *rest, size_t len)
{
    unsigned n;
    (void)len;
    reply_ok(g, thread_id(&rest, &n) && n < debug_cpu_count(g->d));
}

static void packet_first_threads(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    for (unsigned i = 0; i < debug_cpu_count(g->d); i++) {
        g_string_append_printf(g->reply, "%c%x", i ? ',' : 'm', i + 1);
    }
}

static void packet_more_threads(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    reply(g, "l");
}

static void packet_thread_text(struct gdbstub *g, const char *rest, size_t len)
{
    char text[64];
    unsigned n;
    (void)len;
    if (!thread_id(&rest, &n) || n >= debug_cpu_count(g->d)) {
        reply(g, "E01");
        return;
    }
    g_snprintf(text, sizeof(text), "cpu %u%s", n, cpu_is_halted(thread(g, n)) ? ", halted" : "");
    gdb_put_hex(g->reply, text, strlen(text));
}

static void packet_current_thread(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    g_string_append_printf(g->reply, "QC%x", g->stop.cpu ? cpu_id(g->stop.cpu) + 1 : 1);
}

static void packet_attached(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    reply(g, "1");
}

/* --- running ---------------------------------------------------------------------------------- */

static void resume(struct gdbstub *g, struct cpu *step, bool alone)
{
    g->how = (struct debug_resume){ .step = step, .count = 1, .alone = alone };
    g->resume = g->reports = true;
}

static void jump(struct gdbstub *g, const char *rest)
{
    u64 addr;
    if (number(&rest, &addr)) {
        cpu_set_ip(thread(g, g->run), addr & ~15ull, MIN((unsigned)(addr & 15), 2));
    }
}

static void packet_go(struct gdbstub *g, const char *rest, size_t len)
{
    (void)len;
    jump(g, rest);
    resume(g, NULL, false);
}

static void packet_step(struct gdbstub *g, const char *rest, size_t len)
{
    (void)len;
    jump(g, rest);
    resume(g, thread(g, g->run), false);
}

/* "sig" or "sig;addr": guests get no signals. */
static const char *behind_signal(const char *rest)
{
    const char *semicolon = strchr(rest, ';');
    return semicolon ? semicolon + 1 : "";
}

static void packet_go_signal(struct gdbstub *g, const char *rest, size_t len)
{
    packet_go(g, behind_signal(rest), len);
}

static void packet_step_signal(struct gdbstub *g, const char *rest, size_t len)
{
    packet_step(g, behind_signal(rest), len);
}

static void packet_vcont_query(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    reply(g, "vCont;c;C;s;S;t;r");
}

/* What all actions of one vCont come to. */
struct actions {
    struct cpu *step;
    bool go, stop;
    u64 lo, hi;
};

/* One action: letter, perhaps a signal or a range, perhaps a thread. */
static bool action(struct gdbstub *g, const char **at, struct actions *a)
{
    unsigned n = UINT32_MAX;
    u64 ignored;
    char what = *(*at)++;
    if ((what == 'C' || what == 'S') && !number(at, &ignored)) return false;
    if (what == 'r' && !(number(at, &a->lo) && literal(at, ',') && number(at, &a->hi))) {
        return false;
    }
    if (literal(at, ':') && !thread_id(at, &n)) return false;
    if (**at && !literal(at, ';')) return false;
    if (what == 't') a->stop = true;
    if (what == 'c' || what == 'C') a->go = true;
    if (what == 's' || what == 'S' || what == 'r') {
        if (!a->step) a->step = thread(g, n == UINT32_MAX ? g->run : n);
        if (n == UINT32_MAX) a->go = true;
    }
    return strchr("cCsSrt", what) != NULL;
}

static void packet_vcont(struct gdbstub *g, const char *rest, size_t len)
{
    struct actions a = { 0 };
    (void)len;
    while (*rest) {
        if (action(g, &rest, &a)) continue;
        reply(g, "E01");
        return;
    }
    if (a.stop && !a.go && !a.step) {
        reply(g, "OK"); /* everybody stands already */
        return;
    }
    resume(g, a.step, a.step && !a.go);
    g->how.lo = a.lo;
    g->how.hi = a.hi;
}

static void let_go(struct gdbstub *g)
{
    debugger_remove_all(g->d, OWNER_GDB);
    g->resume = true;
    g->reports = false;
    g->how = (struct debug_resume){ 0 };
}

static void packet_detach(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    let_go(g);
    send_body(g, "OK", 2);
    gdb_socket_hang_up(&g->socket);
}

static void packet_kill(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    let_go(g);
    send_body(g, "OK", 2);
    gdb_socket_hang_up(&g->socket);
    debugger_quit(g->d);
}

static void packet_restart(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    if (g->d->target.reset) g->d->target.reset(g->d->target.opaque);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void packet_no_ack(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    reply(g, "OK");
    g->framer.no_ack = true;
}

static void packet_supported(struct gdbstub *g, const char *rest, size_t len)
{
    (void)rest, (void)len;
    g_string_append_printf(g->reply, "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;"
                           "vContSupported+;swbreak+;hwbreak+", GDB_PACKET_MAX);
}

/* gdb has its own list of ia64's registers; all it wants to hear is which architecture this is. */
static void packet_description(struct gdbstub *g, const char *rest, size_t len)
{
    static const char xml[] = "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                              "<target><architecture>ia64-elf64</architecture></target>";
    u64 offset, size;
    (void)len;
    if (!range(&rest, &offset, &size, 0)) {
        reply(g, "E00");
        return;
    }
    u64 left = offset < sizeof(xml) - 1 ? sizeof(xml) - 1 - offset : 0;
    reply(g, left > size ? "m" : "l");
    g_string_append_len(g->reply, xml + MIN(offset, sizeof(xml) - 1), (gssize)MIN(left, size));
}

static void packet_monitor(struct gdbstub *g, const char *rest, size_t len)
{
    char *line = g_malloc0(len / 2 + 1);
    if (gdb_get_hex(rest, line, len / 2)) {
        g->monitor->cpu = g->general;
        char *answer = monitor_execute(g->monitor, line);
        send_output(g, answer);
        g_free(answer);
        reply(g, "OK");
    } else {
        reply(g, "E01");
    }
    g_free(line);
}

void gdb_packet(struct gdbstub *g, const char *packet, size_t len)
{
    g_string_truncate(g->reply, 0);
    for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
        size_t n = strlen(packets[i].name);
        if (len < n || memcmp(packet, packets[i].name, n)) continue;
        packets[i].fn(g, packet + n, len - n);
        return;
    }
}

/* --- the conversation ------------------------------------------------------------------------- */

static void answer(struct gdbstub *g)
{
    if (!g->framer.no_ack) gdb_socket_send(&g->socket, "+", 1);
    gdb_packet(g, g->framer.packet->str, g->framer.packet->len);
    if (!g->resume) send_body(g, g->reply->str, g->reply->len);
}

static void byte(struct gdbstub *g, u8 b)
{
    switch (gdb_framer_byte(&g->framer, b)) {
    case GDB_PACKET: answer(g); break;
    case GDB_DAMAGED: gdb_socket_send(&g->socket, "-", 1); break;
    case GDB_NAK: gdb_socket_send(&g->socket, g->wire->str, g->wire->len); break;
    case GDB_INTERRUPT: debugger_pause(g->d); break;
    case GDB_NOTHING: break;
    }
}

static void greet(struct gdbstub *g)
{
    g->framer.no_ack = false;
    g->framer.state = GDB_IDLE;
    g->wait_for_client = g->reports = false;
    g->general = g->run = g->stop.cpu ? cpu_id(g->stop.cpu) : 0;
    g_byte_array_set_size(g->pending, 0);
    log_info("gdb", "gdb has come");
}

static void lost(struct gdbstub *g)
{
    log_info("gdb", "gdb has gone");
    gdb_socket_hang_up(&g->socket);
    let_go(g);
}

/* More bytes into g->pending. */
static void receive(struct gdbstub *g, int ms)
{
    u8 buf[4096];
    int n = gdb_socket_receive(&g->socket, buf, sizeof(buf), ms);
    if (n < 0) lost(g);
    if (n > 0) g_byte_array_append(g->pending, buf, (unsigned)n);
}

/* Until the machine is let go, or nothing is left. */
static void work_off(struct gdbstub *g)
{
    unsigned done = 0;
    while (done < g->pending->len && !g->resume) byte(g, g->pending->data[done++]);
    if (done) g_byte_array_remove_range(g->pending, 0, done);
}

static void idle(struct gdbstub *g)
{
    const struct debug_target *t = &g->d->target;
    if (t->idle) t->idle(t->opaque);
}

/* Serve until the machine is let go. */
static void serve(struct gdbstub *g)
{
    g->resume = false;
    while (!g->resume && (g->over || !debugger_is_over(g->d))) {
        if (g->socket.client < 0) {
            if (!g->wait_for_client) return;
            if (gdb_socket_accept(&g->socket, WAIT_MS)) {
                greet(g);
            } else {
                idle(g);
            }
            continue;
        }
        work_off(g);
        if (g->resume) return;
        unsigned before = g->pending->len;
        receive(g, WAIT_MS);
        if (g->pending->len == before) idle(g);
    }
}

static void gdb_stopped(void *opaque, const struct debug_stop *stop, struct debug_resume *how)
{
    struct gdbstub *g = opaque;
    g->stop = *stop;
    g->general = g->run = cpu_id(stop->cpu);
    describe_stop(g);
    if (g->reports) send_body(g, g->last_stop, strlen(g->last_stop));
    g->reports = false;
    g->how = (struct debug_resume){ 0 };
    serve(g);
    *how = g->how;
}

static bool gdb_present(void *opaque)
{
    const struct gdbstub *g = opaque;
    return g->socket.client >= 0 || g->wait_for_client;
}

/* While the machine runs gdb says nothing but Ctrl-C; whatever else comes waits for the stop. */
static bool gdb_poll(void *opaque)
{
    struct gdbstub *g = opaque;
    if (g->socket.client < 0) {
        if (!gdb_socket_accept(&g->socket, 0)) return false;
        greet(g);
        return true;
    }
    receive(g, 0);
    for (unsigned i = 0; i < g->pending->len; i++) {
        if (g->pending->data[i] != 3) continue;
        g_byte_array_remove_index(g->pending, i);
        return true;
    }
    return false;
}

struct gdbstub *gdbstub_new(struct debugger *d, const char *where, GError **err)
{
    struct gdb_socket socket;
    if (!gdb_socket_listen(&socket, where, err)) {
        gdb_socket_close(&socket);
        return NULL;
    }
    struct gdbstub *g = g_new0(struct gdbstub, 1);
    g->d = d;
    g->socket = socket;
    g->monitor = monitor_new(d);
    g->monitor->remote = true;
    g->reply = g_string_new(NULL);
    g->wire = g_string_new(NULL);
    g->pending = g_byte_array_new();
    g->wait_for_client = true;
    gdb_framer_init(&g->framer);
    d->gdb = (struct debug_front){ g, gdb_stopped, gdb_poll, gdb_present };
    debugger_pause(d);
    log_info("gdb", "waiting for gdb at %s", where);
    return g;
}

void gdbstub_free(struct gdbstub *g)
{
    if (!g) return;
    g->d->gdb = (struct debug_front){ 0 };
    gdb_socket_close(&g->socket);
    gdb_framer_clear(&g->framer);
    monitor_free(g->monitor);
    g_string_free(g->reply, TRUE);
    g_string_free(g->wire, TRUE);
    g_byte_array_free(g->pending, TRUE);
    g_free(g->last_stop);
    g_free(g);
}

unsigned gdbstub_port(const struct gdbstub *g)
{
    return g->socket.port;
}

void gdbstub_ended(struct gdbstub *g, bool died, unsigned status, const char *message)
{
    char text[8];
    if (g->socket.client < 0 || g->d->over) return;
    if (died) {
        struct debug_resume how;
        struct debug_stop stop = { .why = DEBUG_PAUSED, .cpu = general(g) };
        g->over = true;
        if (g->reports) {
            send_output(g, message);
            send_output(g, "\n");
        }
        gdb_stopped(g, &stop, &how);
    }
    g_snprintf(text, sizeof(text), "W%02x", status & 0xff);
    if (g->socket.client >= 0 && g->reports) send_body(g, text, strlen(text));
    gdb_socket_hang_up(&g->socket);
}
