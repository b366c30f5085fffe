/* One listening socket and at most one gdb.  TCP is for this host only: whoever reaches the stub
 * owns the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/gdb-priv.h"

static bool complain(GError **err, const char *where, const char *why)
{
    g_set_error(err, MONITOR_ERROR, 0, "--gdb: %s: %s", where, why);
    return false;
}

static bool start(struct gdb_socket *s, const char *where, const struct sockaddr *addr,
                  socklen_t len, GError **err)
{
    int one = 1;
    s->listener = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0) return complain(err, where, g_strerror(errno));
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(s->listener, addr, len) < 0 || listen(s->listener, 1) < 0) {
        return complain(err, where, g_strerror(errno));
    }
    return true;
}

/* A socket that a run left behind may go; anything else at that path may not. */
static void remove_stale(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) unlink(path);
}

static bool listen_unix(struct gdb_socket *s, const char *where, const char *path, GError **err)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    if (!*path) return complain(err, where, "the path is missing");
    if (g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path)) >= sizeof(addr.sun_path)) {
        return complain(err, where, "the path is too long for a socket");
    }
    remove_stale(path);
    if (!start(s, where, (const void *)&addr, sizeof(addr), err)) return false;
    s->path = g_strdup(path);
    return true;
}

static bool parse_tcp(const char *where, struct sockaddr_in *addr)
{
    char *end;
    const char *colon = strrchr(where, ':'), *port = colon ? colon + 1 : where;
    char *host = colon && colon > where ? g_strndup(where, (size_t)(colon - where)) : NULL;
    u64 number = g_ascii_strtoull(port, &end, 10);
    bool ok = g_ascii_isdigit(*port) && !*end && number < 65536;
    *addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((u16)number),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (host && strcmp(host, "localhost")) ok &= inet_pton(AF_INET, host, &addr->sin_addr) == 1;
    g_free(host);
    return ok;
}

bool gdb_socket_listen(struct gdb_socket *s, const char *where, GError **err)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    *s = (struct gdb_socket){ .listener = -1, .client = -1 };
    if (g_str_has_prefix(where, "unix:")) return listen_unix(s, where, where + 5, err);
    if (!parse_tcp(where, &addr)) {
        return complain(err, where, "this is no PORT, ADDRESS:PORT or unix:PATH");
    }
    if (!start(s, where, (const void *)&addr, sizeof(addr), err)) return false;
    getsockname(s->listener, (void *)&addr, &len);
    s->port = ntohs(addr.sin_port);
    return true;
}

void gdb_socket_hang_up(struct gdb_socket *s)
{
    if (s->client >= 0) close(s->client);
    s->client = -1;
}

void gdb_socket_close(struct gdb_socket *s)
{
    gdb_socket_hang_up(s);
    if (s->listener >= 0) close(s->listener);
    if (s->path) unlink(s->path);
    g_free(s->path);
    *s = (struct gdb_socket){ .listener = -1, .client = -1 };
}

static bool readable(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, ms) > 0;
}

bool gdb_socket_accept(struct gdb_socket *s, int ms)
{
    int one = 1;
    if (s->client >= 0) return true;
    if (!readable(s->listener, ms)) return false;
    s->client = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (s->client >= 0) setsockopt(s->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return s->client >= 0;
}

bool gdb_socket_send(struct gdb_socket *s, const char *bytes, size_t len)
{
    while (len && s->client >= 0) {
        ssize_t n = send(s->client, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        len -= (size_t)n;
    }
    return len == 0;
}

int gdb_socket_receive(struct gdb_socket *s, void *bytes, size_t len, int ms)
{
    if (!readable(s->client, ms)) return 0;
    ssize_t n = recv(s->client, bytes, len, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
    return n > 0 ? (int)n : -1;
}
