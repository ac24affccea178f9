"""The one socket of SNMP: v3 beside the others, loaded when there is a user; informs go out and are confirmed."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from feedpath.core.printers import Printers
from feedpath.front.snmp import usm, wire
from feedpath.front.snmp.server import Snmp
from feedpath.front.snmp.site import Secure
from feedpath.front.snmp.users import User
from tests.unit.front.snmp import secure
from tests.unit.front.snmp.asking import SYS_DESCR, SYS_LOCATION, Asked, parts, reply, request
from tests.unit.front.snmp.secure import message, pdu, read, user

WATCHDOG_S = 20.0
OURS = usm.engine_id("a box")
ALICE, BOB = user("alice", OURS), user("bob", OURS, rights="write")


class Service:
    """A running service. users: of v3, followed when `follow` is called."""

    def __init__(self, host: str, sinks: "tuple[str, ...]" = (), **limits: Any):
        self.host = host
        self.users: "list[User]" = []
        self.asked = Asked()
        self.began = 0
        self.snmp = Snmp(
            host, 0, self.asked.agent.facts, lambda: self.asked.access, lambda: sinks,
            secure=Secure(lambda: self.users, OURS, self._begin), **limits,
        )  # fmt: skip

    def _begin(self) -> int:
        self.began += 1
        return 5

    async def follow(self, *users: User) -> None:
        """Have other users."""
        self.users = list(users)
        await self.snmp.users_changed()

    async def ask(self, data: bytes, seconds: float = WATCHDOG_S) -> bytes:
        """Return the answer to a datagram; raise TimeoutError."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as asking:
            loop = asyncio.get_running_loop()
            await loop.sock_sendto(asking, data, (self.host, self.snmp.port))
            return await asyncio.wait_for(loop.sock_recv(asking, 65535), seconds)

    async def times(self) -> "tuple[int, int]":
        """Return boots and time as the service tells them."""
        told = read(ALICE, await self.ask(usm.probe(9)))
        assert told.kind == usm.REPORT and told.engine == OURS
        return told.boots, told.time


def serve(story: "Callable[[Service], Awaitable[None]]", host: str = "127.0.0.1", **how: Any) -> None:
    """Run a story with a service."""

    async def main() -> None:
        service = Service(host, **how)
        await service.snmp.start(Printers())
        try:
            await story(service)
        finally:
            await service.snmp.stop()

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_one_socket_answers_all_versions(host: str) -> None:
    async def story(service: Service) -> None:
        await service.follow(ALICE)
        times = await service.times()
        assert times[0] == 5
        told = read(ALICE, await service.ask(message(ALICE, OURS, times, pdu(wire.GET, SYS_DESCR))))
        for version in (wire.V1, wire.V2C):
            plainly = reply(await service.ask(request(wire.GET, SYS_DESCR, version=version)))
            assert told.bindings == [(wire.arcs(name), value) for name, value in plainly.bindings]

    serve(story, host)


def test_a_user_sets_a_setting_and_is_answered_when_it_is_kept() -> None:
    async def story(service: Service) -> None:
        await service.follow(BOB)
        change = pdu(wire.SET, SYS_LOCATION, value=wire.tlv(wire.OCTETS, b"Attic"))
        told = read(BOB, await service.ask(message(BOB, OURS, await service.times(), change)))
        assert told.status == 0 and service.asked.settings["location"] == "Attic"

    serve(story)


def test_v3_is_silent_without_a_user_and_counts_as_begun_once() -> None:
    async def story(service: Service) -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await service.ask(usm.probe(9), 0.05)
            await service.follow(ALICE)
            assert await service.times()
            await service.follow()
        assert service.began == 1

    serve(story)


def test_what_cannot_be_loaded_leaves_the_other_versions(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(service: Service) -> None:
        monkeypatch.setitem(sys.modules, "feedpath.front.snmp.engine", None)
        await service.follow(ALICE)
        assert "SNMPv3 is not answered" in caplog.text
        assert reply(await service.ask(request(wire.GET, SYS_DESCR))).status == 0

    serve(story)


def test_a_user_that_cannot_be_taken_over_leaves_the_other_versions(caplog: pytest.LogCaptureFixture) -> None:
    async def story(service: Service) -> None:
        await service.follow(ALICE._replace(auth="SHA-1"))
        assert "SNMPv3 is not answered" in caplog.text and service.snmp.engine is None
        assert reply(await service.ask(request(wire.GET, SYS_DESCR))).status == 0
        await service.follow(BOB)
        assert await service.times()

    serve(story)


def test_a_request_of_v3_takes_more_tokens_of_its_source() -> None:
    async def story(service: Service) -> None:
        await service.follow(ALICE)
        silent = service.snmp.agent.counts.silent
        await service.times()
        await service.times()
        with pytest.raises(TimeoutError):
            await service.ask(usm.probe(9), 0.05)
        assert service.snmp.agent.counts.silent == silent + 1

    serve(story, rate=0.001, burst=9.0)


def test_an_inform_is_confirmed_on_the_same_socket() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as receiver:
            receiver.bind(("127.0.0.1", 0))
            service = Service("", sinks=("inform:127.0.0.1:%d" % receiver.getsockname()[1],))
            await service.snmp.start(Printers())
            data, source = await loop.sock_recvfrom(receiver, 65535)
            ((_, whole, _),) = parts(data)
            (kind, content, _) = parts(whole)[2]
            assert kind == wire.INFORM and service.snmp._outbox.expects(("127.0.0.1", 0))
            answer = wire.message(wire.V2C, b"public", wire.tlv(wire.RESPONSE, content))
            await loop.sock_sendto(receiver, answer, source)
            while service.snmp._outbox.expects(("127.0.0.1", 0)):
                await asyncio.sleep(0)
            await service.snmp.stop()

    asyncio.run(asyncio.wait_for(main(), WATCHDOG_S))


PROGRAM = """
import asyncio, sys
from feedpath.core.printers import Printers
from tests.unit.front.snmp.test_server import ALICE, Service
async def main():
    service = Service("127.0.0.1", ("v3:alice@127.0.0.1:9", "inform:127.0.0.1:9"))
    await service.snmp.start(Printers())
    print("pysnmp" in sys.modules or "pyasn1" in sys.modules)
    await service.follow(ALICE)
    print("pysnmp" in sys.modules and "pyasn1" in sys.modules)
    await service.snmp.stop()
asyncio.run(main())
"""


def test_the_library_of_v3_is_loaded_with_the_first_user_and_not_before() -> None:
    root = Path(__file__).parents[4]
    path = f"PYTHONPATH={root / 'firmware'}:{root}"
    done = subprocess.run(
        ["env", path, sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_the_tests_manager_checks_what_it_reads() -> None:
    data = message(ALICE, OURS, (1, 2), pdu(wire.GET, SYS_DESCR))
    assert secure.read(ALICE, data).bindings[0][0] == SYS_DESCR
    with pytest.raises(AssertionError):
        secure.read(ALICE, data[:-1] + bytes((data[-1] ^ 1,)))
