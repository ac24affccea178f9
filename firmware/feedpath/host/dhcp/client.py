"""A DHCP client for one link: the states of RFC 2131, figure 5. No I/O, no clock; runs under MicroPython too.

`start` when the link is there, `link_down` when it is gone, `feed` for each frame, `tick` at `due`: each returns
actions, (verb, value) pairs in the order to do them. The verbs: send a frame; apply a lease to the link; remove it;
store what a later start begins with, a lease or None.

After an ACK the address is probed before it is used (RFC 5227); the state stays REQUESTING or REBOOTING meanwhile. A
lease stays in use to its end while no server answers, and over a link that comes and goes (RFC 2131, 3.2 and 3.7).
"""

from feedpath.errors import WireError
from feedpath.host.dhcp import frame, lease, table
from feedpath.host.dhcp.arp import HELD, LOST, Claim, held_already
from feedpath.host.dhcp.lease import Lease
from feedpath.host.dhcp.wire import NOBODY, Message, decode, encode, fqdn, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from feedpath.host.dhcp.arp import Random

    Action = tuple[str, Any]

INIT, SELECTING, REQUESTING, INIT_REBOOT, REBOOTING, BOUND, RENEWING, REBINDING = (
    "INIT", "SELECTING", "REQUESTING", "INIT-REBOOT", "REBOOTING", "BOUND", "RENEWING", "REBINDING",
)  # fmt: skip
IN_USE = (BOUND, RENEWING, REBINDING)
KNOWING = (INIT_REBOOT, REBOOTING) + IN_USE  # states that are about an address from before

FIRST_DELAY_S, LONGEST_DELAY_S, JITTER_S = 4.0, 64.0, 1.0  # RFC 2131, 4.1
REQUESTS = 4  # sent before a client begins anew, a minute in all: RFC 2131, 3.1 (5)
REBOOT_REQUESTS = 2  # a server that is there has answered by then; one that does not know us keeps silent
LEAST_RENEW_S = 60.0  # RFC 2131, 4.4.5
FUZZ = 0.02  # of T1 and T2 at most: RFC 2131, 4.4.5
PAUSE_S = 10.0  # before a client begins anew after its address was refused twice: RFC 2131, 3.1 (5)
LARGEST = 1472  # octets of a message that we take: one frame's UDP
VENDOR = b"feedpath"


