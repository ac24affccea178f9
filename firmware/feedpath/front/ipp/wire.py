"""IPP messages: octets <-> groups of attributes (RFC 8010). Small set: runs under MicroPython too.

A message has groups, a group has attributes, an attribute has (tag, value) pairs; all are lists, since order counts.
A collection's value is a list of attributes. What a value looks like for its tag: values.py.
"""

import struct

from feedpath.errors import WireError
from feedpath.front.ipp import status, values
from feedpath.front.ipp.values import BEGIN_COLLECTION, END_COLLECTION, MEMBER_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OPERATION, JOB, END, PRINTER, UNSUPPORTED, SUBSCRIPTION = 1, 2, 3, 4, 5, 6  # RFC 8010, 3.5.1; RFC 3995, 14
EVENT, RESOURCE, DOCUMENT, SYSTEM = 7, 8, 9, 10  # RFC 3995, 14; PWG 5100.5, 5100.22
REPEATABLE = (SUBSCRIPTION, EVENT, RESOURCE, DOCUMENT)  # groups that a request may have several of

HEADER = 8  # octets of version, operation or status, and request id
MAX_MESSAGE = 64 * 1024  # octets without the document; the largest seen from any client are below 4 KiB
MAX_DEPTH = 8  # collections inside collections; registered attributes need 3
MAX_LENGTH = 0x7FFF  # RFC 8010, 3.2: lengths are signed
VERSIONS = ((1, 0), (1, 1), (2, 0))  # that answers come in; requests may be of any 1.x and 2.x
MAJORS = (1, 2)
NAME_OCTETS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"


class Attribute:
    """A name and its (tag, value) pairs, one at least."""

    def __init__(self, name: str, pairs: "list[tuple[int, Any]]"):
        self.name = name
        self.pairs = pairs

    @property
    def value(self) -> "Any":
        """Return the first value."""
        return self.pairs[0][1]

    @property
    def values(self) -> "list[Any]":
        """Return the values without their tags."""
        return [value for _tag, value in self.pairs]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Attribute) and self.name == other.name and self.pairs == other.pairs

    def __repr__(self) -> str:
        return "Attribute(%r, %r)" % (self.name, self.pairs)


class Group:
    """A group's tag and its attributes."""

    def __init__(self, tag: int, attributes: "list[Attribute] | None" = None):
        self.tag = tag
        self.attributes: "list[Attribute]" = attributes if attributes is not None else []

    def find(self, name: str) -> "Attribute | None":
        """Return the attribute of that name."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Group) and self.tag == other.tag and self.attributes == other.attributes

    def __repr__(self) -> str:
        return "Group(%r, %r)" % (self.tag, self.attributes)


class Message:
    """A request or an answer; `code` is the operation of the one, the status of the other."""

    def __init__(self, version: "tuple[int, int]", code: int, request_id: int, groups: "list[Group] | None" = None):
        self.version = version
        self.code = code
        self.request_id = request_id
        self.groups: "list[Group]" = groups if groups is not None else []

    def group(self, tag: int) -> "Group | None":
        """Return the first group with that tag."""
        for group in self.groups:
            if group.tag == tag:
                return group
        return None

    def encode(self) -> bytes:
        """Return the message's octets, without a document."""
        parts = [encode_header(self.version, self.code, self.request_id)]
        for group in self.groups:
            parts.append(bytes((group.tag,)))
            for attribute in group.attributes:
                parts.append(encode_attribute(attribute.name, attribute.pairs))
        parts.append(bytes((END,)))
        return b"".join(parts)

    @staticmethod
    def parse(buffer: "bytes | bytearray | memoryview", length: int) -> "tuple[Message, int] | None":
        """Parse the first `length` octets of `buffer` once; see Parser."""
        return Parser().parse(buffer, length)


