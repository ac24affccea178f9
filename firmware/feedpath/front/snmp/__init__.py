"""SNMP: what the printers, the network and this computer are, for programs that watch them."""
