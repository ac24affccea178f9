"""What a device does before its firmware starts: its owner's wishes, its name, a factory reset.

`python -m feedpath.host.setup`, as root. The card's first partition is where owners leave files: what they wish is
moved to KEPT and to the firmware's settings once, and removed there. A file that cannot be followed stays as it is,
and PROBLEMS beside it says why. The image's /usr/lib/feedpath/setup runs this where there is something to do, and puts
in effect what is kept.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from feedpath.errors import SettingError
from feedpath.files import replace
from feedpath.host import growth, imager
from feedpath.host.wishes import Unclear, Wishes, read_feedpath, supplicant
from feedpath.settings import Settings

CARD = Path("/run/feedpath-setup")  # where the first partition is mounted meanwhile
KEPT = Path("/data/device")
FIRMWARE, SETTINGS = Path("/data/feedpath"), "settings.toml"
RESET = "factory-reset"
PROBLEMS = "feedpath-problems.txt"
LINKS_S, LOOK_S = 10.0, 0.2  # how long a name waits for a network interface to be found; between two looks
MOST_BYTES = 64 * 1024

FILES: "dict[str, Callable[[str], Wishes]]" = {  # what is read later counts more
    "wpa_supplicant.conf": imager.read_supplicant,
    "custom.toml": imager.read_custom,
    "user-data": imager.read_user_data,
    "network-config": imager.read_network_config,
    "feedpath.toml": read_feedpath,
}


def main() -> int:
    """Do it, each part whatever becomes of the others; return the exit status."""
    failed = 0
    for part in (_serve_owner, _choose_name):
        try:
            part()
        except (OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
            _say(f"{part.__name__.strip('_').replace('_', ' ')}: {error}")
            failed = 1
    return failed


def _serve_owner() -> None:
    with _card() as card:
        if card is not None:
            _reset(card)
            _follow(card)


@contextlib.contextmanager
def _card() -> "Iterator[Path | None]":
    """Have the card's first partition; None where it cannot be had. It is written only while something is to do."""
    data = growth.data_partition(Path("/proc/self/mounts").read_text().splitlines())
    device = f"/dev/{data[:-1]}1"
    try:
        _run("mount", "-t", "vfat", "-o", "ro,nosuid,nodev,noexec,umask=077", device, str(CARD))
    except (OSError, subprocess.SubprocessError) as error:
        _say(f"the card's first partition cannot be read: {error}")
        yield None
        return
    try:
        yield CARD
    finally:
        _run("umount", str(CARD))


@contextlib.contextmanager
def _writable(card: Path) -> "Iterator[None]":
    _run("mount", "-o", "remount,rw,sync", str(card))
    try:
        yield
    finally:
        _run("mount", "-o", "remount,ro", str(card))


# Factory reset.


def _reset(card: Path) -> None:
    """Forget all that was kept where the owner wants that."""
    asked = [path for path in (card / RESET, card / f"{RESET}.txt", FIRMWARE / RESET) if _there(path)]
    if not asked:
        return
    wipe(KEPT.parent)
    _say("everything is as it came from the factory")
    on_card = [path for path in asked if path.parent == card]
    if on_card:
        with _writable(card):
            for path in on_card:
                path.unlink()


def _there(path: Path) -> bool:
    with acting_for(path.parent):
        return path.exists()


def wipe(data: Path, firmware: str = FIRMWARE.name) -> None:
    """Remove what all folders of a data partition hold, and files beside them; not the machine's own id.

    The firmware's wish for it goes last, so that after a power cut it is done again.
    """
    for path in sorted(data.iterdir(), key=lambda path: path.name == firmware):
        if path.is_dir() and path.name != "lost+found":
            with acting_for(path):
                for inner in sorted(path.iterdir(), key=lambda inner: inner.name == RESET):
                    shutil.rmtree(inner) if inner.is_dir() and not inner.is_symlink() else inner.unlink()
        elif path.is_file() and path.name != "machine-id":
            path.unlink()
    os.sync()


@contextlib.contextmanager
def acting_for(folder: Path) -> "Iterator[None]":
    """Act as the owner of a folder, with no right beyond theirs; as ourselves where we are no root."""
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


# Wishes.


def _follow(card: Path) -> None:
    problems = []
    for name, read in FILES.items():
        path = card / name
        if not path.is_file():
            continue
        try:
            grant(read(_text(path)), KEPT, FIRMWARE)
            with _writable(card):
                erase(path)
            _say(f"{name} is taken over")
        except (Unclear, SettingError) as error:
            problems.append(f"{name} is not taken over:\n{error}\n")
            _say(problems[-1])
    _tell_problems(card, "\n".join(problems))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unclear("It is too large.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unclear("It is no text in UTF-8.") from error


def grant(wishes: Wishes, kept: Path, firmware: Path) -> None:
    """Keep what is wished for; raise SettingError, before anything is kept, where a setting is not allowed."""
    if wishes.settings:
        with acting_for(firmware):
            Settings.load(str(firmware / SETTINGS)).take(wishes.settings)
    kept.mkdir(mode=0o700, exist_ok=True)
    rows = {
        "hostname": wishes.host_name,
        "timezone": wishes.time_zone,
        "authorized_keys": "\n".join(wishes.ssh_keys),
        "wifi.conf": supplicant(wishes) if wishes.wifis else "",
    }
    for name, content in rows.items():
        if content:
            replace(kept / name, content.rstrip("\n") + "\n")


def erase(path: Path) -> None:
    """Remove a file, and write over it in its place before, so that nothing of it is left on the card."""
    with path.open("r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _tell_problems(card: Path, text: str) -> None:
    path = card / PROBLEMS
    before = path.read_text(errors="replace") if path.exists() else ""
    if before == text:
        return
    with _writable(card):
        path.write_text(text) if text else path.unlink()


# The name.


def _choose_name() -> None:
    path = KEPT / "hostname"
    if not path.exists():
        KEPT.mkdir(mode=0o700, exist_ok=True)
        replace(path, f"feedpath-{_tail()}\n")


def _tail() -> str:
    """Return what tells this device from others: six digits of an address, or of a number."""
    until = time.monotonic() + LINKS_S
    while not (found := numbers()) and time.monotonic() < until:
        time.sleep(LOOK_S)
    return (found or [Path("/etc/machine-id").read_text().strip()])[0][-6:]


def numbers(root: Path = Path("/")) -> "list[str]":
    """Return the addresses and numbers of this device in hexadecimal digits, the best one to be known by first."""
    tree = root / "proc/device-tree"
    told = hardware_addresses(root / "sys/class/net")
    with contextlib.suppress(OSError):  # of the board's own Ethernet, before that has a driver
        node = (tree / "aliases/ethernet0").read_text().strip("\0/")
        told.insert(0, (tree / node / "local-mac-address").read_bytes().hex())
    with contextlib.suppress(OSError):  # of a Raspberry Pi, whose addresses are made of it
        told.append((tree / "serial-number").read_text().strip("\0 \n"))
    return [number for number in (text.replace(":", "") for text in told) if len(number) >= 6]


def hardware_addresses(net: Path) -> "list[str]":
    """Return the addresses of the network interfaces that are devices, cables first."""
    found = []
    for link in sorted(net.iterdir() if net.exists() else ()):
        with contextlib.suppress(OSError):
            if (link / "device").exists():
                found.append(((link / "wireless").exists(), (link / "address").read_text().strip().lower()))
    return [address for _, address in sorted(found, key=lambda row: row[0]) if address.strip("0:")]


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=30)


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
