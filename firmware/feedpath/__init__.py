"""feedpath: firmware that turns a small computer and a USB printer into a network printer."""

__version__ = "0.1.0"
