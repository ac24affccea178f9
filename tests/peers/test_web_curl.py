"""curl as the browser: the status page, the sign-in form with its cookie, and a name that a stranger points at us."""

import asyncio
import json
import re
from pathlib import Path

from feedpath.core.job import CANCELED
from tests.fakes.site import CODE, STRANGER, Site, visit


async def curl(*words: object) -> "tuple[int, str]":
    """Return status and body of what curl fetches."""
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}", *map(str, words)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output = (await process.communicate())[0].decode()
    body, _, status = output.rpartition("\n")
    return int(status), body


def test_curl_reads_the_page_and_what_it_refers_to(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        address = f"http://localhost:{site.port}"
        status, page = await curl(address)
        assert status == 200 and "The printer is off or unplugged." in page
        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert len(files) == 4
        for file in files:
            assert (await curl(address + file))[0] == 200
        assert json.loads((await curl(address + "/api/status"))[1])["printers"][0]["name"] == "Memory"
        assert (await curl("--head", address))[0] == 200

    visit(tmp_path, story)


def test_curl_signs_in_by_the_form_and_cancels_a_job(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        address, jar = f"http://localhost:{site.port}", tmp_path / "cookies"
        job = site.box.submit(name="letter.pdf")
        assert "/cancel" not in (await curl(address))[1]
        signed_in = await curl("--cookie-jar", jar, "--location", "--data", f"code={CODE}", address + "/sign-in")
        assert signed_in[0] == 200 and "letter.pdf" in signed_in[1]
        cancelled = await curl("--cookie", jar, "--location", "--data", f"job={job.id}", address + "/cancel")
        assert cancelled[0] == 200 and job.state == CANCELED

    visit(tmp_path, story, **STRANGER)


def test_curl_administers_with_the_code_as_password_after_a_challenge(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        address = f"http://localhost:{site.port}/api/settings"
        assert (await curl(address))[0] == 401
        assert (await curl("--anyauth", "--user", f"any:{CODE}", address))[0] == 200
        assert (await curl("--user", "any:wrong", address))[0] == 401

    visit(tmp_path, story, **STRANGER)


def test_a_strangers_name_that_leads_to_loopback_gives_nothing_away(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.box.submit(name="secret.pdf")
        rebound = ("--resolve", f"evil.example:{site.port}:127.0.0.1")
        for path in ("/", "/api/status", "/api/settings"):
            status, body = await curl(*rebound, f"http://evil.example:{site.port}{path}")
            assert status == 421 and "secret" not in body

    visit(tmp_path, story)


def test_a_body_larger_than_any_form_is_refused(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        (tmp_path / "large").write_bytes(b"x" * 1_000_000)
        upload = ("--data-binary", f"@{tmp_path / 'large'}", f"http://localhost:{site.port}/cancel")
        assert (await curl(*upload))[0] == 413
        assert (await curl("--header", "Transfer-Encoding: chunked", *upload))[0] == 413

    visit(tmp_path, story)
