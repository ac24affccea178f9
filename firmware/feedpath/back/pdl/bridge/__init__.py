"""The bridge to drivers of CUPS that are installed: what their PPD files say, and their programs, shut in."""
