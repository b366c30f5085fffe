/* Native privileged instructions of a kernel at level 1, carried out with their virtual meaning.
 * Kernels run through them while they boot, before their own paravirtual forms are in place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "hypercall/hypercall-priv.h"

/* How it went; the three faults are the codes of a General Exception. */
enum outcome { DONE, JUMPED, REFLECTED, ILLEGAL, RESERVED };
typedef enum outcome privop_fn(struct hv_vcpu *v, const struct insn *in);

static u64 gr(struct hv_vcpu *v, unsigned r)
{
    return cpu_gr(v->cpu, r, NULL);
}

static enum outcome put(struct hv_vcpu *v, unsigned r, u64 value)
{
    cpu_set_gr(v->cpu, r, value, false);
    return DONE;
}

/* --- psr -------------------------------------------------------------------------------------- */

#define SSM_BITS                                                                                   \
    (PSR_BE | PSR_UP | PSR_AC | PSR_MFL | PSR_MFH | PSR_IC | PSR_I | PSR_PK | PSR_DT | PSR_DFL |   \
     PSR_DFH | PSR_SP | PSR_PP)
#define MOV_PSR_BITS (SSM_BITS | PSR_RT)

static enum outcome pv_ssm(struct hv_vcpu *v, const struct insn *in)
{
    xsi_change_psr(v, in->imm & SSM_BITS, ~0ull);
    return in->imm & ~SSM_BITS ? ILLEGAL : DONE;
}

static enum outcome pv_rsm(struct hv_vcpu *v, const struct insn *in)
{
    xsi_change_psr(v, in->imm & SSM_BITS, 0);
    return in->imm & ~SSM_BITS ? ILLEGAL : DONE;
}

static enum outcome pv_mov_to_psr(struct hv_vcpu *v, const struct insn *in)
{
    xsi_change_psr(v, MOV_PSR_BITS, gr(v, in->r2));
    return DONE;
}

static enum outcome pv_mov_from_psr(struct hv_vcpu *v, const struct insn *in)
{
    return put(v, in->r1, xsi_visible_psr(v));
}

static enum outcome pv_rfi(struct hv_vcpu *v, const struct insn *in)
{
    (void)in;
    xsi_return(v);
    return JUMPED;
}

static enum outcome pv_bsw0(struct hv_vcpu *v, const struct insn *in)
{
    (void)in;
    xsi_bank0(v);
    return DONE;
}

static enum outcome pv_bsw1(struct hv_vcpu *v, const struct insn *in)
{
    (void)in;
    xsi_bank1(v);
    return DONE;
}

/* --- control registers ------------------------------------------------------------------------ */

static bool set_dcr(struct hv_vcpu *v, u64 value)
{
    v->xsi->dcr = value;
    return true;
}

static bool set_itm(struct hv_vcpu *v, u64 value)
{
    vtime_set_itm(v, value);
    return true;
}

static bool set_iva(struct hv_vcpu *v, u64 value)
{
    v->iva = v->xsi->iva = value & ~0x7fffull;
    return true;
}

static bool set_pta(struct hv_vcpu *v, u64 value)
{
    u64 size = bits(value, 7, 2);
    if (bits(value, 14, 9) || bit(value, 1) || size < 15 || size > 61) return false;
    vmmu_set_pta(v, value);
    return true;
}

static bool set_eoi(struct hv_vcpu *v, u64 value)
{
    (void)value;
    legacy_eoi(v);
    return true;
}

/* Local redirection: only the masked state exists, and it is not kept. */
static bool set_lrr(struct hv_vcpu *v, u64 value)
{
    (void)v;
    return value & VECTOR_MASKED;
}

static u64 get_iva(struct hv_vcpu *v)
{
    return v->iva;
}

static u64 get_itm(struct hv_vcpu *v)
{
    return v->itm;
}

static u64 get_lid(struct hv_vcpu *v)
{
    return (u64)v->id << 24;
}

static u64 get_zero(struct hv_vcpu *v)
{
    (void)v;
    return 0;
}

#define GET_IRR(n)                                                                                 \
    static u64 get_irr##n(struct hv_vcpu *v)                                                       \
    {                                                                                              \
        return v->irr[n];                                                                          \
    }
GET_IRR(0)
GET_IRR(1)
GET_IRR(2)
GET_IRR(3)

/* Registers without a function live in the mapped registers; `refuse` is what a value gets that the
 * function does not like, or that has a reserved bit. */
