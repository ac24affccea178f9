"""Jobs whose documents are converted on their way to a machine."""

import asyncio
import os
import random
import threading
from collections.abc import Callable, Iterator

import pytest

from feedpath.back.pdl.passthrough import PassThrough
from feedpath.core.driver import Conversion, Facts, Source
from feedpath.core.job import ABORTED, CANCELED, COMPLETED, PROCESSING
from feedpath.core.ticket import Ticket
from feedpath.errors import Refused, WireError
from tests.fakes.machine import WATCHDOG_S, Body, Box, Machine, until

DOCUMENT = random.Random(2).randbytes(3_000_000)
PAGE = 100_000  # bytes
BAD = b"bad"
FLIP = bytes(code ^ 0xFF for code in range(256))


class Flip:
    """A conversion that flips all bits: PAGE bytes make a page, and a piece that begins with BAD is wrong."""

    def __init__(self, source: Source):
        self.impressions = 0
        self.stopped = threading.Event()
        self._source = source
        self._done = 0

    def __iter__(self) -> "Iterator[bytes]":
        while view := self._source.peek():
            piece = bytes(view[: PAGE - self._done % PAGE])
            if piece.startswith(BAD):
                raise WireError("It is a bad document.")
            self._source.took(len(piece))
            yield piece.translate(FLIP)
            self._done += len(piece)
            self.impressions = self._done // PAGE

    def stop(self) -> None:
        """Note it."""
        self.stopped.set()


class ByDescriptor(Flip):
    """The same for a document that must be there whole."""

    def __iter__(self) -> "Iterator[bytes]":
        with open(self._source.descriptor(), "rb") as file:
            yield os.pread(file.fileno(), 1 << 30, 0).translate(FLIP)
        self.impressions = 1


class Translator(PassThrough):
    """A driver whose machine speaks flipped bytes."""

    def __init__(self, conversion: "Callable[[Source], Conversion]" = Flip, streams: bool = True):
        super().__init__(("URF", "PDF"), False)
        if not streams:
            self.capabilities = self.capabilities._replace(streamable=frozenset())
        self._conversion = conversion

    def convert(self, ticket: Ticket) -> "Callable[[Source], Conversion] | None":
        """Return the conversion."""
        return self._conversion

    def abort(self) -> bytes:
        """Return what ends a broken job."""
        return b"<reset>"


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


async def complete(job, receiving):
    await receiving
    await job.finish()


def stages() -> "list[threading.Thread]":
    return [thread for thread in threading.enumerate() if thread.name == "stage"]


def test_a_document_is_converted_while_it_still_comes_in(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=Translator()) as box:
            gate = asyncio.Semaphore(10)
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT, 10_000, gate)))
            await until(lambda: len(box.machine.received) == 100_000)
            assert job.state == PROCESSING and job.impressions == 1
            for _ in range(400):
                gate.release()
            await receiving
            await job.finish()
            assert job.state == COMPLETED and job.impressions == 30
            assert box.machine.received == DOCUMENT.translate(FLIP)
            assert not stages()

    run(main())


@pytest.mark.parametrize("stream", [True, False])
def test_a_document_that_must_be_whole_is_converted_from_a_descriptor(tmp_path, stream):
    async def main():
        async with Box(tmp_path, Machine(), driver=Translator(ByDescriptor, streams=False), stream=stream) as box:
            job = await box.print(DOCUMENT)
            assert job.state == COMPLETED and job.impressions == 1
            assert box.machine.received == DOCUMENT.translate(FLIP)

    run(main())


def test_pages_count_when_the_machine_has_taken_them(tmp_path):
    async def main():
        machine = Machine(takes=lambda count: min(count, 250_000 - len(machine.received)))
        async with Box(tmp_path, machine, driver=Translator(), stall_s=0) as box:
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT)))
            await until(lambda: len(machine.received) == 250_000)
            assert job.impressions == 2 and job.printed > 250_000
            machine.takes = None
            await receiving
            await job.finish()
            assert job.impressions == 30

    run(main())


def test_a_wrong_document_ends_its_job_with_the_sentence_and_the_next_one_starts_clean(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=Translator()) as box:
            job = box.submit()
            with pytest.raises(Refused) as refused:
                await complete(job, job.receive(Body(DOCUMENT[:PAGE] + BAD + DOCUMENT)))
            assert (refused.value.reason, refused.value.detail) == ("document-format-error", "It is a bad document.")
            assert job.state == ABORTED
            assert job.reasons == ("document-format-error",) and job.message == "It is a bad document."
            await box.print(b"next")
            assert box.machine.received == DOCUMENT[:PAGE].translate(FLIP) + b"<reset>" + b"next".translate(FLIP)

    run(main())


