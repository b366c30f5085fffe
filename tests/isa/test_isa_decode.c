/* Decode and encode.  The operand conventions of struct insn against instructions assembled by GNU
 * as and taken apart by hand; the legality rules of SDM volume 3 one by one; and the round trip,
 * which loses nothing but ignored bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/isa/test_isa_kit.h"

#include <string.h>

/* ---- Operands -------------------------------------------------------------------------------- */

/* What GNU as 2.40 makes of the text, and what each member must hold. */
static const struct {
    const char *text;
    char unit;
    u64 slot, lslot;
    const char *meaning;
    struct insn want;
} vectors[] = {
    { "(p7) add r4=r5,r6", 'M', 0x1000060a107, 0x0,
      "add_rr", { .qp = 7, .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "add r4=r5,r6,1", 'M', 0x1000860a100, 0x0,
      "add_rr1", { .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "sub r127=r126,r1,1", 'M', 0x100201fdfc0, 0x0,
      "sub_rr1", { .r1 = 127, .r2 = 126, .r3 = 1 } },
    { "shladd r9=r8,4,r7", 'M', 0x10098710240, 0x0,
      "shladd", { .r1 = 9, .r2 = 8, .r3 = 7, .imm = 4 } },
    { "sub r4=-128,r6", 'M', 0x11128600100, 0x0,
      "sub_ir", { .r1 = 4, .r3 = 6, .imm = -128ull } },
    { "adds r4=-8192,r6", 'M', 0x11800600100, 0x0,
      "adds", { .r1 = 4, .r3 = 6, .imm = -8192ull } },
    { "adds r4=8191,r6", 'M', 0x109f86fe100, 0x0,
      "adds", { .r1 = 4, .r3 = 6, .imm = 8191 } },
    { "addp4 r4=5,r6", 'M', 0x10c0060a100, 0x0,
      "addp4_ir", { .r1 = 4, .r3 = 6, .imm = 5 } },
    { "addl r4=-2097152,r3", 'M', 0x13000300100, 0x0,
      "addl", { .r1 = 4, .r3 = 3, .imm = -2097152ull } },
    { "addl r4=0x155555,r2", 'M', 0x125556aa100, 0x0,
      "addl", { .r1 = 4, .r3 = 2, .imm = 0x155555 } },
    { "(p1) cmp.lt p2,p63=r5,r6", 'M', 0x181f860a081, 0x0,
      "cmp_lt_rr", { .qp = 1, .p1 = 2, .p2 = 63, .r2 = 5, .r3 = 6 } },
    { "cmp4.ltu.unc p2,p3=-1,r6", 'M', 0x1bc186ff080, 0x0,
      "cmp4_ltu_unc_ir", { .p1 = 2, .p2 = 3, .r3 = 6, .imm = -1ull } },
    { "cmp.eq.or.andcm p2,p3=r5,r6", 'M', 0x1c21860a080, 0x0,
      "cmp_eq_orandcm_rr", { .p1 = 2, .p2 = 3, .r2 = 5, .r3 = 6 } },
    { "cmp4.ne.and p2,p3=100,r6", 'M', 0x18e186c9080, 0x0,
      "cmp4_ne_and_ir", { .p1 = 2, .p2 = 3, .r3 = 6, .imm = 100 } },
    { "cmp.ge.or p2,p3=r0,r6", 'M', 0x1b218600080, 0x0,
      "cmp_ge_or_0r", { .p1 = 2, .p2 = 3, .r3 = 6 } },
    { "padd1.uus r4=r5,r6", 'M', 0x1041860a100, 0x0,
      "padd1_uus", { .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "pshradd2 r4=r5,3,r6", 'M', 0x106d060a100, 0x0,
      "pshradd2", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 3 } },
    { "pmpyshr2.u r4=r5,r6,15", 'I', 0x0e29060a100, 0x0,
      "pmpyshr2_u", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 15 } },
    { "pmpyshr2 r4=r5,r6,16", 'I', 0x0e2f060a100, 0x0,
      "pmpyshr2", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 16 } },
    { "mux1 r4=r5,@rev", 'I', 0x0eca0b0a100, 0x0,
      "mux1", { .r1 = 4, .r2 = 5, .imm = 11 } },
    { "mux2 r4=r5,0x1b", 'I', 0x0eea1b0a100, 0x0,
      "mux2", { .r1 = 4, .r2 = 5, .imm = 0x1b } },
    { "mpyshl4 r4=r5,r6", 'I', 0x0f0f060a100, 0x0,
      "mpyshl4", { .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "shr.u r4=r6,r5", 'I', 0x0f20060a100, 0x0,
      "shr_u", { .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "shl r4=r5,r6", 'I', 0x0f24060a100, 0x0,
      "shl", { .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "pshr4 r4=r6,31", 'I', 0x0f43067c100, 0x0,
      "pshr4_i", { .r1 = 4, .r3 = 6, .imm = 31 } },
    { "pshl2 r4=r5,12", 'I', 0x0ee5130a100, 0x0,
      "pshl2_i", { .r1 = 4, .r2 = 5, .imm = 12 } },
    { "popcnt r4=r6", 'I', 0x0e690600100, 0x0,
      "popcnt", { .r1 = 4, .r3 = 6 } },
    { "shrp r4=r5,r6,63", 'I', 0x0adf860a100, 0x0,
      "shrp", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 63 } },
    { "extr.u r4=r6,10,54", 'I', 0x0a5a8628100, 0x0,
      "extr_u", { .r1 = 4, .r3 = 6, .imm = 10, .aux = 54 } },
    { "extr r4=r6,0,64", 'I', 0x0a5f8602100, 0x0,
      "extr", { .r1 = 4, .r3 = 6, .imm = 0, .aux = 64 } },
    { "dep.z r4=r5,40,3", 'I', 0x0a61170a100, 0x0,
      "dep_z", { .r1 = 4, .r2 = 5, .imm = 40, .aux = 3 } },
    { "dep.z r4=-5,40,3", 'I', 0x0b6157f6100, 0x0,
      "dep_z_imm", { .r1 = 4, .imm = -5ull, .aux = 40 | 3 << 8 } },
    { "dep r4=-1,r6,63,1", 'I', 0x0be00600100, 0x0,
      "dep_imm1", { .r1 = 4, .r3 = 6, .x = 1, .imm = 63, .aux = 1 } },
    { "dep r4=0,r6,5,64", 'I', 0x0aff86e8100, 0x0,
      "dep_imm1", { .r1 = 4, .r3 = 6, .x = 0, .imm = 5, .aux = 64 } },
    { "dep r4=r5,r6,48,16", 'I', 0x087f860a100, 0x0,
      "dep", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 48, .aux = 16 } },
    { "tbit.nz.or p2,p3=r6,63", 'I', 0x0a2186fd080, 0x0,
      "tbit_nz_or", { .p1 = 2, .p2 = 3, .r3 = 6, .imm = 63 } },
    { "tnat.z.unc p2,p3=r6", 'I', 0x0a018603080, 0x0,
      "tnat_z_unc", { .p1 = 2, .p2 = 3, .r3 = 6 } },
    { "tf.z p2,p3=34", 'I', 0x0a01808a080, 0x0,
      "tf_z", { .p1 = 2, .p2 = 3, .imm = 34 } },
    { "nop.i 0x1fffff", 'I', 0x0100bffffc0, 0x0,
      "nop_i", { .imm = 0x1fffff } },
    { "break.i 0x100001", 'I', 0x01000000040, 0x0,
      "break_i", { .imm = 0x100001 } },
    { "chk.s.i r5,.-16", 'I', 0x013fff0bfc0, 0x0,
      "chk_s_i", { .r2 = 5, .imm = -16ull } },
    { "mov.ret.sptk.imp b6=r5,.+48", 'I', 0x00e03c0a180, 0x0,
      "mov_to_br", { .r1 = 6, .r2 = 5, .imm = 48, .pos = 1 | 0 << 1 | 1 << 3 } },
    { "mov r4=b7", 'I', 0x0018800e100, 0x0,
      "mov_from_br", { .r1 = 4, .r2 = 7 } },
    { "mov pr=r5,-2", 'I', 0x016ff00bfc0, 0x0,
      "mov_to_pr", { .r2 = 5, .imm = -2ull } },
    { "mov pr=r5,0x8002", 'I', 0x0068000a040, 0x0,
      "mov_to_pr", { .r2 = 5, .imm = 0x8002 } },
    { "mov pr.rot=0x10000", 'I', 0x00400000040, 0x0,
      "mov_to_pr_rot", { .imm = 0x10000 } },
    { "mov pr.rot=0xffffffffffff0000", 'I', 0x015ffffffc0, 0x0,
      "mov_to_pr_rot", { .imm = 0xffffffffffff0000 } },
    { "mov r4=ip", 'I', 0x00180000100, 0x0,
      "mov_from_ip", { .r1 = 4 } },
    { "mov.i ar.lc=r5", 'I', 0x0015410a000, 0x0,
      "mov_to_ar_i_r", { .r3 = 65, .r2 = 5 } },
    { "mov.i ar.pfs=-7", 'I', 0x010540f2000, 0x0,
      "mov_to_ar_i_imm", { .r3 = 64, .imm = -7ull } },
    { "mov.i r4=ar.ec", 'I', 0x00194200100, 0x0,
      "mov_from_ar_i", { .r1 = 4, .r3 = 66 } },
    { "czx2.r r4=r6", 'I', 0x000e8600100, 0x0,
      "czx2_r", { .r1 = 4, .r3 = 6 } },
    { "ld8.nta r4=[r6]", 'M', 0x080f0600100, 0x0,
      "ld8", { .r1 = 4, .r3 = 6, .pos = 3 } },
    { "ld4.s r4=[r6],r5", 'M', 0x0918060a100, 0x0,
      "ld4_s_r", { .r1 = 4, .r3 = 6, .r2 = 5 } },
    { "ld1.c.clr.acq.nt1 r4=[r6],-256", 'M', 0x0ba10600100, 0x0,
      "ld1_c_clr_acq_i", { .r1 = 4, .r3 = 6, .imm = -256ull, .pos = 1 } },
    { "ld16.acq r4,ar.csd=[r6]", 'M', 0x08b08600100, 0x0,
      "ld16_acq", { .r1 = 4, .r3 = 6 } },
    { "st8.spill [r6]=r5,255", 'M', 0x0aec860bfc0, 0x0,
      "st8_spill_i", { .r3 = 6, .r2 = 5, .imm = 255 } },
    { "st2.rel [r6]=r5", 'M', 0x08d4060a000, 0x0,
      "st2_rel", { .r3 = 6, .r2 = 5 } },
    { "ldfe.sa f4=[r6]", 'M', 0x0c300600100, 0x0,
      "ldfe_sa", { .r1 = 4, .r3 = 6 } },
    { "ldf.fill f4=[r6],16", 'M', 0x0e6c0620100, 0x0,
      "ldf_fill_i", { .r1 = 4, .r3 = 6, .imm = 16 } },
    { "stf.spill [r6]=f5,-16", 'M', 0x0fec860bc00, 0x0,
      "stf_spill_i", { .r3 = 6, .r2 = 5, .imm = -16ull } },
    { "ldfps f4,f5=[r6],8", 'M', 0x0d08860a100, 0x0,
      "ldfps_i", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 8 } },
    { "ldfpd.c.nc f4,f5=[r6],16", 'M', 0x0d9c860a100, 0x0,
      "ldfpd_c_nc_i", { .r1 = 4, .r2 = 5, .r3 = 6, .imm = 16 } },
    { "lfetch.fault.excl.nt2 [r6],r5", 'M', 0x0dbe060a000, 0x0,
      "lfetch_fault_excl_r", { .r3 = 6, .r2 = 5, .pos = 2 } },
    { "cmpxchg4.rel r4=[r6],r5,ar.ccv", 'M', 0x0818860a100, 0x0,
      "cmpxchg4_rel", { .r1 = 4, .r3 = 6, .r2 = 5 } },
    { "cmp8xchg16.acq r4=[r6],r5,ar.csd,ar.ccv", 'M', 0x0880860a100, 0x0,
      "cmp8xchg16_acq", { .r1 = 4, .r3 = 6, .r2 = 5 } },
    { "fetchadd8.acq r4=[r6],-16", 'M', 0x084c8608100, 0x0,
      "fetchadd8_acq", { .r1 = 4, .r3 = 6, .imm = -16ull } },
    { "fetchadd4.rel r4=[r6],1", 'M', 0x08588606100, 0x0,
      "fetchadd4_rel", { .r1 = 4, .r3 = 6, .imm = 1 } },
    { "setf.exp f4=r5", 'M', 0x0c74800a100, 0x0,
      "setf_exp", { .r1 = 4, .r2 = 5 } },
    { "getf.d r4=f5", 'M', 0x087c800a100, 0x0,
      "getf_d", { .r1 = 4, .r2 = 5 } },
    { "chk.s.m r5,.+0x7ffff0", 'M', 0x022fff0bfc0, 0x0,
      "chk_s_m", { .r2 = 5, .imm = 0x7ffff0 } },
    { "chk.s f5,.-0xfffff0", 'M', 0x0360000a040, 0x0,
      "chk_s_f", { .r2 = 5, .imm = -0xfffff0ull } },
    { "chk.a.clr r5,.+32", 'M', 0x00a00004140, 0x0,
      "chk_a_clr", { .r1 = 5, .imm = 32 } },
    { "chk.a.nc f5,.+32", 'M', 0x00c00004140, 0x0,
      "chk_a_nc_f", { .r1 = 5, .imm = 32 } },
    { "(p3) mf.a", 'M', 0x00118000003, 0x0,
      "mf_a", { .qp = 3 } },
    { "invala.e f5", 'M', 0x00098000140, 0x0,
      "invala_e_fr", { .r1 = 5 } },
    { "fc.i r6", 'M', 0x03180600000, 0x0,
      "fc_i", { .r3 = 6 } },
    { "mov.m ar.rsc=0", 'M', 0x00141000000, 0x0,
      "mov_to_ar_m_imm", { .r3 = 16, .imm = 0 } },
    { "mov.m ar.bspstore=r5", 'M', 0x0215120a000, 0x0,
      "mov_to_ar_m_r", { .r3 = 18, .r2 = 5 } },
    { "mov r4=cr.ivr", 'M', 0x02124100100, 0x0,
      "mov_from_cr", { .r1 = 4, .r3 = 65 } },
    { "mov cr.itm=r5", 'M', 0x0216010a000, 0x0,
      "mov_to_cr", { .r3 = 1, .r2 = 5 } },
    { "alloc r4=ar.pfs,2,3,4,8", 'M', 0x02c08512100, 0x0,
      "alloc", { .r1 = 4, .imm = 9 | 5 << 8 | 1 << 16 } },
    { "alloc r40=ar.pfs,90,0,6,96", 'M', 0x02c65ac0a00, 0x0,
      "alloc", { .r1 = 40, .imm = 96 | 90 << 8 | 12 << 16 } },
    { "mov psr.l=r5", 'M', 0x0216800a000, 0x0,
      "mov_to_psr_l", { .r2 = 5 } },
    { "break.m 0x155555", 'M', 0x01001555540, 0x0,
      "break_m", { .imm = 0x155555 } },
    { "probe.w r4=r6,r5", 'M', 0x021c860a100, 0x0,
      "probe_w_r", { .r1 = 4, .r3 = 6, .r2 = 5 } },
    { "probe.r r4=r6,3", 'M', 0x020c0606100, 0x0,
      "probe_r_i", { .r1 = 4, .r3 = 6, .aux = 3 } },
    { "probe.rw.fault r6,2", 'M', 0x02188604000, 0x0,
      "probe_rw_fault", { .r3 = 6, .aux = 2 } },
    { "itc.d r5", 'M', 0x0217000a000, 0x0,
      "itc_d", { .r2 = 5 } },
    { "itr.i itr[r6]=r5", 'M', 0x0207860a000, 0x0,
      "itr_i", { .r3 = 6, .r2 = 5 } },
    { "mov rr[r6]=r5", 'M', 0x0200060a000, 0x0,
      "mov_to_rr", { .r3 = 6, .r2 = 5 } },
    { "mov r4=cpuid[r6]", 'M', 0x020b8600100, 0x0,
      "mov_from_cpuid", { .r1 = 4, .r3 = 6 } },
    { "ssm 0xaaaaaa", 'M', 0x010b2aaaa80, 0x0,
      "ssm", { .imm = 0xaaaaaa } },
    { "rum 0x555554", 'M', 0x0012d555500, 0x0,
      "rum", { .imm = 0x555554 } },
    { "ptc.ga r6,r5", 'M', 0x0205860a000, 0x0,
      "ptc_ga", { .r3 = 6, .r2 = 5 } },
    { "tak r4=r6", 'M', 0x020f8600100, 0x0,
      "tak", { .r1 = 4, .r3 = 6 } },
    { "(p5) br.cond.dpnt.many.clr .-16", 'B', 0x09ffffff005, 0x0,
      "br_cond", { .qp = 5, .imm = -16ull, .pos = 3 | 1 << 2 | 1 << 3 } },
    { "br.cloop.sptk.few .-64", 'B', 0x091ffff8140, 0x0,
      "br_cloop", { .imm = -64ull } },
    { "br.wtop.dptk.few .+64", 'B', 0x084000080c0, 0x0,
      "br_wtop", { .imm = 64, .pos = 2 } },
    { "br.call.spnt.many b3=.+0x100", 'B', 0x0a2000210c0, 0x0,
      "br_call", { .r1 = 3, .imm = 0x100, .pos = 1 | 1 << 2 } },
    { "br.cond.sptk.few b6", 'B', 0x0010000c000, 0x0,
      "br_cond_b", { .r2 = 6 } },
    { "br.ret.dptk.many b0", 'B', 0x00508001100, 0x0,
      "br_ret", { .r2 = 0, .pos = 2 | 1 << 2 } },
    { "br.call.dpnt.few b0=b6", 'B', 0x0270000c000, 0x0,
      "br_call_b", { .r1 = 0, .r2 = 6, .pos = 7 } },
    { "brp.loop.imp .+64,.+32", 'B', 0x0e800008088, 0x0,
      "brp", { .imm = 64, .aux = 32, .pos = 1 | 1 << 2 } },
    { "brp.ret.sptk b5,.-32", 'B', 0x0468800bf80, 0x0,
      "brp_ret", { .r2 = 5, .aux = -32u } },
    { "cover", 'B', 0x00010000000, 0x0,
      "cover", { .imm = 0 } },
    { "break.b 0x1fffff", 'B', 0x01003ffffc0, 0x0,
      "break_b", { .imm = 0x1fffff } },
    { "fma.s.s2 f4=f6,f7,f5", 'F', 0x1183860a100, 0x0,
      "fma_s", { .r1 = 4, .r2 = 5, .r3 = 6, .r4 = 7, .x = 2 } },
    { "xma.hu f4=f6,f7,f5", 'F', 0x1d83860a100, 0x0,
      "xma_hu", { .r1 = 4, .r2 = 5, .r3 = 6, .r4 = 7 } },
    { "fcmp.unord.unc.s3 p2,p3=f5,f6", 'F', 0x09e1860b080, 0x0,
      "fcmp_unord_unc", { .p1 = 2, .p2 = 3, .r2 = 5, .r3 = 6, .x = 3 } },
    { "fclass.m p2,p3=f5,0x1e7", 'F', 0x0a61f90a080, 0x0,
      "fclass_m", { .p1 = 2, .p2 = 3, .r2 = 5, .imm = 0x1e7 } },
    { "frcpa.s1 f4,p3=f5,f6", 'F', 0x0061860a100, 0x0,
      "frcpa", { .r1 = 4, .p2 = 3, .r2 = 5, .r3 = 6, .x = 1 } },
    { "fprsqrta.s0 f4,p3=f6", 'F', 0x03218600100, 0x0,
      "fprsqrta", { .r1 = 4, .p2 = 3, .r3 = 6 } },
    { "fpcmp.nle.s1 f4=f5,f6", 'F', 0x025b060a100, 0x0,
      "fpcmp_nle", { .r1 = 4, .r2 = 5, .r3 = 6, .x = 1 } },
    { "fmerge.se f4=f5,f6", 'F', 0x0009060a100, 0x0,
      "fmerge_se", { .r1 = 4, .r2 = 5, .r3 = 6 } },
    { "fcvt.fxu.trunc.s1 f4=f5", 'F', 0x004d800a100, 0x0,
      "fcvt_fxu_trunc", { .r1 = 4, .r2 = 5, .x = 1 } },
    { "fsetc.s2 0x7f,0x41", 'F', 0x008241fe000, 0x0,
      "fsetc", { .imm = 0x7f, .aux = 0x41, .x = 2 } },
    { "fchkf.s0 .-0xfffff0", 'F', 0x01040000040, 0x0,
      "fchkf", { .imm = -0xfffff0ull } },
    { "movl r4=0x8123456789abcdef", 'X', 0x0dcdaede100, 0x48d159e26,
      "movl", { .r1 = 4, .imm = 0x8123456789abcdef } },
    { "movl r4=0x7edcba9876543210", 'X', 0x0c325020100, 0x1fb72ea61d9,
      "movl", { .r1 = 4, .imm = 0x7edcba9876543210 } },
    { "break.x 0x3fffffffffffffff", 'X', 0x01003ffffc0, 0x1ffffffffff,
      "break_x", { .imm = 0x3fffffffffffffff } },
    { "nop.x 0x2000000000000001", 'X', 0x00008000040, 0x10000000000,
      "nop_x", { .imm = 0x2000000000000001 } },
    { "brl.cond.dptk.few .+0x123456780", 'X', 0x1848acf0000, 0x48c,
      "brl_cond", { .imm = 0x123456780, .pos = 2 } },
    { "brl.call.sptk.many b0=.-0x7000000000000000", 'X', 0x1b000001000, 0x4000000000,
      "brl_call", { .imm = -0x7000000000000000ull, .pos = 4 } },
};

