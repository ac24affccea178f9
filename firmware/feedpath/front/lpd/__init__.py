"""The line printer daemon protocol, as old systems speak it: RFC 1179."""
