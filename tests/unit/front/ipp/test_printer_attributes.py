"""What Get-Printer-Attributes tells: all that clients ask for, by the printer as it is, and always as of now."""

from pathlib import Path

import pytest

from feedpath.core.driver import Supply
from feedpath.front.ipp import attributes, operations, sheet, status, values, wire
from feedpath.front.ipp.template import media_col
from tests.unit.front.ipp.asking import HOST, an, front_end, runs

IPP_1_1 = """
charset-configured charset-supported compression-supported document-format-default document-format-supported
generated-natural-language-supported ipp-versions-supported natural-language-configured operations-supported
pdl-override-supported printer-is-accepting-jobs printer-name printer-state printer-state-reasons printer-up-time
printer-uri-supported queued-job-count uri-authentication-supported uri-security-supported"""  # RFC 8011, 5.4
IPP_2_0 = """
color-supported copies-default copies-supported finishings-default finishings-supported media-default
media-supported orientation-requested-default orientation-requested-supported output-bin-default output-bin-supported
print-quality-default print-quality-supported printer-resolution-default printer-resolution-supported sides-default
sides-supported pages-per-minute pages-per-minute-color printer-info printer-location printer-make-and-model
printer-more-info"""  # PWG 5100.12, 6.2
EVERYWHERE = """
document-password-supported identify-actions-default identify-actions-supported ipp-features-supported
job-creation-attributes-supported job-ids-supported media-bottom-margin-supported media-col-default
media-col-ready media-col-supported media-left-margin-supported media-ready media-right-margin-supported
media-size-supported media-source-supported media-top-margin-supported media-type-supported
multiple-document-jobs-supported multiple-operation-time-out multiple-operation-time-out-action
page-ranges-supported preferred-attributes-supported print-color-mode-default print-color-mode-supported
print-content-optimize-default print-content-optimize-supported print-rendering-intent-default
print-rendering-intent-supported printer-config-change-date-time printer-config-change-time printer-current-time
printer-device-id printer-geo-location printer-get-attributes-supported printer-organization
printer-organizational-unit printer-state-change-date-time printer-state-change-time printer-supply
printer-supply-description printer-supply-info-uri printer-uuid pwg-raster-document-resolution-supported
pwg-raster-document-sheet-back pwg-raster-document-type-supported which-jobs-supported"""  # PWG 5100.14
CLIENTS = """
document-format-preferred jpeg-k-octets-supported mopria-certified pdf-k-octets-supported
printer-dns-sd-name printer-firmware-name printer-firmware-string-version printer-input-tray printer-kind
printer-output-tray printer-state-message urf-supported"""


