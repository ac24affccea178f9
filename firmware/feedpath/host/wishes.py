"""What the owner of a device wants of it before its first start, as files on the card say it.

feedpath.toml has the settings by their names, and the keys of WISHES besides.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # RFC 1123, 2.1
TIME_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
SSH_KEY = re.compile(r"(ssh|ecdsa|sk)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+( [\x20-\x7e]*)?")
COUNTRY = re.compile(r"[A-Z]{2}")
SECRET = re.compile(r"[\x20-\x7e]{8,63}|[0-9a-fA-F]{64}")
KEY_DIGITS, ROUNDS = 64, 4096

WISHES: "dict[str, type]" = {
    "host-name": str,
    "time-zone": str,
    "ssh-keys": list,
    "wifi-name": str,
    "wifi-password": str,
    "wifi-country": str,
}


class Unclear(ValueError):
    """A file cannot be followed; the message is a sentence for its owner, or several in lines."""


class Wifi(NamedTuple):
    """A wireless network. secret: its password, or what WPA makes of it in 64 hexadecimal digits; "" for none."""

    name: str
    secret: str = ""
    hidden: bool = False


class Wishes(NamedTuple):
    """All that may be wished for; what is empty is not. settings: as a TOML document has them."""

    host_name: str = ""
    time_zone: str = ""
    ssh_keys: "tuple[str, ...]" = ()
    country: str = ""
    wifis: "tuple[Wifi, ...]" = ()
    settings: "Mapping[str, Any]" = MappingProxyType({})


def checked(wishes: Wishes) -> Wishes:
    """Return them; raise Unclear where one cannot be granted. Settings are checked by those who keep them."""
    rows: "list[tuple[str, Sequence[str], re.Pattern[str], str]]" = [
        ("host name", [wishes.host_name], HOST_NAME, "of letters, digits and hyphens, 63 at most"),
        ("time zone", [wishes.time_zone], TIME_ZONE, "as Europe/Berlin"),
        ("SSH key", wishes.ssh_keys, SSH_KEY, "a line as in id_ed25519.pub"),
        ("country of wireless networks", [wishes.country], COUNTRY, "two capital letters, as DE"),
    ]
    wrong = [
        f"The {what} cannot be {value!r}: it must be {allowed}."
        for what, values, pattern, allowed in rows
        for value in values
        if value and not pattern.fullmatch(value)
    ]
    for wifi in wishes.wifis:
        if not 1 <= len(wifi.name.encode()) <= 32:
            wrong.append(f"The wireless network cannot be called {wifi.name!r}: its name has 1 to 32 octets.")
        if wifi.secret and not SECRET.fullmatch(wifi.secret):
            wrong.append(f"The password of the wireless network {wifi.name!r} must have 8 to 63 signs of ASCII.")
    if wrong:
        raise Unclear("\n".join(wrong))
    return wishes


def read_feedpath(text: str) -> Wishes:
    """Return what a feedpath.toml wishes for; raise Unclear."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unclear(f"It cannot be read: {error}.") from error
    own: "dict[str, Any]" = {key: document.pop(key) for key in WISHES if key in document}
    for key, value in own.items():
        if not (_is_texts(value) if WISHES[key] is list else isinstance(value, str)):
            raise Unclear(f"{key} must be {'a list of texts' if WISHES[key] is list else 'a text'}.")
    wifis = [Wifi(own["wifi-name"], own.get("wifi-password", ""))] if own.get("wifi-name") else []
    return checked(
        Wishes(
            host_name=own.get("host-name", ""),
            time_zone=own.get("time-zone", ""),
            ssh_keys=tuple(own.get("ssh-keys", ())),
            country=own.get("wifi-country", ""),
            wifis=tuple(wifis),
            settings=document,
        )
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def supplicant(wishes: Wishes) -> str:
    """Return a configuration of wpa_supplicant, without the passwords themselves."""
    lines = [f"country={wishes.country}"] if wishes.country else []
    for wifi in wishes.wifis:
        key = ["key_mgmt=WPA-PSK", f"psk={pairwise_key(wifi)}"] if wifi.secret else ["key_mgmt=NONE"]
        rows = [f"ssid={wifi.name.encode().hex()}", f"scan_ssid={int(wifi.hidden)}", *key]
        lines += ["network={", *("\t" + row for row in rows), "}"]
    return "\n".join(lines) + "\n"


def pairwise_key(wifi: Wifi) -> str:
    """Return what WPA makes of a network's password (IEEE 802.11-2020, J.4)."""
    if len(wifi.secret) == KEY_DIGITS:
        return wifi.secret.lower()
    return hashlib.pbkdf2_hmac("sha1", wifi.secret.encode(), wifi.name.encode(), ROUNDS, KEY_DIGITS // 2).hex()
