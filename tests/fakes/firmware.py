"""Files like the firmware of printers that forget it: the wrapping is HP's, what it holds is noise."""

import random

NOISE = random.Random(1020).randbytes(100_000)
PROGRAM = b"\x7fELF" + NOISE  # as HP's driver has it for the LaserJet 1005
DATED = b"20050309" + PROGRAM  # ... and for the LaserJet 1020 and later
DOWNLOAD = (
    b"\x1b%-12345X@PJL ENTER LANGUAGE=ACL\r\n\x00\xac\xc0\xde"
    + len(PROGRAM).to_bytes(4, "big")
    + DATED
    + b"\x1b%-12345X"
)
