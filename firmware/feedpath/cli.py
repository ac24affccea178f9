"""The command line: starts the firmware, and asks a running one over HTTP on this computer. Logs go to stderr.

Exit status: 0 done, 1 refused or failed, 2 wrong arguments, 3 feedpath does not run.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedpath import __version__
from feedpath.errors import SettingError
from feedpath.settings import TABLE, Settings, find, parse, reference

if TYPE_CHECKING:
    from feedpath.settings import Setting

FAILED, USAGE, NOT_RUNNING = 1, 2, 3
DEVICE_DATA = Path("/var/lib/feedpath")
RUN_FILE = "feedpath.run"  # JSON, written by the firmware while it runs: its pid, port and address
LOOPBACK = "127.0.0.1"
SETTINGS_FILE = "settings.toml"
CLAIM_FILE = "claim-code"
ANSWER_S = 10  # a running firmware answers within milliseconds

EXAMPLES = """examples:
  feedpath run --port 8631 --data ./data    start it here, as an ordinary user
  feedpath status                           what each printer does and needs
  feedpath jobs --all                       waiting and ended jobs
  feedpath cancel 12 13                     cancel two jobs
  feedpath settings set region a4           offer A4 first
  feedpath settings set raw on              answer raw print data on port 9100
  feedpath driver list                      what fits the printer, and which driver it has
  feedpath driver use Office pcl5           give the printer called Office another one
  feedpath firmware add sihp1020.img        give a printer the firmware that it forgets
  feedpath snmp add alice                   let alice watch the printers by SNMPv3
  feedpath convert a.pdf --to pcl5 -o a.pcl make a document what a printer speaks

Each command has its own --help. exit status: 0 done, 1 refused or failed, 2 wrong arguments, 3 feedpath does not run.
"""


class Failure(Exception):
    """The command cannot be done; the message is for people, `status` the exit status."""

    def __init__(self, message: str, status: int = FAILED):
        super().__init__(message)
        self.status = status


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Do what the command line says; return the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["convert"]:  # the only command that needs what reads and draws documents
        from feedpath import tool

        return tool.main(words[1:])
    chosen = _parser().parse_args(words)
    try:
        status = int(chosen.do(chosen) or 0)
        sys.stdout.flush()
        return status
    except (Failure, SettingError) as error:
        _complain(str(error))
        return error.status if isinstance(error, Failure) else FAILED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where the rest goes, without a complaint
        return FAILED
    except KeyboardInterrupt:
        return 128 + 2  # as shells tell SIGINT


def _parser() -> argparse.ArgumentParser:
    from feedpath import cli_device, cli_driver, cli_firmware, cli_snmp  # they use what stands here

    parser = argparse.ArgumentParser(
        prog="feedpath",
        description="Turns this computer and a USB printer into a network printer.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_run(commands)
    _add(commands, "status", status, "show what each printer does and needs")
    jobs_parser = _add(commands, "jobs", jobs, "list the jobs")
    jobs_parser.add_argument("--all", action="store_true", help="ended jobs too")
    cancel_parser = _add(commands, "cancel", cancel, "cancel jobs")
    cancel_parser.add_argument("job", type=int, nargs="+", help="a job's number, as feedpath jobs lists it")
    _add_settings(commands)
    cli_driver.add(commands)
    cli_firmware.add(commands)
    cli_snmp.add(commands)
    cli_device.add(commands)
    commands.add_parser("convert", help="make a document what a printer speaks")  # done by tool.py, see main
    _add(commands, "version", version, "show the version", client=False)
    return parser


def _add(commands: Any, name: str, do: Any, about: str, client: bool = True) -> argparse.ArgumentParser:
    """Return the parser of a command; a `client` asks a running firmware."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=sentence(about))
    parser.set_defaults(do=do)
    if client:
        add_where(parser, default_data(), None)
        parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    return parser


def add_data(parser: argparse.ArgumentParser, default: "Path | str") -> None:
    about = f"where settings, jobs and documents are kept (default: {default_data()})"
    parser.add_argument("--data", type=Path, default=default, metavar="DIR", help=about)


