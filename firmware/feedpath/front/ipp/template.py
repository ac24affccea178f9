"""Job template attributes as data: what a printer can be asked, and what it can (RFC 8011, 5.2; PWG 5100.x).

Each row gives a printer's NAME-default and NAME-supported, and judges NAME where a job asks for it. The source is a
section of RFC 8011 where no other document is named.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from feedpath.core.driver import Capabilities, Media
from feedpath.front.ipp import values
from feedpath.front.ipp.wire import Attribute

PORTRAIT = 3  # orientation-requested; documents are printed as they are
NO_FINISHING = 3  # finishings
QUALITIES = {"draft": 3, "normal": 4, "high": 5}  # RFC 8011, 5.2.13
COLLATED, UNCOLLATED = "separate-documents-collated-copies", "separate-documents-uncollated-copies"  # RFC 8011, 5.2.4
NO_HOLD, INDEFINITE = "no-hold", "indefinite"  # RFC 8011, 5.2.2
SIZE_TOLERANCE = 100  # hundredths of a mm that clients are off where they compute sizes in points


class Row(NamedTuple):
    """An attribute that a job may ask: its tag; a printer's default and what it supports, by its capabilities."""

    name: str
    tag: int
    default: "Callable[[Capabilities], Any]"
    supported_tag: int
    supported: "Callable[[Capabilities], Any]"
    section: str


def colors(c: Capabilities) -> "list[str]":
    """Return the print-color-mode keywords of a printer."""
    return ["auto", "color", "monochrome"] if c.color else ["auto", "monochrome"]


def resolutions(c: Capabilities) -> "list[tuple[int, int, int]]":
    """Return printer-resolution-supported."""
    return [(cross_feed, feed, values.DPI) for cross_feed, feed in c.resolutions]


def qualities(c: Capabilities) -> "list[int]":
    """Return the print-quality enums of a printer."""
    return [QUALITIES[quality] for quality in c.qualities]


def handlings(c: Capabilities) -> "list[str]":
    """Return multiple-document-handling-supported."""
    return [COLLATED, UNCOLLATED] if c.copies > 1 else [COLLATED]


def default_quality(c: Capabilities) -> int:
    """Return print-quality-default."""
    return QUALITIES["normal" if "normal" in c.qualities else c.qualities[0]]


KEYWORD, ENUM, INTEGER, BOOLEAN = values.KEYWORD, values.ENUM, values.INTEGER, values.BOOLEAN
RANGE, RESOLUTION = values.RANGE, values.RESOLUTION

ROWS = (
    Row("copies", INTEGER, lambda c: 1, RANGE, lambda c: (1, c.copies), "5.2.5"),
    Row("finishings", ENUM, lambda c: NO_FINISHING, ENUM, lambda c: [NO_FINISHING], "5.2.6"),
    Row("job-hold-until", KEYWORD, lambda c: NO_HOLD, KEYWORD, lambda c: [NO_HOLD, INDEFINITE], "5.2.2"),
    Row("job-sheets", KEYWORD, lambda c: "none", KEYWORD, lambda c: ["none"], "5.2.3"),
    Row("media", KEYWORD, lambda c: c.media_default, KEYWORD, lambda c: [m.name for m in c.media], "5.2.11"),
    Row("multiple-document-handling", KEYWORD, lambda c: COLLATED, KEYWORD, handlings, "5.2.4"),
    Row("number-up", INTEGER, lambda c: 1, INTEGER, lambda c: list(c.number_up), "5.2.9"),
    Row("orientation-requested", ENUM, lambda c: PORTRAIT, ENUM, lambda c: list(c.orientations), "5.2.10"),
    Row("output-bin", KEYWORD, lambda c: c.output_bins[0], KEYWORD, lambda c: list(c.output_bins), "PWG 5100.2, 2.1"),
    Row("page-ranges", RANGE, lambda c: None, BOOLEAN, lambda c: c.page_ranges, "5.2.7"),
    Row("print-color-mode", KEYWORD, lambda c: "auto", KEYWORD, colors, "PWG 5100.13"),
    Row("print-content-optimize", KEYWORD, lambda c: "auto", KEYWORD, lambda c: ["auto"], "PWG 5100.7"),
    Row("print-quality", ENUM, default_quality, ENUM, qualities, "5.2.13"),
    Row("print-rendering-intent", KEYWORD, lambda c: "auto", KEYWORD, lambda c: ["auto"], "PWG 5100.13"),
    Row("print-scaling", KEYWORD, lambda c: "auto", KEYWORD, lambda c: list(c.scalings), "PWG 5100.13"),
    Row("printer-resolution", RESOLUTION, lambda c: resolutions(c)[0], RESOLUTION, resolutions, "5.2.12"),
    Row("sides", KEYWORD, lambda c: c.sides[0], KEYWORD, lambda c: list(c.sides), "5.2.8"),
)  # fmt: skip

