"""How the network finds the printers: multicast DNS and DNS-SD (RFC 6762, RFC 6763). Only this room sees zeroconf."""
