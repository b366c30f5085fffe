/* Grants: a table, shared with the hypervisor, of pages of ours that another domain may use.  A
 * reference is the number of an entry.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"
#include "mm.h"
#include "xen.h"

enum { GNTTABOP_SETUP_TABLE = 2, DOMID_SELF = 0x7ff0 };
enum { PERMIT_ACCESS = 1, READ_ONLY = 4, READING = 8, WRITING = 16 };
enum { RESERVED = 8 }; /* entries that the tools of the other side use */

struct entry {
    u16 flags, domain;
    u32 frame;
};
enum { ENTRIES = PAGE_SIZE / sizeof(struct entry) };

struct setup_table {
    u16 domain;
    u32 frames;
    short status;
    u64 list; /* handle: where to write the frames' numbers */
};

static spinlock_t lock = SPINLOCK_INIT;
static volatile struct entry *table;
static u16 free_refs[ENTRIES]; /* a stack */
static unsigned free_count;

static void set_up(void)
{
    static u64 frame;
    static struct setup_table op;
    op = (struct setup_table){ .domain = DOMID_SELF, .frames = 1, .list = xencomm(&frame) };
    s64 error = hypercall3(XEN_GRANT_TABLE_OP, GNTTABOP_SETUP_TABLE, xencomm(&op), 1);
    if (error || op.status) panic("xen_grant: no grant table (%ld, %d)", error, op.status);
    table = va(frame << PAGE_SHIFT);
    for (unsigned ref = ENTRIES; ref-- > RESERVED;) free_refs[free_count++] = (u16)ref;
}

int grant_access(unsigned domain, u64 frame, bool readonly)
{
    bool on = spin_lock_irqsave(&lock);
    if (!table) set_up();
    int ref = free_count ? free_refs[--free_count] : -ENOSPC;
    spin_unlock_irqrestore(&lock, on);
    if (ref < 0) return ref;
    table[ref].domain = (u16)domain;
    table[ref].frame = (u32)frame;
    memory_barrier(); /* valid only when complete */
    table[ref].flags = (u16)(PERMIT_ACCESS | (readonly ? READ_ONLY : 0));
    return ref;
}

bool grant_end(int ref)
{
    u16 *flags = (u16 *)&table[ref].flags, old = read_once(*flags);
    if (old & (READING | WRITING)) return false;
    if (!__atomic_compare_exchange_n(flags, &old, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        return false;
    }
    bool on = spin_lock_irqsave(&lock);
    free_refs[free_count++] = (u16)ref;
    spin_unlock_irqrestore(&lock, on);
    return true;
}
