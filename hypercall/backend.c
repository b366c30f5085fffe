/* What block and network back ends share: the handshake over xenstore, and the rings.
 *
 * The front end's directory tells its state; we watch it.  Whatever the guest has written there
 * (references, ports, feature keys) is read once, when it says that it is ready.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/log.h"
#include "hypercall/hypercall-priv.h"

static void set_state(struct backend *b, enum xenbus_state state)
{
    b->state = state;
    xenstore_put(b->d->store, b->back, "state", "%u", state);
}

static void disconnect(struct backend *b)
{
    if (b->connected) evtchn_detach(b->d, b->port);
    b->connected = false;
}

void backend_break(struct backend *b, const char *why)
{
    log_warning("backend", "%s: %s; the device is taken away", b->front, why);
    disconnect(b);
    set_state(b, XENBUS_CLOSING);
}

static void on_kick(void *opaque)
{
    struct backend *b = opaque;
    if (b->connected) b->ops->kick(b);
}

static void connect(struct backend *b)
{
    u32 port;
    if (b->connected) return;
    if (!xenstore_read_u32(b->d->store, b->front, "event-channel", &port) || !b->ops->connect(b) ||
        !evtchn_attach(b->d, port, on_kick, b)) {
        backend_break(b, "the front end's ring or event channel is unusable");
        return;
    }
    b->port = port;
    b->connected = true;
    log_info("backend", "%s is connected", b->front);
    set_state(b, XENBUS_CONNECTED);
    b->ops->kick(b);
}

static void on_front_state(void *opaque)
{
    struct backend *b = opaque;
    u32 state;
    if (!xenstore_read_u32(b->d->store, b->front, "state", &state)) return;
    if (state == b->ops->ready || (state == XENBUS_CONNECTED && !b->connected)) {
        if (b->state < XENBUS_CONNECTED) connect(b);
    } else if (state == XENBUS_INITIALISING && b->state != XENBUS_INIT_WAIT) {
        disconnect(b);
        set_state(b, XENBUS_INIT_WAIT);
    } else if ((state == XENBUS_CLOSING || state == XENBUS_CLOSED) && b->state < state) {
        disconnect(b);
        /* a step at a time: a front end that shuts down waits for Closing */
        set_state(b, (enum xenbus_state)state);
    }
}

/* The nodes a toolstack would write. */
static void plant(struct backend *b)
{
    struct xenstore *xs = b->d->store;
    b->state = XENBUS_INIT_WAIT;
    xenstore_show(xs, b->back);
    xenstore_put(xs, b->back, "frontend", "%s", b->front);
    xenstore_put(xs, b->back, "frontend-id", "%u", DOMAIN_ID);
    xenstore_put(xs, b->back, "online", "1");
    xenstore_put(xs, b->front, "backend", "%s", b->back);
    xenstore_put(xs, b->front, "backend-id", "0");
    b->ops->describe(b);
    xenstore_put(xs, b->back, "state", "%u", XENBUS_INIT_WAIT);
    xenstore_put(xs, b->front, "state", "%u", XENBUS_INITIALISING);
}

void backend_init(struct backend *b, struct domain *d, const struct backend_ops *ops, unsigned id)
{
    char path[96];
    b->d = d;
    b->ops = ops;
    snprintf(b->front, sizeof b->front, "/local/domain/%u/device/%s/%u", DOMAIN_ID, ops->type, id);
    snprintf(b->back, sizeof b->back, "/local/domain/0/backend/%s/%u/%u", ops->type, DOMAIN_ID, id);
    snprintf(path, sizeof path, "%s/state", b->front);
    plant(b);
    xenstore_watch(d->store, path, on_front_state, b);
}

void backend_restart(struct backend *b)
{
    b->connected = false;
    plant(b);
}

bool backend_map_ring(struct backend *b, const char *name, u64 *pa)
{
    u32 ref;
    return xenstore_read_u32(b->d->store, b->front, name, &ref) &&
           grant_page(b->d, ref, true, pa);
}

/* --- rings ------------------------------------------------------------------------------------ */

/* Takes the next request; asks for an event when there is none, and looks once more. */
bool ring_next(struct backend *b, struct ring *r, void *request, unsigned size)
{
    u32 prod = guest_read32(b->d, r->pa + RING_REQ_PROD);
    if (prod == r->req_cons) {
        guest_write32(b->d, r->pa + RING_REQ_EVENT, r->req_cons + 1);
        return false;
    }
    if (prod - r->req_cons > r->entries) {
        backend_break(b, "more requests than the ring holds");
        return false;
    }
    u64 at = r->pa + RING_ENTRIES + (u64)(r->req_cons % r->entries) * r->entry_size;
    r->req_cons++;
    return guest_read(b->d, at, request, size);
}

void ring_answer(struct domain *d, struct ring *r, const void *response, unsigned size)
{
    u64 at = r->pa + RING_ENTRIES + (u64)(r->rsp_prod % r->entries) * r->entry_size;
    (void)!guest_write(d, at, response, size);
    r->rsp_prod++;
}

bool ring_publish(struct domain *d, struct ring *r)
{
    u32 old = guest_read32(d, r->pa + RING_RSP_PROD);
    u32 event = guest_read32(d, r->pa + RING_RSP_EVENT);
    guest_write32(d, r->pa + RING_RSP_PROD, r->rsp_prod);
    return r->rsp_prod - event < r->rsp_prod - old;
}
