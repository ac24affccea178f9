"""`feedpath snmp`: who may watch the printers by SNMPv3."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedpath.cli import Failure, Verbs, ask, load_settings, may_use_file, plain, say
from feedpath.errors import SettingError

if TYPE_CHECKING:
    from feedpath.front.snmp.users import Users

ADD_S = 30.0  # a receiver is asked some times, and small boards take long for keys
PASSPHRASES = {"auth-passphrase": "authentication", "priv-passphrase": "privacy"}
RIGHTS = {"read": "reads", "write": "reads and writes", "inform": "tells a receiver"}
EPILOG = """SNMPv3 is answered as soon as there is a user, always with authentication and privacy. Passphrases have
at least 8 characters; they are not kept, only keys made of them. From a program, give them as two lines on
standard input: first that of authentication. For an empty one, a good one is made, and shown once.

examples:
  feedpath snmp list                              who there is, and the engine's identifier
  feedpath snmp add alice                         who may read
  feedpath snmp add bob --write --auth SHA-512 --priv AES-256
  feedpath snmp add alice --receiver 192.0.2.1    for informs: then feedpath settings set snmp-trap-sinks
                                                  v3-inform:alice@192.0.2.1
  feedpath snmp remove alice
"""


def add(commands: Any) -> None:
    """Add the command and its verbs."""
    verbs = Verbs(commands, "snmp", "list, add and remove users of SNMPv3", EPILOG)
    verbs.add("list", list_users, "list the users")
    adding = verbs.add("add", add_user, "add a user, or give one other passphrases")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--write", action="store_true", help="may also set names and places, and reset printers")
    adding.add_argument("--auth", default="SHA-256", help="SHA-224, SHA-256, SHA-384 or SHA-512 (default: %(default)s)")
    adding.add_argument("--priv", default="AES-128", help="AES-128, AES-192 or AES-256 (default: %(default)s)")
    adding.add_argument("--receiver", default="", metavar="ADDRESS", help="only to tell this receiver of informs")
    verbs.add("remove", remove_user, "remove a user").add_argument("name", metavar="NAME")


def list_users(chosen: argparse.Namespace) -> None:
    """List the users, and the engine that they are users of."""
    told = _do(chosen, "GET", "/api/snmp", None, lambda users: {"engine": users.engine.hex(), "users": users.listed()})
    if chosen.json:
        say(json.dumps(told, indent=2))
        return
    say(f"engine 0x{told['engine']}")
    for user in told["users"]:
        receiver = f" 0x{user['engine']}" if user["engine"] else ""
        say(plain(f"{user['name']:20}{RIGHTS[user['rights']]}{receiver}  {user['auth']}  {user['priv']}"))


def add_user(chosen: argparse.Namespace) -> None:
    """Add a user; show what passphrases were made."""
    asked = {
        "name": chosen.name,
        "rights": "write" if chosen.write else "read",
        "auth": chosen.auth,
        "priv": chosen.priv,
        "receiver": chosen.receiver,
    }
    asked |= {field: _passphrase(about) for field, about in PASSPHRASES.items()}
    made = _do(chosen, "POST", "/api/snmp-add", asked, lambda users: {"made": users.add(asked)})["made"]
    if chosen.json:
        say(json.dumps({"made": made}, indent=2))
        return
    for field, text in made.items():
        say(f"passphrase for {PASSPHRASES[field]}, shown this once: {text}")


def remove_user(chosen: argparse.Namespace) -> None:
    """Remove a user."""
    _do(chosen, "POST", "/api/snmp-remove", {"name": chosen.name}, lambda users: users.remove(chosen.name))


def _passphrase(about: str) -> str:
    """Return a passphrase that a person types twice, or a line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    import getpass

    first = getpass.getpass(f"passphrase for {about} (empty: one is made): ")
    if first and getpass.getpass("once more: ") != first:
        raise Failure("the two passphrases differ; nothing was changed")
    return first


def _do(
    chosen: argparse.Namespace, method: str, path: str, body: "object | None", alone: "Callable[[Users], object]"
) -> Any:
    """Return what the running firmware answers; where none runs, what `alone` does with the file."""
    try:
        return ask(chosen, method, path, body, ADD_S)
    except Failure as failure:
        if not may_use_file(chosen, failure):
            raise
    try:
        return alone(_users(chosen))
    except SettingError as error:
        raise Failure(f"{error}.") from None
    except OSError as error:
        raise Failure(f"cannot keep users in {chosen.data}: {error.strerror}") from error


def _users(chosen: argparse.Namespace) -> "Users":
    from feedpath.core import box
    from feedpath.front.snmp import usm
    from feedpath.front.snmp.users import Users

    data: Path = chosen.data
    return Users(load_settings(chosen), usm.engine_id(box.identity(data)))
