#!/bin/bash
# Runs a script as root on a throw-away Debian machine with Debian's kernel and systemd, in QEMU; starting it takes a second.
#
#   vmtest.sh deps                        install what this needs (root)
#   vmtest.sh build                       put image and booted snapshot into the cache, unless they are there (root; a minute)
#   vmtest.sh run [OPTION...] SCRIPT [ARGUMENT...]
#       --share DIR      copied to /share, where SCRIPT runs; owners, modes and file capabilities included
#       --out DIR        /share/out is copied there afterwards
#       --timeout SEC    300, then exit status 124
#       --cold           boot instead of resuming the snapshot
#       --append ARGS    more kernel arguments; implies --cold
#       --overlay DIR    files that are put on the machine's disk before it starts; implies --cold
#       --capture FILE   a network with nothing in it but DHCP, and what the machine sends there from its start on (pcap); implies --cold
#       --log FILE       keep the serial console's text
#   vmtest.sh clean                       delete the cache
#
# Output and exit status are SCRIPT's (124 timeout, 125 vmtest.sh itself). Every run starts from the same state and keeps nothing,
# so runs may be concurrent. Environment: VMTEST_CACHE (folder), VMTEST_MEM (MiB), VMTEST_SMP, VMTEST_SUITE (bookworm or trixie), VMTEST_ACCEL (kvm or tcg), VMTEST_CPU, VMTEST_QEMU.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=${VMTEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vpnrun-vm}
qemu=${VMTEST_QEMU:-qemu-system-x86_64}
export VMTEST_SUITE=${VMTEST_SUITE:-bookworm}
suite=$VMTEST_SUITE
memory=${VMTEST_MEM:-1024}
processors=${VMTEST_SMP:-2}
kernel_arguments='console=ttyS0 panic=-1 quiet mitigations=off nokaslr audit=0 no_timer_check' # a busy host is late, and no broken timer
share_size=2G # sparse; fixed, since the snapshot remembers it

# Under emulation the plain model is the fast one ("max" halves WireGuard's throughput: SMAP, ERMS and AVX cost more than they give),
# and it keeps the snapshot independent of the processor. /dev/kvm alone does not mean that an ordinary kernel runs on it.
if [[ -w /dev/kvm && ( -d /sys/module/kvm_intel || -d /sys/module/kvm_amd ) ]]; then accelerator=kvm; else accelerator=tcg; fi
accelerator=${VMTEST_ACCEL:-$accelerator}
case $accelerator in
    kvm) model=host ;;
    tcg) model=qemu64 accelerator+=,thread=multi ;;
esac
model=${VMTEST_CPU:-$model}

say() { echo "vmtest: $*" >&2; }
die() { say "$@"; exit 125; }
hash_of() { sha256sum | cut -c1-16; }

deps() {
    local from=() list=/etc/apt/sources.list.d/vmtest-backports.list
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC1091
    if . /etc/os-release && [[ ${VERSION_CODENAME:-} == bookworm ]]; then # its QEMU 7.2 starts programs at half the speed
        echo "deb $("$here/image.sh" --mirror)/debian bookworm-backports main" > $list
        from=(-t bookworm-backports)
    fi
    apt-get update -q
    apt-get install -y -q --no-install-recommends mmdebstrap debian-archive-keyring e2fsprogs kmod cpio
    apt-get install -y -q --no-install-recommends "${from[@]}" qemu-system-x86
    rm -f $list
}

# ---------------------------------------------------------------- the machine

