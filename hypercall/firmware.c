/* Firmware as a guest of Xen sees it: stubs in low memory that end in break 0x1000, with numbers
 * from 0x100 on.  What describes the processor is answered by bios/; here is what a hypervisor
 * answers differently: translation resources, sleep, the start of processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "hypercall/hypercall-priv.h"

#define EFI_ERROR(code) ((s64)(1ull << 63 | (code)))
enum { STATUS_OK = 0, PAL_UNIMPLEMENTED = -1, PAL_INVALID = -2, SAL_UNIMPLEMENTED = -1,
       SAL_INVALID = -2 };

struct answer {
    s64 r8;
    u64 r9, r10, r11;
};

static u64 gr(const struct hv_vcpu *v, unsigned r)
{
    return cpu_gr(v->cpu, r, NULL);
}

static enum hook_answer answer(struct hv_vcpu *v, struct answer a)
{
    cpu_set_gr(v->cpu, 8, (u64)a.r8, false);
    cpu_set_gr(v->cpu, 9, a.r9, false);
    cpu_set_gr(v->cpu, 10, a.r10, false);
    cpu_set_gr(v->cpu, 11, a.r11, false);
    return instruction_done(v);
}

static enum hook_answer status(struct hv_vcpu *v, s64 r8)
{
    cpu_set_gr(v->cpu, 8, (u64)r8, false);
    return instruction_done(v);
}

/* `first`: the register of the first argument. */
static enum hook_answer ask_bios(struct hv_vcpu *v, enum bios_class class, u64 index,
                                 unsigned first)
{
    u64 args[8] = { 0 };
    for (unsigned i = 0; i < 8 && first + i < 40; i++) args[i] = gr(v, first + i);
    enum hook_answer a = bios_procedure(v->d->config.bios, v->cpu, class, index, args);
    return a == HOOK_DONE ? instruction_done(v) : a;
}

/* --- PAL -------------------------------------------------------------------------------------- */

enum { PAL_PTCE_INFO = 6, PAL_VM_INFO = 7, PAL_VM_SUMMARY = 8, PAL_FIXED_ADDR = 12,
       PAL_PROC_GET_FEATURES = 17, PAL_HALT = 28, PAL_HALT_LIGHT = 29 };

static struct answer pal_vm_info(struct hv_vcpu *v)
{
    u64 level = gr(v, 29), type = gr(v, 30);
    if (level == 0 && type == 2) {
        return (struct answer){ .r9 = 0x300800180ull, .r10 = XEN_PAGE_SIZE };
    }
    if (level == 1 && (type == 1 || type == 2)) {
        return (struct answer){ .r9 = 0x100010101ull, .r10 = XEN_PAGE_SIZE };
    }
    return (struct answer){ .r8 = PAL_INVALID };
}

/* 18 bits of region id, 51 of address, 12 translation registers of each kind. */
static struct answer pal_vm_summary(void)
{
    return (struct answer){ .r9 = 0x02030b0b300f1059ull, .r10 = 0x1232 };
}

/* The procedures that a domain gets an answer to; to all others Xen says that there are none. */
static bool pal_known(u64 index)
{
    static const u16 known[] = { 1, 2, 4, 5, 9, 11, 13, 14, 15, 19, 20, 22, 34, 39, 41, 42, 43, 257,
                                 262, 274 };
    for (unsigned i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i] == index) return true;
    }
    return false;
}

static enum hook_answer fw_pal(struct hv_vcpu *v, u64 number)
{
    u64 index = gr(v, 28);
    (void)number;
    switch (index) {
    case PAL_PTCE_INFO: return answer(v, (struct answer){ .r10 = 1ull << 32 | 1 });
    case PAL_VM_INFO: return answer(v, pal_vm_info(v));
    case PAL_VM_SUMMARY: return answer(v, pal_vm_summary());
    case PAL_FIXED_ADDR: return answer(v, (struct answer){ .r9 = v->id });
    case PAL_PROC_GET_FEATURES: return answer(v, (struct answer){ .r8 = PAL_UNIMPLEMENTED });
    case PAL_HALT:
        vcpu_down(v);
        return HOOK_DONE;
    case PAL_HALT_LIGHT:
        vcpu_idle(v);
        return answer(v, (struct answer){ .r8 = STATUS_OK });
    default:
        if (!pal_known(index)) return answer(v, (struct answer){ .r8 = PAL_UNIMPLEMENTED });
        return ask_bios(v, BIOS_PAL, index, index & 0x100 ? 33 : 29);
    }
}

/* --- SAL -------------------------------------------------------------------------------------- */

