"""LPD: bytes to values."""

import pytest

from feedpath.errors import WireError
from feedpath.front.lpd import wire
from feedpath.front.lpd.wire import Command, Part, Wanted


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"\x01lp", Command(1, "lp", ())),
        (b"\x02lp", Command(2, "lp", ())),
        (b"\x02", Command(2, "", ())),
        (b"\x03lp mary 12", Command(3, "lp", ("mary", "12"))),
        (b"\x04lp ", Command(4, "lp", ())),
        (b"\x05lp mary 7 8", Command(5, "lp", ("mary", "7", "8"))),
        ("\x02Büro".encode(), Command(2, "Büro", ())),
        ("\x02Büro".encode("latin-1"), Command(2, "Büro", ())),
    ],
)
def test_a_command_is_read(line, expected):
    assert wire.command(line) == expected


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"\x01", Part(1, 0, "")),
        (b"\x02120 cfA001host", Part(2, 120, "cfA001host")),
        (b"\x033 dfA001host", Part(3, 3, "dfA001host")),
        (b"\x030 dfA001host", Part(3, 0, "dfA001host")),
        (b"\x03125899906843000 dfA001host", Part(3, 125899906843000, "dfA001host")),
    ],
)
def test_a_part_of_a_job_is_read(line, expected):
    assert wire.part(line) == expected


@pytest.mark.parametrize(
    "line, said",
    [
        (b"", "no command"),
        (b"\x06lp", "no command"),
        (b"GET / HTTP/1.1", "no command"),
        (b"\x03lp" + b" a" * 100, "101 words"),
        (b"\x02" + b"a" * 1024, "1025 octets"),
    ],
)
def test_a_wrong_command_is_told_with_what_is_allowed(line, said):
    with pytest.raises(WireError, match=said):
        wire.command(line)


@pytest.mark.parametrize(
    "line, said",
    [
        (b"\x04 1 a", "no command"),
        (b"\x02-1 cfA", "no number"),
        (b"\x02 cfA", "no number"),
        (b"\x02" + b"9" * 21 + b" cfA", "no number"),
        (b"\x0212", "name of a file has 0"),
        (b"\x0212 " + b"a" * 256, "name of a file has 256"),
    ],
)
def test_a_wrong_part_is_told_with_what_is_allowed(line, said):
    with pytest.raises(WireError, match=said):
        wire.part(line)


def test_a_control_file_of_cups_is_read():
    told = wire.control(b"Hbox\nPmary\nJReport\nldfA001box\nldfA001box\nUdfA001box\nNreport.pdf\n")
    assert told == {"dfA001box": Wanted("l", 2, "report.pdf", "Report", "mary", "box")}


def test_each_file_has_its_own_name_on_either_side_of_the_line_that_prints_it():
    told = wire.control(b"Na.txt\nfdfA\nUdfA\nNb.txt\nfdfB\nPmary\nCclass\nTtitle\n")
    assert {file: (wanted.source, wanted.user) for file, wanted in told.items()} == {
        "dfA": ("a.txt", "mary"),
        "dfB": ("b.txt", "mary"),
    }


def test_lines_that_nobody_knows_say_nothing():
    assert wire.control(b"Zoptions\n\xff\xfe\n\nQx\nfdfA\r\n") == {"dfA": Wanted("f")}


def test_names_are_one_line_and_cut_to_what_is_kept():
    told = wire.control(b"J" + "ü".encode() * 200 + b"\nPa\tb\x1b[1m\nfdfA\n")["dfA"]
    assert told.name == "ü" * 127
    assert told.user == "a b [1m"


@pytest.mark.parametrize(
    "octets, said",
    [
        (bytes(64 * 1024 + 1), "65537 octets"),
        (b"J" + b"a" * 1024 + b"\nfdfA\n", "line of a control file has 1025"),
        (b"f\n", "name of a file has 0"),
        (b"fdfA\n" * 1000, "more than 999 copies"),
        (b"".join(b"fdf%d\n" % number for number in range(101)), "more than 100 data files"),
    ],
)
def test_a_wrong_control_file_is_told_with_what_is_allowed(octets, said):
    with pytest.raises(WireError, match=said):
        wire.control(octets)
