/* Building the board from board.def, and the calls that processors make outward.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/backends.h"
#include "machine/machine-priv.h"
#include "machine/native.h"
#include "machine/xen.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "cpu/psr.h"
#include "guest/symbols.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"
#define MEM_MIN (1ull << 20)

GQuark machine_error_quark(void)
{
    return g_quark_from_static_string("machine-error");
}

void machine_end(struct machine *m, enum machine_end end, struct cpu *cpu, u64 status,
                 const char *fmt, ...)
{
    if (m->ended) return;
    m->ended = true;
    va_list ap;
    va_start(ap, fmt);
    m->message = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    m->result = (struct machine_result){ end, status, m->message, cpu_id(cpu) };
    cpu_stop(cpu);
}

char *machine_where(const struct machine *m, u64 ip)
{
    u64 offset;
    const char *name = symbols_find(machine_symbols(m), ip, &offset);
    return name ? g_strdup_printf(HEX " <%s+" HEX ">", ip, name, offset)
                : g_strdup_printf(HEX, ip);
}

/* --- what processors and devices ask --------------------------------------------------------- */

static void on_fatal(void *opaque, struct cpu *cpu, const char *why)
{
    struct machine *m = opaque;
    char *where = machine_where(m, cpu_ip(cpu));
    machine_end(m, END_GUEST, cpu, 0, "%s (at ip %s)", why, where);
    g_free(where);
}

static enum hook_answer on_interruption(void *opaque, struct cpu *cpu)
{
    loop_check(opaque, cpu, cpu_psr(cpu) & PSR_IC);
    return HOOK_DECLINED;
}

static void on_purge(void *opaque, struct cpu *cpu, u64 va, unsigned ps, u64 rid)
{
    struct machine *m = opaque;
    for (unsigned i = 0; i < m->ncpus; i++) {
        if (m->cpus[i] == cpu) continue;
        enum mmu_fault why = mmu_purge_tc_rid(cpu_mmu(m->cpus[i]), va, ps, rid);
        if (why != MMU_OK) {
            machine_end(m, END_GUEST, m->cpus[i], 0,
                        "a global purge of " HEX " hits a translation register", va);
        }
    }
}

static void on_alat_store(void *opaque, struct cpu *cpu, u64 pa, unsigned size)
{
    struct machine *m = opaque;
    for (unsigned i = 0; i < m->ncpus; i++) {
        if (m->cpus[i] != cpu) cpu_alat_store(m->cpus[i], pa, size);
    }
}

static void on_timer_changed(void *opaque, struct cpu *cpu)
{
    (void)opaque;
    cpu_check_interrupts(cpu);
}

struct observer {
    machine_observer_fn *fn;
    void *opaque;
    bool watches; /* only what it watches */
};

static void on_observe(void *opaque, struct cpu *cpu, const struct insn *in, bool after)
{
    struct machine *m = opaque;
    for (unsigned i = 0; i < m->observers->len; i++) {
        const struct observer *o = &g_array_index(m->observers, struct observer, i);
        o->fn(o->opaque, cpu, in, after);
    }
}

static void console_out(void *opaque, const void *text, size_t len)
{
    (void)opaque;
    fwrite(text, 1, len, stdout); /* main looks at ferror at the end */
}

static void guest_exit(void *opaque, u64 status)
{
    struct machine *m = opaque;
    struct cpu *cpu = m->current ? m->current : m->cpus[0];
    machine_end(m, END_EXIT, cpu, status, "the guest exited with status %u", (u8)status);
}

static u64 time_now(void *opaque)
{
    const struct machine *m = opaque;
    return m->current ? cpu_time(m->current) : m->now;
}

static void event_is_earlier(void *opaque)
{
    struct machine *m = opaque;
    if (m->current) cpu_stop(m->current);
}

/* --- building -------------------------------------------------------------------------------- */

struct board_ram {
    const char *name;
    u64 pa, most;
};

