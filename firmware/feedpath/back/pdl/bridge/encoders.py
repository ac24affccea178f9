"""The encoders of foo2zjs: programs that make of bitmaps what lasers without a language of their own take.

Their PPD files call them by shell scripts, foo2*-wrapper, which first draw the document by Ghostscript. Pages are drawn
here, so that only the scripts' figures are needed: how many pixels a sheet has, how far from its edges the machine
prints, and what the encoder is told where nothing is chosen. All is of foo2zjs 20200505.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

BASE = (1200, 600)  # dots per inch of all pixels below
WHOLE = 8  # pixels: encoders cut off whole bytes on the left, and the rest of them on the right
WORD = re.compile(r"-([A-Za-z])([0-9x]*)")  # what an option may be: no word of a file goes to a program otherwise

Clip = tuple[int, int, int, int]  # pixels from the left, upper, right and lower edge


class Encoder(NamedTuple):
    """An encoder. options: the letters of those that its script hands on; usual: what it is told where nothing is
    chosen; clips: of the sheets that it knows, by their names in PPD files; resolution: where a file names none.
    """

    program: str
    options: str
    usual: "Mapping[str, str]"
    clips: "Mapping[str, Clip]"
    resolution: "tuple[int, int]" = BASE
    sheets: "Mapping[str, tuple[int, int]]" = MappingProxyType({})
    scales_rows: bool = False  # whether clips above and below change with the resolution
    clips_all: bool = True  # whether it is told of clips at all
    media: "Mapping[str, str]" = MappingProxyType({})  # what its script tells it instead of some kinds of paper

    def sheet(self, name: str, resolution: "tuple[int, int]") -> "tuple[int, int]":
        """Return the pixels of a sheet, across and down."""
        width, height = self.sheets.get(name) or SHEETS[name]
        return width * resolution[0] // BASE[0], height * resolution[1] // BASE[1]

    def clip(self, name: str, resolution: "tuple[int, int]", words: "Mapping[str, str]") -> Clip:
        """Return what the encoder cuts off a sheet, where it is told these words besides."""
        left, top, right, bottom = self.clips[name]
        across, down = resolution
        if name == "A4" and across == 600 and "P" in words and self.a4:
            left = right = self.a4
        if self.scales_rows:
            top, bottom = top * down // BASE[1], bottom * down // BASE[1]
        return left * across // BASE[0], top, right * across // BASE[0], bottom

    @property
    def a4(self) -> int:
        """Return how many pixels from the sides of A4 at least nothing must stand."""
        return LASERJET_1000_A4 if self.program == "foo2zjs" and self.clips is MINOLTA else 0

    def takes(self, texts: "Iterable[str]") -> bool:
        """Return whether any of these options goes on to the program."""
        return any(match is not None and match[1] in self.options for match in map(WORD.fullmatch, texts))

    def words(self, texts: "Iterable[str]") -> "dict[str, str]":
        """Return the options that go on to the program, by their letters; later ones go before earlier ones."""
        words = dict(self.usual)
        for text in texts:
            match = WORD.fullmatch(text)
            if match is not None and match[1] in self.options:
                words[match[1]] = match[2]
        words["m"] = self.media.get(words["m"], words["m"])
        return words


SHEETS = {
    "A4": (9920, 7016), "A5": (6992, 4960), "A6": (4960, 3496), "B5": (8598, 6070), "B5ISO": (8316, 5904),
    "B5iso": (8314, 5906), "B5jis": (8598, 6070), "DoublePostcard": (6996, 4722), "Env10": (4950, 5700),
    "EnvC5": (7650, 5408), "EnvC6": (5386, 3826), "EnvDL": (5200, 5200), "EnvISOB5": (8316, 5892),
    "EnvMonarch": (4650, 4500), "Executive": (8700, 6300), "FanfoldGermanLegal": (10200, 7800),
    "Folio": (10200, 7800), "Legal": (10200, 8400), "Legal135": (10200, 8100), "Letter": (10200, 6600),
    "Photo10x15": (4818, 3590), "Photo4x6": (4800, 3600), "Photo5x8": (6000, 4800), "Postcard": (4728, 3498),
    "w522h737": (8692, 6142), "w553h765": (9212, 6378), "w558h774": (9306, 6448),
}  # fmt: skip
LASERJET_1000_A4 = 224  # it prints blank pages where something stands beyond


def _alike(across: int, down: int, *names: str) -> "dict[str, Clip]":
    return dict.fromkeys(names, (across, down, across, down))


ENVELOPES: "dict[str, Clip]" = {
    **_alike(171, 78, "Env10"), "EnvC5": (170, 80, 169, 80), **_alike(176, 84, "EnvDL"), **_alike(174, 74, "EnvISOB5"),
    "EnvMonarch": (174, 78, 173, 78),
}  # fmt: skip
CHINESE = {**_alike(122, 87, "w522h737"), **_alike(126, 87, "w553h765"), **_alike(173, 84, "w558h774")}
MINOLTA: "dict[str, Clip]" = {
    **ENVELOPES, **dict.fromkeys(("Letter", "Legal"), (204, 102, 204, 106)), **_alike(200, 100, "A4", "A5"),
    **_alike(207, 107, "B5", "B5iso"), **_alike(206, 102, "Executive"),
}  # fmt: skip
LASERJET = {
    **ENVELOPES, **CHINESE, **_alike(126, 87, "Postcard", "DoublePostcard"), "A6": (174, 78, 173, 78),
    **_alike(192, 96, "Letter", "Legal", "FanfoldGermanLegal", "Executive", "A4", "A5", "B5", "B5ISO", "Photo4x6",
             "Photo5x8", "Photo10x15"),
}  # fmt: skip
XQX = {
    **ENVELOPES, **CHINESE, **_alike(177, 84, "Letter"), **_alike(177, 96, "Legal"), **_alike(176, 84, "A4"),
    **_alike(192, 96, "A5", "B5", "Executive"),
}  # fmt: skip
LASERJET_2600: "dict[str, Clip]" = {
    **_alike(172, 80, "Letter", "Legal"), **_alike(176, 84, "A4", "EnvDL"), **_alike(176, 80, "A5"),
    "B5": (172, 83, 170, 83), **_alike(170, 78, "Env10"), "EnvC5": (170, 80, 168, 80), **_alike(174, 74, "EnvISOB5"),
    "EnvMonarch": (174, 78, 172, 78), **_alike(174, 78, "Executive"),
}  # fmt: skip
LAVAFLOW: "dict[str, Clip]" = {
    **_alike(204, 100, "Letter"), **_alike(204, 104, "Legal"), **_alike(206, 110, "Executive"),
    **_alike(208, 100, "A4"), **_alike(216, 112, "A5"), "B5iso": (206, 105, 204, 105), "B5jis": (204, 107, 202, 107),
    "Env10": (204, 114, 202, 114), "EnvC5": (210, 112, 208, 112), "EnvC6": (214, 105, 212, 105),
    **_alike(216, 104, "EnvDL"), "EnvMonarch": (214, 106, 212, 106), **_alike(224, 104, "Photo4x6"),
    **_alike(201, 115, "Photo10x15"),
}  # fmt: skip
QPDL = {
    **_alike(150, 100, "Letter", "Legal", "Executive", "FanfoldGermanLegal", "Folio", "A4", "EnvC5", "EnvC6",
             "EnvMonarch"),
    **_alike(168, 100, "A5", "EnvDL"), **_alike(176, 100, "A6"), **_alike(189, 100, "B5iso"),
    **_alike(138, 100, "B5jis"), **_alike(171, 100, "Env10"),
}  # fmt: skip
HIPERC = _alike(150, 100, "Letter", "Legal", "Legal135", "Executive", "A4", "A5", "A6", "B5jis", "Env10", "EnvC5",
                "EnvDL", "EnvMonarch")  # fmt: skip
DDST = _alike(0, 0, "Letter", "Legal", "Executive", "A4", "A5", "B5jis", "w522h737", "w553h765", "w558h774")

OPTIONS = "cdmnprstPXL"  # of all of them
ONCE = {"n": "1", "d": "1"}
ZJS_USUAL = {**ONCE, "m": "1", "s": "7", "z": "0", "T": "3"}
LASERJET_ZJS = Encoder("foo2zjs", OPTIONS + "zT", ZJS_USUAL, LASERJET, sheets={"A6": (4956, 3498)})
LAVA = Encoder("foo2lava", OPTIONS + "z", {**ONCE, "m": "0", "s": "255", "z": "0"}, LAVAFLOW)

ENCODERS = {  # the script, the model that it is told by -z: what it runs. Not those for paper that is fed sideways
    ("foo2zjs-wrapper", "0"): Encoder("foo2zjs", OPTIONS + "zT", ZJS_USUAL, MINOLTA),
    **{("foo2zjs-wrapper", model): LASERJET_ZJS for model in "123"},
    ("foo2xqx-wrapper", "0"): Encoder("foo2xqx", OPTIONS + "T", {**ONCE, "m": "1", "s": "7", "T": "3"}, XQX),
    **{("foo2hp2600-wrapper", model): Encoder("foo2hp", OPTIONS, {**ONCE, "m": "1", "s": "7", "b": "1"},
                                              LASERJET_2600, (600, 600)) for model in "01"},
    ("foo2lava-wrapper", "0"): LAVA,
    ("foo2lava-wrapper", "2"): LAVA,
    **{("foo2qpdl-wrapper", model): Encoder("foo2qpdl", OPTIONS + "z", {**ONCE, "m": "0", "s": "1", "z": "0"}, QPDL,
                                            sheets={"Folio": (9922, 7796)}) for model in "0123"},
    ("foo2slx-wrapper", "0"): Encoder("foo2slx", OPTIONS + "z", {**ONCE, "m": "0", "s": "0", "z": "0"}, MINOLTA,
                                      sheets={"B5iso": (8220, 6024)}),
    ("foo2hiperc-wrapper", "0"): Encoder("foo2hiperc", OPTIONS + "Z", {**ONCE, "m": "0", "s": "0"}, HIPERC,
                                         (600, 600), scales_rows=True),
    ("foo2hbpl2-wrapper", "0"): Encoder("foo2hbpl2", OPTIONS + "z", {**ONCE, "m": "1", "s": "1", "z": "0"}, QPDL,
                                         media={"8": "1", "9": "2", "10": "3", "11": "4", "12": "7"}),
    ("foo2ddst-wrapper", "0"): Encoder("foo2ddst", OPTIONS + "T", {**ONCE, "m": "1", "s": "1", "T": "3"}, DDST,
                                       (600, 600), clips_all=False),
}  # fmt: skip


def find(command: str, texts: "Iterable[str]") -> "Encoder | None":
    """Return the encoder that a script runs when it is told these options, None where there is none for us."""
    models = [match[2] for match in map(WORD.fullmatch, texts) if match is not None and match[1] == "z"]
    return ENCODERS.get((command, models[-1] if models else "0"))