class Parser:
    """Parses the message at the start of a buffer that grows; looks at each octet a fixed number of times in all."""

    def __init__(self) -> None:
        self._at = HEADER

    def parse(self, buffer: "bytes | bytearray | memoryview", length: int) -> "tuple[Message, int] | None":
        """Return the message and how many octets it takes, or None when more must come first.

        Raise WireError with the IPP status as soon as the octets can become no message.
        """
        if not self._complete(buffer, length):
            return None
        return _Decoder(bytes(memoryview(buffer)[: self._at])).message(), self._at

    def _complete(self, buffer: "bytes | bytearray | memoryview", length: int) -> bool:
        at = self._at
        while at < length:
            tag = buffer[at]
            step = 1
            if tag >= values.FIRST_VALUE_TAG:
                if at + 3 > length:
                    break
                name = _length(buffer, at + 1)
                if at + 5 + name > length:
                    self._bound(at + 5 + name)
                    break
                step = 5 + name + _length(buffer, at + 3 + name)
            elif tag == 0:
                raise WireError("group tag 0", status.BAD_REQUEST)
            self._bound(at + step)
            if at + step > length:
                break
            at += step
            if tag == END:
                self._at = at
                return True
        self._at = at
        return False

    @staticmethod
    def _bound(end: int) -> None:
        if end >= MAX_MESSAGE:
            raise WireError("more than %d octets of attributes" % MAX_MESSAGE, status.ENTITY_TOO_LARGE)


class _Decoder:
    """Decodes a message whose items are known to lie within its octets."""

    def __init__(self, data: bytes):
        self._data = data
        self._at = HEADER

    def message(self) -> Message:
        """Return the message that the data begins with; raise WireError, or what reading beyond its end raises."""
        major, minor, code, request_id = struct.unpack_from(">BBHi", self._data)
        groups: "list[Group]" = []
        while True:
            tag = self._data[self._at]
            self._at += 1
            if tag == END:
                return Message((major, minor), code, request_id, groups)
            if tag >= values.FIRST_VALUE_TAG:
                raise WireError("an attribute outside of any group", status.BAD_REQUEST)
            groups.append(Group(tag, self._attributes()))

    def _attributes(self) -> "list[Attribute]":
        attributes: "list[Attribute]" = []
        seen: "set[str]" = set()
        while self._data[self._at] >= values.FIRST_VALUE_TAG:
            tag, name, data = self._item()
            if name:
                attributes.append(_named(name, seen))
            elif not attributes:
                raise WireError("a value without an attribute", status.BAD_REQUEST)
            attributes[-1].pairs.append((tag, self._value(tag, data, attributes[-1].name, 1)))
        return attributes

    def _value(self, tag: int, data: bytes, name: str, depth: int) -> object:
        try:
            if tag == BEGIN_COLLECTION:
                return self._members(data, depth)
            if tag in (END_COLLECTION, MEMBER_NAME):
                raise WireError("outside of a collection")
            return values.decode(tag, data)
        except WireError as error:
            raise WireError(name + ": " + error.message, error.status or status.BAD_REQUEST)

    def _members(self, data: bytes, depth: int) -> "list[Attribute]":
        if data or depth > MAX_DEPTH:
            raise WireError("collections nested too deep" if depth > MAX_DEPTH else "a collection with a value")
        members: "list[Attribute]" = []
        seen: "set[str]" = set()
        while self._data[self._at] >= values.FIRST_VALUE_TAG:
            tag, name, data = self._item()
            if name:
                raise WireError("a collection that does not end")
            if tag in (END_COLLECTION, MEMBER_NAME) and members and not members[-1].pairs:
                raise WireError("member without a value: " + members[-1].name)
            if tag == END_COLLECTION and not data:
                return members
            if tag == MEMBER_NAME:
                members.append(_named(data, seen))
            elif not members:
                raise WireError("a value without a member name")
            else:
                members[-1].pairs.append((tag, self._value(tag, data, members[-1].name, depth + 1)))
        raise WireError("a collection that does not end")

    def _item(self) -> "tuple[int, bytes, bytes]":
        data, at = self._data, self._at
        name_end = at + 3 + _length(data, at + 1)
        end = name_end + 2 + _length(data, name_end)
        self._at = end
        return data[at], data[at + 3 : name_end], data[name_end + 2 : end]


def _length(buffer: "bytes | bytearray | memoryview", at: int) -> int:
    length = buffer[at] << 8 | buffer[at + 1]
    if length > MAX_LENGTH:
        raise WireError("a negative length", status.BAD_REQUEST)
    return length


