"""Raw printing: a connection is a job."""

import asyncio
from functools import partial

from feedpath.core.job import COMPLETED
from feedpath.core.printers import Printers
from feedpath.front import raw
from tests.fakes.machine import WATCHDOG_S, Box, Machine, until


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def received(box, document):
    return box.machine.received == document


async def serve(box):
    printers = Printers()
    printers.add(box.printer)
    service = raw.Raw("127.0.0.1", 0)
    await service.start(printers)
    return service


def test_what_a_connection_sends_prints_as_one_job(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            service = await serve(box)
            for document in (b"x", b"y" * 2_000_000):
                box.machine.received.clear()
                _, writer = await asyncio.open_connection("127.0.0.1", service.port)
                writer.write(document)
                writer.close()
                await until(partial(received, box, document))
            await until(lambda: [job.state for job in box.printer.jobs.values()] == [COMPLETED, COMPLETED])
            assert box.printer.jobs[1].ticket.host == "127.0.0.1"
            await service.stop()

    run(main())


def test_a_connection_that_sends_nothing_is_no_job(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            service = await serve(box)
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            assert box.printer.jobs == {}
            await service.stop()

    run(main())


def test_a_client_that_never_closes_ends_its_job_by_silence(tmp_path, monkeypatch):
    async def main():
        monkeypatch.setattr(raw, "IDLE_MS", 50)
        async with Box(tmp_path, Machine()) as box:
            service = await serve(box)
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write(b"document" * 5000)
            assert await reader.read() == b""
            assert box.printer.jobs[1].state == COMPLETED and box.machine.received == b"document" * 5000
            writer.close()
            await service.stop()

    run(main())


def test_stopping_aborts_what_still_comes_in(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box:
            service = await serve(box)
            _, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write(b"half" * 10_000)
            await until(lambda: box.printer.jobs and box.printer.jobs[1].printed)
            await service.stop()
            await until(lambda: box.printer.jobs[1].over)
            assert box.printer.jobs[1].reasons == ("submission-interrupted",)
            writer.close()

    run(main())
