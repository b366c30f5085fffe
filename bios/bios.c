/* The firmware's front door: stubs, dispatch, the guest's pointers, a processor's first state.
 *
 * The stubs are real bundles in low memory, so the guest may run them through any mapping, physical
 * or virtual, read them, copy its way around them.  A break is ours if its immediate is one of
 * ours, the processor is at the highest privilege level, and the bundle is the stub itself; the
 * same break anywhere else belongs to the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/section.h"
#include "bios/bios-priv.h"
#include "cpu/psr.h"

/* --- stubs --- */

#define MIB 0x10
#define NOP (1ull << 27) /* nop.m and nop.i alike */
#define BR_COND_B0 (0x20ull << 27 | 1ull << 12)            /* br.cond.sptk.many b0 */
#define BR_RET_B0 (0x21ull << 27 | 4ull << 6 | 1ull << 12) /* br.ret.sptk.many b0 */
#define BR_HERE (4ull << 37)                               /* br.cond.sptk.few . */

static u64 break_m(unsigned imm)
{
    return (u64)(imm >> 20 & 1) << 36 | (u64)(imm & 0xfffff) << 6;
}

static void put_bundle(struct bios *bios, u64 pa, u64 slot0, u64 slot2)
{
    u128 b = MIB | (u128)slot0 << 5 | (u128)NOP << 46 | (u128)slot2 << 87;
    u64 words[2] = { (u64)b, (u64)(b >> 64) };
    bios_put(bios, pa, words, sizeof words);
}

u64 stub_pa(unsigned stub)
{
    return stub == STUB_PAL ? PAL_PA : STUBS_PA + (u64)(stub - STUB_SAL) * STUB_SIZE;
}

/* PAL procedures return in one of two ways, chosen by the host: by a plain branch (static calls) or
 * with the caller's frame (stacked ones); the bundles for both follow the trapping one. */
enum { PAL_RETURN_STATIC = 16, PAL_RETURN_STACKED = 32 };

static void install_stubs(struct bios *bios)
{
    put_bundle(bios, stub_pa(STUB_PAL), break_m(STUB_BREAK + STUB_PAL), BR_HERE);
    put_bundle(bios, stub_pa(STUB_PAL) + PAL_RETURN_STATIC, NOP, BR_COND_B0);
    put_bundle(bios, stub_pa(STUB_PAL) + PAL_RETURN_STACKED, NOP, BR_RET_B0);
    put_bundle(bios, stub_pa(STUB_SAL), break_m(STUB_BREAK + STUB_SAL), BR_RET_B0);
    put_bundle(bios, stub_pa(STUB_PARK), break_m(STUB_BREAK + STUB_PARK), BR_HERE);
    put_bundle(bios, stub_pa(STUB_OS_RETURN), break_m(STUB_BREAK + STUB_OS_RETURN), BR_HERE);
    put_bundle(bios, stub_pa(STUB_RENDEZVOUS), break_m(STUB_BREAK + STUB_RENDEZVOUS), BR_HERE);
    for (unsigned n = 0; n < EFI_COUNT; n++) {
        put_bundle(bios, stub_pa(STUB_EFI + n), break_m(STUB_BREAK + STUB_EFI + n), BR_RET_B0);
    }
}

/* --- life cycle --- */

struct bios *bios_new(const struct bios_config *config)
{
    struct bios *bios = g_new0(struct bios, 1);
    bios->config = *config;
    bios->claims = g_array_new(FALSE, FALSE, sizeof(struct claimed));
    return bios;
}

void bios_free(struct bios *bios)
{
    if (!bios) return;
    records_clear(bios);
    g_array_free(bios->claims, TRUE);
    g_free(bios);
}

void bios_claim(struct bios *bios, u64 pa, u64 size)
{
    struct claimed c = { align_down(pa, 4096), align_up(pa + size, 4096) - align_down(pa, 4096) };
    g_array_append_val(bios->claims, c);
}

void bios_put(struct bios *bios, u64 pa, const void *data, u64 len)
{
    bool ok = physmem_load(bios->config.pm, pa, data, len);
    g_assert(ok); /* bios_install has looked that low memory is there */
}

u8 byte_checksum(const void *data, u64 len)
{
    const u8 *p = data;
    unsigned sum = 0;
    for (u64 i = 0; i < len; i++) sum += p[i];
    return (u8)-sum;
}

static void forget_handlers(struct bios *bios)
{
    memset(bios->vectors, 0, sizeof bios->vectors);
    memset(&bios->mc, 0, sizeof bios->mc);
    memset(bios->processors, 0, sizeof bios->processors);
    for (unsigned n = 0; n < BIOS_CPUS; n++) {
        bios->processors[n].min_state = MIN_STATE_PA + n * MIN_STATE_SIZE;
    }
    records_clear(bios);
}

