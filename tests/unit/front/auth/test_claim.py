"""The claim code: random, readable, for its owner's eyes, the same after a restart."""

import math
import os
import stat
from pathlib import Path

import pytest

from feedpath.front.auth import claim


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "claim-code")


def test_a_code_is_worth_at_least_64_bits_and_has_no_letter_that_looks_like_another() -> None:
    assert claim.LENGTH * math.log2(len(set(claim.LETTERS))) >= 64
    assert not set("01OILU") & set(claim.LETTERS)


def test_the_first_start_makes_a_code_and_the_next_ones_keep_it(path: str) -> None:
    code = claim.load(path)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert claim.load(path) == code


def test_no_two_boxes_have_the_same_code() -> None:
    assert len({claim.make() for _ in range(100)}) == 100


def test_only_its_owner_can_read_the_file(path: str) -> None:
    old = os.umask(0)
    try:
        claim.load(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@pytest.mark.parametrize("rubbish", [b"", b"\0" * 20, b"ABCD-EFGH", b"\xff" * 19, b"OOOO-IIII-LLLL-1111\n"])
def test_a_broken_file_is_replaced_by_a_new_code(path: str, rubbish: bytes) -> None:
    with open(path, "wb") as file:
        file.write(rubbish)
    code = claim.load(path)
    assert len(claim.letters(code)) == claim.LENGTH and not claim.letters(code).strip(claim.LETTERS)
    assert claim.load(path) == code


def test_what_a_power_cut_left_half_written_is_in_nobodys_way(path: str) -> None:
    with open(path + ".new", "w") as file:
        file.write("AB")
    assert claim.load(path) == claim.load(path)


@pytest.mark.parametrize(
    "typed, right",
    [
        ("ABCD-EFGH-JKMN-PQRS", True),
        (" abcd efgh jkmn pqrs\n", True),
        ("abcdefghjkmnpqrs", True),
        ("ABCD-EFGH-JKMN-PQRT", False),
        ("ABCD-EFGH-JKMN-PQR", False),
        ("", False),
        ("\N{LATIN CAPITAL LETTER A WITH DIAERESIS}" * 16, False),
        ("\ud800", False),
    ],
)
def test_a_code_is_right_in_any_case_and_grouping_and_no_other_way(typed: str, right: bool) -> None:
    assert claim.same(typed, "ABCD-EFGH-JKMN-PQRS") is right