static void assert_same_insn(const struct insn *got, const struct insn *want, const char *what)
{
    if (memcmp(got, want, sizeof *got) == 0) return;
    fail_msg("%s: imm %llx aux %x r %u %u %u %u p %u %u qp %u x %u pos %x row %s", what,
             (unsigned long long)got->imm, got->aux, got->r1, got->r2, got->r3, got->r4, got->p1,
             got->p2, got->qp, got->x, got->pos, insn_rows[got->row].meaning);
}

static void operands_land_where_the_handlers_look_for_them(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(vectors); i++) {
        struct insn got, want = vectors[i].want;
        enum isa_legality status = isa_decode_slot(vectors[i].unit, vectors[i].slot,
                                                   vectors[i].lslot, 2, &got);
        want.row = (u16)isa_row_of(vectors[i].meaning);
        assert_same_insn(&got, &want, vectors[i].text);
        assert_int_equal(status, ISA_OK);
    }
}

static void encoding_gives_the_bits_of_the_assembler(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(vectors); i++) {
        struct insn in = vectors[i].want;
        u64 slot = 0, lslot = 0;
        in.row = (u16)isa_row_of(vectors[i].meaning);
        assert_true(isa_encode_slot(&in, &slot, &lslot));
        if (slot != vectors[i].slot || lslot != vectors[i].lslot)
            fail_msg("%s: %llx", vectors[i].text, (unsigned long long)slot);
    }
}