SEVERAL = ("finishings", "page-ranges")  # those that may have several values
BY_NAME = {row.name: row for row in ROWS}
NAMES = (*BY_NAME, "media-col", "overrides")

PAGES, DOCUMENT = "pages", ("document-numbers", "document-number")  # ipp-everywhere.test has it without the s
OVERRIDABLE = ("media", "media-col", "orientation-requested", "print-scaling")
OVERRIDES = (PAGES, *DOCUMENT, *OVERRIDABLE)  # PWG 5100.6: what `overrides` may name, and change

MARGINS = ("media-bottom-margin", "media-left-margin", "media-right-margin", "media-top-margin")
MEDIA_COL = ("media-size", "media-size-name", *MARGINS, "media-source", "media-type")  # PWG 5100.7


def names(c: Capabilities) -> "list[str]":
    """Return the names of the attributes that a job can ask of a printer."""
    return [row.name for row in ROWS if row.supported(c) is not False] + ["media-col"] + ["overrides"] * c.overrides


def margins(media: Media) -> "tuple[int, int, int, int]":
    """Return a medium's margins in the order of MARGINS."""
    return media.bottom, media.left, media.right, media.top


def media_size(media: Media) -> "list[Attribute]":
    """Return a media-size collection."""
    return [
        Attribute("x-dimension", [(values.INTEGER, media.width)]),
        Attribute("y-dimension", [(values.INTEGER, media.length)]),
    ]


def media_col(media: Media, source: str = "", type: str = "") -> "list[Attribute]":
    """Return a media-col collection; without source or type it stands for any."""
    members = [
        Attribute("media-size", [(values.BEGIN_COLLECTION, media_size(media))]),
        Attribute("media-size-name", [(values.KEYWORD, media.name)]),
    ]
    for name, margin in zip(MARGINS, margins(media), strict=True):
        members.append(Attribute(name, [(values.INTEGER, margin)]))
    if source:
        members.append(Attribute("media-source", [(values.KEYWORD, source)]))
    if type:
        members.append(Attribute("media-type", [(values.KEYWORD, type)]))
    return members


def judge(attributes: "Sequence[Attribute]", c: Capabilities) -> "tuple[dict[str, object], list[Attribute]]":
    """Return the options that a job asks and can have, and what cannot be had, as the unsupported group names it."""
    options: "dict[str, object]" = {}
    unsupported: "list[Attribute]" = []
    for attribute in attributes:
        row = BY_NAME.get(attribute.name)
        if attribute.name == "media-col":
            unsupported += _judge_media_col(attribute, c, options)
        elif attribute.name == "overrides" and c.overrides:
            unsupported += _judge_overrides(attribute, c, options)
        elif row is None or row.supported(c) is False:
            unsupported.append(Attribute(attribute.name, [(values.UNSUPPORTED, None)]))
        else:
            taken, refused = _divide(row, attribute.pairs, c)
            if taken:
                options[attribute.name] = taken[0] if len(taken) == 1 else taken
            if refused:
                unsupported.append(Attribute(attribute.name, refused))
    return options, unsupported


def _divide(row: Row, pairs: "list[tuple[int, Any]]", c: Capabilities) -> "tuple[list[Any], list[tuple[int, Any]]]":
    """Return the values that the printer supports, and the pairs that it does not (RFC 8011, 4.1.7)."""
    if len(pairs) > 1 and row.name not in SEVERAL:
        return [], pairs
    refused = [pair for pair in pairs if not _accepts(row, *pair, row.supported(c))]
    return [value for tag, value in pairs if (tag, value) not in refused], refused


def _accepts(row: Row, tag: int, value: "Any", supported: "Any") -> bool:
    if tag != row.tag and (row.tag, tag) != (values.KEYWORD, values.NAME):
        return False
    if row.supported_tag == values.RANGE:
        return bool(supported[0] <= value <= supported[1])
    return supported is True or value in supported


