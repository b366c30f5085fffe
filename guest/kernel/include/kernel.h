/* What every file of the kernel wants: types, printing, memory and strings, lists, initcalls.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_KERNEL_H
#define JANUS_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed int s32;
typedef signed long s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define align_up(x, a) (((x) + (a) - 1) & ~((u64)(a) - 1))
#define align_down(x, a) ((x) & ~((u64)(a) - 1))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define noreturn __attribute__((noreturn))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define barrier() asm volatile("" ::: "memory")

/* printk.c: %d %u %x %lx %ld %lu %s %c %p, widths and zero padding. */
void printk(const char *fmt, ...) printf_like(1, 2);
void vprintk(const char *fmt, va_list args);
int snprintf(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
/* Says why, then stops the machine so that the emulator ends with an error. */
noreturn void panic(const char *fmt, ...) printf_like(1, 2);
#define assert(c) do { if (unlikely(!(c))) panic("%s:%d: %s", __FILE__, __LINE__, #c); } while (0)

/* string.c */
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *what);
u64 parse_u64(const char *s, const char **end); /* decimal, or hexadecimal after 0x */

/* main.c: the value of `name=` in the command line in a static buffer, "" if it stands there
 * without a value, NULL if it does not stand there. */
const char *cmdline_get(const char *name);
extern char cmdline[];
extern bool quiet, console_ready;
noreturn void shut_down(bool restart);
noreturn void init_ended(int status); /* as wait4 has it: off if it is 0, else a panic */

/* Doubly linked lists; an empty head points to itself. */
struct list {
    struct list *next, *prev;
};
#define LIST_INIT(name) { &(name), &(name) }
static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list *l) { return l->next == l; }
static inline void list_add_tail(struct list *head, struct list *l)
{
    l->next = head;
    l->prev = head->prev;
    head->prev->next = l;
    head->prev = l;
}
static inline void list_add(struct list *head, struct list *l)
{
    list_add_tail(head->next, l);
}
static inline void list_del(struct list *l)
{
    l->next->prev = l->prev;
    l->prev->next = l->next;
    list_init(l);
}
#define list_entry(l, type, member) container_of(l, type, member)
#define list_for_each(type, var, head, member) \
    for (type *var = list_entry((head)->next, type, member), \
              *var##_next = list_entry(var->member.next, type, member); \
         &var->member != (head); \
         var = var##_next, var##_next = list_entry(var->member.next, type, member))

/* Drivers: called once by the first kernel thread, with interrupts on; may sleep.  Early ones
 * (consoles) are called with interrupts off as soon as memory can be allocated. */
typedef void initcall_fn(void);
#define INITCALL_IN(section_name, fn) \
    static initcall_fn *const initcall_##fn __attribute__((used, section(section_name))) = fn
#define initcall(fn) INITCALL_IN(".initcall", fn)
#define early_initcall(fn) INITCALL_IN(".initcall.early", fn)

/* Linux numbers, returned negative by kernel functions. */
enum {
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    EIO = 5,
    E2BIG = 7,
    ENOEXEC = 8,
    EBADF = 9,
    ECHILD = 10,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    EBUSY = 16,
    EEXIST = 17,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    EMFILE = 24,
    ENOTTY = 25,
    ENOSPC = 28,
    ESPIPE = 29,
    EROFS = 30,
    EPIPE = 32,
    ENOSYS = 38,
    ETIMEDOUT = 110
};

#endif