static void encoding_refuses_operands_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *meaning;
        struct insn in;
    } bad[] = {
        { "add_rr", { .r1 = 128 } },
        { "cmp_lt_rr", { .p1 = 64 } },
        { "mov_to_br", { .r1 = 8 } },
        { "addl", { .r3 = 4 } },
        { "adds", { .imm = 8192 } },
        { "adds", { .imm = -8193ull } },
        { "shladd", { .imm = 0 } },
        { "shladd", { .imm = 5 } },
        { "shladd", { .imm = 257 } },
        { "pmpyshr2", { .imm = 8 } },
        { "fetchadd4_acq", { .imm = 2 } },
        { "extr", { .imm = 64, .aux = 1 } },
        { "extr", { .imm = 0, .aux = 65 } },
        { "dep", { .imm = 0, .aux = 17 } },
        { "br_cond", { .imm = 8 } },
        { "br_cond", { .imm = 0x1000000 } },
        { "mov_to_pr", { .imm = 1 } },
        { "mov_to_pr_rot", { .imm = 0x8000 } },
        { "tf_z", { .imm = 31 } },
        { "ldfps_i", { .imm = 16 } },
        { "break_m", { .imm = 0x200000 } },
        { "alloc", { .imm = 128 } },
        { "fma", { .x = 4 } },
        { "add_rr", { .qp = 64 } },
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        struct insn in = bad[i].in;
        u64 slot, lslot;
        in.row = (u16)isa_row_of(bad[i].meaning);
        if (isa_encode_slot(&in, &slot, &lslot)) fail_msg("%u: %s", i, bad[i].meaning);
    }
}

