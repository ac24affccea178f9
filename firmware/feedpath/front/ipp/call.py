"""One IPP request while it is answered: what it asks, about which printer or job, and the answer that it gets."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from feedpath.core import users
from feedpath.core.job import Job
from feedpath.core.printer import Printer
from feedpath.errors import Refused, WireError
from feedpath.front.http.message import Request
from feedpath.front.ipp import jobs, operations, status, values, wire
from feedpath.front.ipp.attributes import Address
from feedpath.front.ipp.wire import Attribute, Group, Message

if TYPE_CHECKING:
    from feedpath.front.ipp.server import Ipp

ADMINISTRATOR = "administrator"
ANONYMOUS = "anonymous"
STATUS_MESSAGE_OCTETS = 255  # RFC 8011, 4.1.6.2
GREETING = (
    bytes((wire.OPERATION,))
    + wire.encode_attribute("attributes-charset", [(values.CHARSET, "utf-8")])
    + wire.encode_attribute("attributes-natural-language", [(values.LANGUAGE, "en")])
)
END = bytes((wire.END,))

Authorize = Callable[[Request, str], "str | None"]


class Readable(Protocol):
    """What a document is read from."""

    async def readinto(self, view: memoryview) -> int:
        """Read at least a byte into `view`; return how many, 0 at the end."""


class Document:
    """The document behind the attributes: first what was read with them, then the rest of the body as it comes."""

    def __init__(self, body: Readable, buffer: memoryview, rest: memoryview):
        """`rest` is what was read too much; `buffer` may be used for reading ahead."""
        self._body = body
        self._buffer = buffer
        self._rest = rest

    async def begins(self) -> bool:
        """Wait for the first byte; return whether there is one."""
        if not self._rest:
            self._rest = self._buffer[: await self._body.readinto(self._buffer)]
        return bool(self._rest)

    async def readinto(self, view: memoryview) -> int:
        """Read at least a byte into `view`; return how many, 0 at the end."""
        if not self._rest:
            return await self._body.readinto(view)
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class Call:
    """A request that has passed the rules for all. octets: those of its attributes; unsupported: reported as such."""

    def __init__(
        self, front: "Ipp", request: Request, client: Address, octets: bytes, message: Message, document: Document
    ):
        self.front = front
        self.request = request
        self.client = client
        self.octets = octets
        self.message = message
        self.document = document
        self.given = message.groups[0]
        self.unsupported: "list[Attribute]" = []
        self._printer: "Printer | None" = None
        self._job: "Job | None" = None

    def check(self) -> None:
        """Raise WireError where an operation attribute has another type or number of values than its name asks for.

        Raise Refused where a number is too small (RFC 8011, 6.2.2).
        """
        for attribute in self.given.attributes:
            row = operations.GIVEN.get(attribute.name)
            if row is None:
                continue
            if len(attribute.pairs) > 1 and not row.several:
                raise WireError(f"{attribute.name}: one value is allowed", status.BAD_REQUEST)
            for tag, value in attribute.pairs:
                if tag not in row.tags:
                    raise WireError(f"{attribute.name}: wrong type of value", status.BAD_REQUEST)
                if row.least is not None and value < row.least:
                    self.unsupported.append(attribute)
                    raise Refused("attributes-or-values-not-supported", f"{row.name} is {row.least} at least.")

    def find(self, target: str) -> None:
        """Find the printer or job that it is about; raise WireError when none is named, Refused when there is none."""
        if target == operations.PRINTER:
            uri = self.value("printer-uri")
            if uri is None:
                raise WireError("printer-uri is missing", status.BAD_REQUEST)
            self._printer = self.front.printer_at(uri)
        elif target == operations.JOB:
            self._job = self._find_job()

    def _find_job(self) -> Job:
        job_uri, printer_uri, id = self.value("job-uri"), self.value("printer-uri"), self.value("job-id")
        if job_uri is not None:  # a job-id besides says nothing more (RFC 8011, 4.1.5)
            return self.front.job_at(job_uri, None)
        if printer_uri is None or id is None:
            raise WireError("job-uri, or printer-uri and job-id, are missing", status.BAD_REQUEST)
        return self.front.job_at(printer_uri, id)

    @property
    def printer(self) -> Printer:
        """Return the printer that the operation is about."""
        assert self._printer is not None
        return self._printer

    @property
    def job(self) -> Job:
        """Return the job that the operation is about."""
        assert self._job is not None
        return self._job

    def value(self, name: str) -> "Any":
        """Return the value of an operation attribute, a text's without its language; None when it was not given."""
        attribute = self.given.find(name)
        if attribute is None:
            return None
        value = attribute.value
        return value[1] if isinstance(value, tuple) else value

    def values(self, name: str) -> "list[Any]":
        """Return all values of an operation attribute, none when it was not given."""
        attribute = self.given.find(name)
        return [] if attribute is None else attribute.values

    def group(self, tag: int) -> "list[Attribute]":
        """Return the attributes of the request's group with that tag."""
        group: "Group | None" = self.message.group(tag)
        return [] if group is None else group.attributes

    @property
    def user(self) -> str:
        """Return who asks, by the name that the client gives."""
        return self.value("requesting-user-name") or ANONYMOUS

    def require_administrator(self) -> None:
        """Raise Refused unless the client has signed in as an administrator."""
        if self.front.authorize(self.request, ADMINISTRATOR) is None:
            raise Refused("not-authenticated")

    def require_owner(self, job: Job) -> str:
        """Return who may change `job`: its owner or an administrator; raise Refused when the client is neither."""
        try:
            users.check(job, self.user, False)
            return self.user
        except Refused:
            administrator = self.front.authorize(self.request, ADMINISTRATOR)
            if administrator is None:
                raise Refused("not-authenticated") from None
            return administrator

    def job_group(self, job: Job, rows: "tuple[jobs.Row, ...]") -> bytes:
        """Return a group of a job's attributes."""
        front = self.front
        return jobs.encode(jobs.View(job, front.path_of(job.printer), front.present(), self.client), rows)

    def answer(self, *groups: bytes) -> bytes:
        """Return the answer to a request that was done; some of it ignored where `unsupported` says so."""
        code = status.OK_IGNORED_OR_SUBSTITUTED if self.unsupported else status.OK
        return self._encode(code, "", groups)

    def refuse(self, code: int, sentence: str) -> bytes:
        """Return the answer to a request that was not done."""
        return self._encode(code, sentence, ())

    def _encode(self, code: int, sentence: str, groups: "tuple[bytes, ...]") -> bytes:
        parts = [answer_start(self.message.version, code, self.message.request_id, sentence)]
        if self.unsupported:
            parts.append(bytes((wire.UNSUPPORTED,)))
            parts += [wire.encode_attribute(attribute.name, attribute.pairs) for attribute in self.unsupported]
        return b"".join((*parts, *groups, END))


def answer_start(version: "tuple[int, int]", code: int, request_id: int, sentence: str = "") -> bytes:
    """Return the start of an answer to a request of `version`: header and operation attributes."""
    start = wire.encode_header(wire.closest(version), code, request_id) + GREETING
    if not sentence:
        return start
    told = values.cut(sentence, STATUS_MESSAGE_OCTETS)
    return start + wire.encode_attribute("status-message", [(values.TEXT, told)])
