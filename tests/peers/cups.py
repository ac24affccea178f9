"""CUPS as a client: a cupsd of our own that adds the printer without a driver."""

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.netns import Namespace, until
from tests.peers.appliance import Appliance, Lan

CUPSD_CONF = """
LogLevel debug
Listen 127.0.0.1:631
WebInterface No
Browsing No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES_CONF = """
User lp
Group lp
SystemGroup root
ServerBin /usr/lib/cups
DataDir /usr/share/cups
DocumentRoot /usr/share/cups/doc-root
ServerRoot {0}/etc
CacheDir {0}/cache
StateDir {0}/state
RequestRoot {0}/spool
TempDir {0}/tmp
AccessLog {0}/access_log
ErrorLog {0}/error_log
PageLog {0}/page_log
"""
JOB_STATES = """
{
  OPERATION Get-Job-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR integer job-id $job
  ATTR name requesting-user-name root
  DISPLAY job-state
}
"""


class Cups:
    """A cupsd with a directory of its own; `queue` is the name of its one printer."""

    def __init__(self, space: Namespace, directory: Path):
        self.space = space
        self.directory = directory
        self.queue = "queue"
        space.environment["CUPS_SERVER"] = "127.0.0.1:631"

    def start(self) -> "subprocess.Popen[bytes]":
        """Start cupsd and wait until it answers."""
        self.directory.chmod(0o755)  # the filters run as lp
        for name in ("etc", "cache", "state", "spool", "tmp"):
            (self.directory / name).mkdir()
        (self.directory / "tmp").chmod(0o1777)
        config, files = self.directory / "etc" / "cupsd.conf", self.directory / "etc" / "cups-files.conf"
        config.write_text(CUPSD_CONF)
        files.write_text(FILES_CONF.format(self.directory))
        process = self.space.start("cupsd", "-f", "-c", str(config), "-s", str(files), log=self.directory / "output")

        def answers() -> bool:
            assert process.poll() is None, (self.directory / "output").read_text() + self.log()
            return "is running" in self.space.run("lpstat", "-r", check=False).replace("not running", "")

        until(answers, "cupsd")
        return process

    def log(self) -> str:
        """Return what cupsd and its filters wrote about jobs, the end of it."""
        path = self.directory / "error_log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join([line for line in lines if "[Job" in line or line[:1] in "EW"][-80:])

    def add(self, uri: str) -> None:
        """Add the printer as its users do: no driver, everything asked of itself."""
        self.space.run("lpadmin", "-p", self.queue, "-E", "-v", uri, "-m", "everywhere")
        until(self._has_driver, "cupsd to ask the printer")  # lpadmin does not wait for it

    def _has_driver(self) -> bool:
        uri = "ipp://127.0.0.1/printers/%s" % self.queue
        told = self.space.run("ipptool", "-tv", uri, "get-printer-attributes.test", check=False)
        return re.search(r"printer-make-and-model .*IPP Everywhere", told) is not None

    def print(self, document: Path, *options: str) -> str:
        """Print a document and return the number of its job."""
        told = self.space.run("lp", "-d", self.queue, *options, str(document))
        found = re.search(r"request id is %s-(\d+)" % self.queue, told)
        assert found, told
        return found[1]

    def state(self, job: str) -> str:
        """Return the job's state as a keyword."""
        request = self.directory / "job.test"
        request.write_text(JOB_STATES)
        uri = "ipp://127.0.0.1/printers/%s" % self.queue
        told = self.space.run("ipptool", "-c", "-d", "job=" + job, uri, str(request), check=False)
        return told.strip().splitlines()[-1].strip('"') if told.strip() else ""


@contextlib.contextmanager
def client(lan: Lan, firmware: Appliance) -> "Iterator[Cups]":
    """Give a cupsd on the client that has added the firmware's printer."""
    with tempfile.TemporaryDirectory(prefix="feedpath-cups-") as directory:  # pytest's own are closed to lp
        cups = Cups(lan.client, Path(directory))
        process = cups.start()
        try:
            cups.add(firmware.uri())
            yield cups
        except subprocess.CalledProcessError as error:
            pytest.fail("lpadmin: %s\n%s" % (error.stderr, cups.log()))
        finally:
            lan.client.stop(process)


def print_and_collect(cups: Cups, firmware: Appliance, document: Path, *options: str) -> bytes:
    """Print a document, wait until CUPS says that the job has ended, and return what came out at the printer."""
    before = len(firmware.received())
    job = cups.print(document, *options)
    with contextlib.suppress(AssertionError):
        until(lambda: cups.state(job) in ("completed", "aborted", "canceled", "processing-stopped"), "the job's end")
    assert cups.state(job) == "completed", cups.log()
    return firmware.received(before)
