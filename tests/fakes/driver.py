"""A small driver of CUPS, as text: a mono laser printer with two trays, duplex and colour if asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

FILTER = "rastertofake"

PPD = """*PPD-Adobe: "4.3"
*% a comment: "with a quote
*FormatVersion: "4.3"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*Manufacturer: "Fake"
*ModelName: "Fake Laser 1"
*NickName: "Fake Laser 1, test"
*1284DeviceID: "MFG:Fake;MDL:Laser 1;CMD:FAKE;"
*ColorDevice: True
*cupsBackSide: "Rotated"
*cupsManualCopies: False
*cupsFilter: "application/vnd.cups-command 0 commandtofake"
*cupsFilter: "application/vnd.cups-raster 50 rastertofake"
*JobPatchFile 1: "<</cupsInteger0 7>>setpagedevice"
*OpenUI *PageSize/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]/ImagingBBox null>>setpagedevice"
*PageSize A4.Full/A4 <626f726465726c657373>: "<</PageSize[595 842]/ImagingBBox null>>setpagedevice"
*PageSize Letter/US Letter: "<</PageSize[612 792]
/ImagingBBox null>>setpagedevice"
*End
*PageSize Card/Card: "<</PageSize[200 300]/ImagingBBox null>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]/ImagingBBox null>>setpagedevice"
*PageRegion Letter/US Letter: "<</PageSize[612 792]/ImagingBBox null>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 18 583 824"
*ImageableArea A4.Full/A4: "0 0 595 842"
*ImageableArea Letter/US Letter: "12 18 600 774"
*ImageableArea Card/Card: "0 0 200 300"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
*PaperDimension A4.Full/A4: "595 842"
*PaperDimension Letter/US Letter: "612 792"
*PaperDimension Card/Card: "200 300"
*HWMargins: 12 18 12 18
*CustomPageSize True: "pop pop pop <</PageSize[5 -2 roll]/ImagingBBox null>>setpagedevice"
*ParamCustomPageSize Width: 1 points 72 612
*ParamCustomPageSize Height: 2 points 72 1008
*ParamCustomPageSize Orientation: 5 int 0 0
*OpenUI *Resolution/Resolution: PickOne
*OrderDependency: 10 AnySetup *Resolution
*DefaultResolution: 600dpi
*Resolution 300dpi/300: "<</HWResolution[300 300]/cupsBitsPerColor 1/cupsColorSpace 3>>setpagedevice"
*Resolution 600dpi/600: "<</HWResolution[600 600]/cupsBitsPerColor 1/cupsColorSpace 3>>setpagedevice"
*Resolution 1200dpi/1200: "<</HWResolution[1200 1200]/cupsBitsPerColor 1/cupsColorSpace 3>>setpagedevice"
*CloseUI: *Resolution
*OpenUI *ColorModel/Color: PickOne
*OrderDependency: 20 AnySetup *ColorModel
*DefaultColorModel: Gray
*ColorModel Gray/Gray: "<</cupsCompression 17>>setpagedevice"
*ColorModel CMYK/Color: "<</cupsColorSpace 6/cupsColorOrder 1/cupsCompression 19>>setpagedevice"
*CloseUI: *ColorModel
*OpenUI *InputSlot/Tray: PickOne
*OrderDependency: 30 AnySetup *InputSlot
*DefaultInputSlot: Auto
*InputSlot Auto/Auto: "<</MediaPosition 0>>setpagedevice"
*InputSlot Tray1/Tray 1: "<</MediaPosition 1>>setpagedevice"
*InputSlot MPTray/Slot: "<</MediaPosition 4>>setpagedevice"
*CloseUI: *InputSlot
*OpenUI *ManualFeed/By hand: Boolean
*OrderDependency: 30 AnySetup *ManualFeed
*DefaultManualFeed: False
*ManualFeed True/Yes: "<</ManualFeed true>>setpagedevice"
*ManualFeed False/No: "<</ManualFeed false>>setpagedevice"
*CloseUI: *ManualFeed
*OpenUI *MediaType/Type: PickOne
*OrderDependency: 40 AnySetup *MediaType
*DefaultMediaType: PLAIN
*MediaType PLAIN/Plain: "<</MediaType(PLAIN)/cupsMediaType 0>>setpagedevice"
*MediaType THICK/Thick: "<</MediaType(THICK)/cupsMediaType 2>>setpagedevice"
*CloseUI: *MediaType
*OpenUI *Duplex/Sides: PickOne
*OrderDependency: 50 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/Off: "<</Duplex false>>setpagedevice"
*Duplex DuplexNoTumble/Long: "<</Duplex true/Tumble false>>setpagedevice"
*Duplex DuplexTumble/Short: "<</Duplex true/Tumble true>>setpagedevice"
*CloseUI: *Duplex
*JCLOpenUI *JCLEcono/Economy: Boolean
*DefaultJCLEcono: False
*JCLEcono True/Yes: "@PJL SET ECONOMODE=ON<0A>"
*JCLEcono False/No: "@PJL SET ECONOMODE=OFF<0A>"
*JCLCloseUI: *JCLEcono
*DefaultFont: Courier
*Font Courier: Standard "(1.05)" Standard ROM
"""


def ppd(*changes: "tuple[str, str]") -> bytes:
    """Return the driver's PPD file with texts replaced, each of which must be there."""
    text = PPD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


@contextmanager
def folder() -> "Iterator[Path]":
    """Give an empty folder that other users can enter, as programs of drivers are: pytest's own it closes to them."""
    with TemporaryDirectory(prefix="programs-") as path:
        Path(path).chmod(0o755)
        yield Path(path)
