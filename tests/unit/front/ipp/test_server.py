"""What holds for every IPP request: versions, rules for all, HTTP around it, and whatever else may come."""

import random
from pathlib import Path
from typing import cast

import pytest

from feedpath.errors import WireError
from feedpath.front.http.message import Request
from feedpath.front.ipp import operations, status, values, wire
from feedpath.front.ipp.wire import Attribute, Group, Message
from tests.unit.front.ipp.asking import CODES, GREETING, URI, Asked, an, front_end, runs

SEED = 8011


@pytest.mark.parametrize(
    "version, told",
    [((1, 0), (1, 0)), ((1, 1), (1, 1)), ((1, 9), (1, 1)), ((2, 0), (2, 0)), ((2, 1), (2, 0)), ((2, 2), (2, 0))],
)
@pytest.mark.parametrize("operation", ["Get-Printer-Attributes", "Get-Jobs"])
@runs
async def test_a_request_is_answered_in_the_closest_version(
    operation: str, version: "tuple[int, int]", told: "tuple[int, int]", tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        for _ in ("asked first", "asked again"):
            answer = await ask(operation, version=version, request_id=99)
            assert (answer.status, answer.message.version, answer.message.request_id) == (status.OK, told, 99)
        assert "%d.%d" % told in (await ask("Get-Printer-Attributes")).values("ipp-versions-supported")
        assert [each.name for each in answer.message.groups[0].attributes] == [each.name for each in GREETING]


@pytest.mark.parametrize("version, closest", [((0, 0), (1, 0)), ((3, 0), (2, 0)), ((9, 9), (2, 0))])
@runs
async def test_an_unknown_version_is_refused_in_a_known_one(
    version: "tuple[int, int]", closest: "tuple[int, int]", tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Get-Printer-Attributes", version=version, request_id=3)
        assert (answer.status, answer.message.version) == (status.VERSION_NOT_SUPPORTED, closest)
        assert answer.message.request_id == 3


@pytest.mark.parametrize("count, expected", [(0, 0), (5, 0), (7, 0), (8, 0x01020304), (9, 0x01020304)])
@runs
async def test_a_request_id_that_did_not_come_whole_is_answered_as_0(count: int, expected: int, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask.send((b"\x02\x00\x00\x0b" + b"\x01\x02\x03\x04" + b"\x01")[:count])
        assert (answer.status, answer.message.request_id) == (status.BAD_REQUEST, expected)


def request(*attributes: Attribute, code: int = CODES["Get-Printer-Attributes"]) -> bytes:
    """Return a request with exactly these operation attributes."""
    return Message((1, 1), code, 1, [Group(wire.OPERATION, list(attributes))]).encode()


@pytest.mark.parametrize(
    "octets, expected",
    [
        (b"", status.BAD_REQUEST),
        (b"\x01", status.BAD_REQUEST),
        (request(*GREETING)[:-1], status.BAD_REQUEST),
        (request(), status.BAD_REQUEST),
        (request(GREETING[0]), status.BAD_REQUEST),
        (request(GREETING[1], GREETING[0]), status.BAD_REQUEST),
        (request(*GREETING), status.BAD_REQUEST),  # no printer-uri
        (request(*GREETING, code=0x3FFF), status.OPERATION_NOT_SUPPORTED),
        (request(*GREETING, an("printer-uri", URI, tag=values.KEYWORD)), status.BAD_REQUEST),
        (request(*GREETING, an("printer-uri", URI, URI)), status.BAD_REQUEST),
        (request(*GREETING, an("printer-uri", URI), an("limit", True, tag=values.BOOLEAN)), status.BAD_REQUEST),
        (request(*GREETING, an("printer-uri", "ipp://[")), status.BAD_REQUEST),
        (request(*GREETING, an("x", "y" * 255)) + b"z" * 70000, status.BAD_REQUEST),
        (request(*GREETING, Attribute("x", [(values.TEXT, "y" * 1000)] * 70)), status.ENTITY_TOO_LARGE),
    ],
)
@pytest.mark.parametrize("piece", [1 << 20, 5])
@runs
async def test_a_wrong_request_is_refused(octets: bytes, expected: int, piece: int, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask.send(octets, piece=piece)
        assert answer.status == expected
        assert answer["status-message"]
        assert answer.groups(wire.PRINTER) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": "text/plain"}, {"content-type": "application/ipp", "content-encoding": "gzip"}],
)
@runs
async def test_what_is_not_ipp_is_refused_by_http(headers: "dict[str, str]", tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        asked = Asked(b"", "/ipp/print", "x", False, 1, None)
        asked.headers = headers
        assert (await ask.ipp.handle(cast(Request, asked))).status == 415


@runs
async def test_who_must_sign_in_is_told_how(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        octets = request(*GREETING, an("printer-uri", URI), code=CODES["Pause-Printer"])
        response = await ask.ipp.handle(cast(Request, Asked(octets, "/ipp/print", "x", False, 1000, None)))
        assert response.status == 401
        assert dict(response.headers)["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("fault", [ConnectionResetError("gone"), WireError("bad chunk", 400)])
@pytest.mark.parametrize("octets", [b"", request(*GREETING)[:40]])
@runs
async def test_faults_of_the_body_are_left_to_http(fault: Exception, octets: bytes, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        with pytest.raises(type(fault)):
            await ask.send(octets, fault=fault)


@runs
async def test_a_bad_chunk_in_a_document_aborts_the_job_and_is_left_to_http(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        with pytest.raises(WireError) as refused:
            await ask("Print-Job", an("document-format", "image/urf"), document=b"x", fault=WireError("bad chunk", 400))
        assert refused.value.status == 400
        assert ask.printer.jobs[1].over


@runs
async def test_what_clients_are_told_apart_by_is_bounded(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        for number in range(300):
            given = an("requested-attributes", "printer-uri-supported", f"attribute-{number}")
            answer = await ask("Get-Printer-Attributes", given, host=f"host-{number}")
            assert answer["printer-uri-supported"] == f"ipp://host-{number}:8631/ipp/print"
        assert max(len(ask.ipp._told), len(ask.ipp._addresses)) <= 64
        kept = len(ask.ipp._told)
        await ask("Get-Printer-Attributes", an("requested-attributes", *["x" * 200] * 20))
        assert len(ask.ipp._told) == kept


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """Return `octets` with a few of them changed, lost or repeated."""
    data = bytearray(octets)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        what = chance.randrange(3)
        if what == 0:
            data[at] = chance.randrange(256)
        elif what == 1:
            data[at : at + chance.randint(1, 8)] = b""
        else:
            data[at:at] = data[at : at + chance.randint(1, 30)]
        data = data or bytearray(1)
    return bytes(data)


@runs
async def test_mutated_requests_of_all_operations_get_clean_answers(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with front_end(tmp_path, waiting_jobs=50) as ask:
        ask.administrator = "root"
        kinds = set()
        for _ in range(5_000):
            operation = chance.choice(operations.ROWS)
            given = [an("printer-uri", URI), an("job-id", chance.randint(1, 9)), an("requesting-user-name", "alice")]
            given += [an("document-format", "image/urf"), an("last-document", True), an("requested-attributes", "all")]
            groups = [Group(wire.OPERATION, [*GREETING, *given]), Group(wire.JOB, [an("sides", "one-sided")])]
            octets = mutated(Message((2, 0), operation.code, 1, groups).encode(), chance)
            answer = await ask.send(octets + b"document", piece=chance.choice([7, 100, 4096]))
            assert answer.http == 200
            kinds.add(answer.status)
        assert {status.OK, status.BAD_REQUEST, status.NOT_FOUND, status.OPERATION_NOT_SUPPORTED} <= kinds
        assert 0x0500 not in kinds
