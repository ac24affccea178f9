"""The pass-through driver: documents go to the machine as they are, since it speaks their language itself."""

from feedpath.back.pdl.supplies import supplies
from feedpath.core import media
from feedpath.core.driver import Capabilities, Driver, Facts

RAW = "application/vnd.cups-raw"  # unknown language, as on raw port 9100; announced where nothing else is known

LANGUAGES = (  # IEEE 1284 CMD token, as the machines in the field spell it -> the documents that it takes
    ("URF", "image/urf"),
    ("AIRPRINT", "image/urf"),
    ("PWG", "image/pwg-raster"),
    ("PWGRASTER", "image/pwg-raster"),
    ("JPEG", "image/jpeg"),
    ("JPG", "image/jpeg"),
    ("PDF", "application/pdf"),
)
NO_DRIVER = ("cups-missing-filter-warning",)  # CUPS' word for it, which its clients know
PJL_EXIT = b"\x1b%-12345X"  # Universal Exit Language: HP PJL Technical Reference Manual, ends any language

URF = ("V1.4", "CP1", "W8", "SRGB24", "RS300-600", "DM1", "PQ3-4-5", "IS1", "MT1", "OB10")
PWG_TYPES = ("sgray_8", "srgb_8", "black_1")


def formats(commands: "tuple[str, ...]") -> "tuple[str, ...]":
    """Return the MIME types that a machine with these CMD tokens takes as they are, in the order of LANGUAGES."""
    spoken = {command.upper().replace("-", "") for command in commands}
    return tuple(dict.fromkeys(format for token, format in LANGUAGES if token in spoken))


class PassThrough(Driver):
    """Sends documents untouched; ends broken ones by PJL where the machine speaks it.

    commands: the tokens of the machine's IEEE 1284 CMD field. letter_first: whether Letter is offered before A4.
    """

    def __init__(self, commands: "tuple[str, ...]", letter_first: bool):
        taken = formats(commands) or (RAW,)
        sizes = media.ordered(media.NAMES, letter_first)
        super().__init__(
            "pass-through",
            Capabilities(
                formats=taken,
                streamable=frozenset((*taken, RAW)),
                media=sizes,
                media_default=sizes[0].name,
                media_ready=(sizes[0].name,),
                sides=("one-sided", "two-sided-long-edge", "two-sided-short-edge"),
                color=True,
                resolutions=((300, 300), (600, 600)),
                qualities=("draft", "normal", "high"),
                urf=URF if "image/urf" in taken else (),
                pwg_types=PWG_TYPES if "image/pwg-raster" in taken else (),
            ),
        )
        if taken == (RAW,):
            self.reasons = NO_DRIVER
        self._exit = PJL_EXIT if "PJL" in commands else b""

    def read_id(self, device_id: str) -> Facts:
        """Return the supplies that the device id tells."""
        return Facts(supplies=supplies(device_id))

    def abort(self) -> bytes:
        """Return the bytes that end a broken job, none where only a reset can."""
        return self._exit
