"""Makes the documents that tests draw, and reads and writes the pictures that they are compared with.

PDF by hand with what real ones have, RC4 included (ISO 32000-1, 7.6); PNG of every kind; JPEG of flat blocks.
Everything is a pure function of its arguments.
"""

import hashlib
import itertools
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence

A4 = (595.276, 841.89)
CORNER = "0 0 0 rg 0 %g 40 40 re f"  # a black square in a page's upper left corner
PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
FILE_ID = bytes(range(16))


def pdf(
    contents: "Sequence[str]",
    size: "tuple[float, float]" = A4,
    page: str = "",
    catalog: str = "",
    objects: "Sequence[tuple[str, bytes | None]]" = (),
    count: "int | None" = None,
    password: "str | None" = None,
) -> bytes:
    """Return a PDF with a page for each content stream.

    page, catalog: what their dictionaries have besides. objects: further ones, numbered from 10 on, each a dictionary
    and its stream, if it has one. count: what the page tree says. password: encrypts it with RC4 of 40 bits.
    """
    first = 10 + len(objects)
    kids = " ".join(f"{first + 2 * at} 0 R" for at in range(len(contents)))
    total = len(contents) if count is None else count
    table: "dict[int, tuple[str, bytes | None]]" = {
        1: (f"/Type/Catalog/Pages 2 0 R{catalog}", None),
        2: (f"/Type/Pages/Count {total}/Kids[{kids}]/MediaBox[0 0 {size[0]:g} {size[1]:g}]", None),
        3: ("/Type/Font/Subtype/Type1/BaseFont/Helvetica", None),
    }
    table |= dict(enumerate(objects, 10))
    for at, content in enumerate(contents):
        resources = "/Resources<</Font<</F 3 0 R>>/ExtGState<</Half<</ca 0.5>>>>>>"
        number = first + 2 * at
        table[number] = (f"/Type/Page/Parent 2 0 R/Contents {number + 1} 0 R{resources}{page}", None)
        table[number + 1] = ("", content.encode())
    return _file(table, password)


def _file(table: "dict[int, tuple[str, bytes | None]]", password: "str | None") -> bytes:
    key = b""
    trailer = ""
    if password is not None:
        owner, user, key = _secrets(password.encode())
        protection = f"/Filter/Standard/V 1/R 2/P -4/O<{owner.hex()}>/U<{user.hex()}>"
        trailer = f"/Encrypt<<{protection}>>/ID[<{FILE_ID.hex()}><{FILE_ID.hex()}>]"
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, (entries, stream) in sorted(table.items()):
        offsets[number] = len(out)
        if stream is None:
            out += b"%d 0 obj\n<<%s>>\nendobj\n" % (number, entries.encode())
            continue
        coded = _rc4(_object_key(key, number), stream) if key else stream
        out += b"%d 0 obj\n<<%s/Length %d>>\nstream\n" % (number, entries.encode(), len(coded))
        out += coded + b"\nendstream\nendobj\n"
    start, last = len(out), max(table)
    out += b"xref\n0 %d\n" % (last + 1)
    for number in range(last + 1):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 65535 f \n"
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, trailer.encode(), start)
    return bytes(out)


def _secrets(password: bytes) -> "tuple[bytes, bytes, bytes]":
    """Return the O and U entries and the key of a file (algorithms 2, 3 and 4)."""
    padded = (password + PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + struct.pack("<i", -4) + FILE_ID).digest()[:5]
    return owner, _rc4(key, PADDING), key


def _object_key(key: bytes, number: int) -> bytes:
    return hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[: len(key) + 5]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def form(value: str = "Filled") -> bytes:
    """Return a PDF with a text field that has a value and no picture of it."""
    field = (
        f"/Type/Annot/Subtype/Widget/FT/Tx/T(name)/V({value})/Rect[100 600 400 700]/F 4/DA(/F 60 Tf 0 g)/P 11 0 R",
        None,
    )
    catalog = "/AcroForm<</Fields[10 0 R]/NeedAppearances true/DR<</Font<</F 3 0 R>>>>/DA(/F 60 Tf 0 g)>>"
    return pdf([""], page="/Annots[10 0 R]", catalog=catalog, objects=[field])