enum { SAL_SET_VECTORS = 0x01000000, SAL_MC_RENDEZ = 0x01000004, SAL_MC_SET_PARAMS = 0x01000005,
       SAL_REGISTER_PHYSICAL_ADDR = 0x01000006,
       SAL_PCI_CONFIG_READ = 0x01000010, SAL_PCI_CONFIG_WRITE = 0x01000011,
       SAL_FREQ_BASE = 0x01000012, SAL_PHYSICAL_ID_INFO = 0x01000013,
       SAL_UPDATE_PAL = 0x01000020, SAL_XEN_RETURN = 0x02000000 };
#define OS_BOOT_RENDEZ 2

static s64 set_vectors(struct hv_vcpu *v)
{
    if (gr(v, 33) != OS_BOOT_RENDEZ) return STATUS_OK;
    if (gr(v, 36) || gr(v, 37) || gr(v, 38) || gr(v, 39)) return SAL_INVALID;
    v->d->boot_rdv_ip = gr(v, 34);
    v->d->boot_rdv_r1 = gr(v, 35);
    return STATUS_OK;
}

static enum hook_answer fw_sal_return(struct hv_vcpu *v, u64 number)
{
    (void)number;
    vcpu_down(v);
    return HOOK_DONE;
}

/* Configuration space reads as zeros: there is no PCI; machine checks are the hypervisor's. */
static enum hook_answer fw_sal(struct hv_vcpu *v, u64 number)
{
    u64 function = (u32)gr(v, 32);
    switch (function) {
    case SAL_SET_VECTORS: return answer(v, (struct answer){ .r8 = set_vectors(v) });
    case SAL_MC_RENDEZ:
    case SAL_MC_SET_PARAMS:
    case SAL_PCI_CONFIG_READ:
    case SAL_PCI_CONFIG_WRITE:
    case SAL_UPDATE_PAL: return answer(v, (struct answer){ .r8 = STATUS_OK });
    case SAL_REGISTER_PHYSICAL_ADDR:
    case SAL_PHYSICAL_ID_INFO: return answer(v, (struct answer){ .r8 = SAL_UNIMPLEMENTED });
    case SAL_XEN_RETURN: return fw_sal_return(v, number);
    default: return ask_bios(v, BIOS_SAL, function, 33);
    }
}

/* --- EFI -------------------------------------------------------------------------------------- */

enum { EFI_GET_TIME = 0, EFI_SET_VIRTUAL_ADDRESS_MAP = 4, EFI_RESET_SYSTEM = 9 };
enum { MEMORY_PAL_CODE = 13 };
#define EFI_RESET_SHUTDOWN 2
#define EFI_MAP_MAX 1024u

struct memory_descriptor {
    u32 type, pad;
    u64 pa, va, pages, attribute;
};
#define DESCRIPTOR_STRIDE 48u /* with padding: as the memory map has it */

/* One object through the guest's present eyes; it may cross a page. */
static bool read_virtual(struct hv_vcpu *v, u64 va, void *buf, u64 len)
{
    for (u64 done = 0; done < len;) {
        u64 pa, n = MIN(len - done, PHYS_PAGE_SIZE - (va + done) % PHYS_PAGE_SIZE);
        if (vmmu_tpa(v, va + done, &pa) != VM_OK) return false;
        if (!guest_read(v->d, pa, (u8 *)buf + done, n)) return false;
        done += n;
    }
    return true;
}

/* Only the piece with the stubs moves. */
static bool move_stubs(struct domain *d, u64 va)
{
    for (unsigned i = 0; i < FW_EFI_COUNT; i++) {
        u64 descriptor[2] = { FW_STUB_PA(FW_EFI_INDEX + i) + va, 0 };
        u64 pa = FW_EFI_DESCRIPTORS_PA + i * sizeof descriptor;
        if (!guest_write(d, pa, descriptor, sizeof descriptor)) return false;
    }
    d->efi_virtual = true;
    return true;
}

static s64 set_virtual_address_map(struct hv_vcpu *v)
{
    u64 size = gr(v, 32), stride = gr(v, 33), version = gr(v, 34), map = gr(v, 35);
    struct memory_descriptor d;
    if (v->d->efi_virtual) return EFI_ERROR(3);
    if (version != 1 || stride != DESCRIPTOR_STRIDE || size / stride > EFI_MAP_MAX) {
        return EFI_ERROR(2);
    }
    for (u64 at = 0; at + sizeof d <= size; at += stride) {
        if (!read_virtual(v, map + at, &d, sizeof d)) return EFI_ERROR(2);
        if (d.type == MEMORY_PAL_CODE) return move_stubs(v->d, d.va) ? STATUS_OK : EFI_ERROR(2);
    }
    return EFI_ERROR(2);
}

