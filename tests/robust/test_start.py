"""The first moments of a run."""

from pathlib import Path

from tests.fakes.netns import until
from tests.robust.documents import document
from tests.robust.firmware import Firmware, installed
from tests.robust.ippclient import COMPLETED, Client, offers_tls


def test_encryption_is_announced_as_soon_as_it_is_offered(tmp_path: Path) -> None:
    with installed(tmp_path / "data", "tls=on") as (firmware, _, _), Client(firmware.port) as client:
        client.printer()  # the first one asks before there is a certificate
        until(lambda: offers_tls(firmware.port), "TLS")
        until(lambda: client.printer()["uri-security-supported"] == ["none", "tls"], "TLS to be announced", seconds=5)
        assert [uri.partition(":")[0] for uri in client.printer()["printer-uri-supported"]] == ["ipp", "ipps"]


def test_a_second_firmware_on_the_same_data_says_so_and_does_no_harm(tmp_path: Path) -> None:
    with installed(tmp_path / "data", "stream=never") as (firmware, printer, bus):
        printer.busy = True
        with Client(firmware.port) as client:
            id = client.print(document(1, 1000)).job["job-id"][0]
            second = Firmware(firmware.data, bus.port, log=tmp_path / "second.log")
            second.launch()
            assert second.ended() == 1
            assert "another feedpath" in second.told() and not second.trouble()
            assert firmware.spooled() == {f"{id}.document"}
            printer.busy = False
            assert client.ended(id)["job-state"] == [COMPLETED]