/* ---- Legality -------------------------------------------------------------------------------- */

static enum isa_legality judge(const char *meaning, struct insn in, unsigned slotno,
                               struct insn *out)
{
    u64 slot = 0, lslot = 0;
    in.row = (u16)isa_row_of(meaning);
    if (!isa_encode_slot(&in, &slot, &lslot)) fail_msg("%s: does not encode", meaning);
    return isa_decode_slot(unit_of_row(in.row), slot, lslot, slotno, out);
}

static void register_rules_decide_at_decode(void **state)
{
    (void)state;
    static const struct {
        const char *meaning;
        struct insn in;
        enum isa_legality want;
    } rules[] = {
        /* GR 0 is no target, but a source */
        { "add_rr", { .r1 = 0, .r2 = 1, .qp = 9 }, ISA_ILLEGAL_IF_QP },
        { "add_rr", { .r1 = 1, .r2 = 0, .r3 = 0 }, ISA_OK },
        { "ld8", { .r1 = 0, .r3 = 4 }, ISA_ILLEGAL_IF_QP },
        { "movl", { .r1 = 0 }, ISA_ILLEGAL_IF_QP },
        { "alloc", { .r1 = 0 }, ISA_ILLEGAL_IF_QP },
        { "getf_sig", { .r1 = 0, .r2 = 2 }, ISA_ILLEGAL_IF_QP },
        { "st8", { .r3 = 0, .r2 = 0 }, ISA_OK },
        { "chk_a_nc", { .r1 = 0 }, ISA_OK },
        { "invala_e_gr", { .r1 = 0 }, ISA_OK },
        /* base update: not r0, not the loaded register */
        { "ld8_i", { .r1 = 4, .r3 = 4 }, ISA_ILLEGAL_IF_QP },
        { "ld8_r", { .r1 = 4, .r3 = 4, .r2 = 5 }, ISA_ILLEGAL_IF_QP },
        { "ld8_r", { .r1 = 4, .r3 = 5, .r2 = 4 }, ISA_OK },
        { "ld8", { .r1 = 4, .r3 = 4 }, ISA_OK },
        { "ld8_i", { .r1 = 4, .r3 = 0 }, ISA_ILLEGAL_IF_QP },
        { "st8_i", { .r3 = 0, .r2 = 4 }, ISA_ILLEGAL_IF_QP },
        { "st8_i", { .r3 = 4, .r2 = 4 }, ISA_OK },
        { "ldfs_i", { .r1 = 4, .r3 = 4 }, ISA_OK },
        { "ldfs_i", { .r1 = 4, .r3 = 0 }, ISA_ILLEGAL_IF_QP },
        { "lfetch_i", { .r3 = 0 }, ISA_ILLEGAL_IF_QP },
        { "lfetch", { .r3 = 0 }, ISA_OK },
        /* FR 0 and FR 1 are no targets */
        { "fma", { .r1 = 0, .r2 = 1, .r3 = 1, .r4 = 1 }, ISA_ILLEGAL_IF_QP },
        { "fma", { .r1 = 1 }, ISA_ILLEGAL_IF_QP },
        { "fma", { .r1 = 2 }, ISA_OK },
        { "setf_d", { .r1 = 1, .r2 = 4 }, ISA_ILLEGAL_IF_QP },
        { "ldfe", { .r1 = 1, .r3 = 4 }, ISA_ILLEGAL_IF_QP },
        { "ldfps", { .r1 = 2, .r2 = 1, .r3 = 4 }, ISA_ILLEGAL_IF_QP },
        { "ldfps", { .r1 = 0, .r2 = 3, .r3 = 4 }, ISA_ILLEGAL_IF_QP },
        { "ldfps", { .r1 = 2, .r2 = 4, .r3 = 4 }, ISA_OK }, /* parity needs rrb: not here */
        { "stfd", { .r2 = 0, .r3 = 4 }, ISA_OK },
        { "chk_s_f", { .r2 = 0 }, ISA_OK },
        /* p1 == p2; PR 0 as such is legal */
        { "cmp_lt_rr", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL_IF_QP },
        { "cmp_lt_rr", { .p1 = 0, .p2 = 0 }, ISA_ILLEGAL_IF_QP },
        { "cmp_lt_rr", { .p1 = 0, .p2 = 3 }, ISA_OK },
        { "cmp_eq_and_ir", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL_IF_QP },
        { "cmp_lt_unc_rr", { .p1 = 3, .p2 = 3, .qp = 5 }, ISA_ILLEGAL },
        { "tbit_z", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL_IF_QP },
        { "tnat_z_unc", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL },
        { "tf_z", { .p1 = 3, .p2 = 3, .imm = 32 }, ISA_ILLEGAL_IF_QP },
        { "fcmp_eq", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL_IF_QP },
        { "fcmp_eq_unc", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL },
        { "fclass_m_unc", { .p1 = 3, .p2 = 3 }, ISA_ILLEGAL },
        /* these must name p0 */
        { "alloc", { .r1 = 4, .qp = 0 }, ISA_OK },
        { "alloc", { .r1 = 4, .qp = 6 }, ISA_ILLEGAL },
        { "br_ia", { .qp = 0 }, ISA_OK },
        { "br_ia", { .qp = 6 }, ISA_ILLEGAL },
    };
    for (unsigned i = 0; i < ARRAY_LEN(rules); i++) {
        struct insn out;
        enum isa_legality got = judge(rules[i].meaning, rules[i].in, 2, &out);
        if (got != rules[i].want) fail_msg("%u: %s: %u", i, rules[i].meaning, got);
        static const char *const becomes[] = { NULL, "illegal_qp", "illegal" };
        if (got == ISA_OK) continue;
        assert_string_equal(insn_rows[out.row].meaning, becomes[got]);
        assert_int_equal(out.qp, rules[i].in.qp);
    }
}