static bool fill_rows(struct machine *m, const struct board_ram *rows, size_t n, GError **err)
{
    u64 left = m->config->mem, room = 0;
    for (size_t i = 0; i < n; i++) room += rows[i].most;
    if (left < MEM_MIN || left > room || left % PHYS_PAGE_SIZE) {
        g_set_error(err, MACHINE_ERROR, 0,
                    "--mem: " HEX " bytes; it must be between 1M and %" G_GINT64_MODIFIER
                    "uG, a multiple of 4K", left, room >> 30);
        return false;
    }
    for (size_t i = 0; i < n && left; i++) {
        u64 size = MIN(left, rows[i].most);
        if (!physmem_add_ram(m->pm, rows[i].name, rows[i].pa, size, err)) return false;
        left -= size;
    }
    return true;
}

static bool is_domain(const struct machine *m)
{
    return m->config->kernel && m->config->xen;
}

/* A domain's memory is one piece: it has no devices to leave room for. */
static bool add_ram(struct machine *m, GError **err)
{
    static const struct board_ram board[] = {
#define BOARD_RAM(name, pa, most) { name, pa, most },
#define BOARD_DEVICE(constructor, name, pa)
#include "machine/board.def"
    };
    static const struct board_ram domain = { "ram", 0, 256ull << 30 };
    return is_domain(m) ? fill_rows(m, &domain, 1, err)
                        : fill_rows(m, board, ARRAY_LEN(board), err);
}

static bool add_device(struct machine *m, struct device *dev, const char *id, u64 pa, GError **err)
{
    g_ptr_array_add(m->devices, dev);
    return device_attach(dev, id, pa, m->pm, m->sections, err);
}