#define FIELD(f) .field = offsetof(struct mapped_regs, f), .memory = true
#define VECTOR_RESERVED 0xef00ull
static const struct vcr {
    u16 field;
    bool memory;
    bool (*set)(struct hv_vcpu *v, u64 value);
    u64 (*get)(struct hv_vcpu *v);
    u64 reserved;
    enum outcome refuse;
    bool read_only;
} vcrs[128] = {
    [0]  = { FIELD(dcr), .set = set_dcr },
    [1]  = { .set = set_itm, .get = get_itm },
    [2]  = { .set = set_iva, .get = get_iva },
    [8]  = { FIELD(pta), .set = set_pta, .refuse = RESERVED },
    [16] = { FIELD(ipsr) },
    [17] = { FIELD(isr) },
    [19] = { FIELD(iip) },
    [20] = { FIELD(ifa) },
    [21] = { FIELD(itir) },
    [22] = { FIELD(iipa) },
    [23] = { FIELD(ifs) },
    [24] = { FIELD(iim) },
    [25] = { FIELD(iha) },
    [64] = { .get = get_lid, .read_only = true },
    [65] = { .get = legacy_get_ivr, .read_only = true },
    [66] = { FIELD(tpr), .set = legacy_set_tpr, .refuse = RESERVED },
    [67] = { .get = get_zero, .set = set_eoi },
    [68] = { .get = get_irr0, .read_only = true },
    [69] = { .get = get_irr1, .read_only = true },
    [70] = { .get = get_irr2, .read_only = true },
    [71] = { .get = get_irr3, .read_only = true },
    [72] = { FIELD(itv), .set = vtime_set_itv, .refuse = ILLEGAL },
    [73] = { FIELD(pmv), .reserved = VECTOR_RESERVED, .refuse = RESERVED },
    [74] = { FIELD(cmcv), .reserved = VECTOR_RESERVED, .refuse = RESERVED },
    [80] = { FIELD(lrr0), .set = set_lrr, .refuse = RESERVED },
    [81] = { FIELD(lrr1), .set = set_lrr, .refuse = RESERVED },
};

static u64 *mapped(struct hv_vcpu *v, const struct vcr *r)
{
    return (u64 *)(void *)((u8 *)v->xsi + r->field);
}

static enum outcome pv_mov_to_cr(struct hv_vcpu *v, const struct insn *in)
{
    const struct vcr *r = &vcrs[in->r3 & 127];
    u64 value = gr(v, in->r2);
    if (r->read_only || (!r->memory && !r->set)) return ILLEGAL;
    if (value & r->reserved) return r->refuse;
    if (r->set) return r->set(v, value) ? DONE : r->refuse;
    *mapped(v, r) = value;
    return DONE;
}

static enum outcome pv_mov_from_cr(struct hv_vcpu *v, const struct insn *in)
{
    const struct vcr *r = &vcrs[in->r3 & 127];
    if (r->get) return put(v, in->r1, r->get(v));
    return r->memory ? put(v, in->r1, *mapped(v, r)) : ILLEGAL;
}

/* --- application registers -------------------------------------------------------------------- */

#define AR_EFLAG 24

static enum outcome to_ar(struct hv_vcpu *v, unsigned ar, u64 value)
{
    if (ar == AR_ITC || ar == AR_EFLAG) return DONE; /* ignored */
    if (ar > AR_K0 + 7) return ILLEGAL;
    v->xsi->krs[ar] = value;
    cpu_set_ar(v->cpu, ar, value);
    return DONE;
}

static enum outcome pv_mov_to_ar(struct hv_vcpu *v, const struct insn *in)
{
    return to_ar(v, in->r3, gr(v, in->r2));
}

static enum outcome pv_mov_to_ar_imm(struct hv_vcpu *v, const struct insn *in)
{
    return to_ar(v, in->r3, in->imm);
}

/* --- register files --------------------------------------------------------------------------- */

static enum outcome pv_mov_to_rr(struct hv_vcpu *v, const struct insn *in)
{
    u64 value = gr(v, in->r2);
    if (!vmmu_rr_valid(value)) return RESERVED;
    vmmu_set_rr(v, (unsigned)(gr(v, in->r3) >> 61), value);
    return DONE;
}

static enum outcome pv_mov_from_rr(struct hv_vcpu *v, const struct insn *in)
{
    return put(v, in->r1, v->rr[gr(v, in->r3) >> 61]);
}

#define PKR_RESERVED 0xffffffff000000f0ull
#define PKR_OURS 15

static enum outcome pv_mov_to_pkr(struct hv_vcpu *v, const struct insn *in)
{
    u64 i = gr(v, in->r3) & 0xff, value = gr(v, in->r2);
    if (i >= PKR_OURS || (value & PKR_RESERVED)) return RESERVED;
    v->pkr[i] = value;
    mmu_set_pkr(cpu_mmu(v->cpu), (unsigned)i, value);
    return DONE;
}

static enum outcome pv_mov_from_pkr(struct hv_vcpu *v, const struct insn *in)
{
    u64 i = gr(v, in->r3) & 0xff;
    return i > PKR_OURS ? RESERVED : put(v, in->r1, v->pkr[i]);
}

