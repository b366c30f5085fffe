/* Addresses as people write them.
 *
 *     sum  = term { (+|-) term }        term = factor { * factor }
 *     factor = number | register | symbol | ( sum ) | [ sum ] | - factor
 *
 * [x] is the 8-byte word at x.  A name is a register if there is one of that name ($ insists), then
 * a symbol, then a hexadecimal number without its 0x.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "monitor/debug-priv.h"

#define DEPTH_MAX 32

struct parser {
    const struct expr_env *env;
    const char *at;
    char *why;
    unsigned depth;
};

static bool sum(struct parser *p, u64 *value);

static bool fail(struct parser *p, const char *fmt, const char *what)
{
    if (!p->why) p->why = g_strdup_printf(fmt, what);
    return false;
}

static void skip_space(struct parser *p)
{
    while (g_ascii_isspace(*p->at)) p->at++;
}

static bool accept(struct parser *p, char c)
{
    skip_space(p);
    if (*p->at != c) return false;
    p->at++;
    return true;
}

static bool is_hex(const char *s)
{
    return *s && strspn(s, "0123456789abcdefABCDEF") == strlen(s) && strlen(s) <= 16;
}

/* Digits alone are decimal; 0x, or a letter among them, makes them hexadecimal. */
static bool number(const char *word, u64 *value)
{
    bool decimal = strspn(word, "0123456789") == strlen(word);
    bool prefix = !strncmp(word, "0x", 2) || !strncmp(word, "0X", 2);
    if (!decimal && !is_hex(prefix ? word + 2 : word)) return false;
    *value = g_ascii_strtoull(word, NULL, decimal ? 10 : 16);
    return true;
}

static bool look_up(struct parser *p, const char *word, u64 *value)
{
    const struct expr_env *e = p->env;
    if (g_ascii_isdigit(*word)) {
        return number(word, value) || fail(p, "'%s' is no number", word);
    }
    if (register_get(e->cpu, word, value)) return true;
    if (*word != '$' && e->symbols && symbols_lookup(e->symbols, word, value)) return true;
    if (number(word, value)) return true;
    return fail(p, *word == '$' ? "there is no register %s"
                                : "'%s' is no register, symbol or number", word);
}

static bool word(struct parser *p, u64 *value)
{
    size_t n = 0;
    while (g_ascii_isalnum(p->at[n]) || (p->at[n] && strchr("_.$", p->at[n]))) n++;
    if (!n) return fail(p, *p->at ? "'%s' makes no sense here" : "%san address is missing", p->at);
    char *name = g_strndup(p->at, n);
    bool ok = look_up(p, name, value);
    if (ok) p->at += n;
    g_free(name);
    return ok;
}

static bool load(struct parser *p, u64 *value)
{
    char where[24];
    if (!sum(p, value)) return false;
    if (!accept(p, ']')) return fail(p, "%s] is missing", "");
    g_snprintf(where, sizeof(where), "0x%" PRIx64, *value);
    return view_read_u64(p->env->cpu, p->env->pm, *value, value) ||
           fail(p, "there is no memory at %s", where);
}

static bool factor(struct parser *p, u64 *value)
{
    bool ok;
    if (++p->depth > DEPTH_MAX) return fail(p, "%sthat is too deep", "");
    if (accept(p, '-')) {
        ok = factor(p, value);
        *value = -*value;
    } else if (accept(p, '(')) {
        ok = sum(p, value) && (accept(p, ')') || fail(p, "%s) is missing", ""));
    } else if (accept(p, '[')) {
        ok = load(p, value);
    } else {
        ok = word(p, value);
    }
    p->depth--;
    return ok;
}

static bool term(struct parser *p, u64 *value)
{
    u64 right;
    if (!factor(p, value)) return false;
    while (accept(p, '*')) {
        if (!factor(p, &right)) return false;
        *value *= right;
    }
    return true;
}

static bool sum(struct parser *p, u64 *value)
{
    u64 right;
    if (!term(p, value)) return false;
    for (;;) {
        bool plus = accept(p, '+');
        if (!plus && !accept(p, '-')) return true;
        if (!term(p, &right)) return false;
        *value = plus ? *value + right : *value - right;
    }
}

bool expr_eval(const struct expr_env *env, const char *text, u64 *value, char **why)
{
    struct parser p = { .env = env, .at = text };
    *value = 0;
    bool ok = sum(&p, value);
    skip_space(&p);
    if (ok && *p.at) ok = fail(&p, "'%s' makes no sense here", p.at);
    if (why) {
        *why = p.why;
    } else {
        g_free(p.why);
    }
    return ok;
}