static void loop_branches_are_legal_in_slot_2_only(void **state)
{
    (void)state;
    static const char *const loops[] = { "br_cloop", "br_ctop", "br_cexit", "br_wtop", "br_wexit" };
    struct insn out;
    for (unsigned i = 0; i < ARRAY_LEN(loops); i++)
        for (unsigned slotno = 0; slotno < 3; slotno++)
            assert_int_equal(judge(loops[i], (struct insn){ 0 }, slotno, &out),
                             slotno == 2 ? ISA_OK : ISA_ILLEGAL);
    assert_int_equal(judge("br_cond", (struct insn){ 0 }, 0, &out), ISA_OK);
}

/* frcpa with an illegal target still clears p2 when its predicate is 0. */
static void an_illegal_reciprocal_keeps_its_p2(void **state)
{
    (void)state;
    static const char *const kin[] = { "frcpa", "fprcpa", "frsqrta", "fprsqrta" };
    for (unsigned i = 0; i < ARRAY_LEN(kin); i++) {
        struct insn out;
        assert_int_equal(judge(kin[i], (struct insn){ .r1 = 1, .p2 = 9, .qp = 6 }, 1, &out),
                         ISA_ILLEGAL_IF_QP);
        assert_string_equal(insn_rows[out.row].meaning, "illegal_unc");
        assert_int_equal(out.p2, 9);
        assert_int_equal(out.qp, 6);
    }
}

