"""DHCP's options, message types and numbers (RFC 2131, RFC 2132). Small set: runs under MicroPython too."""

CLIENT_PORT, SERVER_PORT = 68, 67  # RFC 2131, 4.1
REQUEST, REPLY = 1, 2  # op: RFC 2131, 2
COOKIE = b"\x63\x82\x53\x63"  # RFC 2131, 3
PAD, END = 0, 255  # RFC 2132, 3.1 and 3.2
FILE, SNAME = 1, 2  # bits of option 52: which fields hold options too (RFC 2132, 9.3)

DISCOVER, OFFER, DHCPREQUEST, DECLINE, ACK, NAK, RELEASE = 1, 2, 3, 4, 5, 6, 7  # RFC 2132, 9.6
FOREVER = 0xFFFFFFFF  # seconds: RFC 2131, 3.3

MASK, ROUTERS, NAME_SERVERS, HOST_NAME, DOMAIN, MTU, BROADCAST, NTP_SERVERS = 1, 3, 6, 12, 15, 26, 28, 42
REQUESTED, LEASE_TIME, OVERLOAD, MESSAGE_TYPE, SERVER, PARAMETERS, MESSAGE = 50, 51, 52, 53, 54, 55, 56
MAXIMUM_SIZE, RENEWAL_TIME, REBINDING_TIME, VENDOR_CLASS, CLIENT_ID = 57, 58, 59, 60, 61
FQDN, SEARCH, ROUTES = 81, 119, 121

KINDS = {  # option: the form of its value, by the name of what reads it in wire.py
    MASK: "mask",  # RFC 2132, 3.3
    ROUTERS: "addresses",  # RFC 2132, 3.5
    NAME_SERVERS: "addresses",  # RFC 2132, 3.8
    HOST_NAME: "name",  # RFC 2132, 3.14
    DOMAIN: "name",  # RFC 2132, 3.17
    MTU: "mtu",  # RFC 2132, 5.1
    BROADCAST: "address",  # RFC 2132, 5.3
    NTP_SERVERS: "addresses",  # RFC 2132, 8.3
    REQUESTED: "address",  # RFC 2132, 9.1
    LEASE_TIME: "seconds",  # RFC 2132, 9.2
    OVERLOAD: "octet",  # RFC 2132, 9.3
    MESSAGE_TYPE: "octet",  # RFC 2132, 9.6
    SERVER: "address",  # RFC 2132, 9.7
    PARAMETERS: "octets",  # RFC 2132, 9.8
    MESSAGE: "text",  # RFC 2132, 9.9
    MAXIMUM_SIZE: "number",  # RFC 2132, 9.10
    RENEWAL_TIME: "seconds",  # RFC 2132, 9.11
    REBINDING_TIME: "seconds",  # RFC 2132, 9.12
    VENDOR_CLASS: "octets",  # RFC 2132, 9.13
    CLIENT_ID: "octets",  # RFC 2132, 9.14
    FQDN: "fqdn",  # RFC 4702, 2
    SEARCH: "names",  # RFC 3397, 2
    ROUTES: "routes",  # RFC 3442
}

# What a client asks for: routes before routers, as RFC 3442 wants it.
ASKED = bytes((MASK, ROUTES, ROUTERS, NAME_SERVERS, HOST_NAME, DOMAIN, MTU, BROADCAST, NTP_SERVERS, LEASE_TIME, SERVER,
               RENEWAL_TIME, REBINDING_TIME, FQDN, SEARCH))  # fmt: skip
