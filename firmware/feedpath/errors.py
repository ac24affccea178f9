"""The errors that cross the house. Small set: runs under MicroPython too."""

BROKEN, UNPRINTABLE = "document-format-error", "document-unprintable-error"


class WireError(Exception):
    """The peer's bytes are wrong: answer in its protocol, then close.

    The message says what is wrong and where. `status` is the answer's code in the
    protocol's own numbers (HTTP 431, IPP 0x0400), or None for the protocol's usual one. `reason` is the keyword in
    job-state-reasons of a job that ends for it.
    """

    def __init__(self, message: str, status: "int | None" = None, reason: str = BROKEN):
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason


class Unprintable(WireError):
    """A document that may be sound and is not printed all the same: it is too large, or needs too much."""

    def __init__(self, message: str):
        super().__init__(message, None, UNPRINTABLE)


class Refused(Exception):
    """We understood and will not. `reason` is a keyword of core/reasons.py, which holds each protocol's code for it.

    `detail` is a sentence for people that says what, where and what is allowed; empty for the table's own sentence.
    """

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


class SettingError(ValueError):
    """A setting is unknown or its value is not allowed; the message is for people and says what is allowed."""
