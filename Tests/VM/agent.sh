#!/bin/bash
# The machine's end of vmtest.sh: says READY when the system has started, runs /share/.vmtest/script when told to, says EXIT and its status.
ports=/dev/virtio-ports
disk=/dev/disk/by-id/virtio-share

udevadm settle -t 30
exec 3<>$ports/vmtest.control
systemctl is-system-running --wait >/dev/null
if [[ $(</proc/cmdline) == *vmtest.snapshot* ]]; then sleep 1; sync; fi # quiet before the picture is taken
echo READY >&3

read -r _ now seed <&3
date -s "@$now" >/dev/null
echo "$seed" > /dev/urandom     # every resumed machine would draw the same numbers
blockdev --flushbufs $disk      # the snapshot remembers the blocks of an older disk
mount -o noatime $disk /share

(cd /share && mapfile -d '' -t arguments < .vmtest/arguments && exec .vmtest/script "${arguments[@]}") \
    </dev/null >$ports/vmtest.out 2>$ports/vmtest.err
status=$?

cd / && { umount /share || { sync; mount -o remount,ro /share; }; }
echo "EXIT $status" >&3
sleep infinity