def _judge_media_col(attribute: Attribute, c: Capabilities, options: "dict[str, object]") -> "list[Attribute]":
    """Put what media-col asks into `options` as single keywords; return it with those members that cannot be had."""
    if len(attribute.pairs) != 1 or attribute.pairs[0][0] != values.BEGIN_COLLECTION:
        return [attribute]
    refused = []
    for member in attribute.value:
        judgement = MEMBERS.get(member.name)
        found = judgement(member, c) if judgement is not None else None
        if found is None:
            refused.append(member)
        else:
            options.update(found)
    return [Attribute("media-col", [(values.BEGIN_COLLECTION, refused)])] if refused else []


def _judge_overrides(attribute: Attribute, c: Capabilities, options: "dict[str, object]") -> "list[Attribute]":
    """Put what is asked of single pages into `options`; return it with those members that cannot be had."""
    taken: "list[dict[str, object]]" = []
    refused: "list[tuple[int, Any]]" = []
    for tag, members in attribute.pairs:
        override, unsupported = _override(members, c) if tag == values.BEGIN_COLLECTION else ({}, members)
        if override:
            taken.append(override)
        if unsupported:
            refused.append((tag, unsupported))
    if taken:
        options["overrides"] = taken
    return [Attribute("overrides", refused)] if refused else []


def _override(members: "Sequence[Attribute]", c: Capabilities) -> "tuple[dict[str, object], list[Attribute]]":
    """Return what is asked of some pages of the one document that there is, and what of that cannot be had."""
    where = {member.name: member.pairs for member in members if member.name in (PAGES, *DOCUMENT)}
    wrong = [Attribute(name, pairs) for name, pairs in where.items() if not all(_rises(*pair) for pair in pairs)]
    if wrong:
        return {}, wrong
    options, refused = judge([member for member in members if member.name in OVERRIDABLE], c)
    unknown = [member.name for member in members if member.name not in OVERRIDES]
    refused += [Attribute(name, [(values.UNSUPPORTED, None)]) for name in unknown]
    elsewhere = any(name != PAGES and all(first > 1 for _, (first, _) in pairs) for name, pairs in where.items())
    if not options or elsewhere:
        return {}, refused
    if PAGES in where:
        options[PAGES] = [list(pages) for _, pages in where[PAGES]]
    return options, refused


def _rises(tag: int, value: "Any") -> bool:
    return tag == values.RANGE and 1 <= value[0] <= value[1]


def overrides(asked: "Sequence[dict[str, Any]]") -> "list[list[Attribute]]":
    """Return the collections that tell what was asked of single pages."""
    return [_told(override) for override in asked]


def _told(override: "dict[str, Any]") -> "list[Attribute]":
    named = [Attribute(name, [(BY_NAME[name].tag, value)]) for name, value in override.items() if name in BY_NAME]
    placed = [Attribute(name, [(values.KEYWORD, value)]) for name, value in override.items() if name in MEDIA_COL]
    pages = [(values.RANGE, tuple(pages)) for pages in override.get(PAGES, ())]
    column = [Attribute("media-col", [(values.BEGIN_COLLECTION, placed)])] if placed else []
    return ([Attribute(PAGES, pages)] if pages else []) + named + column


def _size(member: Attribute, c: Capabilities) -> "dict[str, object] | None":
    if member.pairs[0][0] != values.BEGIN_COLLECTION:
        return None
    asked = {dimension.name: dimension.value for dimension in member.value}
    width, length = asked.get("x-dimension"), asked.get("y-dimension")
    if not isinstance(width, int) or not isinstance(length, int):
        return None
    media = min(c.media, key=lambda media: abs(media.width - width) + abs(media.length - length))
    near = abs(media.width - width) <= SIZE_TOLERANCE and abs(media.length - length) <= SIZE_TOLERANCE
    return {"media": media.name} if near else None


def _one_of(name: str, supported: "Callable[[Capabilities], Sequence[str]]") -> "Judgement":
    return lambda member, c: {name: member.value} if member.value in supported(c) else None


def _margin(index: int) -> "Judgement":
    return lambda member, c: {} if member.value in [margins(media)[index] for media in c.media] else None


Judgement = Callable[[Attribute, Capabilities], "dict[str, object] | None"]
MEMBERS: "dict[str, Judgement]" = {
    "media-size": _size,
    "media-size-name": _one_of("media", lambda c: [media.name for media in c.media]),
    "media-source": _one_of("media-source", lambda c: c.sources),
    "media-type": _one_of("media-type", lambda c: c.types),
    **{name: _margin(index) for index, name in enumerate(MARGINS)},
}
