"""The claim code: what proves that someone is at the machine, until it has an owner.

It is random: neither serial number nor address tell it.
"""


from feedpath import files

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: they look like others, on a console or spoken
LENGTH = 16  # log2(30 ** 16) = 78.5 bits; 64 is the least for a secret that may be tried over a network
GROUP = 4


def load(path: str) -> str:
    """Return the code kept in the file at `path`, which is made at the first start, for its owner's eyes only."""
    try:
        with open(path, encoding="ascii") as file:
            code = letters(file.read())
    except (FileNotFoundError, UnicodeDecodeError):
        code = ""
    if len(code) != LENGTH or code.strip(LETTERS):
        code = make()
        files.replace(path, grouped(code) + "\n", private=True)
    return grouped(code)


def make() -> str:
    """Return a new random code without groups."""
    import secrets

    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def letters(text: str) -> str:
    """Return the letters of a code as someone typed it: any case, with spaces and dashes or without."""
    return "".join(text.split()).replace("-", "").upper()


def grouped(code: str) -> str:
    """Return the code as people read it: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def same(typed: str, code: str) -> bool:
    """Return whether `typed` is the code, in a time that does not tell how much of it is right."""
    import hmac

    return hmac.compare_digest(letters(typed).encode(errors="replace"), letters(code).encode())
