/* Inside the hypervisor: what a domain and a virtual processor are, and what the files of this
 * folder offer each other.
 *
 * Guest memory is touched by guest_read and guest_write alone (and by what is built on them:
 * xencomm, rings, grants); the only pages reached by pointer are the hypervisor's own, shared_info
 * and mapped registers, and nothing there is trusted beyond the width of a field.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HYPERCALL_PRIV_H
#define HYPERCALL_PRIV_H

#include "base/bits.h"
#include "cpu/psr.h"
#include "hypercall/hypercall.h"

enum { /* interruption rows */
#define INTERRUPTION(id, name, vector, class, code, rec) INT_##id,
#include "cpu/interruption.def"
    INT_COUNT
};

enum counter {
#define COUNTER(id, text) COUNT_##id,
#include "hypercall/counters.def"
    COUNTER_COUNT
};

/* Negative errno values of the interface: Linux's numbers whatever the host's. */
enum {
    XEN_EPERM = -1, XEN_ENOENT = -2, XEN_ESRCH = -3, XEN_E2BIG = -7, XEN_ENOMEM = -12,
    XEN_EFAULT = -14, XEN_EBUSY = -16, XEN_EEXIST = -17, XEN_EINVAL = -22, XEN_ENOSPC = -28,
    XEN_ENOSYS = -38,
};

enum { CR_ITM = 1, CR_DCR = 0, CR_PTA = 8, CR_LID = 64, CR_EOI = 67, CR_ITV = 72 };
enum { AR_K0 = 0, AR_RSC = 16, AR_BSPSTORE = 18, AR_RNAT = 19, AR_CCV = 32, AR_UNAT = 36,
       AR_FPSR = 40, AR_ITC = 44, AR_PFS = 64, AR_LC = 65, AR_EC = 66 };

#define ISR_W (1ull << 33)
#define ISR_R (1ull << 34)
#define ISR_NA (1ull << 35)
#define ISR_SP (1ull << 36)
#define ISR_IR (1ull << 38)
#define ISR_EI_SHIFT 41
#define IFS_VALID (1ull << 63)

#define GUEST_TRS 12          /* of each kind; the pinned pages use the last of ours */
#define GUEST_RID_BITS 18
#define RR_WRITABLE 0xffffffffull
#define RR_FIELDS 0xfffffffcull /* rid and page size */
#define VECTOR_MASKED (1ull << 16)
#define VIRQS 24
#define VIRQ_ITC 16

/* --- event channels --------------------------------------------------------------------------- */

enum port_kind { PORT_FREE, PORT_UNBOUND, PORT_INTERDOMAIN, PORT_VIRQ, PORT_IPI };
/* The guest has sent an event to the emulator's end of a port. */
typedef void port_fn(void *opaque);
struct port {
    enum port_kind kind;
    u16 vcpu;
    u16 remote_dom;
    u32 virq;
    port_fn *fn;               /* of a port whose other end is the emulator */
    void *opaque;
    u32 peer;                  /* or the other end: a port of this domain, too */
};

#define SHARED_VA_START 0xf500000000000000ull /* until the guest says where it wants it */
#define REVEALED_CRS 11

/* --- a virtual processor ---------------------------------------------------------------------- */

struct hv_vcpu {
    struct domain *d;
    struct cpu *cpu;
    unsigned id;
    struct mapped_regs *xsi;   /* the guest's, too */
    struct vcpu_info *info;
    u64 xsi_pa;
    bool up;                   /* started and not gone down again */
    bool metaphysical;         /* the truth of which xsi->metaphysical_mode is a copy */
    bool batched;              /* the hypercall being served is an entry of a multicall */
    bool refused;              /* the privop hook has judged the instruction: no second try */
    u64 rr[8];                 /* the truth of xsi->rrs */
    u64 iva, pta;
    u64 callback;              /* event upcall, 0: none */
    u64 irr[4], insvc[4];      /* legacy interrupts */
    u64 itm, itm_last;
    u64 own_cr[REVEALED_CRS], shown_cr[REVEALED_CRS]; /* reveal.c */
    u64 dbr[8], ibr[8], pkr[16], pmc[64], pmd[64];
    u32 virq_port[VIRQS];
    bool asleep;               /* in an idle call; cpu_halt alone does not tell */
    bool polling;
    u32 poll_port[128];
    unsigned poll_count;
    struct clock_event poll_timer, others;
    u64 unheard_since;         /* an interrupt of old waits for a guest that listens; 0: no */
    s32 runstate;
    u64 runstate_since, runstate_time[4], runstate_pa;
};

