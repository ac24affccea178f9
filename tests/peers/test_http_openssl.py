"""OpenSSL's s_client gets the versions and ciphers of TLS that we say we have, and no others."""

import asyncio
import ssl

import pytest

from tests.unit.front.http.serving import HELLO, run, server_context, serving

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(tmp_path_factory.mktemp("tls"))


async def s_client(port: int, *words: str) -> str:
    """Return what openssl s_client says of a connection that carries one request."""
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    return (await process.communicate(REQUEST))[0].decode()


@pytest.mark.parametrize(
    "words, protocol, cipher",
    [
        (["-tls1_3"], "TLSv1.3", "TLS_"),
        (["-tls1_2"], "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ],
)
def test_a_request_is_answered(context: ssl.SSLContext, words: "list[str]", protocol: str, cipher: str) -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (_, port):
            said = await s_client(port, *words)
            assert f"New, {protocol}, Cipher is {cipher}" in said
            assert "\nhello\n" in said
            assert "Compression: NONE" in said

    run(test())


@pytest.mark.parametrize("words", [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA"]])
def test_what_is_out_of_date_is_refused(context: ssl.SSLContext, words: "list[str]") -> None:
    async def test() -> None:
        async with serving(HELLO, tls=context) as (server, port):
            said = await s_client(port, *words)
            assert "Cipher is (NONE)" in said
            assert server.failures == 0

    run(test())
