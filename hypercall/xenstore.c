/* Xenstore: the directory in which a guest and the back ends of its devices find each other, with
 * the daemon's end of the ring that a guest talks to it through.
 *
 * Each transaction works on a copy of the tree; at its end the copy becomes the tree, or the guest
 * is told to try again because something else was written meanwhile.  What the guest sends is
 * checked before it is used: types, lengths, the form of paths, quotas.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "base/section.h"
#include "hypercall/hypercall-priv.h"
#include "hypercall/storetree.h"

#define PAYLOAD_MAX 4096u
#define PATH_MAX_LEN 1024u
#define VALUE_MAX 2048u
#define NODES_MAX 4000u
#define WATCHES_MAX 256u
#define TRANSACTIONS_MAX 10u
#define CHANGES_MAX 1024u /* in one transaction */
#define QUEUE_MAX (1u << 20)
#define HOME "/local/domain/1"
enum { XS_WATCH_EVENT = 15, XS_ERROR = 16 };

struct transaction {
    u32 id;
    u64 base;               /* generation of the tree it was copied from */
    struct store_node *root;
    GPtrArray *changed;     /* paths */
};

struct guest_watch {
    char *path, *token;     /* absolute; as the guest named it */
    bool relative;
};

struct host_watch {
    char *path;
    xenstore_fn *fn;
    void *opaque;
};

struct xenstore {
    struct domain *d;
    struct store_node *root;
    u64 generation;
    GPtrArray *transactions, *guest_watches, *host_watches;
    u32 last_id;
    u8 in[sizeof(struct xs_header) + PAYLOAD_MAX + 1]; /* a message on its way in */
    u32 in_len;
    GByteArray *out;        /* messages that the ring has no room for yet */
    bool broken, serving;
};

/* One request being served. */
struct request {
    struct xenstore *xs;
    struct xs_header h;
    const char *path;       /* first string of the payload, absolute */
    const u8 *rest;         /* what follows it */
    u32 rest_len;
    bool relative;
    struct transaction *tx; /* or NULL */
    struct store_node *root;
    GByteArray *reply;
};

/* --- the ring --------------------------------------------------------------------------------- */

static u64 page(const struct xenstore *xs)
{
    return domain_page_pfn(xs->d, PAGE_STORE) << XEN_PAGE_SHIFT;
}

/* As much of the queue as fits. */
static void flush_out(struct xenstore *xs)
{
    struct domain *d = xs->d;
    u64 pa = page(xs);
    u32 prod = guest_read32(d, pa + STORE_RSP_PROD), cons = guest_read32(d, pa + STORE_RSP_CONS);
    u32 used = prod - cons, n = 0;
    if (used > STORE_RING_SIZE || xs->serving) return;
    while (n < xs->out->len && used + n < STORE_RING_SIZE) {
        u64 at = pa + STORE_RSP + (prod + n) % STORE_RING_SIZE;
        if (!guest_write(d, at, &xs->out->data[n], 1)) return;
        n++;
    }
    if (!n) return;
    g_byte_array_remove_range(xs->out, 0, n);
    guest_write32(d, pa + STORE_RSP_PROD, prod + n);
    evtchn_raise(d, d->store_port);
}

static void send(struct xenstore *xs, u32 type, u32 req_id, u32 tx_id, const void *data, u32 len)
{
    struct xs_header h = { type, req_id, tx_id, len };
    if (xs->out->len > QUEUE_MAX) {
        if (!xs->broken) log_warning("xenstore", "the guest reads no answers; they are dropped");
        xs->broken = true;
        return;
    }
    g_byte_array_append(xs->out, (const u8 *)&h, sizeof h);
    if (len) g_byte_array_append(xs->out, data, len);
}

/* --- watches ---------------------------------------------------------------------------------- */

