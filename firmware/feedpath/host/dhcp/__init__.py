"""This computer's address: DHCP, conflict detection and link-local addresses without I/O, and the kernel's netlink."""
