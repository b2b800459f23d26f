"""The machine's clocks, as the machine has them, whatever a test tool makes of the functions of `time`.

A server may run in the process of the tests that use it. Tools such as freezegun replace `time.time` and
`time.monotonic` for all modules, those that are imported later included; `clock_gettime` they leave alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

monotonic: Callable[[], float]
"""Seconds that never go back, from an unknown moment."""
monotonic_ns: Callable[[], int]
"""The same in nanoseconds."""
real: Callable[[], float]
"""Seconds since 1970."""
real_ns: Callable[[], int]
"""The same in nanoseconds."""

if hasattr(time, "clock_gettime"):
    monotonic = partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    monotonic_ns = partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC)
    real = partial(time.clock_gettime, time.CLOCK_REALTIME)
    real_ns = partial(time.clock_gettime_ns, time.CLOCK_REALTIME)
else:  # Windows
    monotonic, monotonic_ns = partial(time.monotonic), partial(time.monotonic_ns)
    real, real_ns = partial(time.time), partial(time.time_ns)
