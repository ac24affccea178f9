"""What the owner of the printers wants of every job, whatever it asks: the settings of printing, and what they change.

A field is called as its row of settings.TABLE is; "auto", 0 and "" leave things as the machine's model has them.
"""

from typing import Any, NamedTuple

from feedpath.back.pdl.order import Machine, Order
from feedpath.core import media
from feedpath.core.driver import Capabilities

AUTO, SKIP = "auto", "skip"
HALFTONES = {"blue-noise": "blue-noise", "error-diffusion": "diffusion"}  # names of halftone.METHODS
ROLLS = {"58mm": "om_receipt_58x297mm", "80mm": "om_receipt_80x297mm"}  # keys of escpos.MODELS: what is loaded
CLASSES = {"mm": "om", "in": "oe"}  # PWG 5101.1, 5: other sizes, metric and English
MOST_DARKNESS = 30  # ZPL's ~SD


class Preferences(NamedTuple):
    """The settings."""

    dot_gain: int = 0
    halftone: str = AUTO
    blank_pages: str = "print"
    receipt_roll: str = AUTO
    receipt_cut: str = AUTO
    receipt_feed: int = 0
    receipt_drawer: str = "none"
    receipt_drawer_pin: str = "2"
    label_size: str = ""
    label_darkness: int = 0
    label_speed: int = 0
    label_tracking: str = AUTO

    def order(self, order: Order) -> Order:
        """Return an order as it is with these settings."""
        return order._replace(
            machine=self.machine(order.machine, order.language),
            halftone=HALFTONES.get(self.halftone, ""),
            skip_blank=self.blank_pages == SKIP,
        )

    def machine(self, machine: Machine, language: str) -> Machine:
        """Return a machine that is written for in `language` as it is with these settings."""
        traits = {**machine.traits, **TRAITS[language](self)} if language in TRAITS else machine.traits
        return machine._replace(
            gain=self.dot_gain / 100 or machine.gain,
            roll=traits.get("dots", machine.roll) if machine.roll else 0,
            media=self._medium(language) or machine.media,
            traits=traits,
        )

    def offered(self, capabilities: Capabilities, language: str) -> Capabilities:
        """Return what a machine offers with these settings: its usual paper comes first."""
        name = self._medium(language)
        if not name:
            return capabilities
        known = {one.name: one for one in capabilities.media}
        usual = capabilities.media[0]
        sized = media.size(name)._replace(left=usual.left, right=usual.right, top=usual.top, bottom=usual.bottom)
        first = known.pop(name, sized)
        return capabilities._replace(media=(first, *known.values()), media_default=name, media_ready=(name,))

    def _medium(self, language: str) -> str:
        """Return the name of the paper that is loaded, "" where no setting tells."""
        if language == "escpos":
            return ROLLS.get(self.receipt_roll, "")
        if language == "zpl" and self.label_size:
            return f"{CLASSES[self.label_size[-2:]]}_label_{self.label_size}"
        return ""


def _receipts(wanted: Preferences) -> "dict[str, Any]":
    """Return the Traits of receipt printers that are set."""
    from feedpath.back.pdl import escpos  # a machine pays for its own language only

    told: "dict[str, Any]" = {}
    if wanted.receipt_roll != AUTO:
        model = escpos.MODELS[wanted.receipt_roll]
        told.update(dots=model.dots, lines=model.lines, cut=model.cut)
    if wanted.receipt_cut != AUTO:
        told["cut"] = wanted.receipt_cut
    if wanted.receipt_feed:
        told["lines"] = wanted.receipt_feed
    if wanted.receipt_drawer != "none":
        told.update(drawer=int(wanted.receipt_drawer_pin), first=wanted.receipt_drawer == "before")
    return told


def _labels(wanted: Preferences) -> "dict[str, Any]":
    """Return the Traits of label printers that are set."""
    told: "dict[str, Any]" = {}
    if wanted.label_darkness:
        told["darkness"] = max(1, round(wanted.label_darkness * MOST_DARKNESS / 100))
    if wanted.label_speed:
        told["speed"] = wanted.label_speed
    if wanted.label_tracking != AUTO:
        told["tracking"] = wanted.label_tracking
    return told


TRAITS = {"escpos": _receipts, "zpl": _labels}
