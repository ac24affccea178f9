"""Debian packages that the tests need: looked up, and installed where we may."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.environment import say
from tools.micropython import cache
from tools.trouble import Trouble

PEERS = {  # Debian package: what the tests do with it
    "avahi-daemon": "resolves and browses what we announce, in a network namespace of its own",
    "avahi-utils": "avahi-browse and avahi-resolve",
    "busybox": "the shell of the image's first program",
    "chrony": "tells the time",
    "cups": "prints to us through its scheduler and backends",
    "cups-client": "lp, lpadmin, lpstat",
    "cups-filters": "turns a client's documents into what we announce",
    "cups-ipp-utils": "ipptool, ippfind and ippeveprinter",
    "curl": "HTTP client: uploads, TLS, Expect: 100-continue",
    "dbus": "a private bus for avahi-daemon",
    "dnsmasq-base": "a DHCP server that leases addresses to us",
    "e2fsprogs": "makes the file system whose power is cut",
    "gcc": "compiles the kernels",
    "ghostscript": "draws the PostScript that tests make",
    "iproute2": "lays out network namespaces",
    "isc-dhcp-server": "a DHCP server whose leases may be as short as tests are",
    "kea-dhcp4-server": "its successor",
    "libusb-1.0-0": "the real library under pyusb",
    "openssl": "TLS client, and a second opinion on our certificates",
    "p910nd": "peer for raw printing on port 9100",
    "poppler-utils": "reads the PDF that a printer received",
    "printer-driver-brlaser": "a driver of lasers, with a .drv file, in black",
    "printer-driver-dymo": "a driver of label printers that asks for their status between labels",
    "printer-driver-escpr": "a driver of ink-jets that asks libcups for its PPD file",
    "printer-driver-foo2zjs": "encoders and decoders of lasers that are drawn for bit by bit",
    "printer-driver-foo2zjs-common": "their PPD files, and the scripts that would run them",
    "printer-driver-gutenprint": "a driver of ink-jets, with a program that lists thousands, in colour",
    "printer-driver-hpcups": "a driver of ink-jets that wants red, green, blue and white",
    "printer-driver-ptouch": "a driver of label printers that several programs make up",
    "printer-driver-splix": "a driver of lasers that lives by its header's fields, in black and in four inks",
    "procps": "sysctl, for the settings of a network namespace",
    "python3-dev": "what a compiler needs to know of Python",
    "python3-pysnmp4": "what SNMP's own MIBs define, to be read",
    "python3-pysnmp4-mibs": "what the MIBs of printers, hosts and interfaces define, to be read",
    "snmp": "snmpget, snmpwalk, snmptable and snmpset",
    "snmpd": "answers SNMP beside us",
    "snmptrapd": "hears traps",
    "systemd": "systemd-networkd, which gets addresses beside us, and the library under systemd-resolved",
    "udhcpc": "gets addresses too, with one ARP probe",
    "rlpr": "prints to us by LPD, in either order, and removes its jobs",
}
IMAGE = {  # the same for the image
    "cups-ipp-utils": "ipptool, which prints to it",
    "dosfstools": "makes its FAT file systems",
    "e2fsprogs": "makes the file system of its data",
    "fdisk": "parts its card",
    "gcc-aarch64-linux-gnu": "compiles the kernels for it",
    "kmod": "depmod, which reads what its modules need",
    "libc6-dev-arm64-cross": "what that compiler needs to know of the C library",
    "mtools": "copies files to and from FAT file systems",
    "qemu-system-arm": "starts it",
    "squashfs-tools": "packs its root",
}


UNPACKED = {  # the same, where only the files are taken, since what is installed would change this computer
    "systemd-resolved": "a resolver that is told the name servers",
}


def need(packages: "dict[str, str]") -> None:
    """Install those of `packages` (name: purpose) that are missing; raise Trouble naming them where we may not."""
    missing = sorted(set(packages) - _installed(packages))
    if not missing:
        return
    become = _root()
    if become is None:
        listed = "\n".join(f"  {name:16} {packages[name]}" for name in missing)
        raise Trouble(f"these Debian packages are missing:\n{listed}\nsudo apt-get install {' '.join(missing)}")
    say(f"Installing {' '.join(missing)}")
    apt_get = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    _call([*apt_get, "update"])
    _call([*apt_get, "install", "--yes", "--no-install-recommends", *missing])


def unpack(packages: "dict[str, str]") -> None:
    """Take the files of those of `packages` that are not there yet; raise Trouble where they cannot be fetched."""
    missing = sorted(name for name in packages if not folder(name).exists())
    become = _root()
    if missing and become is not None:
        _call([*become, "apt-get", "-qq", "update"])
    for name in missing:
        say(f"Unpacking {name}")
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache()) as work:
            _call(["apt-get", "-qq", "download", name], work)
            _call(["dpkg-deb", "--extract", *map(str, Path(work).glob("*.deb")), f"{work}/files"])
            os.rename(f"{work}/files", folder(name))


def folder(name: str) -> Path:
    """Return where the files of an unpacked package are."""
    return cache() / name


def _installed(packages: "dict[str, str]") -> set[str]:
    if not shutil.which("dpkg-query"):
        return set()
    show = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages]
    known = subprocess.run(show, capture_output=True, text=True, check=False).stdout.splitlines()
    return {line.split()[0] for line in known if line.split()[1:] == ["installed"]}


def _root() -> "list[str] | None":
    """Return the words before a command that make it root's; None where we cannot be root, or have no apt."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") and not subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode:
        return sudo
    return None


def _call(words: "list[str]", cwd: "str | None" = None) -> None:
    done = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"this step failed: {' '.join(words)}\n{done.stdout}{done.stderr}")
