/* The registers by gdb's numbers (its ia64 has 462), as little-endian bytes.
 *
 *     0-127 r, of which gdb fetches r32 and up from the backing store instead
 *     128-255 f, 16 bytes: significand, then 17 bits of exponent and the sign
 *     256-319 p     320-327 b     328, 329 what gdb computes itself
 *     330 pr   331 ip   332 psr, with the slot in ri   333 cfm   334-461 ar
 *
 * bsp follows the ptrace convention that gdb expects, not the architecture: it is the END of the
 * current frame.  There is no ar.itc: gdb would put it back after it has called a function, and
 * with it the guest's time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cpu/psr.h"
#include "monitor/gdb-priv.h"

enum { GR = 0, FR = 128, PR = 256, BR = 320, VFP = 328, VRAP = 329, PR_ALL = 330, IP = 331,
       PSR = 332, CFM = 333, AR = 334 };

unsigned gdb_register_size(unsigned n)
{
    return n >= FR && n < PR ? 16 : 8;
}

static void read_float(struct cpu *cpu, unsigned f, u8 *bytes)
{
    struct fpreg v = cpu_fr(cpu, f);
    u64 high = v.exp | (u64)v.sign << 17;
    memcpy(bytes, &v.sig, 8);
    memcpy(bytes + 8, &high, 8);
}

static bool write_float(struct cpu *cpu, unsigned f, const u8 *bytes)
{
    struct fpreg v;
    u64 high;
    if (f < 2) return false;
    memcpy(&v.sig, bytes, 8);
    memcpy(&high, bytes + 8, 8);
    v.exp = (u32)bits(high, 16, 0);
    v.sign = bit(high, 17);
    cpu_set_fr(cpu, f, v);
    return true;
}

static u64 read_ar(struct cpu *cpu, unsigned n)
{
    return n == AR_BSP_N ? rse_frame_end(cpu) : cpu_ar(cpu, n);
}

/* For gdb a frame lies below its end.  So it pushes one to call a function of the guest. */
static bool set_frame_end(struct cpu *cpu, u64 end, u64 cfm)
{
    return cpu_set_frame(cpu, rse_address(end, -(int)frame_sof(cfm)), cfm);
}

static bool write_ar(struct cpu *cpu, unsigned n, u64 value)
{
    if (n == AR_BSP_N) return set_frame_end(cpu, value, cpu_cfm(cpu));
    if (n == AR_BSPSTORE_N) return cpu_move_bspstore(cpu, value);
    if (n == AR_ITC_N) return false;
    cpu_set_ar(cpu, n, value);
    return true;
}

static bool write_predicate(struct cpu *cpu, unsigned p, u64 value)
{
    unsigned at = physical_pr(cpu, p);
    if (p == 0) return value == 1;
    cpu_set_pr(cpu, deposit(cpu_pr(cpu), at, at, value & 1));
    return true;
}

static u64 read_integer(struct cpu *cpu, unsigned n)
{
    if (n < FR) return cpu_gr(cpu, n, NULL);
    if (n < BR) return logical_pr(cpu, n - PR);
    if (n < VFP) return cpu_br(cpu, n - BR);
    if (n == PR_ALL) return cpu_pr(cpu);
    if (n == IP) return cpu_ip(cpu);
    if (n == PSR) return cpu_psr(cpu) | (u64)cpu_ri(cpu) << PSR_RI_SHIFT;
    return n == CFM ? cpu_cfm(cpu) : read_ar(cpu, n - AR);
}

bool gdb_register_read(struct cpu *cpu, unsigned n, u8 *bytes)
{
    if (n == VFP || n == VRAP || n == AR + AR_ITC_N || n >= GDB_REGISTERS) return false;
    if (n >= FR && n < PR) {
        read_float(cpu, n - FR, bytes);
        return true;
    }
    u64 value = read_integer(cpu, n);
    memcpy(bytes, &value, 8);
    return true;
}

static void write_psr(struct cpu *cpu, u64 value)
{
    cpu_set_psr(cpu, value & ~PSR_RI);
    cpu_set_ip(cpu, cpu_ip(cpu), MIN((unsigned)bits(value, 42, 41), 2));
}

static bool write_integer(struct cpu *cpu, unsigned n, u64 value)
{
    if (n == GR) return false;
    if (n < FR) {
        cpu_set_gr(cpu, n, value, false);
    } else if (n >= PR && n < BR) {
        return write_predicate(cpu, n - PR, value);
    } else if (n >= BR && n < VFP) {
        cpu_set_br(cpu, n - BR, value);
    } else if (n == PR_ALL) {
        cpu_set_pr(cpu, value);
    } else if (n == IP) {
        cpu_set_ip(cpu, value & ~15ull, cpu_ri(cpu));
    } else if (n == PSR) {
        write_psr(cpu, value);
    } else if (n == CFM) {
        return set_frame_end(cpu, rse_frame_end(cpu), value);
    } else if (n >= AR) {
        return write_ar(cpu, n - AR, value);
    }
    return true; /* also for vfp and vrap, which gdb writes when it pops a frame */
}

bool gdb_register_write(struct cpu *cpu, unsigned n, const u8 *bytes)
{
    u64 value;
    if (n >= GDB_REGISTERS) return false;
    if (n >= FR && n < PR) return write_float(cpu, n - FR, bytes);
    memcpy(&value, bytes, 8);
    return write_integer(cpu, n, value);
}
