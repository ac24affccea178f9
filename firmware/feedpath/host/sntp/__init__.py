"""The time, asked of servers: SNTP (RFC 4330), for computers whose system asks none."""
