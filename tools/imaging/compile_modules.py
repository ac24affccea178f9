"""Compile Python modules that standard input names, a line each: source, its path on the device, where bytecode goes.

The device's own Python runs this. Each module is compiled in a process of its own that begins alike, for what was
compiled before changes how references are written.
"""

import os
import py_compile
import sys


def main() -> int:
    """Return 1 when a module could not be compiled."""
    bad = 0
    for line in sys.stdin.read().splitlines():
        child = os.fork()
        if not child:
            os._exit(compile_module(*line.split("\t")))
        bad |= os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return bad


def compile_module(source: str, path: str, output: str) -> int:
    """Return 1 when it cannot be compiled."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    try:
        py_compile.compile(source, output, path, doraise=True, invalidation_mode=mode)
    except py_compile.PyCompileError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
