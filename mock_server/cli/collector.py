"""The garbage collector of a process that only serves. An embedded server leaves its process's collector as it is."""

from __future__ import annotations

import gc

_THRESHOLDS = (50_000, 20, 50)
"""Each poll leaves a few objects that live on, in the store and the journal, and hardly any cycle. By the defaults a
server that answers fresh ids would look through thousands of them every thousand polls, and find nothing."""


def settle_collector() -> None:
    """Keeps the collector from looking at what a server has loaded, and lets it look at the rest less often.

    To be called when the server listens. What was loaded is there until the process ends.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
