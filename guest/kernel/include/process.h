/* Processes: what their threads share, and what is left for the parent when all of them have ended.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef JANUS_PROCESS_H
#define JANUS_PROCESS_H

#include "signal.h"
#include "wait.h"

struct process {
    struct list all;
    struct list threads;      /* tasks, by `thread`; the oldest first */
    struct process *parent;   /* NULL: nobody will ask for the status */
    struct wait_queue events; /* a child ends, stops, goes on; a thread ends; the process goes on */
    int pid, exit_signal;
    int thread_count; /* 0: only the status is left */
    int resting;      /* threads that have stopped, on their way to the program */
    int status, news; /* of the end; of a stop or its end, until wait4 has told */
    int stopped;      /* by this signal */
    bool stop_told, ending;
    struct task *survivor; /* calls execve: all others are to end */
    u64 pending;           /* signals that any thread may take */
    struct sigaction action[SIGNALS + 1];
};
#define STATUS_CONTINUED 0xffff

extern spinlock_t tasks_lock; /* for all of the above, and the signals of tasks */
extern struct process *init_process;

struct process *process_new(struct process *parent);
bool process_join(struct process *p, struct task *t); /* false: it is ending */
/* With tasks_lock held: */
struct process *process_find(int pid); /* its number, or that of one of its threads */
struct task *process_thread(struct process *p, int tid);
void process_end(struct process *p, int status); /* `status` as wait4 reports it */
void process_tell_parent(struct process *p, bool ended);
/* Without: */
noreturn void process_exit(int status); /* of the current task */
noreturn void task_exit(void);          /* the process too, if it was the last thread */
int process_alone(void);                /* no thread is left but this one; 0 or -EINTR */

#endif
