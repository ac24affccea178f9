"""A USB port of an emulated computer: QEMU's usb-redir connects to it, and what is attached here is plugged in there.

    with RedirectedPort(path) as port:      # -chardev socket,id=usb,path=PATH -device usb-redir,chardev=usb
        port.attach(printer)                # a VirtualPrinter, or any UsbDevice
        port.detach(printer)
        power_cycle(port, printer)

What is attached stays so when the emulator ends and another one connects. QEMU drops what an answer to a transfer that
its guest took back says, so the guest believes that nothing of it went: a transfer is told done as soon as the device
has taken the first bytes of it, and waits here for the rest to go, as in a printer's memory.
"""

import selectors
import socket
import threading
from collections import deque
from pathlib import Path

from tests.fakes import usbredir_wire as wire
from tests.fakes.usbip_wire import received
from tests.fakes.virtual_bus import LONGEST_TRANSFER, Awake, Stall, Urb, UsbDevice

VERSION = "feedpath's virtual bus"
NAME = "redirected"  # of the port, as attach and detach tell it
GET_DESCRIPTOR, SET_CONFIGURATION, SET_INTERFACE, PORT_RESET = (0x80, 6), (0x00, 9), (0x01, 11), (0x23, 3)
GET_CONFIGURATION = (0x80, 8)
OF_DEVICE, OF_CONFIGURATION, ANY_LENGTH = 0x0100, 0x0200, 0xFFFF


class Plug:
    """A device for as long as it is plugged in."""

    def __init__(self, device: UsbDevice):
        self.device = device


class RedirectedPort:
    """The port, at the path of a UNIX socket. See the module."""

    def __init__(self, path: Path):
        self.path = path
        self.plug: "Plug | None" = None
        self._computer: "Computer | None" = None
        self._closed = False
        self._lock = threading.Lock()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, name="redirected-port", daemon=True)
        self._thread.start()

    def __enter__(self) -> "RedirectedPort":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def attach(self, device: UsbDevice, port: str = NAME) -> str:
        """Plug a device in; return the port's name; raise ValueError when there is one."""
        if self.plug:
            raise ValueError("the port is taken")
        self._change(Plug(device))
        return port

    def detach(self, device: UsbDevice) -> str:
        """Pull the device out, in the middle of whatever it does; return the port's name."""
        assert self.plug and self.plug.device is device
        self._change(None)
        return NAME

    def close(self) -> None:
        """Hang up and stop."""
        self._listening.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._closed = True
            if self._computer:
                self._computer.end()
        self._thread.join()
        self._listening.close()
        self.path.unlink(missing_ok=True)

    def _change(self, plug: "Plug | None") -> None:
        with self._lock:
            self.plug = plug
            if self._computer:
                self._computer.wake()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            computer = Computer(connection, self)
            with self._lock:
                self._computer = computer
                if self._closed:
                    computer.end()
            computer.run()
            with self._lock:
                self._computer = None