#define GRANT_FRAMES 4
#define DISKS_MAX 16

struct xenstore;
struct blkback;
struct netback;

struct domain {
    struct domain_config config;
    struct physmem *pm;
    struct hv_vcpu vcpu[DOMAIN_MAX_VCPUS];
    unsigned nvcpus;
    u64 special_pa;            /* shared info, mapped registers, grant frames: behind memory */
    struct shared_info *shared;
    u64 shared_va;             /* where the guest sees it */
    struct port ports[XEN_PORTS];
    u32 console_port, store_port;
    unsigned grant_frames;     /* in use */
    u64 boot_rdv_ip, boot_rdv_r1;
    bool efi_virtual;
    bool reg7_on;
    u64 reg7_pgprot, reg7_key;
    struct xenstore *store;
    struct blkback *disks[DISKS_MAX];
    unsigned disk_count;
    struct netback *network;
    struct hv_vcpu *inside;    /* a call of this processor is being served */
    u64 work;                  /* that this call has made so far, guestmem.c */
    bool crashed;
    bool revealed;
    char ssc_line[128];        /* Ski-style console output */
    unsigned ssc_len;
    u64 counters[COUNTER_COUNT];
    u64 hypercall_count[64], hyperprivop_count[32], firmware_count[32], vector_count[256];
    bool warned[64], warned_class[64]; /* unknown hypercalls are reported once */
};

/* From here to `inside = NULL` the emulator works for this processor. */
static inline void domain_enter(struct hv_vcpu *v)
{
    v->d->inside = v;
    v->d->work = 0;
}

static inline void count(struct domain *d, enum counter which)
{
    d->counters[which]++;
}

/* domain.c */
struct hv_vcpu *domain_vcpu(struct domain *d, const struct cpu *cpu);
/* Stop the guest.  The first reason wins. */
void domain_crash(struct hv_vcpu *v, const char *fmt, ...) PRINTF(2, 3);
void domain_shutdown(struct hv_vcpu *v, unsigned reason);
u64 domain_now(const struct domain *d);  /* ticks */
u64 domain_now_ns(const struct domain *d);
u64 ticks_of_ns(const struct domain *d, u64 ns);
u64 ns_of_ticks(const struct domain *d, u64 ticks);

/* guestmem.c: false if any byte is not memory; nothing was copied then */
bool guest_read(struct domain *d, u64 pa, void *buf, u64 len) MUST_USE;
bool guest_write(struct domain *d, u64 pa, const void *buf, u64 len) MUST_USE;
u32 guest_read32(struct domain *d, u64 pa);
void guest_write32(struct domain *d, u64 pa, u32 value);

/* xencomm.c */
bool xencomm_read(struct domain *d, xencomm handle, u64 offset, void *buf, u64 len) MUST_USE;
bool xencomm_write(struct domain *d, xencomm handle, u64 offset, const void *buf, u64 len) MUST_USE;
bool xencomm_inline(xencomm handle, u64 *pa);

/* xsi.c: virtual psr and banks */
static inline bool virtual_i(const struct hv_vcpu *v) { return v->info->upcall_mask == 0; }
static inline bool virtual_ic(const struct hv_vcpu *v)
{
    return v->xsi->interrupt_collection_enabled != 0;
}
static inline void set_virtual_i(struct hv_vcpu *v, bool on) { v->info->upcall_mask = !on; }
u64 xsi_psr(const struct hv_vcpu *v);
u64 xsi_visible_psr(const struct hv_vcpu *v); /* what mov r = psr gives */
void xsi_bank0(struct hv_vcpu *v);
void xsi_bank1(struct hv_vcpu *v);
void xsi_change_psr(struct hv_vcpu *v, u64 mask, u64 value);
void xsi_return(struct hv_vcpu *v);           /* rfi */
bool xsi_move(struct hv_vcpu *v, u64 va);     /* SET_SHARED_INFO_VA */
void xsi_reset(struct hv_vcpu *v);

/* reflect.c */
void reflect(struct hv_vcpu *v, unsigned vector, u64 isr);
enum hook_answer reflect_now(struct hv_vcpu *v, unsigned vector, u64 isr);
bool upcall_due(const struct hv_vcpu *v);
/* After an instruction that was carried out at cpu_ip: on to the next one, or into an upcall. */
enum hook_answer instruction_done(struct hv_vcpu *v);
/* ip and ri are set already. */
enum hook_answer jumped(struct hv_vcpu *v);

