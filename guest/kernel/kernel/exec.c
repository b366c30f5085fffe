/* Starting programs: ELF files of the initramfs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"
#include "mm.h"
#include "process.h"
#include "sched.h"

struct elf_header {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, phoff, shoff;
    u32 flags;
    u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
    u32 type, flags;
    u64 offset, vaddr, paddr, filesz, memsz, align;
};
enum { EM_IA_64 = 50, PT_LOAD = 1, PF_X = 1, PF_W = 2 };

static int map_segment(struct mm *mm, struct inode *inode, const struct elf_segment *s)
{
    u64 start = align_down(s->vaddr, PAGE_SIZE), lead = s->vaddr - start;
    unsigned prot = PROT_READ | (s->flags & PF_W ? PROT_WRITE : 0) |
                    (s->flags & PF_X ? PROT_EXEC : 0);
    if (lead > s->offset || s->filesz > s->memsz) return -ENOEXEC;
    mm->brk_start = mm->brk = max(mm->brk, align_up(s->vaddr + s->memsz, PAGE_SIZE));
    return mm_map(mm, start, s->vaddr + s->memsz, prot, MAP_PRIVATE, inode, s->offset - lead,
                  s->filesz + lead);
}

static int load(struct mm *mm, struct inode *inode, u64 *entry)
{
    struct elf_header h; /* copied: archives align to 4 bytes only */
    if (inode->size < sizeof h) return -ENOEXEC;
    memcpy(&h, inode->data, sizeof h);
    if (memcmp(h.ident, "\177ELF\2\1", 6) || h.machine != EM_IA_64) return -ENOEXEC;
    if (h.phentsize != sizeof(struct elf_segment) || h.phoff > inode->size ||
        h.phoff + h.phnum * sizeof(struct elf_segment) > inode->size) {
        return -ENOEXEC;
    }
    for (unsigned i = 0; i < h.phnum; i++) {
        struct elf_segment s;
        memcpy(&s, inode->data + h.phoff + i * sizeof s, sizeof s);
        int err = s.type == PT_LOAD && s.memsz ? map_segment(mm, inode, &s) : 0;
        if (err) return err;
    }
    *entry = h.entry;
    const unsigned rw = PROT_READ | PROT_WRITE;
    int err = mm_map(mm, USER_STACK_TOP - USER_STACK_SIZE, USER_STACK_TOP, rw, MAP_PRIVATE, NULL, 0,
                     0);
    return err ? err
               : mm_map(mm, USER_RBS_BASE, USER_RBS_BASE + USER_RBS_SIZE, rw, MAP_PRIVATE, NULL, 0,
                        0);
}

/* Strings of argv and envp, one after the other; pointers are made when their place is known. */
struct strings {
    char *text; /* a page */
    size_t used;
    unsigned argc, envc;
};
#define STRINGS_MAX PAGE_SIZE
#define AT_PAGESZ 6
#define AT_ENTRY 9
#define AT_SYSINFO 32

static int take_vector(struct strings *s, u64 user_vector, unsigned *count)
{
    for (;; user_vector += 8) {
        u64 at;
        if (copy_from_user(&at, user_vector, sizeof at)) return -EFAULT;
        if (!at) return 0;
        s64 n = copy_string_from_user(s->text + s->used, at, STRINGS_MAX - s->used);
        if (n < 0) return (int)n;
        s->used += (size_t)n + 1;
        (*count)++;
    }
}

/* argc, argv, 0, envp, 0, auxiliary vector, 16 bytes above the new stack pointer. */
static int build_stack(struct mm *mm, const struct strings *s, u64 entry, u64 *sp)
{
    const u64 aux[] = { AT_PAGESZ, PAGE_SIZE, AT_ENTRY, entry, AT_SYSINFO, GATE_BASE, 0, 0 };
    u64 text = align_down(USER_STACK_TOP - s->used, 16);
    unsigned words = 1 + s->argc + 1 + s->envc + 1 + ARRAY_SIZE(aux), n = 0;
    u64 *v = kmalloc(words * sizeof *v);
    if (!v) return -ENOMEM;
    v[n++] = s->argc;
    const char *at = s->text;
    for (unsigned i = 0; i < s->argc + s->envc; i++, at += strlen(at) + 1) {
        if (i == s->argc) n++;
        v[n++] = text + (u64)(at - s->text);
    }
    n = words - ARRAY_SIZE(aux);
    memcpy(v + n, aux, sizeof aux);
    u64 vector = align_down(text - words * sizeof *v, 16);
    int err = copy_to_mm(mm, text, s->text, s->used);
    if (!err) err = copy_to_mm(mm, vector, v, words * sizeof *v);
    kfree(v);
    *sp = vector - 16;
    return err;
}

