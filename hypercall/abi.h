/* What a Xen/ia64 guest and its hypervisor share in memory, byte for byte, with every offset that
 * matters asserted.  PUBLIC.  docs/xen-abi.md tells the story; all values are little-endian.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HYPERCALL_ABI_H
#define HYPERCALL_ABI_H

#include "base/types.h"

#define XEN_PAGE_SHIFT 14
#define XEN_PAGE_SIZE (1ull << XEN_PAGE_SHIFT)
#define XEN_VCPUS 64          /* in shared_info; this hypervisor runs up to 16 */
#define XEN_PORTS 4096
#define XEN_DOMID_SELF 0x7ff0
#define XEN_VERSION_WORD (4u << 16 | 1u)
#define XEN_FEATURES 0x5u     /* writable page tables, automatic translation */

#define OFFSET_IS(type, field, off) \
    _Static_assert(offsetof(type, field) == (off), #type "." #field)
#define SIZE_IS(type, size) _Static_assert(sizeof(type) == (size), #type)

/* --- shared info ------------------------------------------------------------------------------ */

struct vcpu_info {
    u8 upcall_pending;
    u8 upcall_mask;       /* virtual psr.i is its negation */
    u8 pad[6];
    u64 pending_sel;
    u8 time[32];          /* unused by IA-64 guests */
};
SIZE_IS(struct vcpu_info, 48);

struct shared_info {
    struct vcpu_info vcpu[XEN_VCPUS];
    u64 evtchn_pending[64];
    u64 evtchn_mask[64];
    u32 wc_version, wc_sec, wc_nsec, pad0;
    u64 start_info_pfn;
    u32 evtchn_vector;
    u32 memmap_info_num_pages;
    u64 memmap_info_pfn;
    u64 pad[31];
};
SIZE_IS(struct shared_info, 0x1120);
OFFSET_IS(struct shared_info, evtchn_pending, 0xc00);
OFFSET_IS(struct shared_info, evtchn_mask, 0xe00);
OFFSET_IS(struct shared_info, wc_version, 0x1000);
OFFSET_IS(struct shared_info, start_info_pfn, 0x1010);
OFFSET_IS(struct shared_info, memmap_info_num_pages, 0x101c);
OFFSET_IS(struct shared_info, memmap_info_pfn, 0x1020);

/* --- mapped registers: one page per processor, at XSI_BASE + 0x4000 for each ------------------ */

struct mapped_regs {
    u64 unused0[128];
    u64 bank1_regs[16];   /* r16-r31 of bank 1 while virtual bank 0 is in force */
    u64 bank0_regs[16];
    u64 vnat;             /* NaT bits of bank1_regs, 15:0 */
    u64 vbnat;
    u64 unused1[94];
    u64 dcr, itm, iva, unused2[5];
    u64 pta, unused3[7];
    u64 ipsr, isr, unused4, iip, ifa, itir, iipa, ifs, iim, iha;
    u64 unused5[38];
    u64 lid, ivr, tpr, eoi, irr[4], itv, pmv, cmcv, unused6[5], lrr0, lrr1;
    u64 unused7[46];
    u64 precover_ifs, unat;
    u32 interrupt_collection_enabled, pad0;
    u64 interrupt_mask_addr;
    u32 pending_interruption;
    u8 vpsr_pp, vpsr_dfh, hpsr_dfh, hpsr_mfh;
    u64 reserved[4];
    u32 metaphysical_mode, banknum;
    u64 rrs[8], krs[8], tmp[16];
    u64 itc_offset, itc_last;
    u64 unused8[84];
};
SIZE_IS(struct mapped_regs, 4096);
OFFSET_IS(struct mapped_regs, bank1_regs, 0x400);
OFFSET_IS(struct mapped_regs, bank0_regs, 0x480);
OFFSET_IS(struct mapped_regs, vnat, 0x500);
OFFSET_IS(struct mapped_regs, vbnat, 0x508);
OFFSET_IS(struct mapped_regs, dcr, 0x800);
OFFSET_IS(struct mapped_regs, itm, 0x808);
OFFSET_IS(struct mapped_regs, iva, 0x810);
OFFSET_IS(struct mapped_regs, pta, 0x840);
OFFSET_IS(struct mapped_regs, ipsr, 0x880);
OFFSET_IS(struct mapped_regs, isr, 0x888);
OFFSET_IS(struct mapped_regs, iip, 0x898);
OFFSET_IS(struct mapped_regs, ifa, 0x8a0);
OFFSET_IS(struct mapped_regs, itir, 0x8a8);
OFFSET_IS(struct mapped_regs, iipa, 0x8b0);
OFFSET_IS(struct mapped_regs, ifs, 0x8b8);
OFFSET_IS(struct mapped_regs, iim, 0x8c0);
OFFSET_IS(struct mapped_regs, iha, 0x8c8);
OFFSET_IS(struct mapped_regs, lid, 0xa00);
OFFSET_IS(struct mapped_regs, tpr, 0xa10);
OFFSET_IS(struct mapped_regs, irr, 0xa20);
OFFSET_IS(struct mapped_regs, itv, 0xa40);
OFFSET_IS(struct mapped_regs, pmv, 0xa48);
OFFSET_IS(struct mapped_regs, cmcv, 0xa50);
OFFSET_IS(struct mapped_regs, lrr0, 0xa80);
OFFSET_IS(struct mapped_regs, lrr1, 0xa88);
OFFSET_IS(struct mapped_regs, precover_ifs, 0xc00);
OFFSET_IS(struct mapped_regs, unat, 0xc08);
OFFSET_IS(struct mapped_regs, interrupt_collection_enabled, 0xc10);
OFFSET_IS(struct mapped_regs, interrupt_mask_addr, 0xc18);
OFFSET_IS(struct mapped_regs, pending_interruption, 0xc20);
OFFSET_IS(struct mapped_regs, vpsr_pp, 0xc24);
OFFSET_IS(struct mapped_regs, vpsr_dfh, 0xc25);
OFFSET_IS(struct mapped_regs, hpsr_dfh, 0xc26);
OFFSET_IS(struct mapped_regs, metaphysical_mode, 0xc48);
OFFSET_IS(struct mapped_regs, banknum, 0xc4c);
OFFSET_IS(struct mapped_regs, rrs, 0xc50);
OFFSET_IS(struct mapped_regs, krs, 0xc90);
OFFSET_IS(struct mapped_regs, tmp, 0xcd0);
OFFSET_IS(struct mapped_regs, itc_offset, 0xd50);
OFFSET_IS(struct mapped_regs, itc_last, 0xd58);

/* --- what the domain builder leaves ----------------------------------------------------------- */

struct start_info {
    char magic[32];
    u64 nr_pages, shared_info;
    u32 flags, pad0;
    u64 store_mfn;
    u32 store_evtchn, pad1;
    u64 console_mfn;
    u32 console_evtchn, pad2;
    u64 pt_base, nr_pt_frames, mfn_list, mod_start, mod_len;
    char cmd_line[1024];
    u64 first_p2m_pfn, nr_p2m_frames;
};
SIZE_IS(struct start_info, 0x490);
OFFSET_IS(struct start_info, nr_pages, 0x20);
OFFSET_IS(struct start_info, flags, 0x30);
OFFSET_IS(struct start_info, store_mfn, 0x38);
OFFSET_IS(struct start_info, store_evtchn, 0x40);
OFFSET_IS(struct start_info, console_mfn, 0x48);
OFFSET_IS(struct start_info, console_evtchn, 0x50);
OFFSET_IS(struct start_info, pt_base, 0x58);
OFFSET_IS(struct start_info, mod_start, 0x70);
OFFSET_IS(struct start_info, mod_len, 0x78);
OFFSET_IS(struct start_info, cmd_line, 0x80);

struct xen_boot_param {
    u64 command_line, efi_systab, efi_memmap, efi_memmap_size, efi_memdesc_size;
    u32 efi_memdesc_version;
    u16 num_cols, num_rows, orig_x, orig_y;
    u32 pad;
    u64 fpswa, initrd_start, initrd_size, domain_start, domain_size;
};
SIZE_IS(struct xen_boot_param, 0x60);
OFFSET_IS(struct xen_boot_param, efi_memdesc_version, 0x28);
OFFSET_IS(struct xen_boot_param, orig_y, 0x32);
OFFSET_IS(struct xen_boot_param, fpswa, 0x38);
OFFSET_IS(struct xen_boot_param, initrd_size, 0x48);

/* --- arguments of hypercalls ------------------------------------------------------------------ */

typedef u64 xencomm; /* a guest buffer: 0, inline (bits 63:59 = 10000) or a descriptor */

struct memory_reservation {
    xencomm extent_start;
    u64 nr_extents;
    u32 extent_order, address_bits;
    u16 domid, pad[3];
};
SIZE_IS(struct memory_reservation, 0x20);
OFFSET_IS(struct memory_reservation, domid, 0x18);

struct add_to_physmap {
    u16 domid, pad;
    u32 space;
    u64 idx, gpfn;
};
SIZE_IS(struct add_to_physmap, 0x18);

struct multicall_entry {
    u64 op;
    s64 result;
    u64 args[6];
};
SIZE_IS(struct multicall_entry, 0x40);

struct evtchn_bind_interdomain { u16 remote_dom, pad; u32 remote_port, local_port; };
struct evtchn_bind_virq { u32 virq, vcpu, port; };
struct evtchn_bind_pirq { u32 pirq, flags, port; };
struct evtchn_port { u32 port; };
struct evtchn_status { u16 dom, pad; u32 port, status, vcpu, u[2]; };
struct evtchn_alloc_unbound { u16 dom, remote_dom; u32 port; };
struct evtchn_bind_ipi { u32 vcpu, port; };
struct evtchn_bind_vcpu { u32 port, vcpu; };
struct evtchn_reset { u16 dom; };
SIZE_IS(struct evtchn_bind_interdomain, 12);
SIZE_IS(struct evtchn_bind_virq, 12);
SIZE_IS(struct evtchn_status, 24);
OFFSET_IS(struct evtchn_status, status, 8);
SIZE_IS(struct evtchn_alloc_unbound, 8);

struct gnttab_map {
    u64 host_addr;
    u32 flags, ref;
    u16 dom;
    s16 status;
    u32 handle;
    u64 dev_bus_addr;
};
struct gnttab_unmap { u64 host_addr, dev_bus_addr; u32 handle; s16 status, pad; };
struct gnttab_setup_table { u16 dom, pad; u32 nr_frames; s16 status, pad1[3]; xencomm frame_list; };
struct gnttab_query_size { u16 dom, pad; u32 nr_frames, max_nr_frames; s16 status, pad1; };
struct gnttab_copy_end { u64 u; u16 domid, offset, pad[2]; };
struct gnttab_copy { struct gnttab_copy_end source, dest; u16 len, flags; s16 status, pad; };
SIZE_IS(struct gnttab_map, 0x20);
OFFSET_IS(struct gnttab_map, status, 0x12);
SIZE_IS(struct gnttab_setup_table, 0x18);
OFFSET_IS(struct gnttab_setup_table, status, 8);
OFFSET_IS(struct gnttab_setup_table, frame_list, 0x10);
SIZE_IS(struct gnttab_query_size, 0x10);
OFFSET_IS(struct gnttab_query_size, status, 0xc);

struct grant_entry {
    u16 flags, domid;
    u32 frame;
};
SIZE_IS(struct grant_entry, 8);
enum {
    GRANT_PERMIT = 1, GRANT_TYPE = 3, GRANT_READONLY = 4, GRANT_READING = 8, GRANT_WRITING = 16,
};
enum {
    GNTST_OKAY = 0, GNTST_GENERAL = -1, GNTST_BAD_DOMAIN = -2, GNTST_BAD_REF = -3,
    GNTST_BAD_HANDLE = -4, GNTST_NO_PERMISSION = -8, GNTST_BAD_PAGE = -9, GNTST_BAD_COPY_ARG = -10,
};

struct runstate_info {
    s32 state, pad;
    u64 entry_time, time[4];
};
SIZE_IS(struct runstate_info, 48);
OFFSET_IS(struct runstate_info, entry_time, 8);
OFFSET_IS(struct runstate_info, time, 0x10);
enum { RUNSTATE_RUNNING, RUNSTATE_RUNNABLE, RUNSTATE_BLOCKED, RUNSTATE_OFFLINE };

struct sched_shutdown { u32 reason; };
struct sched_poll { xencomm ports; u32 nr_ports, pad; u64 timeout; };
SIZE_IS(struct sched_poll, 0x18);
enum { SHUTDOWN_POWEROFF, SHUTDOWN_REBOOT, SHUTDOWN_SUSPEND, SHUTDOWN_CRASH };

struct callback_register { u16 type, flags, pad[2]; u64 address; };
SIZE_IS(struct callback_register, 0x10);
OFFSET_IS(struct callback_register, address, 8);

struct physdev_irq { u32 irq, vector; };
struct physdev_apic { u64 physbase; u32 reg, value; };
struct opt_feature { u64 cmd; u8 on, pad[7]; u64 pgprot, key; };
SIZE_IS(struct opt_feature, 0x20);
OFFSET_IS(struct opt_feature, pgprot, 0x10);
struct xen_feature_info { u32 submap_idx, submap; };

/* --- rings ------------------------------------------------------------------------------------ */

enum { /* console page */
    CONSOLE_IN = 0, CONSOLE_IN_SIZE = 1024, CONSOLE_OUT = 0x400, CONSOLE_OUT_SIZE = 2048,
    CONSOLE_IN_CONS = 0xc00, CONSOLE_IN_PROD = 0xc04, CONSOLE_OUT_CONS = 0xc08,
    CONSOLE_OUT_PROD = 0xc0c,
};
enum { /* xenstore page */
    STORE_REQ = 0, STORE_RSP = 0x400, STORE_RING_SIZE = 1024,
    STORE_REQ_CONS = 0x800, STORE_REQ_PROD = 0x804, STORE_RSP_CONS = 0x808, STORE_RSP_PROD = 0x80c,
};
struct xs_header { u32 type, req_id, tx_id, len; };
SIZE_IS(struct xs_header, 16);

enum { /* the shared header of block and network rings, then entries */
    RING_REQ_PROD = 0, RING_REQ_EVENT = 4, RING_RSP_PROD = 8, RING_RSP_EVENT = 12,
    RING_ENTRIES = 0x40,
};
struct blkif_segment { u32 gref; u8 first_sect, last_sect, pad[2]; };
#define BLKIF_SEGMENTS 11
struct blkif_request {
    u8 operation, nr_segments;
    u16 handle;
    u32 pad;
    u64 id, sector_number;
    struct blkif_segment seg[BLKIF_SEGMENTS];
};
SIZE_IS(struct blkif_request, 112);
OFFSET_IS(struct blkif_request, id, 8);
OFFSET_IS(struct blkif_request, seg, 0x18);
struct blkif_response { u64 id; u8 operation, pad; s16 status; u32 pad1; };
SIZE_IS(struct blkif_response, 16);
OFFSET_IS(struct blkif_response, status, 0xa);

struct netif_tx_request { u32 gref; u16 offset, flags, id, size; };
struct netif_tx_response { u16 id; s16 status; };
struct netif_extra { u8 type, flags; u16 gso_size; u8 gso_type, pad; u16 features; };
struct netif_rx_request { u16 id, pad; u32 gref; };
struct netif_rx_response { u16 id, offset, flags; s16 status; };
SIZE_IS(struct netif_tx_request, 12);
SIZE_IS(struct netif_tx_response, 4);
SIZE_IS(struct netif_extra, 8);
SIZE_IS(struct netif_rx_request, 8);
SIZE_IS(struct netif_rx_response, 8);

#endif
