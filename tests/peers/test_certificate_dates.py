"""OpenSSL finds our certificate valid at dates that clocks without a battery, or of 32 bits, get wrong."""

import calendar
import subprocess
from pathlib import Path

import pytest

from feedpath.front.http.certificate import make


@pytest.mark.parametrize("date", [(1970, 1, 1, 0, 0, 1), (2038, 1, 20), (2106, 2, 8), (9999, 1, 1)])
def test_the_certificate_is_valid_at_any_date(programs: None, tmp_path: Path, date: "tuple[int, ...]") -> None:
    path = str(make(tmp_path, ["pi"]))
    seconds = str(calendar.timegm((*date, 0, 0, 0)))
    verify = (
        "openssl",
        "verify",
        "-attime",
        seconds,
        "-purpose",
        "sslserver",
        "-partial_chain",
        "-trusted",
        path,
        path,
    )
    told = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
