"""The few event-loop features that feedpath uses, alike on CPython and MicroPython.

Both give: run, create_task, gather, sleep, sleep_ms, wait_for_ms, ticks_ms, ticks_diff, Event, Lock, CancelledError,
TimeoutError, Wake (a latch between threads and tasks), Stream (`await readinto(view) -> n`, `await write(data)`) and
serve_tcp. Nothing else of asyncio may be used in the small set.
"""

import asyncio
import sys

MICROPYTHON = sys.implementation.name == "micropython"
MYPY = False  # the type checker takes it for True, and reads the CPython half

run = asyncio.run
create_task = asyncio.create_task
current_task = asyncio.current_task
gather = asyncio.gather
sleep = asyncio.sleep
Event = asyncio.Event
Lock = asyncio.Lock
CancelledError = asyncio.CancelledError
TimeoutError = asyncio.TimeoutError

BACKLOG = 1024  # connections that wait to be accepted
FAIR_BYTES = 64 * 1024  # what one connection may read without waiting before the other tasks get their turn

if MICROPYTHON and not MYPY:
    import socket
    import time

    sleep_ms = asyncio.sleep_ms
    wait_for_ms = asyncio.wait_for_ms
    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff

    class Wake:
        """See the CPython twin below; without threads there is no `block`."""

        def __init__(self):
            self._flag = asyncio.ThreadSafeFlag()

        def set(self):
            self._flag.set()

        async def wait(self):
            await self._flag.wait()

    class Stream:
        """See the CPython twin below."""

        def __init__(self, stream):
            self._stream = stream
            self._open = True
            self.peer = _host_and_port(stream.get_extra_info("peername"))
            self.secure = False

        async def readinto(self, view):
            while True:
                try:
                    count = await self._stream.readinto(view)
                except OSError:
                    return 0
                if count is not None:  # None: it was woken without bytes
                    return count

        async def write(self, data):
            self._stream.write(data)
            await self._stream.drain()

        def hang_up(self):
            self.close()

        def close(self):
            if self._open:  # closing twice would close a descriptor that is someone else's by then
                self._open = False
                self._stream.s.close()  # asyncio's own close() closes nothing

    class Server:
        """See the CPython twin below; the port that the system picks for port 0 is not told here."""

        def __init__(self, handler, port):
            self._handler = handler
            self._tasks = []
            self.listening = None
            self.port = port
            self.exhausted = lambda: None

        async def serve(self, reader, _writer):
            task = asyncio.current_task()
            self._tasks.append(task)
            stream = Stream(reader)
            try:
                await self._handler(stream)
            except (OSError, CancelledError):
                pass  # the peer went, or we stop
            except Exception as error:  # noqa: BLE001 - MicroPython has no logging
                sys.print_exception(error, sys.stderr)
            finally:
                stream.close()
                self._tasks.remove(task)

        async def close(self):
            self.listening.close()
            await self.listening.wait_closed()
            for task in list(self._tasks):
                task.cancel()
                await task

    def _host_and_port(address):
        if isinstance(address, tuple):
            return address
        _family, host, port = socket.sockaddr(address)
        return ".".join(str(byte) for byte in host), port

    async def serve_tcp(handler, host, port):
        """See the CPython twin below."""
        server = Server(handler, port)
        server.listening = await asyncio.start_server(server.serve, host or "0.0.0.0", port, backlog=BACKLOG)
        return server

