"""SNTP: one message, and a server of the test's own."""

import asyncio
import socket
import struct
import threading
from contextlib import contextmanager

import pytest

from feedpath.errors import WireError
from feedpath.host.sntp import client, wire
from feedpath.host.sntp.client import Sntp, ask
from tests.fakes.machine import WATCHDOG_S, until

Y2026, Y2036, Y2038, Y2106 = 1_790_000_000.0, 2_085_978_496.0, 2_147_483_648.0, 4_294_967_296.0


def stamp(seconds):
    return int((seconds + wire.EPOCH_S) * wire.FRACTION) % (1 << 64)


def answer(cookie, now, head=0x24, stratum=2, code=b"GPS\0", sent=None):
    sent = stamp(now) if sent is None else sent
    return wire.MESSAGE.pack(head, stratum, 6, -20, 0, 0, code, 0, cookie, stamp(now), sent)


@contextmanager
def server(*now, **fields):
    """Give the port of a server that answers the n-th question with the n-th time, then no more."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve():
            for time in now:
                question, peer = listening.recvfrom(512)
                assert len(question) == 48 and question[0] == 0x23
                listening.sendto(answer(int.from_bytes(question[40:], "big"), time, **fields), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("now", [0.0, Y2026, Y2036 - 1, Y2036 + 1, Y2038, Y2106])
@pytest.mark.parametrize("ahead", [-10_000_000.0, -1.5, 0.0, 86400.0, 900_000_000.0])
def test_a_server_tells_by_how_much_the_clock_is_behind_also_over_the_eras(now, ahead):
    with server(max(now, client.NEAR) + ahead) as port:
        assert ask("127.0.0.1", port, lambda: now) == pytest.approx(max(now, client.NEAR) + ahead - now, abs=1)


def test_the_way_of_question_and_answer_is_taken_out():
    told = wire.Reply(stamp(Y2026 + 11), stamp(Y2026 + 12))
    assert wire.offset(told, Y2026, Y2026 + 3, Y2026) == pytest.approx(10, abs=1e-5)


@pytest.mark.parametrize(
    "octets, said",
    [
        (answer(7, Y2026)[:47], "47 octets"),
        (answer(8, Y2026), "another question"),
        (answer(7, Y2026, head=0x23), "another question"),
        (answer(7, Y2026, stratum=0, code=b"RATE"), "stay away: RATE"),
        (answer(7, Y2026, head=0xE4), "does not know the time"),
        (answer(7, Y2026, stratum=16), "does not know the time"),
        (answer(7, Y2026, sent=0), "does not know the time"),
    ],
)
def test_an_answer_that_is_no_time_is_refused(octets, said):
    with pytest.raises(WireError, match=said):
        wire.reply(octets, 7)


def test_any_octets_are_an_answer_or_refused():
    for length in range(64):
        try:
            wire.reply(struct.pack("%ds" % length, bytes(range(length))), 7)
        except WireError:
            continue
        raise AssertionError(length)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def test_the_clock_is_corrected_by_the_first_server_that_answers(monkeypatch):
    monkeypatch.setattr(client, "PATIENCE_S", 0.05)

    async def main():
        behind: "list[float]" = []
        with server(Y2038) as port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.2", port))
            sntp = Sntp(lambda: ["127.0.0.2", "127.0.0.1"], lambda: True, behind.append, port)
            sntp.start()
            await until(lambda: behind)
            await sntp.stop()
        assert len(behind) == 1 and behind[0] > 1e8

    run(main())


def test_where_the_system_keeps_its_clock_nobody_is_asked_until_that_changes():
    async def main():
        behind: "list[float]" = []
        answers = [False, True]  # whether it is for us to ask
        with server(Y2106) as port:
            sntp = Sntp(lambda: ["127.0.0.1"], lambda: answers.pop(0), behind.append, port)
            sntp.start()
            await until(lambda: len(answers) == 1)
            assert not behind
            sntp.servers_changed()
            await until(lambda: behind)
            await sntp.stop()

    run(main())