class Client:
    """The client of one link. lease: what is in use. unanswered: how many DISCOVERs nobody answered."""

    def __init__(self, mac: bytes, random: "Random", host: str = "", known: "Lease | None" = None, held: bool = False):
        """host: the name to tell servers. known: the lease of before, by the same clock. held: the link has it now."""
        self.state = INIT
        self.lease: "Lease | None" = None
        self.unanswered = 0
        self._mac = mac
        self._random = random
        self._host = host
        self._known = known
        self._claim: "Claim | None" = None  # of the address in use, or of the one that shall be
        self._offer: "Lease | None" = None  # what is requested
        self._acked: "Lease | None" = None  # probed before it is used
        self._xid = 0
        self._began = 0.0  # when this acquisition began
        self._asked = 0.0  # when the message was sent that the next lease counts from
        self._tries = 0
        self._failures = 0  # refusals in a row
        self._next: "float | None" = None
        self._actions: "list[Action]" = []
        if known is not None and held:
            self.lease, self._claim = known, held_already(known.address, mac, random)

    @property
    def watched(self) -> "list[str]":
        """Return the addresses whose ARP packets it wants to hear."""
        return [self._claim.address] if self._claim is not None else []

    @property
    def due(self) -> "float | None":
        """Return when `tick` has something to do; None for never."""
        times = (self._next, self._claim.due if self._claim else None, self.lease.ends if self.lease else None)
        return min([time for time in times if time is not None], default=None)

    def start(self, now: float) -> "list[Action]":
        """Begin, since there is a link: with the lease of before, where it still lasts."""
        if self.state == INIT:
            self._began, self._failures = now, 0
            if self._claim is not None:
                self._claim.announce(now)
            self._restart(now)
        return self._done()

    def link_down(self, now: float) -> "list[Action]":
        """Wait for `start`; the address stays."""
        self._halt()
        self._expire(now)
        return self._done()

    def stop(self, now: float) -> "list[Action]":
        """Give the address back and end (RFC 2131, 4.4.6)."""
        if self.state in IN_USE and self.lease is not None:
            self._send(table.RELEASE, now)
        self._halt()
        self._drop()
        return self._done()

    def tick(self, now: float) -> "list[Action]":
        """Do what is due."""
        self._tend(now)
        self._expire(now)
        if self._next is not None and now >= self._next:
            self._next = None
            _DUE[self.state](self, now)
        return self._done()

    def feed(self, data: bytes, now: float) -> "list[Action]":
        """Take a frame of the link; one that is not for us, or broken, changes nothing."""
        try:
            if frame.ethertype(data) == frame.ARP:
                self._hear(frame.read_arp(data), now)
            else:
                self._take(frame.read_udp(data), now)
        except WireError:
            return []
        return self._done()

    def _done(self) -> "list[Action]":
        actions, self._actions = self._actions, []
        return actions

    def _halt(self) -> None:
        self.state, self._next, self._acked = INIT, None, None
        if self._claim is not None and (self.lease is None or self.lease.address != self._claim.address):
            self._claim = None

    @property
    def _wanted(self) -> "Lease | None":
        """Return the lease whose address is asked for."""
        if self.state in IN_USE:
            return self.lease
        return self._offer if self.state == REQUESTING else self._known

    # The address: probed, announced, defended, at its end.

    def _tend(self, now: float) -> None:
        if self._claim is None:
            return
        self._actions += [("send", data) for data in self._claim.tick(now)]
        if self._claim.state != HELD:
            return
        if self._acked is not None:
            self._bind(self._acked, now)
        elif self.lease is None and self._known is not None and self._known.lasts(now):
            self._use(self._known)

    def _hear(self, packet: "frame.Arp", now: float) -> None:
        if self._claim is None:
            return
        self._actions += [("send", data) for data in self._claim.feed(packet, now)]
        if self._claim.state != LOST:
            return
        if self._acked is not None or self.state in IN_USE:
            self._send(table.DECLINE, now)  # RFC 2131, 3.1 (5); RFC 5227, 2.1.1
        over = self._acked is not None or self.state in KNOWING
        self._drop()
        if over:
            self._fail(now)

    def _expire(self, now: float) -> None:
        if self.lease is None or self.lease.lasts(now):
            return
        if self._acked is not None:  # another address is about to follow
            self._actions.append(("remove", self.lease))
            self.lease = None
            return
        self._drop()
        if self.state in KNOWING:
            self._restart(now)

    def _drop(self) -> None:
        """Give up the address in use and what is known of it."""
        self._claim = None
        self._acked = None
        dropped, self.lease = self.lease, None
        if dropped is not None:
            self._actions.append(("remove", dropped))
        if dropped is not None or self._known is not None:
            self._actions.append(("store", None))
        self._known = None

    def _use(self, new: Lease) -> None:
        """Have the link use a lease instead of the one before."""
        old, self.lease = self.lease, new
        if old is not None and (old.address, old.prefix) != (new.address, new.prefix):
            self._actions.append(("remove", old))
        self._actions.append(("apply", new))

    def _bind(self, new: Lease, now: float) -> None:
        self.state, self._acked, self._known = BOUND, None, new
        self.unanswered = self._tries = self._failures = 0
        self._use(new)
        self._actions.append(("store", new))
        self._next = None if new.seconds is None else max(now, new.started + new.renew_s * self._fuzz())

    # What is due, by state.

    def _restart(self, now: float) -> None:
        """Begin in INIT-REBOOT with what is known, else in INIT."""
        self._acked, self._tries = None, 0
        self._next = now
        self.state = INIT_REBOOT if self._known is not None and self._known.lasts(now) else INIT

    def _discover(self, now: float) -> None:
        if self.state == INIT:
            self.state, self._tries, self.unanswered = SELECTING, 0, 0
        elif self._tries:
            self.unanswered += 1
        self._xid = self._random.getrandbits(32)
        self._send(table.DISCOVER, now)
        self._back_off(now)

    def _reboot(self, now: float) -> None:
        self.state, self._tries = REBOOTING, 0
        self._xid = self._random.getrandbits(32)
        self._request_again(now)

    def _request_again(self, now: float) -> None:
        """Send a REQUEST, or begin anew when that was often enough."""
        if self._tries < (REQUESTS if self.state == REQUESTING else REBOOT_REQUESTS):
            self._send(table.DHCPREQUEST, now)
            self._back_off(now)
            return
        if self.state == REBOOTING and self._claim is None and self._known is not None:
            self._claim = Claim(self._known.address, self._mac, self._random, now)  # used to its end: RFC 2131, 3.2 (4)
        self.state = INIT
        self._discover(now)

    def _renew(self, now: float) -> None:
        """Ask for more time, of the server first, of anyone after T2 (RFC 2131, 4.4.5)."""
        assert self.lease is not None and self.lease.ends is not None
        limit = self.lease.started + self.lease.rebind_s
        if self.state == BOUND:
            self._began = now
            self._xid = self._random.getrandbits(32)
            self.state = RENEWING
        if self.state == RENEWING and now >= limit:
            self.state = REBINDING
        if self.state == REBINDING:
            limit = self.lease.ends
        self._send(table.DHCPREQUEST, now)
        self._next = min(now + max((limit - now) / 2, LEAST_RENEW_S), limit)

    def _back_off(self, now: float) -> None:
        delay = min(FIRST_DELAY_S * 2 ** min(self._tries, 8), LONGEST_DELAY_S)
        self._tries += 1
        self._next = now + delay + JITTER_S * (2 * self._random.random() - 1)

    def _fail(self, now: float) -> None:
        """Begin anew in INIT, the second time in a row not at once."""
        self._failures += 1
        self.state, self._acked, self._tries = INIT, None, 0
        self._next = now if self._failures == 1 else now + PAUSE_S

    def _fuzz(self) -> float:
        return 1 - FUZZ * self._random.random()

    # What comes.

    def _take(self, datagram: "frame.Datagram", now: float) -> None:
        if datagram.target_port != table.CLIENT_PORT or datagram.source_port != table.SERVER_PORT:
            return
        message = decode(datagram.data)
        if message.op == table.REPLY and message.mac == self._mac and message.xid == self._xid:
            taken = _TAKEN.get((self.state, message.type))
            if taken is not None:
                taken(self, message, datagram.mac, now)

    def _offered(self, message: Message, mac: bytes, now: float) -> None:
        offer = lease.of(message, mac, now)
        if offer is None:
            return
        self.state, self._tries, self.unanswered = REQUESTING, 0, 0
        self._offer = offer
        self._request_again(now)

    def _acknowledged(self, message: Message, mac: bytes, now: float) -> None:
        new = lease.of(message, mac, self._asked)
        wanted = self._wanted
        if new is None or self._acked is not None or wanted is None or new.address != wanted.address:
            return
        if self._claim is not None and self._claim.address == new.address and self._claim.state == HELD:
            self._bind(new, now)
            return
        self._acked, self._next = new, None
        self._claim = Claim(new.address, self._mac, self._random, now)
        self._tend(now)

    def _refused(self, message: Message, _mac: bytes, now: float) -> None:
        """Take a NAK: of the server that was asked, where only one was."""
        if self.state != REQUESTING:
            self._drop()
        elif self._offer is not None and message.value(table.SERVER) != self._offer.server:
            return
        self._fail(now)

    # What is sent.

    def _send(self, type: int, now: float) -> None:
        """Send a message with the fields and options of its type in this state (RFC 2131, tables 4 and 5)."""
        message = Message(table.REQUEST, self._xid, self._mac)
        options = message.options
        options[table.MESSAGE_TYPE] = bytes((type,))
        options[table.CLIENT_ID] = bytes((1,)) + self._mac  # RFC 2132, 9.14
        extends = self.state in IN_USE and type != table.DECLINE
        wanted = self._acked or self._wanted
        if wanted is not None and extends:
            message.ciaddr = wanted.address
        elif wanted is not None:
            options[table.REQUESTED] = packed(wanted.address)
        if wanted is not None and (type != table.DHCPREQUEST or self.state == REQUESTING) and type != table.DISCOVER:
            options[table.SERVER] = packed(wanted.server)
        if type in (table.DISCOVER, table.DHCPREQUEST):
            self._asked = now
            message.seconds = max(0, int(now - self._began))
            message.broadcast = not extends
            self._introduce(options)
        self._actions.append(("send", self._wrap(type, encode(message), extends)))

    def _introduce(self, options: "dict[int, bytes]") -> None:
        """Say who we are and what we would like to know. A full name goes in option 81 alone (RFC 4702, 3.1)."""
        options[table.PARAMETERS] = table.ASKED
        options[table.MAXIMUM_SIZE] = LARGEST.to_bytes(2, "big")
        options[table.VENDOR_CLASS] = VENDOR
        if "." in self._host:
            options[table.FQDN] = fqdn(self._host)
        elif self._host:
            options[table.HOST_NAME] = self._host.encode()

    def _wrap(self, type: int, data: bytes, extends: bool) -> bytes:
        """Return the frame: to the server alone while renewing and for RELEASE, else to everyone."""
        source, target, mac = NOBODY, frame.ALL, frame.EVERYONE
        if extends and self.lease is not None:
            source = self.lease.address
            if self.state == RENEWING or type == table.RELEASE:
                target, mac = self.lease.server, bytes.fromhex(self.lease.mac) or frame.EVERYONE
        datagram = frame.Datagram(self._mac, source, target, table.CLIENT_PORT, table.SERVER_PORT, data)
        return frame.udp(mac, datagram)


_DUE = {
    INIT: Client._discover,
    SELECTING: Client._discover,
    REQUESTING: Client._request_again,
    INIT_REBOOT: Client._reboot,
    REBOOTING: Client._request_again,
    BOUND: Client._renew,
    RENEWING: Client._renew,
    REBINDING: Client._renew,
}
_TAKEN = {  # RFC 2131, figure 5: what is not here is discarded
    (SELECTING, table.OFFER): Client._offered,
    (REQUESTING, table.ACK): Client._acknowledged,
    (REQUESTING, table.NAK): Client._refused,
    (REBOOTING, table.ACK): Client._acknowledged,
    (REBOOTING, table.NAK): Client._refused,
    (RENEWING, table.ACK): Client._acknowledged,
    (RENEWING, table.NAK): Client._refused,
    (REBINDING, table.ACK): Client._acknowledged,
    (REBINDING, table.NAK): Client._refused,
}
