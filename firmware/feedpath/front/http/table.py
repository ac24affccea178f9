"""HTTP's registries as far as feedpath uses them, and its limits: RFC 9110, 9112, 6585. Small set."""

STATUS = {  # code: reason phrase; RFC 9110, 15, unless a row says otherwise
    100: "Continue",
    101: "Switching Protocols",
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    426: "Upgrade Required",
    428: "Precondition Required",  # RFC 6585, 3
    429: "Too Many Requests",  # RFC 6585, 4
    431: "Request Header Fields Too Large",  # RFC 6585, 5
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    507: "Insufficient Storage",  # RFC 4918, 11.5
}

BODILESS = (100, 101, 204, 304)  # answers that end with their head: RFC 9112, 6.3

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")  # RFC 9110, 9 and RFC 5789; others get 501

UPGRADES = ("TLS/1.3", "TLS/1.2")  # tokens that we switch to, best first: RFC 2817, 3.3, in the versions we still speak

ONCE = None  # a field whose repetition leaves its meaning open: refused
LIST = ", "  # a list, which repetition continues: RFC 9110, 5.3

FIELDS = (  # name, what joins its repetitions, where it is defined; fields not named here are lists
    ("Accept", LIST, "RFC 9110, 12.5.1"),
    ("Accept-Encoding", LIST, "RFC 9110, 12.5.3"),
    ("Accept-Language", LIST, "RFC 9110, 12.5.4"),
    ("Authorization", ONCE, "RFC 9110, 11.6.2"),
    ("Cache-Control", LIST, "RFC 9111, 5.2"),
    ("Connection", LIST, "RFC 9110, 7.6.1"),
    ("Content-Encoding", LIST, "RFC 9110, 8.4"),
    ("Content-Length", ONCE, "RFC 9110, 8.6: equal repetitions may be refused"),
    ("Content-Type", ONCE, "RFC 9110, 8.3"),
    ("Cookie", "; ", "RFC 6265, 5.4; joined as RFC 9113, 8.2.3 does"),
    ("Date", ONCE, "RFC 9110, 6.6.1"),
    ("Expect", ONCE, "RFC 9110, 10.1.1: a list of which one member exists"),
    ("Host", ONCE, "RFC 9112, 3.2"),
    ("If-Modified-Since", ONCE, "RFC 9110, 13.1.3"),
    ("If-None-Match", LIST, "RFC 9110, 13.1.2"),
    ("Origin", ONCE, "RFC 6454, 7"),
    ("Range", ONCE, "RFC 9110, 14.2"),
    ("Referer", ONCE, "RFC 9110, 10.1.3"),
    ("Transfer-Encoding", LIST, "RFC 9112, 6.1"),
    ("Upgrade", LIST, "RFC 9110, 7.8"),
    ("User-Agent", ONCE, "RFC 9110, 10.1.5"),
)

SECRETS = ("authorization", "cookie")  # fields whose values must not outlive their request in memory

# What a peer may send. Sizes in bytes.
HEAD_MAX = 64 * 1024  # a whole head (431)
LINE_MAX = 8 * 1024  # a request line: RFC 9112, 3 asks for at least 8,000 (414)
FIELD_LINE_MAX = 48 * 1024  # a field line; the Kerberos token of a user in very many groups is the longest (431)
FIELDS_MAX = 100  # field lines; browsers send about 20 (431)
LENGTH_DIGITS_MAX = 18  # of a Content-Length; no document has 10**18 bytes (413)
CHUNK_DIGITS_MAX = 15  # of a chunk's size: below 2**60 (400)
CHUNK_LINE_MAX = 1024  # a line of the chunked coding: a size with its extensions, or a trailer field (400)
EXTENSIONS_MAX = 4 * 1024  # chunk extensions of a whole body, which carry nothing for us (400)
TRAILERS_MAX = 8 * 1024  # the trailer section, which carries nothing for us (431)

# Heads remembered by their bytes. At most 64 heads of 1 KiB: about 200 KiB with what was parsed from them.
MEMO_MAX = 64  # heads
MEMO_HEAD_MAX = 1024  # bytes; IPP clients send 150 to 400

# What a connection costs and how long it may take. Times in seconds.
SCRATCH = 4 * 1024  # bytes to read a head into; most IPP requests fit whole
DRAIN_MAX = 64 * 1024  # bytes of an unread body that are read away to keep the connection
LINGER_MAX = 16 * 1024 * 1024  # bytes read away after our last word, so that the client can read it
LINGER_S = 5.0  # time for that
HEAD_S = 10.0  # from the first byte of a head to its last
HANDSHAKE_S = 10.0  # for TLS
IDLE_S = 90.0  # without a request; longer than the minute at which monitors like Home Assistant poll
WRITE_S = 60.0  # for the client to take a piece of an answer
BODY_PATIENCE_S = 30.0  # that we wait for body bytes at first
BODY_RATE = 100  # bytes of body that buy a further second of waiting
BODY_PATIENCE_MAX_S = 300.0  # saved up at most, as cupsd waits: a client may work on one page for minutes
CONNECTIONS_MAX = 4096  # 4.4 KiB each when idle in clear text (measured), with task and socket
ADDRESS_SHARE = 0.75  # of the connections that one address may hold: a quarter stays for the others