# start DISK SHARE MEMORY [QEMU ARGUMENT...]: $machine; disk and memory are files with QEMU's options to them.
start() {
    local disk=$1 share=$2 ram=$3 drive=if=none,format=raw,cache=unsafe; shift 3
    mkfifo "$folder"/{monitor,control,out,err}.{in,out}
    "$qemu" -nodefaults -no-user-config -display none -no-reboot -nic none \
        -machine q35,memory-backend=ram,hpet=off,vmport=off -accel "$accelerator" \
        -cpu "$model" -smp "$processors" -m "$memory" -object "memory-backend-file,id=ram,size=${memory}M,mem-path=$ram" \
        -rtc base=utc -kernel "$image/vmlinuz" -initrd "$image/initrd" -serial "file:$folder/console" \
        -drive "$drive,id=root,file=$disk" -device virtio-blk-pci,drive=root,serial=root \
        -drive "$drive,id=share,file=$share" -device virtio-blk-pci,drive=share,serial=share \
        -device virtio-rng-pci -device virtio-serial-pci \
        -chardev "pipe,id=monitor,path=$folder/monitor" -mon chardev=monitor,mode=control \
        -chardev "pipe,id=control,path=$folder/control" -device virtserialport,chardev=control,name=vmtest.control \
        -chardev "pipe,id=out,path=$folder/out" -device virtserialport,chardev=out,name=vmtest.out \
        -chardev "pipe,id=err,path=$folder/err" -device virtserialport,chardev=err,name=vmtest.err \
        "$@" </dev/null >"$folder/qemu.log" 2>&1 &
    machine=$!
    exec {monitor_in}<>"$folder/monitor.in" {monitor_out}<>"$folder/monitor.out"
    exec {control_in}<>"$folder/control.in" {control_out}<>"$folder/control.out"
    qmp qmp_capabilities
}

# next DESCRIPTOR SECONDS: the next line in $line; fails when there is none in that time. A read that times out may have a part of one.
next() {
    local end=$((SECONDS + $2)) part=
    until read -r -t 1 -u "$1" line; do
        part+=$line
        kill -0 "$machine" 2>/dev/null || die "QEMU ended: $(tail -n 5 "$folder/qemu.log" "$folder/console" 2>&1)"
        ((SECONDS < end)) || return 1
    done
    line=$part$line
}

# qmp COMMAND [JSON]: tells QEMU and waits for its answer.
qmp() {
    echo "{\"execute\": \"$1\"${2:+, \"arguments\": $2}}" >&"$monitor_in"
    while next "$monitor_out" 60; do
        case $line in
            *'"error"'*) die "QEMU refuses $1: $line" ;;
            *'"return"'*) return ;;
        esac
    done
    die "QEMU does not answer $1"
}

# migrate migrate|migrate-incoming COMMAND: all but the memory, which is a file already, to or from COMMAND.
migrate() {
    qmp migrate-set-capabilities '{"capabilities": [{"capability": "x-ignore-shared", "state": true}, {"capability": "events", "state": true}]}'
    qmp "$1" "{\"uri\": \"exec:$2\"}"
    while next "$monitor_out" 60; do
        case $line in
            *'"status": "completed"'*) return ;;
            *'"status": "failed"'* | *'"error"'*) break ;;
        esac
    done
    die "QEMU cannot $1: $line $(tail -n 3 "$folder/qemu.log")"
}

ready() { next "$control_out" 180 || die "the machine does not start: $(tail -n 5 "$folder/console")"; }

quit() {
    qmp quit
    wait "$machine" || true
    machine=
}

# ---------------------------------------------------------------- the cache

# Sets $image and $snapshot, and makes what is not there. The snapshot depends on all that QEMU is told.
build() {
    image=$cache/$suite-$(cat "$here"/{image,agent}.sh | hash_of)
    command -v "$qemu" >/dev/null || die "no $qemu here: run '$0 deps'"
    snapshot=$image/booted-$({ declare -f start; "$qemu" --version; echo "$accelerator $model $memory $processors $kernel_arguments"; } | hash_of)
    [[ -e $snapshot/state ]] && return
    mkdir -p "$cache"
    exec {lock}>"$cache/lock"
    flock "$lock"
    if [[ ! -e $image/root.ext4 ]]; then
        command -v mmdebstrap >/dev/null || die "no mmdebstrap here: run '$0 deps'"
        rm -rf "$cache/$suite"-*
        "$here/image.sh" "$image.new" >&2
        mv "$image.new" "$image"
        say "image made in $SECONDS s"
    fi
    [[ -e $snapshot/state ]] || take_snapshot
    exec {lock}>&-
}