def stamped(printed: bool) -> bytes:
    """Return a PDF whose only mark is an annotation, a black square, meant to be printed or not."""
    stream = ("/Type/XObject/Subtype/Form/BBox[0 0 100 100]", b"0 0 100 100 re f")
    flags = 4 if printed else 0
    stamp = (f"/Type/Annot/Subtype/Stamp/Rect[100 600 200 700]/F {flags}/AP<</N 10 0 R>>", None)
    return pdf([""], page="/Annots[11 0 R]", objects=[stream, stamp])


def png(
    width: int,
    height: int,
    rows: "Sequence[Sequence[int]]",
    kind: int = 2,
    depth: int = 8,
    interlaced: bool = False,
    chunks: "Sequence[tuple[bytes, bytes]]" = (),
    filters: "Sequence[int]" = (0,),
) -> bytes:
    """Return a PNG of rows of samples. chunks: further ones, before the picture. filters: of the rows in turn."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    passes = _passes(rows, samples) if interlaced else [list(rows)]
    filtered = b"".join(_filtered(part, samples, depth, filters) for part in passes)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(filtered)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _passes(rows: "Sequence[Sequence[int]]", samples: int) -> "list[list[Sequence[int]]]":
    width = len(rows[0]) // samples
    places = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    passes = []
    for left, top, across, along in places:
        columns = range(left, width, across)
        lines = [[v for x in columns for v in row[x * samples :][:samples]] for row in rows[top::along]]
        passes.append([line for line in lines if line])
    return passes  # type: ignore[return-value]


def _filtered(rows: "Sequence[Sequence[int]]", samples: int, depth: int, filters: "Sequence[int]") -> bytes:
    """Return rows as bytes, filtered (ISO/IEC 15948, 9.2)."""
    out = bytearray()
    apart = max(1, samples * depth // 8)
    above = b""
    for row, kind in zip(rows, itertools.cycle(filters)):
        line = _packed(row, depth)
        above = above or bytes(len(line))
        out.append(kind)
        for at, byte in enumerate(line):
            left = line[at - apart] if at >= apart else 0
            corner = above[at - apart] if at >= apart else 0
            guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
            out.append((byte - guess) % 256)
        above = line
    return bytes(out)


def _packed(row: "Sequence[int]", depth: int) -> bytes:
    if depth == 16:
        return struct.pack(f">{len(row)}H", *row)
    bits = "".join(format(value, f"0{depth}b") for value in row)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def read_png(data: bytes) -> "tuple[int, int, bytes]":
    """Return width, height and bytes of an unfiltered PNG, grey of 1 or 8 bits or in colours."""
    at, body = 8, b""
    width = height = bits = 0
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IHDR":
            width, height, depth, kind = struct.unpack_from(">IIBB", data, at + 8)
            bits = depth * {0: 1, 2: 3}[kind]
        if name == b"IDAT":
            body += data[at + 8 : at + 8 + length]
        at += 12 + length
    rows = zlib.decompress(body)
    stride = (width * bits + 7) // 8 + 1
    return width, height, b"".join(rows[at + 1 : at + stride] for at in range(0, len(rows), stride))


def plain_png(width: int, height: int, pixels: bytes) -> bytes:
    """Return an unfiltered PNG, grey of 1 or 8 bits or in colours by the length of its rows, as `read_png` reads it."""
    stride = len(pixels) // height
    rows = b"".join(b"\0" + pixels[at : at + stride] for at in range(0, len(pixels), stride))
    depth, kind = {width: (8, 0), 3 * width: (8, 2)}.get(stride, (1, 0))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


Level = Callable[[int, int, int], int]


def jpeg(
    columns: int,
    rows: int,
    level: Level,
    components: int = 3,
    progressive: bool = False,
    segments: "Iterable[tuple[int, bytes]]" = (),
) -> bytes:
    """Return a JPEG of flat blocks of 8 x 8: level(column, row, component) is a block's value, 0 to 255."""
    out = b"\xff\xd8" + b"".join(segment(*part) for part in segments) + segment(0xDB, bytes([0] + [8] * 64))
    frame = b"".join(bytes([n + 1, 0x11, 0]) for n in range(components))
    out += segment(0xC2 if progressive else 0xC0, struct.pack(">BHHB", 8, rows * 8, columns * 8, components) + frame)
    out += segment(0xC4, bytes([0x00, 0, 0, 0, 9] + [0] * 12 + list(range(9))))
    out += segment(0xC4, bytes([0x10, 1] + [0] * 15 + [0]))
    scan = b"".join(bytes([n + 1, 0x00]) for n in range(components))
    out += segment(0xDA, bytes([components]) + scan + bytes([0, 0 if progressive else 63, 0]))
    return out + _blocks(columns, rows, level, components, "" if progressive else "0") + b"\xff\xd9"


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _blocks(columns: int, rows: int, level: Level, components: int, end: str) -> bytes:
    bits = []
    last = [0] * components
    for row, column, n in itertools.product(range(rows), range(columns), range(components)):
        value = level(column, row, n) - 128
        difference, last[n] = value - last[n], value
        size = abs(difference).bit_length()
        bits.append(format(size, "04b"))
        if size:
            bits.append(format(difference if difference > 0 else difference + (1 << size) - 1, f"0{size}b"))
        bits.append(end)
    joined = "".join(bits)
    joined += "1" * (-len(joined) % 8)
    return int(joined, 2).to_bytes(len(joined) // 8, "big").replace(b"\xff", b"\xff\x00")


def grey_jpeg(width: int, height: int) -> bytes:
    """Return a large JPEG in colours, all of it grey, quickly: blocks whose difference is none, 15 bits each."""
    head, _, _ = jpeg(1, 1, lambda *_: 128).rpartition(b"\xff\xda")
    frame = head.index(b"\xff\xc0") + 5
    head = head[:frame] + struct.pack(">HH", height, width) + head[frame + 4 :]
    bits = "000000" + "0" * 9  # three times the code of size 0, and the end of the block
    eight = int(bits * 8, 2).to_bytes(15, "big")
    scan = segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0]))
    return head + scan + eight * (-(-width // 8) * -(-height // 8) // 8 + 1) + b"\xff\xd9"


def exif(orientation: int, order: str = "<") -> bytes:
    """Return an Exif segment's body that tells an orientation."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return b"Exif\0\0" + mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def font(characters: str, wide: bool = False) -> bytes:
    """Return a TrueType font (ISO/IEC 14496-22) whose characters are black squares of half its size.

    wide: whether they are listed in format 12, which has characters above U+FFFF, or in format 4.
    """
    glyph = struct.pack(">hhhhhHH4B", 1, 0, 0, 500, 500, 3, 0, 1, 1, 1, 1)
    glyph += struct.pack(">8h", 0, 500, 0, -500, 0, 0, 500, 0)
    count = len(characters) + 1
    codes = sorted(map(ord, characters))
    tables = {
        b"cmap": _characters_12(codes) if wide else _characters_4(codes),
        b"glyf": glyph * len(characters),
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh", 0x10000, 0, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, 500, 500, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhQhH", 0x10000, 800, -200, 0, 600, 0, 0, 500, 1, 0, 0, 0, 0, 1),
        b"hmtx": struct.pack(">Hh", 600, 0) + bytes(2 * (count - 1)),
        b"loca": struct.pack(">I", 0) + b"".join(struct.pack(">I", len(glyph) * at) for at in range(count)),
        b"maxp": struct.pack(">IH13H", 0x10000, count, 4, 1, *[0] * 11),
    }
    out, body = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 48), b""
    start = len(out) + 16 * len(tables)
    for name, table in tables.items():
        out += name + struct.pack(">III", 0, start + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return out + body


def _characters_4(codes: "list[int]") -> bytes:
    segments = [*((code, (at + 1 - code) % 65536) for at, code in enumerate(codes)), (0xFFFF, 1)]
    words = [code for code, _ in segments], [code for code, _ in segments], [delta for _, delta in segments]
    packed = [struct.pack(f">{len(row)}H", *row) for row in words]
    body = packed[0] + b"\0\0" + packed[1] + packed[2] + bytes(2 * len(segments))
    table = struct.pack(">7H", 4, 14 + len(body), 0, 2 * len(segments), 0, 0, 0) + body
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def _characters_12(codes: "list[int]") -> bytes:
    groups = b"".join(struct.pack(">III", code, code, at + 1) for at, code in enumerate(codes))
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