def add_where(parser: argparse.ArgumentParser, data: "Path | str", port: "str | None") -> None:
    """Add what finds a running firmware; `data` and `port` are the defaults."""
    add_data(parser, data)
    about = "ask the feedpath on this port, wherever its data is"
    parser.add_argument("--port", type=int, default=port, metavar="N", help=about)


def sentence(about: str) -> str:
    """Return words as a sentence."""
    return f"{about[:1].upper()}{about[1:]}."


class Verbs:
    """A command of verbs, as `feedpath driver list`, each of which takes what finds a running firmware."""

    def __init__(self, commands: Any, name: str, about: str, epilog: str):
        parser: argparse.ArgumentParser = commands.add_parser(
            name,
            help=about,
            description=sentence(about),
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_where(parser, default_data(), None)
        self._options = argparse.ArgumentParser(add_help=False)
        add_where(self._options, argparse.SUPPRESS, argparse.SUPPRESS)  # what stands before the verb holds too
        self._options.add_argument("--json", action="store_true", help="print the whole answer as JSON")
        self._verbs = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(self, name: str, do: "Callable[[argparse.Namespace], None]", about: str) -> argparse.ArgumentParser:
        """Return the parser of a verb."""
        parser: argparse.ArgumentParser = self._verbs.add_parser(
            name, help=about, description=sentence(about), parents=[self._options]
        )
        parser.set_defaults(do=do)
        return parser


def _add_run(commands: Any) -> None:
    parser = commands.add_parser(
        "run", help="start the firmware", description="Start the firmware; it runs until it is interrupted."
    )
    parser.set_defaults(do=run)
    add_data(parser, default_data())
    for name in ("port", "listen", "log-level"):
        parser.add_argument("--" + name, help=f"same as --set {name}=VALUE", metavar="VALUE")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="a setting for this run only; see feedpath settings --help")  # fmt: skip


