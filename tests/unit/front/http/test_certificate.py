"""The server's certificate: made once, kept, and right for clients without a clock."""

import asyncio
import ipaddress
import os
import ssl
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from feedpath.front.http import certificate
from feedpath.front.http.certificate import CertificateError, context, ensure, has_aes, main, make


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_certificate_is_made_by_another_process_and_kept(tmp_path: Path) -> None:
    async def twice() -> "tuple[bytes, bytes]":
        first = (await ensure(tmp_path / "tls", ["pi"], ["192.168.1.5"])).read_bytes()
        return first, (await ensure(tmp_path / "tls", ["other"], [])).read_bytes()

    first, second = asyncio.run(twice())
    assert first == second
    assert context(tmp_path / "tls").cert_store_stats() is not None


def test_a_certificate_is_made_anew_for_other_names_only_when_asked(tmp_path: Path) -> None:
    async def renewals() -> "list[bytes]":
        return [
            (await ensure(tmp_path, names, [], renew)).read_bytes()
            for names, renew in ((["a"], False), (["b"], False), (["a"], True), (["b"], True), (["b"], True))
        ]

    first, kept, same, renewed, again = asyncio.run(renewals())
    assert first == kept == same
    assert renewed != first
    assert again == renewed


def test_a_certificate_is_for_all_names_and_addresses(tmp_path: Path) -> None:
    path = asyncio.run(ensure(tmp_path, ["pi", "printer.example"], ["192.168.1.5", "fe80::1%eth0", "::1"]))
    names = read(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pi", "pi.local", "printer.example", "localhost"]
    assert path.read_text().startswith("feedpath certificate for: pi pi.local printer.example 192.168.1.5 fe80::1 ::1 ")
    addresses = ["192.168.1.5", "fe80::1", "::1", "127.0.0.1"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(address) for address in addresses]


def test_a_certificate_is_valid_with_any_clock_and_for_a_server_only(tmp_path: Path) -> None:
    made = read(make(tmp_path, ["pi"]))
    assert made.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert made.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.SERVER_AUTH]  # type: ignore[attr-defined]


def test_two_certificates_have_neither_key_nor_number_in_common(tmp_path: Path) -> None:
    first, second = read(make(tmp_path / "a", ["pi"])), read(make(tmp_path / "b", ["pi"]))
    assert first.serial_number != second.serial_number
    assert first.public_key() != second.public_key()


def test_only_we_can_read_the_key(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        path = make(tmp_path, ["pi"])
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_power_cut_leaves_the_old_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = make(tmp_path, ["pi"]).read_bytes()

    def cut(*arguments: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(OSError, match="power cut"):
        make(tmp_path, ["other"])
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def test_a_certificate_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, os.replace

    def note_sync(descriptor: int) -> None:
        steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def note_replace(source: str, target: Path) -> None:
        steps.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    make(tmp_path, ["pi"])
    assert steps == ["file", "name", "directory"]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_that_is_no_certificate_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / certificate.FILE).write_bytes(content)
    asyncio.run(ensure(tmp_path, ["pi"], []))
    context(tmp_path)


def test_without_cryptography_a_clear_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cryptography.py").write_text("raise ImportError('No module named cryptography')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(CertificateError, match="no certificate without Python's cryptography package"):
        asyncio.run(ensure(tmp_path / "tls", ["pi"], []))
    assert not (tmp_path / "tls").exists() or not list((tmp_path / "tls").iterdir())


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("a file where the directory should be")
    with pytest.raises(CertificateError, match=r"no certificate: .*tls"):
        asyncio.run(ensure(tmp_path / "tls", ["pi"], []))


def test_a_name_that_dns_does_not_know_is_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--name", "x" * 64]) == 1
    assert capsys.readouterr().err.startswith("no certificate: ")


def test_the_daemon_does_not_load_cryptography(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys; from feedpath.front.http import certificate, server;"
        "directory = pathlib.Path(sys.argv[1]); asyncio.run(certificate.ensure(directory, ['pi'], []));"
        "certificate.context(directory); sys.exit('cryptography' in sys.modules)"
    )

    async def run() -> int:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path), env=environment)
        return await process.wait()

    assert asyncio.run(run()) == 0


@pytest.mark.parametrize(
    "cpuinfo, expected",
    [
        ("flags\t\t: fpu sse2 aes avx\n", True),
        ("Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid\n", True),  # Raspberry Pi 5
        ("Features\t: fp asimd evtstrm crc32 cpuid\n", False),  # Raspberry Pi 4
        ("", False),
    ],
)
def test_the_cpu_tells_whether_it_knows_aes(tmp_path: Path, cpuinfo: str, expected: bool) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert has_aes(tmp_path / "cpuinfo") is expected


def test_without_aes_instructions_chacha_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, ["pi"])
    for aes in (True, False):
        monkeypatch.setattr(certificate, "has_aes", lambda aes=aes: aes)
        made = context(tmp_path)
        assert bool(made.options & certificate.PRIORITIZE_CHACHA) is not aes
        assert made.options & ssl.OP_CIPHER_SERVER_PREFERENCE
