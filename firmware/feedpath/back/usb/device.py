"""A connection to one USB printer: bulk writes and reads, port status, reset."""

import array
import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import usb.core
import usb.util

from feedpath.back.usb import printerclass
from feedpath.back.usb.ieee1284 import DeviceId, decode
from feedpath.back.usb.printerclass import Alternate
from feedpath.back.usb.quirks import Quirk
from feedpath.back.usb.window import Window
from feedpath.core.connection import Connection, Gone

logger = logging.getLogger(__name__)

TRANSFER_BYTES = 256 * 1024  # one bulk transfer; less than 128 KiB wastes USB's time, more wins nothing
PATIENCE_MS = 0  # a write waits: some controllers (dwc2 of the smaller Pis) lose the count of a transfer that times out
LISTEN_MS = 400  # a read
AGAIN_S = 0.05  # after an interrupt that came before its transfer had begun
CONTROL_MS = 1000
DEVICE_ID_MS = 5000  # printers that wake up take their time; Linux and CUPS wait as long
DEVICE_ID_BYTES = 1024
PACKET_SIZE = 0x07FF  # wMaxPacketSize: bits 12 and 11 mean something else
SILENCE_S = 0.25  # after an empty answer: printers with nothing to say may say so at once, over and over
STALL_S = 0.05  # after the second stall in a row; doubled each time
LONGEST_STALL_S = 0.4
DELAY_CLOSE_S = 1.0

PASSING = (errno.EPIPE, errno.EINTR, errno.ENOMEM, errno.EOVERFLOW)  # errors that the connection survives


class Unavailable(Exception):
    """The printer is there but cannot be used. The message is a sentence for people that says why."""


UNAVAILABLE = {
    errno.EACCES: "The printer's USB device may not be opened: give the user of feedpath access to it by a udev rule.",
    errno.EBUSY: "Another program uses the printer: stop CUPS or ipp-usb on this computer.",
}


