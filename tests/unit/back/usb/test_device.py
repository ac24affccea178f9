import errno
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.usb import device as usb_device
from feedpath.back.usb.device import TRANSFER_BYTES, Unavailable, UsbConnection
from feedpath.back.usb.find import Finder
from feedpath.back.usb.quirks import (
    DELAY_CLOSE,
    NO_REATTACH,
    NONE,
    SOFT_RESET,
    UNIDIRECTIONAL,
    Quirk,
    Row,
)
from feedpath.core.connection import Connection, Gone
from tests.fakes.usbip_backend import Handle, UsbipBackend, failure
from tests.fakes.virtual_printer import DEVICE_ID, VirtualBus, VirtualPrinter, power_cycle

WATCHDOG_S = 30
LONG_MS = 2 * WATCHDOG_S * 1000  # longer than any test waits
PATIENCE = 500  # writes

UNIDI, BIDI, SCANNER = (7, 1, 1), (7, 1, 2), (0xFF, 0xFF, 0xFF)


def view(data: bytes) -> memoryview:
    return memoryview(bytearray(data))


def send(connection: Connection, data: bytes) -> None:
    """Write all of `data` as the core does; fail when none of it is taken over and over."""
    rest = view(data)
    in_vain = 0
    while rest:
        count = connection.write(rest)
        rest = rest[count:]
        in_vain = 0 if count else in_vain + 1
        assert in_vain < PATIENCE


