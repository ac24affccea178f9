"""What Raspberry Pi Imager writes to a card for the systems that it knows, as wishes; its scripts are never run.

user-data and network-config are cloud-init's (its own documentation: "Module reference", "Networking config Version
2"; Imager's customization_generator.cpp), custom.toml is that of raspberrypi-sys-mods (init_config), and
wpa_supplicant.conf that of wpa_supplicant. Of what these files may say, only what a print server can follow is read.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from feedpath.host import outline
from feedpath.host.wishes import Unclear, Wifi, Wishes, checked

SCRIPT = "#!"
NETWORK = re.compile(r"network=\{(.*?)\n\s*\}", re.DOTALL)
ASSIGNMENT = re.compile(r"^\s*([a-z0-9_]+)=(.*?)\s*$", re.MULTILINE)
IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}(/[0-9]+)?")
DEFAULT_ROUTES = ("default", "0.0.0.0/0")


def read_user_data(text: str) -> Wishes:
    """Return what cloud-init's user-data wishes for; raise Unclear."""
    document = _outline(text)
    people = document.get("users")
    keys = [*_texts(document.get("ssh_authorized_keys"))]
    for one in people if isinstance(people, list) else []:
        if isinstance(one, dict):
            keys += _texts(one.get("ssh_authorized_keys"))
    host = _text(document.get("hostname")).partition(".")[0]
    return checked(Wishes(host_name=host, time_zone=_text(document.get("timezone")), ssh_keys=tuple(keys)))


def read_network_config(text: str) -> Wishes:
    """Return what cloud-init's network-config, version 2, wishes for; raise Unclear."""
    document = _outline(text)
    network = _table(document.get("network")) or document
    wifis: "list[Wifi]" = []
    country = ""
    for link in _tables(network.get("wifis")):
        country = _text(link.get("regulatory-domain")) or country
        for name, point in _table(link.get("access-points")).items():
            told = _table(point)
            secret = _text(told.get("password")) or _text(_table(told.get("auth")).get("password"))
            wifis.append(Wifi(name, secret, _text(told.get("hidden")) == "true"))
    settings: "dict[str, Any]" = {}
    for link in (*_tables(network.get("ethernets")), *_tables(network.get("wifis"))):
        settings = settings or _static(link)
    return checked(Wishes(country=country, wifis=tuple(wifis), settings=settings))


def _static(link: "dict[str, Any]") -> "dict[str, Any]":
    """Return the settings that give a link its own address; none where it asks for one."""
    address = next((one for one in _texts(link.get("addresses")) if IPV4.fullmatch(one)), "")
    if not address:
        return {}
    routers = [_text(link.get("gateway4"))]
    for route in link["routes"] if isinstance(link.get("routes"), list) else []:
        if _text(_table(route).get("to")) in DEFAULT_ROUTES:
            routers.append(_text(_table(route).get("via")))
    router = next((one for one in routers if one), "")
    servers = [one for one in _texts(_table(link.get("nameservers")).get("addresses")) if IPV4.fullmatch(one)]
    return {"network": "static", "network-address": address, "network-router": router, "network-dns": servers}


def read_custom(text: str) -> Wishes:
    """Return what a custom.toml wishes for; raise Unclear."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unclear(f"It cannot be read: {error}.") from error
    system, ssh, wlan, locale = (_table(document.get(name)) for name in ("system", "ssh", "wlan", "locale"))
    wifis = [Wifi(_text(wlan.get("ssid")), _text(wlan.get("password")), wlan.get("hidden") is True)]
    return checked(
        Wishes(
            host_name=_text(system.get("hostname")),
            time_zone=_text(locale.get("timezone")),
            ssh_keys=tuple(_texts(ssh.get("authorized_keys"))) if ssh.get("enabled") is True else (),
            country=_text(wlan.get("country")).upper(),
            wifis=tuple(wifi for wifi in wifis if wifi.name),
        )
    )


def read_supplicant(text: str) -> Wishes:
    """Return what a wpa_supplicant.conf wishes for; raise Unclear."""
    text = re.sub(r"^\s*#.*$", "", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    head = dict(ASSIGNMENT.findall(NETWORK.sub("", text)))
    wifis = []
    for block in NETWORK.findall(text):
        told = dict(ASSIGNMENT.findall(block))
        wifis.append(Wifi(_name(told.get("ssid", "")), _unquoted(told.get("psk", "")), told.get("scan_ssid") == "1"))
    return checked(Wishes(country=_unquoted(head.get("country", "")).upper(), wifis=tuple(wifis)))


def _name(words: str) -> str:
    """Return the name of a network, in quotes or in hexadecimal digits."""
    if words.startswith('"'):
        return _unquoted(words)
    try:
        return bytes.fromhex(words).decode()
    except ValueError:
        raise Unclear(f"The wireless network cannot be called {words}: names stand in quotes.") from None


def _unquoted(words: str) -> str:
    return words[1:-1] if len(words) > 1 and words[0] == words[-1] == '"' else words


def _outline(text: str) -> "dict[str, Any]":
    if text.startswith(SCRIPT):
        raise Unclear("It is a script, and feedpath runs none.")
    try:
        return _table(outline.parse(text))
    except outline.Misread as error:
        raise Unclear(f"It cannot be read: {error}.") from error


def _table(value: object) -> "dict[str, Any]":
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> "Iterator[dict[str, Any]]":
    return (one for one in _table(value).values() if isinstance(one, dict))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> "list[str]":
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