static bool add_devices(struct machine *m, GError **err)
{
    struct device_host host = { .opaque = m, .console_out = console_out,
        .guest_exit = guest_exit, .clock = m->clock, .pm = m->pm };
#define BOARD_RAM(name, pa, most)
#define BOARD_DEVICE(constructor, name, pa)                                                       \
    if (!add_device(m, constructor##_new(&host), name, pa, err)) return false;
#include "machine/board.def"
    return true;
}

/* RAM by pages, zero ones left out: the same number however much of it was ever touched. */
static u64 hash_memory(void *opaque, u64 seed)
{
    static const u8 zero[PHYS_PAGE_SIZE];
    struct physmem *pm = opaque;
    for (unsigned i = 0; i < physmem_range_count(pm); i++) {
        struct physmem_range r = physmem_range(pm, i);
        if (!r.ram) continue;
        const u8 *host = physmem_host(pm, r.pa, r.size);
        for (u64 at = 0; at < r.size; at += PHYS_PAGE_SIZE) {
            if (memcmp(host + at, zero, PHYS_PAGE_SIZE) == 0) continue;
            seed = hash_bytes(hash_u64(seed, r.pa + at), host + at, PHYS_PAGE_SIZE);
        }
    }
    return seed;
}

static u64 hash_cpu(void *opaque, u64 seed)
{
    return cpu_hash(opaque, seed);
}

void machine_add_cpus(struct machine *m, unsigned n)
{
    while (m->ncpus < n) {
        unsigned i = m->ncpus++;
        char name[16];
        m->cpus[i] = cpu_new(m->pm, i, &m->hooks);
        snprintf(name, sizeof(name), "cpu%u", i);
        sections_add_fn(m->sections, name, hash_cpu, m->cpus[i]);
        listen_added(m, m->cpus[i]);
    }
    if (n > 1) m->hooks.alat_others = on_alat_store;
}

struct machine *machine_new(const struct config *config, GError **err)
{
    struct machine *m = g_new0(struct machine, 1);
    m->config = config;
    m->pm = physmem_new();
    m->clock = clock_new();
    m->sections = sections_new();
    m->image = image_new();
    m->devices = g_ptr_array_new_with_free_func((GDestroyNotify)device_free);
    m->breakpoints = g_array_new(FALSE, FALSE, sizeof(u64));
    m->observers = g_array_new(FALSE, FALSE, sizeof(struct observer));
    m->listeners = listen_list();
    m->symbols = g_ptr_array_new_with_free_func((GDestroyNotify)symbols_free);
    m->hooks = (struct cpu_hooks){ .opaque = m, .interruption = on_interruption,
        .purge_others = on_purge, .timer_changed = on_timer_changed, .fatal = on_fatal,
        .observe = on_observe, .event = listen_event };
    clock_set_source(m->clock, time_now, m);
    clock_on_earlier(m->clock, event_is_earlier, m);
    if (!add_ram(m, err) || (!is_domain(m) && !add_devices(m, err))) {
        machine_free(m);
        return NULL;
    }
    sections_add_fn(m->sections, "memory", hash_memory, m->pm);
    machine_add_cpus(m, 1);
    return m;
}

void machine_free(struct machine *m)
{
    panic_forget(m);
    native_free(m->native);
    xen_free(m->xen);
    for (unsigned i = 0; i < m->ncpus; i++) cpu_free(m->cpus[i]);
    g_array_free(m->observers, TRUE);
    g_array_free(m->listeners, TRUE);
    g_array_free(m->breakpoints, TRUE);
    g_ptr_array_free(m->devices, TRUE);
    g_ptr_array_free(m->symbols, TRUE);
    image_free(m->image);
    sections_free(m->sections);
    clock_free(m->clock);
    physmem_free(m->pm);
    g_free(m->message);
    g_free(m);
}

/* --- the bare-metal program ------------------------------------------------------------------ */

static bool gather(struct machine *m, GError **err)
{
    const struct config *c = m->config;
    if (!c->program && c->loads->len == 0) {
        g_set_error(err, MACHINE_ERROR, 0, "nothing to run: name a program, or use --load");
        return false;
    }
    if (c->program && !image_add_elf(m->image, c->program, err)) return false;
    for (unsigned i = 0; i < c->loads->len; i++) {
        const struct load *l = &g_array_index(c->loads, struct load, i);
        if (!image_add_raw(m->image, l->path, l->pa, err)) return false;
    }
    return true;
}

static bool choose_entry(struct machine *m, u64 *entry, GError **err)
{
    if (!m->config->entry.set) return image_entry(m->image, entry, err);
    *entry = m->config->entry.value;
    if (*entry & 15) {
        g_set_error(err, MACHINE_ERROR, 0, "--entry: " HEX " is not the address of a bundle",
                    *entry);
        return false;
    }
    if (!physmem_host(m->pm, *entry, 16)) {
        g_set_error(err, MACHINE_ERROR, 0, "--entry: no memory at " HEX, *entry);
        return false;
    }
    return true;
}

/* Reset state, plus two stacks at the top of the first RAM so that a program can call functions
 * at once: the memory stack grows down and the register stack up from the same place. */
static void start_cpu(struct machine *m, u64 entry)
{
    enum { AR_BSPSTORE = 18, GR_SP = 12 };
    struct cpu *cpu = m->cpus[0];
    u64 top = physmem_range(m->pm, 0).size;
    u64 stacks = top - MIN(1ull << 20, top / 4);
    cpu_set_psr(cpu, PSR_BN);
    cpu_set_ar(cpu, AR_BSPSTORE, stacks);
    cpu_set_gr(cpu, GR_SP, stacks - 16, false);
    cpu_set_ip(cpu, entry, 0);
}

bool machine_load(struct machine *m, GError **err)
{
    u64 entry;
    if (is_domain(m)) return (m->xen = xen_new(m, err)) != NULL;
    if (m->config->kernel) return (m->native = native_new(m, err)) != NULL;
    if (!check_bare(m->config, err) || !gather(m, err) || !image_check(m->image, m->pm, err) || !choose_entry(m, &entry, err)) {
        return false;
    }
    image_load(m->image, m->pm);
    start_cpu(m, entry);
    log_info("machine", "starting at " HEX, entry);
    return true;
}

/* --- looking in ------------------------------------------------------------------------------ */

unsigned machine_cpu_count(const struct machine *m)
{
    return m->ncpus;
}

struct cpu *machine_cpu(struct machine *m, unsigned i)
{
    return m->cpus[i];
}

struct physmem *machine_physmem(struct machine *m)
{
    return m->pm;
}

struct clock *machine_clock(struct machine *m)
{
    return m->clock;
}

const struct symbols *machine_symbols(const struct machine *m)
{
    guint n = m->symbols->len;
    return n ? g_ptr_array_index(m->symbols, n - 1) : image_symbols(m->image);
}

/* A reset mostly finds the same kernel. */
void machine_take_symbols(struct machine *m, struct symbols *symbols)
{
    if (m->symbols->len && symbols_equal(machine_symbols(m), symbols)) {
        symbols_free(symbols);
    } else {
        g_ptr_array_add(m->symbols, symbols);
    }
}

u64 machine_itc_hz(const struct machine *m)
{
    return timer_rate(m->config);
}

const u8 *machine_kernel(const struct machine *m, u64 *len)
{
    const struct linux_image *image = NULL;
    if (m->native) image = native_image(m->native);
    if (m->xen) image = xen_image(m->xen);
    *len = image ? image->kernel_len : 0;
    return image ? image->kernel_bytes : NULL;
}

void machine_set_debugger(struct machine *m, const struct machine_debugger *debugger)
{
    m->debugger = *debugger;
}

void machine_install_breakpoints(struct machine *m)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(u64));
    g_array_append_vals(all, m->breakpoints->data, m->breakpoints->len);
    if (m->panic.watched) g_array_append_val(all, m->panic.place);
    for (unsigned i = 0; i < m->ncpus; i++) {
        cpu_set_breakpoints(m->cpus[i], (const void *)all->data, all->len);
    }
    g_array_free(all, TRUE);
}