/* Handlers are gone with the program; what is ignored stays ignored. */
static void forget_handlers(struct process *p)
{
    u64 on = spin_lock_irqsave(&tasks_lock);
    for (int i = 1; i <= SIGNALS; i++) {
        u64 handler = p->action[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;
        p->action[i] = (struct sigaction){ .handler = handler };
    }
    spin_unlock_irqrestore(&tasks_lock, on);
}

/* From here on the old program is gone. */
static void replace_program(struct mm *mm, const char *path, u64 entry, u64 sp)
{
    struct task *t = current;
    struct mm *old = t->mm;
    task_clear_tid();
    u64 on = irq_save();
    t->mm = mm;
    mm_switch(mm);
    irq_restore(on);
    if (old) mm_put(old);
    const char *name = path;
    for (const char *p = path; *p; p++) name = *p == '/' ? p + 1 : name;
    memset(t->name, 0, sizeof t->name);
    memcpy(t->name, name, min(strlen(name), sizeof t->name - 1));
    forget_handlers(t->process);
    memset(t->fph, 0, sizeof t->fph);
    t->fph_live = t->fph_used = false;
    t->user_psr = PSR_USER;
    regs_start(task_regs(t), entry, sp);
    __atomic_or_fetch(&t->flags, TASK_FULL, __ATOMIC_RELAXED);
}

static int exec(const char *path, struct strings *s)
{
    struct inode *inode = ramfs_find(path);
    u64 entry, sp;
    if (!inode || !(inode->mode & 0111)) return inode ? -EACCES : -ENOENT;
    struct mm *mm = mm_new();
    int err = mm ? load(mm, inode, &entry) : -ENOMEM;
    if (!err) err = build_stack(mm, s, entry, &sp);
    if (!err) err = process_alone();
    if (!err) replace_program(mm, path, entry, sp);
    else if (mm) mm_put(mm);
    return err;
}

s64 sys_execve(u64 path_ptr, u64 argv, u64 envp);
s64 sys_execve(u64 path_ptr, u64 argv, u64 envp)
{
    char path[128];
    struct strings s = { .text = page_alloc(0) };
    s64 err = s.text ? copy_string_from_user(path, path_ptr, sizeof path) : -ENOMEM;
    if (err >= 0 && argv) err = take_vector(&s, argv, &s.argc);
    if (err >= 0 && envp) err = take_vector(&s, envp, &s.envc);
    if (err >= 0) err = exec(path, &s);
    if (s.text) page_free(s.text, 0);
    return err;
}

/* The first program, by a kernel thread: words of the command line are its arguments, settings its
 * environment. */
int exec_first(const char *path, const char *words)
{
    struct strings s = { .text = page_alloc(0), .argc = 1 };
    if (!s.text) return -ENOMEM;
    s.used = (size_t)snprintf(s.text, STRINGS_MAX, "%s", path) + 1;
    for (int settings = 0; settings < 2; settings++) {
        for (const char *w = words; *w;) {
            const char *end = w;
            bool setting = false;
            for (; *end && *end != ' '; end++) setting |= *end == '=';
            if (end > w && setting == settings) {
                memcpy(s.text + s.used, w, (size_t)(end - w));
                s.used += (size_t)(end - w) + 1;
                *(settings ? &s.envc : &s.argc) += 1;
            }
            w = *end ? end + 1 : end;
        }
    }
    int err = exec(path, &s);
    page_free(s.text, 0);
    return err;
}

/* --- registers of a program --- */

void regs_start(struct pt_regs *regs, u64 ip, u64 sp)
{
    memset(regs, 0, sizeof *regs);
    regs->ipsr = PSR_USER;
    regs->iip = ip;
    regs->ifs = 1ul << 63;
    regs->rsc = RSC_USER;
    regs->bspstore = USER_RBS_BASE;
    regs->pfs = 3ul << 62;
    regs->fpsr = FPSR_DEFAULT;
    regs->r[12] = sp;
}

/* What a system call does not save, it may destroy: zero is as good as anything. */
void regs_complete(struct pt_regs *regs)
{
    static const u8 saved[] = { 1, 8, 10, 12, 13, 15 };
    u64 r[ARRAY_SIZE(saved)], nats = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(saved); i++) {
        unsigned n = saved[i];
        r[i] = regs->r[n];
        if (n == 1 || n == 12 || n == 13) nats |= 1ul << ((u64)&regs->r[n] >> 3 & 63);
    }
    memset(regs->r, 0, sizeof regs->r);
    memset(regs->f6_11, 0, sizeof regs->f6_11);
    for (unsigned i = 0; i < ARRAY_SIZE(saved); i++) regs->r[saved[i]] = r[i];
    regs->nats &= nats;
    regs->ccv = regs->csd = regs->ssd = regs->b7 = 0;
}

/* Called by assembly before a return to the program. */
void task_work(struct pt_regs *regs);
void syscall_work(u64 r8, u64 r10, struct pt_regs *regs);

void task_work(struct pt_regs *regs)
{
    irq_enable();
    if (current->flags & TASK_RESCHED) schedule();
    if (current->flags & TASK_SIGNAL) signal_deliver(regs);
}

void syscall_work(u64 r8, u64 r10, struct pt_regs *regs)
{
    bool full = current->flags & TASK_FULL;
    regs->vector = full ? 0 : SYSCALL_BREAK; /* for signal_deliver */
    if (full) {
        __atomic_and_fetch(&current->flags, ~TASK_FULL, __ATOMIC_RELAXED);
        return;
    }
    regs->r[8] = r8;
    regs->r[10] = r10;
    regs_complete(regs);
}
