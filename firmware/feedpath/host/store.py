"""Records of jobs in SQLite, written by one thread that commits many at a time.

A commit outlives the process; a durable one a power cut too (it is fsynced). Job ids come from blocks that are
reserved durably before any of their ids is given out.
"""

import asyncio
import json
import logging
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from feedpath import aio
from feedpath.errors import Refused

logger = logging.getLogger(__name__)

SOON_S = 0.2  # what nobody waits for is written this much later, together
BLOCK = 500  # ids reserved at a time; a crash skips so many, and those of TOUCH
SCHEMA = """
BEGIN;
CREATE TABLE jobs (id INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE ids (one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL);
CREATE TABLE printers (key TEXT PRIMARY KEY, record TEXT NOT NULL);
INSERT INTO ids VALUES (1, 1);
COMMIT;
"""
COUNTS = "CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"

# What is committed durably where all is written already, not yet synced: SQLite writes and syncs nothing for a row that
# stays as it was. It reserves an id more.
TOUCH: "tuple[str, tuple[object, ...]]" = ("UPDATE ids SET next = next + 1", ())

Waiter = tuple["asyncio.Future[None]", bool]


class SqliteStore:
    """The store of core/store.py on one SQLite file; `close` it in the end."""

    def __init__(self, path: Path):
        self._loop = asyncio.get_running_loop()
        self._database = _open(path)
        self._committing = threading.Lock()
        self._durable: "bool | None" = None  # what commits are at the moment
        self._lock = threading.Lock()  # over what follows
        self._changed: "dict[int | str, dict[str, object] | int | None]" = {}  # jobs, None: forget it; counts by name
        self._waiters: "list[Waiter]" = []
        self._writing = False
        self._closing = False
        self._soon: "asyncio.TimerHandle | None" = None  # when what nobody waits for is written
        self._reserved = self._next = int(self._database.execute("SELECT next FROM ids").fetchone()[0])
        self._counts: "dict[str, int]" = dict(self._database.execute("SELECT name, value FROM counts"))
        self._work = aio.Wake()
        self._work.set()  # the first ids
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def next_id(self) -> int:
        """Return a job id that this box never gave out before; raise Refused when none can be reserved."""
        with self._lock:
            exhausted = self._next >= self._reserved
        if exhausted:  # the thread has not come round to it yet
            try:
                self._reserve()
            except sqlite3.Error as error:
                raise _unwritten(error) from error
        with self._lock:
            id = self._next
            self._next += 1
            low = self._next > self._reserved - BLOCK // 2
        if low:
            self._work.set()
        return id

    def _reserve(self) -> None:
        with self._lock:
            reserved = self._next + BLOCK
        self._commit([("UPDATE ids SET next = ?", (reserved,))], durable=True)
        with self._lock:
            self._reserved = max(self._reserved, reserved)

    def save(self, id: int, record: "dict[str, object]") -> None:
        """Write job `id`'s record soon."""
        self._change(id, record)

    def delete(self, id: int) -> None:
        """Forget job `id`'s record soon."""
        self._change(id, None)

    def counted(self, name: str) -> int:
        """Return the count of that name, 0 for a new one."""
        return self._counts.get(name, 0)

    def count(self, name: str, value: int) -> None:
        """Write a count soon, in one commit with the records that are saved."""
        self._counts[name] = value
        self._change(name, value)

    def _change(self, key: "int | str", value: "dict[str, object] | int | None") -> None:
        with self._lock:
            self._changed[key] = value
        if self._soon is None:
            self._soon = self._loop.call_later(SOON_S, self._write_soon)

    def _write_soon(self) -> None:
        self._soon = None
        self._work.set()

    async def written(self, durable: bool = False) -> None:
        """Wait until all that was saved so far outlives the process; with `durable`, a power cut too; raise Refused."""
        waiter = self._loop.create_future()
        with self._lock:
            if not self._changed and not self._writing and not durable:
                return
            self._waiters.append((waiter, durable))
        self._work.set()
        await waiter

    def jobs(self) -> "Iterable[tuple[int, dict[str, object]]]":
        """Return the records that stand, by rising id; those that cannot be read are logged and left out."""
        for id, text in self._database.execute("SELECT id, record FROM jobs ORDER BY id").fetchall():
            try:
                yield id, json.loads(text)
            except ValueError:
                logger.error("the record of job %d cannot be read", id)

    def printers(self) -> "dict[str, dict[str, object]]":
        """Return what is remembered of each machine, by its key."""
        return {key: json.loads(text) for key, text in self._database.execute("SELECT key, record FROM printers")}

    def remember(self, key: str, record: "dict[str, object]") -> None:
        """Remember a machine, durably; blocks, so call it from a thread; raise Refused when it cannot be written."""
        try:
            self._commit([("INSERT OR REPLACE INTO printers VALUES (?, ?)", (key, json.dumps(record)))], durable=True)
        except sqlite3.Error as error:
            raise _unwritten(error) from error

    def close(self) -> None:
        """Write what is left, give back the ids that were not used, and close."""
        self._closing = True
        self._work.set()
        self._thread.join()
        try:
            self._commit([("UPDATE ids SET next = ?", (self._next,))], durable=True)
        except sqlite3.Error as error:
            logger.error("the job ids that were not used are lost: %s", error)
        self._database.close()

    def _run(self) -> None:
        while True:
            self._work.block(-1)
            closing = self._closing  # what comes before it is written, whenever it comes
            while self._write():
                pass
            if closing:
                return

    def _write(self) -> bool:
        """Write one batch; return whether there was anything to write."""
        with self._lock:
            changed, self._changed = self._changed, {}
            waiters, self._waiters = self._waiters, []
            low = self._next > self._reserved - BLOCK // 2
            self._writing = bool(changed or waiters)
        durable = any(durable for _, durable in waiters)
        statements = [_statement(key, value) for key, value in changed.items()]
        try:
            if low:
                self._reserve()
            if self._writing:
                self._commit(statements or [TOUCH], durable)
        except sqlite3.Error as error:
            logger.error("records of jobs cannot be written: %s", error)
            with self._lock:
                self._changed = {**changed, **self._changed}
                self._writing = False
            self._answer(waiters, _unwritten(error))
            return False  # tried again with the next change
        self._answer(waiters, None)
        return self._writing

    def _answer(self, waiters: "list[Waiter]", error: "Exception | None") -> None:
        if waiters and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_answer, waiters, error)

    def _commit(self, statements: "list[tuple[str, tuple[object, ...]]]", durable: bool) -> None:
        database = self._database
        with self._committing:
            if durable is not self._durable:
                database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            if len(statements) == 1:  # commits by itself
                database.execute(*statements[0])
                return
            database.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    database.execute(statement, values)
                database.execute("COMMIT")
            except sqlite3.Error:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise


def _statement(key: "int | str", value: "dict[str, object] | int | None") -> "tuple[str, tuple[object, ...]]":
    if isinstance(key, str):
        return "INSERT OR REPLACE INTO counts VALUES (?, ?)", (key, value)
    if value is None:
        return "DELETE FROM jobs WHERE id = ?", (key,)
    return "INSERT OR REPLACE INTO jobs VALUES (?, ?)", (key, json.dumps(value))


def _unwritten(error: sqlite3.Error) -> Refused:
    return Refused("temporary-error", f"The records cannot be written: {error}.")


def _answer(waiters: "list[Waiter]", error: "Exception | None") -> None:
    for waiter, _durable in waiters:
        if not waiter.done():
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)


def _open(path: Path) -> sqlite3.Connection:
    """Return the database at `path`; one that is broken is put aside, so that the printer works again."""
    try:
        return _connect(path)
    except sqlite3.OperationalError:  # a full disk, say: the database itself is sound
        raise
    except sqlite3.DatabaseError as error:
        aside = path.with_name(path.name + ".broken")
        logger.error("%s is broken (%s); it was put aside as %s and job history starts anew", path, error, aside)
        path.replace(aside)
        for leftover in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            leftover.unlink(missing_ok=True)
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")  # then WAL needs no shared memory file, nor room for one
        database.execute("PRAGMA journal_mode = WAL")
        if not database.execute("SELECT name FROM sqlite_master").fetchall():
            database.executescript(SCHEMA)
        database.execute(COUNTS)
        database.execute("SELECT count(*) FROM jobs").fetchone()
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
