"""A machine with Debian's own kernel, in QEMU without KVM: its disk is made once and kept in the cache.

Made by debootstrap, which needs root and about two minutes; a boot takes seconds. A guest writes to a
snapshot that is thrown away, sees the host's loopback as 10.0.2.2, and is ended after its time whatever
it does.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
PACE = ("--pace", "max")
"""Camera time stands until the guest asks: emulated, on a busy computer, it misses nothing."""
PACKAGES = (
    "linux-image-amd64",
    "initramfs-tools",
    "kmod",
    "iproute2",
    "usbip",
    "usbutils",
    "aravis-tools-cli",
    "python3-gi",
    "gir1.2-aravis-0.8",
    "i2c-tools",
    "v4l-utils",
)
TO_BUILD = ("linux-headers-amd64", "linux-source-6.1", "gcc", "make", "xz-utils")
"""For drivers that Debian's kernel has only as source: of the same suite, so of the same version."""
DRIVERS = HERE / "imx412"
BUILT_OF = ("Kbuild", "build", "camtwin_receiver.c")
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
DISK_MB = 2600
KERNEL = "root=/dev/vda ro console=ttyS0 init=/guest net.ifnames=0 quiet no_timer_check panic=-1"
"""no_timer_check: on a busy computer the emulated timer may be too late for the kernel's check of it."""
MODULES = ("virtio_pci", "virtio_blk", "ext4")
"""All that the initial RAM disk needs to find the disk: less to unpack in an emulated machine."""
XZ = b"\xfd7zXZ\0"
BLOCK = 4096


def disk() -> Path:
    """Return the folder with root.ext4, vmlinux and initrd; make it if necessary."""
    drivers = [(DRIVERS / name).read_text() for name in BUILT_OF]
    made_of = repr((PACKAGES, TO_BUILD, MODULES, SUITE, DISK_MB, (HERE / "guest").read_text(), drivers))
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "camtwin"
    there = root / f"vm-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    if not there.exists():
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as folder:
            _make(Path(folder))
            os.rename(Path(folder) / "disk", there)
    return there


def _make(folder: Path) -> None:
    tree, done = folder / "root", folder / "disk"
    run(
        "debootstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES + TO_BUILD)}",
        SUITE,
        tree,
        MIRROR,
        seconds=900,
    )
    subprocess.run(["umount", tree / "proc"], capture_output=True)  # debootstrap may have left it
    if os.path.ismount(tree / "proc"):
        raise RuntimeError(f"{tree}/proc is still mounted")
    initramfs = tree / "etc/initramfs-tools"
    (initramfs / "conf.d/small").write_text("MODULES=list\n")
    (initramfs / "modules").write_text("\n".join(MODULES))
    run("chroot", tree, "update-initramfs", "-u", seconds=300)
    shutil.copy(HERE / "guest", tree / "guest")
    (tree / "build").mkdir()
    for name in BUILT_OF:
        shutil.copy(DRIVERS / name, tree / "build")
    run("chroot", tree, "sh", "/build/build", seconds=300)
    for spare in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(tree / spare, ignore_errors=True)
    done.mkdir()
    (kernel,), (initrd,) = ((tree / "boot").glob(f"{kind}-*") for kind in ("vmlinuz", "initrd.img"))
    (done / "vmlinux").write_bytes(unpacked(kernel.read_bytes()))
    shutil.copy(initrd, done / "initrd.img")
    run("mke2fs", "-q", "-t", "ext4", "-d", tree, done / "root.ext4", f"{DISK_MB}M", seconds=300)


def unpacked(vmlinuz: bytes) -> bytes:
    """Return the kernel itself, which the guest would take seconds to decompress."""
    kernel = lzma.LZMADecompressor().decompress(vmlinuz[vmlinuz.index(XZ) :])
    if not kernel.startswith(b"\x7fELF"):
        raise RuntimeError("vmlinuz holds no kernel that xz has packed")
    return kernel


def run(*args: str | Path, seconds: float) -> None:
    done = subprocess.run([*map(str, args)], capture_output=True, text=True, timeout=seconds)
    if done.returncode:
        raise RuntimeError(f"{args[0]}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def board_firmware(source: Path, folder: Path) -> Path:
    """Return an ACPI table, compiled of ASL: what the guest is told of the board around it."""
    run("iasl", "-p", folder / source.stem, source, seconds=30)
    return folder / f"{source.stem}.aml"


def boot(
    job: str,
    seconds: int,
    told: Callable[[str], object],
    files: Sequence[Path] = (),
    more: Sequence[str] = (),
) -> list[str]:
    """Return the guest's console output while it does the job; call `told` with each line as it comes.

    files  a tar of them is the guest's third disk, /dev/vdc
    more   options of QEMU
    """
    there = disk()
    with tempfile.NamedTemporaryFile() as second, tempfile.NamedTemporaryFile() as third:
        text = job.encode()
        second.write(text.ljust(-(-len(text) // BLOCK) * BLOCK, b"\0"))
        second.flush()
        with tarfile.open(third.name, "w") as tar:
            for file in files:
                tar.add(file, file.name)
        command = [
            "timeout", "--kill-after=5", str(seconds), "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max",
            "-smp", "2", "-m", "1024", "-kernel", there / "vmlinux", "-initrd", there / "initrd.img",
            "-append", KERNEL,
            "-drive", f"file={there / 'root.ext4'},if=virtio,format=raw,snapshot=on",
            "-drive", f"file={second.name},if=virtio,format=raw,readonly=on",
            "-drive", f"file={third.name},if=virtio,format=raw,readonly=on",
            "-nic", "user,model=virtio-net-pci", "-display", "none", "-serial", "stdio", "-monitor", "none",
            "-no-reboot", *more,
        ]  # fmt: skip
        with subprocess.Popen(
            [*map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace",
        ) as machine:  # fmt: skip
            lines: list[str] = []
            assert machine.stdout
            try:
                for line in machine.stdout:
                    lines.append(line.strip())
                    told(lines[-1])
            finally:
                machine.terminate()
    return lines


if __name__ == "__main__":
    print(disk())