/* SDM volume 3, 4.1 and the opcode tables: what unassigned encodings do. */
static void unassigned_encodings_fault_or_not_as_the_opcode_tables_shade_them(void **state)
{
    (void)state;
    static const struct {
        char unit;
        u8 op, x6, low; /* low: {12:6}, where btype is {8:6} */
        enum isa_legality want;
    } rules[] = {
        { 'M', 2, 0, 0, ISA_ILLEGAL_IF_QP }, { 'M', 3, 0, 0, ISA_ILLEGAL_IF_QP },
        { 'I', 1, 0, 0, ISA_ILLEGAL_IF_QP }, { 'I', 2, 0, 0, ISA_ILLEGAL_IF_QP },
        { 'I', 6, 0, 0, ISA_ILLEGAL_IF_QP }, { 'I', 15, 0, 0, ISA_ILLEGAL_IF_QP },
        { 'M', 11, 0, 0, ISA_ILLEGAL_IF_QP }, { 'I', 0, 0x3f, 0, ISA_ILLEGAL_IF_QP },
        { 'M', 1, 0x3f, 0, ISA_ILLEGAL_IF_QP },
        { 'F', 2, 0, 0, ISA_ILLEGAL_IF_QP }, { 'F', 6, 0, 0, ISA_ILLEGAL_IF_QP },
        { 'F', 15, 0, 0, ISA_ILLEGAL_IF_QP }, { 'F', 0, 0x3f, 0, ISA_ILLEGAL_IF_QP },
        { 'X', 1, 0, 0, ISA_ILLEGAL_IF_QP }, { 'X', 8, 0, 0, ISA_ILLEGAL_IF_QP },
        { 'X', 15, 0, 0, ISA_ILLEGAL_IF_QP }, { 'X', 12, 0, 1, ISA_ILLEGAL_IF_QP },
        { 'B', 0, 0x03, 0, ISA_ILLEGAL_IF_QP }, { 'B', 0, 0x0f, 0, ISA_ILLEGAL_IF_QP },
        { 'B', 0, 0x11, 0, ISA_ILLEGAL_IF_QP }, { 'B', 0, 0x1f, 0, ISA_ILLEGAL_IF_QP },
        { 'B', 0, 0x01, 0, ISA_IGNORED },
        { 'B', 0, 0x20, 2, ISA_ILLEGAL }, { 'B', 0, 0x20, 7, ISA_ILLEGAL },
        { 'B', 0, 0x21, 0, ISA_ILLEGAL }, { 'B', 0, 0x21, 5, ISA_ILLEGAL },
        { 'B', 0, 0x22, 0, ISA_ILLEGAL }, { 'B', 0, 0x3f, 0, ISA_ILLEGAL },
        { 'B', 2, 0x02, 0, ISA_IGNORED }, { 'B', 2, 0x3f, 0, ISA_IGNORED },
        { 'B', 3, 0, 0, ISA_IGNORED }, { 'B', 6, 0, 0, ISA_IGNORED },
        { 'B', 4, 0, 1, ISA_ILLEGAL }, { 'B', 4, 0, 4, ISA_ILLEGAL },
        { 'B', 8, 0, 0, ISA_ILLEGAL }, { 'B', 15, 0, 0, ISA_ILLEGAL },
    };
    static const char *const becomes[] = { NULL, "illegal_qp", "illegal", "ignored" };
    for (unsigned i = 0; i < ARRAY_LEN(rules); i++) {
        struct insn out;
        u64 slot = (u64)rules[i].op << 37 | (u64)rules[i].x6 << 27 | (u64)rules[i].low << 6 | 21;
        enum isa_legality got = isa_decode_slot(rules[i].unit, slot, 0, 2, &out);
        if (got != rules[i].want)
            fail_msg("%c %x %x: %u", rules[i].unit, rules[i].op, rules[i].x6, got);
        assert_string_equal(insn_rows[out.row].meaning, becomes[got]);
        assert_int_equal(out.qp, 21);
    }
}

