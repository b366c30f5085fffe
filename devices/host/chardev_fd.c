/* Consoles at the end of a file descriptor: a pseudo-terminal, or a socket with one client at a
 * time.  Output while nobody is connected is dropped, as on a cable without a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/host/chardev.h"

#define WRITE_PATIENCE_MS 100 /* then the other end is taken not to read */

struct fd_console {
    struct chardev dev;
    int fd;        /* of the terminal or the client; -1: nobody */
    int listener;  /* of a socket; -1: none */
    char *path;    /* of a Unix socket, to remove at the end */
    bool stalled;  /* the other end does not read: output is dropped until it does */
};

static struct fd_console *of(struct chardev *dev)
{
    return CONTAINER_OF(dev, struct fd_console, dev);
}

static void hang_up(struct fd_console *c)
{
    if (c->listener < 0 || c->fd < 0) return; /* a pseudo-terminal waits for the next reader */
    close(c->fd);
    c->fd = -1;
}

static void fd_write(struct chardev *dev, const u8 *data, size_t len)
{
    struct fd_console *c = of(dev);
    while (len && c->fd >= 0) {
        struct pollfd p = { .fd = c->fd, .events = POLLOUT };
        c->stalled = poll(&p, 1, c->stalled ? 0 : WRITE_PATIENCE_MS) <= 0;
        if (c->stalled) return;
        bool is_socket = c->listener >= 0;
        ssize_t n = is_socket ? send(c->fd, data, len, MSG_NOSIGNAL) : write(c->fd, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            hang_up(c);
            return;
        }
        data += n;
        len -= (size_t)n;
    }
}

static void answer(struct fd_console *c)
{
    struct pollfd p = { .fd = c->listener, .events = POLLIN };
    if (c->listener < 0 || c->fd >= 0 || poll(&p, 1, 0) <= 0) return;
    c->fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
    c->stalled = false;
}

/* Who connects sees output at once, not when the guest first asks for input. */
static void fd_poll(struct chardev *dev)
{
    answer(of(dev));
}

static size_t fd_read(struct chardev *dev, u8 *data, size_t len)
{
    struct fd_console *c = of(dev);
    answer(c);
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    if (!len || c->fd < 0 || poll(&p, 1, 0) <= 0 || !(p.revents & (POLLIN | POLLHUP))) return 0;
    ssize_t n = read(c->fd, data, len);
    if (n > 0) return (size_t)n;
    if (n == 0 || errno != EINTR) hang_up(c);
    return 0;
}

static int fd_input(struct chardev *dev)
{
    struct fd_console *c = of(dev);
    return c->fd >= 0 ? c->fd : c->listener;
}

static void fd_free(struct chardev *dev)
{
    struct fd_console *c = of(dev);
    if (c->fd >= 0) close(c->fd);
    if (c->listener >= 0) close(c->listener);
    if (c->path) unlink(c->path);
    g_free(c->path);
    g_free(c);
}

static const struct chardev_ops fd_ops = {
    .name = "fd", .write = fd_write, .read = fd_read, .poll = fd_poll, .input_fd = fd_input,
    .free = fd_free,
};

static struct fd_console *new_console(void)
{
    struct fd_console *c = g_new0(struct fd_console, 1);
    c->dev.ops = &fd_ops;
    c->dev.person = true;
    c->fd = c->listener = -1;
    return c;
}

/* errno in words; frees what there is. */
static struct chardev *fail(struct fd_console *c, const char *what, GError **err)
{
    int code = errno;
    g_set_error(err, G_IO_ERROR, g_io_error_from_errno(code), "cannot open console %s: %s", what,
                g_strerror(code));
    fd_free(&c->dev);
    return NULL;
}

struct chardev *chardev_pty_new(GError **err)
{
    struct fd_console *c = new_console();
    struct termios raw;
    c->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *name = c->fd < 0 || grantpt(c->fd) || unlockpt(c->fd) ? NULL : ptsname(c->fd);
    if (!name || tcgetattr(c->fd, &raw)) return fail(c, "pty", err);
    cfmakeraw(&raw);
    tcsetattr(c->fd, TCSANOW, &raw);
    fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
    log_print(LEVEL_WARNING, "console", "the console is at %s", name);
    return &c->dev;
}

static int listen_tcp(const char *port, GError **err)
{
    char *end;
    unsigned long n = strtoul(port, &end, 10);
    if (!g_ascii_isdigit(*port) || *end || n == 0 || n > 65535) {
        g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is not a TCP port", port);
        return -2;
    }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((u16)n),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0) return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

static int listen_unix(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    g_strlcpy(a.sun_path, path, sizeof a.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0) return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

struct chardev *chardev_socket_new(const char *where, GError **err)
{
    struct fd_console *c = new_console();
    if (g_str_has_prefix(where, "tcp:")) {
        c->listener = listen_tcp(where + strlen("tcp:"), err);
        if (c->listener == -2) {
            c->listener = -1;
            fd_free(&c->dev);
            return NULL;
        }
    } else {
        c->listener = listen_unix(where + strlen("unix:"));
        if (c->listener >= 0) c->path = g_strdup(where + strlen("unix:"));
    }
    return c->listener >= 0 ? &c->dev : fail(c, where, err);
}

struct chardev *chardev_open(const char *name, console_command_fn *fn, void *opaque, GError **err)
{
    if (!strcmp(name, "stdio")) return chardev_stdio_new(fn, opaque);
    if (!strcmp(name, "none")) return chardev_null_new();
    if (!strcmp(name, "pty")) return chardev_pty_new(err);
    if (g_str_has_prefix(name, "file:")) return chardev_file_new(name + strlen("file:"), NULL, err);
    if (g_str_has_prefix(name, "tcp:") || g_str_has_prefix(name, "unix:")) {
        return chardev_socket_new(name, err);
    }
    g_set_error(err, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "'%s' is no place for a console: "
                "stdio, none, file:PATH, pty, tcp:PORT or unix:PATH", name);
    return NULL;
}
