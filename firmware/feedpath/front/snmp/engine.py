"""SNMPv3 by pysnmp's engine: it checks, decrypts and reports, what is answered comes from our agent.

RFC 3412, RFC 3414. This module is loaded when there is a user, and not before.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto import errind, rfc1902, rfc1905
from pysnmp.proto.error import ProtocolError, StatusInformation
from pysnmp.proto.mpmod.cache import Cache as MessageCache
from pysnmp.proto.secmod.cache import Cache as SecurityCache

from feedpath.errors import WireError
from feedpath.front.snmp import usm, wire
from feedpath.front.snmp.agent import Agent, Change
from feedpath.front.snmp.mibs.secured import UNKNOWN_ENGINE, USERS
from feedpath.front.snmp.users import WRITE, User

logger = logging.getLogger(__name__)

MESSAGE_MOST = 65507  # octets of a datagram: msgMaxSize
HEAD_OCTETS = 200  # of a message around its PDU, at most
SCOPE_OCTETS = 40  # of a scoped PDU around its PDU, at most
STATES_MOST = 64  # requests under way, and what refused ones leave behind
AUTH_PRIV = 3  # securityLevel
TICK_S, TICK_MESSAGES = 1.0, 50  # whichever is first: pysnmp forgets old peers after 30 ticks
RESOLUTION_S = 10.0  # that pysnmp takes a tick for: the most it allows
DOMAIN = config.SNMP_UDP_DOMAIN
ASKED_TICKS, TRIES = 30, 4  # how long an answer is known; how often an inform is sent until both engines agree
STRANGE = (type(errind.authenticationFailure), type(errind.unknownSecurityName))
NOT_YET = (type(errind.unknownEngineID), type(errind.notInTimeWindow))
UNKNOWN_CONTEXTS = (1, 3, 6, 1, 6, 3, 12, 1, 5, 0)  # snmpUnknownContexts: RFC 3413
REQUESTS = (rfc1905.GetRequestPDU, rfc1905.GetNextRequestPDU, rfc1905.GetBulkRequestPDU, rfc1905.SetRequestPDU)
KINDS = tuple(request.tagSet for request in REQUESTS)
AUTHS = {
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
PRIVS = {
    "AES-128": config.USM_PRIV_CFB128_AES,
    "AES-192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
}

Send = Callable[[bytes, "tuple[str, int]"], None]


class Dispatcher(AbstractTransportDispatcher):
    """Our socket and clock, as pysnmp wants them."""

    def __init__(self, send: Send):
        super().__init__()
        self.set_timer_resolution(RESOLUTION_S)
        self._send = send
        self._time = 0.0

    def send_message(self, message: Any, domain: "tuple[int, ...]", address: Any) -> None:
        """Send a message."""
        self._send(bytes(message), address)

    def tick(self) -> None:
        """Let what waits grow older."""
        self._time += RESOLUTION_S
        self.handle_timer_tick(self._time)


class States:
    """States of requests by numbers, of which the oldest give way: pysnmp forgets none of those that it refuses."""

    def __init__(self) -> None:
        self._newest: "OrderedDict[int, dict[str, Any]]" = OrderedDict()

    def keep(self, number: int, state: "dict[str, Any]") -> None:
        """Keep a state."""
        self._newest[number] = state
        if len(self._newest) > STATES_MOST:
            self._newest.popitem(last=False)

    def take(self, number: int) -> "dict[str, Any]":
        """Return the state of a number, and forget it."""
        if number not in self._newest:
            raise ProtocolError("the state is forgotten")
        return self._newest.pop(number)

    def __len__(self) -> int:
        return len(self._newest)


class Senders(SecurityCache):
    """What the security model must know again about who asked, when a request is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.states = States()
        self._last = 0

    def push(self, **state: Any) -> int:
        """Keep a state; return its number."""
        self._last += 1
        self.states.keep(self._last, state)
        return self._last

    def pop(self, number: int) -> "dict[str, Any]":
        """Return the state of a number, and forget it."""
        return self.states.take(number)

    def is_empty(self) -> bool:
        """Return whether nothing is kept."""
        return not self.states


