"""What a slot holds: kernel, device trees, initrd, root and the Raspberry Pi's firmware, in one file system."""

import gzip
import io
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.imaging import cpio, kernel
from tools.imaging.tree import Tree
from tools.trouble import Trouble

LABEL = "SLOT"
APPLETS = (
    "cat", "chroot", "cp", "crc32", "dd", "findfs", "head", "mkdir", "modprobe", "mount", "printf", "reboot", "sh",
    "sleep", "switch_root", "tr", "umount", "xxd",
)  # fmt: skip
AS_ROOT = ("unshare", "--map-root-user")  # whoever packs an archive owns the folder that it does not name
MOUNTS = ("base", "data", "dev", "mnt", "over", "proc", "root", "slot", "sys", "tmp")
BROADCOM = "dtb/broadcom"
FIRMWARE = "usr/lib/raspi-firmware"
STARTERS = ("fixup.dat", "fixup4.dat", "start.elf", "start4.elf")  # up to the 3B+; from the 4B, and not the 5
LOADER = "bootcode.bin"  # which processors before the 4B's look for in the first partition


def take_firmware(tree: Tree, boot: Path, first: Path) -> None:
    """Move the Raspberry Pi's firmware out of the tree, to `boot`, and its first part to `first`."""
    folder = tree.folder / FIRMWARE
    for name in (*STARTERS, LOADER):
        if not (folder / name).exists():
            raise Trouble(f"the package raspi-firmware has no {name}")
        shutil.move(folder / name, first if name == LOADER else boot)
    shutil.rmtree(folder)


def take_kernel(tree: Tree, boot: Path, trees: Iterable[str], level: int) -> kernel.Modules:
    """Pack the kernel and copy its device trees to `boot`; return its modules. level: of gzip."""
    (folder,) = (tree.folder / "usr/lib/modules").iterdir()
    pack((folder / "vmlinuz").read_bytes(), boot / "kernel.img", level)
    for name in trees:
        source = folder / BROADCOM / f"{name}.dtb"
        if not source.exists():
            raise Trouble(f"Linux {folder.name} has no device tree {name}")
        shutil.copy(source, boot)
    return kernel.Modules(folder)


def keep_modules(modules: kernel.Modules, kept: Iterable[str]) -> None:
    """Keep no others of the kernel's modules, and these as the kernel takes them: the root is packed as a whole."""
    folder = modules.folder
    fresh = folder.with_name(folder.name + ".kept")
    for path in kept:
        target = fresh / path.removesuffix(kernel.PACKED)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(modules.unpacked(path))
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(folder / name, fresh)
    shutil.rmtree(folder)
    fresh.rename(folder)


def make_initrd(tree: Tree, modules: kernel.Modules, early: "list[str]", init: bytes, time: int) -> bytes:
    """Return the first root: busybox, `init`, and the modules that reach the card."""
    out = io.BytesIO()
    archive = cpio.Writer(out, time)
    for folder in MOUNTS:
        archive.folder(folder)
    archive.device("dev/console", 5, 1)
    archive.device("dev/kmsg", 1, 11)
    archive.file("init", init, 0o755)
    archive.file("bin/busybox", (tree.folder / "usr/bin/busybox").read_bytes(), 0o755)
    for applet in APPLETS:
        archive.link(f"bin/{applet}", "busybox")
    home = f"lib/modules/{modules.version}"
    for path in [*modules.closure(early), "modules.dep"]:
        archive.file(f"{home}/{path}", (modules.folder / path).read_bytes())
    archive.file("modules", " ".join(early).encode())
    archive.end()
    return out.getvalue()


def pack(content: bytes, path: Path, level: int) -> None:
    """Write a file packed by gzip, the same one for the same content."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", level, file, mtime=0) as packed:
        packed.write(content)


def squash(tree: Tree, path: Path, packing: "tuple[str, ...]", time: int) -> None:
    """Pack a tree as a squashfs file system."""
    words = [*(AS_ROOT if os.geteuid() else ()), "mksquashfs", "-", str(path), "-tar", "-quiet", "-no-progress"]
    words += ["-mkfs-time", str(time), "-all-time", str(time), "-root-mode", "0755", *packing]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        tree.tar(process.stdin, time)
        process.stdin.close()
    if process.returncode:
        raise Trouble("mksquashfs failed")
