#!/bin/bash
# Makes the machine of vmtest.sh: Debian 12, or what VMTEST_SUITE names, with systemd, systemd-networkd and systemd-resolved, and Debian's own kernel.
#
#   image.sh FOLDER     -> FOLDER/{vmlinuz,initrd,root.ext4}; root, 40 s
#
# Nothing is mounted and nothing is installed on the machine which builds: mmdebstrap fills a folder, mke2fs -d makes the disk of it.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")

packages=(
    systemd systemd-sysv systemd-resolved libnss-resolve udev dbus libpam-systemd kmod procps util-linux
    iproute2 nftables iptables wireguard-tools libcap2-bin libstdc++6 make binutils         # vpnrun and its installation
    python3 dnsmasq-base bind9-dnsutils iputils-ping iperf3 curl jq socat tcpdump strace   # the lab
)
# Started by the tests that are about them.
packages_off=(
    network-manager ufw firewalld bird2
    docker.io podman crun netavark aardvark-dns uidmap slirp4netns passt catatonit dbus-user-session busybox-static # and all for a container
)
suite=${VMTEST_SUITE:-bookworm}
case $suite in
    bookworm) packages_off+=(ifupdown-ng) ;;
    *) packages_off+=(docker-cli) ;;
esac

# The mirror that apt uses here, where this is a Debian, too.
# shellcheck disable=SC2016  # apt fills in the fields
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $suite" | sed -n '1s,/debian/*$,,p')
mirror=${mirror:-http://deb.debian.org}

sources() {
    local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
    echo "deb $signed $mirror/debian $suite main"
    echo "deb $signed $mirror/debian $suite-updates main"
    echo "deb $signed $mirror/debian-security $suite-security main"
}

# A package's file from the new system's sources, unpacked: never configured, so no initramfs-tools, no boot loader.
unpack() { # PACKAGE FOLDER
    mkdir "$2"
    (cd "$2" && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg-deb -x ./*.deb . && rm ./*.deb)
}

# The cloud kernel has ext4 and the virtio bus built in, and wireguard, vrf, dummy, bridge, veth, nft as modules.
kernel() { # ROOT WORK
    local root=$1 work=$2 package version modules
    package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
    unpack "$package" "$work/kernel"
    version=$(basename "$work"/kernel/boot/vmlinuz-*)
    version=${version#vmlinuz-}
    modules=$root/usr/lib/modules/$version
    mkdir -p "${modules%/*}"
    mv "$(find "$work/kernel" -path "*/lib/modules/$version")" "$modules" # Debian 13 has them in /usr
    rm -rf "$modules"/kernel/{sound,drivers/{gpu,hwmon,infiniband,media,scsi,net/ethernet}}
    rm -rf "$modules"/kernel/fs/{btrfs,ceph,cifs,f2fs,gfs2,jfs,nfs,nfsd,ocfs2,smb,ubifs,xfs}
    mv "$work/kernel/boot/vmlinuz-$version" "$root/boot/vmlinuz"
    depmod -b "$root" "$version"
    initramfs "$root" "$work" "$version"
}

# Loads what a virtio disk needs and mounts it, nothing else.
initramfs() { # ROOT WORK VERSION
    local root=$1 work=$2 version=$3 module
    unpack busybox-static "$work/busybox"
    mkdir -p "$work"/initramfs/{bin,proc,sys,dev,root}
    cd "$work/initramfs"
    cp "$(find "$work/busybox" -path '*bin/busybox')" bin/
    modprobe -d "$root" -S "$version" --show-depends -a virtio_pci virtio_blk | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
        while read -r module; do cp "$module" . && echo "insmod /${module##*/}"; done > load
    cat > init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install /bin; export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
. /load
until [ -b /dev/vda ]; do usleep 20000; done
mount -t ext4 -o rw,noatime /dev/vda /root
for fs in proc sys dev; do mount --move /$fs /root/$fs; done
exec switch_root /root /sbin/init
INIT
    chmod 755 init
    find . | cpio -o -H newc --quiet | gzip -1 > "$root/boot/initrd"
    cd /
}

system() { # ROOT
    local root=$1 unit
    echo vmtest > "$root/etc/hostname"
    printf '127.0.0.1 localhost vmtest\n::1 localhost\n' > "$root/etc/hosts"
    echo '/dev/root / auto defaults 0 0' > "$root/etc/fstab"
    : > "$root/etc/machine-id"
    ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
    mkdir -p "$root/share" "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nStorage=volatile\n' > "$root/etc/systemd/journald.conf.d/volatile.conf"
    install -m 755 "$here/agent.sh" "$root/usr/local/sbin/vmtest-agent"
    cat > "$root/etc/systemd/system/vmtest-agent.service" <<'UNIT'
[Unit]
Description=Runs the script that the host gives
After=systemd-networkd.service systemd-resolved.service
[Service]
ExecStart=/usr/local/sbin/vmtest-agent
StandardError=journal+console
KillMode=process
Environment=HOME=/root LANG=C.UTF-8
[Install]
WantedBy=multi-user.target
UNIT
    chroot "$root" systemctl -q enable systemd-networkd systemd-resolved vmtest-agent
    # shellcheck disable=SC2016  # the new system's shell
    chroot "$root" sh -c 'systemctl -q disable systemd-networkd-wait-online $(dpkg -L "$@" containerd | sed -nE "s,.*/system/([^@/]+\.(service|socket|timer))$,\1,p" | sort -u)' \
        sh "${packages_off[@]}"
    chroot "$root" systemctl -q enable NetworkManager-dispatcher # a test starts both
    chroot "$root" systemctl -q set-default multi-user.target
    for unit in {apt-daily,apt-daily-upgrade,dpkg-db-backup,e2scrub_all,fstrim}.timer e2scrub_reap.service getty.target \
        getty@tty1.service serial-getty@ttyS0.service remote-fs.target modprobe@drm.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
}

case $1 in
    --mirror)
        echo "$mirror"
        exit ;;
    --customize) # inside mmdebstrap, which set up apt for the new system
        export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        kernel "$2" "$work"
        system "$2"
        exit ;;
esac

mkdir -p "$1"
out=$(readlink -f "$1")
root=$(mktemp -d "$out/root.XXXXXX")
trap 'rm -rf "$root"' EXIT
sources | mmdebstrap --quiet --mode=root --format=directory --variant=minbase --include="${packages[*]} ${packages_off[*]}" \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --customize-hook="'$here/image.sh' --customize \"\$1\"" "$suite" "$root" -
mv "$root"/boot/{vmlinuz,initrd} "$out"
truncate -s 3G "$out/root.ext4"
mke2fs -q -F -t ext4 -O ^has_journal,^metadata_csum -E lazy_itable_init=1 -d "$root" "$out/root.ext4"
