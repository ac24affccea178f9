"""What the user asked for. Small set: runs under MicroPython too."""


class Ticket:
    """What the user asked for; each front end builds it from its own words.

    name: the job's name. user: who asked, as told. host: the client's address. format: the document's MIME type.
    compression: "none", "gzip" or "deflate". document_name: "" when not told. hold: wait until released.
    options: IPP keyword -> value, as "copies" -> 1, "sides" -> "one-sided", "media" -> "iso_a4_210x297mm".
    password: the document's, "" for none; it stays in memory, and only as long as the job needs it.
    """

    def __init__(
        self,
        name: str = "",
        user: str = "anonymous",
        host: str = "",
        format: str = "application/octet-stream",
        compression: str = "none",
        document_name: str = "",
        hold: bool = False,
        options: "dict[str, object] | None" = None,
        password: str = "",
    ):
        self.name = name
        self.user = user
        self.host = host
        self.format = format
        self.compression = compression
        self.document_name = document_name
        self.hold = hold
        self.options: "dict[str, object]" = options if options is not None else {}
        self.password = password
