"""Firmware that machines forget: who waits for it, which files are it, and where they are kept."""

import gzip
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpath.back.pdl import firmware
from feedpath.back.pdl.firmware import ACL, ACL_MAGIC, ELF, FILE_MAGIC, FIRMWARE, UEL, Files
from feedpath.errors import WireError
from tests.fakes.firmware import DATED, DOWNLOAD, PROGRAM


@pytest.mark.parametrize(
    "device_id, file",
    [
        ("MFG:Hewlett-Packard;MDL:HP LaserJet 1020;CMD:ACL;", "sihp1020.dl"),
        ("MFG:Hewlett-Packard;MDL:HP LaserJet 1020 Plus;CMD:ACL;", "sihp1020.dl"),
        ("MFG:HP;MDL:hp LaserJet 1005 series;", "sihp1005.dl"),
        ("MANUFACTURER:Hewlett-Packard;COMMAND SET:ACL;MODEL:HP LaserJet P1007;", "sihpP1005.dl"),
        ("MFG:Hewlett-Packard;MDL:HP LaserJet P1505n;", "sihpP1505n.dl"),
        ("MFG:Hewlett-Packard;MDL:HP LaserJet 1020;CMD:ACL;FWVER:20041129;", None),
        ("MFG:Hewlett-Packard;MDL:HP LaserJet 1022;", None),
        ("MFG:Brother;MDL:LaserJet 1020;", None),
        ("MFG:HP;", None),
        ("", None),
    ],
)
def test_some_machines_wait_for_firmware(device_id: str, file: "str | None") -> None:
    wanted = firmware.wanted(device_id)
    assert (wanted.file if wanted else None) == file


@given(st.text(st.sampled_from("MFGDLESC:;, HP1-é\0"), max_size=60))
def test_any_device_id_waits_or_does_not(device_id: str) -> None:
    assert firmware.wanted(device_id) is None or "HP" in device_id


@pytest.mark.parametrize(
    "name, model",
    [
        ("sihp1020.dl", "HP LaserJet 1020"),
        ("sihp1020.img", "HP LaserJet 1020"),
        ("SIHPP1006.IMG", "HP LaserJet P1006"),
        ("hp_laserjet_1005_series.fw.gz", "HP LaserJet 1005"),
        ("hp_laserjet_p1007.fw", "HP LaserJet P1007"),
        ("firmware.img", None),
    ],
)
def test_the_name_of_a_file_tells_whose_it_is(name: str, model: "str | None") -> None:
    rows = firmware.of_file(name)
    assert (rows[0].model if rows else None) == model
    assert len({row.file for row in rows}) == (1 if model else 0)


def test_a_download_stays_as_it_is_packed_or_not() -> None:
    assert firmware.download(DOWNLOAD) == DOWNLOAD
    assert firmware.download(gzip.compress(DOWNLOAD)) == DOWNLOAD


def test_an_image_with_a_date_is_wrapped_for_acl() -> None:
    made = firmware.download(DATED)
    assert made == ACL + ACL_MAGIC + (len(DATED) - 8).to_bytes(4, "big") + DATED + UEL
    assert firmware.download(made) == made


def test_a_program_gets_header_length_and_a_checksum_that_makes_its_sum_all_ones() -> None:
    made = firmware.download(PROGRAM)
    assert made.startswith(FILE_MAGIC + (len(PROGRAM) + 16).to_bytes(4, "big")) and PROGRAM in made
    section, trailer = made[17:-4], made[-4:]
    words = [int.from_bytes(section[at : at + 2], "little") for at in range(0, len(section), 2)]
    total = sum(words) + int.from_bytes(trailer[2:], "little")
    assert trailer[:2] == b"\xff\xff" and total % 0xFFFF == 0
    assert firmware.download(made) == made


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "has 0 bytes"),
        (DOWNLOAD[:500], "has 500 bytes"),
        (DOWNLOAD[:-100], "is cut off"),
        (b"%PDF-1.4" + bytes(2000), "no firmware of an HP LaserJet"),
        (ELF + bytes(2001), "an even number"),
        (gzip.compress(os.urandom(4000))[:-100], "is cut off"),
        (gzip.compress(b"")[:2] + b"?" * 2000, "cannot be unpacked"),
        (gzip.compress(bytes(9 * 1024 * 1024)), "bytes; firmware has"),
    ],
)
def test_what_is_no_firmware_is_refused_with_what_is_wrong(content: bytes, sentence: str) -> None:
    with pytest.raises(WireError, match=sentence):
        firmware.download(content)


@given(
    st.sampled_from([b"", ELF, b"20", ACL + ACL_MAGIC, FILE_MAGIC, b"\x1f\x8b"]),
    st.binary(max_size=40),
    st.integers(0, 2000),
)
def test_any_file_becomes_a_download_or_is_refused(head: bytes, rest: bytes, fill: int) -> None:
    with suppress(WireError):
        assert firmware.download(head + rest + bytes(fill))


def test_a_file_is_kept_under_the_name_of_its_model_and_found_before_others(tmp_path: Path) -> None:
    row, others = FIRMWARE["p1007"], tmp_path / "others"
    files = Files(tmp_path / "firmware", (str(others),))
    assert files.find(row) is None
    others.mkdir()
    (others / "hp_laserjet_p1007.fw.gz").write_bytes(gzip.compress(DOWNLOAD))
    assert files.find(row) == others / "hp_laserjet_p1007.fw.gz"
    given_file = tmp_path / "any.img"
    given_file.write_bytes(DATED)
    kept = files.add(given_file, row)
    assert kept == files.find(row) == tmp_path / "firmware" / "sihpP1005.dl"
    assert kept.read_bytes() == firmware.download(DATED) and kept.stat().st_mode & 0o777 == 0o644


def test_what_is_refused_leaves_the_file_that_is_kept(tmp_path: Path) -> None:
    files, row, path = Files(tmp_path / "firmware", ()), FIRMWARE["1020"], tmp_path / "file"
    path.write_bytes(DOWNLOAD)
    kept = files.add(path, row)
    path.write_bytes(b"#!/bin/sh" + bytes(2000))
    with pytest.raises(WireError):
        files.add(path, row)
    assert kept.read_bytes() == DOWNLOAD and os.listdir(kept.parent) == [kept.name]


def test_a_machine_that_waits_gets_the_file_that_is_there_at_the_moment(tmp_path: Path) -> None:
    files, row = Files(tmp_path, ()), FIRMWARE["1020"]
    waiting = files.prologue("MFG:HP;MDL:HP LaserJet 1020;")
    assert waiting is not None and waiting.read() == b""
    (tmp_path / row.file).write_bytes(DOWNLOAD)
    assert waiting.read() == waiting.read() == DOWNLOAD
    (tmp_path / row.file).write_bytes(b"broken")
    assert waiting.read() == b""
    assert waiting.runs("MFG:HP;MDL:HP LaserJet 1020;FWVER:20041129;") and not waiting.runs("MFG:HP;")
    assert files.prologue("MFG:HP;MDL:HP LaserJet 1020;FWVER:20041129;") is None


def test_a_broken_file_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = Files(tmp_path, ())
    (tmp_path / "sihp1020.dl").write_bytes(b"broken")
    waiting = files.prologue("MFG:HP;MDL:HP LaserJet 1020;")
    assert waiting is not None
    for _ in range(3):
        assert waiting.read() == b""
    assert [record.getMessage() for record in caplog.records] == [
        f"the firmware in {tmp_path}/sihp1020.dl cannot be used: "
        f"The file has 6 bytes; firmware has 1024 to {firmware.MOST_BYTES}."
    ]