class UsbConnection(Connection):
    """One open printer. `write` is called from one thread, the others from another, at the same time.

    device: a pyusb device of its own. Opening raises Unavailable, or Gone when it was unplugged meanwhile.
    """

    def __init__(self, device: Any, alternate: Alternate, quirks: Quirk, serial: str = ""):
        self._device = device
        self._alternate = alternate
        self._quirks = quirks
        self._window = Window("B")
        self._zero_copy = True
        self._unread = memoryview(b"")
        self._reasons: "list[str]" = []
        self._tells_status = True
        self._stalls: "dict[Any, int]" = {}
        self._claimed = False
        self._reattach = False
        self._lost = False
        self._users = 0  # threads that are inside pyusb, which must not be closed under them
        self._writing = False
        self._interrupted = False
        self._changed = threading.Condition()
        self._closed = threading.Event()
        try:
            self._open()
            identity = self._identify()
        except Gone:
            self.close()
            raise
        except usb.core.USBError as error:
            self.close()
            if error.errno in (errno.ENODEV, errno.EIO):
                raise Gone(str(error)) from error
            raise Unavailable(UNAVAILABLE.get(error.errno, f"The printer cannot be opened: {error}.")) from error
        self.device_id = identity.text
        self.make = identity.make
        self.model = identity.model
        self.serial = serial or identity.serial

    def _open(self) -> None:
        device, alternate = self._device, self._alternate
        _configure(device, alternate.configuration)
        with suppress(NotImplementedError):
            if device.is_kernel_driver_active(alternate.interface):
                device.detach_kernel_driver(alternate.interface)
                self._reattach = Quirk.NO_REATTACH not in self._quirks
        configuration = device.get_active_configuration()
        settings = list(usb.util.find_descriptor(configuration, find_all=True, bInterfaceNumber=alternate.interface))
        setting = next(setting for setting in settings if setting.bAlternateSetting == alternate.setting)
        self._has_choice = len(settings) > 1
        self._out = usb.util.find_descriptor(setting, bEndpointAddress=alternate.out)
        self._back = usb.util.find_descriptor(setting, bEndpointAddress=alternate.back)
        if Quirk.UNIDIRECTIONAL in self._quirks:
            self._back = None
        self.answers = self._back is not None
        if self._back is not None:  # one packet: when a read is taken back, no controller can lose part of an answer
            self._answer = array.array("B", bytes(self._back.wMaxPacketSize & PACKET_SIZE))
        self._claim()
        self._claimed = True

    def _claim(self) -> None:
        interface = self._alternate.interface
        usb.util.claim_interface(self._device, interface)
        if self._has_choice:  # some printers fail when they are asked though they have no choice
            self._device.set_interface_altsetting(interface, self._alternate.setting)

    def write(self, view: memoryview) -> int:
        """Return how many bytes of `view` the printer took in one transfer, 0 for none; raise Gone.

        Like Linux and CUPS, no empty packet ends a transfer of whole packets: a printer reads a stream.
        """
        with self._changed:
            if self._interrupted or not view:
                self._interrupted = False
                return 0
            self._writing = True  # from here on, an interrupt comes until the transfer has ended
        view = view[:TRANSFER_BYTES]
        data = self._window.show(view) if self._zero_copy else array.array("B", view.tobytes())
        try:
            return self._transfer(self._out, self._out.write, data, PATIENCE_MS)
        finally:
            self._window.hide()
            with self._changed:
                self._writing = self._interrupted = False
                self._changed.notify_all()

    def interrupt(self) -> None:
        """Make the write that waits return, or else the next one, with what went by then; from any thread.

        Letting go of the interface is how libusb lets another thread end a transfer.
        """
        with self._inside():
            self._interrupted = True
            while self._writing and not self._lost:
                with suppress(usb.core.USBError):
                    usb.util.release_interface(self._device, self._alternate.interface)
                    self._claim()
                with self._changed:
                    self._changed.wait_for(lambda: not self._writing, AGAIN_S)

    def read(self, view: memoryview) -> int:
        """Return how many bytes that the printer said stand in `view`, 0 when it said nothing; raise Gone."""
        if not self._unread:
            self._unread = self._listen()
        count = min(len(view), len(self._unread))
        view[:count] = self._unread[:count]
        self._unread = self._unread[count:]
        return count

    def _listen(self) -> memoryview:
        if self._back is None:
            self._closed.wait(LISTEN_MS / 1000)
            return memoryview(b"")
        count = self._transfer(self._back, self._back.read, self._answer, LISTEN_MS)
        return memoryview(self._answer)[:count]

    def reasons(self) -> "list[str]":
        """Return what the port status tells, or what it told last when the printer does not answer; raise Gone."""
        if self._tells_status:
            try:
                status = self._control(*printerclass.GET_PORT_STATUS, self._alternate.interface, 1)
                self._reasons = printerclass.reasons(status[0]) if len(status) else []
            except usb.core.USBError as error:
                self._tells_status = error.errno != errno.EPIPE  # a stall is how USB says "unknown request"
        return self._reasons

    def identify(self) -> str:
        """Return the IEEE 1284 device id as the printer tells it now, "" when it does not; raise Gone."""
        return self._identify().text

    def _identify(self) -> DeviceId:
        place = self._alternate.interface << 8 | self._alternate.setting
        answer = array.array("B", bytes(DEVICE_ID_BYTES))
        # Not Device.ctrl_transfer: it claims the interface in wIndex's low byte, which holds the setting here.
        context = self._device._ctx
        ask = context.backend.ctrl_transfer
        try:
            count = self._call(ask, context.handle, *printerclass.GET_DEVICE_ID, 0, place, answer, DEVICE_ID_MS)
        except usb.core.USBError as error:
            logger.info("a USB printer does not tell its device id: %s", error)
            return DeviceId()
        return decode(answer.tobytes()[:count])

    def reset(self) -> None:
        """Ask the printer to forget the unfinished job in its buffers; raise Gone."""
        for request in (printerclass.SOFT_RESET_1_0, printerclass.SOFT_RESET):
            with suppress(usb.core.USBError):
                self._control(*request, self._alternate.interface, None)
                break
        for endpoint in (self._out, self._back):
            if endpoint is not None:  # the printer's ends count their packets anew, so ours must
                with suppress(usb.core.USBError):
                    self._call(endpoint.clear_halt)

    def close(self) -> None:
        """Let go of the printer; waits for the transfers under way, never raises."""
        if self._closed.is_set():
            return
        self._closed.set()
        self.interrupt()
        with self._changed:
            self._interrupted = False
            self._changed.wait_for(lambda: self._users == 0)
        try:
            if not self._lost:
                self._leave()
        except (usb.core.USBError, NotImplementedError) as error:
            logger.info("closing a USB printer: %s", error)
        finally:
            usb.util.dispose_resources(self._device)

    def _leave(self) -> None:
        if self._claimed and Quirk.DELAY_CLOSE in self._quirks:
            time.sleep(DELAY_CLOSE_S)
        usb.util.release_interface(self._device, self._alternate.interface)
        if self._reattach:
            self._device.attach_kernel_driver(self._alternate.interface)
        if self._claimed and Quirk.SOFT_RESET in self._quirks:
            self._device.reset()

    def _transfer(self, endpoint: Any, call: "Callable[..., int]", data: "array.array[int]", milliseconds: int) -> int:
        """Return how many bytes a bulk transfer moved, 0 after a time-out or a stall; raise Gone."""
        try:
            count: int = self._call(call, data, milliseconds)
        except usb.core.USBTimeoutError:
            return 0
        except usb.core.USBError as error:
            self._recover(endpoint, error)
            return 0
        self._stalls[endpoint] = 0
        if not count:
            self._moved_nothing(endpoint)
        return count

    def _moved_nothing(self, endpoint: Any) -> None:
        """Act on a transfer that went well but moved nothing: the printer said so, or pyusb saw an empty array."""
        if endpoint is self._back:
            self._closed.wait(SILENCE_S)
        elif self._zero_copy and not self._interrupted:
            logger.error("this version of pyusb does not use the memory that it is shown: bytes are copied from now on")
            self._zero_copy = False

    def _recover(self, endpoint: Any, error: usb.core.USBError) -> None:
        """Clear a stall; wait longer each time, so that a printer that goes on stalling is not asked in a spin."""
        times = self._stalls.get(endpoint, 0)
        self._stalls[endpoint] = times + 1
        if error.errno == errno.EPIPE:
            with suppress(usb.core.USBError):
                self._call(endpoint.clear_halt)
        if times:
            self._closed.wait(min(STALL_S * 2 ** min(times - 1, 8), LONGEST_STALL_S))

    def _control(self, request_type: int, request: int, index: int, data: "int | None") -> Any:
        return self._call(self._device.ctrl_transfer, request_type, request, 0, index, data, CONTROL_MS)

    def _call(self, call: "Callable[..., Any]", *arguments: object) -> Any:
        """Return what a function of pyusb returns; raise Gone for the errors that nothing survives, else USBError."""
        with self._inside():
            if self._closed.is_set():
                raise Gone("the connection was closed")
            try:
                return call(*arguments)
            except usb.core.USBTimeoutError:
                raise
            except usb.core.USBError as error:
                if error.errno in PASSING:
                    raise
                self._lost = True
                raise Gone(str(error)) from error

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Keep `close` waiting while a thread is in here."""
        with self._changed:
            self._users += 1
        try:
            yield
        finally:
            with self._changed:
                self._users -= 1
                self._changed.notify_all()


def _configure(device: Any, configuration: int) -> None:
    """Choose the configuration, but only when it is not chosen: some printers lose the next job over it."""
    try:
        chosen = device.get_active_configuration().bConfigurationValue
    except usb.core.USBError as error:
        if error.errno is not None:
            raise
        chosen = None  # pyusb's own error: the device is not configured yet
    if chosen != configuration:
        device.set_configuration(configuration)
