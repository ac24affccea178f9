"""IEEE 1284 device ids: what a printer says about itself in one string (IEEE 1284, 7.6; USB Printer Class 1.1, 4.2.1).

Pure and tolerant: any bytes give some DeviceId, an empty one in the worst case, never an error.
"""

import re

SHORTEST = 14  # two length bytes and "MFG:x;MDL:y;"

KEYS = {  # the long forms that printers use, and the short ones they mean
    "MANUFACTURER": "MFG",
    "MODEL": "MDL",
    "COMMAND SET": "CMD",
    "COMMANDSET": "CMD",
    "CLASS": "CLS",
    "DESCRIPTION": "DES",
    "SERIALNUMBER": "SN",
    "SERIAL NUMBER": "SN",
    "SERN": "SN",
    "COMPATIBLEID": "CID",
    "COMPATIBLE ID": "CID",
}

MAKES = {"hewlett-packard": "HP", "lexmark international": "Lexmark"}  # as their other printers call themselves

SEPARATORS = re.compile(r"[;\x00-\x1f]+")  # some write NUL between the fields


class DeviceId:
    """What a device id tells. text: all of it, each field ended by a semicolon; fields: its values by short key."""

    def __init__(self, text: str = ""):
        pairs = [part.strip() for part in SEPARATORS.split(text) if part.strip()]
        self.text = "".join(f"{pair};" for pair in pairs)
        self.fields: dict[str, str] = {}
        for pair in pairs:
            key, colon, value = pair.partition(":")
            key = key.strip().upper()
            if colon and value.strip():
                self.fields.setdefault(KEYS.get(key, key), value.strip())

    @property
    def make(self) -> str:
        """Return the maker, from the model or the description if it is not told by itself; "" when unknown."""
        make = self.fields.get("MFG", "")
        if not make:
            make = (self.fields.get("MDL", "") or self.fields.get("DES", "")).partition(" ")[0]
        return MAKES.get(make.lower(), make)

    @property
    def model(self) -> str:
        """Return the model without the maker's name before it; "" when unknown."""
        model = self.fields.get("MDL", "") or self.fields.get("DES", "")
        for make in (self.fields.get("MFG", ""), self.make):
            if make and model.lower().startswith(make.lower() + " "):
                return model[len(make) :].strip()
        return model

    @property
    def serial(self) -> str:
        """Return the serial number, "" when there is none."""
        return self.fields.get("SN", "")

    @property
    def commands(self) -> tuple[str, ...]:
        """Return the languages that it understands, in its own words and order."""
        return tuple(word.strip() for word in self.fields.get("CMD", "").split(",") if word.strip())


def decode(answer: bytes) -> DeviceId:
    """Return the device id in the answer to GET_DEVICE_ID: a length of two bytes, then text."""
    start, end = _bounds(answer)
    text = answer[start:end]
    try:
        return DeviceId(text.decode("utf-8"))
    except UnicodeDecodeError:
        return DeviceId(text.decode("latin-1"))


def _bounds(answer: bytes) -> tuple[int, int]:
    """Return where the text begins and ends.

    The length is big-endian and counts itself, says the standard. Some printers store it little-endian, leave its own
    two bytes out of it, claim more than they send, or send none.
    """
    for length in (int.from_bytes(answer[:2], "big"), int.from_bytes(answer[:2], "little")):
        if SHORTEST <= length <= len(answer):
            ended = answer[length - 1 : length] == b";"
            left_out = answer.find(b";", length, length + 2)
            return 2, length if ended or left_out < 0 else left_out + 1
    return (0 if answer[:2].isalpha() else 2), len(answer)
