"""libcups against our HTTP: chunked or not, in clear text, in TLS at once, and going over to TLS as it asks."""

import asyncio
import hashlib
import ssl
from pathlib import Path

import pytest

from feedpath.front.http.message import Request, Response
from feedpath.front.http.routes import Route
from tests.unit.front.http.serving import run, server_context, serving

TEST = """{
    NAME "Print"
    OPERATION Print-Job
    GROUP operation-attributes-tag
    ATTR charset attributes-charset utf-8
    ATTR language attributes-natural-language en
    ATTR uri printer-uri $uri
    FILE $filename
    STATUS successful-ok
}
{
    NAME "Print again on the same connection"
    OPERATION Print-Job
    GROUP operation-attributes-tag
    ATTR charset attributes-charset utf-8
    ATTR language attributes-natural-language en
    ATTR uri printer-uri $uri
    FILE $filename
    STATUS successful-ok
}
"""
DOCUMENT = bytes(range(256)) * 2000


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(tmp_path_factory.mktemp("tls"))


class Printer:
    """Takes Print-Job, and keeps of each what came and how."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.documents: list[str] = []

    async def print(self, request: Request) -> Response:
        self.requests.append(request)
        raw = await request.body.read(1_000_000)
        self.documents.append(hashlib.sha256(raw[-len(DOCUMENT) :]).hexdigest())
        answer = raw[:2] + b"\0\0" + raw[4:8] + b"\x01"  # version, successful-ok, request-id, operation attributes
        answer += b"\x47\0\x12attributes-charset\0\x05utf-8" + b"\x48\0\x1battributes-natural-language\0\x02en"
        return Response(200, [("Content-Type", "application/ipp")], answer + b"\x03")


@pytest.mark.parametrize("transfer", ["-C", "-L"])
@pytest.mark.parametrize(
    "scheme, option, secure", [("ipp", "", False), ("ipps", "", True), ("ipp", "-S", True), ("ipp", "-E", True)]
)
def test_libcups_prints(
    context: ssl.SSLContext, tmp_path: Path, transfer: str, scheme: str, option: str, secure: bool
) -> None:
    (tmp_path / "print.test").write_text(TEST)
    (tmp_path / "document").write_bytes(DOCUMENT)
    printer = Printer()

    async def test() -> None:
        async with serving(Route(("POST",), "/ipp/print", printer.print, None), tls=context) as (server, port):
            options = [word for word in ("-tI", transfer, option) if word]
            words = [*options, "-f", "document", f"{scheme}://127.0.0.1:{port}/ipp/print", "print.test"]
            process = await asyncio.create_subprocess_exec(
                "ipptool", *words, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
            )
            said = (await process.communicate())[0].decode()
            assert said.count("[PASS]") == 2, said
            assert server.failures == 0

    run(test())
    assert printer.documents == [hashlib.sha256(DOCUMENT).hexdigest()] * 2
    for request in printer.requests:
        assert request.secure is secure
        assert (request.length is None) is (transfer == "-C")
        assert request.headers["expect"] == "100-continue"  # it does so on every request
    assert len({request.peer for request in printer.requests}) == 1
