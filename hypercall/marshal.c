/* From registers to a typed call: the argument string of a hypercall's row becomes, once, a plan
 * for libffi, and every later call follows it.  The only file that knows libffi.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <ffi.h>
#include <stdio.h>
#include <string.h>

#include "hypercall/hypercall-priv.h"

enum type { TYPE_U32, TYPE_U64, TYPE_BUF };

struct plan {
    ffi_cif cif;
    ffi_type *types[1 + MAX_ARGUMENTS];
    enum type type[MAX_ARGUMENTS];
    char name[MAX_ARGUMENTS][16];
    unsigned n;
};

static enum type parse_type(const struct hypercall *h, const char *word)
{
    if (!strcmp(word, "u32")) return TYPE_U32;
    if (!strcmp(word, "u64")) return TYPE_U64;
    if (!strcmp(word, "buf")) return TYPE_BUF;
    g_error("hypercalls.def: %s: '%s' is no type", h->name, word);
}

static void parse(const struct hypercall *h, struct plan *p)
{
    char **arguments = g_strsplit(h->arguments, ", ", 0);
    for (p->n = 0; arguments[p->n]; p->n++) {
        char type[8];
        if (p->n == MAX_ARGUMENTS ||
            sscanf(arguments[p->n], "%7s %15s", type, p->name[p->n]) != 2) {
            g_error("hypercalls.def: %s: bad arguments \"%s\"", h->name, h->arguments);
        }
        p->type[p->n] = parse_type(h, type);
        p->types[1 + p->n] = p->type[p->n] == TYPE_U32 ? &ffi_type_uint32 : &ffi_type_uint64;
    }
    g_strfreev(arguments);
}

void marshal_prepare(struct hypercall *h)
{
    struct plan *p = g_new0(struct plan, 1);
    parse(h, p);
    p->types[0] = &ffi_type_pointer;
    if (ffi_prep_cif(&p->cif, FFI_DEFAULT_ABI, 1 + p->n, &ffi_type_sint64, p->types) != FFI_OK) {
        g_error("hypercalls.def: %s: libffi refuses the call", h->name);
    }
    h->plan = p;
}

s64 marshal_call(const struct hypercall *h, struct hv_vcpu *v, const u64 args[5])
{
    struct plan *p = h->plan;
    u32 narrow[MAX_ARGUMENTS];
    u64 wide[MAX_ARGUMENTS];
    void *values[1 + MAX_ARGUMENTS] = { &v };
    ffi_arg result = 0;
    for (unsigned i = 0; i < p->n; i++) {
        narrow[i] = (u32)args[i];
        wide[i] = args[i];
        values[1 + i] = p->type[i] == TYPE_U32 ? (void *)&narrow[i] : (void *)&wide[i];
    }
    ffi_call(&p->cif, h->fn, &result, values);
    return (s64)result;
}

void marshal_print(const struct hypercall *h, const u64 args[5], char *text, size_t size)
{
    const struct plan *p = h->plan;
    size_t at = 0;
    text[0] = 0;
    for (unsigned i = 0; i < p->n && at < size; i++) {
        u64 value = p->type[i] == TYPE_U32 ? (u32)args[i] : args[i];
        at += (size_t)snprintf(text + at, size - at, "%s%s=%#llx", i ? ", " : "", p->name[i],
                               (unsigned long long)value);
    }
}