void machine_set_breakpoints(struct machine *m, const u64 *places, unsigned n)
{
    g_array_set_size(m->breakpoints, 0);
    if (n) g_array_append_vals(m->breakpoints, places, n);
    machine_install_breakpoints(m);
}

void machine_quit(struct machine *m, const char *why)
{
    machine_end(m, END_EXIT, m->current ? m->current : m->cpus[0], 0, "%s", why);
}

bool machine_has_ended(const struct machine *m)
{
    return m->ended || machine_must_stop(m);
}

void machine_stop_when(struct machine *m, const volatile sig_atomic_t *flag)
{
    m->stop_flag = flag;
}

bool machine_must_stop(const struct machine *m)
{
    return m->stop_flag && *m->stop_flag;
}

struct native *machine_native(const struct machine *m)
{
    return m->native;
}

u64 machine_retired(const struct machine *m)
{
    u64 sum = 0;
    for (unsigned i = 0; i < m->ncpus; i++) sum += cpu_retired(m->cpus[i]);
    return sum;
}

void machine_print_counters(const struct machine *m, FILE *out)
{
    if (m->xen) xen_print_counters(m->xen, out);
}

void machine_reveal(struct machine *m, bool on)
{
    if (m->xen) xen_reveal(m->xen, on);
}

u64 machine_hash(struct machine *m)
{
    return hash_u64(sections_hash(m->sections), m->now);
}

void machine_observe(struct machine *m, machine_observer_fn *fn, void *opaque)
{
    struct observer o = { fn, opaque, false };
    g_array_append_val(m->observers, o);
    for (unsigned i = 0; i < m->ncpus; i++) cpu_set_observed(m->cpus[i], true);
}

static void remove_observer(struct machine *m, const struct observer *which)
{
    for (unsigned i = m->observers->len; i-- > 0;) {
        const struct observer *o = &g_array_index(m->observers, struct observer, i);
        bool same = o->fn == which->fn && o->opaque == which->opaque;
        if (same && o->watches == which->watches) g_array_remove_index(m->observers, i);
    }
}

void machine_unobserve(struct machine *m, machine_observer_fn *fn, void *opaque)
{
    struct observer all = { fn, opaque, false };
    bool any = false;
    remove_observer(m, &all);
    for (unsigned i = 0; i < m->observers->len; i++) {
        any |= !g_array_index(m->observers, struct observer, i).watches;
    }
    for (unsigned i = 0; i < m->ncpus; i++) cpu_set_observed(m->cpus[i], any);
}

void machine_watch(struct machine *m, const struct mmu_watch *list, unsigned n,
                   machine_observer_fn *fn, void *opaque)
{
    struct observer o = { fn, opaque, true };
    remove_observer(m, &o);
    if (n) g_array_append_val(m->observers, o);
    for (unsigned i = 0; i < m->ncpus; i++) cpu_set_watches(m->cpus[i], list, n);
}

bool machine_console_complete(const struct machine *m)
{
    return m->native ? native_console_complete(m->native)
                     : !m->xen || xen_console_complete(m->xen);
}