/* vmmu.c */
enum vmiss { VM_OK, VM_MISS, VM_ALTERNATE };
bool vmmu_rr_valid(u64 value);
void vmmu_set_rr(struct hv_vcpu *v, unsigned region, u64 value);
void vmmu_set_pta(struct hv_vcpu *v, u64 value);
void vmmu_set_metaphysical(struct hv_vcpu *v, bool on);
void vmmu_pin(struct hv_vcpu *v);
bool vmmu_walks(const struct hv_vcpu *v, u64 va); /* is there a VHPT for it? */
bool vmmu_fill(struct hv_vcpu *v, u64 va, bool inst); /* a miss that is the hypervisor's own */
bool vmmu_insert_tc(struct hv_vcpu *v, bool inst, u64 pte);
bool vmmu_insert_tr(struct hv_vcpu *v, bool inst, unsigned slot, u64 pte);
void vmmu_purge(struct hv_vcpu *v, u64 va, unsigned ps, bool everywhere);
void vmmu_drop(struct hv_vcpu *v, u64 va, unsigned ps, bool everywhere); /* not at its request */
void vmmu_purge_tr(struct hv_vcpu *v, bool inst, u64 va, unsigned ps);
void vmmu_purge_all(struct hv_vcpu *v);
enum vmiss vmmu_tpa(struct hv_vcpu *v, u64 va, u64 *pa);
u64 vmmu_thash(const struct hv_vcpu *v, u64 va);

/* hyperprivop.c, privop.c */
enum hook_answer hyperprivop(struct hv_vcpu *v, unsigned number);
enum hook_answer privop(struct hv_vcpu *v, const struct insn *in);
bool privop_at_ip(struct hv_vcpu *v, enum hook_answer *answer); /* decode, then as above */

/* legacy.c: cr.ivr and its kin before event channels are in use */
u64 legacy_get_ivr(struct hv_vcpu *v);
void legacy_eoi(struct hv_vcpu *v);
bool legacy_set_tpr(struct hv_vcpu *v, u64 value);
void legacy_post(struct hv_vcpu *v, unsigned vector);
bool legacy_unheard(struct hv_vcpu *v); /* one waits, for so long that the guest waits, too */

/* vtime.c */
void vtime_set_itm(struct hv_vcpu *v, u64 value);
bool vtime_set_itv(struct hv_vcpu *v, u64 value);
void vtime_expired(struct hv_vcpu *v);
void vtime_check(struct hv_vcpu *v); /* a binding appeared: is the timer waiting for it? */
void vtime_runstate(struct hv_vcpu *v, s32 state);
/* It was runnable, and did not run, for the last so many ticks. */
void vtime_stolen(struct hv_vcpu *v, u64 ticks);

/* steal.c */
void steal_init(struct hv_vcpu *v);
void steal_start(struct hv_vcpu *v); /* when it comes up */
void steal_stop(struct hv_vcpu *v);
#define TIMER_VECTOR 0xef /* of the emulated processor; the guest never sees these two */
#define KICK_VECTOR 0x30

/* names.c */
bool hyperprivop_is_fast(unsigned number);
bool hyperprivop_gives(unsigned number);

/* hypercall tables: dispatch.c, marshal.c */
struct hypercall {
    const char *name, *arguments;
    void (*fn)(void);
    void *plan; /* marshal.c */
};
s64 hypercall(struct hv_vcpu *v, u64 number, const u64 args[5]);
s64 hypercall_unknown(struct domain *d, u64 number); /* count, log once: -ENOSYS */
void marshal_prepare(struct hypercall *h);
s64 marshal_call(const struct hypercall *h, struct hv_vcpu *v, const u64 args[5]);
void marshal_print(const struct hypercall *h, const u64 args[5], char *text, size_t size);
#define MAX_ARGUMENTS 5

/* One command of a hypercall, subops.def. */
enum subop_direction { SUBOP_IN, SUBOP_INOUT };
struct subop {
    unsigned cmd;
    const char *name;
    unsigned size;
    enum subop_direction direction;
    s64 (*fn)(struct hv_vcpu *v, void *arg);
};
#define SUBOP_MAX_SIZE 64
s64 subop_call(struct hv_vcpu *v, const struct subop *rows, unsigned n, u32 cmd, xencomm arg,
               u64 offset);

/* firmware.c: r2 >= 0x100 */
enum hook_answer firmware_call(struct hv_vcpu *v, u64 number);

