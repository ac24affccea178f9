"""A driver that has foomatic-rip run a script, as text: a mono laser of foo2zjs's kind, cut down."""

COMMAND = "foo2zjs-wrapper -z1 -P -L0 %A"

PPD = f"""*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*Manufacturer: "Fake"
*ColorDevice: False
*cupsManualCopies: True
*cupsFilter: "application/vnd.cups-postscript 100 foomatic-rip"
*cupsFilter: "application/vnd.cups-pdf 0 foomatic-rip"
*ModelName: "Fake Host 1"
*NickName: "Fake Host 1 Foomatic/foo2zjs-z1 (recommended)"
*1284DeviceID: "MFG:Fake;MDL:Host 1;CMD:ACL;"
*CustomPageSize True: "pop pop pop pop pop
%% FoomaticRIPOptionSetting: PageSize=Custom"
*End
*FoomaticRIPOptionSetting PageSize=Custom: "-pCustom.%0x%1 "
*ParamCustomPageSize Width: 1 points 36 100000
*ParamCustomPageSize Height: 2 points 36 100000
*FoomaticRIPCommandLine: "{COMMAND}"
*FoomaticRIPOptionSetting PrinterType=only: "-X4 "
*OpenUI *Quality/Printing Quality: PickOne
*FoomaticRIPOption Quality: enum CmdLine A
*OrderDependency: 110 AnySetup *Quality
*DefaultQuality: normal
*Quality draft/Draft: "%% FoomaticRIPOptionSetting: Quality=draft"
*FoomaticRIPOptionSetting Quality=draft: " -t  "
*Quality normal/Normal: "%% FoomaticRIPOptionSetting: Quality=normal"
*FoomaticRIPOptionSetting Quality=normal: "  "
*CloseUI: *Quality
*OpenUI *Resolution/Resolution: PickOne
*OrderDependency: 130 AnySetup *Resolution
*DefaultResolution: 600x600dpi
*Resolution 600x600dpi/600x600 dpi: "%% FoomaticRIPOptionSetting: Resolution=600x600dpi"
*FoomaticRIPOptionSetting Resolution=600x600dpi: "-r600x600 "
*Resolution 1200x600dpi/1200x600 dpi: "%% FoomaticRIPOptionSetting: Resolution=1200x600dpi"
*FoomaticRIPOptionSetting Resolution=1200x600dpi: "-r1200x600 "
*CloseUI: *Resolution
*OpenUI *PageSize/Page Size: PickOne
*OrderDependency: 135 AnySetup *PageSize
*DefaultPageSize: Letter
*PageSize Letter/Letter: "%% FoomaticRIPOptionSetting: PageSize=Letter"
*FoomaticRIPOptionSetting PageSize=Letter: "-p1 "
*PageSize A4/A4: "%% FoomaticRIPOptionSetting: PageSize=A4"
*FoomaticRIPOptionSetting PageSize=A4: "-p9 "
*PageSize Tablecloth/Tablecloth: "%% FoomaticRIPOptionSetting: PageSize=Tablecloth"
*FoomaticRIPOptionSetting PageSize=Tablecloth: "-p99 "
*CloseUI: *PageSize
*DefaultImageableArea: Letter
*ImageableArea Letter/Letter: "11.34 11.34 600.66 780.66"
*ImageableArea A4/A4: "11.34 11.34 583.66 830.66"
*DefaultPaperDimension: Letter
*PaperDimension Letter/Letter: "612 792"
*PaperDimension A4/A4: "595 842"
*OpenUI *InputSlot/Media Source: PickOne
*OrderDependency: 150 AnySetup *InputSlot
*DefaultInputSlot: Auto
*InputSlot Auto/Auto Source: "%% FoomaticRIPOptionSetting: InputSlot=Auto"
*FoomaticRIPOptionSetting InputSlot=Auto: "-s7 "
*InputSlot Manual/Manual Feed: "%% FoomaticRIPOptionSetting: InputSlot=Manual"
*FoomaticRIPOptionSetting InputSlot=Manual: "-s4 "
*CloseUI: *InputSlot
*OpenUI *MediaType/Media Type: PickOne
*OrderDependency: 150 AnySetup *MediaType
*DefaultMediaType: Standard
*MediaType Standard/Standard Paper: "%% FoomaticRIPOptionSetting: MediaType=Standard"
*FoomaticRIPOptionSetting MediaType=Standard: "-m1 "
*MediaType Labels/Labels: "%% FoomaticRIPOptionSetting: MediaType=Labels"
*FoomaticRIPOptionSetting MediaType=Labels: "-m263 "
*CloseUI: *MediaType
*OpenUI *Duplex/Double-Sided Printing: PickOne
*OrderDependency: 150 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/Off: "%% FoomaticRIPOptionSetting: Duplex=None"
*FoomaticRIPOptionSetting Duplex=None: "-d1 "
*Duplex DuplexNoTumble/Long Edge: "%% FoomaticRIPOptionSetting: Duplex=DuplexNoTumble"
*FoomaticRIPOptionSetting Duplex=DuplexNoTumble: "-d2 "
*Duplex DuplexTumble/Short Edge: "%% FoomaticRIPOptionSetting: Duplex=DuplexTumble"
*FoomaticRIPOptionSetting Duplex=DuplexTumble: "-d3 "
*CloseUI: *Duplex
*OpenUI *halftone/Halftone Algorithm: PickOne
*OrderDependency: 110 AnySetup *halftone
*Defaulthalftone: default
*halftone default/Default: "%% FoomaticRIPOptionSetting: halftone=default"
*FoomaticRIPOptionSetting halftone=default: "  "
*halftone wts/Best: "%% FoomaticRIPOptionSetting: halftone=wts"
*FoomaticRIPOptionSetting halftone=wts: " -qwts  "
*CloseUI: *halftone
"""


def ppd(*changes: "tuple[str, str]") -> bytes:
    """Return the driver's PPD file with texts replaced, each of which must be there."""
    text = PPD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()
