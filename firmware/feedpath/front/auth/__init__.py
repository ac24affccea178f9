"""Sign-in, shared by the protocols."""