def _named(octets: bytes, seen: "set[str]") -> Attribute:
    """Return a new attribute; raise WireError when its name is no name or was `seen` already."""
    if not 0 < len(octets) <= values.STRINGS[values.KEYWORD][1]:
        raise WireError("an attribute name of %d octets" % len(octets), status.BAD_REQUEST)
    for octet in octets:
        if octet not in NAME_OCTETS:
            raise WireError("an attribute name with octet 0x%02x" % octet, status.BAD_REQUEST)
    name = octets.decode()
    if name in seen:
        raise WireError("given twice: " + name, status.BAD_REQUEST)
    seen.add(name)
    return Attribute(name, [])


def encode_header(version: "tuple[int, int]", code: int, request_id: int) -> bytes:
    """Return the first octets of a message."""
    return struct.pack(">BBHi", version[0], version[1], code, request_id)


def encode_attribute(name: str, pairs: "list[tuple[int, Any]]") -> bytes:
    """Return the octets of an attribute; `pairs` are (tag, value)."""
    parts: "list[bytes]" = []
    octets = name.encode()
    for tag, value in pairs:
        _encode_value(parts, octets, tag, value)
        octets = b""  # further values have no name
    return b"".join(parts)


def _encode_value(parts: "list[bytes]", name: bytes, tag: int, value: "Any") -> None:
    if tag != BEGIN_COLLECTION:
        _encode_item(parts, tag, name, values.encode(tag, value))
        return
    _encode_item(parts, tag, name, b"")
    for member in value:
        _encode_item(parts, MEMBER_NAME, b"", member.name.encode())
        for member_tag, member_value in member.pairs:
            _encode_value(parts, b"", member_tag, member_value)
    _encode_item(parts, END_COLLECTION, b"", b"")


def _encode_item(parts: "list[bytes]", tag: int, name: bytes, data: bytes) -> None:
    if len(data) > MAX_LENGTH:
        raise ValueError("a value of %d octets" % len(data))
    parts.append(struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(data)) + data)


def closest(version: "tuple[int, int]") -> "tuple[int, int]":
    """Return the version that a request of `version` is answered in (RFC 8011, 4.1.8)."""
    found = VERSIONS[0]
    for known in VERSIONS:
        if known <= version:
            found = known
    return found


def check_request(message: Message) -> None:
    """Raise WireError where a request breaks the rules that hold for every operation (RFC 8011, 4.1)."""
    if message.version[0] not in MAJORS:
        raise WireError("IPP %d.%d is not known here" % message.version, status.VERSION_NOT_SUPPORTED)
    if message.request_id < 1:
        raise WireError("request-id is %d; it counts from 1" % message.request_id, status.BAD_REQUEST)
    _check_groups([group.tag for group in message.groups])
    charset = _check_first(message.groups[0], 0, "attributes-charset", values.CHARSET)
    _check_first(message.groups[0], 1, "attributes-natural-language", values.LANGUAGE)
    if charset.lower() != "utf-8":  # the answer must be in the same (RFC 8011, 4.1.4.2)
        raise WireError("charset %s is not known here; utf-8 is" % charset, status.CHARSET_NOT_SUPPORTED)


def _check_groups(tags: "list[int]") -> None:
    if not tags or tags[0] != OPERATION:
        raise WireError("the operation attributes come first", status.BAD_REQUEST)
    for before, tag in zip(tags, tags[1:]):
        if tag < before or tag == UNSUPPORTED or (tag == before and tag not in REPEATABLE):
            raise WireError("group %d after group %d" % (tag, before), status.BAD_REQUEST)


def _check_first(group: Group, index: int, name: str, tag: int) -> str:
    if len(group.attributes) <= index or group.attributes[index].name != name:
        raise WireError("attribute %d must be %s" % (index + 1, name), status.BAD_REQUEST)
    pairs = group.attributes[index].pairs
    if len(pairs) != 1 or pairs[0][0] != tag:
        raise WireError(name + ": one value of its own type", status.BAD_REQUEST)
    return str(pairs[0][1])
