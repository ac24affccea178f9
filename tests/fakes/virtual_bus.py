"""A USB bus in user space: a USB/IP server whose devices are plugged in and pulled out at run time.

Pure threads and sockets, no kernel USB, no root. `usbip attach` of a Linux client with vhci-hcd can use it too.
"""

import errno
import selectors
import socket
import struct
import threading
from collections import deque
from typing import Protocol

from tests.fakes import usbip_wire as wire
from tests.fakes.usbip_wire import IN, OUT, Exported

LONGEST_TRANSFER = 16 * 1024 * 1024
STALLED = -errno.EPIPE
UNLINKED = -errno.ECONNRESET


class Stall(Exception):
    """The device does not know the request."""


class Wakes(Protocol):
    """What looks at a device when it is woken."""

    def wake(self) -> None:
        """Look again; from any thread."""


class UsbDevice(Protocol):
    """What a bus asks of its devices. Called from the threads of its connections."""

    vendor: int
    product: int
    release: int
    interface_kinds: "list[tuple[int, int, int]]"

    def control(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """Return the answer of a control request; raise Stall."""

    def most(self, length: int) -> int:
        """Return how many bytes of the next transfer of `length` bytes it takes at most."""

    def take(self, endpoint: int, data: memoryview) -> "tuple[int, float | None]":
        """Return how many bytes it takes now and when to ask again: in seconds, None when it wakes us; raise Stall."""

    def give(self, endpoint: int, length: int) -> "bytes | None":
        """Return what it says, None for nothing; raise Stall."""

    def connect(self, session: Wakes) -> None:
        """Call `session.wake()` from now on whenever something changes."""

    def disconnect(self, session: Wakes) -> None:
        """Stop that."""


class Urb:
    """A transfer that the host asked for."""

    def __init__(self, sequence: int, endpoint: int, length: int, data: "memoryview | None" = None):
        self.sequence = sequence
        self.endpoint = endpoint
        self.length = length
        self.data = data
        self.moved = 0


class Awake:
    """What a thread that serves a socket is woken by. _awake: readable once that happened."""

    def __init__(self) -> None:
        self._awake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._ended = False

    def wake(self) -> None:
        """Look at what is served again; from any thread."""
        try:
            self._waker.send(b"!")
        except (BlockingIOError, OSError):
            pass

    def end(self) -> None:
        """Hang up; from any thread."""
        self._ended = True
        self.wake()


class Session(Awake):
    """One client's connection to one device: its transfers wait here while the device takes or says nothing."""

    def __init__(self, connection: socket.socket, device: UsbDevice):
        super().__init__()
        self._socket = connection
        self._device = device
        self._outgoing: "deque[Urb]" = deque()
        self._incoming: "deque[Urb]" = deque()
        self._buffers: "list[bytearray]" = []

    def run(self) -> None:
        """Serve the client until it goes or the device is pulled out."""
        self._device.connect(self)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_READ)
                selector.register(self._awake, selectors.EVENT_READ)
                while not self._ended:
                    seconds = self._progress()
                    for key, _ in selector.select(seconds):
                        if key.fileobj is self._awake:
                            self._awake.recv(4096)
                        elif not self._ended:
                            self._command()
        except OSError:
            pass  # the client went
        finally:
            self._device.disconnect(self)
            for end in (self._socket, self._awake, self._waker):
                end.close()

    def _progress(self) -> "float | None":
        """Move what can be moved; return in how many seconds to try again, None for when something changes."""
        while self._incoming:
            urb = self._incoming[0]
            try:
                said = self._device.give(urb.endpoint, urb.length)
            except Stall:
                self._answer(self._incoming.popleft(), STALLED)
                continue
            if said is None:
                break
            self._answer(self._incoming.popleft(), 0, said)
        while self._outgoing:
            urb = self._outgoing[0]
            assert urb.data is not None
            try:
                count, seconds = self._device.take(urb.endpoint, urb.data[urb.moved : urb.length])
            except Stall:
                self._answer(self._outgoing.popleft(), STALLED)
                continue
            urb.moved += count
            if urb.moved == urb.length:
                self._answer(self._outgoing.popleft(), 0)
            elif not count:
                return seconds
        return None

    def _command(self) -> None:
        header = wire.received(self._socket, wire.HEADER_BYTES)
        command, sequence, _, direction, endpoint, flags, length, _, _, _, setup = wire.SUBMIT.unpack(header)
        if command == wire.CMD_UNLINK:
            self._unlink(sequence, flags)
        elif command != wire.CMD_SUBMIT or not 0 <= length <= LONGEST_TRANSFER:
            raise ConnectionAbortedError("not a USB/IP command")
        elif endpoint == 0:
            self._control(sequence, direction, length, setup)
        elif direction == IN:
            self._incoming.append(Urb(sequence, endpoint | 0x80, length))
        else:
            data = self._buffer(length)
            wire.receive(self._socket, data)
            self._outgoing.append(Urb(sequence, endpoint, self._device.most(length), data))

    def _control(self, sequence: int, direction: int, length: int, setup: bytes) -> None:
        if direction == OUT:
            wire.received(self._socket, length)
        urb = Urb(sequence, 0, length)
        try:
            answer = self._device.control(*struct.unpack("<BBHHH", setup))
        except Stall:
            self._answer(urb, STALLED)
        else:
            self._answer(urb, 0, answer[:length])

    def _unlink(self, sequence: int, unlinked: int) -> None:
        """Take a transfer back. What was moved of it before is told first, as if it had just ended by itself."""
        status = 0
        for waiting in (self._outgoing, self._incoming):
            for urb in waiting:
                if urb.sequence == unlinked:
                    waiting.remove(urb)
                    status = UNLINKED
                    if urb.moved:
                        self._answer(urb, 0)
                        status = 0
                    break
        self._socket.sendall(wire.ANSWER.pack(wire.RET_UNLINK, sequence, 0, 0, 0, status, 0, 0, 0, 0))

    def _answer(self, urb: Urb, status: int, data: bytes = b"") -> None:
        if urb.data is not None and isinstance(urb.data.obj, bytearray):
            self._buffers.append(urb.data.obj)
        count = urb.moved or len(data)
        header = wire.ANSWER.pack(wire.RET_SUBMIT, urb.sequence, 0, 0, 0, status, count, 0, 0, 0)
        wire.send(self._socket, header, data)

    def _buffer(self, length: int) -> memoryview:
        for buffer in self._buffers:
            if len(buffer) >= length:
                self._buffers.remove(buffer)
                return memoryview(buffer)[:length]
        return memoryview(bytearray(length))


