"""Machines that tell their status only when asked: from the paper that runs out to what clients are told, and back."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from feedpath import aio
from feedpath.appliance import Appliance
from feedpath.back.usb import device as usb_device
from feedpath.back.usb.device import UsbConnection
from feedpath.core import device, watch, writer
from feedpath.core.job import CANCELED, COMPLETED, STOPPED, Job
from feedpath.core.ticket import Ticket
from feedpath.settings import Settings
from tests.fakes import documents, escpos_reader, zpl_reader
from tests.fakes.answers import ESCPOS, ZPL, Answers
from tests.fakes.machine import WATCHDOG_S, Body, until
from tests.fakes.usbip_backend import UsbipBackend
from tests.fakes.virtual_bus import VirtualBus
from tests.fakes.virtual_printer import PRINTER, VirtualPrinter
from tests.robust.ippclient import Client

DUMB = (7, 1, 1)  # a printer that has no way to answer
PAGES, ROOM = 6, 90_000  # of a job that is larger than what the printer takes for later
READ = {  # how many receipts or labels there are
    "ESC/POS": lambda stream: sum(act[0] == "cut" for act in escpos_reader.read(stream)),
    "ZPL": lambda stream: len(zpl_reader.read(stream)[1]),
}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "ASK_S", 0.1)
    monkeypatch.setattr(watch, "STATUS_S", 0.01)
    monkeypatch.setattr(usb_device, "LISTEN_MS", 10)


class Asked:
    """An appliance with one printer of these CMD tokens, which tells nothing by its port status."""

    def __init__(self, directory: Path, commands: str, protocol: "tuple[int, int, int]" = PRINTER):
        self.printer = VirtualPrinter(f"MFG:Fake;MDL:Asked;CMD:{commands};", interfaces=((protocol,),))
        self.printer.tells_status = False
        self._bus = VirtualBus()
        self._settings = Settings()
        for name, text in {"port": "0", "listen": "127.0.0.1", "mdns": "off", "snmp": "off", "tls": "off"}.items():
            self._settings.override(name, text)
        self._directory = directory

    async def __aenter__(self) -> "Asked":
        self._bus.__enter__()
        self._bus.attach(self.printer)
        self.box = Appliance(self._directory, self._settings, [UsbipBackend("127.0.0.1", self._bus.port)])
        await self.box.start()
        await until(lambda: self.box.printers.default)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.box.stop()
        self._bus.__exit__(None, None, None)
        self.printer.close()

    @property
    def reasons(self) -> "set[str]":
        """Return what clients are told."""
        assert self.box.printers.default
        return set(self.box.printers.default.reasons)

    async def print(self, pages: int = 1) -> Job:
        """Return a job whose document is here."""
        assert self.box.printers.default
        job = self.box.printers.default.submit(Ticket())
        await job.receive(Body(documents.urf(dpi=300, pages=pages)))
        await job.finish()
        return job

    async def told(self) -> "set[str]":
        """Return what a client reads in printer-state-reasons."""

        def ask() -> "set[str]":
            with Client(self.box.port) as client:
                return set(client.printer()["printer-state-reasons"])

        answer: "set[str]" = await aio.offload(ask)
        return answer


def run(coroutine: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


@pytest.mark.parametrize(
    "commands, answers, out",
    [("ESC/POS", ESCPOS, {"media-empty-error", "media-low-warning"}), ("ZPL", ZPL, {"media-empty-error"})],
)
def test_an_idle_machine_is_asked_what_is_wrong(
    tmp_path: Path, commands: str, answers: Answers, out: "set[str]"
) -> None:
    async def main() -> None:
        async with Asked(tmp_path, commands) as asked:
            printer, query = asked.printer, b"".join(answers)
            printer.answers, printer.room = answers, 1 << 20
            printer.paper_out = True
            await until(lambda: asked.reasons == out)
            assert await asked.told() == out
            printer.cover_open = True
            await until(lambda: asked.reasons == {*out, "cover-open-error"})
            printer.paper_out = printer.cover_open = False
            await until(lambda: not asked.reasons)
            assert printer.received == query * (len(printer.received) // len(query))

    run(main())


@pytest.mark.parametrize("commands, answers", [("ESC/POS", ESCPOS), ("ZPL", ZPL)])
def test_a_job_waits_for_paper_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: str, answers: Answers
) -> None:
    monkeypatch.setattr(device, "STALLED_S", 0.05)
    monkeypatch.setattr(device, "TICK_S", 0.02)

    async def main() -> None:
        async with Asked(tmp_path, commands) as asked:
            printer, queue = asked.printer, asked.box.printers.default
            assert queue
            printer.answers = answers
            await until(lambda: queue.device.driver._asked.sound)  # type: ignore[attr-defined]
            printer.speed, before = 20_000, printer.total  # it has not taken much of the job when its paper runs out
            job = await asked.print(PAGES)
            await until(lambda: printer.total > before + 1000)
            printer.room = ROOM
            printer.paper_out, printer.speed = True, None
            await until(lambda: not printer.room and job.state == STOPPED and "media-empty-error" in asked.reasons)
            assert {"media-empty-error", "media-needed-error"} <= await asked.told()
            printer.paper_out = False
            await until(lambda: job.over)
            assert job.state == COMPLETED and job.impressions == PAGES
            await until(lambda: not asked.reasons)
            assert READ[commands](printer.received) == PAGES

    run(main())


def test_a_machine_without_a_way_to_answer_is_not_asked(tmp_path: Path) -> None:
    async def main() -> None:
        async with Asked(tmp_path, "ESC/POS", DUMB) as asked:
            queue = asked.box.printers.default
            assert queue and queue.device.connection and not queue.device.connection.answers
            job = await asked.print()
            await until(lambda: job.over)
            assert job.state == COMPLETED
            assert not set(map(asked.printer.received.count, ESCPOS)) - {0}

    run(main())


def test_a_machine_that_takes_no_question_prints_when_it_takes_something_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with Asked(tmp_path, "ZPL") as asked:
            asked.printer.busy = True
            queue = asked.box.printers.default
            assert queue and isinstance(queue.device.connection, UsbConnection)
            await until(partial(getattr, queue.device.connection, "_writing"))  # the question, which is not taken
            canceled, job = await asked.print(), await asked.print()
            canceled.cancel()
            asked.printer.busy = False
            await until(lambda: job.over and canceled.over)
            assert (job.state, canceled.state) == (COMPLETED, CANCELED)

    run(main())


def test_the_same_answer_again_is_no_news(tmp_path: Path) -> None:
    async def main() -> None:
        async with Asked(tmp_path, "ZPL") as asked:
            printer, queue = asked.printer, asked.box.printers.default
            assert queue
            printer.answers, printer.room = ZPL, 1 << 20
            printer.paper_out = True
            await until(lambda: asked.reasons)
            version, answered = queue.version, printer.total + 3 * len(b"~HS")
            await until(lambda: printer.total > answered)
            assert queue.version == version

    run(main())
