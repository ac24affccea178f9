"""The appliance: wires settings, storage, machines, printers and front ends. The only module that knows all."""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import resource
import signal
import socket
import sqlite3
import ssl
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedpath import aio, fronts
from feedpath.back.pdl import firmware
from feedpath.back.pdl.inflate import Inflate
from feedpath.back.pdl.preferences import Preferences
from feedpath.back.usb.find import Finder
from feedpath.back.usb.libusb import Missing
from feedpath.core import box
from feedpath.core.media import LETTER_REGIONS
from feedpath.core.policy import Policy
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.core.spool import Area, Spool
from feedpath.front.auth import claim
from feedpath.front.auth.door import Door
from feedpath.front.http import certificate
from feedpath.front.http.deadlines import Limits
from feedpath.front.http.server import HttpServer
from feedpath.front.ipp.attributes import Site
from feedpath.front.ipp.server import Ipp
from feedpath.front.web.pages import ICONS
from feedpath.front.web.server import Web
from feedpath.host import alive, board, clock, link, placard
from feedpath.host.addressing import Addressing
from feedpath.host.sntp.client import Sntp
from feedpath.host.store import SqliteStore
from feedpath.machines import POLL_S, Machines
from feedpath.settings import Settings

if TYPE_CHECKING:
    from feedpath.back.pdl.bridge.drivers import Index

logger = logging.getLogger(__name__)

KIB, MIB = 1024, 1024 * 1024
DESCRIPTORS = 256  # beside the connections: spool, records, USB, mDNS
FIRST_LOOK_S = 3.0
STAMP_FILE = "clock"  # tells the next run how late it was
RUN_FILE = "feedpath.run"  # tells the command line where the firmware is
COMPRESSIONS = ("gzip", "deflate")

Notes = Callable[[Printer], "Sequence[str]"]

POLICY = (  # setting, the core's name for it, how to get from one to the other
    ("stream", "stream", lambda value: value == "auto"),
    ("after-power-cycle", "after_power_cycle", str),
    ("stream-min-rate", "stream_min_rate", lambda value: value * KIB),
    ("keep-copy", "keep_copy", lambda value: value * MIB),
    ("stall-seconds", "stall_s", float),
    ("multiple-operation-time-out", "submission_s", float),
    ("waiting-jobs", "waiting_jobs", int),
    ("job-history", "history_jobs", int),
    ("job-history-days", "history_days", int),
    ("decompress-ratio", "decompress_ratio", int),
    ("decompress-limit", "decompress_limit", lambda value: value * MIB),
)


