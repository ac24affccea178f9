"""HTTP/1.1: the carrier of IPP and of the web pages."""
