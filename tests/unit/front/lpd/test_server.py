"""LPD: jobs in and questions, as clients on sockets send them."""

import asyncio
import contextlib

import pytest

from feedpath.back.pdl import sniff
from feedpath.back.pdl.passthrough import PassThrough
from feedpath.core.job import ABORTED, CANCELED, COMPLETED
from feedpath.core.printers import Printers
from feedpath.front.lpd import peer, server
from feedpath.front.lpd.server import Lpd
from tests.fakes.machine import WATCHDOG_S, Box, Machine, until

PDF = b"%PDF-1.4 " + b"x" * 3000
CONTROL = b"Hbox\nPmary\nJReport\n%s\nNreport.pdf\n"
OK, NO = b"\0", b"\1"


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


class Client:
    """One connection to a printer daemon."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def say(self, octets):
        """Send, and return the octet that answers."""
        self.writer.write(octets)
        return await self.reader.read(1)

    async def rest(self, octets=b""):
        """Send, end, and return all that comes."""
        if octets:
            self.writer.write(octets)
        return await self.reader.read()

    async def file(self, code, name, octets):
        """Send a file as the protocol has it; return the last answer."""
        said = await self.say(b"%c%d %s\n" % (code, len(octets), name))
        return await self.say(octets + b"\0") if said == OK else said


@contextlib.asynccontextmanager
async def daemon(box, **options):
    printers = Printers()
    printers.add(box.printer)
    service = Lpd("127.0.0.1", 0, sniff.sniff, **options)
    await service.start(printers)
    clients = []

    async def connect(command=b"\x02lp\n"):
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", service.port)))
        assert not command or await clients[-1].say(command) == OK
        return clients[-1]

    try:
        yield connect
    finally:
        for client in clients:
            client.writer.close()
        await service.stop()


class Reader(PassThrough):
    """Takes text and PostScript too."""

    def __init__(self):
        super().__init__(("PDF",), False)
        formats = (*self.capabilities.formats, "text/plain", "application/postscript")
        self.capabilities = self.capabilities._replace(formats=formats)


def jobs(box):
    return list(box.printer.jobs.values())


async def over(box):
    await until(lambda: jobs(box) and all(job.over for job in jobs(box)))


@pytest.mark.parametrize("control_first", [True, False])
def test_a_job_prints_in_either_order_as_its_control_file_says(tmp_path, control_first):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            files = [(2, b"cfA001box", CONTROL % b"fdfA001box"), (3, b"dfA001box", PDF)]
            for file in files if control_first else reversed(files):
                assert await client.file(*file) == OK
            await over(box)
            (job,) = jobs(box)
            assert (job.name, job.user, job.ticket.host) == ("Report", "mary", "127.0.0.1")
            assert (job.ticket.format, job.ticket.document_name) == ("application/pdf", "report.pdf")
            assert job.state == COMPLETED and box.machine.received == PDF

    run(main())


@pytest.mark.parametrize("told_first", [b"", CONTROL % b"ldfA"])
@pytest.mark.parametrize("count", [500_005, 0])
def test_a_document_prints_while_it_comes_in(tmp_path, told_first, count):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            if told_first:
                await client.file(2, b"cfA", told_first)
            document = b"%PDF-" + bytes(500_000)
            await client.say(b"\x03%d dfA\n" % count)
            client.writer.write(document[:400_000])
            await until(lambda: len(box.machine.received) > 100_000)
            client.writer.write(document[400_000:] + (OK if count else b""))
            client.writer.write_eof()
            assert await client.rest() == OK
            await until(lambda: box.machine.received == document)

    run(main())


@pytest.mark.parametrize(
    "letter, document, format",
    [
        (b"f", PDF, "application/pdf"),
        (b"l", PDF, "application/pdf"),
        (b"f", b"\x1bE\x1b&l0O", "application/vnd.cups-raw"),
        (b"l", b"plain text\n", "application/vnd.cups-raw"),
        (b"f", b"plain text\n", "text/plain"),
        (b"p", b"plain text\n", "text/plain"),
        (b"o", b"%!PS\n", "application/postscript"),
    ],
)
def test_a_letter_and_the_first_bytes_tell_the_format(tmp_path, letter, document, format):
    async def main():
        async with Box(tmp_path, Machine(), driver=Reader()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % (letter + b"dfA"))
            await client.file(3, b"dfA", document)
            assert [job.ticket.format for job in jobs(box)] == [format]

    run(main())


@pytest.mark.parametrize("letter, format", [(b"f", "text/plain"), (b"l", "application/vnd.cups-raw")])
def test_text_waits_for_the_letter_of_a_control_file_that_comes_later(tmp_path, letter, format):
    async def main():
        async with Box(tmp_path, Machine(), driver=Reader()) as box, daemon(box) as connect:
            client = await connect()
            assert await client.file(3, b"dfA", b"plain text\n" * 3000) == OK
            assert not jobs(box)[0].begun
            await client.file(2, b"cfA", CONTROL % (letter + b"dfA"))
            await over(box)
            assert [(job.ticket.format, job.state) for job in jobs(box)] == [(format, COMPLETED)]

    run(main())


def test_what_has_begun_prints_as_it_began_whatever_letter_comes_later(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), driver=Reader()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(3, b"dfA", b"\x00\x01\xff\x80" * 9)
            await until(lambda: jobs(box)[0].over)
            assert await client.file(2, b"cfA", CONTROL % b"odfA") == OK
            assert [(job.ticket.format, job.name) for job in jobs(box)] == [("application/vnd.cups-raw", "Report")]

    run(main())


@pytest.mark.parametrize("most, options", [(1, [{}, {}, {}]), (9, [{}, {"copies": 2}])])
def test_copies_that_are_told_when_the_document_is_out_print_too(tmp_path, most, options):
    driver = PassThrough(("PDF",), False)
    driver.capabilities = driver.capabilities._replace(copies=most)

    async def main():
        async with Box(tmp_path, Machine(), driver=driver) as box, daemon(box) as connect:
            client = await connect()
            await client.file(3, b"dfA", PDF)
            await until(lambda: jobs(box)[0].over)
            assert await client.file(2, b"cfA", CONTROL % b"fdfA\nfdfA\nfdfA") == OK
            await over(box)
            assert [job.ticket.options for job in jobs(box)] == options
            assert {(job.name, job.user) for job in jobs(box)} == {("Report", "mary")}
            assert box.machine.received == PDF * len(options)
            await until(lambda: not box.area.used and not box.area.stored())

    run(main())


def test_a_document_is_kept_until_the_control_file_or_the_end_and_no_longer(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(), memory=200_000) as box, daemon(box) as connect:
            for control in (b"", CONTROL % b"fdfA"):
                client = await connect()
                await client.file(3, b"dfA", bytes(200_000))
                await until(lambda: jobs(box)[-1].over)
                assert not box.area.take_memory(100_000)
                if control:
                    await client.file(2, b"cfA", control)
                else:
                    client.writer.close()
                await until(lambda: box.area.take_memory(100_000))
                box.area.give_memory(100_000)

    run(main())


def test_what_a_control_file_says_later_is_on_record(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(3, b"dfA", PDF)
            await until(lambda: jobs(box)[0].over)
            assert await client.file(2, b"cfA", CONTROL % b"fdfA") == OK
        async with Box(tmp_path) as box:
            assert [(job.name, job.user) for job in jobs(box)] == [("Report", "mary")]

    run(main())


def test_a_job_that_a_person_cancels_is_taken_to_its_end_so_that_it_does_not_come_again(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            await client.say(b"\x03500000 dfA\n")
            client.writer.write(bytes(200_000))
            await until(lambda: jobs(box) and jobs(box)[0].begun)
            box.printer.cancel(jobs(box)[0])
            assert await client.say(bytes(300_000) + OK) == OK
            assert await client.file(2, b"cfA", CONTROL % b"ldfA\nldfA") == OK
            await over(box)
            assert [job.state for job in jobs(box)] == [CANCELED]

    run(main())


@pytest.mark.parametrize("control_first", [True, False])
def test_copies_of_what_the_machine_takes_as_it_is_are_jobs_of_their_own(tmp_path, control_first):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            files = [(2, b"cfA", CONTROL % b"ldfA\nldfA\nldfA"), (3, b"dfA", b"raw" * 9000)]
            for file in files if control_first else reversed(files):
                assert await client.file(*file) == OK
            await over(box)
            assert [(job.name, job.user) for job in jobs(box)] == [("Report", "mary")] * 3
            assert box.machine.received == b"raw" * 27000

    run(main())


def test_copies_that_the_driver_makes_are_asked_of_it(tmp_path):
    driver = PassThrough(("PDF",), False)
    driver.capabilities = driver.capabilities._replace(copies=99)

    async def main():
        async with Box(tmp_path, Machine(), driver=driver) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"fdfA\nfdfA")
            await client.file(3, b"dfA", PDF)
            assert [job.ticket.options for job in jobs(box)] == [{"copies": 2}]

    run(main())


def test_each_data_file_of_a_job_prints_in_its_order(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            for name in (b"dfA", b"dfB", b"dfC"):
                assert await client.file(3, name, name * 1000) == OK
            assert await client.file(2, b"cfA", b"Pmary\nldfA\nNa\nldfB\nNb\nldfC\nNc\n") == OK
            await over(box)
            assert [job.name for job in jobs(box)] == ["a", "b", "c"]
            assert box.machine.received == b"dfA" * 1000 + b"dfB" * 1000 + b"dfC" * 1000

    run(main())


def test_what_was_acknowledged_prints_without_a_control_file_too(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            assert await client.file(3, b"dfA", b"raw" * 1000) == OK
            client.writer.close()
            await over(box)
            assert box.machine.received == b"raw" * 1000 and jobs(box)[0].user == "anonymous"

    run(main())


@pytest.mark.parametrize("told_first", [b"", CONTROL % b"ldfA"])
def test_a_data_file_is_acknowledged_when_it_outlives_a_power_cut(tmp_path, told_first):
    async def main():
        async with Box(tmp_path) as box, daemon(box) as connect:
            client = await connect()
            if told_first:
                await client.file(2, b"cfA", told_first)
            assert await client.file(3, b"dfA", b"raw" * 1000) == OK
            assert jobs(box)[0].secured
        async with Box(tmp_path, Machine()) as box:
            await over(box)
            assert box.machine.received == b"raw" * 1000

    run(main())


@pytest.mark.parametrize("count", [0, 2147483647, 999999999999, 125899906843000])
def test_a_document_without_a_length_ends_with_the_connection(tmp_path, count):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"ldfA")
            await client.say(b"\x03%d dfA\n" % count)
            client.writer.write(b"raw" * 1000)
            client.writer.write_eof()
            assert await client.rest() == OK
            assert box.machine.received == b"raw" * 1000 and jobs(box)[0].state == COMPLETED

    run(main())


def test_an_empty_file_is_no_job(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            assert await client.file(3, b"dfA", b"") == OK
            assert await client.file(2, b"cfA", CONTROL % b"ldfA") == OK
            assert jobs(box) == []

    run(main())


def test_a_client_that_takes_its_job_back_prints_nothing_more(tmp_path):
    async def main():
        async with Box(tmp_path, Machine(takes=lambda count: 0)) as box, daemon(box) as connect:
            client = await connect()
            assert await client.file(3, b"dfA", b"raw" * 1000) == OK
            assert await client.rest(b"\1\n") == OK
            await over(box)
            assert jobs(box)[0].state == CANCELED and not box.machine.received

    run(main())


@pytest.mark.parametrize(
    "octets",
    [
        b"\x0710 dfA\n",
        b"\x02999999 cfA\n",
        b"\x020 cfA\n",
        b"\x03ten dfA\n",
        b"\x03" + b"1" * 5000,
    ],
)
def test_wrong_bytes_are_refused_and_the_connection_closed(tmp_path, octets):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            assert await client.rest(octets) == NO
            assert jobs(box) == []

    run(main())


@pytest.mark.parametrize("control", [b"zdfA\n", b"f\n", b"fdfA\n" * 1000])
def test_with_a_control_file_that_is_refused_nothing_more_prints(tmp_path, control):
    async def main():
        async with Box(tmp_path, Machine(takes=lambda count: 0)) as box, daemon(box) as connect:
            client = await connect()
            assert await client.file(3, b"dfA", b"raw") == OK
            await client.say(b"\x02%d cfA\n" % len(control))
            assert await client.rest(control + b"\0") == NO
            await over(box)
            assert jobs(box)[0].state == ABORTED and not box.machine.received

    run(main())


@pytest.mark.parametrize("octets", [b"too long", b"short"])
def test_a_file_of_another_length_than_told_is_refused_and_its_job_ends(tmp_path, octets):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"ldfA")
            await client.say(b"\x036000 dfA\n")
            client.writer.write(octets * 1000)
            client.writer.write_eof()
            assert await client.rest() == NO
            await over(box)
            assert jobs(box)[0].state == ABORTED

    run(main())


@pytest.mark.parametrize("later, answer", [(b"ldfA", OK), (b"ldfA\nldfA", NO)])
def test_what_finds_no_room_prints_while_it_comes_in_but_copies_of_it_are_refused(tmp_path, later, answer):
    async def main():
        async with Box(tmp_path, Machine(), storage=1000, memory=1000) as box, daemon(box) as connect:
            client = await connect()
            assert await client.file(3, b"dfA", bytes(500_000)) == OK
            assert await client.file(2, b"cfA", CONTROL % later) == answer
            assert box.machine.received == bytes(500_000)

    run(main())


@pytest.mark.parametrize("count", [200_000, 0])
def test_copies_that_find_no_room_are_refused_before_any_of_them_prints(tmp_path, count):
    async def main():
        async with Box(tmp_path, Machine(), storage=300_000, memory=1000) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"ldfA\nldfA")
            await client.say(b"\x03%d dfA\n" % count)
            client.writer.write(bytes(200_000) + (OK if count else b""))
            client.writer.write_eof()
            assert await client.rest() == NO
            assert not box.machine.received

    run(main())


def test_a_full_spool_is_refused(tmp_path):
    async def main():
        async with Box(tmp_path, storage=1000, memory=1000) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"ldfA")
            assert await client.file(3, b"dfA", bytes(200_000)) == NO

    run(main())


def test_a_printer_that_takes_no_jobs_says_so_first(tmp_path):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            box.printer.accepting = False
            client = await connect(b"")
            assert await client.rest(b"\x02lp\n") == NO

    run(main())


def test_a_silent_client_is_hung_up_and_what_it_left_prints(tmp_path, monkeypatch):
    monkeypatch.setattr(peer, "IDLE_MS", 50)

    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(3, b"dfA", b"raw")
            assert await client.rest() == b""
            await over(box)
            assert box.machine.received == b"raw"
            half = await connect()
            await half.file(2, b"cfA", CONTROL % b"ldfA")
            await half.say(b"\x03600 dfA\n")
            assert await half.rest(b"half") == NO

    run(main())


def test_a_client_that_falls_silent_when_its_job_is_canceled_is_hung_up(tmp_path, monkeypatch):
    monkeypatch.setattr(peer, "IDLE_MS", 50)

    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"ldfA")
            await client.say(b"\x03500000 dfA\n")
            client.writer.write(bytes(200_000))
            await until(lambda: jobs(box) and jobs(box)[0].begun)
            box.printer.cancel(jobs(box)[0])
            assert await client.rest(bytes(1)) == NO

    run(main())


@pytest.mark.parametrize("begun", [b"", b"\x02l"])
def test_a_client_without_a_command_is_hung_up_soon(tmp_path, monkeypatch, begun):
    monkeypatch.setattr(server, "COMMAND_MS", 50)

    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            assert await (await connect(b"")).rest(begun) == b""

    run(main())


@pytest.mark.parametrize("most", ["CONNECTIONS_MOST", "COMPUTER_MOST"])
def test_too_many_connections_are_refused(tmp_path, monkeypatch, most):
    monkeypatch.setattr(server, most, 1)

    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            first = await connect()
            assert await (await connect(b"")).rest() == NO
            first.writer.write_eof()
            assert await first.rest() == b""
            await connect()

    run(main())


@pytest.mark.parametrize("queue", [b"Memory", b"memory", b"lp", b"", b"whatever"])
def test_a_single_printer_is_reached_by_any_name(tmp_path, queue):
    async def main():
        async with Box(tmp_path, Machine()) as box, daemon(box) as connect:
            assert await (await connect(b"")).rest(b"\1" + queue + b"\n") == OK

    run(main())


def test_the_queue_is_told_in_words(tmp_path):
    async def main():
        async with Box(tmp_path) as box, daemon(box) as connect:
            ask = await connect(b"")
            assert (await ask.rest(b"\x03lp\n")).endswith(b"no entries\n")
            client = await connect()
            await client.file(2, b"cfA", CONTROL % b"ldfA")
            await client.file(3, b"dfA", b"raw")
            short = (await (await connect(b"")).rest(b"\x03lp\n")).decode()
            assert "Memory is ready." in short and "off or unplugged" in short
            assert short.splitlines()[-1].split() == ["1st", "mary", "1", "Report", "3", "bytes"]
            long = (await (await connect(b"")).rest(b"\x04lp mary\n")).decode()
            assert "mary: 1st" in long and "[job 1]" in long and "Waiting" in long
            assert "no entries" in (await (await connect(b"")).rest(b"\x04lp peter\n")).decode()

    run(main())


def test_names_of_jobs_are_not_told_to_other_computers(tmp_path):
    async def main():
        async with Box(tmp_path) as box, daemon(box) as connect:
            await box.print(b"document", user="mary", name="Secret", host="10.0.0.9")
            told = (await (await connect(b"")).rest(b"\x03lp\n")).decode()
            assert "mary" not in told and "Secret" not in told and "1st" in told
            assert "no entries" in (await (await connect(b"")).rest(b"\x03lp mary\n")).decode()

    run(main())


@pytest.mark.parametrize(
    "user, host, command, administers, removed",
    [
        ("mary", "127.0.0.1", b"\x05lp mary 1\n", False, True),
        ("mary", "127.0.0.1", b"\x05lp mary mary\n", False, True),
        ("mary", "127.0.0.1", b"\x05lp peter 1\n", False, False),
        ("mary", "127.0.0.1", b"\x05lp root 1\n", False, False),
        ("mary", "10.0.0.9", b"\x05lp mary 1\n", False, False),
        ("mary", "10.0.0.9", b"\x05lp root 1\n", True, True),
        ("mary", "10.0.0.9", b"\x05lp mary 1\n", True, False),
        ("mary", "127.0.0.1", b"\x05lp mary 7\n", False, False),
        ("mary", "127.0.0.1", b"\x05lp\n", False, False),
    ],
)
def test_a_job_is_removed_by_its_owner_or_an_administrator(tmp_path, user, host, command, administers, removed):
    async def main():
        async with Box(tmp_path) as box, daemon(box, administers=lambda host: administers) as connect:
            await box.print(b"document", user=user, host=host)
            assert await (await connect(b"")).rest(command) == (OK if removed else NO)
            assert (jobs(box)[0].state == CANCELED) is removed

    run(main())
