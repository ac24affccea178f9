"""The programs that a build runs, and the Debian packages that have them."""

import os
import shutil

from tools.trouble import Trouble

ADMINISTRATORS = ("/usr/sbin", "/sbin")  # where some are, and not every user looks
PROGRAMS = {  # program: Debian package
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
    "apt-get": "apt",
    "dd": "coreutils",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "git": "git",
    "mcopy": "mtools",
    "mke2fs": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mksquashfs": "squashfs-tools",
    "sfdisk": "fdisk",
    "unshare": "util-linux",
    "xz": "xz-utils",
}
NATIVE = {"aarch64": {"aarch64-linux-gnu-gcc": "gcc"}}  # on such a computer another package has it


def ready(programs: "dict[str, str]" = PROGRAMS) -> None:
    """Let programs be found wherever they are; raise Trouble that names those that are missing."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([*path, *(place for place in ADMINISTRATORS if place not in path)])
    native = NATIVE.get(os.uname().machine, {})
    missing = {name: native.get(name, package) for name, package in sorted(programs.items()) if not shutil.which(name)}
    if missing:
        listed = "\n".join(f"  {program:22} of {package}" for program, package in missing.items())
        names = " ".join(sorted(set(missing.values())))
        raise Trouble(f"these programs are missing:\n{listed}\nsudo apt-get install {names}")
