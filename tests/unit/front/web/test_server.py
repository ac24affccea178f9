"""The pages' server, asked over loopback: who may do what, under which Host and Origin, and what is answered."""

import base64
import json
import threading
from pathlib import Path

import pytest

from feedpath.back.pdl import choose
from feedpath.core.job import CANCELED, HELD, PENDING
from feedpath.front.web.server import JOB_ACTIONS, PRINTER_ACTIONS, SECURITY
from feedpath.settings import Settings
from tests.fakes import documents
from tests.fakes.site import CODE, STRANGER, Site, visit


def basic(code: str) -> str:
    return "Basic " + base64.b64encode(f"admin:{code}".encode()).decode()


def test_the_status_page_shows_the_printer_its_jobs_and_its_address(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.box.submit(name="<letter>.pdf", user="ana")
        page = (await site.ask("GET", "/")).body.decode()
        for words in ("Memory", "The printer is off or unplugged.", "&lt;letter&gt;.pdf", "ana", "It holds 12 bytes."):
            assert words in page
        assert f"ipp://feedpath.local:{site.port}/ipp/print" in page
        assert 'action="/cancel"' in page

    visit(tmp_path, story)


def test_a_kept_document_is_shown_to_those_who_may_know_what_it_is(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.box.device.driver = choose.choose(("PCL",), letter_first=False)
        job = await site.box.print(documents.pdf(), format="application/pdf", name="<letter>", hold=True)
        site.settings.override("show-job-names", "on")
        address = f"/jobs/{job.id}/preview.png"
        page = (await site.ask("GET", "/")).body.decode()
        assert f'src="{address}" alt="First sheet of &lt;letter&gt;"' in page
        picture = await site.ask("GET", address)
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/png")
        assert picture.body.startswith(b"\x89PNG") and "private" in picture.headers["Cache-Control"]
        site.settings.override("show-job-names", "off")
        assert (await site.ask("GET", address)).status == 403
        assert "preview" not in (await site.ask("GET", "/")).body.decode()
        assert (await site.ask("GET", address, Authorization=basic(CODE))).status == 200
        job.cancel()
        assert (await site.ask("GET", address, Authorization=basic(CODE))).status == 404
        assert (await site.ask("GET", "/jobs/99/preview.png", Authorization=basic(CODE))).status == 404

    visit(tmp_path, story, **STRANGER)


def test_every_answer_tells_browsers_to_run_nothing_foreign_and_show_nothing_in_frames(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for path in ("/", "/sign-in", "/api/status", "/static/feedpath.css", "/static/none"):
            answer = await site.ask("GET", path)
            for name, value in SECURITY:
                assert answer.headers[name] == value
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            assert "frame-ancestors 'none'" in (await site.ask("POST", "/cancel", **headers)).headers[SECURITY[0][0]]

    visit(tmp_path, story)


def test_pages_are_not_kept_and_static_files_are(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert (await site.ask("GET", "/")).headers["Cache-Control"] == "no-store"
        style = await site.ask("GET", "/static/feedpath.css?x")
        assert (style.status, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
        assert "immutable" in style.headers["Cache-Control"]

    visit(tmp_path, story)


@pytest.mark.parametrize("name", ["none.css", "..%2fpages.py", ".", "%2e%2e", "__pycache__"])
def test_only_static_files_are_given_out(tmp_path: Path, name: str) -> None:
    async def story(site: Site) -> None:
        assert (await site.ask("GET", f"/static/{name}")).status == 404

    visit(tmp_path, story)


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost", 200), ("127.0.0.1:8631", 200), ("[::1]:8631", 200), ("printer.local", 200), ("pi", 200),
        ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("print.example:8631", 200),
    ],
)  # fmt: skip
def test_only_a_name_of_this_computer_is_answered(tmp_path: Path, host: str, status: int) -> None:
    async def story(site: Site) -> None:
        for path in ("/", "/api/status", "/static/feedpath.css"):
            assert (await site.ask("GET", path, Host=host)).status == status

    visit(tmp_path, story, hosts="print.example")


def test_a_wrong_host_is_told_how_it_becomes_right(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert b"feedpath settings set hosts evil.example" in (await site.ask("GET", "/", Host="evil.example:1")).body

    visit(tmp_path, story)


@pytest.mark.parametrize("path", ["/cancel", "/api/cancel", "/pause", "/sign-in", "/sign-out", "/api/settings"])
@pytest.mark.parametrize(
    "header", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_a_page_of_another_site_gets_nothing_done(tmp_path: Path, path: str, header: "dict[str, str]") -> None:
    async def story(site: Site) -> None:
        job = site.box.submit()
        fields = f"job={job.id}&printer={site.printer.uuid}&code={CODE}"
        answer = await site.ask("POST", path, fields, Authorization=basic(CODE), **header)
        assert answer.status == 403
        assert not job.stopping and not job.over and not site.printer.paused
        assert answer.headers["Set-Cookie"] is None

    visit(tmp_path, story)


def test_our_own_form_cancels_a_job(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        job = site.box.submit()
        answer = await site.ask("POST", "/cancel", f"job={job.id}", Host="localhost:99", Origin="http://localhost:99")
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert (job.state, tuple(job.reasons)) == (CANCELED, ("job-canceled-by-operator",))

    visit(tmp_path, story)


def test_a_held_job_is_released(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        job = site.box.submit(hold=True)
        assert job.state == HELD
        assert (await site.ask("POST", "/release", f"job={job.id}")).status == 303
        assert job.state == PENDING

    visit(tmp_path, story)


def test_a_printer_is_paused_and_resumed(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        await site.ask("POST", "/pause", f"printer={site.printer.uuid}")
        assert site.printer.paused
        answer = await site.ask("POST", "/api/resume", json.dumps({"printer": site.printer.uuid}), "application/json")
        assert answer.json == {"done": "resume"}
        assert not site.printer.paused

    visit(tmp_path, story)


@pytest.mark.parametrize("action", [*JOB_ACTIONS, *PRINTER_ACTIONS])
def test_nobody_acts_without_the_code(tmp_path: Path, action: str) -> None:
    async def story(site: Site) -> None:
        job = site.box.submit(hold=True)
        fields = f"job={job.id}&printer={site.printer.uuid}"
        page = await site.ask("POST", f"/{action}", fields)
        assert (page.status, page.headers["Location"]) == (303, "/sign-in")
        answer = await site.ask("POST", f"/api/{action}", fields)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert "claim code" in answer.json["error"]
        assert job.state == HELD and not site.printer.paused

    visit(tmp_path, story, **STRANGER)


def test_with_the_code_as_password_a_script_may(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        answer = await site.ask("POST", "/api/pause", f"printer={site.printer.uuid}", Authorization=basic(CODE))
        assert answer.status == 200 and site.printer.paused

    visit(tmp_path, story, **STRANGER)


def test_a_browser_signs_in_acts_and_signs_out(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        signed_in = await site.ask("POST", "/sign-in", f"code={CODE.lower().replace('-', '+')}")
        cookie = signed_in.headers["Set-Cookie"]
        assert signed_in.status == 303 and "HttpOnly" in cookie and "SameSite=Strict" in cookie
        session = cookie.partition(";")[0]
        assert b'action="/pause"' in (await site.ask("GET", "/", Cookie=session)).body
        assert (await site.ask("POST", "/sign-out", Cookie=session)).headers["Location"] == "/"
        assert b'action="/pause"' not in (await site.ask("GET", "/", Cookie=session)).body

    visit(tmp_path, story, **STRANGER)


def test_a_wrong_code_is_told_so_and_after_five_nothing_is_looked_at(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(4):
            answer = await site.ask("POST", "/sign-in", "code=%3Cwrong%3E")
            assert answer.status == 403 and b"That is not the claim code." in answer.body
            assert b"wrong>" not in answer.body
        await site.ask("POST", "/sign-in", "code=wrong")
        answer = await site.ask("POST", "/sign-in", f"code={CODE}")
        assert answer.status == 429 and int(answer.headers["Retry-After"]) > 0
        answer = await site.ask("GET", "/api/settings", Authorization=basic(CODE))
        assert answer.status == 429 and int(answer.headers["Retry-After"]) > 0

    visit(tmp_path, story, **STRANGER)


def test_strangers_see_no_names_of_jobs_unless_a_setting_allows_it(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.box.submit(name="secret.pdf", user="ana")
        for path in ("/", "/api/status"):
            assert b"secret.pdf" not in (await site.ask("GET", path)).body
            assert b"secret.pdf" in (await site.ask("GET", path, Authorization=basic(CODE))).body
        site.settings.override("show-job-names", "on")
        assert b"secret.pdf" in (await site.ask("GET", "/")).body

    visit(tmp_path, story, **STRANGER)


@pytest.mark.parametrize(
    "path, fields, status, sentence",
    [
        ("cancel", {"job": 99}, 404, "There is no job 99."),
        ("cancel", {"job": "1 OR 1"}, 404, "There is no job 1 OR 1."),
        ("cancel", {"job": "9" * 5000}, 404, "There is no job"),
        ("cancel", {}, 404, "There is no job"),
        ("cancel", [], 400, "A JSON object is wanted."),
        ("pause", {"printer": "none"}, 404, "There is no such printer."),
        ("release", {"job": 1}, 409, "Job 1 is not held."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, path: str, fields: object, status: int, sentence: str
) -> None:
    async def story(site: Site) -> None:
        site.box.submit()
        answer = await site.ask("POST", f"/api/{path}", json.dumps(fields), "application/json")
        assert answer.status == status and sentence in answer.json["error"]
        if isinstance(fields, dict):
            form = "&".join(f"{name}={value}" for name, value in fields.items()).replace(" ", "+")
            page = await site.ask("POST", f"/{path}", form)
            assert page.status == status and sentence.encode() in page.body

    visit(tmp_path, story)


@pytest.mark.parametrize("body", ["{", "[" * 8000, "\x80", '{"job": NaN'])
def test_json_that_is_none_is_a_bad_request(tmp_path: Path, body: str) -> None:
    async def story(site: Site) -> None:
        assert (await site.ask("POST", "/api/cancel", body, "application/json")).status == 400

    visit(tmp_path, story)


def test_settings_are_read_changed_and_kept_and_watchers_hear_of_it_on_the_loop(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        heard: list[tuple[frozenset[str], bool]] = []
        loop_thread = threading.current_thread()
        site.settings.watch(lambda names: heard.append((names, threading.current_thread() is loop_thread)))
        change = json.dumps({"name": "region", "value": "letter"})
        answer = await site.ask("POST", "/api/settings", change, "application/json")
        assert answer.json == {"settings": {"region": "letter"}}
        assert (await site.ask("GET", "/api/settings")).json["settings"]["region"] == "letter"
        assert heard == [(frozenset({"region"}), True)]
        assert Settings.load(str(tmp_path / "settings.toml"))["region"] == "letter"

    visit(tmp_path, story)


@pytest.mark.parametrize(
    "name, value, sentence",
    [("regoin", "a4", "did you mean 'region'?"), ("region", "a5", "auto, a4 or letter"), ("", "", "no setting ''")],
)
def test_a_setting_that_is_not_allowed_is_told_what_is(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    async def story(site: Site) -> None:
        change = json.dumps({"name": name, "value": value})
        answer = await site.ask("POST", "/api/settings", change, "application/json")
        assert answer.status == 400 and sentence in answer.json["error"]

    visit(tmp_path, story)


def test_strangers_may_neither_read_nor_change_settings(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert (await site.ask("GET", "/api/settings")).status == 401
        assert (await site.ask("POST", "/api/settings", "name=raw&value=on")).status == 401
        assert not site.settings["raw"]

    visit(tmp_path, story, **STRANGER)


def test_the_sign_in_page_offers_encryption_where_there_is_some(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert b"https://pi.local:8631/sign-in" in (await site.ask("GET", "/sign-in", Host="pi.local:8631")).body
        site.settings.override("tls", "off")
        assert b"https://" not in (await site.ask("GET", "/sign-in", Host="pi.local:8631")).body

    visit(tmp_path, story)


@pytest.mark.parametrize(
    "host, authority",
    [
        ("pi.local:8631", "pi.local:8631"),
        ("192.168.1.9", "192.168.1.9:80"),
        ("[fe80::1]", "[fe80::1]:80"),
        ("[fe80::1]:8631", "[fe80::1]:8631"),
    ],
)
def test_the_address_to_add_is_the_one_that_the_visitor_came_by(tmp_path: Path, host: str, authority: str) -> None:
    async def story(site: Site) -> None:
        printer = (await site.ask("GET", "/api/status", Host=host)).json["printers"][0]
        assert printer["addresses"]["ipp"] == f"ipp://{authority}/ipp/print"

    visit(tmp_path, story)