class Requests(MessageCache):
    """What message processing must know again about a request when it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.states = States()

    def push_by_state_reference(self, number: int, **state: Any) -> None:
        """Keep a state."""
        self.states.keep(number, state)

    def pop_by_state_reference(self, number: int) -> "dict[str, Any]":
        """Return the state of a number, and forget it."""
        return self.states.take(number)


class Encoded(univ.Any):
    """The content of a PDU that is encoded already; pysnmp puts it where the PDU belongs."""

    def __init__(self, pdu: bytes, like: Any):
        _, start, end = wire.opened(pdu, 0, len(pdu))
        super().__init__(pdu[start:end], tagSet=like.tagSet)


class Engine:
    """The engine of SNMPv3 on our socket.

    carry_out: makes a change, and gives its answer to whoever is told; clock: seconds that only grow; most: octets of
    an answer; expects: whether somebody has informs to confirm; stranger: is told of wrong users and passphrases.
    """

    def __init__(
        self,
        id: bytes,
        boots: int,
        agent: Agent,
        clock: "Callable[[], float]",
        send: Send,
        carry_out: "Callable[[Change, Callable[[bytes], None]], None]",
        most: int,
        expects: "Callable[[tuple[str, int]], bool]" = lambda source: False,
        stranger: "Callable[[], None]" = lambda: None,
    ):
        self.id = id
        self.boots = boots
        self.size_most = MESSAGE_MOST
        self._agent = agent
        self._clock = clock
        self._began = self._ticked = clock()
        self._messages = 0  # since the last tick
        self._carry_out = carry_out
        self._send = send
        self._most = most
        self._expects = expects
        self._stranger = stranger
        self._users: "dict[tuple[bytes, bytes], User]" = {}  # by engine and name
        self._unexpected: "set[str]" = set()
        self._dispatcher = Dispatcher(send)
        self._engine = self._new_engine(boots)

    def _new_engine(self, boots: int) -> SnmpEngine:
        engine = SnmpEngine(maxMessageSize=MESSAGE_MOST)
        names = ("snmpEngineID", "snmpEngineBoots", "snmpEngineTime")
        told, boots_told, time_told = engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", *names)
        told.syntax = engine.snmpEngineID = told.syntax.clone(self.id)
        boots_told.syntax = boots_told.syntax.clone(boots)
        time_told.syntax = _engine_time(self.time)
        for model in [number for number in engine.security_models if int(number) != usm.MODEL]:
            del engine.security_models[model]
        for model in [number for number in engine.message_processing_subsystems if int(number) != wire.V3]:
            del engine.message_processing_subsystems[model]
        engine.security_models[usm.MODEL]._cache = Senders()
        engine.message_processing_subsystems[wire.V3]._cache = Requests()
        engine.register_transport_dispatcher(self._dispatcher)
        engine.observer.register_observer(self._failed, "rfc3412.prepareDataElements:sm-failure")
        engine.message_dispatcher.register_context_engine_id(engine.snmpEngineID, KINDS, self._answer)
        return engine

    def unknown_handlers(self) -> int:
        """Return snmpUnknownPDUHandlers."""
        (handlers,) = self._engine.get_mib_builder().import_symbols("__SNMP-MPD-MIB", "snmpUnknownPDUHandlers")
        return int(handlers.syntax)

    def time(self) -> int:
        """Return snmpEngineTime."""
        return int(self._clock() - self._began)

    def follow(self, users: "Iterable[User]") -> None:
        """Take over who may ask now."""
        wanted = {(user.engine or self.id, user.name.encode()): user for user in users}
        for key, user in list(self._users.items()):
            if wanted.get(key) != user:
                config.delete_v3_user(self._engine, user.name, rfc1902.OctetString(key[0]))
                del self._users[key]
        for key in wanted.keys() - self._users.keys():
            user = wanted[key]
            config.add_v3_user(
                self._engine,
                user.name,
                AUTHS[user.auth],
                rfc1902.OctetString(user.auth_key),
                PRIVS[user.priv],
                rfc1902.OctetString(user.priv_key),
                securityEngineId=rfc1902.OctetString(key[0]),
                authKeyType=config.USM_KEY_TYPE_LOCALIZED,
                privKeyType=config.USM_KEY_TYPE_LOCALIZED,
            )
            self._users[key] = user

    def receive(self, data: bytes, source: "tuple[str, int]") -> None:
        """Take a datagram; what is to be answered is sent, sooner or later. Nothing is raised."""
        counts = self._agent.counts
        counts.packets += 1
        self._tick()
        try:
            header = usm.header(data)
            if header.model != usm.MODEL:
                counts.unknown_models += 1
            elif header.flags & (usm.AUTH | usm.PRIV) == usm.PRIV:
                counts.invalid_messages += 1
            elif header.engine == self.id or self._expects(source):
                self._engine.message_dispatcher.receive_message(self._engine, DOMAIN, source, data)
            elif header.flags & usm.REPORTABLE:
                self._tell_who(header, source)
        except (WireError, PySnmpError, PyAsn1Error) as error:
            counts.broken += 1
            logger.debug("SNMPv3 from %s: %s", source[0], error)
        except Exception as error:  # noqa: BLE001 pysnmp meets what strangers send
            self._note(error)

    def _failed(self, engine: SnmpEngine, point: str, told: "dict[str, Any]", context: Any) -> None:
        """Take in that a message did not pass."""
        oid = tuple(told["statusInformation"].get("oid", ()))
        if oid[:-2] == USERS:
            self._agent.counts.users[oid[-2]] += 1
        if isinstance(told["statusInformation"].get("errorIndication"), STRANGE):
            self._stranger()

    def trap(self, user: str, pdu: bytes, target: "tuple[str, int]") -> None:
        """Send a trap; raise LookupError when there is no such user."""
        if (self.id, user.encode()) not in self._users:
            raise LookupError("there is no SNMP user %r; feedpath snmp add makes one" % user)
        self._ask(user, Encoded(pdu, rfc1905.SNMPv2TrapPDU), target, None)

    def inform(self, user: str, pdu: bytes, target: "tuple[str, int]", done: "Callable[[], object]") -> None:
        """Send an inform once; `done` is called when it is confirmed."""
        self._tick()
        decoded, _ = decoder.decode(pdu, asn1Spec=rfc1905.InformRequestPDU())
        self._ask(user, decoded, target, done)

    def _ask(
        self,
        user: str,
        pdu: Any,
        target: "tuple[str, int]",
        done: "Callable[[], object] | None",
        tries: int = TRIES,
    ) -> None:
        """Send a notification; one that is confirmed is sent again as soon as its receiver's engine is known."""

        def told(*answer: Any) -> None:
            *_, answered, status, _handle, _context = answer
            if answered is not None and done is not None:
                done()
            elif tries > 1 and status and isinstance(status.get("errorIndication"), NOT_YET):
                self._ask(user, pdu, target, done, tries - 1)

        confirmed = done is not None
        asked = (DOMAIN, target, wire.V3, usm.MODEL, rfc1902.OctetString(user), AUTH_PRIV)
        what = (None if confirmed else self._engine.snmpEngineID, rfc1902.OctetString(b""), 1, pdu)
        try:
            self._engine.message_dispatcher.send_pdu(
                self._engine, *asked, *what, confirmed, ASKED_TICKS, told if confirmed else None, None
            )
        except (PySnmpError, PyAsn1Error) as error:
            self._not_told(user, target, error)

    def _not_told(self, user: str, target: "tuple[str, int]", error: Exception) -> None:
        known = isinstance(error, StatusInformation) and isinstance(error.get("errorIndication"), STRANGE)
        why = "it is another engine than the user's; feedpath snmp add --receiver makes one for it" if known else error
        logger.warning("SNMPv3: %s cannot be told by user %s: %s", target[0], user, why)

    def _note(self, error: Exception) -> None:
        """Log an error of pysnmp's with where it was, the first one of its kind."""
        self._agent.counts.broken += 1
        kind = type(error).__name__
        known = kind in self._unexpected
        self._unexpected.add(kind)
        logger.log(logging.DEBUG if known else logging.ERROR, "SNMPv3: %s", kind, exc_info=None if known else error)

    def _tick(self) -> None:
        now = self._clock()
        self._messages += 1
        if now - self._ticked >= TICK_S or self._messages >= TICK_MESSAGES:
            self._ticked, self._messages = now, 0
            self._dispatcher.tick()

    def _tell_who(self, header: usm.Header, source: "tuple[str, int]") -> None:
        counts = self._agent.counts
        counts.users[UNKNOWN_ENGINE] += 1
        times, count = (self.boots, self.time()), counts.users[UNKNOWN_ENGINE]
        self._send(usm.discovered(header, self.id, times, count, MESSAGE_MOST), source)

    def _answer(
        self, engine: SnmpEngine, model: Any, security: Any, name: Any, level: Any, context: Any, context_name: Any,
        version: Any, pdu: Any, most: Any, state: Any
    ) -> None:  # fmt: skip
        """Answer a request that has passed: RFC 3413, 3.2."""

        def respond(encoded: bytes) -> None:
            try:
                give(Encoded(encoded, rfc1905.ResponsePDU), {})
            except (PySnmpError, PyAsn1Error) as error:  # it came too late, or does not fit
                logger.debug("SNMPv3: no answer: %s", error)

        def give(made: Any, status: "dict[str, Any]") -> None:
            engine.message_dispatcher.return_response_pdu(
                engine, model, security, name, level, context, context_name, version, made, most, state, status
            )

        if len(context_name):
            self._agent.counts.unknown_contexts += 1
            give(pdu, {"oid": UNKNOWN_CONTEXTS, "val": rfc1902.Counter32(self._agent.counts.unknown_contexts)})
            return
        user = self._users.get((self.id, bytes(name))) if int(level) == AUTH_PRIV else None
        room = min(self._most - HEAD_OCTETS, int(most) - SCOPE_OCTETS)
        made = self._reply(encoder.encode(pdu), user, room)
        if isinstance(made, Change):
            self._carry_out(made, respond)
        elif made is not None:
            respond(made)

    def _reply(self, pdu: bytes, user: "User | None", room: int) -> "bytes | Change | None":
        """Return the PDU of the answer, or what makes a change first; None for silence."""
        try:
            request = wire.parse_pdu(pdu)
            if user is None:
                return wire.response(request, usm.AUTHORIZATION_ERROR, 0, b"")
            self._agent.look()
            return self._agent.reply(request, user.rights == WRITE, room)
        except WireError:
            self._agent.counts.broken += 1
            return None


def _engine_time(time: "Callable[[], int]") -> Any:
    """Return a value that tells the time whenever pysnmp takes it: its own follows a clock that is set."""

    class Time(rfc1902.Integer32):
        def clone(self, *values: Any, **more: Any) -> Any:
            return rfc1902.Integer32(time())

    return Time(0)
