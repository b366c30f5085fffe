/* A shell to play with: words, programs of /bin by name, `|` between them, `&` behind them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/user.h"

enum { LINE = 256, WORDS = 32, O_DIRECTORY = 0200000 };

static int help(char **words);

static int echo(char **words)
{
    while (*++words) printf("%s%s", *words, words[1] ? " " : "");
    printf("\n");
    return 0;
}

static void copy(int from)
{
    char buf[1024];
    for (long n; (n = read(from, buf, sizeof buf)) > 0;) write(1, buf, (size_t)n);
}

static int cat(char **words)
{
    if (!words[1]) copy(0);
    while (*++words) {
        int fd = (int)open(*words, O_RDONLY);
        if (fd < 0) {
            printf("cat: no file %s\n", *words);
            return 1;
        }
        copy(fd);
        close(fd);
    }
    return 0;
}

/* struct linux_dirent64: inode, offset, length of the record, type, name. */
static void list(const u8 *p, const u8 *end)
{
    for (; p < end; p += p[16] | p[17] << 8) printf("%s\n", (const char *)p + 19);
}

static int ls(char **words)
{
    static u8 buf[4096];
    const char *path = words[1] ? words[1] : "/";
    int fd = (int)open(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        printf("ls: no directory %s\n", path);
        return 1;
    }
    for (long n; (n = sys(NR_getdents64, fd, buf, sizeof buf)) > 0;) list(buf, buf + n);
    close(fd);
    return 0;
}

static int uptime(char **words)
{
    u64 t = now();
    (void)words;
    printf("%lu.%09lu s, processor %d\n", t / 1000000000, t % 1000000000, cpu());
    return 0;
}

static const struct builtin {
    const char *name;
    int (*run)(char **words);
    const char *what;
} builtins[] = {
    { "echo",   echo,   "[WORD...]" },
    { "cat",    cat,    "[FILE...]" },
    { "ls",     ls,     "[DIRECTORY]" },
    { "uptime", uptime, "" },
    { "help",   help,   "" },
};

static int help(char **words)
{
    (void)words;
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
        printf("%s %s\n", builtins[i].name, builtins[i].what);
    }
    printf("exit\nand the programs of /bin; COMMAND | COMMAND; COMMAND &\n");
    return 0;
}

/* In a process of its own: never comes back. */
static void become(char **words)
{
    char path[LINE + 8] = "/bin/";
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
        if (!strcmp(words[0], builtins[i].name)) leave(builtins[i].run(words));
    }
    memcpy(path + 5, words[0], strlen(words[0]) + 1);
    sys(NR_execve, words[0][0] == '/' ? words[0] : path, words, environment);
    printf("sh: no program %s\n", words[0]);
    leave(127);
}

static void replace(int fd, int with)
{
    sys(NR_dup2, with, fd);
    close(with);
}

/* Starts the commands between bars from left to right; the process number of the last. */
static long start_pipeline(char **words)
{
    long child = -1;
    int input = -1;
    for (char **bar = words; *words; words = bar) {
        int ends[2] = { -1, -1 };
        for (bar = words; *bar && strcmp(*bar, "|");) bar++;
        bool last = !*bar;
        if (!last) *bar++ = NULL, sys(NR_pipe2, ends, 0);
        child = *words ? fork() : -1;
        if (!child) {
            if (input >= 0) replace(0, input);
            if (!last) close(ends[0]), replace(1, ends[1]);
            become(words);
        }
        if (input >= 0) close(input);
        if (!last) close(ends[1]);
        input = ends[0];
    }
    return child;
}

static void perform(char **words, int count)
{
    bool background = !strcmp(words[count - 1], "&");
    if (background) words[--count] = NULL;
    if (!count) return;
    long last = start_pipeline(words);
    if (background) printf("[%ld]\n", last);
    int status = background || last < 0 ? 0 : wait_for(last);
    if (status >= WAIT_SIGNALLED) printf("sh: signal %d\n", status - WAIT_SIGNALLED);
    else if (status) printf("sh: status %d\n", status);
    while (!background && sys(NR_wait4, -1, NULL, 1) > 0) {} /* others that have ended */
}

static int split(char *line, char **words)
{
    int count = 0;
    while (count < WORDS - 1) {
        while (*line == ' ' || *line == '\n') *line++ = 0;
        if (!*line) break;
        words[count++] = line;
        while (*line && *line != ' ' && *line != '\n') line++;
    }
    words[count] = NULL;
    return count;
}

/* A line from the console, which hands out whole lines; false at the end of input. */
static bool read_line(char *line)
{
    long n = read(0, line, LINE - 1);
    if (n <= 0) return false;
    line[n] = 0;
    return true;
}

int main(int argc, char **argv, char **envp)
{
    static char line[LINE];
    char *words[WORDS];
    (void)argc, (void)argv, (void)envp;
    for (;;) {
        printf("janus# ");
        if (!read_line(line)) return 0;
        int count = split(line, words);
        if (count && !strcmp(words[0], "exit")) return 0;
        if (count) perform(words, count);
    }
}
