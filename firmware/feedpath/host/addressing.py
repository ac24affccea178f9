"""Follows the settings of the network: what is changed there holds for good only once it is set a second time."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from feedpath import aio
from feedpath.settings import Settings

if TYPE_CHECKING:
    from feedpath.host.plan import Plan
    from feedpath.host.uplink import Uplink

ROWS = ("network", "network-interfaces", "network-address", "network-router", "network-dns")
CONFIRM_S = 120.0  # that a person has to come back over the new address


logger = logging.getLogger(__name__)


class Addressing:
    """This computer's addresses, where it is ours to give them. With network = system nothing is touched."""

    def __init__(self, settings: Settings, folder: Path, host: str, changed: "Callable[[], None]"):
        """folder: keeps leases. host: the name that servers are told. changed: called when an address came or went."""
        self._settings = settings
        self._folder = folder
        self._host = host
        self._changed = changed
        self._uplink: "Uplink | None" = None
        self._kept: "dict[str, str]" = {}  # the settings that hold for good
        self._asked: "asyncio.Queue[tuple[Plan | None, dict[str, str]]]" = asyncio.Queue()  # plans, and their settings
        self._task: "asyncio.Task[None] | None" = None
        self._unwatch: "Callable[[], None]" = lambda: None

    async def start(self) -> None:
        """Begin to follow the settings."""
        await self._begin(self.plan(), self._shown())
        self._unwatch = self._settings.watch(self._note)
        self._task = asyncio.create_task(self._run(), name="addressing")

    async def stop(self) -> None:
        """Give addresses back."""
        self._unwatch()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._end(release=True)

    def plan(self) -> "Plan | None":
        """Return how links get their addresses; None where that is not ours to say."""
        mode = self._settings["network"]
        if mode == "system":
            return None
        from feedpath.host.plan import Plan  # most computers never need it

        plan = Plan(mode, self._settings["network-interfaces"], self._host)
        if mode == "dhcp":
            return plan
        address, router = self._settings["network-address"], self._settings["network-router"]
        return plan._replace(address=address, router=router, name_servers=self._settings["network-dns"])

    def _shown(self) -> "dict[str, str]":
        return {name: self._settings.show(name) for name in ROWS}

    def _note(self, names: "frozenset[str]") -> None:
        if names.intersection(ROWS):
            self._asked.put_nowait((self.plan(), self._shown()))

    async def _run(self) -> None:
        while True:
            plan, shown = await self._asked.get()
            if plan is None or _is_sound(plan):
                await self._follow(plan, shown)

    async def _follow(self, plan: "Plan | None", shown: "dict[str, str]") -> None:
        """Follow what was set, for a while; what was set again is confirmed."""
        if plan is None or self._uplink is None:
            await self._end(release=False)
            await self._begin(plan, shown)
        elif plan == self._uplink.plan:
            self._kept = shown
            self._uplink.confirm()
        else:
            self._uplink.follow(plan, CONFIRM_S)

    async def _restore(self) -> None:
        """Set what held before, as the helper has returned to it."""
        for name, text in self._kept.items():
            await aio.offload(self._settings.store, name, text)
        plan = self.plan()
        if plan is not None and self._uplink is not None:
            self._uplink.plan = plan

    async def _begin(self, plan: "Plan | None", shown: "dict[str, str]") -> None:
        self._kept = shown
        if plan is not None and _is_sound(plan):
            from feedpath.host.uplink import Uplink

            self._uplink = Uplink(self._folder, self._changed, self._restore)
            await self._uplink.start(plan)

    async def _end(self, release: bool) -> None:
        if self._uplink is not None:
            await self._uplink.stop(release)
            self._uplink = None


def _is_sound(plan: "Plan") -> bool:
    """Return whether a plan can be followed; else the log says why not."""
    from feedpath.host.plan import plan_of

    try:
        plan_of(plan._asdict())
    except ValueError as error:
        logger.error("the network stays as it is: network = %s needs a sound network-address: %s", plan.mode, error)
        return False
    return True
