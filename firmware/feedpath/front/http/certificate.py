"""The server's own certificate: made once by a process that ends, since `cryptography` would stay in ours with 10 MB.

    python -m feedpath.front.http.certificate DIRECTORY --name printer.local --address 192.168.1.5

One file holds key and certificate, so that a power cut leaves the old pair or the new one. Its first line tells the
names, for us to compare without a parser.
"""

import argparse
import asyncio
import ipaddress
import logging
import os
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from feedpath import files

if TYPE_CHECKING:
    from cryptography import x509

logger = logging.getLogger(__name__)

FILE = "server.pem"
NAMES_LINE = "feedpath certificate for:"  # before the first BEGIN, PEM allows any text: RFC 7468, 2
LOCAL = ("localhost", "127.0.0.1", "::1")
COMMON_NAME_MAX = 64  # characters: RFC 5280, A.1
PRIORITIZE_CHACHA = 1 << 21  # OpenSSL's SSL_OP_PRIORITIZE_CHACHA, which Python names from 3.12 on
CIPHERS = "ECDHE+CHACHA20:ECDHE+AESGCM"  # of TLS 1.2; TLS 1.3 has its own, all good
CPU = Path("/proc/cpuinfo")


class CertificateError(RuntimeError):
    """No certificate could be made; the message says why. Clear text goes on without."""


async def ensure(directory: Path, names: Iterable[str], addresses: Iterable[str], renew: bool = False) -> Path:
    """Return the certificate's file, made first if there is no usable one; raise CertificateError.

    A certificate is kept for ever, since clients remember it; with `renew` it is made anew when its names differ.
    """
    path = directory / FILE
    wanted = _wanted(names, addresses)
    if _usable(path) and not (renew and set(_names(path)) != set(wanted)):
        return path
    words = [sys.executable, "-P", "-m", __name__, os.fspath(directory), *[f"--name={name}" for name in wanted]]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }  # it finds us where we were found
    process = await asyncio.create_subprocess_exec(
        *words, env=environment, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise CertificateError(said.decode(errors="replace").strip().rpartition("\n")[2] or "making it failed")
    logger.info("made a certificate for %s", ", ".join(wanted))
    return path


def context(directory: Path) -> ssl.SSLContext:
    """Return what a server needs for TLS with the directory's certificate; raise OSError or ssl.SSLError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(directory / FILE)
    made.set_ciphers(CIPHERS)
    made.num_tickets = 1  # one is enough to resume; OpenSSL sends two
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if not has_aes():
        made.options |= PRIORITIZE_CHACHA
    return made


def has_aes(cpu: Path = CPU) -> bool:
    """Return whether the CPU has instructions for AES. No Raspberry Pi before the 5 has; ChaCha20 is faster there."""
    try:
        words = cpu.read_text().split()
    except OSError:
        return False
    return "aes" in words


def make(directory: Path, names: Iterable[str]) -> Path:
    """Make a key and a certificate for `names` and IP addresses, replacing what is there; return the file.

    Needs `cryptography`, so this runs in a process of its own.
    """
    names = list(names)
    directory.mkdir(parents=True, exist_ok=True)
    content = f"{NAMES_LINE} {' '.join(names)}\n".encode() + _key_and_certificate(names)
    files.replace(directory / FILE, content, private=True)
    return directory / FILE


def _key_and_certificate(names: list[str]) -> bytes:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:COMMON_NAME_MAX])])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Valid for a computer without a clock, and without an end: RFC 5280, 4.1.2.5.
        .not_valid_before(datetime(1970, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + certificate.public_bytes(encoding)


def _general_name(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode())


def _wanted(names: Iterable[str], addresses: Iterable[str]) -> list[str]:
    """Return all names, the first first, each once: with .local for bare ones, without the zone of an address."""
    all_names: dict[str, None] = {}
    for name in names:
        all_names[name] = None
        if "." not in name:
            all_names[f"{name}.local"] = None
    for address in (*addresses, *LOCAL):
        all_names[address.partition("%")[0]] = None
    return list(all_names)


def _usable(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except (OSError, ssl.SSLError) as error:
        logger.warning("%s cannot be used, and is made anew: %s", path, error)
        return False
    return True


def _names(path: Path) -> list[str]:
    """Return the names that a certificate of ours is for; of another's, none."""
    with path.open(errors="replace") as lines:
        first = lines.readline()
    return first.removeprefix(NAMES_LINE).split() if first.startswith(NAMES_LINE) else []


def main(words: list[str] | None = None) -> int:
    """Make a certificate; return 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(description="Make a self-signed certificate for a printer.")
    parser.add_argument("directory", type=Path)
    parser.add_argument(
        "--name", action="append", required=True, help="a host name or IP address; the first is the subject"
    )
    arguments = parser.parse_args(words)
    try:
        make(arguments.directory, arguments.name)
    except ImportError as error:
        sys.stderr.write(f"no certificate without Python's cryptography package: {error}\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"no certificate: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
