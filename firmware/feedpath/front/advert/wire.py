"""Messages of multicast DNS: which of them are to be read (RFC 6762, section 18; RFC 1035, section 4.1). Pure."""

import struct

from feedpath.errors import WireError

HEADER = struct.Struct(">6H")  # id, flags, and how many questions, answers, authorities, additionals there are
QUESTION = struct.Struct(">2H")  # type, class
RECORD = struct.Struct(">2HIH")  # type, class, time to live, length of its data
RESPONSE = 0x8000  # the flag QR
IGNORED = 0x780F  # OPCODE and RCODE: a message that has any bit of them set is ignored (RFC 6762, 18.3 and 18.11)
CLASSES = (1, 255)  # IN and ANY: there are no records of other classes here
UNICAST = 0x8000  # the top bit of a question's class asks for an answer by unicast (RFC 6762, 5.4)
NAME_BYTES = 255  # RFC 1035, 2.3.4
POINTERS_MOST = 32  # one for each label of a long name


def parse(data: bytes) -> bool:
    """Return whether a whole message is a response, False for a query; raise WireError for what is to be ignored.

    Data of records is not looked into.
    """
    if len(data) < HEADER.size:
        raise WireError("a message without a whole header")
    _, flags, questions, *records = HEADER.unpack_from(data)
    if flags & IGNORED:
        raise WireError("a message of another kind, or an error")
    at = HEADER.size
    for _ in range(questions):
        at = _question(data, at)
    for _ in range(sum(records)):
        at = _record(data, at)
    return bool(flags & RESPONSE)


def _question(data: bytes, at: int) -> int:
    at = _name(data, at)
    if at + QUESTION.size > len(data):
        raise WireError("a question that ends early")
    _, asked = QUESTION.unpack_from(data, at)
    if asked & ~UNICAST not in CLASSES:
        raise WireError("a question for another class")
    return at + QUESTION.size


def _record(data: bytes, at: int) -> int:
    at = _name(data, at)
    if at + RECORD.size > len(data):
        raise WireError("a record that ends early")
    end = at + RECORD.size + int(RECORD.unpack_from(data, at)[3])
    if end > len(data):
        raise WireError("a record whose data ends early")
    return end


def _name(data: bytes, at: int) -> int:
    """Return where the name ends that begins at `at`. Its pointers go back only, so that it ends (RFC 1035, 4.1.4)."""
    end = size = pointers = 0
    while at < len(data):
        length = data[at]
        if length == 0:
            return end or at + 1
        if length < 0x40:
            at += 1 + length
            size += 1 + length
        else:
            if length < 0xC0 or at + 1 >= len(data):
                raise WireError("a label of an unknown kind")
            end = end or at + 2
            target = (length & 0x3F) << 8 | data[at + 1]
            if not HEADER.size <= target < at:
                raise WireError("a name that does not go back")
            at = target
            pointers += 1
        if size >= NAME_BYTES or pointers > POINTERS_MOST:
            raise WireError("a name that is too long")
    raise WireError("a name that ends early")