static bool is_below(const char *path, const char *top)
{
    size_t n = strlen(top);
    if (!strcmp(top, "/")) return true;
    return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

static void send_event(struct xenstore *xs, const struct guest_watch *w, const char *path)
{
    GByteArray *a = g_byte_array_new();
    size_t home = strlen(HOME) + 1;
    if (w->relative && is_below(path, HOME) && strlen(path) > home) path += home;
    g_byte_array_append(a, (const u8 *)path, (guint)strlen(path) + 1);
    g_byte_array_append(a, (const u8 *)w->token, (guint)strlen(w->token) + 1);
    send(xs, XS_WATCH_EVENT, 0, 0, a->data, a->len);
    g_byte_array_unref(a);
}

/* Something at `path` was written, or was removed with all below it. */
static void changed(struct xenstore *xs, const char *path, bool removed)
{
    for (unsigned i = 0; i < xs->guest_watches->len; i++) {
        const struct guest_watch *w = xs->guest_watches->pdata[i];
        if (is_below(path, w->path)) {
            send_event(xs, w, path);
        } else if (removed && is_below(w->path, path)) {
            send_event(xs, w, w->path);
        }
    }
    flush_out(xs);
    for (unsigned i = 0; i < xs->host_watches->len; i++) {
        const struct host_watch *w = xs->host_watches->pdata[i];
        if (is_below(path, w->path) || (removed && is_below(w->path, path))) w->fn(w->opaque);
    }
}

static void note_change(struct request *r, const char *path, bool removed)
{
    if (r->tx) {
        g_ptr_array_add(r->tx->changed, g_strdup_printf("%c%s", removed ? '-' : '+', path));
    } else {
        r->xs->generation++;
        changed(r->xs, path, removed);
    }
}

static void guest_watch_free(void *watch)
{
    struct guest_watch *w = watch;
    g_free(w->path);
    g_free(w->token);
    g_free(w);
}

static void host_watch_free(void *watch)
{
    struct host_watch *w = watch;
    g_free(w->path);
    g_free(w);
}

void xenstore_watch(struct xenstore *xs, const char *path, xenstore_fn *fn, void *opaque)
{
    struct host_watch *w = g_new0(struct host_watch, 1);
    *w = (struct host_watch){ g_strdup(path), fn, opaque };
    g_ptr_array_add(xs->host_watches, w);
}

/* --- the back ends' own access ---------------------------------------------------------------- */

char *xenstore_read(struct xenstore *xs, const char *path)
{
    const struct store_node *n = store_find(xs->root, path);
    return n ? g_strndup((const char *)n->value->data, n->value->len) : NULL;
}

bool xenstore_read_u32(struct xenstore *xs, const char *dir, const char *name, u32 *value)
{
    char *path = g_strdup_printf("%s/%s", dir, name), *text = xenstore_read(xs, path), *end = NULL;
    u64 v = text ? g_ascii_strtoull(text, &end, 10) : 0;
    bool ok = text && end != text && !*end && v <= UINT32_MAX;
    *value = (u32)v;
    g_free(path);
    g_free(text);
    return ok;
}

static void put_value(struct store_node *n, const void *data, u32 len)
{
    g_byte_array_set_size(n->value, 0);
    if (len) g_byte_array_append(n->value, data, len);
}

static void host_write(struct xenstore *xs, const char *path, const char *text)
{
    struct store_node *old, *n = store_create(xs->root, path, &old);
    put_value(n, text, (u32)strlen(text));
    xs->generation++;
    changed(xs, path, false);
}

void xenstore_write(struct xenstore *xs, const char *path, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    host_write(xs, path, text);
    g_free(text);
}

void xenstore_put(struct xenstore *xs, const char *dir, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap), *path = g_strdup_printf("%s/%s", dir, name);
    va_end(ap);
    host_write(xs, path, text);
    g_free(path);
    g_free(text);
}

void xenstore_show(struct xenstore *xs, const char *path)
{
    struct store_node *old;
    store_create(xs->root, path, &old)->readable = true;
}

/* --- requests: each answers NULL, or the name of an error ------------------------------------- */

static void reply_text(struct request *r, const char *text)
{
    g_byte_array_append(r->reply, (const u8 *)text, (guint)strlen(text) + 1);
}

static const char *ok(struct request *r)
{
    reply_text(r, "OK");
    return NULL;
}

static const char *xs_refuse(struct request *r)
{
    (void)r;
    return "EACCES";
}