static enum hook_answer reset_system(struct hv_vcpu *v)
{
    domain_shutdown(v, gr(v, 32) == EFI_RESET_SHUTDOWN ? SHUTDOWN_POWEROFF : SHUTDOWN_REBOOT);
    return HOOK_DONE;
}

static enum hook_answer fw_efi(struct hv_vcpu *v, u64 number)
{
    switch (number & 0xff) {
    case EFI_GET_TIME: return ask_bios(v, BIOS_EFI, EFI_GET_TIME, 32);
    case EFI_SET_VIRTUAL_ADDRESS_MAP: return status(v, set_virtual_address_map(v));
    case EFI_RESET_SYSTEM: return reset_system(v);
    default: return status(v, EFI_ERROR(3));
    }
}

/* --- the rest --------------------------------------------------------------------------------- */

static enum hook_answer fw_ipi(struct hv_vcpu *v, u64 number)
{
    (void)number;
    vcpu_ipi(v, gr(v, 14), gr(v, 15));
    return instruction_done(v);
}

static enum hook_answer fw_fpswa(struct hv_vcpu *v, u64 number)
{
    (void)number;
    return status(v, -1);
}

static enum hook_answer fw_set_shared_info(struct hv_vcpu *v, u64 number)
{
    (void)number;
    return xsi_move(v, gr(v, 28)) ? status(v, 0) : HOOK_DONE;
}

enum { FEATURE_REG7 = 1, FEATURE_REG4 = 2, FEATURE_REG5 = 3 };

static s64 opt_feature(struct hv_vcpu *v, xencomm arg)
{
    struct opt_feature f;
    if (!xencomm_read(v->d, arg, 0, &f, sizeof f)) return XEN_EFAULT;
    if (f.cmd == FEATURE_REG4 || f.cmd == FEATURE_REG5) return 0; /* for hardware domains */
    if (f.cmd != FEATURE_REG7) return XEN_ENOSYS;
    v->d->reg7_on = f.on;
    v->d->reg7_pgprot = f.pgprot & ~(mask64(50) & ~0xfffull);
    v->d->reg7_key = f.key;
    return 0;
}

static enum hook_answer fw_opt_feature(struct hv_vcpu *v, u64 number)
{
    (void)number;
    return status(v, opt_feature(v, gr(v, 32)));
}

static const struct {
    u64 class;
    const char *name;
    enum hook_answer (*fn)(struct hv_vcpu *v, u64 number);
} rows[] = {
#define FIRMWARE(number, name, text) { number, #name, fw_##name },
#include "hypercall/firmware.def"
};

/* Which procedure, in the words of its own interface, and with which arguments. */
static struct event event_of(struct hv_vcpu *v, u64 number)
{
    static const struct {
        u64 class;
        enum event_firmware kind;
        unsigned index, first; /* registers */
    } calls[] = {
        { 0x1000, EVENT_PAL, 28, 29 }, { 0x1100, EVENT_SAL, 32, 33 }, { 0x300, EVENT_EFI, 0, 32 },
    };
    struct event e = cpu_event(v->cpu, EVENT_FIRMWARE, (s32)number, EVENT_FW_HYPERCALL);
    for (unsigned i = 0; i < ARRAY_LEN(calls); i++) {
        if (calls[i].class != (number & ~0xffull)) continue;
        e.sub = calls[i].kind;
        e.number = (s32)(calls[i].index ? gr(v, calls[i].index) : number & 0xff);
        for (; e.nargs < 3; e.nargs++) e.args[e.nargs] = gr(v, calls[i].first + e.nargs);
    }
    return e;
}

static enum hook_answer carry_out(struct hv_vcpu *v, unsigned row, u64 number)
{
    if (!cpu_listens(v->cpu, EVENT_FIRMWARE)) return rows[row].fn(v, number);
    struct event e = event_of(v, number);
    e.other = e.sub == EVENT_PAL && e.number == PAL_HALT_LIGHT && v->info->upcall_pending && virtual_i(v);
    enum hook_answer a = rows[row].fn(v, number);
    e.result = gr(v, 8);
    e.has_result = true;
    if (a != HOOK_FAULT) cpu_tell(v->cpu, &e);
    return a;
}

enum hook_answer firmware_call(struct hv_vcpu *v, u64 number)
{
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].class != (number & ~0xffull)) continue;
        v->d->firmware_count[i]++;
        return carry_out(v, i, number);
    }
    return status(v, hypercall_unknown(v->d, number));
}
