"""What machines call themselves in their device ids, as drivers and tables call them."""

MAKES = {"hewlett-packard": "hp", "hewlett packard": "hp", "hewlett": "hp", "lexmark international": "lexmark",
         "samsung electronics": "samsung", "oki data corp": "oki", "okidata": "oki",
         "fuji xerox": "fujixerox"}  # fmt: skip
LONG_KEYS = {"MANUFACTURER": "MFG", "MODEL": "MDL", "COMMAND SET": "CMD", "DESCRIPTION": "DES"}


def fields(device_id: str) -> "dict[str, str]":
    """Return the values in a device id by their short keys; the first of each counts."""
    found: dict[str, str] = {}
    for pair in device_id.split(";"):
        key, colon, value = pair.partition(":")
        key = key.strip().upper()
        if colon and value.strip():
            found.setdefault(LONG_KEYS.get(key, key), value.strip())
    return found


def make(name: str) -> str:
    """Return a maker's name in small letters, as others call it."""
    small = " ".join(name.lower().split()).removesuffix(".")
    return MAKES.get(small, small)