static void reserved_field_values_are_illegal_when_predicated_on(void **state)
{
    (void)state;
    struct insn out;
    u64 seed = 3;
    unsigned mux1 = (unsigned)isa_row_of("mux1"), add = (unsigned)isa_row_of("pshladd2");
    for (unsigned mbt = 0; mbt < 16; mbt++) {
        u64 slot = deposit(random_of_row(&seed, mux1), 23, 20, mbt) | 1 << 6;
        bool legal = mbt == 0 || (mbt >= 8 && mbt <= 11);
        assert_int_equal(isa_decode_slot('I', slot, 0, 1, &out),
                         legal ? ISA_OK : ISA_ILLEGAL_IF_QP);
    }
    for (unsigned count = 0; count < 4; count++) {
        u64 slot = deposit(random_of_row(&seed, add), 28, 27, count) | 1 << 6;
        assert_int_equal(isa_decode_slot('M', slot, 0, 1, &out),
                         count < 3 ? ISA_OK : ISA_ILLEGAL_IF_QP);
    }
}

/* ---- Bundles --------------------------------------------------------------------------------- */

static void a_reserved_template_makes_three_illegal_slots(void **state)
{
    (void)state;
    static const u8 reserved[] = { 0x06, 0x07, 0x14, 0x15, 0x1a, 0x1b, 0x1e, 0x1f };
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++) {
        u64 nops[3] = { 1ull << 27, 1ull << 27, 1ull << 27 };
        struct bundle_info info;
        struct insn out[3];
        u8 bundle[16];
        isa_join(reserved[i], nops, bundle);
        isa_decode_bundle(bundle, out, &info);
        assert_string_equal(info.unit, "");
        for (unsigned s = 0; s < 3; s++) {
            assert_int_equal(info.status[s], ISA_RESERVED_TEMPLATE);
            assert_string_equal(insn_rows[out[s].row].meaning, "reserved_template");
        }
    }
}

