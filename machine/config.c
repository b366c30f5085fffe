/* From words to struct config.  The table is options.def; this file knows only kinds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/config.h"

#include <errno.h>
#include <string.h>

#include "cpu/event.h"

enum kind { FLAG, TEXT, MAYBE_TEXT, TEXTS, SIZE, COUNT, ADDRESS, LOADS, DISKS, TRACES, LEVEL,
            FILE_OF_OPTIONS, OUTPUT, CONSOLE, KIND_COUNT };

struct option {
    enum command command;
    const char *name;
    char short_name;
    enum kind kind;
    size_t field;
    const char *argument, *help;
};

static const struct option options[] = {
#define OPTION(command, name, short_name, kind, field, argument, help)                            \
    { COMMAND_##command, name, short_name, kind, offsetof(struct config, field), argument, help },
#include "machine/options.def"
};

static const struct {
    const char *name, *arguments, *line, *text;
} commands[COMMAND_COUNT] = {
#define COMMAND(id, fn, name, args, line, text) [COMMAND_##id] = { name, args, line, text },
#include "machine/commands.def"
};

GQuark config_error_quark(void)
{
    return g_quark_from_static_string("config-error");
}

static void load_clear(void *row)
{
    g_free(((struct load *)row)->path);
}

static void disk_clear(void *row)
{
    g_free(((struct disk *)row)->path);
}

static void trace_clear(void *row)
{
    g_free(((struct trace_config *)row)->path);
}

void config_init(struct config *c)
{
    *c = (struct config){ .mem = 256ull << 20, .cpus = 1, .log = LEVEL_WARNING };
    c->disks = g_array_new(FALSE, FALSE, sizeof(struct disk));
    g_array_set_clear_func(c->disks, disk_clear);
    c->loads = g_array_new(FALSE, FALSE, sizeof(struct load));
    g_array_set_clear_func(c->loads, load_clear);
    c->traces = g_array_new(FALSE, FALSE, sizeof(struct trace_config));
    g_array_set_clear_func(c->traces, trace_clear);
    c->native = g_ptr_array_new_with_free_func(g_free);
    c->plots = g_ptr_array_new_with_free_func(g_free);
}

void config_clear(struct config *c)
{
    g_array_free(c->loads, TRUE);
    g_array_free(c->disks, TRUE);
    g_array_free(c->traces, TRUE);
    g_ptr_array_free(c->native, TRUE);
    g_ptr_array_free(c->plots, TRUE);
    char *const texts[] = { c->kernel, c->initrd, c->append, c->console, c->hvc, c->net, c->date, c->clock,
                           c->display, c->screenshot, c->gdb, c->on_crash };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) g_free(texts[i]);
    g_free(c->program);
    g_free(c->trace_filter);
    g_free(c->pvcheck.text);
    g_free(c->output);
    g_free(c->table);
    g_free(c->phases);
    g_free(c->only);
    g_free(c->dump_state);
    g_free(c->config_file);
}

bool config_wants_lines(const struct config *c)
{
    return c->top || !g_strcmp0(c->output, "json") || !g_strcmp0(c->table, "counters");
}

static bool refuse(GError **err, const char *value, const char *why)
{
    g_set_error(err, CONFIG_ERROR, 0, "'%s' %s", value, why);
    return false;
}

/* A whole number, decimal or 0x hexadecimal; `end` is where it stopped. */
static bool parse_number(const char *text, u64 *value, const char **end)
{
    char *stop;
    if (!g_ascii_isdigit(text[0])) return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (hex && !g_ascii_isxdigit(text[2])) return false;
    errno = 0;
    *value = g_ascii_strtoull(text, &stop, hex ? 16 : 10);
    *end = stop;
    return errno == 0;
}

static bool set_flag(void *field, const char *value, GError **err)
{
    bool on = !value || !strcmp(value, "true") || !strcmp(value, "yes") || !strcmp(value, "1");
    if (!on && strcmp(value, "false") && strcmp(value, "no") && strcmp(value, "0")) {
        return refuse(err, value, "is neither true nor false");
    }
    *(bool *)field = on;
    return true;
}

static bool set_text(void *field, const char *value, GError **err)
{
    if (!*value) return refuse(err, value, "is empty");
    g_free(*(char **)field);
    *(char **)field = g_strdup(value);
    return true;
}

/* The name alone may be enough. */
static bool set_maybe_text(void *field, const char *value, GError **err)
{
    struct maybe_text *m = field;
    (void)err;
    g_free(m->text);
    m->text = value && *value && strcmp(value, "true") ? g_strdup(value) : NULL;
    m->set = !value || strcmp(value, "false");
    return true;
}

static bool set_texts(void *field, const char *value, GError **err)
{
    if (!*value) return refuse(err, value, "is empty");
    g_ptr_array_add(*(GPtrArray **)field, g_strdup(value));
    return true;
}

static bool set_size(void *field, const char *value, GError **err)
{
    static const char suffixes[] = "KMGT";
    const char *end;
    u64 n;
    if (!parse_number(value, &n, &end)) return refuse(err, value, "is not a size such as 256M");
    const char *suffix = *end ? strchr(suffixes, g_ascii_toupper(*end)) : NULL;
    unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
    if (suffix) end++;
    if (*end) return refuse(err, value, "is not a size such as 256M");
    if (n == 0 || n > UINT64_MAX >> shift) return refuse(err, value, "is out of range");
    *(u64 *)field = n << shift;
    return true;
}

static bool set_count(void *field, const char *value, GError **err)
{
    const char *end;
    u64 n;
    if (!parse_number(value, &n, &end) || *end || n == 0) {
        return refuse(err, value, "is not a number above 0");
    }
    *(u64 *)field = n;
    return true;
}

static bool set_address(void *field, const char *value, GError **err)
{
    struct maybe_u64 *m = field;
    const char *end;
    if (!parse_number(value, &m->value, &end) || *end) {
        return refuse(err, value, "is not an address such as 0x100000");
    }
    m->set = true;
    return true;
}

static bool set_loads(void *field, const char *value, GError **err)
{
    const char *at = strrchr(value, '@'), *end;
    struct load l;
    if (!at || at == value || !parse_number(at + 1, &l.pa, &end) || *end) {
        return refuse(err, value, "is not FILE@ADDRESS");
    }
    l.path = g_strndup(value, (size_t)(at - value));
    g_array_append_val(*(GArray **)field, l);
    return true;
}

/* "FILE", "FILE,snapshot" or "FILE,ro". */
static bool set_disks(void *field, const char *value, GError **err)
{
    static const struct {
        const char *suffix;
        int mode;
    } modes[] = { { ",snapshot", DISK_SNAPSHOT }, { ",ro", DISK_READ_ONLY }, { "", DISK_WRITABLE } };
    size_t i = 0;
    while (!g_str_has_suffix(value, modes[i].suffix)) i++;
    struct disk d = { g_strndup(value, strlen(value) - strlen(modes[i].suffix)), modes[i].mode };
    if (!*d.path) {
        g_free(d.path);
        return refuse(err, value, "names no file");
    }
    g_array_append_val(*(GArray **)field, d);
    return true;
}

static const struct {
    const char *word;
    u32 kinds;
} trace_words[] = {
#define TRACE(word, kinds, meaning) { word, kinds },
#include "machine/trace.def"
};

/* "privop,tlb", "all,binary" ...; false: not of such words. */
static bool parse_events(const char *what, u32 *kinds, bool *binary)
{
    bool known = true;
    char **words = g_strsplit(what, ",", 0);
    *kinds = 0;
    *binary = false;
    for (char **w = words; *w && known; w++) {
        size_t i = 0;
        if (!strcmp(*w, "binary")) {
            *binary = true;
            continue;
        }
        while (i < ARRAY_LEN(trace_words) && strcmp(*w, trace_words[i].word)) i++;
        known = i < ARRAY_LEN(trace_words);
        if (known) *kinds |= trace_words[i].kinds;
    }
    g_strfreev(words);
    return known && *kinds;
}

/* Any number of traces may run side by side. */
static bool set_traces(void *field, const char *value, GError **err)
{
    struct trace_config t = { 0 };
    const char *colon = strchr(value, ':'), *path = colon ? colon + 1 : NULL;
    char *what = colon ? g_strndup(value, (size_t)(colon - value)) : g_strdup(value);
    t.regs = !strcmp(what, "insn,regs");
    t.insn = t.regs || !strcmp(what, "insn");
    bool events = !t.insn && parse_events(what, &t.events, &t.binary);
    g_free(what);
    if (!t.insn && !events) {
        return refuse(err, value, "is neither insn, nor insn,regs, nor a list of event classes");
    }
    if (path && !*path) return refuse(err, value, "names no file after the colon");
    if (t.binary && !path) return refuse(err, "binary", "needs a file to write to");
    t.binary |= events && path && g_str_has_suffix(path, ".etb");
    t.path = g_strdup(path);
    g_array_append_val(*(GArray **)field, t);
    return true;
}