static const char *xs_directory(struct request *r)
{
    const struct store_node *n = store_find(r->root, r->path);
    if (!n) return "ENOENT";
    if (!n->readable) return "EACCES";
    for (unsigned i = 0; i < n->children->len; i++) {
        reply_text(r, ((const struct store_node *)n->children->pdata[i])->name);
    }
    return r->reply->len > PAYLOAD_MAX ? "E2BIG" : NULL;
}

static const char *xs_read(struct request *r)
{
    const struct store_node *n = store_find(r->root, r->path);
    if (!n) return "ENOENT";
    if (!n->readable) return "EACCES";
    g_byte_array_append(r->reply, n->value->data, n->value->len);
    return NULL;
}

/* The node to be written, made if it is not there. */
static struct store_node *writable(struct request *r, const char **error)
{
    struct store_node *old, *n = store_find(r->root, r->path);
    *error = "EACCES";
    if (n) return n->writable ? n : NULL;
    if (!is_below(r->path, HOME)) return NULL;
    *error = "ENOSPC";
    if (store_count(r->root) >= NODES_MAX) return NULL;
    return store_create(r->root, r->path, &old);
}

static const char *xs_write(struct request *r)
{
    const char *error;
    if (r->rest_len > VALUE_MAX) return "ENOSPC";
    struct store_node *n = writable(r, &error);
    if (!n) return error;
    put_value(n, r->rest, r->rest_len);
    ok(r);
    note_change(r, r->path, false);
    return NULL;
}

static const char *xs_mkdir(struct request *r)
{
    const char *error;
    bool news = !store_find(r->root, r->path);
    if (!writable(r, &error)) return error;
    ok(r);
    if (news) note_change(r, r->path, false);
    return NULL;
}

static const char *xs_rm(struct request *r)
{
    const struct store_node *n = store_find(r->root, r->path);
    if (!n) {
        char *dir = g_path_get_dirname(r->path);
        bool parent = store_find(r->root, dir) != NULL;
        g_free(dir);
        return parent ? ok(r) : "ENOENT";
    }
    if (!n->writable || !strcmp(r->path, HOME)) return "EACCES";
    if (!store_remove(r->root, r->path)) return "EINVAL";
    ok(r);
    note_change(r, r->path, true);
    return NULL;
}

static const char *xs_get_perms(struct request *r)
{
    const struct store_node *n = store_find(r->root, r->path);
    if (!n) return "ENOENT";
    if (!n->readable) return "EACCES";
    if (n->perms) {
        g_byte_array_append(r->reply, n->perms->data, n->perms->len);
    } else if (n->writable) {
        reply_text(r, "n1");
    } else {
        reply_text(r, "n0");
        reply_text(r, "r1");
    }
    return NULL;
}

static bool perms_ok(const u8 *p, u32 len)
{
    if (!len || p[len - 1]) return false;
    for (u32 i = 0; i < len; i += (u32)strlen((const char *)p + i) + 1) {
        if (!strchr("nrwb", p[i]) || !p[i] || !g_ascii_isdigit(p[i + 1])) return false;
    }
    return true;
}

static const char *xs_set_perms(struct request *r)
{
    struct store_node *n = store_find(r->root, r->path);
    if (!n) return "ENOENT";
    if (!n->writable) return "EACCES";
    if (!perms_ok(r->rest, r->rest_len)) return "EINVAL";
    if (n->perms) g_byte_array_unref(n->perms);
    n->perms = g_byte_array_new();
    g_byte_array_append(n->perms, r->rest, r->rest_len);
    ok(r);
    note_change(r, r->path, false);
    return NULL;
}

/* A second string, ended by the payload's last byte. */
static const char *second_string(const struct request *r)
{
    return r->rest_len && !r->rest[r->rest_len - 1] ? (const char *)r->rest : NULL;
}

static int find_watch(const struct xenstore *xs, const char *path, const char *token)
{
    for (unsigned i = 0; i < xs->guest_watches->len; i++) {
        const struct guest_watch *w = xs->guest_watches->pdata[i];
        if (!strcmp(w->path, path) && !strcmp(w->token, token)) return (int)i;
    }
    return -1;
}

