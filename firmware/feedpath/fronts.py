"""How others reach the printers beside HTTP: raw data, LPD, mDNS and SNMP, each as the settings say."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from feedpath import aio
from feedpath.back.pdl import sniff
from feedpath.core import box
from feedpath.core.printer import Printer
from feedpath.core.printers import Printers
from feedpath.core.spool import Area
from feedpath.errors import SettingError
from feedpath.front.advert.records import Reach
from feedpath.front.advert.server import Advert
from feedpath.front.auth import origin
from feedpath.front.ipp.attributes import printer_path
from feedpath.front.raw import Raw
from feedpath.front.snmp import boots, usm
from feedpath.front.snmp.agent import Access
from feedpath.front.snmp.server import Snmp
from feedpath.front.snmp.site import Facts, Secure
from feedpath.front.snmp.site import Reach as SnmpReach
from feedpath.front.snmp.store import Write
from feedpath.front.snmp.users import Users
from feedpath.host import link
from feedpath.host.computer import LinuxComputer
from feedpath.machines import Machines
from feedpath.settings import Settings

if TYPE_CHECKING:
    from feedpath.front.lpd.server import Lpd

logger = logging.getLogger(__name__)

BOOTS_FILE = "snmp-boots"  # how often SNMPv3 has begun


class Fronts:
    """What else than HTTP is served. data: the directory that keeps everything. host: this computer's name.

    encrypted: whether IPP is offered over TLS now. raw_port, lpd_port, snmp_port: once started; 0 for
    what is not served. watchers: the users of SNMPv3.
    """

    def __init__(self, data: Path, settings: Settings, printers: Printers, host: str, encrypted: "Callable[[], bool]"):
        self.raw_port = self.lpd_port = self.snmp_port = 0
        self.watchers = Users(settings, usm.engine_id(box.identity(data)))
        self._data = data
        self._settings = settings
        self._printers = printers
        self._host = host
        self._encrypted = encrypted
        self._port = 0
        self._advert: "Advert | None" = None
        self._undo = contextlib.AsyncExitStack()  # what `stop` does, last thing first

    async def start(self, port: int, machines: Machines, area: Area) -> None:
        """Begin to serve; raise OSError when a port is taken. port: of IPP."""
        self._port = port
        if self._settings["raw"]:
            await self._start_raw()
        if self._settings["lpd"]:
            await self._start_lpd()
        if self._settings["mdns"]:
            await self._start_mdns(machines)
        if self._settings["snmp"]:
            await self._start_snmp(machines, area)

    async def stop(self) -> None:
        """End all that was started."""
        await self._undo.aclose()

    async def _start_raw(self) -> None:
        raw = Raw(self._settings["listen"], self._settings["raw-port"])
        with port_named(self._settings["raw-port"]):
            await raw.start(self._printers)
        self._undo.push_async_callback(raw.stop)
        self.raw_port = raw.port

    async def _start_lpd(self) -> None:
        lpd = self._line_printer_daemon()
        with port_named(self._settings["lpd-port"]):
            await lpd.start(self._printers)
        self._undo.push_async_callback(lpd.stop)
        self.lpd_port = lpd.port

    def _line_printer_daemon(self) -> "Lpd":
        from feedpath.front.lpd.server import Lpd  # few answer it

        return Lpd(
            self._settings["listen"],
            self._settings["lpd-port"],
            sniff.sniff,
            administers=lambda host: bool(self._settings["trust-loopback"]) and origin.is_loopback(host),
            shows=lambda: bool(self._settings["show-job-names"]),
        )

    async def _start_mdns(self, machines: Machines) -> None:
        advert = Advert(self._host, self._reach, lambda printer: printer.announced, machines.announced)
        await advert.start(self._printers)
        self._advert = advert
        self._undo.push_async_callback(advert.stop)
        self._hear_of_links(advert.look, advert.addresses_changed)

    def _hear_of_links(self, changed: "Callable[[], None]", plugged: "Callable[[], None]") -> None:
        changes = link.Changes(changed, plugged)
        try:
            changes.start()
        except OSError as error:
            logger.warning("changes of addresses are seen some seconds later: %s", error)
        self._undo.callback(changes.stop)

    def _reach(self, printer: Printer) -> Reach:
        is_default = printer is self._printers.default
        return Reach(
            self._port,
            path=printer_path(printer.name, is_default).lstrip("/"),
            raw_port=self.raw_port if is_default else 0,
            tls=self._encrypted(),
            lpd_port=self.lpd_port,
        )

    async def _start_snmp(self, machines: Machines, area: Area) -> None:
        """Begin to answer SNMP; an ordinary user may not use its port, and goes on without."""
        facts = Facts(
            LinuxComputer(),
            host=self._name,
            contact=lambda: str(self._settings["contact"]),
            location=lambda: str(self._settings["location"]),
            storage=lambda: (area.limit, area.used),
            reach=self._snmp_reach,
            write=self._setting_writer,
            rename=machines.rename,
            refusals=lambda: area.refusals,
        )
        snmp = Snmp(
            self._settings["listen"],
            self._settings["snmp-port"],
            facts,
            self._snmp_access,
            lambda: self._settings["snmp-trap-sinks"],
            secure=self._secure(),
            networks=lambda: self._settings["snmp-sources"],
        )
        try:
            with port_named(self._settings["snmp-port"]):
                await snmp.start(self._printers)
        except OSError as error:
            logger.warning("SNMP is not answered: UDP %s", error.strerror)
            return
        self.snmp_port = snmp.port
        self._undo.push_async_callback(snmp.stop)
        snmp.agent.look()  # what is so now was so at the start
        self._hear_of_links(snmp.agent.look, snmp.agent.look)
        self._undo.callback(self._settings.watch(snmp.settings_changed))

    def _secure(self) -> Secure:
        return Secure(self.watchers.all, self.watchers.engine, lambda: boots.count(self._data / BOOTS_FILE))

    def _name(self) -> str:
        """Return this computer's name as the network knows it: another one may have had its own before."""
        return self._host if self._advert is None else self._advert.host.partition(".")[0]

    def _snmp_access(self) -> Access:
        return Access(self._settings["snmp-community"].encode(), self._settings["snmp-write-community"].encode())

    def _snmp_reach(self, printer: Printer) -> SnmpReach:
        reach = self._reach(printer)
        uri = f"ipp://{(link.addresses() or [f'{self._host}.local'])[0]}:{reach.port}/{reach.path}"
        return SnmpReach(uri, reach.port, reach.raw_port, reach.lpd_port, reach.tls, printer.name)

    def _setting_writer(self, name: str) -> Write:
        """Return what keeps a setting that comes from outside; it raises ValueError or OSError."""

        async def write(value: "int | bytes") -> None:
            if not isinstance(value, bytes):
                raise SettingError(f"{name} is a text")
            await aio.offload(self._settings.store, name, value.decode())
            self._settings.announce(name)

        return write


@contextlib.contextmanager
def port_named(port: int) -> "Iterator[None]":
    """Make an error of listening say on which port."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"port {port} cannot be used: {error.strerror}") from error
