"""The zero-copy window: memory of ours in the shape that pyusb submits without a copy.

pyusb copies bytes, and walks any memoryview byte by byte in Python (2 to 3 MB/s on a small board). Only an array.array
passes untouched, and the back end asks it for buffer_info(). So here is an empty array that tells a view's address.
"""

import array
import ctypes
import logging

logger = logging.getLogger(__name__)


class Window(array.array):  # type: ignore[type-arg]  # array.array takes no parameters at run time before 3.12
    """Window("B") is an array of bytes whose memory is that of the view it shows. One thread at a time."""

    _export: "ctypes.c_char | None" = None
    _length = 0

    def show(self, view: memoryview) -> "array.array[int]":
        """Return an array over the bytes of `view`, which stay where they are until `hide`.

        That is this window, or a copy when the view cannot be written to: its address is not to be had then.
        """
        if view.readonly:
            logger.warning("%d bytes for the printer stand in read-only memory and are copied", view.nbytes)
            return array.array("B", view.tobytes())
        self._export = ctypes.c_char.from_buffer(view)
        self._length = view.nbytes
        return self

    def hide(self) -> None:
        """Let go of the view's memory."""
        self._export = None
        self._length = 0

    def buffer_info(self) -> "tuple[int, int]":
        """Return the address and the number of bytes that are shown."""
        return (ctypes.addressof(self._export) if self._export is not None else 0), self._length

    def __len__(self) -> int:
        return self._length
