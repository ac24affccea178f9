"""Many clients at once: a thousand jobs, senders at a byte a second, connections that say nothing."""

import resource
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.fakes.netns import until
from tests.robust.documents import Stream, document
from tests.robust.firmware import Installation, installed
from tests.robust.ippclient import (
    ABORTED,
    COMPLETED,
    FORMAT,
    GET_PRINTER_ATTRIBUTES,
    GOOD,
    PRINT_JOB,
    Answer,
    Client,
    mime,
    post,
    request,
)

JOBS = 1000
SLOW, ROUNDS = 500, 4
IDLE = 2000
IDLE_BYTES = 10 * 1024  # of the server's memory for each
DESCRIPTORS = 4096  # enough for IDLE connections at both ends


@pytest.fixture(autouse=True)
def _many_descriptors() -> "Iterator[None]":
    """Allow this process, and what it starts, so many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), max(hard, DESCRIPTORS)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def box(tmp_path: Path) -> "Iterator[Installation]":
    """A firmware that has printed once, so that all its threads have begun."""
    with installed(tmp_path / "data", f"job-history={2 * JOBS}") as running:
        with Client(running.firmware.port) as client:
            assert client.print(document(JOBS + 1, 1000)).status in GOOD
        yield running


def print_all(port: int, numbers: "Sequence[int]") -> "list[Answer]":
    """Print the documents of these numbers at once, each over a connection of its own; return the answers."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(port)) for _ in numbers]
        for number, client in zip(numbers, clients, strict=True):
            client.send(post(request(PRINT_JOB, mime(FORMAT)) + document(number, 17 + number)))
        return [client.answer() for client in clients]


def test_a_thousand_jobs_of_two_clients_at_once_are_printed_whole_and_unmixed(box: Installation) -> None:
    firmware, printer, _ = box
    before = firmware.alive()
    halves = [range(start, JOBS + 1, 2) for start in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        answers = [answer for half in pool.map(lambda half: print_all(firmware.port, half), halves) for answer in half]
    assert [answer.status for answer in answers] == [0] * JOBS
    assert len({answer.job["job-id"][0] for answer in answers}) == JOBS
    with Client(firmware.port) as client:
        until(lambda: not client.jobs("not-completed"), "all jobs to end")
        assert {job["job-state"][0] for job in client.jobs().values()} == {COMPLETED}
    stream = Stream(printer.received)
    assert not stream.halves and not stream.strange
    assert stream.whole == dict.fromkeys(range(1, JOBS + 2), 1)
    firmware.settled(before)


def slow_requests() -> "list[tuple[bytes, bytes]]":
    """Return requests in two parts: what comes at once, and what comes a byte at a time: head, attributes, document."""
    attributes = request(PRINT_JOB, mime(FORMAT))
    whole = post(attributes + document(JOBS + 9, 5000))
    head = whole.index(b"\r\n\r\n") + 4
    return [(whole[:end], whole[end:]) for end in (0, head, head + len(attributes))]


def test_others_are_answered_and_print_while_500_connections_send_a_byte_a_second(box: Installation) -> None:
    firmware, printer, _ = box
    before = firmware.alive()
    with ExitStack() as stack, Client(firmware.port) as other:
        slow = [(stack.enter_context(Client(firmware.port)), *each) for each in islice(cycle(slow_requests()), SLOW)]
        for client, at_once, _ in slow:
            client.send(at_once)
        for number in range(ROUNDS):
            next_round = time.monotonic() + 1
            for client, _, rest in slow:
                client.send(rest[number : number + 1])
            printed = other.print(document(1 + number, 20_000))
            assert other.ended(printed.job["job-id"][0])["job-state"] == [COMPLETED]
            while time.monotonic() < next_round:
                assert other.call(GET_PRINTER_ATTRIBUTES).status in GOOD
        waiting = other.jobs("not-completed")
        assert len(waiting) >= SLOW // 3
    with Client(firmware.port) as other:
        until(lambda: not other.jobs("not-completed"), "the slow jobs to end")
        for id in waiting:
            job = other.job(id)
            assert (job["job-state"], job["job-state-reasons"]) == ([ABORTED], ["submission-interrupted"])
            assert job["job-state-message"][0].endswith(".")
    assert set(range(1, 1 + ROUNDS)) < Stream(printer.received).whole.keys()
    firmware.settled(before)
    assert firmware.holds_none()


def test_others_are_answered_and_print_while_2000_connections_are_idle(box: Installation) -> None:
    firmware, printer, _ = box
    before = firmware.alive()
    memory = firmware.memory()
    with ExitStack() as stack, Client(firmware.port) as other:
        idle = [stack.enter_context(Client(firmware.port)) for _ in range(IDLE)]
        for client in idle[::2]:  # these have asked something before
            assert client.call(GET_PRINTER_ATTRIBUTES).status in GOOD
        printed = other.print(document(1, 300_000))
        assert other.ended(printed.job["job-id"][0])["job-state"] == [COMPLETED]
        assert firmware.memory() - memory < IDLE * IDLE_BYTES
        for client in idle:  # none was dropped to make room
            assert client.call(GET_PRINTER_ATTRIBUTES).status in GOOD
    assert Stream(printer.received).whole[1] == 1
    firmware.settled(before)
