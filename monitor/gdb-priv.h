/* The gdb stub's own: framing, registers, sockets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MONITOR_GDB_PRIV_H
#define MONITOR_GDB_PRIV_H

#include "monitor/debug-priv.h"

/* --- gdb-frame.c: $...#xx --------------------------------------------------------------------- */

enum gdb_event {
    GDB_NOTHING,   /* more bytes are needed */
    GDB_PACKET,    /* framer->packet is complete, its checksum right */
    GDB_DAMAGED,   /* a packet with a wrong checksum: ask for it again */
    GDB_INTERRUPT, /* Ctrl-C */
    GDB_NAK,       /* gdb wants our last packet again */
};

#define GDB_PACKET_MAX 0x8000
struct gdb_framer {
    GString *packet; /* unescaped; may hold any bytes */
    enum { GDB_IDLE, GDB_BODY, GDB_ESCAPE, GDB_SUM_1, GDB_SUM_2 } state;
    u8 sum, claimed;
    bool no_ack; /* checksums need not be right */
};

void gdb_framer_init(struct gdb_framer *f);
void gdb_framer_clear(struct gdb_framer *f);
enum gdb_event gdb_framer_byte(struct gdb_framer *f, u8 byte);
/* "$body#xx" appended; escapes what must be escaped. */
void gdb_frame(GString *out, const char *body, size_t len);

void gdb_put_hex(GString *out, const void *bytes, size_t len);
/* false: not 2 * len hexadecimal digits. */
bool gdb_get_hex(const char *text, void *bytes, size_t len);

/* --- gdb-regs.c: the numbering of gdb's ia64 -------------------------------------------------- */

#define GDB_REGISTERS 462
#define GDB_REGISTER_MAX 16
unsigned gdb_register_size(unsigned n);
/* false: gdb shall show it as unavailable. */
bool gdb_register_read(struct cpu *cpu, unsigned n, u8 *bytes);
/* false: it cannot be written. */
bool gdb_register_write(struct cpu *cpu, unsigned n, const u8 *bytes);

/* --- gdb-socket.c ----------------------------------------------------------------------------- */

struct gdb_socket {
    int listener, client; /* -1: none */
    char *path;           /* of a Unix socket, removed at the end */
    unsigned port;
};
bool gdb_socket_listen(struct gdb_socket *s, const char *where, GError **err);
void gdb_socket_close(struct gdb_socket *s);
/* A client within `ms` milliseconds (0: only if one waits already)? */
bool gdb_socket_accept(struct gdb_socket *s, int ms);
void gdb_socket_hang_up(struct gdb_socket *s);
bool gdb_socket_send(struct gdb_socket *s, const char *bytes, size_t len);
/* Bytes read; 0: none within `ms`; -1: the client is gone. */
int gdb_socket_receive(struct gdb_socket *s, void *bytes, size_t len, int ms);

/* --- gdb.c ------------------------------------------------------------------------------------ */

struct gdbstub {
    struct debugger *d;
    struct monitor *monitor;
    struct gdb_socket socket;
    struct gdb_framer framer;
    GString *reply, *wire;   /* of the packet being answered; as last sent */
    GByteArray *pending;     /* bytes received and not yet looked at */
    bool wait_for_client;    /* until gdb has come for the first time */
    bool reports;            /* gdb waits for a stop reply */
    bool resume;             /* a packet let the machine go on, as `how` says */
    struct debug_resume how;
    struct debug_stop stop;
    unsigned general, run;   /* threads of Hg and Hc: processor numbers */
    bool over;               /* the guest is dead */
    char *last_stop;         /* the body of the last stop reply */
};

/* Answer one packet into g->reply; for tests. */
void gdb_packet(struct gdbstub *g, const char *packet, size_t len);

#endif
