"""How the network sees the printers: one folder or module a protocol."""