static bool set_level(void *field, const char *value, GError **err)
{
    return log_level_parse(value, field) ||
           refuse(err, value, "is not error, warning, info or debug");
}

static bool (*const setters[KIND_COUNT])(void *field, const char *value, GError **err) = {
    [FLAG] = set_flag,       [TEXT] = set_text,   [SIZE] = set_size,
    [MAYBE_TEXT] = set_maybe_text, [TEXTS] = set_texts,
    [COUNT] = set_count,     [LOADS] = set_loads, [ADDRESS] = set_address,
    [DISKS] = set_disks,
    [TRACES] = set_traces,   [LEVEL] = set_level, [FILE_OF_OPTIONS] = set_text,
    [OUTPUT] = set_text,     [CONSOLE] = set_text,
};

static const struct option *find(enum command command, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (options[i].command == command && !strcmp(options[i].name, name)) return &options[i];
    }
    return NULL;
}

bool config_set(struct config *c, enum command command, const char *name, const char *value,
                GError **err)
{
    const struct option *o = find(command, name);
    if (!o) return refuse(err, name, "is no option");
    return setters[o->kind]((char *)c + o->field, value, err);
}

/* Semicolons separate the values of repeatable options; in a command line they are what they are. */
static gchar **values_of(GKeyFile *file, const char *key, GError **err)
{
    const struct option *o = find(COMMAND_RUN, key);
    bool list = o && (o->kind == LOADS || o->kind == DISKS || o->kind == TEXTS || o->kind == TRACES);
    if (list) return g_key_file_get_string_list(file, "run", key, NULL, err);
    gchar *value = g_key_file_get_string(file, "run", key, err);
    if (!value) return NULL;
    gchar **one = g_new0(gchar *, 2);
    one[0] = value;
    return one;
}

bool config_read_file(struct config *c, const char *path, GError **err)
{
    GKeyFile *file = g_key_file_new();
    bool ok = g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, err);
    gchar **groups = g_key_file_get_groups(file, NULL);
    for (gchar **g = groups; ok && *g; g++) {
        ok = !strcmp(*g, "run");
        if (!ok) g_set_error(err, CONFIG_ERROR, 0, "group [%s] is not [run]", *g);
    }
    gchar **keys = g_key_file_get_keys(file, "run", NULL, NULL);
    for (gchar **k = keys; ok && k && *k; k++) {
        gchar **values = values_of(file, *k, err);
        ok = values != NULL;
        for (gchar **v = values; ok && *v; v++) {
            if (!strcmp(*k, "config")) {
                ok = refuse(err, *k, "cannot be nested");
            } else if (!strcmp(*k, "program")) {
                ok = set_text(&c->program, *v, err);
            } else {
                ok = config_set(c, COMMAND_RUN, *k, *v, err);
            }
            if (!ok) g_prefix_error(err, "%s: ", *k);
        }
        g_strfreev(values);
    }
    g_strfreev(keys);
    g_strfreev(groups);
    g_key_file_free(file);
    if (!ok) g_prefix_error(err, "%s: ", path);
    return ok;
}

/* What the command line said, kept until the configuration file has been read. */
struct said {
    const struct option *option;
    char *value;
};
struct parse {
    enum command command;
    GArray *said;
};

static void said_clear(void *row)
{
    g_free(((struct said *)row)->value);
}

/* GLib calls this with "--name" or "-n". */
static gboolean note(const gchar *name, const gchar *value, gpointer opaque, GError **err)
{
    struct parse *p = opaque;
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *o = &options[i];
        bool is_short = name[0] == '-' && name[1] == o->short_name && !name[2];
        if (o->command != p->command || (!is_short && strcmp(name + 2, o->name))) continue;
        struct said s = { o, g_strdup(value) };
        g_array_append_val(p->said, s);
        return TRUE;
    }
    return refuse(err, name, "is no option");
}

static GOptionEntry *entries_of(enum command command)
{
    GOptionEntry *entries = g_new0(GOptionEntry, ARRAY_LEN(options) + 1), *e = entries;
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *o = &options[i];
        if (o->command != command) continue;
        *e++ = (GOptionEntry){ .long_name = o->name, .short_name = o->short_name,
            .flags = o->kind == FLAG ? G_OPTION_FLAG_NO_ARG : 0, .arg = G_OPTION_ARG_CALLBACK,
            .arg_data = (gpointer)note, .description = o->help, .arg_description = o->argument };
    }
    return entries;
}

