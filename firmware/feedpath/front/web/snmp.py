"""The users of SNMPv3 on their page and in the API: who there is, a new one, one less."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from feedpath import aio
from feedpath.errors import Refused, SettingError
from feedpath.settings import Settings

SETTING = "snmp-users"
AUTHS = ("SHA-256", "SHA-224", "SHA-384", "SHA-512")
PRIVS = ("AES-128", "AES-192", "AES-256")


class Users(Protocol):
    """What keeps the users; front/snmp's Users is one. engine: our snmpEngineID."""

    engine: bytes

    def listed(self) -> "Sequence[Mapping[str, str]]": ...
    def add(self, asked: "Mapping[str, str]") -> "Mapping[str, str]": ...
    def remove(self, name: str) -> None: ...


class SnmpUsers:
    """Adds and removes users, and tells of them."""

    def __init__(self, users: Users, settings: Settings):
        self._users = users
        self._settings = settings

    def told(self) -> "dict[str, Any]":
        """Return the users and our engine."""
        return {"engine": self._users.engine.hex(), "users": list(self._users.listed())}

    async def add(self, fields: "Mapping[str, str]") -> "Mapping[str, str]":
        """Add a user; return the passphrases that were made for it. Raise Refused."""
        made: "list[Mapping[str, str]]" = []
        await self._change(lambda: made.append(self._users.add(fields)))
        return made[0]

    async def remove(self, fields: "Mapping[str, str]") -> None:
        """Remove a user; raise Refused."""
        await self._change(lambda: self._users.remove(fields.get("name", "")))

    async def _change(self, change: "Callable[[], None]") -> None:
        try:
            await aio.offload(change)
        except SettingError as error:
            raise Refused("bad-request", f"{error}.") from None
        except OSError as error:
            raise Refused("spool-area-full", f"The user could not be stored: {error.strerror}.") from None
        self._settings.announce(SETTING)
