/* The console on standard input and output.  On a terminal we take raw mode, so that Ctrl-C and
 * friends reach the guest, and put the old mode back however the process ends.  Ctrl-A is the
 * escape key: Ctrl-A h lists what may follow it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "devices/host/chardev.h"

#define ESCAPE 1 /* Ctrl-A */
#define QUEUE_LEN 4096

struct stdio {
    struct chardev dev;
    console_command_fn *command;
    void *opaque;
    bool terminal, escaped, closed;
    u8 queue[QUEUE_LEN]; /* typed, but not yet taken by the guest */
    size_t queued;
};

/* The one thing a process has only one of: its terminal's mode. */
static struct termios saved_mode;
static bool mode_is_saved;

static void restore_mode(void)
{
    if (mode_is_saved) tcsetattr(STDIN_FILENO, TCSANOW, &saved_mode);
    mode_is_saved = false;
}

static struct sigaction former[NSIG]; /* what a signal did before: a sanitizer reports some */

/* tcsetattr and sigaction are among what a handler may call. */
static void die(int number)
{
    restore_mode();
    sigaction(number, &former[number], NULL);
    raise(number);
}

static void restore_mode_at_signals(void)
{
    static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
                                   SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
    struct sigaction ours = { .sa_handler = die, .sa_flags = SA_NODEFER };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct sigaction *old = &former[numbers[i]];
        bool ignored = sigaction(numbers[i], NULL, old) || old->sa_handler == SIG_IGN;
        if (!ignored) sigaction(numbers[i], &ours, NULL);
    }
}

static void enter_raw_mode(void)
{
    if (tcgetattr(STDIN_FILENO, &saved_mode)) return;
    mode_is_saved = true;
    atexit(restore_mode);
    restore_mode_at_signals();
    struct termios raw = saved_mode;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST | ONLCR; /* messages of the emulator itself end in plain newlines */
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void stdio_write(struct chardev *dev, const u8 *data, size_t len)
{
    while (len) {
        ssize_t n = write(STDOUT_FILENO, data, len);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            dev->lost = true;
            return;
        }
        if (n < 0) continue;
        data += n;
        len -= (size_t)n;
    }
}

static void print_help(void)
{
    fputs("\nCtrl-A h  this help\n"
          "Ctrl-A x  quit the emulator\n"
          "Ctrl-A r  reset the machine\n"
          "Ctrl-A p  press the power button\n"
          "Ctrl-A m  monitor\n"
          "Ctrl-A Ctrl-A  send Ctrl-A\n", stderr);
}

/* The character after the escape key.  true: it is meant for the guest. */
static bool escape(struct stdio *s, u8 c)
{
    switch (c) {
    case ESCAPE: return true;
    case 'x': s->command(s->opaque, CONSOLE_QUIT); break;
    case 'r': s->command(s->opaque, CONSOLE_RESET); break;
    case 'p': s->command(s->opaque, CONSOLE_POWER_BUTTON); break;
    case 'm': s->command(s->opaque, CONSOLE_MONITOR); break;
    default: print_help(); break;
    }
    return false;
}

/* Take escape sequences out of what was read; the number of characters left. */
static size_t filter(struct stdio *s, u8 *data, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        bool was_escaped = s->escaped;
        s->escaped = !was_escaped && data[i] == ESCAPE;
        if (s->escaped) continue;
        if (was_escaped && !escape(s, data[i])) continue;
        data[kept++] = data[i];
    }
    return kept;
}

static void stdio_poll(struct chardev *dev)
{
    struct stdio *s = CONTAINER_OF(dev, struct stdio, dev);
    struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
    u8 *free_part = s->queue + s->queued;
    size_t room = QUEUE_LEN - s->queued;
    if (s->closed || !room || poll(&pfd, 1, 0) <= 0) return;
    ssize_t n = read(STDIN_FILENO, free_part, room);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) s->closed = true;
    if (n > 0) s->queued += s->terminal ? filter(s, free_part, (size_t)n) : (size_t)n;
}

static size_t stdio_read(struct chardev *dev, u8 *data, size_t len)
{
    struct stdio *s = CONTAINER_OF(dev, struct stdio, dev);
    stdio_poll(dev);
    size_t n = MIN(len, s->queued);
    memcpy(data, s->queue, n);
    s->queued -= n;
    memmove(s->queue, s->queue + n, s->queued);
    return n;
}

static int stdio_input_fd(struct chardev *dev)
{
    return CONTAINER_OF(dev, struct stdio, dev)->closed ? -1 : STDIN_FILENO;
}

static void stdio_free(struct chardev *dev)
{
    restore_mode();
    g_free(CONTAINER_OF(dev, struct stdio, dev));
}

static const struct chardev_ops stdio_ops = {
    .name = "stdio", .write = stdio_write, .read = stdio_read, .poll = stdio_poll,
    .input_fd = stdio_input_fd, .free = stdio_free,
};

struct chardev *chardev_stdio_new(console_command_fn *fn, void *opaque)
{
    struct stdio *s = g_new0(struct stdio, 1);
    s->dev.ops = &stdio_ops;
    s->command = fn;
    s->opaque = opaque;
    s->terminal = fn && isatty(STDIN_FILENO);
    s->dev.person = s->terminal;
    if (s->terminal) enter_raw_mode();
    return &s->dev;
}
