"""Drivers on the pages and in their API: which is used and why, another one, its options, a test page."""

import json
from pathlib import Path

import pytest

from feedpath.back.pdl import choose
from feedpath.core.job import PENDING
from tests.fakes.site import STRANGER, Site, visit


def test_the_page_says_which_driver_is_used_and_why_and_takes_another(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        address = f"/driver/{site.printer.uuid}"
        assert f'href="{address}"'.encode() in (await site.ask("GET", "/")).body
        page = (await site.ask("GET", address)).body
        assert b'value="language:pcl5"' in page and b"names this language in its device id" in page
        answer = await site.ask("POST", "/driver", f"printer={site.printer.uuid}&driver=language%3Apcl5")
        assert (answer.status, answer.headers["Location"]) == (303, address)
        assert site.printer.device.driver.name == "pcl5"
        assert b"Driver: PCL 5. It was chosen by a person." in (await site.ask("GET", "/")).body

    visit(tmp_path, story)


def test_the_page_finds_drivers_by_words(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        page = (await site.ask("GET", f"/driver/{site.printer.uuid}?words=label+zpl")).body
        assert b"Nothing that is installed is called so." in page
        page = (await site.ask("GET", f"/driver/{site.printer.uuid}?words=ZPL")).body
        assert b'value="language:zpl"' in page and b'value="language:pcl5"' not in page

    visit(tmp_path, story)


def test_the_api_tells_what_is_used_what_fits_and_which_options_there_are(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        told = (await site.ask("GET", f"/api/driver/{site.printer.uuid}")).json
        assert [fit["choice"] for fit in told["fits"]] == ["language:postscript", "language:pcl5", "raw"]
        assert told["options"] == [] and set(told["driver"]) == {"choice", "title", "why", "lost", "chosen"}
        every = (await site.ask("GET", f"/api/driver/{site.printer.uuid}?all=1")).json["fits"]
        assert len(every) == 7
        change = json.dumps({"printer": site.printer.uuid, "driver": "postscript"})
        answer = await site.ask("POST", "/api/driver", change, "application/json")
        assert answer.json["driver"]["choice"] == "language:postscript"
        status = (await site.ask("GET", "/api/status")).json["printers"][0]["driver"]
        assert status == answer.json["driver"]

    visit(tmp_path, story)


def test_a_driver_that_was_chosen_and_is_gone_is_said_to_be_so(tmp_path: Path) -> None:
    gone = choose.choose(("PCL",), False, choice=choose.Choice("file:///gone.ppd"))

    async def story(site: Site) -> None:
        site.printer.device.use(gone)
        for address in ("/", f"/driver/{site.printer.uuid}", "/api/status"):
            assert b"that was chosen, file:///gone.ppd, cannot be used" in (await site.ask("GET", address)).body

    visit(tmp_path, story)


def test_a_test_page_prints_as_any_other_job(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        answer = await site.ask("POST", "/api/test-page", f"printer={site.printer.uuid}")
        job = site.printer.jobs[answer.json["job"]]
        assert (job.name, job.state, job.ticket.format) == ("Test page", PENDING, "application/pdf")
        assert (await site.ask("POST", "/test-page", f"printer={site.printer.uuid}")).headers["Location"] == "/"
        assert len(site.printer.jobs) == 2

    visit(tmp_path, story)


@pytest.mark.parametrize(
    "path, fields, status, sentence",
    [
        ("driver", {"driver": "pcl"}, 400, "There is no driver 'pcl'. Did you mean pcl5"),
        ("driver", {"driver": "file:///gone.ppd"}, 400, "There is no driver 'file:///gone.ppd'."),
        ("driver", {}, 400, "There is no driver ''."),
        ("driver", {"printer": "none", "driver": "raw"}, 404, "There is no such printer."),
        ("driver-options", {"option.Density": "3"}, 409, "This driver has no options of its own."),
        ("test-page", {"printer": ""}, 404, "There is no such printer."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, path: str, fields: "dict[str, str]", status: int, sentence: str
) -> None:
    async def story(site: Site) -> None:
        asked = {"printer": site.printer.uuid, **fields}
        answer = await site.ask("POST", f"/api/{path}", json.dumps(asked), "application/json")
        assert answer.status == status and sentence in answer.json["error"]
        assert (await site.ask("GET", "/driver/none")).status == 404

    visit(tmp_path, story)


def test_a_printer_that_takes_raw_bytes_only_gets_no_test_page(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        choice = json.dumps({"printer": site.printer.uuid, "driver": "raw"})
        assert (await site.ask("POST", "/api/driver", choice, "application/json")).status == 200
        answer = await site.ask("POST", "/api/test-page", f"printer={site.printer.uuid}")
        assert answer.status == 409 and "Choose a driver" in answer.json["error"]

    visit(tmp_path, story)


@pytest.mark.parametrize("path", ["driver", "driver-options", "test-page"])
def test_nobody_chooses_or_prints_without_the_code(tmp_path: Path, path: str) -> None:
    async def story(site: Site) -> None:
        fields = f"printer={site.printer.uuid}&driver=raw&option.Density=1"
        before = site.printer.device.driver
        assert (await site.ask("POST", f"/{path}", fields)).headers["Location"] == "/sign-in"
        assert (await site.ask("POST", f"/api/{path}", fields)).status == 401
        assert (await site.ask("POST", f"/{path}", fields, Origin="http://evil.example")).status == 403
        assert (await site.ask("GET", f"/api/driver/{site.printer.uuid}")).status == 401
        assert b'action="/test-page"' not in (await site.ask("GET", "/")).body
        assert site.printer.device.driver is before and not site.printer.jobs

    visit(tmp_path, story, **STRANGER)
