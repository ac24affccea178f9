"""The one error of the tools."""


class Trouble(Exception):
    """Something the person at the keyboard has to see to; the message says what is missing and what to do."""
