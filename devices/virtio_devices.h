/* The virtio devices, ready for pci_add.  PUBLIC.  SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICES_VIRTIO_DEVICES_H
#define DEVICES_VIRTIO_DEVICES_H

#include "devices/host/block.h"
#include "devices/host/chardev.h"
#include "devices/host/net.h"
#include "devices/pci.h"

struct pci_device *virtio_blk_new(struct physmem *pm, struct block *disk);     /* owns the disk */
struct pci_device *virtio_console_new(struct physmem *pm, struct chardev *host); /* borrows it */
struct pci_device *virtio_rng_new(struct physmem *pm, u64 seed);
struct pci_device *virtio_net_new(struct physmem *pm, struct net *net, const u8 mac[6]); /* owns */

#endif
