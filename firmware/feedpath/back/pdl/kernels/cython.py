"""What the kernels use of Cython's pure-Python mode, for computers where Cython is not installed."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound="Callable[..., Any]")

compiled = False


def _as_it_is(function: F) -> F:
    return function


def _with_option(_value: object) -> "Callable[[F], F]":
    return _as_it_is


ccall = cfunc = inline = _as_it_is
boundscheck = wraparound = cdivision = initializedcheck = exceptval = returns = _with_option


def declare(_kind: object, value: Any = None) -> Any:
    """Return the value that a declared name begins with."""
    return value


def cast(_kind: object, value: Any) -> Any:
    """Return the value."""
    return value


def locals(**_kinds: object) -> "Callable[[F], F]":
    """Return what leaves a function, whose variables have these kinds, as it is."""
    return _as_it_is


class _Nogil:
    """Nothing to let go of: `with nogil` and `@nogil` change nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_error: object) -> None:
        pass

    def __call__(self, function: F) -> F:
        return function


nogil = _Nogil()
