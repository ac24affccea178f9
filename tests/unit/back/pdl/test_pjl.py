"""PJL: what stands around a job byte by byte, and what the status channel's reports mean, however they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import pjl
from feedpath.back.pdl.pjl import Status
from feedpath.core.driver import Facts

OPEN = b'@PJL USTATUS DEVICE\r\nCODE=40021\r\nDISPLAY="12 PRINTER OPEN"\r\nONLINE=FALSE\r\n\f'  # the manual's, 7-35
READY = b'@PJL USTATUS DEVICE\r\nCODE=10001\r\nDISPLAY="00 READY"\r\nONLINE=TRUE\r\n\f'
INFO = b'@PJL INFO STATUS\r\nCODE=10006\r\nDISPLAY="16 TONER LOW"\r\nONLINE=TRUE\r\n\f'
TIMED = b'@PJL USTATUS TIMED\r\nCODE=41126\r\nDISPLAY="LOAD A4"\r\nONLINE=FALSE\r\n\f'
PAGE = b"@PJL USTATUS PAGE\r\n3\r\n\f"
BEGUN = b'@PJL USTATUS JOB\r\nSTART\r\nNAME="a"\r\n\f'
ENDED = b'@PJL USTATUS JOB\r\nEND\r\nNAME="a"\r\nPAGES=38\r\n\f'
CANCELED = b'@PJL USTATUS JOB\r\nCANCELED\r\nNAME="a"\r\nPAGES=2\r\n\f'


def test_a_job_begins_line_by_line():
    settings = {"RESOLUTION": 600, "ECONOMODE": "ON"}
    assert pjl.start(pjl.POSTSCRIPT, "Plan", "ann", settings) == b"".join(
        [
            b"\x1b%-12345X",
            b"@PJL\r\n",
            b'@PJL JOB NAME="Plan"\r\n',
            b'@PJL SET USERNAME="ann"\r\n',
            b"@PJL SET RESOLUTION=600\r\n",
            b"@PJL SET ECONOMODE=ON\r\n",
            b"@PJL ENTER LANGUAGE=POSTSCRIPT\r\n",
        ]
    )


def test_a_job_without_a_name_has_none():
    assert pjl.start(pjl.PCL) == b"\x1b%-12345X@PJL\r\n@PJL JOB\r\n@PJL ENTER LANGUAGE=PCL\r\n"
    assert pjl.end() == b"\x1b%-12345X@PJL\r\n@PJL EOJ\r\n\x1b%-12345X"
    assert pjl.end("Plan") == b'\x1b%-12345X@PJL\r\n@PJL EOJ NAME="Plan"\r\n\x1b%-12345X'


@pytest.mark.parametrize(
    "text, said",
    [
        ('a "b"', "a b"),
        ("a\r\n@PJL DEFAULT COPIES=9\x1b%-12345X", "a@PJL DEFAULT COPIES=9%-12345X"),
        ("Übergröße", "Ubergroe"),
        ("印刷", ""),
        ("x" * 200, "x" * 80),
        ("  \t", ""),
    ],
)
def test_a_name_cannot_leave_its_quotes(text, said):
    assert pjl.sayable(text) == said


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_name_and_user_stay_in_their_lines(name, user):
    lines = pjl.start(pjl.PCL, name, user).removeprefix(pjl.UEL).split(b"\r\n")
    assert [line for line in lines if line.startswith(b"@PJL")] == lines[:-1] and lines[-1] == b""
    assert all(line.count(b'"') in (0, 2) and b"\x1b" not in line for line in lines)


def test_status_is_asked_for_and_left():
    assert pjl.ustatus(30) == b"".join(
        [
            b"\x1b%-12345X",
            b"@PJL\r\n",
            b"@PJL USTATUS DEVICE = ON\r\n",
            b"@PJL USTATUS JOB = ON\r\n",
            b"@PJL USTATUS PAGE = ON\r\n",
            b"@PJL USTATUS TIMED = 30\r\n",
            b"@PJL INFO STATUS\r\n",
            b"\x1b%-12345X",
        ]
    )
    assert pjl.ustatus_off() == b"\x1b%-12345X@PJL\r\n@PJL USTATUSOFF\r\n\x1b%-12345X"


@pytest.mark.parametrize("seconds, told", [(0, 0), (1, 5), (5, 5), (300, 300), (999, 300)])
def test_times_between_reports_are_those_that_machines_take(seconds, told):
    assert b"TIMED = %d\r\n" % told in pjl.ustatus(seconds)


@pytest.mark.parametrize(
    "language, spoken, pending, expected",
    [
        (pjl.PCL, True, 3, b"\0\0\0\x1bE" + pjl.end()),
        (pjl.PCL, False, 3, b"\0\0\0\x1bE"),
        (pjl.PCL, False, 99_999, bytes(32767) + b"\x1bE"),
        (pjl.POSTSCRIPT, True, 3, b"\x04" + pjl.end()),
    ],
)
def test_a_broken_job_is_ended(language, spoken, pending, expected):
    assert pjl.abort(language, spoken, pending) == expected


@pytest.mark.parametrize(
    "code, keyword",
    [
        (10001, ""),
        (10003, ""),
        (10006, "toner-low-warning"),
        (10010, None),
        (10203, "toner-low-warning"),
        (10303, "toner-empty-warning"),
        (11304, "media-empty-report"),
        (12201, ""),
        (15031, "output-area-full-error"),
        (15032, "output-tray-missing-error"),
        (15033, "other-error"),
        (15039, "output-area-full-error"),
        (20005, None),
        (25001, None),
        (30016, "other-warning"),
        (30119, "media-jam-error"),
        (35029, "other-warning"),
        (35078, ""),  # a machine that saves power or sleeps is well
        (40000, ""),
        (40010, "marker-supply-empty-error"),
        (40021, "cover-open-error"),
        (40022, "media-jam-error"),
        (40026, "input-tray-missing-error"),
        (40600, "toner-empty-error"),
        (40999, "other-error"),
        (41304, "media-empty-error"),
        (42203, "media-jam-error"),
        (43111, "other-error"),
        (44100, "media-jam-error"),
        (50599, "other-error"),
        (99999, None),
        (0, None),
    ],
)
def test_a_code_means_a_reason_or_what_its_group_does(code, keyword):
    assert pjl.reason(code) == keyword


@pytest.mark.parametrize(
    "said, facts",
    [
        (OPEN, Facts(reasons=("cover-open-error",))),
        (READY, Facts(reasons=())),
        (INFO, Facts(reasons=("toner-low-warning",))),
        (TIMED, Facts(reasons=("media-empty-error",))),
        (OPEN + READY, Facts(reasons=())),
        (OPEN.replace(b"\r\n", b"\n"), Facts(reasons=("cover-open-error",))),
        (OPEN.replace(b"=", b" = "), Facts(reasons=("cover-open-error",))),
        (OPEN.replace(b"ONLINE", b"CODE2=10006\r\nONLINE"), Facts(reasons=("cover-open-error", "toner-low-warning"))),
        (OPEN.replace(b"ONLINE", b"CODE2=40096\r\nONLINE"), Facts(reasons=("cover-open-error",))),
        (OPEN.replace(b"40021", b"20005"), Facts()),
        (OPEN.replace(b"40021", b"many"), Facts()),
        (PAGE, Facts(impressions=3)),
        (BEGUN, Facts(events=("started",))),
        (ENDED, Facts(impressions=38, events=("ended",))),
        (CANCELED, Facts(impressions=2, events=("canceled",))),
        (PAGE + OPEN + ENDED, Facts(reasons=("cover-open-error",), impressions=38, events=("ended",))),
        (ENDED + BEGUN, Facts(events=("ended", "started"))),  # the next job, of which nothing is out
        (ENDED + BEGUN + PAGE, Facts(impressions=3, events=("ended", "started"))),
        (BEGUN.replace(b"START", b"RESTART"), Facts()),
        (OPEN[:-1], Facts()),  # not complete
        (OPEN[:-1] + PAGE, Facts(reasons=("cover-open-error",), impressions=3)),  # its end got lost
        (b"\0garbage@PJ" + OPEN + b"%!PS more", Facts(reasons=("cover-open-error",))),
        (b"@PJL INFO PAGECOUNT\r\n4711\r\n\f", Facts()),
        (b"@PJL ECHO hello\r\n\f", Facts()),
    ],
)
def test_reports_tell_facts(said, facts):
    assert Status().feed(said) == facts


def test_what_the_panel_shows_is_kept():
    status = Status()
    status.feed(OPEN)
    status.feed(PAGE)
    assert status.display == "12 PRINTER OPEN"


@pytest.mark.parametrize("size", [1, 2, 5, 64])
def test_reports_may_come_in_pieces(size):
    said, status, told = b"noise" + OPEN + PAGE + READY + ENDED, Status(), []
    for at in range(0, len(said), size):
        told.append(status.feed(said[at : at + size]))
    assert [facts.reasons for facts in told if facts.reasons is not None][-1] == ()
    assert [facts.impressions for facts in told if facts.impressions is not None][-1] == 38


def test_a_report_without_end_is_given_up_and_the_next_one_read():
    status = Status()
    for _ in range(100):
        assert status.feed(b"@PJL USTATUS DEVICE\r\n" + b"x" * 1000) == Facts()
    for _ in range(10):
        assert status.feed(b"y" * 1000) == Facts()
    assert len(status._held) <= pjl.HELD_BYTES
    assert status.feed(b"\f" + OPEN) == Facts(reasons=("cover-open-error",))


PIECES = st.sampled_from((OPEN, PAGE, ENDED, b"@PJL", b" USTATUS", b" DEVICE", b"\r\nCODE=", b"4", b'"', b"\f", b"\0"))


@given(st.lists(PIECES | st.binary(max_size=20), max_size=40))
def test_anything_said_gives_facts_and_keeps_memory_bounded(said):
    status = Status()
    for piece in said:
        facts = status.feed(piece)
        assert facts.impressions is None or facts.impressions >= 0
        assert len(status._held) <= pjl.HELD_BYTES
    assert status.feed(b"\f" + OPEN).reasons == ("cover-open-error",)
