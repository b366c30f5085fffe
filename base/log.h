/* The one sink for everything the emulator says that is not guest output: warnings, progress,
 * debugging.  A channel names who speaks ("mmu", "iosapic"), a level says how urgent it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/types.h"

enum log_level {
    LEVEL_ERROR,   /* the run cannot go on, or its result is not to be trusted */
    LEVEL_WARNING, /* the guest or the user did something odd */
    LEVEL_INFO,    /* progress */
    LEVEL_DEBUG,   /* for whoever works on the emulator */
    LEVEL_COUNT
};

/* Print messages up to `most` on standard error, as "epic64: channel: text".  Once, by main. */
void log_setup(enum log_level most);
/* "warning" to LEVEL_WARNING; false: no such level. */
bool log_level_parse(const char *name, enum log_level *level);

/* Would a message of this level be printed?  For those whose text is costly to make. */
bool log_wants(enum log_level level);
void log_print(enum log_level level, const char *channel, const char *fmt, ...) PRINTF(3, 4);

#define log_error(channel, ...) log_print(LEVEL_ERROR, channel, __VA_ARGS__)
#define log_warning(channel, ...) log_print(LEVEL_WARNING, channel, __VA_ARGS__)
#define log_info(channel, ...) log_print(LEVEL_INFO, channel, __VA_ARGS__)
#define log_debug(channel, ...) log_print(LEVEL_DEBUG, channel, __VA_ARGS__)

#endif