def said(connection: Connection, size: int = 100) -> bytes:
    answer = bytearray(size)
    return bytes(answer[: connection.read(memoryview(answer))])


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Return threads to call into a connection from."""
    with ThreadPoolExecutor() as threads:
        yield threads


@pytest.fixture
def printer(bus: VirtualBus) -> VirtualPrinter:
    printer = VirtualPrinter()
    bus.attach(printer)
    return printer


@pytest.fixture
def connection(printer: VirtualPrinter, finder: Finder) -> Iterator[UsbConnection]:
    connection = finder.poll()[0].open()
    yield connection
    connection.close()


def opened(backend: UsbipBackend, quirks: Quirk = NONE) -> UsbConnection:
    """Return a connection to the only printer on the bus, which has `quirks`."""
    return Finder(backend, (Row(0x1209, -1, "*", quirks, "", ""),)).poll()[0].open()


# Opening and closing


def test_a_connection_tells_who_the_printer_is(connection: UsbConnection) -> None:
    assert connection.device_id == DEVICE_ID + "SN:FP000001;"
    assert (connection.make, connection.model, connection.serial) == ("Feedpath", "Virtual Printer", "FP000001")


def test_a_printer_without_a_usb_serial_may_have_one_in_its_device_id(bus: VirtualBus, backend: UsbipBackend) -> None:
    bus.attach(VirtualPrinter("MFG:Acme;MDL:Jet;SN:77;", serial=""))
    connection = opened(backend)
    assert connection.serial == "77"
    connection.close()


def test_a_printer_that_tells_no_device_id_prints_all_the_same(bus: VirtualBus, backend: UsbipBackend) -> None:
    printer = VirtualPrinter(None)
    bus.attach(printer)
    connection = opened(backend)
    assert (connection.device_id, connection.make) == ("", "")
    assert connection.write(view(b"x")) == 1
    connection.close()


@pytest.mark.parametrize(
    "interfaces, chosen",
    [([[BIDI]], {}), ([[BIDI, UNIDI]], {0: 0}), ([[UNIDI, BIDI]], {0: 1}), ([[SCANNER], [UNIDI, BIDI]], {1: 1})],
)
def test_an_alternate_setting_is_chosen_only_where_there_is_a_choice(
    bus: VirtualBus,
    backend: UsbipBackend,
    interfaces: "list[list[tuple[int, int, int]]]",
    chosen: "dict[int, int]",
) -> None:
    printer = VirtualPrinter(interfaces=interfaces)
    bus.attach(printer)
    connection = opened(backend)
    assert printer.alternates == chosen
    send(connection, b"text")
    assert printer.received == b"text"
    connection.close()


def test_the_other_interfaces_of_a_device_are_left_alone(bus: VirtualBus, backend: UsbipBackend) -> None:
    bus.attach(VirtualPrinter(interfaces=[[SCANNER], [BIDI]]), "1-1")
    backend.kernel_drivers.add(("1-1", 0))
    connection = opened(backend)
    assert connection.model == "Virtual Printer"
    (plugged,) = backend.enumerate_devices()
    assert list(plugged.claims) == [1]
    assert connection.reasons() == []
    connection.close()
    assert backend.kernel_drivers == {("1-1", 0)}


@pytest.mark.parametrize("quirks, after", [(NONE, {("1-1", 0)}), (NO_REATTACH, set())])
def test_the_kernels_driver_makes_way_and_comes_back_unless_it_disturbs(
    bus: VirtualBus, backend: UsbipBackend, quirks: Quirk, after: "set[tuple[str, int]]"
) -> None:
    bus.attach(VirtualPrinter(), "1-1")
    backend.kernel_drivers.add(("1-1", 0))
    connection = opened(backend, quirks)
    assert backend.kernel_drivers == set()
    connection.close()
    assert backend.kernel_drivers == after


def test_a_printer_that_another_program_uses_is_unavailable(
    printer: VirtualPrinter, connection: UsbConnection, finder: Finder
) -> None:
    with pytest.raises(Unavailable, match="Another program"):
        finder.poll()[0].open()
    assert connection.write(view(b"x")) == 1


def test_a_printer_that_may_not_be_opened_is_unavailable(
    printer: VirtualPrinter, finder: Finder, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = finder.poll()

    def forbid(_: object) -> Handle:
        raise failure(errno.EACCES)

    monkeypatch.setattr(backend, "open_device", forbid)
    with pytest.raises(Unavailable, match="udev"):
        found.open()


def test_a_printer_that_could_not_be_claimed_is_left_as_it_was(
    bus: VirtualBus, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = VirtualPrinter()
    bus.attach(printer, "1-1")
    backend.kernel_drivers.add(("1-1", 0))

    def refuse(*_: object) -> None:
        raise failure(errno.EBUSY)

    monkeypatch.setattr(backend, "claim_interface", refuse)
    with pytest.raises(Unavailable):
        opened(backend, SOFT_RESET)
    assert backend.kernel_drivers == {("1-1", 0)}
    assert printer.bus_resets == 0


def test_an_unconfigured_printer_is_configured(
    bus: VirtualBus, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: "list[int]" = []
    bus.attach(VirtualPrinter())
    monkeypatch.setattr(backend, "get_configuration", lambda _: chosen[-1] if chosen else 0)
    monkeypatch.setattr(backend, "set_configuration", lambda _, value: chosen.append(value))
    connection = opened(backend)
    assert chosen == [1]
    connection.close()


def test_a_configured_printer_is_not_configured_again(
    bus: VirtualBus, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.attach(VirtualPrinter())
    monkeypatch.setattr(backend, "set_configuration", None)
    opened(backend).close()


@pytest.mark.parametrize("quirks, resets", [(NONE, 0), (SOFT_RESET, 1)])
def test_a_printer_that_wants_a_reset_in_the_end_gets_it(
    bus: VirtualBus, backend: UsbipBackend, quirks: Quirk, resets: int
) -> None:
    printer = VirtualPrinter()
    bus.attach(printer)
    opened(backend, quirks).close()
    assert printer.bus_resets == resets


@pytest.mark.parametrize(
    "quirks, unplugged, pauses", [(NONE, False, []), (DELAY_CLOSE, False, [1.0]), (DELAY_CLOSE, True, [])]
)
def test_a_printer_that_is_slow_with_its_last_bytes_is_given_time_while_it_is_there(
    bus: VirtualBus,
    backend: UsbipBackend,
    monkeypatch: pytest.MonkeyPatch,
    quirks: Quirk,
    unplugged: bool,
    pauses: "list[float]",
) -> None:
    slept: "list[float]" = []
    monkeypatch.setattr(time, "sleep", slept.append)
    printer = VirtualPrinter()
    bus.attach(printer)
    connection = opened(backend, quirks)
    if unplugged:
        bus.detach(printer)
        with pytest.raises(Gone):
            send(connection, b"x")
    connection.close()
    assert slept == pauses


def test_closing_twice_or_after_the_printer_went_is_no_error(
    bus: VirtualBus, printer: VirtualPrinter, connection: UsbConnection
) -> None:
    bus.detach(printer)
    connection.close()
    connection.close()
    with pytest.raises(Gone):
        connection.write(view(b"x"))


def test_closing_ends_the_write_that_waits_and_then_lets_go(
    printer: VirtualPrinter,
    connection: UsbConnection,
    backend: UsbipBackend,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: "list[object]" = []
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    monkeypatch.setattr(backend, "close_device", lambda _: steps.append("closed"))
    printer.busy = True
    writer = threads.submit(lambda: steps.append(connection.write(view(b"text"))))
    assert printer.wait_for(lambda: printer.transfers == 1)
    threads.submit(connection.close).result(WATCHDOG_S)
    writer.result(WATCHDOG_S)
    assert steps == [0, "closed"]


# Writing


def test_one_write_is_one_transfer_of_bounded_size(printer: VirtualPrinter, connection: UsbConnection) -> None:
    assert connection.write(view(bytes(TRANSFER_BYTES + 1))) == TRANSFER_BYTES
    assert printer.transfers == 1


def test_whole_packets_are_not_followed_by_an_empty_one(printer: VirtualPrinter, connection: UsbConnection) -> None:
    send(connection, bytes(1024))
    assert (printer.transfers, printer.total) == (1, 1024)


def test_a_printer_that_takes_nothing_makes_writes_return_0_and_loses_nothing(
    printer: VirtualPrinter, connection: UsbConnection
) -> None:
    printer.busy = True
    assert [connection.write(view(b"text")) for _ in range(20)] == [0] * 20
    printer.busy = False
    send(connection, b"text")
    assert printer.received == b"text"


def test_what_a_slow_printer_took_before_the_time_was_up_counts(
    printer: VirtualPrinter, connection: UsbConnection
) -> None:
    printer.speed = 200_000
    count = connection.write(view(bytes(TRANSFER_BYTES)))
    assert 0 < count < TRANSFER_BYTES
    assert printer.total == count


def test_a_short_transfer_counts_as_far_as_it_went(printer: VirtualPrinter, connection: UsbConnection) -> None:
    printer.short = [512, 1, 7]
    data = bytes(range(256)) * 8
    send(connection, data)
    assert printer.received == data


@pytest.mark.parametrize("after", [0, 1, 511, 512, 1000])
def test_a_stall_is_cleared_and_the_rest_follows_once(
    printer: VirtualPrinter, connection: UsbConnection, after: int
) -> None:
    data = bytes(range(256)) * 8
    printer.stall(after)
    send(connection, data)
    assert printer.stalls
    assert printer.received == data


def test_a_printer_that_goes_on_stalling_is_asked_less_and_less_often(
    printer: VirtualPrinter, connection: UsbConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: "list[float]" = []
    monkeypatch.setattr(usb_device, "STALL_S", 0.05)
    monkeypatch.setattr(connection._closed, "wait", pauses.append)
    printer.stall(times=6)
    send(connection, b"one")
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.4]
    printer.stall()
    send(connection, b"two")
    assert len(pauses) == 5, "after a transfer that went well, a stall is the first again"
    assert printer.received == b"onetwo"


@pytest.mark.parametrize("number", [errno.EINTR, errno.ENOMEM])
def test_a_passing_error_takes_nothing_and_passes(
    connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write = backend.bulk_write
    errors = [failure(number)]

    def fail_once(*arguments: Any) -> int:
        if errors:
            raise errors.pop()
        return write(*arguments)

    monkeypatch.setattr(backend, "bulk_write", fail_once)
    assert [connection.write(view(b"text")), connection.write(view(b"text"))] == [0, 4]


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.EINVAL])
def test_an_error_that_does_not_pass_is_gone(
    connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> int:
        raise failure(number)

    monkeypatch.setattr(backend, "bulk_write", fail)
    with pytest.raises(Gone):
        connection.write(view(b"text"))


def test_pulling_the_plug_in_mid_write_is_gone_at_once(
    bus: VirtualBus,
    printer: VirtualPrinter,
    connection: UsbConnection,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    printer.busy = True
    writer = threads.submit(connection.write, view(b"text"))
    assert printer.wait_for(lambda: printer.transfers == 1)
    bus.detach(printer)
    assert isinstance(writer.exception(WATCHDOG_S), Gone)
    for ask in (connection.reasons, connection.reset, connection.identify, lambda: said(connection)):
        with pytest.raises(Gone):
            ask()


@pytest.mark.parametrize("port", ["1-1", "1-7"])
def test_a_replugged_printer_prints_on(bus: VirtualBus, printer: VirtualPrinter, finder: Finder, port: str) -> None:
    (before,) = finder.poll()
    connection = before.open()
    send(connection, b"one")
    bus.detach(printer)
    bus.attach(printer, port)
    with pytest.raises(Gone):
        connection.write(view(b"two"))
    connection.close()
    (after,) = finder.poll()
    connection = after.open()
    send(connection, b"two")
    connection.close()
    assert after.key == before.key
    assert printer.received == b"onetwo"


def test_a_printer_that_was_switched_off_and_on_is_gone_and_found_again(
    bus: VirtualBus, printer: VirtualPrinter, connection: UsbConnection, finder: Finder
) -> None:
    send(connection, b"half a page")
    power_cycle(bus, printer)
    with pytest.raises(Gone):
        send(connection, b", the other half")
    assert printer.power_cycles == [11]
    connection.close()
    connection = finder.poll()[0].open()
    send(connection, b" a page")
    connection.close()
    assert printer.received == b"half a page a page"


def test_an_interrupt_ends_a_write_that_would_wait_for_ever(
    printer: VirtualPrinter,
    connection: UsbConnection,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    printer.busy = True
    writer = threads.submit(connection.write, view(b"old"))
    assert printer.wait_for(lambda: printer.transfers == 1)
    connection.interrupt()
    assert writer.result(WATCHDOG_S) == 0
    printer.busy = False
    assert connection.write(view(b"new")) == 3
    assert printer.received == b"new"
    assert not caplog.records


def test_what_a_printer_took_before_an_interrupt_counts(
    printer: VirtualPrinter, connection: UsbConnection, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    printer.speed = 10_000
    writer = threads.submit(connection.write, view(bytes(TRANSFER_BYTES)))
    assert printer.wait_for(lambda: printer.total > 0)
    connection.interrupt()
    assert 0 < writer.result(WATCHDOG_S) == printer.total < TRANSFER_BYTES


def test_an_interrupt_that_comes_too_early_ends_the_next_write(
    printer: VirtualPrinter, connection: UsbConnection, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    connection.interrupt()
    printer.busy = True
    assert threads.submit(connection.write, view(b"x")).result(WATCHDOG_S) == 0
    printer.busy = False
    assert connection.write(view(b"x")) == 1


def test_after_an_interrupt_the_printer_is_talked_to_as_before(
    bus: VirtualBus, backend: UsbipBackend, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: "list[tuple[int, int]]" = []
    printer = VirtualPrinter(interfaces=[[SCANNER], [UNIDI, BIDI]])
    bus.attach(printer)
    monkeypatch.setattr(backend, "set_interface_altsetting", lambda _, *choice: chosen.append(choice))
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    connection = opened(backend)
    printer.busy = True
    writer = threads.submit(connection.write, view(b"x"))
    assert printer.wait_for(lambda: printer.transfers == 1)
    connection.interrupt()
    writer.result(WATCHDOG_S)
    assert len(chosen) >= 2
    assert set(chosen) == {(1, 1)}
    (plugged,) = backend.enumerate_devices()
    assert list(plugged.claims) == [1]
    printer.say(b"ready")
    assert said(connection) == b"ready"
    connection.close()


# Status


def test_what_the_printer_says_is_read_in_order_and_in_parts(
    printer: VirtualPrinter, connection: UsbConnection
) -> None:
    printer.say(b"@PJL INFO STATUS\r\n")
    assert said(connection, 5) + said(connection, 4) + said(connection, 4096) == b"@PJL INFO STATUS\r\n"
    assert said(connection) == b""


def test_a_printer_with_nothing_to_say_is_read_as_nothing(connection: UsbConnection) -> None:
    assert said(connection) == b""


@pytest.mark.parametrize("how", ["interface", "quirk"])
def test_a_unidirectional_printer_is_never_read(
    bus: VirtualBus, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    bus.attach(VirtualPrinter(interfaces=[[UNIDI if how == "interface" else BIDI]]))
    connection = opened(backend, NONE if how == "interface" else UNIDIRECTIONAL)
    waits: "list[float]" = []
    monkeypatch.setattr(backend, "bulk_read", None)
    monkeypatch.setattr(connection._closed, "wait", waits.append)
    assert said(connection) == b""
    assert waits == [usb_device.LISTEN_MS / 1000]
    send(connection, b"x")
    connection.close()


def test_an_empty_answer_is_followed_by_a_pause(
    printer: VirtualPrinter, connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: "list[float]" = []
    monkeypatch.setattr(backend, "bulk_read", lambda *_: 0)
    monkeypatch.setattr(usb_device, "SILENCE_S", 0.25)
    monkeypatch.setattr(connection._closed, "wait", pauses.append)
    assert said(connection) == b""
    assert pauses == [0.25]


@pytest.mark.parametrize(
    "fault, reasons",
    [
        ("busy", []),
        ("paper_out", ["media-empty-error"]),
        ("offline", ["offline-report"]),
        ("cover_open", ["other-error"]),
    ],
)
def test_reasons_follow_the_printer(
    printer: VirtualPrinter, connection: UsbConnection, fault: str, reasons: "list[str]"
) -> None:
    assert connection.reasons() == []
    setattr(printer, fault, True)
    assert connection.reasons() == reasons
    assert connection.write(view(b"x")) == 0
    setattr(printer, fault, False)
    assert connection.reasons() == []
    assert connection.write(view(b"x")) == 1


def test_a_printer_without_a_port_status_has_no_reasons_and_is_asked_once(
    printer: VirtualPrinter, connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer.tells_status = False
    assert connection.reasons() == []
    monkeypatch.setattr(backend, "ctrl_transfer", None)
    assert connection.reasons() == []


def test_a_printer_too_busy_to_tell_its_status_is_as_it_was(
    printer: VirtualPrinter, connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer.paper_out = True
    assert connection.reasons() == ["media-empty-error"]

    def time_out(*_: object) -> int:
        raise failure(errno.ETIMEDOUT)

    monkeypatch.setattr(backend, "ctrl_transfer", time_out)
    assert connection.reasons() == ["media-empty-error"]


def test_the_device_id_is_asked_for_anew(printer: VirtualPrinter, connection: UsbConnection) -> None:
    printer.device_id = "MFG:Feedpath;MDL:Virtual Printer;VSTATUS:$HB0$NC0,ff,DN,IDLE;"
    assert connection.identify() == printer.device_id + "SN:FP000001;"
    printer.device_id = None
    assert connection.identify() == ""
    assert connection.model == "Virtual Printer"


def test_reset_makes_the_printer_forget_and_clears_a_stall(printer: VirtualPrinter, connection: UsbConnection) -> None:
    printer.say(b"old")
    printer.stall()
    connection.reset()
    assert printer.resets == 1
    assert connection.write(view(b"new")) == 3
    assert printer.stalls == 0
    assert said(connection) == b""


def test_both_ends_count_their_packets_anew_after_a_reset(
    connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: "list[int]" = []
    monkeypatch.setattr(backend, "clear_halt", lambda _, endpoint: cleared.append(endpoint))
    connection.reset()
    assert cleared == [0x01, 0x81]


def test_a_printer_that_knows_no_reset_is_left_alone(
    connection: UsbConnection, backend: UsbipBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stall(*_: object) -> int:
        raise failure(errno.EPIPE)

    monkeypatch.setattr(backend, "ctrl_transfer", stall)
    connection.reset()
    assert connection.write(view(b"x")) == 1


# Two threads


def test_status_is_read_while_a_write_is_stuck(
    printer: VirtualPrinter, connection: UsbConnection, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb_device, "PATIENCE_MS", LONG_MS)
    printer.paper_out = True
    writer = threads.submit(connection.write, view(b"text"))
    assert printer.wait_for(lambda: printer.transfers == 1)
    printer.say(b"out of paper")
    assert said(connection) == b"out of paper"
    assert connection.reasons() == ["media-empty-error"]
    assert writer.running()
    printer.paper_out = False
    assert writer.result(WATCHDOG_S) == 4


def test_bytes_are_written_while_a_read_waits(
    printer: VirtualPrinter, connection: UsbConnection, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb_device, "LISTEN_MS", LONG_MS)
    reader = threads.submit(said, connection)
    send(connection, b"text")
    assert connection.reasons() == []
    assert reader.running()
    printer.say(b"done")
    assert reader.result(WATCHDOG_S) == b"done"
    assert printer.received == b"text"


@given(
    sizes=st.lists(st.integers(1, 20_000), min_size=1, max_size=12),
    short=st.lists(st.integers(1, 9000), max_size=12),
    stalls=st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 3)), max_size=4),
    speed=st.sampled_from([None, None, 3_000_000]),
    patience=st.sampled_from([0, 2]),
    interrupts=st.integers(0, 5),
)
def test_every_byte_arrives_once_and_in_order_whatever_happens(
    sizes: "list[int]",
    short: "list[int]",
    stalls: "list[tuple[int, int]]",
    speed: "float | None",
    patience: int,
    interrupts: int,
) -> None:
    document = b"".join(number.to_bytes(4, "big") for number in range(sum(sizes) // 4 + 1))[: sum(sizes)]
    printer = VirtualPrinter()
    printer.short = list(short)
    printer.speed = speed
    with VirtualBus() as bus, pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor() as threads:
        patch.setattr(usb_device, "PATIENCE_MS", patience)
        bus.attach(printer)
        backend = UsbipBackend(bus.host, bus.port)
        connection = Finder(backend).poll()[0].open()
        position = 0
        for size in sizes:
            if stalls:
                printer.stall(*stalls.pop())
            if interrupts:
                interrupts -= 1
                threads.submit(connection.interrupt)
            send(connection, document[position : position + size])
            position += size
        connection.close()
        backend.close()
    assert printer.received == document
