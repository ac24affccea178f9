"""What clients were promised while the firmware was killed again and again, and the clients that note it."""

import itertools
import random
import threading
from typing import Any, NamedTuple

from tests.robust import documents
from tests.robust.documents import document
from tests.robust.ippclient import CREATE_JOB, GOOD, Client, Gone, compress, keyword, named

CLIENTS = 4  # at a time
LENGTHS = ((1, 1), (documents.HEAD, 2_000), (documents.HEAD, 50_000), (50_000, 300_000))
COMPRESSIONS = ("none", "none", "gzip", "deflate")


class Job(NamedTuple):
    """What a client knows of a job whose document was acknowledged."""

    number: int
    length: int


class Ledger:
    """What was promised to the clients, over all runs. Their threads write it."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.acknowledged: "dict[int, Job]" = {}  # those that are not known to have been printed yet
        self.created: "set[int]" = set()  # Create-Job was acknowledged
        self.printed: "dict[int, Job]" = {}
        self.uuids: "dict[int, str]" = {}  # of all jobs ever heard of, by id
        self._lock = threading.Lock()

    def hear(self, job: "dict[str, list[Any]]") -> int:
        """Note the id of a job; fail when it was another job's. Return it."""
        (id,), (uuid,) = job["job-id"], job["job-uuid"]
        with self._lock:
            assert self.uuids.setdefault(id, uuid) == uuid, f"job id {id} came twice"
        return int(id)


def submit(port: int, ledger: Ledger, choose: random.Random) -> None:
    """Print one document after another until the firmware is gone."""
    try:
        with Client(port) as client:
            while True:
                submit_one(client, ledger, choose)
    except (Gone, ConnectionError):
        pass


def submit_one(client: Client, ledger: Ledger, choose: random.Random) -> None:
    """Print a document in one of the ways that there are; note what is acknowledged."""
    number = next(ledger.numbers)
    job = Job(number, choose.randint(*choose.choice(LENGTHS)))
    compression = choose.choice(COMPRESSIONS)
    coded = compress(document(*job), compression)
    about = (keyword("compression", compression),)
    chunked = choose.random() < 0.5
    if choose.random() < 0.5:
        answer = client.print(coded, named("job-name", str(number)), *about, chunked=chunked)
    else:
        created = client.call(CREATE_JOB, named("job-name", str(number)))
        if created.status not in GOOD:
            return
        id = ledger.hear(created.job)
        ledger.created.add(id)
        answer = client.send_document(id, coded, *about, chunked=chunked)
    if answer.status in GOOD:
        ledger.acknowledged[ledger.hear(answer.job)] = job