class Plug:
    """A device in a port of the bus, and the clients that use it."""

    def __init__(self, exported: Exported, device: UsbDevice):
        self.exported = exported
        self.device = device
        self.sessions: "set[Session]" = set()


class Bus(Protocol):
    """Where devices are plugged in and pulled out."""

    def attach(self, device: UsbDevice, port: str) -> str:
        """Plug a device in and return its port."""

    def detach(self, device: UsbDevice) -> str:
        """Pull a device out; return the port it was in."""


class VirtualBus:
    """A USB/IP server on `host` and `port` (0: a free one, told by `port`) with the devices that are attached to it."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1"):
        self._listening = socket.create_server((host, port))
        self.host = host
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._plugs: "dict[str, Plug]" = {}
        self._address = 1
        self._threads: "set[threading.Thread]" = set()
        self._accepting = threading.Thread(target=self._accept, name="virtual-bus", daemon=True)
        self._accepting.start()

    def __enter__(self) -> "VirtualBus":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def attach(self, device: UsbDevice, port: str = "") -> str:
        """Plug a device in and return its port, such as "1-2"; "" takes the first that is free. Raise ValueError."""
        with self._lock:
            free = (f"1-{number}" for number in range(1, 256))
            name = port or next(name for name in free if name not in self._plugs)
            if name in self._plugs:
                raise ValueError(f"port {name} is taken")
            self._address += 1
            exported = Exported(
                name, int(name.partition("-")[0]), self._address, wire.HIGH_SPEED, device.vendor, device.product,
                device.release, 0, 1, len(device.interface_kinds),
            )  # fmt: skip
            self._plugs[name] = Plug(exported, device)
        return name

    def detach(self, device: UsbDevice) -> str:
        """Pull a device out, in the middle of whatever it does; return the port it was in."""
        with self._lock:
            name = next(name for name, plug in self._plugs.items() if plug.device is device)
            plug = self._plugs.pop(name)
            sessions = list(plug.sessions)
        for session in sessions:
            session.end()
        return name

    def close(self) -> None:
        """Pull everything out and stop."""
        if self._listening.fileno() < 0:
            return
        for plug in list(self._plugs.values()):
            self.detach(plug.device)
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        for thread in list(self._threads):
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                self._listening.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), name="virtual-bus", daemon=True)
            self._threads = {running for running in self._threads if running.is_alive()} | {thread}
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        session = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _, code, _ = wire.OPERATION.unpack(wire.received(connection, wire.OPERATION.size))
            if code == wire.OP_REQ_DEVLIST:
                connection.sendall(self._list())
            elif code == wire.OP_REQ_IMPORT:
                session = self._import(connection)
        except OSError:
            pass
        if session is None:
            connection.close()
        else:
            session.run()

    def _list(self) -> bytes:
        with self._lock:
            plugs = list(self._plugs.values())
        parts = [wire.OPERATION.pack(wire.VERSION, wire.OP_REP_DEVLIST, 0), len(plugs).to_bytes(4, "big")]
        for plug in plugs:
            parts.append(plug.exported.pack())
            parts += [wire.INTERFACE.pack(*kind) for kind in plug.device.interface_kinds]
        return b"".join(parts)

    def _import(self, connection: socket.socket) -> "Session | None":
        name = wire.received(connection, wire.BUS_ID.size).rstrip(b"\0").decode(errors="replace")
        with self._lock:
            plug = self._plugs.get(name)
            if plug is None:
                connection.sendall(wire.OPERATION.pack(wire.VERSION, wire.OP_REP_IMPORT, 1))
                return None
            session = Session(connection, plug.device)
            plug.sessions.add(session)
        connection.sendall(wire.OPERATION.pack(wire.VERSION, wire.OP_REP_IMPORT, 0) + plug.exported.pack())
        return session
