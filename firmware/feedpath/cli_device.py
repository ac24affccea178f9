"""`feedpath factory-reset`: a device of ours forgets everything at its next start."""

import argparse
from pathlib import Path
from typing import Any

from feedpath.cli import Failure, add_data, default_data, say

RESET = "factory-reset"  # in the data directory: the device's set-up looks for it before the firmware starts
SETUP = Path("/usr/lib/feedpath/setup")  # of the image; other computers do not obey


def add(commands: Any) -> None:
    """Add the command."""
    about = "forget everything at the next start: settings, jobs, keys, Wi-Fi, password"
    parser = commands.add_parser(RESET, help=about, description=about.capitalize() + ". There is no way back.")
    add_data(parser, default_data())
    parser.add_argument("--yes", action="store_true", help="really do it")
    parser.set_defaults(do=factory_reset)


def factory_reset(chosen: argparse.Namespace) -> None:
    """Ask the device's set-up to wipe all data."""
    if not SETUP.exists():
        raise Failure(f"only a device that runs from feedpath's image can be reset; here, remove {chosen.data}")
    if not chosen.yes:
        raise Failure("settings, jobs, keys, Wi-Fi and password will be gone: say --yes to do it")
    try:
        (chosen.data / RESET).touch()
    except OSError as error:
        raise Failure(f"cannot write {chosen.data / RESET}: {error.strerror}") from error
    say("Everything is wiped at the next start: restart the device now, or remove that wish by removing")
    say(str(chosen.data / RESET))