def test_a_job_starts_again_from_its_first_page_after_a_power_cycle(tmp_path):
    async def main():
        first = Machine(takes=lambda count: min(count, 250_000 - len(first.received)))
        async with Box(tmp_path, first, driver=Translator(), stall_s=0) as box:
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT)))
            await until(lambda: len(first.received) == 250_000)
            first.gone = True
            await until(lambda: box.device.connection is None)
            second = Machine()
            box.device.attach(second)
            await receiving
            await job.finish()
            await until(lambda: job.over)
            assert job.state == COMPLETED and job.impressions == 30
            assert second.received == b"<reset>" + DOCUMENT.translate(FLIP)

    run(main())


def test_a_machine_that_goes_before_it_took_anything_gets_the_whole_document_when_it_is_back(tmp_path):
    async def main():
        first = Machine(takes=lambda count: 0)
        async with Box(tmp_path, first, driver=Translator(), after_power_cycle="abort", stall_s=0) as box:
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT)))
            await until(lambda: job.printed > PAGE)
            first.gone = True
            await until(lambda: box.device.connection is None)
            second = Machine()
            box.device.attach(second)
            await receiving
            await job.finish()
            await until(lambda: job.over)
            assert job.state == COMPLETED
            assert second.received.removeprefix(b"<reset>") == DOCUMENT.translate(FLIP)

    run(main())


def test_a_canceled_job_ends_its_conversion_while_the_machine_takes_nothing(tmp_path):
    async def main():
        made: "list[Flip]" = []

        def conversion(source: Source) -> Flip:
            made.append(Flip(source))
            return made[-1]

        machine = Machine(takes=lambda count: 0)
        async with Box(tmp_path, machine, driver=Translator(conversion), stall_s=0) as box:
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT)))
            await until(lambda: job.printed > PAGE)
            box.printer.cancel(job)
            await until(lambda: job.over)
            with pytest.raises(Refused):
                await complete(job, receiving)
            assert job.state == CANCELED and made[0].stopped.is_set()
            await until(lambda: not stages())

    run(main())


@pytest.mark.parametrize("begun", [True, False], ids=["at the machine", "coming in"])
def test_another_driver_prints_from_the_next_job_on(tmp_path, begun):
    async def main():
        machine = Machine()
        async with Box(tmp_path, machine, driver=Translator()) as box:
            gate = asyncio.Semaphore(20 if begun else 0)
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT, 10_000, gate)))
            await until(lambda: machine.received if begun else job.sink is box.device.ring)
            version, plain = box.printer.version, PassThrough(("JPEG", "URF"), False)
            box.device.use(plain)
            assert box.printer.capabilities is plain.capabilities and box.printer.version > version
            for _ in range(400):
                gate.release()
            await complete(job, receiving)
            assert machine.received == DOCUMENT.translate(FLIP)
            await box.print(b"as it is")
            assert machine.received.endswith(b"as it is")

    run(main())


def test_a_job_that_waited_for_another_driver_prints_by_the_new_one_or_is_told_why_not(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=Translator()) as box:
            box.printer.pause()
            first = await box.print(b"waits")
            second = await box.print(b"waits", format="application/pdf")
            box.device.use(PassThrough(("URF",), False))
            box.printer.resume()
            await until(lambda: first.over and second.over)
            assert (first.state, bytes(box.machine.received)) == (COMPLETED, b"waits")
            assert second.state == ABORTED and "another driver while the job waited" in second.message
            assert "application/pdf" in second.message

    run(main())


def test_a_broken_job_is_ended_in_the_language_that_it_was_begun_in(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=Translator()) as box:
            job = box.submit()
            receiving = asyncio.ensure_future(job.receive(Body(DOCUMENT[:PAGE] + BAD * 10, PAGE)))
            with pytest.raises(Refused):
                await complete(job, receiving)
            box.device.use(PassThrough(("URF",), False))
            await box.print(b"next")
            assert box.machine.received.endswith(b"<reset>next")

    run(main())


def test_what_the_old_driver_heard_of_the_machine_is_forgotten_with_it(tmp_path):
    async def main():
        class Listener(PassThrough):
            def listen(self, said: bytes) -> Facts:
                return Facts(("toner-low-warning",))

        machine = Machine()
        machine.told, machine.says = ["media-empty-error"], b"low"
        async with Box(tmp_path, machine, driver=Listener(("URF",), False)) as box:
            await until(lambda: box.printer.reasons == ["media-empty-error", "toner-low-warning"])
            box.device.use(PassThrough(("URF",), False))
            assert box.printer.reasons == ["media-empty-error"]

    run(main())
