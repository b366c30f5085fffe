/* A domain: its birth, its end, and how it is stopped when it breaks the rules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/section.h"
#include "hypercall/hypercall-priv.h"

#define SPECIAL_ALIGN (64ull << 20)
#define MEM_MIN (80ull << 20)

struct hv_vcpu *domain_vcpu(struct domain *d, const struct cpu *cpu)
{
    return &d->vcpu[cpu_id(cpu)];
}

u64 domain_now(const struct domain *d)
{
    return clock_now(d->config.clock);
}

u64 ns_of_ticks(const struct domain *d, u64 ticks)
{
    return (u64)((u128)ticks * 1000000000u / d->config.itc_hz);
}

u64 ticks_of_ns(const struct domain *d, u64 ns)
{
    return (u64)((u128)ns * d->config.itc_hz / 1000000000u);
}

u64 domain_now_ns(const struct domain *d)
{
    return ns_of_ticks(d, domain_now(d));
}

bool domain_crashed(const struct domain *d)
{
    return d->crashed;
}

void domain_crash(struct hv_vcpu *v, const char *fmt, ...)
{
    struct domain *d = v->d;
    char why[256], text[320];
    va_list ap;
    if (d->crashed) return;
    d->crashed = true;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    snprintf(text, sizeof text, "vcpu %u broke the rules: %s", v->id, why);
    if (d->config.host.crash) d->config.host.crash(d->config.host.opaque, v->cpu, text);
    cpu_stop(v->cpu);
}

void domain_shutdown(struct hv_vcpu *v, unsigned reason)
{
    struct domain_host *host = &v->d->config.host;
    static const char *const names[] = { "poweroff", "reboot", "suspend", "crash" };
    log_info("domain", "vcpu %u asks for shutdown: %s", v->id,
             reason < ARRAY_LEN(names) ? names[reason] : "unknown reason");
    console_drain(v->d);
    if (host->shutdown) host->shutdown(host->opaque, v->cpu, reason);
    cpu_stop(v->cpu);
}

u64 domain_page_pfn(const struct domain *d, enum domain_page page)
{
    return (d->config.mem >> XEN_PAGE_SHIFT) - (u64)page;
}

u32 domain_console_port(const struct domain *d)
{
    return d->console_port;
}

u32 domain_store_port(const struct domain *d)
{
    return d->store_port;
}

/* Pages of the hypervisor's that the guest can reach: shared info, mapped registers of each vcpu,
 * grant table.  They lie behind memory, with a gap in between. */
static bool add_special_pages(struct domain *d, GError **err)
{
    u64 pages = 1 + d->nvcpus + GRANT_FRAMES;
    d->special_pa = align_up(d->config.mem, SPECIAL_ALIGN) + SPECIAL_ALIGN;
    return physmem_add_ram(d->pm, "xen pages", d->special_pa, pages << XEN_PAGE_SHIFT, err);
}

static bool check_config(const struct domain_config *c, GError **err)
{
    if (c->mem >= MEM_MIN && !(c->mem % XEN_PAGE_SIZE) && physmem_host(c->pm, 0, c->mem)) {
        return true;
    }
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "--mem: a Xen domain needs 80 MB at least, and whole pages of 16 KB");
    return false;
}

static void poll_timeout(void *opaque, u64 now)
{
    struct hv_vcpu *v = opaque;
    (void)now;
    vcpu_wake(v);
}

static void init_vcpu(struct domain *d, unsigned i)
{
    struct hv_vcpu *v = &d->vcpu[i];
    v->d = d;
    v->id = i;
    v->cpu = d->config.cpus[i];
    v->xsi_pa = d->special_pa + ((u64)(1 + i) << XEN_PAGE_SHIFT);
    v->xsi = (struct mapped_regs *)(void *)physmem_host(d->pm, v->xsi_pa, sizeof(*v->xsi));
    v->info = &d->shared->vcpu[i];
    v->runstate = RUNSTATE_OFFLINE;
    clock_event_init(&v->poll_timer, "poll timeout", 1, poll_timeout, v);
    steal_init(v);
}

/* The guest is told of these two before it starts, so they must be the same every time. */
static void bind_first_ports(struct domain *d)
{
    d->store_port = xenstore_start(d->store);
    console_start(d);
}

struct domain *domain_new(const struct domain_config *config, GError **err)
{
    struct domain *d;
    if (!check_config(config, err)) return NULL;
    d = g_new0(struct domain, 1);
    d->config = *config;
    d->pm = config->pm;
    d->nvcpus = CLAMP(config->ncpus, 1, DOMAIN_MAX_VCPUS);
    if (!add_special_pages(d, err)) {
        g_free(d);
        return NULL;
    }
    d->shared = (struct shared_info *)(void *)physmem_host(d->pm, d->special_pa, XEN_PAGE_SIZE);
    d->shared_va = SHARED_VA_START;
    for (unsigned i = 0; i < d->nvcpus; i++) init_vcpu(d, i);
    d->store = xenstore_new(d);
    bind_first_ports(d);
    return d;
}

void domain_free(struct domain *d)
{
    if (!d) return;
    for (unsigned i = 0; i < d->nvcpus; i++) {
        clock_disarm(d->config.clock, &d->vcpu[i].poll_timer);
        steal_stop(&d->vcpu[i]);
    }
    for (unsigned i = 0; i < d->disk_count; i++) blkback_free(d->disks[i]);
    if (d->network) netback_free(d->network);
    xenstore_free(d->store);
    g_free(d);
}