static char *exit_table(void)
{
    GString *s = g_string_new("Exit status: the guest's, or\n");
#define EXIT(id, status, meaning) g_string_append_printf(s, "  %-3d %s\n", status, meaning);
#include "machine/exits.def"
    return g_string_free(s, FALSE);
}

/* GLib drops what follows the = of an option without argument: --hash=no would mean yes. */
static bool check_flags(enum command command, int argc, char **argv, GError **err)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        const char *equals = strchr(argv[i], '=');
        if (!equals || !g_str_has_prefix(argv[i], "--")) continue;
        char *name = g_strndup(argv[i] + 2, (size_t)(equals - argv[i] - 2));
        const struct option *o = find(command, name);
        g_free(name);
        if (o && o->kind == FLAG) return refuse(err, argv[i], "takes no argument");
    }
    return true;
}

/* GLib would take the next word for the argument of an option that needs none: --pvcheck PROGRAM.
 * "--pvcheck=" says that there is no argument. */
static void settle_maybe_texts(enum command command, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (!g_str_has_prefix(argv[i], "--") || strchr(argv[i], '=')) continue;
        const struct option *o = find(command, argv[i] + 2);
        if (!o || o->kind != MAYBE_TEXT) continue;
        char *settled = g_strconcat(argv[i], "=", NULL);
        argv[i] = (char *)g_intern_string(settled);
        g_free(settled);
    }
}

static bool parse_command_line(struct parse *p, int *argc, char ***argv, GError **err)
{
    char *usage = g_strdup(commands[p->command].arguments), *exits = exit_table();
    GOptionContext *context = g_option_context_new(usage);
    GOptionGroup *group = g_option_group_new("main", "", "", p, NULL);
    GOptionEntry *entries = entries_of(p->command);
    g_option_context_set_summary(context, commands[p->command].text);
    g_option_context_set_description(context, exits);
    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    bool ok = g_option_context_parse(context, argc, argv, err);
    g_option_context_free(context);
    g_free(entries);
    g_free(usage);
    g_free(exits);
    return ok;
}

static bool apply(struct config *c, const struct said *s, GError **err)
{
    if (setters[s->option->kind]((char *)c + s->option->field, s->value, err)) return true;
    g_prefix_error(err, "--%s: ", s->option->name);
    return false;
}

/* "": standard error; NULL: none. */
static const char *file_written(const struct said *s)
{
    enum kind kind = s->option->kind;
    if (kind == OUTPUT || kind == MAYBE_TEXT) return s->value && *s->value ? s->value : "";
    if (kind != CONSOLE || !g_str_has_prefix(s->value, "file:")) return NULL;
    return s->value + strlen("file:");
}

/* Of options that are said twice the last one counts; but a file that somebody asked for must not be
 * missing in the end. */
static bool check_repeated(const GArray *all, GError **err)
{
    for (unsigned i = 0; i < all->len; i++) {
        const struct said *s = &g_array_index(all, struct said, i);
        const char *file = file_written(s);
        for (unsigned j = i + 1; file && j < all->len; j++) {
            if (s[j - i].option != s->option) continue;
            g_set_error(err, CONFIG_ERROR, 0, "--%s: said twice: '%s' would not be written",
                        s->option->name, *file ? file : "the report on standard error");
            return false;
        }
    }
    return true;
}

/* The file first, then the command line, so that the latter has the last word. */
static bool apply_all(struct config *c, const GArray *all, GError **err)
{
    if (!check_repeated(all, err)) return false;
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < all->len; i++) {
            const struct said *s = &g_array_index(all, struct said, i);
            bool file = s->option->kind == FILE_OF_OPTIONS;
            if (file == (pass == 0) && !apply(c, s, err)) return false;
        }
        if (pass == 0 && c->config_file && !config_read_file(c, c->config_file, err)) return false;
    }
    return true;
}

bool config_parse(struct config *c, enum command command, int *argc, char ***argv, GError **err)
{
    struct parse p = { command, g_array_new(FALSE, FALSE, sizeof(struct said)) };
    g_array_set_clear_func(p.said, said_clear);
    settle_maybe_texts(command, *argc, *argv);
    bool ok = check_flags(command, *argc, *argv, err) && parse_command_line(&p, argc, argv, err) &&
              apply_all(c, p.said, err);
    g_array_free(p.said, TRUE);
    if (ok && *argc > 2) ok = refuse(err, (*argv)[2], "is one argument too many");
    if (ok && *argc == 2) ok = set_text(&c->program, (*argv)[1], err);
    return ok;
}
