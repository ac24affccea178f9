"""Follows the settings of the network: what is changed there holds for good only once it is confirmed."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from feedpath import aio
from feedpath.settings import Settings

if TYPE_CHECKING:
    from feedpath.host.plan import Plan
    from feedpath.host.uplink import Uplink

ROWS = ("network", "network-interfaces", "network-address", "network-router", "network-dns")
CONFIRM_S = 120.0  # that a person has to come back over the new address
TRIAL_FILE = "trial.json"  # the settings that are on trial, as long as they are

logger = logging.getLogger(__name__)


class Addressing:
    """This computer's addresses, where it is ours to give them. With network = system nothing is touched.

    What is set there is on trial: a power cut, or the end of CONFIRM_S, brings back what held before, unless it is set
    once more, or `keep` is called.
    """

    def __init__(self, settings: Settings, folder: Path, host: str, clocks_changed: "Callable[[], None]"):
        """folder: keeps leases. host: the name that servers are told. clocks_changed: called after `clocks` did."""
        self._settings = settings
        self._folder = folder
        self._host = host
        self._clocks_changed = clocks_changed
        self._clocks: "list[str]" = []
        self._uplink: "Uplink | None" = None
        self._trial_ends: "float | None" = None
        self._news = ""  # what went otherwise than a person wanted
        self._work: "asyncio.Queue[Callable[[], Awaitable[None]]]" = asyncio.Queue()
        self._turning = 0  # how often what follows the plan still begins or ends
        self._task: "asyncio.Task[None] | None" = None
        self._unwatch: "Callable[[], None]" = lambda: None

    async def start(self) -> None:
        """Begin to follow the settings."""
        self._look_back()
        self._clocks = self.clocks
        await self._begin(self.plan())
        self._unwatch = self._settings.watch(self._note)
        self._task = asyncio.create_task(self._run(), name="addressing")

    async def stop(self) -> None:
        """Give addresses back."""
        self._unwatch()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._end(release=True)

    @property
    def clocks(self) -> "list[str]":
        """Return the servers to ask for the time: those that a person set, else those that the networks tell."""
        links = sorted(self._uplink.links.values(), key=lambda told: told.get("metric", 0)) if self._uplink else []
        told = dict.fromkeys(server for link in links for server in link.get("ntp_servers", ()))
        return list(self._settings["ntp-servers"] or told)

    @property
    def on_trial(self) -> bool:
        """Return whether settings are on trial that `keep` would confirm."""
        return self._trial_ends is not None

    @property
    def note(self) -> str:
        """Return what a person who looks after this computer should know, in a sentence or two; "" for nothing."""
        if self._trial_ends is None:
            return self._news or (self._uplink.trouble if self._uplink is not None else "")
        seconds = max(0, round(self._trial_ends - time.monotonic()))
        return (
            f"The network's new settings hold for {seconds} more seconds, then those of before come back. "
            f"To keep them, choose Keep on the page at the new address, or set one of them once more."
        )

    def keep(self) -> None:
        """Confirm what is on trial."""
        if self._uplink is not None:
            self._uplink.confirm()
        self._trial_ends, self._news = None, ""
        tried = self._settings.tried()
        self._work.put_nowait(lambda: self._store(tried))

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

    # What a person changes.

    def _note(self, names: "frozenset[str]") -> None:
        if "ntp-servers" in names:
            self._compare_clocks()
        if not names.intersection(ROWS):
            return
        plan = self.plan()
        if self._turning or plan is None or self._uplink is None:
            self._turning += 1
            self._work.put_nowait(lambda: self._turn(plan))
        else:
            self._follow(plan)

    def _follow(self, plan: "Plan") -> None:
        """Try a plan; one that is followed already is confirmed by that, and that of before needs no trial."""
        assert self._uplink is not None
        if plan == self._uplink.plan:
            self.keep()
        elif plan == self._uplink.kept or self._uplink.trouble:
            self._uplink.follow(plan, 0)
            self.keep()
        elif wrong := _wrong(plan):
            self._news = f"The network stays as it is: network = {plan.mode} needs a sound network-address: {wrong}."
            logger.error("%s", self._news)
        else:
            self._uplink.follow(plan, CONFIRM_S)
            self._trial_ends, self._news = time.monotonic() + CONFIRM_S, ""
            self._work.put_nowait(self._mark)
            logger.info("%s", self.note)

    async def _turn(self, plan: "Plan | None") -> None:
        """Take the network over, or leave it to the system."""
        try:
            if plan is not None and self._uplink is not None:
                self._follow(plan)
                return
            await self._end(release=False)
            await self._begin(plan)
            await self._store(self._settings.tried())
        finally:
            self._turning -= 1

    async def _run(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await work()
            except OSError as error:
                logger.error("the network's settings cannot be followed: %s", error)

    # What holds, and what is on trial.

    def _reverted(self) -> None:
        """Forget what was on trial: the helper has returned to what held before."""
        tried = _shown(self._settings.drop())
        self._trial_ends = None
        self._news = f"The network's new settings ({tried}) were not confirmed in time: those of before are back."
        logger.warning("%s", self._news)
        self._work.put_nowait(self._unmark)

    async def _store(self, tried: "dict[str, str]") -> None:
        try:
            await aio.offload(self._settings.keep, tried)
        except OSError as error:
            logger.error("the network's settings hold until the next start; they cannot be stored: %s", error)
        await self._unmark()

    async def _mark(self) -> None:
        """Write down what is on trial, for a start after a power cut; it is only to be told, so it need not be sure."""
        try:
            await aio.offload((self._folder / TRIAL_FILE).write_text, json.dumps(self._settings.tried()))
        except OSError as error:
            logger.warning("what is on trial cannot be written down: %s", error)

    async def _unmark(self) -> None:
        await aio.offload((self._folder / TRIAL_FILE).unlink, True)

    def _look_back(self) -> None:
        """Tell that the last run ended while settings were on trial: the file of settings does not have them."""
        path = self._folder / TRIAL_FILE
        try:
            tried = {name: str(value) for name, value in json.loads(path.read_text()).items() if name in ROWS}
            path.unlink()
        except (OSError, ValueError, AttributeError):
            return
        if all(self._settings.show(name) == value for name, value in tried.items()):
            return  # they were confirmed in the last moment
        self._news = (
            f"The network's new settings ({_shown(tried)}) were not confirmed before feedpath was started anew: "
            f"those of before hold."
        )
        logger.warning("%s", self._news)

    # What follows them.

    async def _begin(self, plan: "Plan | None") -> None:
        if plan is None:
            return
        if wrong := _wrong(plan):
            self._news = f"The network is left alone: network = {plan.mode} needs a sound network-address: {wrong}."
            logger.error("%s", self._news)
            return
        from feedpath.host.uplink import Uplink

        self._uplink = Uplink(self._folder, self._compare_clocks, self._reverted)
        self._settings.on_trial = frozenset(ROWS)
        await self._uplink.start(plan)

    async def _end(self, release: bool) -> None:
        self._trial_ends = None
        if self._uplink is not None:
            await self._uplink.stop(release)
            self._uplink = None
            self._settings.on_trial = frozenset()

    def _compare_clocks(self) -> None:
        clocks = self.clocks
        if clocks != self._clocks:
            self._clocks = clocks
            self._clocks_changed()


def _wrong(plan: "Plan") -> str:
    """Return why a plan cannot be followed; "" where it can."""
    from feedpath.host.plan import plan_of

    try:
        plan_of(plan._asdict())
    except ValueError as error:
        return str(error)
    return ""


def _shown(tried: "dict[str, str]") -> str:
    return ", ".join(f"{name} = {value}" for name, value in tried.items())
