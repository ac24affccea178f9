"""What no client should send: 20,000 mutated requests, and every beginning of a good one."""

import random
import select
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import h11
import pytest

from tests.fakes.netns import WATCHDOG_S, until
from tests.robust.documents import document
from tests.robust.firmware import Installation, installed
from tests.robust.ippclient import (
    COMPLETED,
    FORMAT,
    GET_PRINTER_ATTRIBUTES,
    GOOD,
    PRINT_JOB,
    Client,
    mime,
    offers_tls,
    post,
    request,
)
from tests.robust.mutations import mutate, valid

MUTANTS = 20_000
SENDERS = 4
RESETS = 0.05  # of the mutants are sent by a client that does not wait for an answer
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close that tells the peer so at once, as a crash does
INTERNAL_ERROR = "IPP 0x0500"
END = b"\x03"  # of IPP attributes
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"  # and then the client said no more
REQUESTED = [("Host", "x"), ("Content-Length", "0"), ("Connection", "Upgrade"), ("Upgrade", "TLS/1.2")]
TLS_RECORD = b"\x16"
SETTINGS = ("tls=on", "trust-loopback=off", "waiting-jobs=100000", "multiple-operation-time-out=10")


@pytest.fixture
def box(tmp_path: Path) -> "Iterator[Installation]":
    """A firmware that has printed once, so that all its threads have begun."""
    with installed(tmp_path / "data", *SETTINGS) as running:
        with Client(running.firmware.port) as client:
            until(lambda: offers_tls(running.firmware.port), "TLS")
            assert client.print(document(1, 1000)).status in GOOD
        yield running


def send(port: int, data: bytes, reset: bool) -> bytes:
    """Send bytes and no more; return all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=WATCHDOG_S) as connection:
        received = bytearray()
        try:
            connection.sendall(data)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return b""
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except TimeoutError:
            raise
        except OSError:
            pass  # it was closed on bytes that were still to be read
        return bytes(received)


def verdicts(sent: bytes, received: bytes) -> "list[str]":
    """Return what each answer says, by h11's reading of it; raise h11.RemoteProtocolError when one is malformed."""
    found: "list[str]" = []
    while received and received != CONTINUE:
        client = h11.Connection(h11.CLIENT)
        method = b"HEAD" if not found and sent.removeprefix(b"\r\n").startswith(b"HEAD ") else b"POST"
        client.send(h11.Request(method=method, target="/", headers=REQUESTED))
        client.send(h11.EndOfMessage())
        client.receive_data(received)
        client.receive_data(b"")
        body = b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                return [*found, "101"]  # what follows is TLS
            if isinstance(event, h11.Response):
                found.append(str(event.status_code))
                kind = dict(event.headers).get(b"content-type")
            elif isinstance(event, h11.Data):
                body += event.data
        if kind == b"application/ipp":
            found[-1] = f"IPP 0x{body[2:4].hex()}" if body.endswith(END) else "half an IPP message"
        received = client.trailing_data[0]
    return found


def mutants(port: int, seed: int) -> "Counter[str]":
    """Send a sender's part of the mutants; return how often which answer came. Fail when one is not clean."""
    choose, requests = random.Random(seed), valid()
    counted: "Counter[str]" = Counter()
    for _ in range(MUTANTS // SENDERS):
        data = mutate(requests, choose)
        received = send(port, data, choose.random() < RESETS)
        if data.startswith(TLS_RECORD):
            continue  # its answer is TLS too
        try:
            answers = verdicts(data, received)
        except h11.RemoteProtocolError as error:
            raise AssertionError(f"{error}: {received!r} answers {data!r}") from error
        assert not {"500", INTERNAL_ERROR, "half an IPP message"} & set(answers), (data, received)
        counted.update(answers or ["closed"])
    return counted


def test_20000_mutated_requests_are_refused_cleanly_and_leave_nothing_behind(box: Installation, seed: int) -> None:
    firmware, printer, _ = box
    before = firmware.alive()
    counted: "Counter[str]" = Counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        for part in pool.map(mutants, [firmware.port] * SENDERS, range(seed, seed + SENDERS)):
            counted += part
    assert {"400", "404", "405", "413", "414", "415", "417", "431", "501", "505", "closed"} <= counted.keys(), counted
    assert {"IPP 0x0000", "IPP 0x0400", "IPP 0x0501", "IPP 0x0503"} <= counted.keys(), counted
    assert not firmware.trouble()
    firmware.settled(before)
    received = printer.total
    with Client(firmware.port) as client:
        job = client.ended(client.print(document(2, 20_000)).job["job-id"][0])
    assert job["job-state"] == [COMPLETED]
    assert printer.received[received:].endswith(document(2, 20_000))


def test_a_refused_head_request_gets_no_content(box: Installation) -> None:
    received = send(box.firmware.port, b"HEAD / HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n", reset=False)
    head, _, content = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 417 ")
    assert not content


@pytest.mark.parametrize("chunked", [False, True])
def test_every_beginning_of_a_request_waits_and_then_frees_everything(box: Installation, chunked: bool) -> None:
    firmware, printer, _ = box
    before = firmware.alive()
    whole = post(request(PRINT_JOB, mime(FORMAT)) + document(3, 60), chunked=chunked)
    printed = printer.total
    with ExitStack() as stack, Client(firmware.port) as other:
        clients = [stack.enter_context(Client(firmware.port)) for _ in whole]
        for length, client in enumerate(clients):
            client.send(whole[:length])
        assert other.call(GET_PRINTER_ATTRIBUTES).status in GOOD
        assert not speaking(clients)
        until(lambda: len(other.jobs("not-completed")) >= 59, "a job for each beginning of the document")
        jobs = other.jobs("not-completed")
        for client in clients[::2]:
            client.socket.shutdown(socket.SHUT_WR)
            assert not client.socket.recv(1), "half a request is answered"
        for client in clients[1::2]:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
        until(lambda: not other.jobs("not-completed"), "their jobs to end")
        assert {tuple(other.job(id)["job-state-reasons"]) for id in jobs} == {("submission-interrupted",)}
    assert printer.total == printed
    assert firmware.holds_none() and not firmware.trouble()
    firmware.settled(before)


def speaking(clients: "list[Client]") -> int:
    """Return how many of the connections the server has answered or closed."""
    poll = select.poll()
    for client in clients:
        poll.register(client.socket, select.POLLIN)
    return len(poll.poll(0))


def test_a_client_that_resets_before_its_handshake_is_no_fault_of_ours(box: Installation) -> None:
    with Client(box.firmware.port) as other:
        for _ in range(20):
            with Client(box.firmware.port) as client:
                assert other.call(GET_PRINTER_ATTRIBUTES).status in GOOD  # so that its connection was accepted, too
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.send(TLS_RECORD)
        assert other.call(GET_PRINTER_ATTRIBUTES).status in GOOD
    assert not box.firmware.trouble()
