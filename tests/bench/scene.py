"""Pages to print with the detail that real ones have, drawn by Ghostscript: the same at every call.

A photograph is a drawn scene with a camera's grain on it. As clients do, it is interpolated to the resolution of paper,
twice as fine: no pixel is merely repeated.
"""

import random
import subprocess
from pathlib import Path

from tests.bench.document import SEED

GS = ("gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER")
SMOOTH = ("-dTextAlphaBits=4", "-dGraphicsAlphaBits=4")
DPI_OF_POINTS = 72
GRAIN = bytes(value & 7 for value in range(256))  # of two dice, so that little of it is usual
TONES = bytes(4 + tone * 236 // 255 for tone in range(256))  # of the scene: grain goes beyond neither end
PICTURE = 1200, 900  # pixels of a picture between text

LINES = """
/lines { /Times-Roman findfont 11 scalefont setfont { /at exch def 57 790 at 13 mul sub moveto
  (The quick brown fox jumps over the lazy dog, and ) show at 10 string cvs show
  ( sheets of paper go past the drum; toner sticks.) show } for } def
"""
SCENE = """
/any { rand 10000 mod 10000 div } def
/ball { /from exch def /to exch def /r exch def /y exch def /x exch def
  << /ShadingType 3 /ColorSpace /DeviceRGB /Coords [x r .3 mul sub y r .3 mul add 0 x y r]
  /Function << /FunctionType 2 /Domain [0 1] /N 1.5 /C0 from /C1 to >> >> shfill } def
1 srand
<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 1 .3 .3] /Extend [true true]
   /Function << /FunctionType 2 /Domain [0 1] /N 1 /C0 [.15 .35 .8] /C1 [1 .9 .75] >> >> shfill
.8 .85 .08 [1 .95 .7] [1 1 1] ball
0 1 8 { /n exch def n 20 div .4 add dup n 30 div sub exch .1 add n 20 div setrgbcolor
  0 0 moveto 0 .55 n .05 mul sub lineto
  .3 .75 n .07 mul sub .6 .2 any .3 mul add 1 .5 n .05 mul sub curveto 1 0 lineto fill } for
1 1 400 { pop .0004 any .002 mul add setlinewidth any .3 mul any .5 mul any .2 mul setrgbcolor
  /x any def /y any .3 mul def x y moveto x any .04 mul add .02 sub y .1 any .1 mul add add lineto stroke } for
1 1 40 { pop any any .35 mul .01 any .03 mul add [any .4 mul any .4 mul any .4 mul] [1 any any] ball } for
.1 setgray .62 .2 .3 .25 rectfill .95 setgray .63 .21 .28 .23 rectfill 0 setgray
/Helvetica-Bold findfont .035 scalefont setfont .65 .4 moveto (FISH & CHIPS) show
/Times-Italic findfont .02 scalefont setfont
0 1 5 { .65 exch .025 mul .24 add moveto (fresh every day at noon) show } for
"""


def drawn(script: str, device: str, width: int, height: int, dpi: int = DPI_OF_POINTS, *options: str) -> bytes:
    """Return what a device of Ghostscript makes of pages that are so many pixels; raise CalledProcessError."""
    shape = (f"-sDEVICE={device}", f"-g{width}x{height}", f"-r{dpi}")
    command = (*GS, *shape, *options, "-sOutputFile=%stdout", "-")
    return subprocess.run(command, input=f"%!PS\n{script}".encode(), check=True, capture_output=True).stdout


def text(width: int, height: int, dpi: int) -> "list[bytes]":
    """Return the grey rows of a page full of text."""
    page = drawn(f"{LINES} 0 1 56 lines showpage", "pgmraw", width, height, dpi, *SMOOTH)
    return cut(page[-width * height :], width)


def photograph(width: int, height: int) -> "list[bytes]":
    """Return the grey rows of a photograph."""
    half = -(-width // 2)
    rows = [finer(row)[:width] for row in cut(scene("pgmraw", half, -(-height // 2)), half)]
    return [row for pair in zip(rows, map(mean, rows, [*rows[1:], rows[-1]])) for row in pair][:height]


def mixed(page: "list[bytes]", picture: "list[bytes]") -> "list[bytes]":
    """Return the page with the right part of the picture on it, amid a fifth of the page above, left and right."""
    above, left = len(page) // 5, len(page[0]) // 5
    pasted = [row[:left] + inner[2 * left :] + row[-left:] for row, inner in zip(page[above:], picture)]
    return page[:above] + pasted + page[above + len(pasted) :]


def scene(device: str, width: int, height: int) -> bytes:
    """Return the pixels of the scene with grain on it, grey for pgmraw, in three colours for ppmraw."""
    size = width * height * (3 if device == "ppmraw" else 1)
    script = f"{width} {height} scale {SCENE} showpage"
    toned = drawn(script, device, width, height, DPI_OF_POINTS, *SMOOTH)[-size:].translate(TONES)
    dice = random.Random(SEED)
    total = sum(number(dice.randbytes(size).translate(GRAIN)) for _ in range(2)) + number(toned)
    return total.to_bytes(size, "little")


def jpeg(path: Path, width: int, height: int, quality: int) -> None:
    """Write the scene as a baseline JPEG in colours, with chroma at half the resolution, as cameras do."""
    pixels = path.with_suffix(".pixels")
    pixels.write_bytes(scene("ppmraw", width, height))
    image = f"{width} {height} 8 [{width} 0 0 -{height} 0 {height}] ({pixels}) (r) file false 3 colorimage"
    script, options = f"{width} {height} scale {image} showpage", (f"-dJPEGQ={quality}", f"--permit-file-read={pixels}")
    path.write_bytes(drawn(script, "jpeg", width, height, DPI_OF_POINTS, *options))
    pixels.unlink()


def pdf(path: Path, pages: int, picture: Path) -> None:
    """Write a PDF, each page of text in a font that is embedded, and of a JPEG of PICTURE that all of them share."""
    width, height = PICTURE
    image = f"/ImageType 1 /Width {width} /Height {height} /BitsPerComponent 8 /Decode [0 1 0 1 0 1]"
    matrix = f"/ImageMatrix [{width} 0 0 -{height} 0 {height}]"
    source = f"<< {image} {matrix} /DataSource ({picture}) (r) file /DCTDecode filter >> image"
    page = f"0 1 13 lines 37 1 56 lines gsave 97 320 translate 400 290 scale /DeviceRGB setcolorspace {source} grestore"
    script = "<< /NeverEmbed [] >> setdistillerparams" + LINES + f"{page} showpage\n" * pages
    path.write_bytes(drawn(script, "pdfwrite", 595, 842, DPI_OF_POINTS, f"--permit-file-read={picture}"))


def finer(row: bytes) -> bytes:
    """Return a row with each pixel followed by its mean with the next."""
    made = bytearray(2 * len(row))
    made[::2], made[1::2] = row, mean(row, row[1:] + row[-1:])
    return bytes(made)


def mean(one: bytes, other: bytes) -> bytes:
    """Return the mean of two rows."""
    here, there = number(one), number(other)
    halves = ((here ^ there) & number(b"\xfe" * len(one))) >> 1
    return ((here & there) + halves).to_bytes(len(one), "little")


def number(row: bytes) -> int:
    """Return bytes as a number, to work with all of them at once."""
    return int.from_bytes(row, "little")


def cut(pixels: bytes, stride: int) -> "list[bytes]":
    """Return the rows of pixels."""
    return [pixels[at : at + stride] for at in range(0, len(pixels), stride)]
