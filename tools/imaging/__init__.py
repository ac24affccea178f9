"""Makes the SD-card image: Debian packages, our wheel, a kernel, in slots that one card holds twice."""
