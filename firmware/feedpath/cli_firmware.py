"""`feedpath firmware`: the files of printers that forget their firmware when they are switched off."""

import argparse
from pathlib import Path
from typing import Any

from feedpath.back.pdl import firmware
from feedpath.cli import Failure, add_data, default_data, plain, say
from feedpath.errors import WireError

FOLDER = "firmware"


def add(commands: Any) -> None:
    """Add the command and its verbs."""
    parser = commands.add_parser(
        "firmware",
        help="keep the files of printers that forget their firmware",
        description="Some printers forget their firmware when they are switched off. Its file, given once, is sent "
        "each time they are switched on or plugged in.",
    )
    options = argparse.ArgumentParser(add_help=False)
    add_data(options, default_data())
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    verbs.add_parser("list", help="list such printers, and their files", parents=[options]).set_defaults(
        do=list_firmware
    )
    adding = verbs.add_parser("add", help="keep a file", parents=[options])
    adding.set_defaults(do=add_firmware)
    adding.add_argument("file", type=Path, metavar="FILE", help="a download (.dl, .fw, .fw.gz) or an image (.img)")
    adding.add_argument("--model", help="the printer that it is for, where the file's name does not tell")


def list_firmware(chosen: argparse.Namespace) -> None:
    """List the printers that forget their firmware, and where the file of each is."""
    files = firmware.Files(chosen.data / FOLDER)
    for row in firmware.FIRMWARE.values():
        say(plain(f"{row.model:20}{files.find(row) or f'no file; it is called {row.file}'}"))


def add_firmware(chosen: argparse.Namespace) -> None:
    """Keep the firmware of a printer; a running firmware finds it by itself."""
    row = _meant(chosen.model, chosen.file.name)
    try:
        kept = firmware.Files(chosen.data / FOLDER).add(chosen.file, row)
    except (OSError, WireError) as error:
        raise Failure(f"{chosen.file} cannot be kept: {error}") from error
    say(plain(f"{row.model}: kept in {kept}; it is sent each time the printer is switched on or plugged in."))


def _meant(model: "str | None", file: str) -> firmware.Firmware:
    """Return the printer that a file is for, by the model that is told, else by its name."""
    row = firmware.named(model) if model else next(iter(firmware.of_file(file)), None)
    if row is not None:
        return row
    models = ", ".join(row.model for row in firmware.FIRMWARE.values())
    if model:
        raise Failure(f"the printer {model!r} is not known to need firmware; printers that need it: {models}")
    raise Failure(f"the name {file!r} does not tell which printer it is for: say so by --model, one of {models}")
