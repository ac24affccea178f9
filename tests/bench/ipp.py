"""The few IPP requests of the load (RFC 8010, 3), encoded here: the meter shares no code with the metered."""

import struct

PRINT_JOB = 0x0002
GET_PRINTER_ATTRIBUTES = 0x000B
SERVER_ERROR_BUSY = 0x0507
LAST_SUCCESS = 0x00FF

OPERATION_ATTRIBUTES, END = b"\x01", b"\x03"
CHARSET, LANGUAGE, URI, KEYWORD, NAME, MIME = 0x47, 0x48, 0x45, 0x44, 0x42, 0x49


def attribute(tag: int, name: str, *values: str) -> bytes:
    """Return one attribute; further values follow with an empty name (RFC 8010 3.1.5)."""
    encoded = b""
    for text in values:
        encoded += struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(text)) + text.encode()
        name = ""
    return encoded


def request(operation: int, uri: str, *more: bytes) -> bytes:
    """Return an IPP/2.0 request with request-id 1, up to where the document starts."""
    attributes = (
        attribute(CHARSET, "attributes-charset", "utf-8"),
        attribute(LANGUAGE, "attributes-natural-language", "en"),
        attribute(URI, "printer-uri", uri),
        attribute(NAME, "requesting-user-name", "bench"),
        *more,
    )
    return struct.pack(">BBHI", 2, 0, operation, 1) + OPERATION_ATTRIBUTES + b"".join(attributes) + END


def get_printer_attributes(uri: str, *names: str) -> bytes:
    """Return a Get-Printer-Attributes request (RFC 8011 4.2.5)."""
    return request(GET_PRINTER_ATTRIBUTES, uri, attribute(KEYWORD, "requested-attributes", *names))


def print_job(uri: str, mime: str) -> bytes:
    """Return a Print-Job request (RFC 8011 4.2.1) without its document."""
    return request(PRINT_JOB, uri, attribute(NAME, "job-name", "bench"), attribute(MIME, "document-format", mime))


def status(answer: bytes) -> int:
    """Return the status-code of an answer."""
    return int.from_bytes(answer[2:4], "big")
