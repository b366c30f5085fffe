/* A person's Ctrl-C, or a kill, while somebody writes a trace: the run ends first, then the trace,
 * and then the process in the way that it would have at once.  Whoever is in a hurry sends the
 * signal twice; and if the run hangs in the host, for instance at a pipe that nobody reads, a timer
 * does that.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <unistd.h>

#include "monitor/monitor.h"

#define PATIENCE_S 2

static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
static struct sigaction former[NSIG]; /* the terminal's mode may be restored there */
static volatile sig_atomic_t arrived; /* a signal's number */

/* Of handlers, what they call here is allowed. */
static void give_up(int number)
{
    (void)number;
    sigaction(arrived, &former[arrived], NULL);
    raise(arrived);
}

static void on_signal(int number)
{
    arrived = number;
    sigaction(number, &former[number], NULL);
    alarm(PATIENCE_S);
}

void stopping_begin(struct machine *m)
{
    struct sigaction ours = { .sa_handler = on_signal }, last = { .sa_handler = give_up };
    sigaction(SIGALRM, &last, NULL);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct sigaction *old = &former[numbers[i]];
        bool ignored = sigaction(numbers[i], NULL, old) || old->sa_handler == SIG_IGN;
        if (!ignored) sigaction(numbers[i], &ours, NULL);
    }
    machine_stop_when(m, &arrived);
}

bool stopping(void)
{
    return arrived != 0;
}

void stopping_end(void)
{
    if (!arrived) return;
    fflush(NULL);
    raise(arrived); /* as it was before */
}
