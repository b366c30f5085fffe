/* xen_version: who we claim to be, a Xen 4.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hypercall/ops.h"

enum { XENVER_VERSION, XENVER_EXTRAVERSION, XENVER_COMPILE_INFO, XENVER_CAPABILITIES,
       XENVER_CHANGESET, XENVER_PLATFORM_PARAMETERS, XENVER_GET_FEATURES, XENVER_PAGESIZE };
#define VIRT_START 0xf000000000000000ull

struct compile_info {
    char compiler[64], by[16], domain[32], date[32];
};
SIZE_IS(struct compile_info, 0x90);

static s64 give(struct hv_vcpu *v, xencomm arg, const void *data, u64 len)
{
    return xencomm_write(v->d, arg, 0, data, len) ? 0 : XEN_EFAULT;
}

static s64 give_text(struct hv_vcpu *v, xencomm arg, const char *text, u64 len)
{
    char buf[1024] = { 0 };
    memcpy(buf, text, strlen(text));
    return give(v, arg, buf, len);
}

static s64 compile_info(struct hv_vcpu *v, xencomm arg)
{
    static const struct compile_info info = { "a C17 compiler", "epic64", "localdomain", "2024" };
    return give(v, arg, &info, sizeof info);
}

static s64 get_features(struct hv_vcpu *v, xencomm arg)
{
    struct xen_feature_info info;
    if (!xencomm_read(v->d, arg, 0, &info, sizeof info)) return XEN_EFAULT;
    if (info.submap_idx) return XEN_EINVAL;
    info.submap = XEN_FEATURES;
    return give(v, arg, &info, sizeof info);
}

s64 hv_xen_version(struct hv_vcpu *v, u32 cmd, xencomm arg)
{
    const u64 virt_start = VIRT_START;
    switch (cmd) {
    case XENVER_VERSION: return XEN_VERSION_WORD;
    case XENVER_EXTRAVERSION: return give_text(v, arg, ".0-epic64", 16);
    case XENVER_COMPILE_INFO: return compile_info(v, arg);
    case XENVER_CAPABILITIES: return give_text(v, arg, "xen-3.0-ia64 xen-3.0-ia64be ", 1024);
    case XENVER_CHANGESET: return give_text(v, arg, "unavailable", 64);
    case XENVER_PLATFORM_PARAMETERS: return give(v, arg, &virt_start, sizeof virt_start);
    case XENVER_GET_FEATURES: return get_features(v, arg);
    case XENVER_PAGESIZE: return arg ? XEN_EINVAL : (s64)XEN_PAGE_SIZE;
    default: return XEN_ENOSYS;
    }
}
