#!/bin/bash
# vm_test.sh TESTS [FILTER]: the tests of the sandbox on a host that has control groups of version 2 only, and all rights:
# a virtual machine with Debian's kernel, all of it in memory. Run by hand (about five minutes without KVM): it needs root,
# qemu-system-x86, cpio, busybox-static, mmdebstrap and a mirror of Debian.
set -euo pipefail
tests=$(realpath "$1") filter=${2:-*}
lab=$(mktemp -d "${TMPDIR:-/tmp}/sf-vm.XXXXXX")
trap 'rm -rf "$lab"' EXIT
mkdir -p "$lab/initrd" "$lab/extra/opt" "$lab/kernel"

# The kernel, and the one module that it needs here.
image=$(apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" {print $2; exit}')
(cd "$lab" && apt-get download -qq "$image")
dpkg-deb -x "$lab"/linux-image-*.deb "$lab/kernel"
cp "$lab"/kernel/lib/modules/*/kernel/fs/overlayfs/overlay.ko "$tests" "$lab/extra/opt/"

cat >"$lab/extra/opt/run" <<'END'
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm /dev/pts
mount -t tmpfs none /dev/shm
mount -t devpts devpts /dev/pts
mount -t cgroup2 none /sys/fs/cgroup
insmod /opt/overlay.ko
echo 1 >/proc/sys/kernel/printk # its own words would stand in the midst of ours
cd /tmp
echo "kernel $(uname -r), control groups v2: $(cat /sys/fs/cgroup/cgroup.controllers)"
/opt/TESTS --gtest_filter='FILTER:-*/lxd'
echo "exit status $?"
echo o >/proc/sysrq-trigger
sleep 60
END
sed -i "s|TESTS|${tests##*/}|; s|FILTER|$filter|" "$lab/extra/opt/run"
chmod 755 "$lab/extra/opt/run"
mmdebstrap --quiet --variant=minbase \
    --include=crun,runc,busybox-static,libfmt9,util-linux,procps,python3-minimal,kmod,gcc,libc6-dev,make \
    bookworm "$lab/initrd/root.tar"
tar -C "$lab/extra" -rf "$lab/initrd/root.tar" opt

# pivot_root(2) cannot leave the file system that a kernel starts with, so the tests get a tmpfs.
cat >"$lab/initrd/init" <<'END'
#!/busybox sh
/busybox mkdir /new
/busybox mount -t tmpfs -o size=3g none /new
/busybox tar -C /new -xf /root.tar
/busybox rm /root.tar
exec /busybox switch_root /new /opt/run
END
chmod 755 "$lab/initrd/init"
cp "$(command -v busybox)" "$lab/initrd/busybox"
(cd "$lab/initrd" && find . | cpio --quiet -o -H newc) >"$lab/initrd.cpio"

timeout 1800 qemu-system-x86_64 -accel "${SF_QEMU_ACCEL:-tcg,thread=multi}" -cpu max -m 6000 -smp 2 -nographic -no-reboot \
    -kernel "$lab"/kernel/boot/vmlinuz-* -initrd "$lab/initrd.cpio" -append "console=ttyS0 panic=-1 quiet rdinit=/init" \
    </dev/null | tee "$lab/log"
grep -q '^exit status 0' "$lab/log"