def _add_settings(commands: Any) -> None:
    rows = "\n".join(f"  {row.name}\n      {row.help}\n      {_terms(row)}" for row in TABLE)
    parser = commands.add_parser(
        "settings",
        help="list, read and change settings",
        description="List, read and change settings. Without a command: list them.",
        epilog=f"the settings:\n{rows}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_where(parser, default_data(), None)
    parser.set_defaults(do=list_settings)
    options = argparse.ArgumentParser(add_help=False)
    add_where(options, argparse.SUPPRESS, argparse.SUPPRESS)  # what stands before the verb holds too
    verbs = parser.add_subparsers(metavar="COMMAND")
    verbs.add_parser("list", help="list all values", parents=[options]).set_defaults(do=list_settings)
    get = verbs.add_parser("get", help="print one value", parents=[options])
    get.set_defaults(do=get_setting)
    get.add_argument("name")
    change = verbs.add_parser("set", help="change one value", parents=[options])
    change.set_defaults(do=set_setting)
    change.add_argument("name")
    change.add_argument("value")
    verbs.add_parser("reference", help="print the reference page (Markdown)").set_defaults(do=print_reference)


def _terms(row: "Setting") -> str:
    default = row.kind.show(row.default)
    return f"{row.kind.allowed}; default {default or 'empty'}; applies {row.applies}"


def default_data() -> Path:
    """Return where data is kept where nothing else is said."""
    if DEVICE_DATA.is_dir():
        return DEVICE_DATA
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "feedpath"


def run(chosen: argparse.Namespace) -> int:
    """Start the firmware and stay until it ends."""
    data: Path = chosen.data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = Settings.load(str(data / SETTINGS_FILE))
    except OSError as error:
        raise Failure(f"cannot keep data in {data}: {error.strerror}") from error
    for name, text in _overrides(chosen):
        settings.override(name, text)
    log_to_stderr(settings)
    from feedpath import appliance

    return int(appliance.run(data, settings) or 0)


def _overrides(chosen: argparse.Namespace) -> "list[tuple[str, str]]":
    pairs = [(name, getattr(chosen, name.replace("-", "_"))) for name in ("port", "listen", "log-level")]
    for assignment in chosen.set:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise Failure(f"--set wants NAME=VALUE, not {assignment!r}", USAGE)
        pairs.append((name, text))
    return [(name, text) for name, text in pairs if text is not None]


class OneLine(logging.Filter):
    """Makes one line of each message, whatever a client put into the texts that it quotes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without what a terminal or a reader of lines would obey."""
        record.msg, record.args = plain(record.getMessage()), None
        return True


def log_to_stderr(settings: Settings) -> None:
    """Log to stderr from now on, as much as the setting log-level says at each moment."""
    handler = logging.StreamHandler()
    handler.addFilter(OneLine())
    time = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "  # the journal notes the time itself
    handler.setFormatter(logging.Formatter(time + "%(levelname)-7s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)

    def follow(names: "frozenset[str]") -> None:
        logging.getLogger().setLevel(settings["log-level"].upper())

    settings.watch(follow)
    follow(frozenset())


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def _complain(line: str) -> None:
    sys.stderr.write(f"feedpath: {line}\n")


def plain(text: str) -> str:
    """Return `text` without what a terminal would obey rather than show."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def status(chosen: argparse.Namespace) -> None:
    """Show what each printer does and needs."""
    answer = ask(chosen, "GET", "/api/status")
    if chosen.json:
        say(json.dumps(answer, indent=2))
        return
    if answer.get("note"):
        say(plain(answer["note"]))
    if not answer["printers"]:
        say("No printer has been plugged in yet.")
    for printer in answer["printers"]:
        say(plain(f"{printer['name']}: {printer['headline']} {printer['remedy']}".rstrip()))
        for line in _details(printer):
            say("  " + plain(line))


def _details(printer: "Mapping[str, Any]") -> "list[str]":
    others = [reason for reason in printer["reasons"] if reason["sentence"] != printer["headline"]]
    lines = [f"{reason['sentence']} {reason['remedy']}".rstrip() for reason in others]
    if not printer["accepting"]:
        lines.append("It takes no new jobs.")
    lines += [f"{supply['name']}: {supply['words']}{', low' * supply['low']}" for supply in printer["supplies"]]
    driver = printer["driver"]
    if driver["title"]:
        lines.append(f"driver: {driver['title']}. {driver['why']}")
    if driver["lost"]:
        lines.append(driver["lost"])
    lines += printer["notes"]
    lines.append(f"jobs: {len(printer['jobs'])}")
    lines.append(f"address: {printer['addresses']['ipp']}")
    return lines


def jobs(chosen: argparse.Namespace) -> None:
    """List the jobs."""
    answer = ask(chosen, "GET", "/api/status")
    listed = [
        {**job, "printer": printer["name"]}
        for printer in answer["printers"]
        for job in printer["jobs"] + (printer["history"] if chosen.all else [])
    ]
    if chosen.json:
        say(json.dumps(listed, indent=2))
        return
    rows = [("JOB", "STATE", "SIZE", "USER", "PRINTER", "NAME")]
    rows += [
        (str(job["id"]), job["state"], job["size"], plain(job["user"]), plain(job["printer"]), plain(job["name"]))
        for job in sorted(listed, key=lambda job: int(job["id"]))
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def cancel(chosen: argparse.Namespace) -> int:
    """Cancel jobs; those that cannot be cancelled do not keep the others from it."""
    failed = 0
    for job in chosen.job:
        try:
            ask(chosen, "POST", "/api/cancel", {"job": job})
        except Failure as failure:
            if failure.status == NOT_RUNNING:
                raise
            _complain(f"job {job}: {failure}")
            failed = FAILED
    return failed


def list_settings(chosen: argparse.Namespace) -> None:
    """List all values; a line that differs from the default is marked."""
    values = _values(chosen)
    for row in TABLE:
        mark = "" if values[row.name] == row.kind.show(row.default) else "  *"
        say(f"{row.name:28}{plain(values[row.name])}{mark}".rstrip())


def get_setting(chosen: argparse.Namespace) -> None:
    """Print one value."""
    row = find(chosen.name)
    say(plain(_values(chosen)[row.name]))


def set_setting(chosen: argparse.Namespace) -> None:
    """Change one value: a running firmware takes it over at once where it can, else the file is written."""
    row = find(chosen.name)
    parse(chosen.name, chosen.value)
    try:
        answer = ask(chosen, "POST", "/api/settings", {"name": chosen.name, "value": chosen.value})
    except Failure as failure:
        if not may_use_file(chosen, failure):
            raise
        _set_in_file(chosen)
        return
    if row.applies == "restart":
        say(f"{row.name} applies after the next start.")
    if answer.get("note"):
        say(plain(answer["note"]))


def _set_in_file(chosen: argparse.Namespace) -> None:
    settings = load_settings(chosen)
    try:
        settings.set(chosen.name, chosen.value)
    except OSError as error:
        raise Failure(f"cannot write {chosen.data / SETTINGS_FILE}: {error.strerror}") from error


def _values(chosen: argparse.Namespace) -> "dict[str, str]":
    """Return the values in effect as text: those of the running firmware, else those of the file."""
    try:
        values: dict[str, str] = ask(chosen, "GET", "/api/settings")["settings"]
        return values
    except Failure as failure:
        if not may_use_file(chosen, failure):
            raise
    settings = load_settings(chosen)
    return {row.name: settings.show(row.name) for row in TABLE}


def may_use_file(chosen: argparse.Namespace, failure: Failure) -> bool:
    """Return whether the file is as good as the firmware, which did not answer."""
    return failure.status == NOT_RUNNING and chosen.port is None


def load_settings(chosen: argparse.Namespace) -> Settings:
    """Return the settings of the file; raise Failure."""
    try:
        return Settings.load(str(chosen.data / SETTINGS_FILE))
    except OSError as error:
        raise Failure(f"cannot read {chosen.data / SETTINGS_FILE}: {error.strerror}") from error


def print_reference(chosen: argparse.Namespace) -> None:
    """Print the reference page of all settings."""
    say(reference().rstrip())


def version(chosen: argparse.Namespace) -> None:
    """Print the versions of feedpath and of its Python."""
    say(f"feedpath {__version__} (Python {sys.version.split()[0]})")


def ask(
    chosen: argparse.Namespace, method: str, path: str, body: "object | None" = None, seconds: float = ANSWER_S
) -> Any:
    """Return the JSON that the running firmware answers; raise Failure with its sentence, or when none runs."""
    import http.client

    host, port = _where(chosen)
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    headers = {"Accept": "application/json", **_credentials(chosen.data)}
    content = None
    if body is not None:
        content = json.dumps(body)
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except ConnectionRefusedError:
        raise Failure(f"feedpath does not run (nothing answers on {host} port {port})", NOT_RUNNING) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failure(f"no sensible answer from {host} port {port}: {error}") from error
    finally:
        connection.close()
    if response.status >= 400:
        raise Failure(plain(str(answer.get("error", response.reason))))
    return answer


def _where(chosen: argparse.Namespace) -> "tuple[str, int]":
    """Return address and port of the running firmware."""
    if chosen.port is not None:
        return LOOPBACK, chosen.port
    try:
        told = json.loads((chosen.data / RUN_FILE).read_text())
        port = int(told["port"])
        return str(told.get("address") or LOOPBACK), port
    except (FileNotFoundError, NotADirectoryError):
        message = f"feedpath does not run with its data in {chosen.data} (--data or --port says where)"
        raise Failure(message, NOT_RUNNING) from None
    except OSError as error:
        raise Failure(f"cannot read {chosen.data / RUN_FILE}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{chosen.data / RUN_FILE} is damaged; is feedpath just starting?") from error


def _credentials(data: Path) -> "dict[str, str]":
    """Return the header that proves that we may read the firmware's own data; none when we may not."""
    import base64

    try:
        code = (data / CLAIM_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"cli:{code}".encode()).decode()}
