"""What the kernels use of Cython's pure-Python mode, for computers where Cython is not installed."""

from typing import Any

compiled = False


class _Option:
    """A directive that changes nothing: a decorator, with a value or without, or a context."""

    def __call__(self, function: Any = None, **_options: object) -> Any:
        return function if callable(function) else self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_error: object) -> None:
        pass


ccall = cfunc = inline = nogil = _Option()
boundscheck = wraparound = cdivision = initializedcheck = overflowcheck = exceptval = returns = locals = _Option()
uchar = ushort = uint = int = long = ulong = longlong = ulonglong = Py_ssize_t = size_t = bint = double = void = None


def declare(_kind: object, value: Any = None) -> Any:
    """Return the value that a declared name begins with."""
    return value


def cast(_kind: object, value: Any) -> Any:
    """Return the value."""
    return value


def address(value: Any) -> Any:
    """Return the value, which has none."""
    return value