static void mlx_is_one_instruction_in_slot_1(void **state)
{
    (void)state;
    struct insn in[3] = { { 0 } }, out[3];
    struct bundle_info info;
    u8 bundle[16];
    in[0].row = (u16)isa_row_of("nop_m");
    in[1].row = (u16)isa_row_of("movl");
    in[1].r1 = 9;
    in[1].imm = 0x123456789abcdef0;
    assert_true(isa_encode_bundle(0x05, in, bundle));
    isa_decode_bundle(bundle, out, &info);
    assert_true(info.mlx);
    assert_int_equal(info.stops, 4);
    assert_same_insn(&out[1], &in[1], "movl");
    assert_int_equal(info.status[1], ISA_OK);
    assert_int_equal(info.status[2], ISA_ILLEGAL);
    assert_string_equal(insn_rows[out[2].row].meaning, "illegal");
}

static void splitting_and_joining_agree_with_the_picture_of_a_bundle(void **state)
{
    (void)state;
    u64 seed = 4;
    for (unsigned n = 0; n < 1000; n++) {
        u64 slot[3], got[3];
        unsigned template = random_next(&seed) & 31, back;
        u8 bundle[16];
        u128 all = template;
        for (unsigned i = 0; i < 3; i++) {
            slot[i] = random_slot(&seed);
            all |= (u128)slot[i] << (5 + 41 * i);
        }
        isa_join(template, slot, bundle);
        for (unsigned i = 0; i < 16; i++) assert_int_equal(bundle[i], (u8)(all >> (8 * i)));
        isa_split(bundle, &back, got);
        assert_int_equal(back, template);
        assert_memory_equal(got, slot, sizeof slot);
    }
}

static void a_bundle_refuses_instructions_of_another_unit(void **state)
{
    (void)state;
    struct insn in[3] = { { 0 } };
    u8 bundle[16];
    in[0].row = (u16)isa_row_of("nop_m");
    in[1].row = (u16)isa_row_of("add_rr");
    in[2].row = (u16)isa_row_of("nop_i");
    assert_true(isa_encode_bundle(0x00, in, bundle));
    assert_false(isa_encode_bundle(0x10, in, bundle));
    assert_false(isa_encode_bundle(0x06, in, bundle));
    in[1].row = (u16)isa_row_of("illegal");
    assert_false(isa_encode_bundle(0x00, in, bundle));
}

/* ---- Round trip ------------------------------------------------------------------------------ */

static void nothing_is_lost_between_decode_and_encode(void **state)
{
    (void)state;
    u64 seed = 5;
    unsigned legal = 0;
    for (unsigned row = 0; row < insn_row_count; row++) {
        for (unsigned n = 0; n < 400 && !is_pseudo(row); n++) {
            struct insn in, again;
            u64 slot = random_of_row(&seed, row), lslot = random_slot(&seed), s = 0, l = 0;
            char unit = unit_of_row(row);
            if (isa_decode_slot(unit, slot, lslot, 2, &in) != ISA_OK) continue;
            assert_true(isa_encode_slot(&in, &s, &l));
            if (s != (slot & ~insn_rows[row].ignored)) fail_msg("%s: %llx", insn_rows[row].meaning,
                                                                (unsigned long long)slot);
            if (unit == 'X') {
                u64 unused = insn_rows[row].attrs & ATTR_BRANCH ? 3 : 0; /* brl: {1:0} */
                assert_int_equal(l, lslot & ~unused);
            }
            isa_decode_slot(unit, s, l, 2, &again);
            assert_memory_equal(&again, &in, sizeof in);
            legal++;
        }
    }
    assert_true(legal > 150000);
}

static int start(void **state)
{
    (void)state;
    isa_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_land_where_the_handlers_look_for_them),
        cmocka_unit_test(encoding_gives_the_bits_of_the_assembler),
        cmocka_unit_test(encoding_refuses_operands_that_do_not_fit),
        cmocka_unit_test(register_rules_decide_at_decode),
        cmocka_unit_test(loop_branches_are_legal_in_slot_2_only),
        cmocka_unit_test(an_illegal_reciprocal_keeps_its_p2),
        cmocka_unit_test(unassigned_encodings_fault_or_not_as_the_opcode_tables_shade_them),
        cmocka_unit_test(reserved_field_values_are_illegal_when_predicated_on),
        cmocka_unit_test(a_reserved_template_makes_three_illegal_slots),
        cmocka_unit_test(mlx_is_one_instruction_in_slot_1),
        cmocka_unit_test(splitting_and_joining_agree_with_the_picture_of_a_bundle),
        cmocka_unit_test(a_bundle_refuses_instructions_of_another_unit),
        cmocka_unit_test(nothing_is_lost_between_decode_and_encode),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
