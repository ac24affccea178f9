"""Micro case: the DHCP client, its messages and its own addresses do the same on both Pythons."""

from feedpath.errors import WireError
from feedpath.host.dhcp import frame, lease, table, wire
from feedpath.host.dhcp.interface import Dynamic
from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.wire import Message, packed

MAC = b"\x02\x00\x00\x00\x00\x01"
SERVER_MAC = b"\x02\x00\x00\x00\x00\x02"


class Numbers:
    """The same numbers on both Pythons, whose own random numbers differ."""

    def __init__(self) -> None:
        self._state = 1

    def getrandbits(self, k: int) -> int:
        """Return a number of so many bits."""
        self._state = (self._state * 1103515245 + 12345) % 2147483648
        return self._state % (1 << k)

    def random(self) -> float:
        """Return 0, 0.125 and so on: floats that both print alike."""
        return self.getrandbits(16) // 8192 / 8


def reply(to: Message, type: int) -> bytes:
    message = Message(table.REPLY, to.xid, MAC)
    message.yiaddr = "10.0.0.50"
    message.options[table.MESSAGE_TYPE] = bytes((type,))
    message.options[table.SERVER] = packed("10.0.0.1")
    message.options[table.LEASE_TIME] = (1000).to_bytes(4, "big")
    message.options[table.MASK] = packed("255.255.255.0")
    message.options[table.SEARCH] = b"\x03eng\x05apple\x03com\0\x09marketing\xc0\x04"
    message.options[table.ROUTES] = b"\x10\x0a\x11\x0a\0\0\1\0\x0a\0\0\1"
    data = wire.encode(message)
    return frame.udp(frame.EVERYONE, frame.Datagram(SERVER_MAC, "10.0.0.1", frame.ALL, 67, 68, data))


def shown(value: Lease) -> "list[object]":
    """Return what a lease holds, without fractions of seconds, which the Pythons print differently."""
    record = value.record()
    return [int(record[name]) if isinstance(record[name], float) else record[name] for name in lease.FIELDS]


class Net:
    """A link, its clock, and a server that answers where it is there."""

    def __init__(self) -> None:
        self.link = Dynamic(MAC, Numbers(), "printer")
        self.now = 0.0
        self.there = False

    def do(self, actions: "list[tuple[str, object]]") -> None:
        for verb, value in actions:
            if isinstance(value, Lease):
                print(int(self.now * 100), self.link.state, verb, shown(value))
            elif isinstance(value, bytes):
                print(int(self.now * 100), self.link.state, verb, value.hex())
                self.answer(value)
            else:
                print(int(self.now * 100), self.link.state, verb, value)

    def answer(self, sent: bytes) -> None:
        if self.there and frame.ethertype(sent) == frame.IPV4:
            message = wire.decode(frame.read_udp(sent).data)
            if message.type in (table.DISCOVER, table.DHCPREQUEST):
                self.do(self.link.feed(reply(message, message.type * 2 - (message.type > 1)), self.now))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.link.due is not None and self.link.due <= end:
            self.now = max(self.now, self.link.due)
            self.do(self.link.tick(self.now))
        self.now = end


def main() -> None:
    net = Net()
    net.do(net.link.carrier(True, net.now))
    net.run(40)
    net.there = True
    net.run(100)
    net.there = False
    net.run(900)
    net.there = True
    net.run(300)
    assert net.link.lease is not None
    known = lease.restored(net.link.lease.record())
    assert known is not None
    print(shown(known))
    net.do(net.link.stop(net.now))
    numbers = Numbers()
    good = reply(Message(table.REQUEST, 7, MAC), table.OFFER)
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(3):
            data[numbers.getrandbits(16) % len(data)] = numbers.getrandbits(16) % 256
        try:
            message = wire.decode(bytes(data[42:]))
            print([message.value(option) for option in sorted(table.KINDS)])
        except WireError as error:
            print(error.message)


if __name__ == "__main__":
    main()
