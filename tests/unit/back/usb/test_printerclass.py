import pytest

from feedpath.back.usb.printerclass import Alternate, best_first, reasons
from feedpath.core.reasons import printer_reason


@pytest.mark.parametrize(
    "status, expected",
    [
        (0x18, []),
        (0x38, ["media-empty-error"]),
        (0x20, ["media-empty-error"]),  # without paper it is neither selected nor without error, for that reason
        (0x08, ["offline-report"]),
        (0x00, ["offline-report"]),
        (0x10, ["other-error"]),
        (0xD8, []),  # ACK and BUSY of the parallel port, which are reserved here
    ],
)
def test_reasons_of_a_port_status(status: int, expected: "list[str]") -> None:
    assert reasons(status) == expected


def test_every_reason_of_the_port_status_has_a_sentence_for_people() -> None:
    for status in range(256):
        for reason in reasons(status):
            assert printer_reason(reason).remedy, reason


def alternate(protocol: int, setting: int = 0, out: int = 1, back: int = 0x81) -> Alternate:
    return Alternate(1, 0, setting, protocol, out, back)


@pytest.mark.parametrize(
    "protocols, expected",
    [
        ([2], [2]),
        ([1, 2], [2, 1]),
        ([3, 1, 2], [2, 1, 3]),
        ([3, 1], [1, 3]),
        ([3], [3]),
        ([2, 4], [2]),
        ([4], []),
        ([0, 5, 255], []),
        ([], []),
    ],
)
def test_the_best_way_to_talk_to_a_printer(protocols: "list[int]", expected: "list[int]") -> None:
    alternates = [alternate(protocol, setting) for setting, protocol in enumerate(protocols)]
    assert [choice.protocol for choice in best_first(alternates)] == expected


def test_an_alternate_that_takes_no_bytes_is_none() -> None:
    assert best_first([alternate(2, out=0)]) == ()
