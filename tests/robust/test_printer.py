"""What printers do: they are absent, busy, out of paper, unplugged, switched off and on. Jobs wait, and carry on."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.netns import until
from tests.fakes.virtual_printer import VirtualPrinter, power_cycle
from tests.robust.documents import Stream, document
from tests.robust.firmware import Installation, installed
from tests.robust.ippclient import (
    ABORTED,
    CANCEL_JOB,
    CANCELED,
    COMPLETED,
    FORMAT,
    GET_PRINTER_ATTRIBUTES,
    GOOD,
    HELD,
    PENDING,
    PRINT_JOB,
    PROCESSING,
    RELEASE_JOB,
    STOPPED,
    Client,
    integer,
    mime,
    post,
    request,
)

LENGTH = 300_000
CLIENTS, DEPARTURES, PORTS = 2, 8, ("1-1", "1-5", "1-9")
SETTINGS = ("stall-seconds=0",)
SLOW = 150_000  # bytes a second: such a document takes two seconds
IDLE, PRINTING, HALTED = 3, 4, 5  # printer-state: RFC 8011, 5.4.11
FAULTS = (  # of the virtual printer, and what it makes the firmware tell
    ("paper_out", {"media-empty-error", "media-needed-error"}),
    ("cover_open", {"other-error"}),
    ("offline", {"offline-report"}),
)
NOT_FOUND, JOB_CANCELED = 0x0406, 0x0508


@pytest.fixture
def box(tmp_path: Path) -> "Iterator[Installation]":
    """A firmware and its printer."""
    with installed(tmp_path / "data", *SETTINGS) as running:
        yield running


@pytest.fixture
def client(box: Installation) -> "Iterator[Client]":
    """A connection to it."""
    with Client(box.firmware.port) as connected:
        yield connected


def begin(client: Client, number: int, part: int = LENGTH) -> None:
    """Send a Print-Job with the first `part` bytes of its document; its answer may be a while."""
    head = request(PRINT_JOB, mime(FORMAT))
    client.send(post(head + document(number, LENGTH)[:part], length=len(head) + LENGTH))


def sees(client: Client, state: int, *reasons: str) -> None:
    """Wait until the printer tells this state, and just these reasons."""
    expected = ([state], sorted(reasons or ("none",)))

    def told() -> "tuple[Any, Any]":
        printer = client.printer()
        return printer["printer-state"], sorted(printer["printer-state-reasons"])

    try:
        until(lambda: told() == expected, "the printer's state", seconds=20)
    except AssertionError as error:
        raise AssertionError(f"{error}: {told()} is not {expected}") from None


def becomes(client: Client, id: int, state: int) -> "dict[str, list[Any]]":
    """Wait until a job is in a state; return what is told of it."""
    try:
        until(lambda: client.job(id)["job-state"] == [state], f"state {state} of job {id}", seconds=20)
    except AssertionError as error:
        raise AssertionError(f"{error}: {client.job(id)}") from None
    return client.job(id)


def all_print(client: Client, printer: VirtualPrinter, *numbers: int, halves: int = 0) -> None:
    """Wait until no job waits; fail unless these documents, each once, are what was printed whole."""
    until(lambda: not client.jobs("not-completed"), "all jobs to end")
    stream = Stream(printer.received)
    assert stream.whole == dict.fromkeys(numbers, 1)
    assert (len(stream.halves), stream.strange) == (halves, [])


def test_a_printer_that_comes_later_is_there_within_seconds(tmp_path: Path) -> None:
    with (
        installed(tmp_path / "data", plugged=False) as (firmware, printer, bus),
        Client(firmware.port) as client,
    ):
        answer = client.call(GET_PRINTER_ATTRIBUTES)
        assert answer.status == NOT_FOUND and "no printer" in answer.sentence
        assert client.print(document(1, 1000)).status == NOT_FOUND
        bus.attach(printer)
        until(lambda: client.call(GET_PRINTER_ATTRIBUTES).status in GOOD, "the printer")
        sees(client, IDLE)
        assert client.print(document(2, LENGTH)).status in GOOD
        all_print(client, printer, 2)


def test_jobs_wait_for_a_known_printer_that_is_absent_at_the_start(box: Installation) -> None:
    firmware, printer, bus = box
    firmware.stop()
    bus.detach(printer)
    firmware.start()
    with Client(firmware.port) as client:
        sees(client, IDLE, "offline-report")
        ids = [client.print(document(number, LENGTH)).job["job-id"][0] for number in (1, 2)]
        assert [client.job(id)["job-state"] for id in ids] == [[PENDING]] * 2
        sees(client, IDLE, "offline-report", "connecting-to-device")
        bus.attach(printer)
        all_print(client, printer, 1, 2)
        sees(client, IDLE)


def test_jobs_wait_while_the_printer_takes_nothing_and_then_go_on(box: Installation, client: Client) -> None:
    _, printer, _ = box
    printer.busy = True
    first, second = (client.print(document(number, LENGTH)).job["job-id"][0] for number in (1, 2))
    stopped = becomes(client, first, STOPPED)
    assert stopped["job-state-reasons"] == ["printer-stopped"] and stopped["job-state-message"][0].endswith(".")
    assert client.job(second)["job-state"] == [PENDING]
    sees(client, HALTED, "timed-out-error")
    assert "takes no data" in client.printer()["printer-state-message"][0]
    printer.busy = False
    becomes(client, first, COMPLETED)
    all_print(client, printer, 1, 2)
    sees(client, IDLE)


def test_a_job_waits_for_a_person_and_goes_on_by_itself(box: Installation) -> None:
    firmware, printer, _ = box
    printer.speed = SLOW / 4
    with Client(firmware.port) as sender, Client(firmware.port) as client:
        begin(sender, 1)
        for fault, reasons in FAULTS:
            printed = printer.total
            assert printer.wait_for(lambda: printer.total > printed)  # noqa: B023
            setattr(printer, fault, True)
            until(lambda: set(client.printer()["printer-state-reasons"]) == reasons, f"{reasons}")  # noqa: B023
            assert client.printer()["printer-state-message"][0].count(".") >= 2  # what is wrong, and what to do
            (id,) = client.jobs("not-completed")
            setattr(printer, fault, False)
        printer.paper_out = True
        becomes(client, id, STOPPED)
        sees(client, HALTED, "media-empty-error", "media-needed-error")
        printer.paper_out, printer.speed = False, None
        becomes(client, id, COMPLETED)
        assert sender.answer().status in GOOD
        all_print(client, printer, 1)
        sees(client, IDLE)


@pytest.mark.parametrize("port", ["", "1-7"], ids=["same port", "another port"])
def test_jobs_carry_on_when_the_printer_is_plugged_in_again(box: Installation, port: str) -> None:
    firmware, printer, bus = box
    printer.speed = SLOW
    with Client(firmware.port) as sender, Client(firmware.port) as client:
        begin(sender, 1)
        assert printer.wait_for(lambda: printer.total > LENGTH // 10)
        waiting = client.print(document(2, LENGTH)).job["job-id"][0]
        was = bus.detach(printer)
        sees(client, PRINTING, "offline-report", "connecting-to-device")
        assert client.job(waiting)["job-state"] == [PENDING]
        late = client.print(document(3, LENGTH))
        assert late.status in GOOD
        printer.speed = None
        bus.attach(printer, port or was)
        assert sender.answer().status in GOOD
        all_print(client, printer, 1, 2, 3, halves=1)
        sees(client, IDLE)


@pytest.mark.parametrize("setting", ["stream=auto", "stream=never"])
@pytest.mark.parametrize("policy", ["restart", "hold", "abort"])
def test_a_job_that_a_power_cycle_cuts_short_does_as_the_setting_says(
    tmp_path: Path, policy: str, setting: str
) -> None:
    with (
        installed(tmp_path / "data", "stall-seconds=0", f"after-power-cycle={policy}", setting) as (
            firmware,
            printer,
            bus,
        ),
        Client(firmware.port) as sender,
        Client(firmware.port) as client,
    ):
        printer.speed = SLOW
        begin(sender, 1)
        assert printer.wait_for(lambda: printer.total > LENGTH // 10)
        (id,) = client.jobs("not-completed")
        next = client.print(document(2, LENGTH)).job["job-id"][0]
        power_cycle(bus, printer)
        printer.speed = None
        AFTER[policy](client, id)
        becomes(client, next, COMPLETED)
        assert sender.answer().status in GOOD  # it was told before, when all was safe here
        all_print(client, printer, *((2,) if policy == "abort" else (1, 2)), halves=1)
        assert firmware.holds_none() and not firmware.trouble()


def restarted(client: Client, id: int) -> None:
    """The job prints again, whole."""
    becomes(client, id, COMPLETED)


def held(client: Client, id: int) -> None:
    """The job waits for its owner."""
    job = becomes(client, id, HELD)
    assert job["job-state-reasons"] == ["job-hold-until-specified"]
    assert "switched off" in job["job-state-message"][0]
    assert client.call(RELEASE_JOB, integer("job-id", id)).status in GOOD
    becomes(client, id, COMPLETED)


def aborted(client: Client, id: int) -> None:
    """The job ends, and says how far it came."""
    job = becomes(client, id, ABORTED)
    assert job["job-state-reasons"] == ["aborted-by-system"]
    assert "switched off" in job["job-state-message"][0]


AFTER: "dict[str, Callable[[Client, int], None]]" = {
    "restart": restarted,
    "hold": held,
    "abort": aborted,
}


def test_a_power_cycle_in_mid_upload_does_not_disturb_the_client(box: Installation) -> None:
    firmware, printer, bus = box
    with Client(firmware.port) as sender, Client(firmware.port) as client:
        begin(sender, 1, part=LENGTH // 2)
        assert printer.wait_for(lambda: printer.total > LENGTH // 3)
        power_cycle(bus, printer)
        sees(client, PRINTING)
        sender.send(document(1, LENGTH)[LENGTH // 2 :])
        assert sender.answer().status in GOOD
        all_print(client, printer, 1, halves=1)


@pytest.mark.parametrize("part", [LENGTH, LENGTH // 2], ids=["whole", "still coming in"])
def test_a_job_is_canceled_while_the_printer_takes_nothing(box: Installation, part: int) -> None:
    firmware, printer, _ = box
    with Client(firmware.port) as sender, Client(firmware.port) as client:
        printer.speed = SLOW
        begin(sender, 1, part)
        assert printer.wait_for(lambda: printer.total > LENGTH // 10)
        printer.busy = True
        printed = printer.total
        (id,) = client.jobs("not-completed")
        assert client.job(id)["job-state"] == [PROCESSING]
        assert client.call(CANCEL_JOB, integer("job-id", id)).status in GOOD
        job = becomes(client, id, CANCELED)
        assert job["job-state-reasons"] == ["job-canceled-by-user"]
        sender.send(document(1, LENGTH)[part:])
        answer = sender.answer()
        assert answer.status in GOOD if part == LENGTH else answer.status == JOB_CANCELED
        assert printer.busy and printer.total == printed  # all of that without the printer
        printer.busy, printer.speed = False, None
        assert client.print(document(2, LENGTH)).status in GOOD
        all_print(client, printer, 2, halves=1)
        assert printer.resets == 1  # it forgot the half job before the next
        assert firmware.holds_none()


def test_a_client_that_vanishes_takes_its_half_job_along(box: Installation, client: Client) -> None:
    firmware, printer, _ = box
    with Client(firmware.port) as sender:
        begin(sender, 1, part=LENGTH // 2)
        assert printer.wait_for(lambda: printer.total > LENGTH // 3)
    (id,) = client.jobs()
    job = becomes(client, id, ABORTED)
    assert job["job-state-reasons"] == ["submission-interrupted"] and "went away" in job["job-state-message"][0]
    assert client.print(document(2, LENGTH)).status in GOOD
    all_print(client, printer, 2, halves=1)
    assert printer.resets == 1


def test_it_ends_while_the_printer_takes_nothing_and_goes_on_at_the_next_start(box: Installation) -> None:
    firmware, printer, _ = box
    printer.busy = True
    with Client(firmware.port) as client:
        ids = [client.print(document(number, LENGTH)).job["job-id"][0] for number in (1, 2)]
    firmware.stop()
    firmware.start()
    firmware.ready()
    with Client(firmware.port) as client:
        assert set(client.jobs("not-completed")) == set(ids)
        printer.busy = False
        all_print(client, printer, 1, 2)
        assert firmware.holds_none()


def print_on(port: int, numbers: "Iterator[int]", ended: threading.Event) -> "set[int]":
    """Print one document after another; return the numbers of those that were acknowledged."""
    accepted = set()
    with Client(port) as client:
        for number in numbers:
            if client.print(document(number, 1000 if number % 3 else LENGTH // 3)).status in GOOD:
                accepted.add(number)
            if ended.is_set():
                break
    return accepted


def test_a_printer_that_comes_and_goes_loses_no_job(tmp_path: Path, seed: int) -> None:
    choose, ended = random.Random(seed), threading.Event()
    with (
        installed(tmp_path / "data", *SETTINGS, "job-history=2000", "waiting-jobs=100") as (firmware, printer, bus),
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        printer.speed = 2 * SLOW
        clients = [pool.submit(print_on, firmware.port, count(1 + n, CLIENTS), ended) for n in range(CLIENTS)]
        for _ in range(DEPARTURES):
            goal = printer.total + choose.randrange(1, LENGTH // 2)
            assert printer.wait_for(lambda: printer.total > goal)  # noqa: B023
            if choose.random() < 0.5:
                power_cycle(bus, printer)
            else:
                bus.detach(printer)
                bus.attach(printer, choose.choice(PORTS))
        ended.set()
        accepted = set().union(*(client.result() for client in clients))
        printer.speed = None
        with Client(firmware.port) as client:
            until(lambda: not client.jobs("not-completed"), "all jobs to end")
        stream = Stream(printer.received)
        assert stream.whole.keys() == accepted and not stream.strange
        again = stream.whole.total() - len(accepted)  # it took the last byte, and went before it could say so
        assert again + len(stream.halves) <= DEPARTURES
        assert firmware.holds_none() and not firmware.trouble()