/* Answered first; then the event that every new watch gets. */
static const char *xs_watch(struct request *r)
{
    struct xenstore *xs = r->xs;
    const char *token = second_string(r);
    if (!token) return "EINVAL";
    if (find_watch(xs, r->path, token) >= 0) return "EEXIST";
    if (xs->guest_watches->len >= WATCHES_MAX) return "ENOSPC";
    struct guest_watch *w = g_new0(struct guest_watch, 1);
    *w = (struct guest_watch){ g_strdup(r->path), g_strdup(token), r->relative };
    g_ptr_array_add(xs->guest_watches, w);
    return ok(r);
}

static const char *xs_unwatch(struct request *r)
{
    const char *token = second_string(r);
    int i = token ? find_watch(r->xs, r->path, token) : -1;
    if (!token) return "EINVAL";
    if (i < 0) return "ENOENT";
    g_ptr_array_remove_index(r->xs->guest_watches, (guint)i);
    return ok(r);
}

static void transaction_free(void *transaction)
{
    struct transaction *t = transaction;
    if (t->root) store_node_free(t->root);
    g_ptr_array_free(t->changed, TRUE);
    g_free(t);
}

static struct transaction *find_transaction(struct xenstore *xs, u32 id)
{
    for (unsigned i = 0; i < xs->transactions->len; i++) {
        struct transaction *t = xs->transactions->pdata[i];
        if (t->id == id) return t;
    }
    return NULL;
}

static const char *xs_transaction_start(struct request *r)
{
    struct xenstore *xs = r->xs;
    char text[16];
    if (r->tx) return "EBUSY";
    if (xs->transactions->len >= TRANSACTIONS_MAX) return "ENOSPC";
    struct transaction *t = g_new0(struct transaction, 1);
    do {
        t->id = ++xs->last_id;
    } while (!t->id || find_transaction(xs, t->id));
    t->base = xs->generation;
    t->root = store_clone(xs->root);
    t->changed = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(xs->transactions, t);
    snprintf(text, sizeof text, "%" PRIu32, t->id);
    reply_text(r, text);
    return NULL;
}

/* The changes are told after the answer; the transaction is kept until then, outside the list. */
static const char *xs_transaction_end(struct request *r)
{
    struct xenstore *xs = r->xs;
    struct transaction *t = r->tx;
    bool commit = r->h.len && r->path[0] == 'T';
    if (!t) return "ENOENT";
    if (r->path[0] != 'T' && r->path[0] != 'F') return "EINVAL";
    if (commit && t->base != xs->generation && t->changed->len) {
        g_ptr_array_remove(xs->transactions, t);
        r->tx = NULL;
        return "EAGAIN";
    }
    if (commit && t->changed->len) {
        store_node_free(xs->root);
        xs->root = t->root;
        t->root = NULL;
        xs->generation++;
    } else {
        g_ptr_array_set_size(t->changed, 0);
    }
    return ok(r);
}

static const char *xs_get_domain_path(struct request *r)
{
    char text[48];
    snprintf(text, sizeof text, "/local/domain/%u",
             (unsigned)g_ascii_strtoull(r->path, NULL, 10));
    reply_text(r, text);
    return NULL;
}

static const char *xs_is_domain_introduced(struct request *r)
{
    u64 id = g_ascii_strtoull(r->path, NULL, 10);
    reply_text(r, id == 0 || id == DOMAIN_ID ? "T" : "F");
    return NULL;
}