bool bios_install(struct bios *bios, GError **err)
{
    struct physmem *pm = bios->config.pm;
    if (!physmem_host(pm, BIOS_DATA_PA, BIOS_DATA_END - BIOS_DATA_PA) ||
        !physmem_host(pm, BIOS_CODE_PA, BIOS_CODE_END - BIOS_CODE_PA)) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "too little memory for the firmware");
        return false;
    }
    bios->virtual_map = false;
    bios->rendezvous_entry = bios->rendezvous_gp = 0;
    forget_handlers(bios);
    install_stubs(bios);
    sal_install(bios);
    if (!acpi_install(bios, err) || !memmap_install(bios, err)) return false;
    efi_install(bios);
    return true;
}

u64 bios_hash(const struct bios *bios, u64 seed)
{
    const u64 state[] = { bios->time_offset, bios->rendezvous_entry, bios->rendezvous_gp,
                          bios->virtual_map };
    seed = hash_bytes(hash_bytes(seed, state, sizeof state), bios->vectors, sizeof bios->vectors);
    seed = hash_bytes(hash_bytes(seed, &bios->mc, sizeof bios->mc), bios->processors,
                      sizeof bios->processors);
    return records_hash(bios, hash_u64(seed, bios->record_id));
}

u64 bios_efi_system_table(const struct bios *bios)
{
    (void)bios;
    return EFI_PA;
}

/* --- processors --- */

enum { AR_K0 = 0, AR_RSC = 16, AR_BSPSTORE = 18 };
enum { CR_LID = 64, CR_IRR0 = 68, CR_ITV = 72, CR_PMV = 73, CR_CMCV = 74 };
#define VECTOR_MASKED (1ull << 16)

static void common_state(struct bios *bios, struct cpu *cpu)
{
    u64 stack = STACKS_PA + (u64)cpu_id(cpu) * STACK_SIZE;
    cpu_set_psr(cpu, PSR_BN);
    cpu_set_cr(cpu, CR_LID, (u64)cpu_id(cpu) << 24);
    cpu_set_cr(cpu, CR_ITV, VECTOR_MASKED);
    cpu_set_cr(cpu, CR_PMV, VECTOR_MASKED);
    cpu_set_cr(cpu, CR_CMCV, VECTOR_MASKED);
    cpu_set_ar(cpu, AR_K0, bios->config.platform.io_ports_pa);
    cpu_set_ar(cpu, AR_RSC, 0);
    cpu_set_ar(cpu, AR_BSPSTORE, stack);
    cpu_set_gr(cpu, 12, stack + STACK_SIZE - 16, false);
}

void bios_start_boot_cpu(struct bios *bios, struct cpu *cpu, u64 entry, u64 boot_param)
{
    common_state(bios, cpu);
    bios->processors[cpu_id(cpu) % BIOS_CPUS].started = true;
    cpu_set_gr(cpu, 28, boot_param, false);
    cpu_set_br(cpu, 0, stub_pa(STUB_PARK));
    cpu_set_ip(cpu, entry, 0);
}

void bios_park_cpu(struct bios *bios, struct cpu *cpu)
{
    common_state(bios, cpu);
    cpu_set_ip(cpu, stub_pa(STUB_PARK), 0);
}

/* The rendezvous loop: sleep until somebody sends the wake-up vector, then go where
 * SAL_SET_VECTORS said, in physical mode and with a way back in b0.  The vector stays pending; the
 * operating system drains what it finds.  SAL 3.2, 3.2.5. */
static enum hook_answer park(struct bios *bios, struct cpu *cpu)
{
    u64 irr = cpu_cr(cpu, CR_IRR0 + BIOS_AP_WAKEUP_VECTOR / 64);
    bool go = bit(irr, BIOS_AP_WAKEUP_VECTOR % 64) && bios->rendezvous_entry;
    bios->processors[cpu_id(cpu) % BIOS_CPUS].started = go;
    if (!go) {
        cpu_halt(cpu);
        return HOOK_DONE;
    }
    log_debug("firmware", "cpu %u leaves the rendezvous for %#llx", cpu_id(cpu),
              (unsigned long long)bios->rendezvous_entry);
    cpu_set_psr(cpu, PSR_BN);
    cpu_set_gr(cpu, 1, bios->rendezvous_gp, false);
    cpu_set_br(cpu, 0, stub_pa(STUB_PARK));
    cpu_set_ip(cpu, bios->rendezvous_entry, 0);
    return HOOK_JUMPED;
}

