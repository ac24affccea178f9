"""Records of jobs: they outlive the process, several are written at a time, ids never come twice."""

import asyncio
import os
import subprocess
import sys

import pytest

from feedpath.errors import Refused
from feedpath.host.store import BLOCK, SqliteStore

WATCHDOG_S = 30


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, WATCHDOG_S))


def stored(path):
    async def main():
        store = SqliteStore(path)
        records = dict(store.jobs())
        store.close()
        return records

    return run(main())


def test_what_was_written_is_there_again_and_newer_records_replace_older(tmp_path):
    async def main():
        store = SqliteStore(tmp_path / "state.db")
        for number in range(50):
            store.save(number, {"state": 3})
            store.save(number, {"state": 9})
        store.delete(7)
        await store.written()
        store.close()

    run(main())
    assert stored(tmp_path / "state.db") == {number: {"state": 9} for number in range(50) if number != 7}


def test_a_count_is_there_again(tmp_path):
    async def main(told):
        store = SqliteStore(tmp_path / "state.db")
        assert [store.counted("sides"), store.counted("others")] == [told, 0]
        store.count("sides", told + 3)
        assert store.counted("sides") == told + 3
        store.close()

    run(main(0))
    run(main(3))


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from feedpath.host.store import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    for _ in range(3):
        id = store.next_id()
        store.save(id, {"state": 3})
        await store.written(durable=True)
        print(id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_killed_process_loses_no_written_record_and_its_ids_never_come_again(tmp_path):
    path = tmp_path / "state.db"
    ids = []
    for _ in range(3):
        command = [sys.executable, "-c", KILLED, path]
        environment = {**os.environ, "PYTHONPATH": "firmware"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        ids += [int(line) for line in done.stdout.split()]
    assert len(ids) == 9 and len(set(ids)) == 9
    assert sorted(stored(path)) == ids


def test_ids_go_on_without_a_gap_after_an_orderly_end_even_beyond_a_block(tmp_path):
    async def take(count):
        store = SqliteStore(tmp_path / "state.db")
        ids = [store.next_id() for _ in range(count)]
        store.close()
        return ids

    assert run(take(3 * BLOCK)) == list(range(1, 3 * BLOCK + 1))
    assert run(take(2)) == [3 * BLOCK + 1, 3 * BLOCK + 2]


def test_a_broken_database_is_put_aside_and_said_so(tmp_path, caplog):
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database at all" * 500)
    assert stored(path) == {}
    assert path.with_name("state.db.broken").read_bytes().startswith(b"not a database")
    assert "put aside" in caplog.text


def test_a_record_that_cannot_be_written_is_refused_and_kept_for_the_next_try(tmp_path, caplog):
    async def main():
        store = SqliteStore(tmp_path / "state.db")
        store._database.execute("ALTER TABLE jobs RENAME TO elsewhere")
        store.save(1, {"state": 3})
        with pytest.raises(Refused) as refused:
            await store.written()
        assert refused.value.reason == "temporary-error"
        store._database.execute("ALTER TABLE elsewhere RENAME TO jobs")
        await store.written(durable=True)
        store.close()

    run(main())
    assert stored(tmp_path / "state.db") == {1: {"state": 3}}


def test_machines_are_remembered(tmp_path):
    async def main():
        store = SqliteStore(tmp_path / "state.db")
        store.remember("key", {"serial": "1"})
        assert store.printers() == {"key": {"serial": "1"}}
        store.close()

    run(main())


def test_what_was_written_before_is_synced_when_a_power_cut_must_not_take_it(tmp_path):
    """SQLite syncs its log with what it adds to it: a durable commit that adds nothing would sync nothing."""

    async def main():
        log = tmp_path / "state.db-wal"
        store = SqliteStore(tmp_path / "state.db")
        store.save(1, {"state": 3})
        await store.written()
        for _ in range(3):
            before = log.stat().st_size
            await store.written(durable=True)
            assert log.stat().st_size > before
        store.close()

    run(main())


def test_ids_stay_apart_when_ever_so_many_durable_commits_came_between(tmp_path):
    async def main(commits):
        store = SqliteStore(tmp_path / "state.db")
        for _ in range(commits):
            await store.written(durable=True)
        ids = [store.next_id() for _ in range(BLOCK)]
        store.close()
        return ids

    ids = [id for commits in (0, BLOCK, 3) for id in run(main(commits))]
    assert len(set(ids)) == 3 * BLOCK and ids == sorted(ids)