/* vcpu.c, sched.c */
void vcpu_start(struct hv_vcpu *v, u64 entry, bool first);
void vcpu_down(struct hv_vcpu *v);
void vcpu_ipi(struct hv_vcpu *sender, u64 target, u64 vector);
void vcpu_idle(struct hv_vcpu *v);
void vcpu_wake(struct hv_vcpu *v); /* something is pending for it */
void sched_port_pending(struct domain *d, u32 port);

/* evtchn.c */
u32 evtchn_bind_host(struct domain *d, port_fn *fn, void *opaque); /* a port that starts bound */
bool evtchn_attach(struct domain *d, u32 port, port_fn *fn, void *opaque); /* to an unbound one */
void evtchn_detach(struct domain *d, u32 port);
void evtchn_raise(struct domain *d, u32 port); /* 0: nothing happens */
void evtchn_close_all(struct domain *d); /* power-on */
bool evtchn_is_pending(const struct domain *d, u32 port);

/* grant.c: the frame behind a reference, or false */
bool grant_page(struct domain *d, u32 ref, bool write, u64 *pa) MUST_USE;
void grant_forget(struct domain *d); /* power-on: an empty table */

/* console.c */
void console_start(struct domain *d);
void console_poll(struct domain *d);
void console_drain(struct domain *d);

/* xenstore.c: the tree, as the emulator's back ends use it.  Paths are absolute. */
struct xenstore *xenstore_new(struct domain *d);
void xenstore_free(struct xenstore *xs);
u32 xenstore_start(struct xenstore *xs); /* the guest's port */
void xenstore_reset(struct xenstore *xs); /* as new; watches of the back ends stay */
u64 xenstore_hash(const struct xenstore *xs, u64 seed);
char *xenstore_read(struct xenstore *xs, const char *path); /* to be freed; NULL: none */
bool xenstore_read_u32(struct xenstore *xs, const char *dir, const char *name, u32 *value);
void xenstore_write(struct xenstore *xs, const char *path, const char *fmt, ...) PRINTF(3, 4);
void xenstore_put(struct xenstore *xs, const char *dir, const char *name, const char *fmt, ...)
    PRINTF(4, 5);
void xenstore_show(struct xenstore *xs, const char *path); /* the guest may read from here down */
typedef void xenstore_fn(void *opaque);
void xenstore_watch(struct xenstore *xs, const char *path, xenstore_fn *fn, void *opaque);

/* backend.c: what all device back ends have in common */
enum xenbus_state { XENBUS_UNKNOWN, XENBUS_INITIALISING, XENBUS_INIT_WAIT, XENBUS_INITIALISED,
                    XENBUS_CONNECTED, XENBUS_CLOSING, XENBUS_CLOSED };
struct backend {
    struct domain *d;
    char front[80], back[80]; /* directories */
    enum xenbus_state state;
    u32 port;
    bool connected;
    const struct backend_ops *ops;
};
struct backend_ops {
    const char *type;          /* "vbd" */
    enum xenbus_state ready;   /* front-end state in which to connect */
    void (*describe)(struct backend *b); /* write nodes of both directories */
    bool (*connect)(struct backend *b);  /* map rings, publish */
    void (*kick)(struct backend *b);     /* the guest sent an event */
};
void backend_init(struct backend *b, struct domain *d, const struct backend_ops *ops, unsigned id);
void backend_restart(struct backend *b); /* the guest has been reset */
bool backend_map_ring(struct backend *b, const char *name, u64 *pa);
/* A guest that breaks a device's protocol loses the device. */
void backend_break(struct backend *b, const char *why);

/* A ring as the back end sees it. */
struct ring {
    u64 pa;
    u32 entries, entry_size;
    u32 req_cons, rsp_prod;
};
bool ring_next(struct backend *b, struct ring *r, void *request, unsigned size); /* false: empty */
void ring_answer(struct domain *d, struct ring *r, const void *response, unsigned size);
bool ring_publish(struct domain *d, struct ring *r); /* true: the guest wants an event */

/* blkback.c, netback.c */
struct blkback *blkback_new(struct domain *d, unsigned n, struct block *disk);
void blkback_restart(struct blkback *b);
void blkback_free(struct blkback *b);
struct netback *netback_new(struct domain *d, struct net *net, const u8 mac[6]);
void netback_restart(struct netback *n);
void netback_free(struct netback *n);
void netback_poll(struct netback *n);

#endif
