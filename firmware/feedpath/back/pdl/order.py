"""What is to be made of a document: the order that a conversion works by, and that travels to a worker process."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from feedpath.back.pdl.page import Setup


class Order(NamedTuple):
    """One document's way to one machine.

    format: the document's MIME type. language: what the machine speaks, a name of languages.LANGUAGES. traits: what
    that language must know of the machine, by the names of its Traits. options: what was asked, IPP's keywords and
    values. name, user: of the job. password: of the document.
    """

    format: str
    language: str
    traits: "Mapping[str, Any]"
    options: "Mapping[str, Any]"
    name: str = ""
    user: str = ""
    password: str = ""

    def encode(self) -> bytes:
        """Return it as one line of JSON."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> "Order":
        """Return the order that a line tells."""
        return cls(**json.loads(line))

    @property
    def setup(self) -> Setup:
        """Return what was asked of the job as printer languages want to know it."""
        ask = self.options.get
        default = Setup()
        return Setup(
            copies=cast(int, ask("copies", default.copies)),
            collate=ask("multiple-document-handling") != "separate-documents-uncollated-copies",
            sides=str(ask("sides", default.sides)),
            media=str(ask("media", default.media)),
            source=str(ask("media-source", default.source)),
            type=str(ask("media-type", default.type)),
            quality=QUALITIES.get(cast(int, ask("print-quality")), default.quality),
            color=ask("print-color-mode") != "monochrome",
            name=self.name,
            user=self.user,
        )


QUALITIES = {3: "draft", 4: "normal", 5: "high"}  # RFC 8011, 5.2.13
