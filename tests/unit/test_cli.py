"""The command line: what it prints, and the exit status that scripts rely on."""

import io
import json
import logging
import os
import socket
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedpath import __version__, aio
from feedpath.back.pdl import choose
from feedpath.back.pdl.bridge import ppd
from feedpath.back.pdl.bridge.drivers import Entry, Match
from feedpath.cli import FAILED, NOT_RUNNING, main
from feedpath.core.job import CANCELED
from feedpath.settings import TABLE, Settings
from tests.fakes import driver
from tests.fakes.site import CODE, STRANGER, Site, visit

MATCH = Match(Entry("file:///fake.ppd", "Fake", "Fake Laser 1", "", "English", driver.FILTER), 100, "It fits.")
PYTHON = ["env", "--unset=PYTHONUNBUFFERED", f"PYTHONPATH={Path(__file__).parents[2] / 'firmware'}", sys.executable]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of a firmware that has run."""
    (tmp_path / "claim-code").write_text(CODE + "\n")
    return tmp_path


@pytest.fixture
def plain_logging() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def put_in_place(monkeypatch: pytest.MonkeyPatch, run: Callable[[Path, Settings], object]) -> None:
    """Have `feedpath run` call `run` instead of the appliance."""
    appliance = types.ModuleType("feedpath.appliance")
    appliance.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "feedpath.appliance", appliance)
    monkeypatch.setattr("feedpath.appliance", appliance, raising=False)


def announce(site: Site, data: Path) -> None:
    (data / "feedpath.run").write_text(json.dumps({"pid": 1, "port": site.port}))


async def do(*words: object) -> int:
    """Return the exit status of a command."""
    status: int = await aio.offload(main, [str(word) for word in words])
    return status


def test_status_tells_what_a_printer_needs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        assert await do("status", "--data", data) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("Memory: The printer is off or unplugged. Switch the printer on")
        assert f"  address: ipp://feedpath.local:{site.port}/ipp/print" in lines
        assert "  It holds 12 bytes." in lines

    visit(data, story)


def test_jobs_are_listed_and_cancelled(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        first, second = (site.box.submit(name=name, user="ana") for name in ("one.pdf", "two\x1b[31m.pdf"))
        assert await do("jobs", "--data", data) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == ["JOB", "STATE", "SIZE", "USER", "PRINTER", "NAME"]
        assert lines[1].split()[-1] == "one.pdf"
        assert "\x1b" not in lines[2]
        assert await do("cancel", first.id, "--data", data) == 0
        assert (first.state, second.over) == (CANCELED, False)
        await do("jobs", "--data", data)
        assert "one.pdf" not in capsys.readouterr().out
        await do("jobs", "--all", "--data", data)
        assert "one.pdf" in capsys.readouterr().out

    visit(data, story)


def test_a_job_that_cannot_be_cancelled_does_not_keep_the_others_from_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        job = site.box.submit()
        assert await do("cancel", 99, job.id, "--data", data) == FAILED
        assert "job 99: There is no job 99." in capsys.readouterr().err
        assert job.state == CANCELED

    visit(data, story)


def test_json_is_the_whole_answer(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story(site: Site) -> None:
        site.box.submit(name="one.pdf")
        assert await do("status", "--json", "--port", site.port) == 0
        assert json.loads(capsys.readouterr().out)["printers"][0]["name"] == "Memory"
        assert await do("jobs", "--json", "--port", site.port) == 0
        assert json.loads(capsys.readouterr().out)[0]["printer"] == "Memory"

    visit(data, story)


def test_whoever_may_read_the_data_directory_administers_where_loopback_is_not_trusted(
    data: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        job = site.box.submit()
        assert await do("cancel", job.id, "--port", site.port, "--data", tmp_path_factory.mktemp("other")) == FAILED
        assert "claim code" in capsys.readouterr().err and not job.over
        assert await do("cancel", job.id, "--data", data) == 0

    visit(data, story, **STRANGER)


def test_a_running_firmware_takes_a_setting_over_at_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        assert await do("settings", "set", "stream", "never", "--data", data) == 0
        assert site.settings["stream"] == "never"
        assert await do("settings", "set", "port", "631", "--data", data) == 0
        assert capsys.readouterr().out == "port applies after the next start.\n"
        site.settings.override("location", "attic")
        assert await do("settings", "get", "location", "--data", data) == 0
        assert capsys.readouterr().out == "attic\n"

    visit(data, story)


def test_without_a_running_firmware_the_file_is_read_and_written(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "set", "region", "letter", "--data", str(data)]) == 0
    assert Settings.load(str(data / "settings.toml"))["region"] == "letter"
    assert main(["settings", "get", "region", "--data", str(data)]) == 0
    assert main(["settings", "list", "--data", str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "letter"
    assert len(lines) == 1 + len(TABLE)
    assert [line.split() for line in lines if line.startswith("region")] == [["region", "letter", "*"]]


def test_with_a_port_that_nobody_answers_on_no_file_is_touched(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        where = ["--data", str(data), "--port", str(unused.getsockname()[1])]
        assert main(["settings", "set", "region", "a4", *where]) == NOT_RUNNING
        assert main(["settings", *where, "get", "region"]) == NOT_RUNNING
    assert not (data / "settings.toml").exists()


def test_where_to_look_may_stand_before_the_verb_or_after(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Settings(str(data / "settings.toml")).set("location", "hall")
    for words in (["--data", str(data), "get", "location"], ["get", "location", "--data", str(data)]):
        assert main(["settings", *words]) == 0
        assert capsys.readouterr().out == "hall\n"
    assert main(["settings", "--data", str(data)]) == 0
    assert "hall" in capsys.readouterr().out


def test_a_port_file_that_nobody_answers_for_means_not_running(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (data / "feedpath.run").write_text(json.dumps({"pid": 1, "port": unused.getsockname()[1]}))
        assert main(["status", "--data", str(data)]) == NOT_RUNNING
        assert main(["settings", "set", "region", "a4", "--data", str(data)]) == 0
    assert "does not run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, status, complaint",
    [
        (["status"], NOT_RUNNING, "does not run with its data in"),
        (["cancel", "1"], NOT_RUNNING, "does not run with its data in"),
        (["driver", "list"], NOT_RUNNING, "does not run with its data in"),
        (["settings", "set", "regoin", "a4"], FAILED, "did you mean 'region'?"),
        (["settings", "set", "region", "a5"], FAILED, "it must be auto, a4 or letter"),
        (["settings", "get", "regoin"], FAILED, "did you mean 'region'?"),
        (["settings", "set", "region", "a4", "--data", "/proc/none"], FAILED, "cannot write /proc/none/settings.toml"),
        (["run", "--data", "/proc/none"], FAILED, "cannot keep data in /proc/none"),
        (["run", "--set", "port"], 2, "--set wants NAME=VALUE, not 'port'"),
        (["run", "--set", "prot=1"], FAILED, "did you mean 'port'?"),
        (["run", "--port", "http"], FAILED, "port cannot be 'http': it must be a whole number from 0 to 65535"),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_status(
    tmp_path: Path, words: "list[str]", status: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words if "--data" in words else [*words, "--data", str(tmp_path)]) == status
    error = capsys.readouterr().err
    assert error.startswith("feedpath: ") and complaint in error and error.count("\n") == 1


def test_the_drivers_that_fit_are_listed_and_another_one_is_taken(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        assert await do("driver", "list", "--data", data) == 0
        told = capsys.readouterr().out
        assert "  100  PostScript  (language:postscript)  automatic\n" in told
        assert "       The printer names this language in its device id.\n" in told
        assert await do("driver", "use", "memory", "PCL", "5", "--data", data) == 0
        assert capsys.readouterr().out == "Memory: PCL 5. It was chosen by a person.\n"
        assert site.printer.device.driver.name == "pcl5"
        await do("driver", "list", "Memory", "--data", data)
        assert "* 100  PCL 5  (language:pcl5)\n" in capsys.readouterr().out
        await do("status", "--data", data)
        assert "  driver: PCL 5. It was chosen by a person.\n" in capsys.readouterr().out
        assert await do("driver", "use", site.printer.uuid, "automatic", "--data", data) == 0
        assert site.printer.device.driver.name == "postscript"

    visit(data, story)


def test_a_driver_that_was_chosen_and_is_gone_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = choose.choose(("PCL",), False, choice=choose.Choice("file:///gone.ppd"))

    async def story(site: Site) -> None:
        announce(site, data)
        site.printer.device.use(gone)
        for words in (["status"], ["driver", "list"]):
            assert await do(*words, "--data", data) == 0
            assert "The driver that was chosen, file:///gone.ppd, cannot be used" in capsys.readouterr().out

    visit(data, story)


@pytest.mark.parametrize(
    "words, expected",
    [
        (["zpl"], ["language:zpl"]),
        (["Memory", "ZPL"], ["language:zpl"]),
        (["--all"], ["language:postscript", "language:pcl5", "raw", "language:pwg", "language:urf", "language:escpos",
                     "language:zpl"]),
        (["no", "such"], []),
    ],
)  # fmt: skip
def test_drivers_are_searched_by_words(
    data: Path, words: "list[str]", expected: "list[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        assert await do("driver", "list", *words, "--data", data, "--json") == 0
        assert [fit["choice"] for fit in json.loads(capsys.readouterr().out)["fits"]] == expected
        await do("driver", "list", *words, "--data", data)
        assert ("Nothing that can be had is called no such." in capsys.readouterr().out) is (not expected)

    visit(data, story)


def test_options_are_listed_and_set_and_a_test_page_is_printed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = choose.bridged(MATCH, ppd.read(driver.ppd()), (), letter_first=False)

    async def story(site: Site) -> None:
        announce(site, data)
        assert await do("driver", "options", "Memory", "--data", data) == 0
        assert capsys.readouterr().out == "The driver of Memory has no options of its own.\n"
        assert await do("driver", "set", "Memory", "JCLEcono=True", "--data", data) == FAILED
        assert "no options of its own" in capsys.readouterr().err
        site.printer.device.use(made)
        assert await do("driver", "options", "Memory", "--data", data) == 0
        assert "JCLEcono=False  Economy\n    True  Yes\n    False  No\n" in capsys.readouterr().out
        assert await do("driver", "set", "Memory", "JCLEcono=Maybe", "--data", data) == FAILED
        assert "JCLEcono cannot be 'Maybe'; it must be True, False." in capsys.readouterr().err
        assert await do("driver", "test", "Memory", "--data", data) == 0
        assert capsys.readouterr().out == f"job {next(iter(site.printer.jobs))}\n"

    visit(data, story)


@pytest.mark.parametrize(
    "words, status, complaint",
    [
        (["use", "Memory", "pcl"], FAILED, "There is no driver 'pcl'. Did you mean pcl5"),
        (["use", "Memori", "pcl5"], FAILED, "there is no printer 'Memori'; did you mean 'Memory'?"),
        (["use", "x\x1b", "pcl5"], FAILED, "there is 'Memory'"),
        (["test", "Other"], FAILED, "there is no printer 'Other'"),
        (["set", "Memory", "Density"], 2, "OPTION=CHOICE is wanted, not 'Density'"),
    ],
)
def test_what_a_driver_cannot_be_is_told_with_what_it_can(
    data: Path, words: "list[str]", status: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(site: Site) -> None:
        announce(site, data)
        assert await do("driver", *words, "--data", data) == status
        error = capsys.readouterr().err
        assert complaint in error and error.count("\n") == 1 and "\x1b" not in error

    visit(data, story)


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]", '{"port": "x"}'])
def test_a_damaged_port_file_is_told(data: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "feedpath.run").write_text(content)
    assert main(["status", "--data", str(data)]) == FAILED
    assert "feedpath.run is damaged" in capsys.readouterr().err


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "settings.toml").write_text("prot = 1")
    assert main(["run", "--data", str(tmp_path)]) == FAILED
    assert f"{tmp_path}/settings.toml: there is no setting 'prot'" in capsys.readouterr().err


def test_run_hands_the_settings_of_file_and_command_line_to_the_appliance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain_logging: None
) -> None:
    started: list[tuple[Path, Settings]] = []

    def run(data: Path, settings: Settings) -> int:
        started.append((data, settings))
        return 7

    put_in_place(monkeypatch, run)
    Settings(str(tmp_path / "settings.toml")).set("location", "hall")
    words = ["--port", "0", "--set", "raw=on", "--set", "name=a=b", "--log-level", "error"]
    assert main(["run", "--data", str(tmp_path), *words]) == 7
    ((data, settings),) = started
    assert data == tmp_path
    values = [settings[name] for name in ("location", "port", "raw", "name", "log-level")]
    assert values == ["hall", 0, True, "a=b", "error"]
    assert logging.getLogger().level == logging.ERROR
    settings.set("log-level", "debug")
    assert logging.getLogger().level == logging.DEBUG


def test_a_log_line_stays_one_line_whatever_a_client_called_its_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain_logging: None
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    put_in_place(monkeypatch, lambda data, settings: logging.warning("job %s", "a\nERROR fake\x1b[2J"))
    assert main(["run", "--data", str(tmp_path)]) == 0
    assert stream.getvalue().count("\n") == 1 and "\x1b" not in stream.getvalue()


def test_version_and_help_need_no_firmware(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith(f"feedpath {__version__} (Python 3.")
    for words in (["--help"], ["driver", "--help"], ["driver", "use", "--help"], ["settings", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text and "feedpath driver use Office pcl5" in text
    for row in TABLE:
        assert f"  {row.name}\n" in text and row.help in text


def test_a_reader_that_has_seen_enough_is_no_error_message() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PYTHON, "-m", "feedpath", "version"], check=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert done.stderr == b"" and done.returncode == FAILED


def test_the_command_line_starts_without_what_only_some_commands_need() -> None:
    program = "import sys, feedpath.cli; print(*sys.modules)"
    output = subprocess.run([*PYTHON, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert not {"http.client", "jinja2", "asyncio", "tomllib", "difflib", "secrets"} & set(output.split())
