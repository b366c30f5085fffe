/* A console of bare hardware beside the serial port: the first virtio console, hvc0.
 *
 * Input: the device has a row of buffers, fills one when something is typed, and interrupts.
 * Output: one buffer, and whoever writes waits until the device has used it.  That needs neither
 * interrupts nor sleep, so printk works anywhere; and what is written is out, even if the next
 * thing is the end of the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"
#include "lock.h"
#include "mm.h"
#include "time.h"
#include "virtio.h"
#include "xen.h"

enum { IN_BYTES = 256, IN_BUFFERS = PAGE_SIZE / IN_BYTES, OUT_BYTES = PAGE_SIZE };
enum { PATIENCE_NS = 1000000000 }; /* a device that takes longer than this has stopped */

static struct virtio device;

/* --- output --- */

static struct {
    struct virtqueue queue;
    spinlock_t lock;
    char *buffer;
    bool stopped;
} out;

/* Under the lock. */
static void send(size_t n)
{
    u32 head, written;
    u64 end = time_now_ns() + PATIENCE_NS;
    virtqueue_describe(&out.queue, 0, out.buffer, n, 0);
    virtqueue_post(&out.queue, 0);
    while (!virtqueue_take(&out.queue, &head, &written)) {
        if (time_now_ns() > end) {
            out.stopped = true;
            return;
        }
        cpu_relax();
    }
}

/* As much as fits into the buffer, lines ending as terminals want them; how much of s that was. */
static size_t send_some(const char *s, size_t n)
{
    size_t taken = 0, length = 0;
    while (taken < n && length < OUT_BYTES - 1) {
        if (s[taken] == '\n') out.buffer[length++] = '\r';
        out.buffer[length++] = s[taken++];
    }
    send(length);
    return taken;
}

static struct console hvc;

static void hvc_write(const char *s, size_t n)
{
    bool on = spin_lock_irqsave(&out.lock), worked = !out.stopped;
    while (n && !out.stopped) {
        size_t taken = send_some(s, n);
        s += taken;
        n -= taken;
    }
    bool lost = worked && out.stopped;
    spin_unlock_irqrestore(&out.lock, on);
    if (lost) console_lost(&hvc);
}

/* --- input: under the lock of the terminal --- */

static struct {
    struct virtqueue queue;
    char *buffers;
    bool reading; /* this buffer: */
    u32 buffer, length, at;
} in;

static void give(u32 buffer)
{
    const char *p = in.buffers + buffer * IN_BYTES;
    virtqueue_describe(&in.queue, (u16)buffer, p, IN_BYTES, DESC_WRITE);
    virtqueue_post(&in.queue, (u16)buffer);
}

static int hvc_getc(void)
{
    while (in.at == in.length) {
        if (in.reading) give(in.buffer);
        in.at = in.length = 0;
        in.reading = virtqueue_take(&in.queue, &in.buffer, &in.length);
        if (!in.reading) return -1;
        assert(in.buffer < IN_BUFFERS && in.length <= IN_BYTES);
    }
    return (u8)in.buffers[in.buffer * IN_BYTES + in.at++];
}

static struct console hvc = { .name = "hvc0", .write = hvc_write, .getc = hvc_getc };

static void hvc_interrupt(void *unused)
{
    (void)unused;
    if (virtio_interrupted(&device)) console_input(&hvc);
}

/* --- starting --- */

static int start(void)
{
    int error = virtqueue_init(&in.queue, &device, 0);
    if (!error) error = virtqueue_init(&out.queue, &device, 1);
    if (error) return error;
    in.buffers = page_alloc(0);
    out.buffer = page_alloc(0);
    if (!in.buffers || !out.buffer) return -ENOMEM;
    virtqueue_poll(&out.queue);
    error = virtio_start(&device, hvc_interrupt, NULL);
    if (error) return error;
    console_register(&hvc);
    for (u32 i = 0; i < min(in.queue.size, (u32)IN_BUFFERS); i++) give(i);
    return 0;
}

/* Without it there is still the serial port. */
static void virtio_console_init(void)
{
    unsigned slot = 0;
    if (running_on_xen || !virtio_find(&device, VIRTIO_CONSOLE, &slot)) return;
    int error = start();
    if (!error) return;
    virtio_give_up(&device);
    printk("hvc0: the device refuses (%d)\n", error);
}
initcall(virtio_console_init);
