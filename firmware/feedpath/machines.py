"""Which machine is which: what is found on the bus becomes printers, and is known again when it comes back."""

import asyncio
import contextlib
import copy
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from feedpath import aio
from feedpath.back.pdl.choose import NO_CHOICE, Choice, choose
from feedpath.back.pdl.preferences import Preferences
from feedpath.back.pdl.translator import Translator
from feedpath.back.usb.device import Unavailable
from feedpath.back.usb.ieee1284 import DeviceId
from feedpath.core.connection import Connection, Gone
from feedpath.core.device import Device
from feedpath.core.driver import Driver, Fit, Setting
from feedpath.core.job import Job
from feedpath.core.policy import Policy
from feedpath.core.printer import Decoder, Printer
from feedpath.core.printers import Printers
from feedpath.core.prologue import Prologue
from feedpath.core.spool import Area
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused
from feedpath.host.store import SqliteStore

if TYPE_CHECKING:
    from feedpath.back.pdl.bridge.drivers import Index, Match
    from feedpath.back.pdl.bridge.ppd import Ppd

logger = logging.getLogger(__name__)

POLL_S = 1.0
NAME_MOST = 60  # characters; a number still fits into DNS-SD's 63 octets where they are ASCII
NAMELESS = "USB printer"
TEST_PAGE = "Test page"
ANNOUNCED_OCTETS = 63  # of a name in DNS-SD: RFC 6763, 4.1.1
NO_NAME = f"A printer's name has 1 to {ANNOUNCED_OCTETS} octets and no control characters."
NO_TEST = "There is no test page for a printer whose language is not known here. Choose a driver for it first."
NAMESPACE = uuid.UUID("7b4ad2b6-6b2e-4b0e-9d0a-3c3d1a4f6a51")  # of the names that printers' uuids are made from


class Found(Protocol):
    """A machine on a bus, as a finder tells it; see back/usb/find.py."""

    @property
    def key(self) -> str: ...
    @property
    def serial(self) -> str: ...
    @property
    def vendor(self) -> int: ...
    @property
    def product(self) -> int: ...
    def open(self) -> Connection:
        """Return a connection to it; raise Unavailable, or Gone."""


class Finder(Protocol):
    """Looks at a bus."""

    def poll(self) -> "Sequence[Found]":
        """Return the machines that are there now."""