/* The kernel's level 0 is our level 1. */
static u64 raised_plm(unsigned i, u64 value)
{
    return (i & 1) && bit(value, 56) ? (value & ~(1ull << 56)) | 1ull << 57 : value;
}

static enum outcome to_debug(struct hv_vcpu *v, const struct insn *in, u64 *file,
                             void (*set)(struct mmu *mmu, unsigned i, u64 value))
{
    u64 i = gr(v, in->r3) & 0xff, value = gr(v, in->r2);
    if (i >= 8) return RESERVED;
    file[i] = value;
    set(cpu_mmu(v->cpu), (unsigned)i, raised_plm((unsigned)i, value));
    cpu_set_psr(v->cpu, cpu_psr(v->cpu)); /* breakpoints may be live now */
    return DONE;
}

static enum outcome from_file(struct hv_vcpu *v, const struct insn *in, const u64 *file, u64 n)
{
    u64 i = gr(v, in->r3) & 0xff;
    return i < n ? put(v, in->r1, file[i]) : RESERVED;
}

static enum outcome pv_mov_to_dbr(struct hv_vcpu *v, const struct insn *in)
{
    return to_debug(v, in, v->dbr, mmu_set_dbr);
}

static enum outcome pv_mov_to_ibr(struct hv_vcpu *v, const struct insn *in)
{
    return to_debug(v, in, v->ibr, mmu_set_ibr);
}

static enum outcome pv_mov_from_dbr(struct hv_vcpu *v, const struct insn *in)
{
    return from_file(v, in, v->dbr, ARRAY_LEN(v->dbr));
}

static enum outcome pv_mov_from_ibr(struct hv_vcpu *v, const struct insn *in)
{
    return from_file(v, in, v->ibr, ARRAY_LEN(v->ibr));
}

/* Performance monitors can be written and read back; they count nothing. */
static enum outcome to_monitor(struct hv_vcpu *v, const struct insn *in, u64 *file)
{
    u64 i = gr(v, in->r3) & 0xff;
    if (i < ARRAY_LEN(v->pmc)) file[i] = gr(v, in->r2);
    return DONE;
}

static enum outcome pv_mov_to_pmc(struct hv_vcpu *v, const struct insn *in)
{
    return to_monitor(v, in, v->pmc);
}

static enum outcome pv_mov_to_pmd(struct hv_vcpu *v, const struct insn *in)
{
    return to_monitor(v, in, v->pmd);
}

static enum outcome pv_mov_from_pmc(struct hv_vcpu *v, const struct insn *in)
{
    u64 i = gr(v, in->r3) & 0xff;
    return put(v, in->r1, i < ARRAY_LEN(v->pmc) ? v->pmc[i] : 0);
}

/* --- translations ----------------------------------------------------------------------------- */

static enum outcome pv_itc_d(struct hv_vcpu *v, const struct insn *in)
{
    (void)vmmu_insert_tc(v, false, gr(v, in->r2));
    return DONE;
}

static enum outcome pv_itc_i(struct hv_vcpu *v, const struct insn *in)
{
    (void)vmmu_insert_tc(v, true, gr(v, in->r2));
    return DONE;
}

static enum outcome insert_tr(struct hv_vcpu *v, const struct insn *in, bool inst)
{
    return vmmu_insert_tr(v, inst, gr(v, in->r3) & 0xff, gr(v, in->r2)) ? DONE : RESERVED;
}

static enum outcome pv_itr_d(struct hv_vcpu *v, const struct insn *in)
{
    return insert_tr(v, in, false);
}

static enum outcome pv_itr_i(struct hv_vcpu *v, const struct insn *in)
{
    return insert_tr(v, in, true);
}

static unsigned purge_size(struct hv_vcpu *v, const struct insn *in)
{
    return (unsigned)bits(gr(v, in->r2), 7, 2);
}

static enum outcome pv_ptc_l(struct hv_vcpu *v, const struct insn *in)
{
    vmmu_purge(v, gr(v, in->r3), purge_size(v, in), false);
    return DONE;
}

static enum outcome pv_ptc_ga(struct hv_vcpu *v, const struct insn *in)
{
    vmmu_purge(v, gr(v, in->r3), purge_size(v, in), true);
    return DONE;
}

static enum outcome pv_ptc_e(struct hv_vcpu *v, const struct insn *in)
{
    (void)in;
    vmmu_purge_all(v);
    return DONE;
}

static enum outcome pv_ptr_d(struct hv_vcpu *v, const struct insn *in)
{
    vmmu_purge_tr(v, false, gr(v, in->r3), purge_size(v, in));
    return DONE;
}

static enum outcome pv_ptr_i(struct hv_vcpu *v, const struct insn *in)
{
    vmmu_purge_tr(v, true, gr(v, in->r3), purge_size(v, in));
    return DONE;
}