class Computer(Awake):
    """The emulator's connection: its computer's transfers wait here while the device takes or says nothing."""

    def __init__(self, connection: socket.socket, port: RedirectedPort):
        super().__init__()
        self._socket = connection
        self._port = port
        self._plug: "Plug | None" = None
        self._parting = False  # what comes until the emulator knows that the device is gone was meant for that
        self._outgoing: "deque[Urb]" = deque()
        self._incoming: "deque[Urb]" = deque()
        self._alternates: "dict[int, int]" = {}

    def run(self) -> None:
        """Serve until the emulator goes."""
        try:
            self._greet()
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_READ)
                selector.register(self._awake, selectors.EVENT_READ)
                while not self._ended:
                    self._follow(self._port.plug)
                    for key, _ in selector.select(self._progress()):
                        if key.fileobj is self._awake:
                            self._awake.recv(4096)
                        else:
                            self._command()
        except OSError:
            pass  # the emulator went
        finally:
            self._forget()
            for end in (self._socket, self._awake, self._waker):
                end.close()

    def _greet(self) -> None:
        self._socket.sendall(wire.hello(VERSION))
        kind, length, _ = wire.FIRST_HEADER.unpack(received(self._socket, wire.FIRST_HEADER.size))
        if kind != wire.HELLO or length > LONGEST_TRANSFER:
            raise wire.Malformed(f"packet {kind} of {length} bytes instead of hello")
        wire.check_hello(received(self._socket, length))

    def _follow(self, plug: "Plug | None") -> None:
        """Tell the emulator when the device was pulled out, and when one was plugged in."""
        if self._plug and plug is not self._plug:
            self._forget()
            self._parting = True
            self._socket.sendall(wire.packet(wire.DEVICE_DISCONNECT, 0))
        if plug and not self._plug and not self._parting:
            self._plug = plug
            self._alternates = {}
            plug.device.connect(self)
            self._socket.sendall(self._interfaces() + wire.connect(self._described(OF_DEVICE)))

    def _forget(self) -> None:
        if self._plug:
            self._plug.device.disconnect(self)
        self._plug = None
        self._outgoing.clear()
        self._incoming.clear()

    def _interfaces(self) -> bytes:
        return wire.interfaces(self._described(OF_CONFIGURATION), self._alternates)

    def _described(self, which: int) -> bytes:
        return self._device.control(*GET_DESCRIPTOR, which, 0, ANY_LENGTH)

    @property
    def _device(self) -> UsbDevice:
        assert self._plug
        return self._plug.device

    def _progress(self) -> "float | None":
        """Move what can be moved; return in how many seconds to try again, None for when something changes."""
        while self._incoming:
            urb = self._incoming[0]
            try:
                said = self._device.give(urb.endpoint, urb.length)
            except Stall:
                self._answer(self._incoming.popleft(), wire.STALL)
                continue
            if said is None:
                break
            self._answer(self._incoming.popleft(), wire.SUCCESS, said)
        return self._take()

    def _take(self) -> "float | None":
        while self._outgoing:
            urb = self._outgoing[0]
            assert urb.data is not None
            told = urb.moved > 0
            try:
                count, seconds = self._device.take(urb.endpoint, urb.data[urb.moved : urb.length])
            except Stall:
                self._outgoing.popleft()
                if not told:
                    self._answer(urb, wire.STALL)
                continue
            urb.moved += count
            if count and not told:
                self._answer(urb, wire.SUCCESS)
            if urb.moved == urb.length:
                self._outgoing.popleft()
            elif not count:
                return seconds
        return None

    def _command(self) -> None:
        kind, length, id = wire.HEADER.unpack(received(self._socket, wire.HEADER.size))
        if length > LONGEST_TRANSFER:
            raise wire.Malformed(f"packet {kind} of {length} bytes")
        body = received(self._socket, length)
        if kind == wire.DEVICE_DISCONNECT_ACK:
            self._parting = False
        elif self._plug and kind in COMMANDS:
            COMMANDS[kind](self, id, body)

    def _bulk(self, id: int, body: bytearray) -> None:
        asked = wire.read_bulk(body)
        if asked.endpoint & 0x80:
            self._incoming.append(Urb(id, asked.endpoint, asked.length))
        elif asked.length:
            self._outgoing.append(Urb(id, asked.endpoint, self._device.most(asked.length), memoryview(asked.data)))
        else:
            self._answer(Urb(id, asked.endpoint, 0), wire.SUCCESS)

    def _answer(self, urb: Urb, status: int, data: bytes = b"") -> None:
        """Tell how a transfer went; where it has begun to go, it has gone."""
        length = len(data) if urb.data is None else urb.length if urb.moved else 0
        self._socket.sendall(wire.bulk(urb.sequence, urb.endpoint, status, length, data))

    def _cancel(self, id: int, body: bytearray) -> None:
        for waiting in (self._outgoing, self._incoming):
            for urb in waiting:
                if urb.sequence == id and not urb.moved:
                    waiting.remove(urb)
                    self._answer(urb, wire.CANCELLED)
                    return

    def _control(self, id: int, body: bytearray) -> None:
        endpoint, request, kind, _, value, index, length = wire.CONTROL.unpack_from(body)
        status, answer = wire.SUCCESS, b""
        try:
            answer = self._device.control(kind, request, value, index, length)[:length]
        except Stall:
            status = wire.STALL
        went = len(answer) if kind & 0x80 else 0 if status else length
        head = wire.CONTROL.pack(endpoint, request, kind, status, value, index, went)
        self._socket.sendall(wire.packet(wire.CONTROL_PACKET, id, head, answer))

    def _reset(self, id: int, body: bytearray) -> None:
        self._device.control(*PORT_RESET, 4, 1, 0)  # of the feature PORT_RESET, as USB/IP sends it too

    def _set_configuration(self, id: int, body: bytearray) -> None:
        self._device.control(*SET_CONFIGURATION, body[0], 0, 0)
        self._alternates = {}
        status = wire.CONFIGURATION.pack(wire.SUCCESS, body[0])
        self._socket.sendall(self._interfaces() + wire.packet(wire.CONFIGURATION_STATUS, id, status))

    def _get_configuration(self, id: int, body: bytearray) -> None:
        (number,) = self._device.control(*GET_CONFIGURATION, 0, 0, 1)
        self._socket.sendall(wire.packet(wire.CONFIGURATION_STATUS, id, wire.CONFIGURATION.pack(wire.SUCCESS, number)))

    def _set_alternate(self, id: int, body: bytearray) -> None:
        interface, setting = body[0], body[1]
        try:
            self._device.control(*SET_INTERFACE, setting, interface, 0)
        except Stall:
            self._tell_alternate(id, wire.STALL, interface)
        else:
            self._alternates[interface] = setting
            self._socket.sendall(self._interfaces())
            self._tell_alternate(id, wire.SUCCESS, interface)

    def _get_alternate(self, id: int, body: bytearray) -> None:
        self._tell_alternate(id, wire.SUCCESS, body[0])

    def _tell_alternate(self, id: int, status: int, interface: int) -> None:
        told = wire.ALT_SETTING.pack(status, interface, self._alternates.get(interface, 0))
        self._socket.sendall(wire.packet(wire.ALT_SETTING_STATUS, id, told))


COMMANDS = {
    wire.BULK_PACKET: Computer._bulk,
    wire.CANCEL_DATA_PACKET: Computer._cancel,
    wire.CONTROL_PACKET: Computer._control,
    wire.GET_ALT_SETTING: Computer._get_alternate,
    wire.GET_CONFIGURATION: Computer._get_configuration,
    wire.RESET: Computer._reset,
    wire.SET_ALT_SETTING: Computer._set_alternate,
    wire.SET_CONFIGURATION: Computer._set_configuration,
}
