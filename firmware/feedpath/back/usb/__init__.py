"""USB printers through pyusb and libusb: finding them, writing the ring's own memory to them, hearing their status."""