class Appliance:
    """One box. data: the directory that keeps everything. backends: pyusb back ends; None for this computer's USB.

    notes: gives further sentences about a printer, for its page. port: of IPP and the pages, once started.
    """

    def __init__(
        self,
        data: Path,
        settings: Settings,
        backends: "Sequence[Any] | None" = None,
        notes: Notes = lambda printer: (),
    ):
        self.data = data
        self.settings = settings
        self.printers = Printers()
        self.port = 0
        self.claim_code = claim.load(str(data / "claim-code"))
        self.host = socket.gethostname().partition(".")[0] or "feedpath"
        self._backends = backends
        self._notes = notes
        self._clock = clock.Clock(data / STAMP_FILE)
        self._policy = Policy()
        self._policy.now = self._clock.now
        self._door = Door(
            self.claim_code,
            trust_loopback=lambda: bool(settings["trust-loopback"]),
            hosts=lambda: (self.host, *settings["hosts"]),
        )
        self._site = Site(host=f"{self.host}.local", icons=ICONS)
        self._board = board.find()
        self._http = HttpServer(limits=Limits(connections=settings["max-connections"]))
        self._sntp = Sntp(
            lambda: self._network.clocks, wanted=lambda: not clock.has_keeper(), correct=self._clock.correct
        )
        self._network = Addressing(settings, data / "network", self.host, self._sntp.servers_changed)
        self.fronts = fronts.Fronts(data, settings, self.printers, self.host, lambda: self._http.tls is not None)
        self._looked = asyncio.Event()  # printers were looked for
        self._was_full = False
        self._undo = contextlib.AsyncExitStack()  # what `stop` does, last thing first

    async def start(self) -> None:
        """Begin to serve; raise OSError when a port is taken or nothing can be stored. Listeners come first."""
        self._undo.callback(os.close, _only_one(self.data))
        self._follow_settings()
        self._keep_time()
        await self._network.start()
        self._undo.push_async_callback(self._network.stop)
        self._store = SqliteStore(self.data / "state.db")
        self._undo.push_async_callback(aio.offload, self._store.close)
        self._area = Area(self.data / "spool", self.settings["spool-limit"] * MIB, self._board.document_memory())
        self.machines = self._machines()
        await self.machines.restore()
        self._undo.push_async_callback(self.machines.close)
        self._restore_jobs()
        await self._open_routes()
        await self._start_front()
        for work in (self._watch_machines(), self._secure()):
            task = asyncio.create_task(work)
            self._undo.push_async_callback(_end, task)
        with contextlib.suppress(TimeoutError):  # a printer that sleeps may take longer to say who it is
            await asyncio.wait_for(self._looked.wait(), FIRST_LOOK_S)

    async def stop(self) -> None:
        """End everything in the order in which nothing is lost: nothing new comes in, what waits stays."""
        await self._undo.aclose()

    def _keep_time(self) -> None:
        self._clock.start()
        self._undo.push_async_callback(self._clock.stop)
        self._sntp.start()
        self._undo.push_async_callback(self._sntp.stop)

    def _follow_settings(self) -> None:
        self._adopt()
        self.settings.watch(self._changed)

    def _adopt(self) -> None:
        for setting, attribute, convert in POLICY:
            setattr(self._policy, attribute, convert(self.settings[setting]))

    def _changed(self, names: "frozenset[str]") -> None:
        self._adopt()
        for printer in self.printers:
            printer.device.driver.follow()
            if printer.location != self.settings["location"]:
                printer.location = self.settings["location"]
                printer.touch("identity")

    def _machines(self) -> Machines:
        return Machines(
            self.printers,
            self._store,
            self._area,
            self._policy,
            self._finders(),
            {kind: self._decoder(kind) for kind in COMPRESSIONS},
            box=box.identity(self.data),
            name=lambda: str(self.settings["name"]),
            location=lambda: str(self.settings["location"]),
            ring_slots=self._board.ring_slots,
            letter_first=lambda: _letter_first(self.settings["region"]),
            index=self._index,
            prologue=firmware.Files(self.data / "firmware").prologue,
            preferences=self._preferences,
        )

    def _preferences(self) -> Preferences:
        """Return the settings of printing as they are now."""
        return Preferences(*(self.settings[name.replace("_", "-")] for name in Preferences._fields))

    def _index(self) -> "Index":
        """Return the drivers of CUPS that are installed."""
        from feedpath.back.pdl.bridge import drivers  # most machines need none

        return drivers.index(self.data / "drivers.json")

    def _finders(self) -> "list[Finder]":
        if self._backends is not None:
            return [Finder(backend) for backend in self._backends]
        try:
            return [Finder()]
        except Missing as error:
            logger.error("no USB printer can be used: %s", error)
            return []

    def _decoder(self, kind: str) -> "Callable[[], Inflate]":
        return lambda: Inflate(kind, self._policy.decompress_ratio, self._policy.decompress_limit)

    def _restore_jobs(self) -> None:
        """Take up the jobs of the last run, each when its printer is known; delete documents that belong to none."""
        stored = self._area.stored()
        waiting: "dict[str, list[tuple[int, dict[str, object]]]]" = {}  # by the printer's name
        for id, record in self._store.jobs():
            waiting.setdefault(str(record["printer"]), []).append((id, record))
            stored.pop(str(id), None)
        for path in stored.values():
            logger.warning("%s belongs to no job and is deleted", path)
            path.unlink()

        def take_up(printer: Printer, added: bool) -> None:
            for id, record in waiting.pop(printer.name, ()) if added else ():
                there = self._area.path(str(id)).exists()
                printer.restore(id, record, Spool.stored(self._area, str(id)) if there else None)

        self.printers.watch(take_up)

    async def _open_routes(self) -> None:
        ipp = Ipp(self._site, lambda request, _level: self._door.authorize(request) or None, now=self._clock.now)
        about = (self._notes, self._network, self.fronts.watchers)
        web = Web(self.printers, self.settings, self._door, self._site.host, self.machines, *about)
        for row in [*ipp.routes(), *web.routes()]:
            self._http.routes.add(row)
        await ipp.start(self.printers)

    async def _start_front(self) -> None:
        listen = self.settings["listen"]
        with fronts.port_named(self.settings["port"]):
            self.port = self._site.port = await self._http.start(listen, self.settings["port"])
        self._undo.push_async_callback(self._http.stop)
        if self.settings["web-port"]:
            with fronts.port_named(self.settings["web-port"]):
                await self._http.start(listen, self.settings["web-port"])
        self._hang_placard()
        self._undo.push_async_callback(self.fronts.stop)
        await self.fronts.start(self.port, self.machines, self._area)
        self._write_run_file({"pid": os.getpid(), "port": self.port, "address": listen or "127.0.0.1"})

    def _hang_placard(self) -> None:
        """Say where this is reached, where the system shows it."""
        folder = os.environ.get("RUNTIME_DIRECTORY")  # systemd.exec(5)
        if folder:
            port = self.settings["web-port"] or self.port
            words = partial(placard.text, self.host, port, self.claim_code)
            hung = placard.Placard(Path(folder) / "placard", words)
            hung.start()
            self._undo.callback(hung.stop)

    def _write_run_file(self, told: "dict[str, object]") -> None:
        path = self.data / RUN_FILE
        new = path.with_name(path.name + ".new")
        try:
            new.write_text(json.dumps(told))
            new.replace(path)
        except OSError as error:
            logger.error("the command line will not find this firmware: %s", error)
        self._undo.callback(path.unlink, missing_ok=True)

    async def _watch_machines(self) -> None:
        while True:
            try:
                await self.machines.poll()
            except Exception:
                logger.exception("looking for printers failed")
            self._looked.set()
            self._keep_house()
            await asyncio.sleep(POLL_S)

    def _keep_house(self) -> None:
        """Do what is due once in a while: end jobs that got no document, notice that the spool is full or has room."""
        now, full = self._clock.now(), self._area.full
        for printer in self.printers:
            printer.expire(now)
            if full is not self._was_full:
                printer.touch("reasons")
        self._was_full = full

    async def _secure(self) -> None:
        """Offer TLS as soon as there is a certificate; clear text does not wait for it."""
        if not self.settings["tls"]:
            return
        try:
            await certificate.ensure(self.data / "tls", [self.host], link.addresses())
            self._http.tls = certificate.context(self.data / "tls")
            self._site.tls = True
            for printer in self.printers:
                printer.touch("identity")
        except (OSError, RuntimeError, ssl.SSLError) as error:
            logger.error("encrypted connections are not offered: %s", error)


