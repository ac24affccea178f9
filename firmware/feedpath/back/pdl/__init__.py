"""Printer languages: the drivers."""