/* --- serving ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *(*fn)(struct request *r);
} rows[] = {
#define XS(type, name, fn) [type] = { #name, xs_##fn },
#include "hypercall/xenstore.def"
};
enum { TYPE_WATCH = 4, TYPE_TRANSACTION_START = 6, TYPE_TRANSACTION_END = 7,
       TYPE_GET_DOMAIN_PATH = 10, TYPE_WRITE = 11, TYPE_MKDIR = 12, TYPE_RM = 13,
       TYPE_SET_PERMS = 14, TYPE_IS_DOMAIN_INTRODUCED = 17 };

static bool has_path(u32 type)
{
    return type != TYPE_TRANSACTION_START && type != TYPE_TRANSACTION_END &&
           type != TYPE_GET_DOMAIN_PATH && type != TYPE_IS_DOMAIN_INTRODUCED;
}

static bool changes(u32 type)
{
    return type == TYPE_WRITE || type == TYPE_MKDIR || type == TYPE_RM || type == TYPE_SET_PERMS;
}

static bool path_ok(const char *path)
{
    size_t n = strlen(path);
    if (!n || n > PATH_MAX_LEN || strstr(path, "//") || (n > 1 && path[n - 1] == '/')) return false;
    return strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_@") == n;
}

/* The payload is a string, then whatever the message wants.  false: no string. */
static bool split(struct request *r, char *payload)
{
    size_t n = strnlen(payload, r->h.len);
    if (n == r->h.len && n) return false;
    r->path = payload;
    r->rest = (const u8 *)payload + MIN(n + 1, (size_t)r->h.len);
    r->rest_len = r->h.len - (u32)MIN(n + 1, (size_t)r->h.len);
    return true;
}

static const char *perform(struct request *r, char *payload, char **path)
{
    if (r->h.type >= ARRAY_LEN(rows) || !rows[r->h.type].fn) return "ENOSYS";
    if (!split(r, payload)) return "EINVAL";
    r->tx = find_transaction(r->xs, r->h.tx_id);
    if (r->h.tx_id && !r->tx) return "ENOENT";
    r->root = r->tx ? r->tx->root : r->xs->root;
    if (has_path(r->h.type)) {
        if (!path_ok(r->path)) return "EINVAL";
        r->relative = r->path[0] != '/' && r->path[0] != '@';
        if (r->relative) r->path = *path = g_strdup_printf(HOME "/%s", r->path);
    }
    if (changes(r->h.type) && r->tx && r->tx->changed->len >= CHANGES_MAX) return "ENOSPC";
    return rows[r->h.type].fn(r);
}

static void tell_committed(struct xenstore *xs, struct transaction *t)
{
    for (unsigned i = 0; i < t->changed->len; i++) {
        const char *c = t->changed->pdata[i];
        changed(xs, c + 1, c[0] == '-');
    }
}

static void first_event(struct request *r)
{
    GPtrArray *watches = r->xs->guest_watches;
    const struct guest_watch *w = watches->pdata[watches->len - 1];
    send_event(r->xs, w, w->path);
}

/* The answer goes out before the events that the request causes. */
static void serve(struct xenstore *xs)
{
    struct request r = { .xs = xs, .reply = g_byte_array_new() };
    char *payload = (char *)xs->in + sizeof r.h, *path = NULL;
    memcpy(&r.h, xs->in, sizeof r.h);
    payload[r.h.len] = 0;
    count(xs->d, COUNT_STORE_MESSAGES);
    struct transaction *ending = NULL;
    guint queued = xs->out->len;
    GByteArray *events = g_byte_array_new();
    xs->serving = true;
    const char *error = perform(&r, payload, &path);
    xs->serving = false;
    /* Events queued while it was performed belong behind the answer. */
    if (xs->out->len > queued) {
        g_byte_array_append(events, xs->out->data + queued, xs->out->len - queued);
        g_byte_array_set_size(xs->out, queued);
    }
    if (error) {
        send(xs, XS_ERROR, r.h.req_id, r.h.tx_id, error, (u32)strlen(error) + 1);
    } else {
        send(xs, r.h.type, r.h.req_id, r.h.tx_id, r.reply->data, r.reply->len);
    }
    if (events->len) g_byte_array_append(xs->out, events->data, events->len);
    log_debug("xenstore", "%s %s: %s", r.h.type < ARRAY_LEN(rows) ? rows[r.h.type].name : "?",
              r.path ? r.path : "", error ? error : "ok");
    if (!error && r.h.type == TYPE_WATCH) first_event(&r);
    if (!error && r.h.type == TYPE_TRANSACTION_END) ending = r.tx;
    if (ending) {
        tell_committed(xs, ending);
        g_ptr_array_remove(xs->transactions, ending);
    }
    g_byte_array_unref(events);
    g_byte_array_unref(r.reply);
    g_free(path);
}

