"""The first moments of a run."""

from pathlib import Path

from tests.fakes.netns import until
from tests.robust.firmware import bench
from tests.robust.ippclient import Client, offers_tls


def test_encryption_is_announced_as_soon_as_it_is_offered(tmp_path: Path) -> None:
    with bench(tmp_path / "data", "tls=on") as (firmware, _, _), Client(firmware.port) as client:
        client.printer()  # the first one asks before there is a certificate
        until(lambda: offers_tls(firmware.port), "TLS")
        until(lambda: client.printer()["uri-security-supported"] == ["none", "tls"], "TLS to be announced", seconds=5)
        assert [uri.partition(":")[0] for uri in client.printer()["printer-uri-supported"]] == ["ipp", "ipps"]