/* --- the guest's pointers --- */

enum { /* interruption rows */
#define INTERRUPTION(id, name, vector, class, code, rec) INT_##id,
#include "cpu/interruption.def"
};

/* What a load or store of the guest would have met (only TLB misses and rights can happen here:
 * firmware is called with valid pointers or not at all). */
static unsigned row_of(enum mmu_fault fault)
{
    switch (fault) {
    case MMU_ALTERNATE: return INT_DATA_ALTERNATE_TLB;
    case MMU_VHPT: return INT_DATA_VHPT;
    case MMU_MISS: return INT_DATA_TLB;
    case MMU_NOT_PRESENT: return INT_DATA_NOT_PRESENT;
    case MMU_NAT_PAGE: return INT_DATA_NAT_PAGE;
    case MMU_KEY_MISS: return INT_DATA_KEY_MISS;
    case MMU_KEY_PERMISSION: return INT_DATA_KEY_PERMISSION;
    case MMU_ACCESS_RIGHTS: return INT_DATA_ACCESS_RIGHTS;
    case MMU_DIRTY: return INT_DIRTY_BIT;
    case MMU_ACCESS_BIT: return INT_DATA_ACCESS_BIT;
    default: return INT_DATA_UNIMPLEMENTED;
    }
}

#define ISR_W (1ull << 33)
#define ISR_R (1ull << 34)

/* Raise the fault with the break as its instruction: the handler inserts a translation and returns
 * to the stub, which calls again. */
static void raise_data_fault(struct call *call, enum mmu_fault fault, u64 va, bool write)
{
    struct mmu *mmu = cpu_mmu(call->cpu);
    struct interruption intr = {
        .row = (u16)row_of(fault), .isr = write ? ISR_W : ISR_R, .ifa = va,
        .itir = mmu->rr[va >> 61] & 0xfffffffcull, .iha = mmu->iha,
        .slot = cpu_ri(call->cpu),
    };
    call->faulted = true;
    cpu_raise(call->cpu, &intr);
}

struct piece {
    u64 pa;
    unsigned len;
};

static bool translate(struct call *call, u64 va, unsigned len, bool write, struct piece piece[2])
{
    g_assert(len <= CALL_BUFFER_MAX);
    for (unsigned n = 0, done = 0; done < len; n++) {
        struct mmu_span span;
        u64 at = va + done;
        unsigned room = (unsigned)(PHYS_PAGE_SIZE - at % PHYS_PAGE_SIZE);
        enum mmu_fault fault = mmu_access(cpu_mmu(call->cpu), at, 1,
                                          write ? MMU_WRITE : MMU_READ, 0, &span);
        if (fault != MMU_OK) {
            raise_data_fault(call, fault, at, write);
            return false;
        }
        piece[n] = (struct piece){ span.pa, MIN(room, len - done) };
        done += piece[n].len;
    }
    return true;
}

bool call_store(struct call *call, u64 va, const void *buf, unsigned len)
{
    struct piece piece[2] = { 0 };
    if (!translate(call, va, len, true, piece)) return false;
    physmem_write(call->bios->config.pm, piece[0].pa, buf, piece[0].len);
    physmem_write(call->bios->config.pm, piece[1].pa, (const u8 *)buf + piece[0].len, piece[1].len);
    return true;
}

bool call_load(struct call *call, u64 va, void *buf, unsigned len)
{
    struct piece piece[2] = { 0 };
    memset(buf, 0, len);
    if (!translate(call, va, len, false, piece)) return false;
    physmem_read(call->bios->config.pm, piece[0].pa, buf, piece[0].len);
    physmem_read(call->bios->config.pm, piece[1].pa, (u8 *)buf + piece[0].len, piece[1].len);
    return true;
}

/* --- dispatch --- */

const struct procedure *find_procedure(const struct procedure *rows, unsigned n, u64 index)
{
    for (unsigned i = 0; i < n; i++) {
        if (rows[i].index == index) return &rows[i];
    }
    return NULL;
}

static u64 gr(const struct call *call, unsigned r)
{
    bool nat;
    return cpu_gr(call->cpu, r, &nat);
}

/* Arguments of a procedure that was called like a C function. */
static void stacked_arguments(struct call *call, unsigned first)
{
    for (unsigned i = first; i < ARRAY_LEN(call->arg); i++) call->arg[i - first] = gr(call, 32 + i);
}

