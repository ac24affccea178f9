"""Another driver for a printer of a running firmware, by its command line and pages: what the printer then gets."""

import http.client
import urllib.parse
from pathlib import Path

import pytest

from feedpath import cli
from tests.fakes import documents, pcl_reader
from tests.fakes.netns import WATCHDOG_S
from tests.robust.firmware import Installation, installed
from tests.robust.ippclient import COMPLETED, GOOD, PRINT_JOB, Client, mime

LASER = "MFG:Acme;MDL:Jet 9;CMD:PJL,PCL,POSTSCRIPT;CLS:PRINTER;"
POSTSCRIPT, PCL = b"%!PS-Adobe", b"@PJL ENTER LANGUAGE=PCL"


def printed(running: Installation, client: Client) -> bytes:
    """Return what the printer is given of a PDF."""
    before = running.printer.total
    answer = client.call(PRINT_JOB, mime("application/pdf"), document=documents.pdf(1))
    assert answer.status in GOOD, answer
    assert client.ended(answer.job["job-id"][0])["job-state"] == [COMPLETED]
    return bytes(running.printer.received[before:])


def driver(running: Installation, *words: str) -> int:
    return cli.main(["driver", *words, "--data", str(running.firmware.data)])


def posted(running: Installation, path: str, **fields: str) -> int:
    """Return the status of a form's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", running.firmware.port, timeout=WATCHDOG_S)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, urllib.parse.urlencode(fields), headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_next_job_comes_in_the_language_that_was_chosen_and_clients_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with installed(tmp_path / "data", device_id=LASER) as running:
        with Client(running.firmware.port) as client:
            assert POSTSCRIPT in printed(running, client)
            told = client.printer()
            assert driver(running, "use", "Acme Jet 9", "pcl5") == 0
            assert "Acme Jet 9: PCL 5. It was chosen by a person." in capsys.readouterr().out
            now = client.printer()
            assert told["color-supported"] == [True] and now["color-supported"] == [False]
            assert "application/vnd.hp-pcl" in now["document-format-supported"]
            assert now["printer-config-change-time"][0] >= told["printer-config-change-time"][0]
            assert PCL in printed(running, client)
        running.firmware.stop()
        running.firmware.start()
        running.firmware.ready()
        with Client(running.firmware.port) as client:
            assert PCL in printed(running, client)
            assert driver(running, "use", "Acme Jet 9", "automatic") == 0
            assert POSTSCRIPT in printed(running, client)
        assert driver(running, "use", "Acme Jet 9", "pcl") == cli.FAILED
        assert not running.firmware.trouble()


def test_a_test_page_is_printed_from_the_page(tmp_path: Path) -> None:
    with installed(tmp_path / "data", device_id=LASER) as running, Client(running.firmware.port) as client:
        uuid = client.printer()["printer-uuid"][0].removeprefix("urn:uuid:")
        assert posted(running, "/driver", printer=uuid, driver="language:pcl5") == 303
        assert posted(running, "/test-page", printer=uuid) == 303
        (number,) = client.jobs("all", "job-id")
        job = client.ended(number)
        assert job["job-state"] == [COMPLETED] and job["job-name"] == ["Test page"]
        (page,) = pcl_reader.read(bytes(running.printer.received)).pages
        running.firmware.holds_none()
        inked = sum(any(row) for row in page.rows)
        assert len(page.rows) > 3000 and inked > 3000  # the frame is in every row
        assert not running.firmware.trouble()