/* Bytes from the ring into the message; true: it is complete. */
static bool take_bytes(struct xenstore *xs, u32 *cons, u32 prod)
{
    struct xs_header h;
    u64 pa = page(xs);
    while (*cons != prod) {
        if (!guest_read(xs->d, pa + STORE_REQ + *cons % STORE_RING_SIZE, &xs->in[xs->in_len], 1)) {
            return false;
        }
        (*cons)++;
        xs->in_len++;
        if (xs->in_len < sizeof h) continue;
        memcpy(&h, xs->in, sizeof h);
        if (h.len > PAYLOAD_MAX) {
            log_warning("xenstore", "a message of %u bytes: the connection is closed", h.len);
            xs->broken = true;
            return false;
        }
        if (xs->in_len == sizeof h + h.len) return true;
    }
    return false;
}

static void on_event(void *opaque)
{
    struct xenstore *xs = opaque;
    struct domain *d = xs->d;
    u64 pa = page(xs);
    u32 cons = guest_read32(d, pa + STORE_REQ_CONS), prod = guest_read32(d, pa + STORE_REQ_PROD);
    if (xs->broken || prod - cons > STORE_RING_SIZE) return;
    while (take_bytes(xs, &cons, prod)) {
        guest_write32(d, pa + STORE_REQ_CONS, cons);
        xs->in_len = 0;
        serve(xs);
    }
    guest_write32(d, pa + STORE_REQ_CONS, cons);
    flush_out(xs);
}

/* --- life ------------------------------------------------------------------------------------- */

static void plant(struct xenstore *xs)
{
    struct store_node *old, *home;
    if (xs->root) store_node_free(xs->root);
    xs->root = store_node_new("", NULL);
    home = store_create(xs->root, HOME, &old);
    home->readable = home->writable = true;
    host_write(xs, HOME "/name", "guest");
    host_write(xs, HOME "/domid", "1");
    host_write(xs, HOME "/vm", "/vm/1");
    store_create(xs->root, HOME "/device", &old);
    store_create(xs->root, HOME "/control", &old);
    for (unsigned i = 0; i < xs->d->nvcpus; i++) {
        char cpu[40];
        snprintf(cpu, sizeof cpu, HOME "/cpu/%u", i);
        xenstore_put(xs, cpu, "availability", "online");
    }
    xenstore_put(xs, HOME "/memory", "target", "%" PRIu64, xs->d->config.mem >> 10);
}

void xenstore_reset(struct xenstore *xs)
{
    g_ptr_array_set_size(xs->guest_watches, 0);
    g_ptr_array_set_size(xs->transactions, 0);
    g_byte_array_set_size(xs->out, 0);
    xs->in_len = 0;
    xs->broken = false;
    xs->last_id = 0;
    plant(xs);
}

struct xenstore *xenstore_new(struct domain *d)
{
    struct xenstore *xs = g_new0(struct xenstore, 1);
    xs->d = d;
    xs->transactions = g_ptr_array_new_with_free_func(transaction_free);
    xs->guest_watches = g_ptr_array_new_with_free_func(guest_watch_free);
    xs->host_watches = g_ptr_array_new_with_free_func(host_watch_free);
    xs->out = g_byte_array_new();
    plant(xs);
    return xs;
}

u32 xenstore_start(struct xenstore *xs)
{
    return evtchn_bind_host(xs->d, on_event, xs);
}

u64 xenstore_hash(const struct xenstore *xs, u64 seed)
{
    u64 h = hash_u64(store_hash(xs->root, seed), xs->transactions->len);
    h = hash_u64(hash_bytes(h, xs->in, xs->in_len), xs->guest_watches->len);
    return hash_bytes(h, xs->out->data, xs->out->len);
}

void xenstore_free(struct xenstore *xs)
{
    g_ptr_array_free(xs->transactions, TRUE);
    g_ptr_array_free(xs->guest_watches, TRUE);
    g_ptr_array_free(xs->host_watches, TRUE);
    g_byte_array_unref(xs->out);
    store_node_free(xs->root);
    g_free(xs);
}
