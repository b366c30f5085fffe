/* true: does nothing, successfully.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/user.h"

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    return 0;
}