static enum hook_answer finish(struct call *call)
{
    if (call->faulted) return HOOK_FAULT;
    if (call->instead != HOOK_DECLINED) return call->instead;
    cpu_set_gr(call->cpu, 8, (u64)call->status, false);
    cpu_set_gr(call->cpu, 9, call->r9, false);
    cpu_set_gr(call->cpu, 10, call->r10, false);
    cpu_set_gr(call->cpu, 11, call->r11, false);
    if (!call->quiet) {
        log_debug("firmware", "cpu %u %s(%#llx, %#llx, %#llx, %#llx) = %lld: %#llx %#llx %#llx",
                  cpu_id(call->cpu), call->name, (unsigned long long)call->arg[0],
                  (unsigned long long)call->arg[1], (unsigned long long)call->arg[2],
                  (unsigned long long)call->arg[3], (long long)call->status,
                  (unsigned long long)call->r9, (unsigned long long)call->r10,
                  (unsigned long long)call->r11);
    }
    return HOOK_DONE;
}

/* PAL's two conventions.  SDM 2:11.9.2: static procedures 0-255 and 512-767 take r28-r31, stacked
 * ones r32-r35 (and the index in r28 as well). */
static enum hook_answer enter_pal(struct call *call)
{
    u64 index = gr(call, 28);
    bool stacked = bit(index, 8);
    for (unsigned i = 0; i < 3; i++) call->arg[i] = gr(call, (stacked ? 33 : 29) + i);
    pal_call(call, index);
    enum hook_answer answer = finish(call);
    if (answer != HOOK_DONE) return answer;
    u64 back = cpu_ip(call->cpu) + (stacked ? PAL_RETURN_STACKED : PAL_RETURN_STATIC);
    cpu_set_ip(call->cpu, back, 0);
    return HOOK_JUMPED;
}

/* The call has ended; `before` is how it began. */
static void tell(const struct call *call, const struct event *before, enum event_firmware what,
                 u64 index)
{
    struct event e = *before;
    if (call->faulted || call->instead != HOOK_DECLINED) return;
    e.number = (s32)index;
    e.sub = what;
    for (; e.nargs < ARRAY_LEN(e.args); e.nargs++) e.args[e.nargs] = call->arg[e.nargs];
    e.result = (u64)call->status;
    e.has_result = true;
    cpu_tell(call->cpu, &e);
}

static enum hook_answer enter(struct bios *bios, struct cpu *cpu, unsigned stub)
{
    struct call call = { .bios = bios, .cpu = cpu };
    struct event before = cpu_event(cpu, EVENT_FIRMWARE, 0, 0);
    enum hook_answer answer;
    u64 index;
    switch (stub) {
    case STUB_PAL:
        index = gr(&call, 28);
        answer = enter_pal(&call);
        tell(&call, &before, EVENT_PAL, index);
        return answer;
    case STUB_SAL:
        index = gr(&call, 32);
        stacked_arguments(&call, 1);
        sal_call(&call, index);
        answer = finish(&call);
        tell(&call, &before, EVENT_SAL, index);
        return answer;
    default:
        stacked_arguments(&call, 0);
        efi_call(&call, stub - STUB_EFI);
        answer = finish(&call);
        tell(&call, &before, EVENT_EFI, stub - STUB_EFI);
        return answer;
    }
}

const char *bios_procedure_name(enum bios_class class, u64 index)
{
    switch (class) {
    case BIOS_PAL: return pal_name(index);
    case BIOS_SAL: return sal_name(index);
    case BIOS_EFI: return efi_name(index);
    }
    return NULL;
}

enum hook_answer bios_call(struct bios *bios, struct cpu *cpu, u64 imm)
{
    unsigned stub = (unsigned)(imm - STUB_BREAK);
    u64 pa = cpu_ip(cpu) & mask64(61);
    if (imm < STUB_BREAK || stub >= STUB_EFI + EFI_COUNT || (cpu_psr(cpu) & PSR_CPL) ||
        pa != stub_pa(stub)) {
        return HOOK_DECLINED;
    }
    switch (stub) {
    case STUB_PARK: return park(bios, cpu);
    case STUB_OS_RETURN: return abort_os_return(bios, cpu);
    case STUB_RENDEZVOUS: return abort_rendezvous(bios, cpu);
    default: return enter(bios, cpu, stub);
    }
}

enum hook_answer bios_procedure(struct bios *bios, struct cpu *cpu, enum bios_class class, u64 index,
                                const u64 args[8])
{
    struct call call = { .bios = bios, .cpu = cpu, .for_domain = true };
    memcpy(call.arg, args, sizeof call.arg);
    switch (class) {
    case BIOS_PAL: pal_call(&call, index); break;
    case BIOS_SAL: sal_call(&call, index); break;
    case BIOS_EFI: efi_call(&call, (unsigned)index % EFI_COUNT); break;
    }
    return finish(&call);
}
