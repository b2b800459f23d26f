"""What `status: real` shows: what became of a task's notifications, laid over the end that its script shows.

No step is crossed: the engine knows nothing of it, and a script is played as it is written.
"""

from __future__ import annotations

from typing import NamedTuple

from mock_server.engine.owing import noted
from mock_server.engine.run import Run
from mock_server.engine.scenario import Shown, State
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.notices import progress_of_whole

_ENDS = (State.SUCCEEDED, State.FAILED)


class Laid(NamedTuple):
    """What a poll sees in place of what the script says: the state of the whole, and each item."""

    state: State
    shown: tuple[Shown, ...]


def laid_over(dialect: Dialect, run: Run) -> Laid | None:
    """What a poll of a run sees; None: what the script says, for that is all there is to it.

    What was only refused, or is never owed, counts as not there.
    """
    scenario = run.scenario
    if scenario.notify.status != "real" or not run.task.notify:
        return None
    state = run.state(dialect.derive)
    box = noted(run).box
    progress = box.progress()
    if state is None or not progress:
        return None
    each = box.who == "each"
    shown = []
    for k, item in enumerate(run.shown):
        known = progress.get(k if each else None)
        over = known is not None and item.state in _ENDS and (each or state in _ENDS)
        shown.append(item._replace(state=dialect.notified_item(item.state, known)) if over and known else item)
    whole = progress_of_whole(map(progress.get, range(len(shown)))) if each else progress.get(None)
    laid = dialect.notified(state, whole) if whole is not None and state in _ENDS else state
    return Laid(laid, tuple(shown))
