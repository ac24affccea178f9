"""The two errors that cross the house. Small set: runs under MicroPython too."""


class WireError(Exception):
    """The peer's bytes are wrong: answer in its protocol, then close.

    The message says what is wrong and where. `status` is the answer's code in the
    protocol's own numbers (HTTP 431, IPP 0x0400), or None for the protocol's usual one.
    """

    def __init__(self, message: str, status: "int | None" = None):
        super().__init__(message)
        self.message = message
        self.status = status


class Refused(Exception):
    """We understood and will not. `reason` is a keyword of core/reasons.py, which holds each protocol's code for it.

    `detail` is a sentence for people that says what, where and what is allowed; empty for the table's own sentence.
    """

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail
