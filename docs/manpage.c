/* Writes the manual page from the tables of the command line, so that it cannot lag behind.
 *
 *     manpage VERSION > epic64.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

static const struct {
    const char *id, *name, *arguments, *line, *text;
} commands[] = {
#define COMMAND(id, fn, name, args, line, text) { #id, name, args, line, text },
#include "machine/commands.def"
};

static const struct {
    const char *command, *name;
    char short_name;
    const char *argument, *help;
} options[] = {
#define OPTION(command, name, short_name, kind, field, argument, help)                            \
    { #command, name, short_name, argument, help },
#include "machine/options.def"
};

static const struct {
    int status;
    const char *meaning;
} exits[] = {
#define EXIT(id, status, meaning) { status, meaning },
#include "machine/exits.def"
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Text with what troff would take for its own made harmless. */
static void put(const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') putchar('\\');
        putchar(*text);
    }
}

static int same(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static void put_options(const char *command)
{
    for (size_t i = 0; i < LENGTH(options); i++) {
        if (!same(options[i].command, command)) continue;
        printf(".TP\n");
        if (options[i].short_name) printf("\\fB\\-%c\\fR, ", options[i].short_name);
        printf("\\fB\\-\\-");
        put(options[i].name);
        printf("\\fR");
        if (options[i].argument) printf("=\\fI%s\\fR", options[i].argument);
        printf("\n");
        put(options[i].help);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    printf(".TH EPIC64 1 \"\" \"epic64 %s\" \"User Commands\"\n", argc > 1 ? argv[1] : "");
    printf(".SH NAME\nepic64 \\- an IA\\-64 (Itanium) system emulator\n.SH SYNOPSIS\n");
    for (size_t i = 0; i < LENGTH(commands); i++) {
        printf("%s.B epic64 %s\n[OPTION...] %s\n", i ? ".br\n" : "", commands[i].name,
               commands[i].arguments);
    }
    printf(".SH COMMANDS\n");
    for (size_t i = 0; i < LENGTH(commands); i++) {
        printf(".SS epic64 %s\n", commands[i].name);
        put(commands[i].text);
        printf("\n");
        put_options(commands[i].id);
    }
    printf(".SH CONFIGURATION FILES\n"
           "A file named by \\fB\\-\\-config\\fR has a group \\fB[run]\\fR whose keys are the names of the\n"
           "options of \\fBepic64 run\\fR, and \\fBprogram\\fR. Lists are separated by semicolons, options\n"
           "without an argument are true or false. The command line has the last word.\n");
    printf(".SH EXIT STATUS\nThe guest's, or\n");
    for (size_t i = 0; i < LENGTH(exits); i++) {
        printf(".TP\n%d\n", exits[i].status);
        put(exits[i].meaning);
        printf("\n");
    }
    return 0;
}