void domain_add_disk(struct domain *d, struct block *disk)
{
    if (d->disk_count == DISKS_MAX) {
        log_warning("domain", "only %d disks; one is left out", DISKS_MAX);
        block_free(disk);
        return;
    }
    d->disks[d->disk_count] = blkback_new(d, d->disk_count, disk);
    d->disk_count++;
}

void domain_add_network(struct domain *d, struct net *net, const u8 mac[6])
{
    d->network = netback_new(d, net, mac);
}

static void init_shared_info(struct domain *d)
{
    memset(d->shared, 0, sizeof(*d->shared));
    for (unsigned i = 0; i < XEN_VCPUS; i++) d->shared->vcpu[i].upcall_mask = 1;
    d->shared->start_info_pfn = domain_page_pfn(d, PAGE_START_INFO);
    d->shared->memmap_info_num_pages = 1;
    d->shared->memmap_info_pfn = domain_page_pfn(d, PAGE_MEMMAP);
}

/* Nothing of a processor's past outlives the power: it goes down with less. */
static void forget_vcpu(struct hv_vcpu *v)
{
    struct domain *d = v->d;
    unsigned id = v->id;
    clock_disarm(d->config.clock, &v->poll_timer);
    steal_stop(v);
    memset(v, 0, sizeof *v);
    init_vcpu(d, id);
    xsi_reset(v);
    cpu_halt(v->cpu);
}

static void forget(struct domain *d)
{
    evtchn_close_all(d);
    bind_first_ports(d);
    d->shared_va = SHARED_VA_START;
    grant_forget(d);
    d->boot_rdv_ip = d->boot_rdv_r1 = 0;
    d->efi_virtual = d->reg7_on = false;
    d->reg7_pgprot = d->reg7_key = 0;
    d->crashed = false;
    d->ssc_len = 0;
    init_shared_info(d);
    for (unsigned i = 0; i < d->nvcpus; i++) forget_vcpu(&d->vcpu[i]);
    xenstore_reset(d->store);
    for (unsigned i = 0; i < d->disk_count; i++) blkback_restart(d->disks[i]);
    if (d->network) netback_restart(d->network);
}

void domain_start(struct domain *d, u64 entry, u64 boot_param)
{
    forget(d);
    vcpu_start(&d->vcpu[0], entry, true);
    cpu_set_gr(d->vcpu[0].cpu, 28, boot_param, false);
}

void domain_poll(struct domain *d)
{
    console_poll(d);
    if (d->network) netback_poll(d->network);
}

void domain_request(struct domain *d, const char *what)
{
    xenstore_write(d->store, "/local/domain/1/control/shutdown", "%s", what);
}

/* --- state ------------------------------------------------------------------------------------ */

static u64 hash_vcpu(const struct hv_vcpu *v, u64 h)
{
    const u64 words[] = {
        v->up, v->asleep, v->metaphysical, v->iva, v->pta, v->callback, v->itm, v->itm_last,
        v->polling, v->poll_count, (u64)v->runstate, v->runstate_since, v->runstate_pa,
    };
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) h = hash_u64(h, words[i]);
    h = hash_bytes(h, v->rr, sizeof v->rr);
    h = hash_bytes(hash_bytes(h, v->irr, sizeof v->irr), v->insvc, sizeof v->insvc);
    h = hash_bytes(hash_bytes(h, v->dbr, sizeof v->dbr), v->ibr, sizeof v->ibr);
    h = hash_bytes(hash_bytes(h, v->pmc, sizeof v->pmc), v->pmd, sizeof v->pmd);
    return hash_bytes(hash_bytes(h, v->pkr, sizeof v->pkr), v->virq_port, sizeof v->virq_port);
}

u64 domain_hash(const struct domain *d, u64 seed)
{
    u64 h = hash_u64(seed, d->shared_va ^ d->grant_frames ^ (u64)d->efi_virtual << 8);
    h = hash_u64(hash_u64(h, d->boot_rdv_ip), d->boot_rdv_r1);
    h = hash_u64(hash_u64(h, d->reg7_on), d->reg7_pgprot ^ d->reg7_key << 32);
    for (unsigned i = 0; i < d->nvcpus; i++) h = hash_vcpu(&d->vcpu[i], h);
    for (u32 p = 0; p < XEN_PORTS; p++) {
        const struct port *port = &d->ports[p];
        if (port->kind == PORT_FREE) continue;
        h = hash_u64(h, (u64)p << 32 | (u64)port->kind << 24 | port->vcpu);
        h = hash_u64(h, (u64)port->remote_dom << 32 | port->virq | (u64)port->peer << 48);
    }
    return xenstore_hash(d->store, h);
}

/* --- counters --------------------------------------------------------------------------------- */

static void print_count(FILE *out, const char *kind, const char *name, u64 n)
{
    if (n) fprintf(out, "%12" PRIu64 "  %s%s\n", n, kind, name);
}

void domain_print_counters(const struct domain *d, FILE *out)
{
    static const char *const texts[] = {
#define COUNTER(id, text) text,
#include "hypercall/counters.def"
    };
    for (unsigned i = 0; i < COUNTER_COUNT; i++) print_count(out, "", texts[i], d->counters[i]);
    for (unsigned i = 1; i < 32; i++) {
        print_count(out, "hyperprivop ", hyperprivop_name(i), d->hyperprivop_count[i]);
    }
#define HYPERCALL(nr, name, args) print_count(out, "hypercall ", #name, d->hypercall_count[nr]);
#include "hypercall/hypercalls.def"
    for (unsigned i = 0; i < ARRAY_LEN(d->vector_count); i++) {
        char text[32];
        snprintf(text, sizeof text, "vector 0x%04x", i << 8);
        print_count(out, "reflected to ", text, d->vector_count[i]);
    }
}
