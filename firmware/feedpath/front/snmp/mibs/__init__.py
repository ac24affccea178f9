"""The objects that are served, one module for each MIB."""