/* A miss is the guest's, with the ISR of the exception that brought us here. */
static enum outcome reflect_miss(struct hv_vcpu *v, u64 va, enum vmiss why)
{
    v->xsi->ifa = va;
    v->xsi->itir = v->rr[va >> 61] & RR_FIELDS;
    v->xsi->iha = vmmu_thash(v, va);
    reflect(v, why == VM_ALTERNATE ? 0x1000 : 0x0800, ISR_NA | (u64)cpu_ri(v->cpu) << ISR_EI_SHIFT);
    return REFLECTED;
}

static enum outcome pv_tpa(struct hv_vcpu *v, const struct insn *in)
{
    u64 va = gr(v, in->r3), pa;
    enum vmiss why = vmmu_tpa(v, va, &pa);
    return why == VM_OK ? put(v, in->r1, pa) : reflect_miss(v, va, why);
}

static enum outcome pv_tak(struct hv_vcpu *v, const struct insn *in)
{
    return put(v, in->r1, mmu_tak(cpu_mmu(v->cpu), gr(v, in->r3)));
}

/* --- finding the row -------------------------------------------------------------------------- */

static const struct {
    const char *meaning;
    privop_fn *fn;
} rows[] = {
#define PRIVOP(meaning, fn) { #meaning, pv_##fn },
#include "hypercall/privops.def"
};

/* By row of the instruction table. */
static privop_fn *const *privop_table(void)
{
    static privop_fn **table;
    if (table) return table;
    isa_init();
    table = g_new0(privop_fn *, insn_row_count);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        int row = isa_row_of(rows[i].meaning);
        if (row < 0) g_error("privops.def: '%s' is no instruction", rows[i].meaning);
        table[row] = rows[i].fn;
    }
    return table;
}

static enum hook_answer refuse(struct hv_vcpu *v, unsigned row)
{
    struct interruption intr = { .row = (u16)row, .slot = cpu_ri(v->cpu) };
    cpu_raise(v->cpu, &intr);
    v->refused = true;
    return HOOK_FAULT;
}

/* The same while somebody listens. */
static enum outcome carry_out_loud(struct hv_vcpu *v, privop_fn *fn, const struct insn *in)
{
    struct event e = cpu_insn_event(v->cpu, EVENT_TRAPPED, in);
    enum outcome outcome = fn(v, in);
    if (outcome != DONE && outcome != JUMPED) return outcome;
    cpu_insn_result(v->cpu, in, &e);
    cpu_tell(v->cpu, &e);
    return outcome;
}

static enum outcome carry_out(struct hv_vcpu *v, privop_fn *fn, const struct insn *in)
{
    return cpu_listens(v->cpu, EVENT_TRAPPED) ? carry_out_loud(v, fn, in) : fn(v, in);
}

enum hook_answer privop(struct hv_vcpu *v, const struct insn *in)
{
    privop_fn *fn = privop_table()[in->row];
    if (!fn) return refuse(v, INT_ILLEGAL_OPERATION);
    switch (carry_out(v, fn, in)) {
    case DONE: return instruction_done(v);
    case JUMPED: return jumped(v);
    case REFLECTED: return HOOK_JUMPED;
    case ILLEGAL: return refuse(v, INT_ILLEGAL_OPERATION);
    case RESERVED: return refuse(v, INT_RESERVED_REGISTER);
    }
    return HOOK_DECLINED;
}

/* A target outside the frame is why the instruction was refused. */
static bool target_in_frame(struct hv_vcpu *v, const struct insn *in)
{
    bool has_target = insn_rows[in->row].gr_targets & IN_R1;
    return !has_target || in->r1 < 32 + (cpu_cfm(v->cpu) & 0x7f);
}

/* Some bodies find a fault before they ask for the level, because the real psr.ic is 1; they end
 * up here as General Exceptions and are decoded once more. */
bool privop_at_ip(struct hv_vcpu *v, enum hook_answer *answer)
{
    u8 bundle[16];
    struct insn in[3];
    struct bundle_info info;
    unsigned ri = cpu_ri(v->cpu);
    if (!cpu_peek(v->cpu, cpu_ip(v->cpu), bundle, sizeof bundle)) return false;
    isa_decode_bundle(bundle, in, &info);
    if (ri > 2 || info.status[ri] != ISA_OK || !privop_table()[in[ri].row]) return false;
    if (!target_in_frame(v, &in[ri])) return false;
    *answer = privop(v, &in[ri]);
    if (*answer == HOOK_DONE) { /* we come from a fault: nobody else steps over it */
        u64 ip = cpu_ip(v->cpu);
        cpu_set_ip(v->cpu, ri == 2 ? ip + 16 : ip, ri == 2 ? 0 : ri + 1);
        *answer = HOOK_JUMPED;
    }
    return true;
}