def run(
    data: Path,
    settings: Settings,
    backends: "Sequence[Any] | None" = None,
    notes: Notes = lambda printer: (),
    started: "Callable[[Appliance], None] | None" = None,
) -> int:
    """Run the appliance until it is told to end; return the exit status."""
    _allow_descriptors(settings["max-connections"] + DESCRIPTORS)
    try:
        return asyncio.run(_run(Appliance(data, settings, backends, notes), started or tell))
    except OSError as error:
        logger.error("feedpath cannot start: %s", error.strerror or error)
        return 1
    except sqlite3.Error as error:
        logger.error("feedpath cannot start: its records cannot be read: %s", error)
        return 1


async def _run(appliance: Appliance, started: "Callable[[Appliance], None]") -> int:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await appliance.start()
        started(appliance)
        async with alive.told():
            await ended.wait()
    finally:
        await appliance.stop()
    return 0


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def tell(appliance: Appliance) -> None:
    """Say on the console where the appliance is reached, and the claim code."""
    host = appliance.settings["listen"] or appliance.host
    sys.stdout.write(f"web: http://{host}:{appliance.port}/\n")
    sys.stdout.write(f"ipp: ipp://{host}:{appliance.port}/ipp/print\n")
    sys.stdout.write(f"claim code, to administer from other computers: {appliance.claim_code}\n")
    sys.stdout.flush()


def _allow_descriptors(count: int) -> None:
    """Raise this process's limit of open descriptors to `count`, or to what the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _only_one(data: Path) -> int:
    """Return a descriptor that holds the directory for this process; raise OSError when another one has it."""
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise OSError(error.errno, f"another feedpath keeps its data in {data}") from error
    return descriptor


def _letter_first(region: str) -> bool:
    """Return whether Letter comes before A4 in `region`; "auto" looks at the time zone's country."""
    if region != "auto":
        return region == "letter"
    return _country() in LETTER_REGIONS


def _country() -> str:
    """Return the country of this computer's time zone by tzdata's own table, "" when it cannot be told."""
    try:
        zone = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
        lines = Path("/usr/share/zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return next((row[0] for row in rows if len(row) > 2 and row[2] == zone), "")
