"""The settings that the path of a job depends on, as the core reads them; the appliance keeps them live."""

import time
from collections.abc import Callable


class Policy:
    """Plain values; see settings.py for what each means to people."""

    stream = True  # print while the document still comes in
    after_power_cycle = "restart"  # restart | hold | abort
    stream_min_rate = 16 * 1024  # bytes a second; a client slower than this is no match for a printer's patience
    keep_copy = 16 * 1024 * 1024  # bytes of a streaming job kept in memory, so that it can start again
    stall_s = 5.0  # how long a client waits for a machine that takes nothing before its job goes to storage
    submission_s = 300.0  # how long a job waits for its document
    waiting_jobs = 1000  # the most that wait at a time
    history_jobs = 200  # ended jobs remembered
    history_days = 30  # ... and for how long; 0 for ever
    decompress_ratio = 200  # the most that a compressed document may grow, past 10 MiB
    now: "Callable[[], float]" = staticmethod(time.time)  # Unix seconds, as records have them
    decompress_limit = 4 * 1024 * 1024 * 1024  # bytes of a decompressed document
