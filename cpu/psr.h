/* PSR, field by field.  SDM 2:3.3.2.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CPU_PSR_H
#define CPU_PSR_H

#include "base/types.h"

#define PSR_BIT(n) (1ull << (n))
#define PSR_BE PSR_BIT(1)
#define PSR_UP PSR_BIT(2)
#define PSR_AC PSR_BIT(3)
#define PSR_MFL PSR_BIT(4)
#define PSR_MFH PSR_BIT(5)
#define PSR_UM 0x3eull
#define PSR_IC PSR_BIT(13)
#define PSR_I PSR_BIT(14)
#define PSR_PK PSR_BIT(15)
#define PSR_DT PSR_BIT(17)
#define PSR_DFL PSR_BIT(18)
#define PSR_DFH PSR_BIT(19)
#define PSR_SP PSR_BIT(20)
#define PSR_PP PSR_BIT(21)
#define PSR_DI PSR_BIT(22)
#define PSR_SI PSR_BIT(23)
#define PSR_DB PSR_BIT(24)
#define PSR_LP PSR_BIT(25)
#define PSR_TB PSR_BIT(26)
#define PSR_RT PSR_BIT(27)
#define PSR_CPL (3ull << 32)
#define PSR_CPL_SHIFT 32
#define PSR_IS PSR_BIT(34)
#define PSR_MC PSR_BIT(35)
#define PSR_IT PSR_BIT(36)
#define PSR_ID PSR_BIT(37)
#define PSR_DA PSR_BIT(38)
#define PSR_DD PSR_BIT(39)
#define PSR_SS PSR_BIT(40)
#define PSR_RI (3ull << 41)
#define PSR_RI_SHIFT 41
#define PSR_ED PSR_BIT(43)
#define PSR_BN PSR_BIT(44)
#define PSR_IA PSR_BIT(45)
#define PSR_VM PSR_BIT(46)
#define PSR_ONE_SHOT (PSR_ID | PSR_DA | PSR_DD | PSR_ED | PSR_IA)

/* Reserved in {31:0}, for ssm, rsm, mov psr.l. */
#define PSR_L_RESERVED 0xf0011fc1ull
#define PSR_SM_RESERVED 0x00011fc1ull

#endif
