"""The users of SNMPv3, as the setting snmp-users keeps them: with keys for one engine, and never a passphrase."""

import re
import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from feedpath.errors import SettingError
from feedpath.front.snmp import discovery, usm
from feedpath.settings import USER_NAME, Settings

SETTING = "snmp-users"
READ, WRITE, INFORM = "read", "write", "inform"
PASSPHRASE_LEAST, PASSPHRASE_MOST = 8, 255  # characters: RFC 3414, 11.2; octets
PASSPHRASES = ("auth-passphrase", "priv-passphrase")
AUTH, PRIV = "SHA-256", "AES-128"  # the usual ones
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another
GROUPS, GROUP = 4, 5  # of a passphrase that is made here: 99 bits


class User(NamedTuple):
    """A user. rights: READ, WRITE, or INFORM for one who tells a receiver; engine: that receiver's, b"" for ours."""

    name: str
    rights: str
    engine: bytes
    auth: str
    auth_key: bytes
    priv: str
    priv_key: bytes


def parse(text: str) -> User:
    """Return the user of an entry of the setting."""
    name, rights, auth, priv = text.split()
    rights, _, engine = rights.partition("@")
    auth, _, auth_key = auth.partition(":")
    priv, _, priv_key = priv.partition(":")
    return User(name, rights, bytes.fromhex(engine), auth, bytes.fromhex(auth_key), priv, bytes.fromhex(priv_key))


def entry(user: User) -> str:
    """Return how the setting keeps a user."""
    rights = f"{user.rights}@{user.engine.hex()}" if user.engine else user.rights
    return f"{user.name} {rights} {user.auth}:{user.auth_key.hex()} {user.priv}:{user.priv_key.hex()}"


class Users:
    """The users that there are, and how they come and go. engine: the snmpEngineID that their keys are for."""

    def __init__(self, settings: Settings, engine: bytes):
        self.engine = engine
        self._settings = settings
        self._lock = threading.Lock()  # one at a time reads and writes them

    def all(self) -> "list[User]":
        """Return the users of now."""
        return [parse(text) for text in self._settings[SETTING]]

    def listed(self) -> "list[dict[str, str]]":
        """Return who there is, for people."""
        told = ("name", "rights", "auth", "priv")
        return [{**{field: getattr(user, field) for field in told}, "engine": user.engine.hex()} for user in self.all()]

    def add(self, asked: "Mapping[str, str]") -> "dict[str, str]":
        """Keep a user, in the place of one of that name; return what there is to tell: passphrases that were made here.

        asked: name; rights, auth, priv where they are not the usual; auth-passphrase, priv-passphrase, one that is
        empty or missing is made; receiver, the address of who gets informs. Raise SettingError, or OSError when it
        cannot be kept. Waits for the disk, and for the receiver.
        """
        name, receiver = asked.get("name", ""), asked.get("receiver", "")
        if not re.fullmatch(USER_NAME, name):
            raise SettingError(f"an SNMP user cannot be called {name!r}: 1 to 32 letters, digits and ._- are allowed")
        rights = _one_of("rights", (READ, WRITE), asked.get("rights") or READ)
        auth = _one_of("authentication", usm.AUTHS, asked.get("auth") or AUTH)
        priv = _one_of("privacy", usm.PRIVS, asked.get("priv") or PRIV)
        given = {field: asked.get(field, "") for field in PASSPHRASES}
        secrets = {field: _checked(field, text) or made() for field, text in given.items()}
        engine = discovery.engine(receiver) if receiver else b""
        keys = [usm.localized(usm.master_key(text, auth), auth, engine or self.engine) for text in secrets.values()]
        keys[1] = usm.privacy_key(keys[1], auth, usm.PRIVS[priv])
        user = User(name, INFORM if engine else rights, engine, auth, keys[0], priv, keys[1])
        with self._lock:
            self._keep([*(each for each in self.all() if (each.name, each.engine) != (name, engine)), user])
        return {field: text for field, text in secrets.items() if not given[field]}

    def remove(self, name: str) -> None:
        """Forget a user; raise SettingError when there is none of that name, OSError. Waits for the disk."""
        with self._lock:
            users = self.all()
            left = [user for user in users if user.name != name]
            if len(left) == len(users):
                names = ", ".join(dict.fromkeys(user.name for user in users))
                raise SettingError(f"there is no SNMP user {name!r}; there is {names or 'none at all'}")
            self._keep(left)

    def _keep(self, users: "Iterable[User]") -> None:
        self._settings.store(SETTING, ", ".join(map(entry, users)))


def _one_of(what: str, words: "Iterable[str]", word: str) -> str:
    found = next((each for each in words if each.lower() == word.lower()), None)
    if found is None:
        raise SettingError(f"{what} cannot be {word!r}: it must be one of {', '.join(words)}")
    return found


def _checked(field: str, text: str) -> str:
    if text and (len(text) < PASSPHRASE_LEAST or len(text.encode()) > PASSPHRASE_MOST or not text.isprintable()):
        raise SettingError(
            f"the {field} must have at least {PASSPHRASE_LEAST} characters and at most {PASSPHRASE_MOST} octets, "
            "all of them printable"
        )
    return text


def made() -> str:
    """Return a new passphrase that nobody guesses."""
    import secrets

    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