# Boots once and keeps memory, devices and disk as they are when the agent is ready.
take_snapshot() {
    local began=$SECONDS
    find "$image" -maxdepth 1 -name 'booted-*' -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d' ' -f2- | xargs -r rm -rf
    rm -rf "$snapshot"
    mkdir "$snapshot"
    cp --sparse=always --reflink=auto "$image/root.ext4" "$snapshot/disk"
    truncate -s $share_size "$folder/empty"
    start "$snapshot/disk" "$folder/empty" "$snapshot/memory,share=on" -append "$kernel_arguments vmtest.snapshot"
    ready
    qmp stop
    migrate migrate "cat > '$snapshot/state.new'"
    quit
    mv "$snapshot/state.new" "$snapshot/state"
    rm -f "$folder"/*.{in,out}
    say "booted snapshot made in $((SECONDS - began)) s"
}

# ---------------------------------------------------------------- a run

run() {
    build
    local share='' out='' limit=300 cold='' more='' log='' readers=() status=124 ram extra=()
    while [[ ${1:-} == --* ]]; do
        case $1 in
            --share) share=$2; shift ;;
            --out) out=$2; shift ;;
            --timeout) limit=$2; shift ;;
            --append) more=$2 cold=1; shift ;;
            --overlay) overlay "$2"; cold=1 extra+=(-initrd "$folder/initrd"); shift ;;
            --capture)
                extra+=(-netdev 'user,id=net,restrict=on' -device 'virtio-net-pci,netdev=net' -object "filter-dump,id=dump,netdev=net,file=$2")
                cold=1
                shift ;;
            --log) log=$2; shift ;;
            --cold) cold=1 ;;
            *) die "unknown option $1" ;;
        esac
        shift
    done
    [[ -r ${1:-} ]] || die "no script given"

    mkdir -p "$folder/share"
    [[ -z $share ]] || cp -a "$share/." "$folder/share/"
    mkdir -p "$folder"/share/{.vmtest,out}
    install -m 755 "$1" "$folder/share/.vmtest/script"
    shift
    { (($# == 0)) || printf '%s\0' "$@"; } > "$folder/share/.vmtest/arguments"
    truncate -s $share_size "$folder/share.img"
    mke2fs -q -F -t ext4 -O ^has_journal -m 0 -E lazy_itable_init=1,nodiscard -d "$folder/share" "$folder/share.img"

    if [[ $cold ]]; then
        start "$image/root.ext4,snapshot=on" "$folder/share.img" "$folder/memory,share=off" -append "$kernel_arguments $more" "${extra[@]}"
    else
        ram=$snapshot/memory,share=off # a private mapping of the snapshot's
        if "$qemu" -object memory-backend-file,help | grep -q 'rom='; then ram+=,readonly=on,rom=off; fi
        start "$snapshot/disk,snapshot=on" "$folder/share.img" "$ram" -append "$kernel_arguments vmtest.snapshot" -incoming defer
        migrate migrate-incoming "cat '$snapshot/state'"
        qmp cont
    fi
    cat "$folder/out.out" & readers+=($!)
    cat "$folder/err.out" >&2 & readers+=($!)
    [[ -z $cold ]] || ready
    echo "RUN $(date +%s.%N) $(head -c 32 /dev/urandom | base64 -w0)" >&"$control_in"
    if next "$control_out" "$limit"; then status=${line#EXIT }; else say "still running after $limit s: $(tail -n 5 "$folder/console")"; fi
    quit
    wait "${readers[@]}" || true
    [[ -z $log ]] || cp "$folder/console" "$log"
    if [[ $out ]]; then
        mkdir -p "$out"
        debugfs -R "rdump /out $folder" "$folder/share.img" >/dev/null 2>&1
        cp -a "$folder/out/." "$out/"
    fi
    return "$status"
}

# overlay DIR: an initrd whose first program puts that on the disk. Of two files with one name the kernel takes the later.
overlay() {
    mkdir "$folder/initramfs"
    cp -a "$1" "$folder/initramfs/overlay"
    (cd "$folder/initramfs" && gunzip -c "$image/initrd" | cpio -i --quiet init && sed -i 's,^exec switch_root,cp -a /overlay/. /root/\n&,' init &&
        find . | cpio -o -H newc --quiet | gzip -1) > "$folder/overlay"
    cat "$image/initrd" "$folder/overlay" > "$folder/initrd"
}

finish() {
    [[ -z $machine ]] || kill -9 "$machine" 2>/dev/null || true
    rm -rf "$folder"
}

command=${1:-}
machine=
case $command in
    deps) deps ;;
    clean) rm -rf "$cache" ;;
    build | run)
        shift
        folder=$(mktemp -d "${TMPDIR:-/tmp}/vmtest.XXXXXX")
        trap finish EXIT
        "$command" "$@"
        ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