class Machines:
    """All machines ever seen, and the printers that print on them.

    box: what tells this computer from others, for machines that have no serial number. ring_slots: of each ring.
    name: gives the name that the owner wants for the next new printer, or "". letter_first: whether Letter is offered
    before A4. index: gives the drivers of CUPS that are installed, None for none; it is called in a thread. prologue:
    gives what a machine with a device id must be sent after each power-on, or None. preferences: gives the owner's
    settings of printing.
    """

    def __init__(
        self,
        printers: Printers,
        store: SqliteStore,
        area: Area,
        policy: Policy,
        finders: "Sequence[Finder]",
        decoders: "Mapping[str, Callable[[], Decoder]]",
        box: str,
        ring_slots: int,
        name: "Callable[[], str]",
        location: "Callable[[], str]",
        letter_first: "Callable[[], bool]",
        index: "Callable[[], Index | None]" = lambda: None,
        prologue: "Callable[[str], Prologue | None]" = lambda device_id: None,
        preferences: "Callable[[], Preferences]" = Preferences,
    ):
        self._printers = printers
        self._store = store
        self._area = area
        self._policy = policy
        self._finders = finders
        self._decoders = decoders
        self._box = box
        self._ring_slots = ring_slots
        self._name = name
        self._location = location
        self._letter_first = letter_first
        self._index = index
        self._prologue = prologue
        self._preferences = preferences
        self._devices: "dict[str, Device]" = {}
        self._records: "dict[str, dict[str, Any]]" = {}
        self._choosing = aio.Lock()
        self._saving = aio.Lock()
        self._unsaved: "set[str]" = set()  # keys of records that could not be written
        self._saves: "set[asyncio.Task[None]]" = set()
        self._tests: "set[asyncio.Task[None]]" = set()  # what fills the jobs of test pages
        self._complaints: "dict[str, str]" = {}  # the last reason why a machine could not be opened, by key

    async def restore(self) -> None:
        """Make the devices and printers that are remembered; they are away until they are found."""
        for key, record in self._store.printers().items():
            self._records[key] = record
            await self._make(key, record)

    async def poll(self) -> None:
        """Look once at what is there: attach what came, detach what went."""
        for key in sorted(self._unsaved):
            await self._save(key)
        found = await aio.offload(self._look)
        present = {self._known_as(one, found): one for one in found}
        for key, device in self._devices.items():
            if key not in present and device.connection is not None:
                logger.warning("the printer %s was unplugged or switched off", key)
                device.detach()
        for key, one in present.items():
            if key not in self._devices or self._devices[key].connection is None:
                await self._attach(key, one)

    async def close(self) -> None:
        """Let go of all machines; jobs stay as they are."""
        for test in self._tests:
            test.cancel()
        await asyncio.gather(*self._tests, return_exceptions=True)
        await aio.gather(*self._saves)
        await aio.gather(*(device.close() for device in self._devices.values()))

    def add_queue(self, printer: Printer, name: str) -> Printer:
        """Return a further printer called `name` on the same machine; raise ValueError when there is one."""
        key = printer.device.key
        record = self._records[key]
        queue = {"name": name, "uuid": self._uuid(f"{key}/{name}")}
        further = self._queue(printer.device, record, queue)
        self._records[key] = record = {**record, "queues": [*record["queues"], queue]}
        self._store.remember(key, record)
        return further

    async def fits(self, printer: Printer, words: str = "", every: bool = False) -> "list[Fit]":
        """Return the drivers that fit the printer, or all that can be had whose names have the words."""
        from feedpath.back.pdl import choices  # nobody may ever ask

        record = self._records[printer.device.key]
        found: list[Fit] = await aio.offload(
            lambda: choices.fits(_commands(record), _told(record), self._index(), words, every)
        )
        return found

    async def use(self, printer: Printer, name: str) -> None:
        """Print by the driver that is called so from the next job on; raise Refused, with the nearest names."""
        from feedpath.back.pdl import choices

        wanted = await aio.offload(lambda: choices.find(name, self._index()))
        async with self._choosing:
            await self._drive(printer.device.key, Choice(wanted))

    async def set(self, printer: Printer, values: "Mapping[str, str]") -> None:
        """Set options of the printer's driver, "" for a default; raise Refused with what is allowed."""
        key = printer.device.key
        async with self._choosing:
            options = self._devices[key].driver.adjusted(values)
            await self._drive(key, _choice(self._records[key])._replace(options=options))

    def settings(self, printer: Printer) -> "tuple[Setting, ...]":
        """Return the options of the printer's driver that only it knows."""
        return printer.device.driver.settings()

    def test(self, printer: Printer) -> Job:
        """Return the job of a test page, which prints as any other; raise Refused where none can be made."""
        from feedpath.back.pdl import testpage

        if not printer.device.driver.takes(testpage.FORMAT):
            raise Refused("not-possible", NO_TEST)
        job = printer.submit(Ticket(name=TEST_PAGE, format=testpage.FORMAT))
        task = aio.create_task(_fill(job, testpage.of(printer)))
        self._tests.add(task)
        task.add_done_callback(self._tests.discard)
        return job

    async def _drive(self, key: str, choice: Choice) -> None:
        """Print by what was chosen, and remember it; raise Refused where it cannot be had."""
        record = {**self._records[key], "driver": {"choice": choice.driver, "options": dict(choice.options)}}
        driver = await self._driver(record)
        if driver.origin.lost:
            raise Refused("not-possible", driver.origin.lost)
        self._records[key] = {**self._records[key], "driver": record["driver"]}
        logger.info("the printer %s prints by %s: %s", key, driver.origin.title, driver.origin.why)
        self._devices[key].use(driver)
        await self._save(key)

    def announced(self, printer: Printer, name: str) -> None:
        """Remember the name that a printer got in DNS-SD, so that it asks for the same one again."""
        if printer.announced == name:
            return
        printer.announced = name
        printer.touch("identity")
        self._remember(printer, announced=name)

    async def rename(self, printer: Printer, name: str) -> None:
        """Give a printer another name for people and the network; its queue keeps its own. Raise Refused."""
        if not name.strip() or not name.isprintable() or len(name.encode()) > ANNOUNCED_OCTETS:
            raise Refused("bad-request", NO_NAME)
        printer.info = name
        printer.announced = name
        printer.touch("identity")
        self._remember(printer, announced=name, info=name)
        await aio.gather(*self._saves)

    def _remember(self, printer: Printer, **told: object) -> None:
        """Keep what a queue must still know after a restart."""
        key = printer.device.key
        record = self._records[key]
        queue = next(queue for queue in record["queues"] if queue["uuid"] == printer.uuid)
        if any(queue.get(name) != value for name, value in told.items()):
            queue.update(told)
            task = aio.create_task(self._save(key))
            self._saves.add(task)
            task.add_done_callback(self._saves.discard)

    async def _save(self, key: str) -> None:
        """Write a machine's record; one that cannot be written is tried again with each poll."""
        async with self._saving:
            try:
                await aio.offload(self._store.remember, key, copy.deepcopy(self._records[key]))
                self._unsaved.discard(key)
            except Refused as refused:
                if key not in self._unsaved:
                    logger.error("the printer %s cannot be remembered yet: %s", key, refused.detail)
                self._unsaved.add(key)

    def _look(self) -> "list[Found]":
        return [one for finder in self._finders for one in finder.poll()]

    def _known_as(self, one: Found, found: "Sequence[Found]") -> str:
        """Return the key that a machine is known by: without a serial number it may have come back at another port."""
        if one.key in self._devices or one.serial:
            return one.key
        present = {other.key for other in found}
        kind = f"{one.vendor:04x}:{one.product:04x}@"
        missing = [key for key in self._devices if key.startswith(kind) and key not in present]
        moved = [key for key in missing if self._devices[key].connection is None]
        strangers = [other for other in found if other.key.startswith(kind) and other.key not in self._devices]
        return moved[0] if len(moved) == 1 and len(strangers) == 1 else one.key

    async def _attach(self, key: str, one: Found) -> None:
        try:
            connection = await aio.offload(one.open)
        except (Unavailable, Gone) as error:
            if self._complaints.get(key) != str(error):
                self._complaints[key] = str(error)
                logger.warning("the printer %s cannot be used: %s", key, error)
            return
        self._complaints.pop(key, None)
        device = self._devices.get(key)
        if device is None:
            device = await self._meet(key, one, connection)
        logger.info("the printer %s is here: %s %s", key, connection.make, connection.model)
        told = f"{connection.device_id};MFG:{connection.make};MDL:{connection.model};"
        device.attach(connection, self._prologue(told))

    async def _meet(self, key: str, one: Found, connection: Connection) -> Device:
        """Return the device of a machine that was never seen before, with its first printer."""
        wanted = self._name() or f"{connection.make} {connection.model}".strip() or NAMELESS
        record = {
            "device_id": connection.device_id,
            "make": connection.make,
            "model": connection.model,
            "serial": one.serial,
            "queues": [{"name": self._free(wanted), "uuid": self._uuid(key if one.serial else f"{self._box}/{key}")}],
        }
        self._records[key] = record
        device = await self._make(key, record)
        await self._save(key)
        return device

    async def _make(self, key: str, record: "dict[str, Any]") -> Device:
        driver = await self._driver(record)
        device = Device(key, driver, self._area, self._store, self._policy, self._ring_slots)
        self._devices[key] = device
        for queue in record["queues"]:
            self._queue(device, record, queue)
        return device

    async def _driver(self, record: "dict[str, Any]") -> Driver:
        """Return the driver of a machine."""
        letter_first, choice = self._letter_first(), _choice(record)
        driver: Driver = await aio.offload(
            choose, _commands(record), letter_first, _told(record), self._installed, choice
        )
        if isinstance(driver, Translator):
            driver.preferences = self._preferences
            driver.follow()
        return driver

    def _installed(self, device_id: str) -> "tuple[Match, Ppd] | None":
        """Return the driver of CUPS that is installed for a machine."""
        from feedpath.back.pdl.bridge import drivers  # most machines need none

        index = self._index()
        return drivers.choose(index, device_id) if index is not None else None

    def _queue(self, device: Device, record: "dict[str, Any]", queue: "dict[str, Any]") -> Printer:
        info = queue.get("info", "")
        printer = Printer(queue["name"], queue["uuid"], device, self._store, self._policy, self._decoders, info)
        printer.location = self._location()
        printer.announced = queue.get("announced", printer.name)
        printer.paused = bool(queue.get("paused"))
        printer.watch(lambda names: self._remember(printer, paused=printer.paused) if "paused" in names else None)
        printer.device_id = record["device_id"]
        printer.make, printer.model, printer.serial = record["make"], record["model"], record["serial"]
        self._printers.add(printer)
        return printer

    def _free(self, wanted: str) -> str:
        """Return `wanted` fit for an address, with a number behind it when it is taken."""
        wanted = wanted.replace("/", "-")[:NAME_MOST]
        name, number = wanted, 1
        while self._printers.find(name) is not None:
            number += 1
            name = f"{wanted} {number}"
        return name

    def _uuid(self, name: str) -> str:
        return str(uuid.uuid5(NAMESPACE, name))


class Whole:
    """A document that is there already, as `Job.receive` reads it."""

    def __init__(self, document: bytes):
        self._left = memoryview(document)

    async def readinto(self, view: memoryview) -> int:
        """Give what fits into `view`."""
        count = min(len(view), len(self._left))
        view[:count], self._left = self._left[:count], self._left[count:]
        return count


async def _fill(job: Job, document: bytes) -> None:
    """Give a job its document; how it ends, the job itself tells."""
    with contextlib.suppress(Refused):
        await job.receive(Whole(document))
        await job.finish()


def _commands(record: "dict[str, Any]") -> "tuple[str, ...]":
    return DeviceId(record["device_id"]).commands


def _told(record: "dict[str, Any]") -> str:
    """Return the device id, with what USB tells where it tells no name."""
    return f"{record['device_id']};MFG:{record['make']};MDL:{record['model']};"


def _choice(record: "dict[str, Any]") -> Choice:
    """Return what a person chose for a machine."""
    kept = record.get("driver", {})
    return Choice(kept.get("choice", NO_CHOICE.driver), kept.get("options", {}))