else:
    import contextlib
    import logging
    import socket
    import ssl
    import threading
    import time
    from collections.abc import Awaitable, Callable
    from typing import Any

    logger = logging.getLogger(__name__)

    ACCEPTS_PER_TURN = 64
    OUT_OF_DESCRIPTORS_PAUSE_S = 0.1

    def ticks_ms() -> int:
        """Return milliseconds of a clock that never goes back; only differences mean something."""
        return int(time.monotonic() * 1000)

    def ticks_diff(later: int, earlier: int) -> int:
        """Return the milliseconds from `earlier` to `later`."""
        return later - earlier

    async def sleep_ms(milliseconds: int) -> None:
        """Sleep; 0 gives the other tasks their turn."""
        await asyncio.sleep(milliseconds / 1000)

    async def wait_for_ms(awaitable: "Awaitable[Any]", milliseconds: int) -> "Any":
        """Return what `awaitable` returns, or raise TimeoutError and cancel it."""
        return await asyncio.wait_for(awaitable, milliseconds / 1000)

    async def offload(function: "Callable[..., Any]", *arguments: "Any") -> "Any":
        """Run what may block, or compute for long, in a thread; return what it returns. CPython only."""
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    class Wake:
        """A latch that one waiter at a time sleeps on, in a task (`wait`) or a thread (`block`); anyone may `set` it.

        Waking clears it. It may wake without cause, so waiters look at what they wait for in a loop.
        """

        def __init__(self) -> None:
            self._latch = threading.Lock()
            self._latch.acquire()
            self._waiter: "asyncio.Future[None] | None" = None

        def set(self) -> None:
            """Wake the waiter, or the next one that comes."""
            try:
                self._latch.release()
            except RuntimeError:  # it was set already
                pass
            waiter = self._waiter
            if waiter is not None:
                try:
                    waiter.get_loop().call_soon_threadsafe(_resolve, waiter)
                except RuntimeError:  # the loop has closed: nobody waits any more
                    pass

        async def wait(self) -> None:
            """Wait in a task until set."""
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                if not self._latch.acquire(blocking=False):
                    await self._waiter
                    self._latch.acquire(blocking=False)
            finally:
                self._waiter = None

        def block(self, seconds: float) -> bool:
            """Wait in a thread until set, at most `seconds`; return whether it was set."""
            return self._latch.acquire(timeout=seconds)

    def _resolve(waiter: "asyncio.Future[None]") -> None:
        if not waiter.done():
            waiter.set_result(None)

    class Stream:
        """A TCP connection, in clear or in TLS, that reads straight into its caller's memory.

        `peer` and `local` are the socket's addresses; `secure` says that TLS is on.
        """

        def __init__(self, sock: socket.socket):
            sock.setblocking(False)
            self._socket = sock
            self._loop = asyncio.get_running_loop()
            self._unfair = 0  # bytes read since the other tasks last had their turn
            self._waiter: "asyncio.Future[None] | None" = None  # who waits for bytes
            self._watched = False  # the loop watches for bytes
            self._woken = False  # it has told of the bytes that come next
            self.peer = _plain(sock.getpeername())
            self.local = _plain(sock.getsockname())
            self.secure = False

        async def readinto(self, view: "memoryview | bytearray") -> int:
            """Read what there is, at least a byte, into `view`; return how many bytes, 0 when the peer has closed."""
            if self._unfair >= FAIR_BYTES:
                self._unfair = 0
                await asyncio.sleep(0)
            while True:
                try:
                    count = self._socket.recv_into(view)
                    self._unfair += count
                    return count
                except (BlockingIOError, ssl.SSLWantReadError):
                    await self.readable()
                except ssl.SSLWantWriteError:
                    await self._writable()
                except OSError:  # the peer, or the way to it, has gone
                    return 0

        async def write(self, data: "bytes | bytearray | memoryview") -> None:
            """Write all of `data`; raise ConnectionError when the peer has gone."""
            view = memoryview(data)
            while view:
                try:
                    view = view[self._socket.send(view) :]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    await self._writable()
                except ssl.SSLWantReadError:
                    await self.readable()
                except ConnectionError:
                    raise
                except OSError as error:
                    raise ConnectionError(str(error)) from error

        async def peek(self) -> bytes:
            """Return the first byte that came, without taking it; empty when the peer has closed. Clear text only."""
            while True:
                try:
                    return self._socket.recv(1, socket.MSG_PEEK)
                except BlockingIOError:
                    await self.readable()
                except OSError:
                    return b""

        async def start_tls(self, context: ssl.SSLContext) -> None:
            """Go over to TLS as the server; raise ConnectionError when the handshake fails."""
            self._unwatch()  # before the descriptor goes over to another object, or is closed where that fails
            try:
                self._socket = context.wrap_socket(
                    self._socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
                )
                await self._shake_hands(self._socket)
            except (OSError, ValueError) as error:
                raise ConnectionError("TLS handshake: %s" % error) from error
            self.secure = True

        async def _shake_hands(self, sock: ssl.SSLSocket) -> None:
            while True:
                try:
                    sock.do_handshake()
                    return
                except ssl.SSLWantReadError:
                    await self.readable()
                except ssl.SSLWantWriteError:
                    await self._writable()

        async def readable(self) -> None:
            """Wait until a read would not wait."""
            self._unfair = 0
            self._waiter = self._loop.create_future()
            if not self._watched:
                self._loop.add_reader(self._descriptor(), self._has_bytes)
                self._watched = True
            try:
                await self._waiter
            finally:
                self._waiter = None

        def _has_bytes(self) -> None:
            """Wake whoever waits. The loop goes on watching, as most wait again; it is told off when nobody does."""
            if self._woken:  # it looked once more before the bytes were taken
                self._woken = False
            elif self._waiter is not None:
                self._woken = True
                _resolve(self._waiter)
            else:
                self._unwatch()

        async def _writable(self) -> None:
            descriptor = self._descriptor()
            waiter = self._loop.create_future()
            self._loop.add_writer(descriptor, _resolve, waiter)
            try:
                await waiter
            finally:
                self._loop.remove_writer(descriptor)

        def _descriptor(self) -> int:
            descriptor = self._socket.fileno()
            if descriptor < 0:
                raise ConnectionAbortedError("the connection was closed here")
            return descriptor

        def end_writing(self) -> None:
            """Tell the peer that nothing more comes; it may still send."""
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

        def hang_up(self) -> None:
            """Take no more bytes: what is under way reads the end."""
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RD)

        def close(self) -> None:
            """Close at once; what is under way on it must have been cancelled before."""
            self._unwatch()
            self._socket.close()

        def _unwatch(self) -> None:
            if self._watched:
                self._watched = self._woken = False
                self._loop.remove_reader(self._socket.fileno())

    def _plain(address: "Any") -> "Any":
        """Return a socket address with an IPv4 host as IPv4 writes it, also where an IPv6 socket carries it."""
        return (address[0].removeprefix("::ffff:"),) + address[1:]

    class Server:
        """Listening sockets and the tasks that serve what they accept."""

        def __init__(self, handler: "Callable[[Stream], Awaitable[None]]", sockets: "list[socket.socket]"):
            self._handler = handler
            self._loop = asyncio.get_running_loop()
            self._tasks: "set[asyncio.Task[None]]" = set()
            self._sockets = sockets
            self.port: int = sockets[0].getsockname()[1]
            self.exhausted: "Callable[[], None]" = lambda: None  # called when no descriptor is left
            for listening in sockets:
                self._loop.add_reader(listening.fileno(), self._accept, listening)

        def _accept(self, listening: socket.socket) -> None:
            for _ in range(ACCEPTS_PER_TURN):
                try:
                    sock, _address = listening.accept()
                except (BlockingIOError, ConnectionError):
                    return
                except OSError as error:  # EMFILE, ENFILE, ENOMEM
                    logger.warning("cannot accept connections for a moment: %s", error)
                    self._loop.remove_reader(listening.fileno())
                    self._loop.call_later(OUT_OF_DESCRIPTORS_PAUSE_S, self._resume, listening)
                    self.exhausted()
                    return
                task = self._loop.create_task(self._serve(sock))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        def _resume(self, listening: socket.socket) -> None:
            if listening.fileno() >= 0:
                self._loop.add_reader(listening.fileno(), self._accept, listening)

        async def _serve(self, sock: socket.socket) -> None:
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stream = Stream(sock)
            except OSError:  # the peer went before it was served
                sock.close()
                return
            try:
                await self._handler(stream)
            except (ConnectionError, asyncio.CancelledError):
                pass  # the peer went, or we stop
            except Exception:
                logger.exception("serving %s failed", stream.peer)
            finally:
                stream.close()

        async def close(self) -> None:
            """Stop listening, end the connections, wait until their tasks are done."""
            for listening in self._sockets:
                self._loop.remove_reader(listening.fileno())
                listening.close()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def serve_tcp(handler: "Callable[[Stream], Awaitable[None]]", host: str, port: int) -> Server:
        """Listen on `host` ("" = every address, IPv4 and IPv6) and run `handler(stream)` for each connection.

        Port 0 picks a free one, told by the answer's `port`. Raise OSError when the port is taken.
        """
        if host:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            sockets = [socket.create_server((host, port), family=family, backlog=BACKLOG)]
        elif socket.has_dualstack_ipv6():
            sockets = [socket.create_server(("", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True)]
        else:
            sockets = [socket.create_server(("", port), backlog=BACKLOG)]
        for listening in sockets:
            listening.setblocking(False)
        return Server(handler, sockets)
