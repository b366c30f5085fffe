/* The hypervisor as a domain sees it: shared pages, hypercalls, event channels, grants, rings.
 * xen-side numbers and layouts are those of Xen 4.1's public interface for IA-64.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_XEN_H
#define JANUS_XEN_H

#include "kernel.h"
#include "xsi.h"

extern bool running_on_xen; /* set by the entry that firmware used */

/* --- shared info: one page of the domain --- */
struct xen_vcpu_info {
    u8 upcall_pending, upcall_mask, pad[6];
    u64 pending_sel;
    u8 time[32];
};
struct xen_shared_info {
    struct xen_vcpu_info vcpu[64];
    u64 evtchn_pending[64], evtchn_mask[64];
    u32 wc_version, wc_sec, wc_nsec, pad0;
    u64 start_info_pfn;
    u32 evtchn_vector, memmap_info_num_pages;
    u64 memmap_info_pfn;
};
#define xen_shared ((struct xen_shared_info *)XSI_BASE)

struct xen_start_info {
    char magic[32];
    u64 nr_pages, shared_info;
    u32 flags, pad0;
    u64 store_pfn;
    u32 store_evtchn, pad1;
    u64 console_pfn;
    u32 console_evtchn, pad2;
    u64 pt_base, nr_pt_frames, mfn_list, mod_start, mod_len;
    char cmd_line[1024];
};
extern struct xen_start_info *xen_start_info;

/* --- hypercalls: hypercall.S.  Memory is passed as a handle; kernel memory is physically
 * contiguous, so an inline handle always does. --- */
s64 hypercall(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 number);
#define hypercall1(nr, a) hypercall((u64)(a), 0, 0, 0, 0, nr)
#define hypercall2(nr, a, b) hypercall((u64)(a), (u64)(b), 0, 0, 0, nr)
#define hypercall3(nr, a, b, c) hypercall((u64)(a), (u64)(b), (u64)(c), 0, 0, nr)
static inline u64 xencomm(const void *p) /* region 7 (stacks, kmalloc, the kernel itself) */
{
    return p ? ((u64)p & 0x00fffffffffffffful) | 1ul << 63 : 0;
}

enum {
    XEN_MULTICALL = 13,
    XEN_VERSION = 17,
    XEN_CONSOLE_IO = 18,
    XEN_GRANT_TABLE_OP = 20,
    XEN_VCPU_OP = 24,
    XEN_SCHED_OP = 29,
    XEN_CALLBACK_OP = 30,
    XEN_EVENT_CHANNEL_OP = 32,
    XEN_IPI = 0x400,
    XEN_SET_SHARED_INFO_VA = 0x600,
    XEN_OPT_FEATURE = 0x700
};
enum { SCHEDOP_YIELD = 0, SCHEDOP_BLOCK = 1, SCHEDOP_SHUTDOWN = 2 };
enum { SHUTDOWN_POWEROFF = 0, SHUTDOWN_REBOOT = 1, SHUTDOWN_CRASH = 3 };
noreturn void xen_shutdown(u32 reason);

/* --- event channels: a port is an irq (irq_request) --- */
enum { VIRQ_ITC = 16 };
int evtchn_alloc_unbound(unsigned remote_domain); /* port or -errno */
int evtchn_bind_virq(unsigned virq, unsigned vcpu);
int evtchn_bind_ipi(unsigned vcpu);
void evtchn_notify(unsigned port);
void evtchn_unmask(unsigned port);
void evtchn_mask(unsigned port);

/* --- grants: let a backend at a page of ours --- */
int grant_access(unsigned domain, u64 frame, bool readonly); /* reference, or -errno */
bool grant_end(int ref);                                     /* false: still in use over there */

/* --- rings with a backend, as in Xen's io/ring.h: indexes run freely --- */
struct xen_ring {
    u32 req_prod, req_event, rsp_prod, rsp_event;
    u8 pad[48];
    /* entries follow */
};

#endif
