"""The pass-through driver: only what the machine says that it speaks is offered."""

import pytest

from feedpath.back.pdl.passthrough import PJL_EXIT, RAW, PassThrough, formats


@pytest.mark.parametrize(
    "commands, expected",
    [
        (("URF", "PWGRaster", "JPEG", "PDF"), ("image/urf", "image/pwg-raster", "image/jpeg", "application/pdf")),
        (("PJL", "PDF", "AirPrint"), ("image/urf", "application/pdf")),
        (("PCL", "PJL"), ()),
        ((), ()),
        (("pwg-raster", "PWG"), ("image/pwg-raster",)),
    ],
)
def test_formats_of_a_machine_by_its_command_set(commands, expected):
    assert formats(commands) == expected


def test_a_machine_of_unknown_language_takes_raw_bytes_only():
    assert PassThrough(("GDI",), False).capabilities.formats == (RAW,)


def test_raw_bytes_are_taken_but_not_announced_where_a_language_is_known():
    capabilities = PassThrough(("URF",), False).capabilities
    assert capabilities.formats == ("image/urf",) and RAW in capabilities.streamable


@pytest.mark.parametrize(
    "letter_first, first", [(True, "na_letter_8.5x11in"), (False, "iso_a4_210x297mm")]
)
def test_the_regions_paper_comes_first(letter_first, first):
    capabilities = PassThrough(("URF",), letter_first).capabilities
    assert capabilities.media[0].name == capabilities.media_default == capabilities.media_ready[0] == first


@pytest.mark.parametrize("commands, expected", [(("PJL", "PDF"), PJL_EXIT), (("PDF",), b"")])
def test_a_broken_job_is_ended_by_pjl_where_the_machine_speaks_it(commands, expected):
    assert PassThrough(commands, False).abort() == expected


def test_raster_attributes_are_told_only_with_raster():
    capabilities = PassThrough(("PDF",), False).capabilities
    assert capabilities.urf == () and capabilities.pwg_types == ()
