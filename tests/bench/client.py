"""The load: IPP over HTTP/1.1 and raw jobs on blocking sockets, documents by sendfile."""

import os
import socket
import struct
import time

from tests.bench import ipp
from tests.bench.document import Document, chunk

HOST = "127.0.0.1"
PATIENCE_S = 120
BUSY_PAUSE_S = 0.0005
STEP_S = 0.001  # a slow document comes in portions of this time
RECEIVE = 64 * 1024


class Failed(Exception):
    """A server refused or garbled what it should have done."""


class Busy(Failed):
    """The server takes no second job now."""


class Connection:
    """One connection to an IPP server, kept for as many requests as wanted."""

    def __init__(self, port: int, uri: str):
        self._socket = connect(port)
        authority, path = uri.removeprefix("ipp://").split("/", 1)
        self._head = f"POST /{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/ipp\r\n".encode()
        self._uri = uri

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def message(self, body: bytes, more: int = 0) -> bytes:
        """Return a whole HTTP request; `more` bytes of its body are sent after it."""
        return b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body) + more, body)

    def get_printer_attributes(self, *names: str) -> bytes:
        """Return a whole request to send with `ask`, made once and used often."""
        return self.message(ipp.get_printer_attributes(self._uri, *names))

    def ask(self, message: bytes) -> bytes:
        """Send a whole HTTP request; return the IPP answer; raise Failed unless it is a success."""
        self._socket.sendall(message)
        return self._answer()

    def print_job(self, document: Document, copies: int = 1, chunked: bool = False) -> float:
        """Send a Print-Job with so many copies of the document as one; return when its last byte was sent.

        Raise Busy or Failed unless it is taken.
        """
        head = ipp.print_job(self._uri, document.mime)
        if chunked:
            self._socket.sendall(self._head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(head))
            for _ in range(copies):
                send_file(self._socket, document.chunked)
            self._socket.sendall(chunk(b""))
        else:
            self._socket.sendall(self.message(head, document.size * copies))
            for _ in range(copies):
                send_file(self._socket, document.plain)
        sent_at = time.monotonic()
        self._answer()
        return sent_at

    def print_small(self, document: Document) -> float:
        """Send a Print-Job in one piece, again while the server is busy; return when the one it took was sent."""
        message = self.message(ipp.print_job(self._uri, document.mime) + document.content[:])
        while True:
            sent_at = time.monotonic()
            try:
                self.ask(message)
                return sent_at
            except Busy:
                time.sleep(BUSY_PAUSE_S)

    def print_slowly(self, document: Document, rate: float) -> tuple[float, float]:
        """Send a Print-Job at `rate` bytes a second; return when the document's first and last bytes were sent."""
        self._socket.sendall(self.message(ipp.print_job(self._uri, document.mime), document.size))
        start, sent, step = time.monotonic(), 0, int(rate * STEP_S)
        while sent < document.size:
            time.sleep(max(0.0, start + sent / rate - time.monotonic()))
            sent += os.sendfile(self._socket.fileno(), document.plain, sent, min(step, document.size - sent))
        end = time.monotonic()
        self._answer()
        return start, end

    def _answer(self) -> bytes:
        body = self._body()
        status = ipp.status(body)
        if status > ipp.LAST_SUCCESS:
            raise (Busy if status == ipp.SERVER_ERROR_BUSY else Failed)(f"IPP status 0x{status:04x}")
        return body

    def _body(self) -> bytes:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head, body = data[:end].lower(), data[end + 4 :]
        if not head.startswith(b"http/1.1 200 "):
            raise Failed(head.partition(b"\r\n")[0].decode())
        at = head.find(b"content-length:")
        if at < 0:
            return self._dechunk(body)
        length = int(head[at + 15 :].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._receive()
        return body

    def _dechunk(self, data: bytes) -> bytes:
        body = b""
        while True:
            while (end := data.find(b"\r\n")) < 0:
                data += self._receive()
            length = int(data[:end], 16)
            while len(data) < end + 2 + length + 2:
                data += self._receive()
            body += data[end + 2 : end + 2 + length]
            data = data[end + 2 + length + 2 :]
            if not length:
                return body

    def _receive(self) -> bytes:
        data = self._socket.recv(RECEIVE)
        if not data:
            raise Failed("the server closed the connection")
        return data


def print_raw(port: int, document: Document) -> None:
    """Send the document to a raw port and wait until the server has closed."""
    with connect(port) as sock:
        send_file(sock, document.plain)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(RECEIVE):
            pass


def connect(port: int) -> socket.socket:
    """Connect; the kernel itself keeps the timeout, so that Python need not poll before each call."""
    sock = socket.create_connection((HOST, port), timeout=PATIENCE_S)
    sock.settimeout(None)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", PATIENCE_S, 0))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def send_file(sock: socket.socket, descriptor: int) -> None:
    """Send a whole file; the kernel takes it from its pages."""
    at, size = 0, os.fstat(descriptor).st_size
    while at < size:
        at += os.sendfile(sock.fileno(), descriptor, at, size - at)
