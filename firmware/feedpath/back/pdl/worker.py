"""The process that an untrusted document is converted in: document on descriptor 0, the machine's bytes on 1.

On the socket that its argument numbers it is given its order as a line, and tells in lines of JSON how it goes on:
{"impressions": so many, "at": bytes of output}, and at last {"wrong": sentence, "reason": keyword} where the document
cannot be printed.
"""

import json
import os
import socket
import sys
from collections.abc import Callable

from feedpath.back.pdl import sandbox
from feedpath.back.pdl.convert import Work
from feedpath.back.pdl.order import Order
from feedpath.back.pdl.source import FileSource
from feedpath.errors import UNPRINTABLE, WireError

DOCUMENT, OUTPUT = 0, 1
OUT_OF_MEMORY = "The document needs more memory than one document may have."


def main() -> None:
    """Do one order."""
    with socket.socket(fileno=int(sys.argv[1])) as control, control.makefile("rwb") as lines:

        def tell(told: "dict[str, object]") -> None:
            lines.write(json.dumps(told).encode() + b"\n")
            lines.flush()

        order = Order.parse(lines.readline())
        with open(DOCUMENT, "rb", buffering=0) as document:
            work = Work(order, FileSource(document))
            work.load()
            sandbox.enter()
            try:
                _convert(work, tell)
            except WireError as error:
                tell({"wrong": error.message, "reason": error.reason})
            except MemoryError:
                tell({"wrong": OUT_OF_MEMORY, "reason": UNPRINTABLE})


def _convert(work: Work, tell: "Callable[[dict[str, object]], None]") -> None:
    at = impressions = 0
    for piece in work:
        if work.impressions != impressions:
            impressions = work.impressions
            tell({"impressions": impressions, "at": at})
        view = memoryview(piece)
        at += len(view)
        while view:
            view = view[os.write(OUTPUT, view) :]
    tell({"impressions": work.impressions, "at": at})


if __name__ == "__main__":
    main()
