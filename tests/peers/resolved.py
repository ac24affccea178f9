"""systemd-resolved on a message bus of its own, in a network namespace: neither needs systemd itself."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.netns import Namespace, until
from tools import packages

USER = "systemd-resolve"  # that it becomes: here nobody under another name, whom the message bus knows
BUS = """<busconfig>
  <type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/>
  </policy>
</busconfig>
"""
START = """
mount -t tmpfs run /run && mkdir /run/systemd
for file in passwd group; do
  (cat /etc/$file; echo %s:x:65534:65534::/:/bin/false) > /run/$file && mount --bind /run/$file /etc/$file
done
exec %s
"""
PLACES = ("lib/systemd", "usr/lib/systemd")


@contextlib.contextmanager
def resolved(space: Namespace, folder: Path) -> "Iterator[None]":
    """Run it; programs that are started in the namespace from now on can talk to it by resolvectl."""
    home = Path("/") if shutil.which("resolvectl") else packages.folder("systemd-resolved")
    daemon = next((path for place in PLACES if (path := home / place / "systemd-resolved").exists()), None)
    if daemon is None:
        pytest.fail("there is no systemd-resolved here: tools/test fetches it")
    bus, conf, log = Path(tempfile.mkdtemp()) / "bus", folder / "bus.conf", folder / "resolved.log"
    bus.parent.chmod(0o755)  # the user whom it becomes finds it
    conf.write_text(BUS % bus)
    places = f"{home}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}", "PATH": places}
    space.environment.update(environment)
    message_bus = space.start("dbus-daemon", f"--config-file={conf}", "--nofork", "--nopidfile", log=folder / "bus.log")
    try:
        until(bus.exists, "the message bus")
        process = space.start("unshare", "--mount", "sh", "-ec", START % (USER, daemon), log=log)
        until(lambda: "Global" in space.run("resolvectl", "dns", check=False), f"systemd-resolved, as {log} tells")
        yield
        space.stop(process)
    finally:
        space.stop(message_bus)
        for name in environment:
            del space.environment[name]
        shutil.rmtree(bus.parent)