@pytest.mark.parametrize("names", [IPP_1_1, IPP_2_0, EVERYWHERE, CLIENTS], ids=["1.1", "2.0", "everywhere", "clients"])
@runs
async def test_what_standards_and_clients_ask_for_is_told(names: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        told = (await ask("Get-Printer-Attributes")).names(wire.PRINTER)
        assert set(names.split()) <= set(told)


def test_each_attribute_has_one_row() -> None:
    names = [row.name for row in attributes.ALL]
    assert len(set(names)) == len(names)


@runs
async def test_no_value_is_longer_than_its_syntax_allows(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        ask.printer.info = ask.printer.location = ask.printer.announced = "Ä" * 2000
        ask.printer.device_id = "MFG:" + "x" * 3000
        ask.printer.supplies = (Supply("T" * 2000, "toner", "#000000", 50),)
        ask.printer.touch("identity")
        told = await ask("Get-Printer-Attributes")  # parsing it is the check
        assert told["printer-info"] == "Ä" * 63
        assert told["printer-dns-sd-name"] == "Ä" * 31


@pytest.mark.parametrize(
    "requested, told, untold",
    [
        ((), "printer-name sides-supported", "media-col-database"),
        (("all",), "printer-name sides-supported", "media-col-database"),
        (("all", "media-col-database"), "printer-name media-col-database", ""),
        (("media-col-database",), "media-col-database", "printer-name"),
        (("printer-description",), "printer-name operations-supported", "sides-supported media-col-default"),
        (("job-template",), "sides-supported media-col-default", "printer-name media-col-database"),
        (("printer-state", "no-such-attribute"), "printer-state", "printer-name no-such-attribute"),
    ],
)
@runs
async def test_what_is_requested_is_told(requested: "tuple[str, ...]", told: str, untold: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        given = [an("requested-attributes", *requested)] if requested else []
        names = (await ask("Get-Printer-Attributes", *given)).names(wire.PRINTER)
        assert set(told.split()) <= set(names)
        assert set(untold.split()).isdisjoint(names)


@runs
async def test_what_is_requested_alone_comes_alone(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Get-Printer-Attributes", an("requested-attributes", "media-col-database"))
        assert answer.names(wire.PRINTER) == ["media-col-database"]
        assert answer.values("media-col-database")[0] == media_col(ask.printer.capabilities.media[0])


@runs
async def test_the_driver_decides_what_is_told(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(
            formats=("application/pdf",), color=False, urf=(), sides=("one-sided",), copies=99, qualities=("high",)
        )
        told = await ask("Get-Printer-Attributes")
        assert told.values("document-format-supported") == ["application/pdf"]
        assert told.values("print-color-mode-supported") == ["auto", "monochrome"]
        assert told["copies-supported"] == (1, 99)
        assert told["print-quality-default"] == 5
        assert told.values("sides-supported") == ["one-sided"]
        assert told["ipp-features-supported"] == "none"
        assert told["document-password-supported"] == 0  # the machine gets its PDF as it is
        absent = "urf-supported pages-per-minute-color pwg-raster-document-type-supported jpeg-k-octets-supported"
        assert set(absent.split()).isdisjoint(told.names(wire.PRINTER))


@pytest.mark.parametrize(
    "formats, color, pwg_types, told",
    [
        (("image/pwg-raster", "image/jpeg"), True, ("srgb_8",), "ipp-everywhere"),
        (("image/pwg-raster", "image/jpeg", "image/urf"), False, ("sgray_8",), "ipp-everywhere"),
        (("image/pwg-raster",), False, ("sgray_8",), "ipp-everywhere"),
        (("image/pwg-raster",), True, ("srgb_8",), "none"),  # color wants JPEG
        (("image/pwg-raster",), False, (), "none"),
        (("image/urf", "image/jpeg"), True, (), "none"),
        (("image/pwg-raster", "image/jpeg", "application/pdf"), True, ("srgb_8",), "none"),  # PDF wants page ranges
    ],
)
@runs
async def test_ipp_everywhere_is_claimed_where_all_that_it_wants_is_there(
    formats: "tuple[str, ...]", color: bool, pwg_types: "tuple[str, ...]", told: str, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(formats=formats, color=color, pwg_types=pwg_types)
        answer = await ask("Get-Printer-Attributes")
        assert answer["ipp-features-supported"] == told
        assert told == "none" or not answer["page-ranges-supported"]


@pytest.mark.parametrize("ranges, overrides, told", [(1, 1, "ipp-everywhere"), (1, 0, "none"), (0, 1, "none")])
@runs
async def test_ipp_everywhere_with_pdf_wants_ranges_and_overrides(
    ranges: bool, overrides: bool, told: str, tmp_path: Path
) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(
            formats=("image/pwg-raster", "image/jpeg", "application/pdf"),
            pwg_types=("srgb_8",),
            page_ranges=bool(ranges),
            overrides=bool(overrides),
        )
        answer = await ask("Get-Printer-Attributes")
        assert answer["ipp-features-supported"] == told
        assert ("overrides-supported" in answer.names(wire.PRINTER)) == bool(overrides)


@runs
async def test_where_no_medium_is_loaded_it_is_told_as_no_value(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(media_ready=())
        told = await ask("Get-Printer-Attributes")
        for name in ("media-ready", "media-col-ready"):
            (attribute,) = [each for each in told.groups(wire.PRINTER)[0].attributes if each.name == name]
            assert attribute.pairs == [(values.NO_VALUE, None)]


@runs
async def test_supplies_are_told_in_both_ways_once_the_machine_tells_them(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert "marker-names" not in (await ask("Get-Printer-Attributes")).names(wire.PRINTER)
        ask.printer.supplies = (
            Supply("Black", "toner", "#000000", 40),
            Supply("Waste", "wasteToner", "none", -3, high=90, low=80),
            Supply("Color", "ink", "#00FFFF#FF00FF#FFFF00", 7),
        )
        ask.printer.touch("supplies")
        told = await ask("Get-Printer-Attributes")
        assert told.values("marker-names") == ["Black", "Waste", "Color"]
        assert told.values("marker-types") == ["toner", "waste-toner", "ink"]
        assert told.values("marker-levels") == [40, -3, 7]
        assert told.values("marker-colors") == ["#000000", "none", "#00FFFF#FF00FF#FFFF00"]
        assert told.values("printer-supply") == [
            b"index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=40;colorantname=black;",
            b"index=2;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=90;level=-3;"
            b"colorantname=unknown;",
            b"index=3;class=supplyThatIsConsumed;type=ink;unit=percent;maxcapacity=100;level=7;colorantname=other;",
        ]


@pytest.mark.parametrize(
    "device_id, serial, told",
    [
        ("MFG:A;MDL:B;SN:7;", "7", "MFG:A;MDL:B;SN:7;"),
        ("MFG:A;MDL:B", "7", "MFG:A;MDL:B;SN:7;"),
        ("MFG:A;MDL:B;SERN:7", "7", "MFG:A;MDL:B;SERN:7;"),
        ("MFG:A;MDL:B;", "", "MFG:A;MDL:B;"),
        ("", "7", "MFG:Make;MDL:Model;SN:7;"),
    ],
)
@runs
async def test_the_device_id_carries_the_serial_number(device_id: str, serial: str, told: str, tmp_path: Path) -> None:
    async with front_end(tmp_path, plugged=False) as ask:
        printer = ask.printer
        printer.device_id, printer.serial, printer.make, printer.model = device_id, serial, "Make", "Model"
        printer.touch("identity")
        assert (await ask("Get-Printer-Attributes"))["printer-device-id"] == told


@pytest.mark.parametrize(
    "host, secure, queue, page",
    [
        ("printer.local:8631", False, "ipp://printer.local:8631/ipp/print", "http://printer.local:8631/"),
        ("printer.local:631", False, "ipp://printer.local/ipp/print", "http://printer.local:631/"),
        ("10.0.0.5", False, "ipp://10.0.0.5:8631/ipp/print", "http://10.0.0.5:8631/"),  # the port it came in on
        ("[fe80::1]:8631", True, "ipp://[fe80::1]:8631/ipp/print", "https://[fe80::1]:8631/"),
        ("[fe80::1]", False, "ipp://[fe80::1]:8631/ipp/print", "http://[fe80::1]:8631/"),
        ("", False, "ipp://localhost/ipp/print", "http://localhost:631/"),
        ("x" * 300, False, "ipp://localhost/ipp/print", "http://localhost:631/"),
    ],
)
@runs
async def test_addresses_are_those_by_which_the_client_came(
    host: str, secure: bool, queue: str, page: str, tmp_path: Path
) -> None:
    async with front_end(tmp_path, tls=True) as ask:
        told = await ask("Get-Printer-Attributes", host=host, secure=secure)
        assert told.values("printer-uri-supported") == [queue, queue.replace("ipp:", "ipps:")]
        assert told.values("uri-security-supported") == ["none", "tls"]
        assert len(told.values("uri-authentication-supported")) == 2
        assert told["printer-more-info"] == page


@runs
async def test_without_tls_there_is_one_address(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        told = await ask("Get-Printer-Attributes")
        assert told["printer-uri-supported"] == f"ipp://{HOST}/ipp/print"
        assert told["uri-security-supported"] == "none"


@runs
async def test_a_repeated_request_is_answered_as_of_now(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        before = await ask("Get-Printer-Attributes", request_id=5)
        assert (before["printer-state"], before["printer-up-time"]) == (3, 1)
        ask.printer.pause()
        ask.clock.now += 41.5
        after = await ask("Get-Printer-Attributes", request_id=6, version=(2, 0))
        assert (after["printer-state"], after["printer-up-time"]) == (5, 42)
        assert after.values("printer-state-reasons") == ["paused"]
        assert after["printer-state-message"] == "The printer is paused; jobs wait. Resume the printer on its page."
        assert (before.message.request_id, after.message.request_id) == (5, 6)


@runs
async def test_a_repeated_request_is_answered_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with front_end(tmp_path) as ask:
        first = await ask("Get-Printer-Attributes")
        monkeypatch.setattr(sheet.Sheet, "encode", None)  # whoever encodes again fails
        assert (await ask("Get-Printer-Attributes")).octets == first.octets


@runs
async def test_a_repeated_request_with_a_wrong_request_id_is_refused(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Get-Printer-Attributes")).status == status.OK
        assert (await ask("Get-Printer-Attributes", request_id=0)).status == status.BAD_REQUEST


@runs
async def test_only_what_changed_is_encoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with front_end(tmp_path) as ask:
        await ask("Get-Printer-Attributes")
        encoded = []
        encode = wire.encode_attribute

        def note(name: str, pairs: "list[tuple[int, object]]") -> bytes:
            encoded.append(name)
            return encode(name, pairs)

        monkeypatch.setattr(wire, "encode_attribute", note)
        ask.printer.pause()
        await ask("Get-Printer-Attributes")
        of_printer = set(encoded) & {row.name for row in attributes.ALL}
        assert of_printer == {"printer-state", "printer-state-reasons", "printer-state-message"}


@runs
async def test_a_format_that_is_not_taken_is_refused(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        answer = await ask("Get-Printer-Attributes", an("document-format", "application/x-unheard-of"))
        assert answer.status == status.FORMAT_NOT_SUPPORTED
        assert answer.names(wire.UNSUPPORTED) == ["document-format"]


@runs
async def test_a_format_that_is_not_taken_any_more_is_refused_to_a_repeated_request(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        asked = an("document-format", "image/urf")
        assert (await ask("Get-Printer-Attributes", asked)).status == status.OK
        driver = ask.printer.device.driver
        driver.capabilities = driver.capabilities._replace(formats=("application/pdf",))
        assert (await ask("Get-Printer-Attributes", asked)).status == status.FORMAT_NOT_SUPPORTED


@pytest.mark.parametrize("format", ["application/octet-stream", "IMAGE/URF"])
@runs
async def test_a_format_that_is_taken_or_any_is_answered(format: str, tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("Get-Printer-Attributes", an("document-format", format))).status == status.OK


@runs
async def test_every_operation_that_is_told_is_done(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        told = (await ask("Get-Printer-Attributes")).values("operations-supported")
        assert told == [row.code for row in operations.ROWS]
        for row in operations.ROWS:
            assert (await ask(row.name)).status != status.OPERATION_NOT_SUPPORTED


@runs
async def test_the_default_printer_is_told_to_cups_clients(tmp_path: Path) -> None:
    async with front_end(tmp_path) as ask:
        assert (await ask("CUPS-Get-Default", path="/"))["printer-name"] == "Memory"
        answer = await ask("CUPS-Get-Printers", an("requested-attributes", "printer-name"), path="/")
        assert [group.attributes[0].value for group in answer.groups(wire.PRINTER)] == ["Memory"]
        ask.printers.remove(ask.printer)
        assert (await ask("CUPS-Get-Default", path="/")).status == status.NOT_FOUND
        assert (await ask("CUPS-Get-Printers", path="/")).groups(wire.PRINTER) == []


def test_the_hundredths_of_a_second_of_a_moment_are_kept() -> None:
    assert values.date_time(1.25) == (1970, 1, 1, 0, 0, 1, 2, "+", 0, 0)
