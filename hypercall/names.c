/* The words of the tables, for traces and counters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "hypercall/hypercall-priv.h"

static const struct {
    unsigned number;
    const char *name, *arguments;
} hypercalls[] = {
#define HYPERCALL(nr, name, args) { nr, #name, args },
#include "hypercall/hypercalls.def"
};

static const struct {
    const char *hypercall;
    unsigned command;
    const char *name;
} commands[] = {
#define COMMAND(op, cmd, name) { #op, cmd, #name },
#include "hypercall/commands.def"
#define SUBOPS_OF_memory_op
#define SUBOPS_OF_event_channel_op
#define SUBOPS_OF_sched_op
#define SUBOPS_OF_callback_op
#define SUBOPS_OF_physdev_op
#define SUBOPS_OF_grant_table_op
#define SUBOP(op, cmd, name, type, dir) { #op, cmd, #name },
#include "hypercall/subops.def"
};

static const struct {
    const char *name, *text;
    bool fast, result;
} hyperprivops[] = {
#define FAST true
#define SLOW false
#define GIVES true
#define NOTHING false
#define HYPERPRIVOP(number, name, path, gives, text) [number] = { #name, text, path, gives },
#include "hypercall/hyperprivops.def"
#undef FAST
#undef SLOW
#undef GIVES
#undef NOTHING
};

static const struct {
    u32 class;
    const char *name;
} firmware[] = {
#define FIRMWARE(number, name, text) { number, #name },
#include "hypercall/firmware.def"
};

const char *hypercall_name(unsigned number)
{
    for (unsigned i = 0; i < ARRAY_LEN(hypercalls); i++) {
        if (hypercalls[i].number == number) return hypercalls[i].name;
    }
    return NULL;
}

bool hypercall_has_commands(unsigned number)
{
    for (unsigned i = 0; i < ARRAY_LEN(hypercalls); i++) {
        if (hypercalls[i].number != number) continue;
        return g_str_has_prefix(hypercalls[i].arguments + 3, " cmd");
    }
    return false;
}

const char *hypercall_command_name(unsigned number, unsigned command)
{
    const char *name = hypercall_name(number);
    for (unsigned i = 0; name && i < ARRAY_LEN(commands); i++) {
        if (commands[i].command == command && !g_strcmp0(commands[i].hypercall, name)) {
            return commands[i].name;
        }
    }
    return NULL;
}

const char *hyperprivop_name(unsigned number)
{
    return number < ARRAY_LEN(hyperprivops) ? hyperprivops[number].name : NULL;
}

bool hyperprivop_is_fast(unsigned number)
{
    return number < ARRAY_LEN(hyperprivops) && hyperprivops[number].fast;
}

bool hyperprivop_gives(unsigned number)
{
    return number < ARRAY_LEN(hyperprivops) && hyperprivops[number].result;
}

const char *firmware_hypercall_name(unsigned number)
{
    for (unsigned i = 0; i < ARRAY_LEN(firmware); i++) {
        if (firmware[i].class == (number & ~0xffu)) return firmware[i].name;
    }
    return NULL;
}
