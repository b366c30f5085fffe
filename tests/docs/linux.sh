#!/bin/sh
# Puts the Linux that pages have numbers of into the current folder, as ./vmlinux and ./initrd.gz.
#
#     tests/docs/linux.sh
#
# EPIC64_PV_KERNEL and EPIC64_LINUX_INITRD name them, as for tests/linux/pv.py.  The status is 77 if they
# are not given, or are others: every build has its own numbers.
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu
absent() {
    echo "$*" >&2
    exit 77
}

[ -n "${EPIC64_PV_KERNEL-}" ] || absent "EPIC64_PV_KERNEL does not name a kernel"
if [ -z "${EPIC64_LINUX_INITRD-}" ]; then
    eval "$(python3 tests/linux/kit.py "$(command -v epic64)")"
fi
[ -n "${EPIC64_LINUX_INITRD-}" ] || absent "EPIC64_LINUX_INITRD does not name an initial RAM disk"
ln -s "$EPIC64_PV_KERNEL" vmlinux
ln -s "$EPIC64_LINUX_INITRD" initrd.gz
sha256sum --quiet --check - >&2 <<END || absent "EPIC64_PV_KERNEL, EPIC64_LINUX_INITRD: not the files that this page has the numbers of"
9deb78fbc698a5b0812a6cdef6338abe10b4eda81833b2b4d10ac2f91940294c  vmlinux
8775712b0fb543130ccb797abe777cbee384cb5ba4daed45ed0690ebd75079ef  initrd.gz
END
