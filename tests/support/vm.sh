# Sourced by tests that need a kernel of their own: a virtual machine with Debian's kernel for clouds, all of it in memory.
# Whoever sources it is root and sets `lab` (a directory that he removes). He calls vm_root, puts what the machine shall have
# besides into $lab/extra, and calls vm_run. These tests are run by hand: they need qemu-system-x86, cpio, busybox-static,
# mmdebstrap and a mirror of Debian, and, where there is no KVM (SF_QEMU_ACCEL=kvm), patience.
# shellcheck shell=bash disable=SC2154 # lab

vm_root() { # PACKAGE,... MODULE...: Debian with these packages, and with modules of the kernel, or directories of modules
    local image release module packages=$1
    shift
    mkdir -p "$lab"/{initrd,extra/opt,kernel,modules}
    image=$(apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" {print $2; exit}')
    (cd "$lab" && apt-get download -qq "$image")
    dpkg-deb -x "$lab"/linux-image-*.deb "$lab/kernel"
    release=$(ls "$lab/kernel/lib/modules")
    mkdir -p "$lab/modules/$release"
    cp "$lab/kernel/lib/modules/$release"/modules.* "$lab/modules/$release/"
    for module; do
        mkdir -p "$(dirname "$lab/modules/$release/kernel/$module")"
        cp -r "$lab/kernel/lib/modules/$release/kernel/$module" "$lab/modules/$release/kernel/$module"
    done
    # shellcheck disable=SC2016 # mmdebstrap sets $1
    mmdebstrap --quiet --variant=minbase --include="kmod,util-linux,procps,python3-minimal,$packages" \
        --customize-hook="copy-in $lab/modules /usr/lib" --customize-hook='chroot "$1" depmod '"$release" \
        bookworm "$lab/initrd/root.tar"
}

vm_first_process() { # what the machine runs: the command, which is shell text, with what it can expect of any system
    cat <<'END'
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm /dev/pts
mount -t tmpfs none /dev/shm
mount -t tmpfs none /run
mount -t devpts devpts /dev/pts
mount -t cgroup2 none /sys/fs/cgroup
echo 1 >/proc/sys/kernel/printk # its own words would stand in the midst of ours
cd /tmp
END
    printf '%s\n' "$1"
    cat <<'END'
echo "exit status $?"
echo o >/proc/sysrq-trigger
sleep 60
END
}

vm_run() { # SECONDS COMMAND: true when the command ends well; what it prints is printed
    local seconds=$1
    vm_first_process "$2" >"$lab/extra/opt/first"
    chmod 755 "$lab/extra/opt/first"
    tar -C "$lab/extra" -rf "$lab/initrd/root.tar" .
    # pivot_root(2) cannot leave the file system that a kernel starts with, so the machine gets a tmpfs.
    cat >"$lab/initrd/init" <<'END'
#!/busybox sh
/busybox mkdir /new
/busybox mount -t tmpfs -o size=3g none /new
/busybox tar -C /new -xf /root.tar
/busybox rm /root.tar
exec /busybox switch_root /new /opt/first
END
    chmod 755 "$lab/initrd/init"
    cp "$(command -v busybox)" "$lab/initrd/busybox"
    (cd "$lab/initrd" && find . | cpio --quiet -o -H newc) >"$lab/initrd.cpio"
    timeout "$seconds" qemu-system-x86_64 -accel "${SF_QEMU_ACCEL:-tcg,thread=multi}" -cpu max -m 6000 -smp 2 -nographic \
        -no-reboot -kernel "$lab"/kernel/boot/vmlinuz-* -initrd "$lab/initrd.cpio" \
        -append "console=ttyS0 panic=-1 quiet rdinit=/init" </dev/null | tee "$lab/log"
    grep -q '^exit status 0' "$lab/log"
}
