"""What a task still has to notify, and what became of what it had to: a value, kept as one text in its record.

What is owed, and from when on, is found out in `engine/owing.py`. Here is what attempts make of it. An outcome stays
noted, since a task owes each of its scenario's notifications at most once.

Times in an outbox are as far from the clock as those of its task. Only a `Moment` holds the birth as it was shown then,
since bodies tell it and all attempts tell the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from mock_server.engine.task import Record, outbox_text
from mock_server.types import Json

Settled = Literal["delivered", "failed", "refused", "none"]
"""What became of a notification: taken; not taken for good; not sent; or never owed, for the script says it failed."""
Progress = Literal["owed", "trying", "delivered", "failed"]
"""How far a notification is: not tried yet; tried, and another attempt follows; taken; failed for good."""


Who = Literal["whole", "each", "nobody"]
"""Of whom a task notifies: of the whole, of each item by itself, or, where the vendor notifies nobody, of nothing."""


class Moment(NamedTuple):
    """Where a task stood when it came to owe something. `born` is its birth as it was shown then.

    `age` and `since` are milliseconds after the birth; `manual` is the text of what people had set.
    """

    born: int
    age: int
    step: int
    since: int
    polls: int
    manual: str = ""


class Owed(NamedTuple):
    """One notification that is owed. `number` counts those of the task, from 0.

    `sending` is its position in the scenario's `notify`, None if a person asked for it. `item` is the one it is about,
    None for the whole. `due` is when the next attempt is, `attempts` how many there were, and `token` belongs to the
    attempt that is under way, if one is.
    """

    number: int
    sending: int | None
    item: int | None
    due: int
    moment: Moment
    attempts: int = 0
    token: str = ""


_ORDER: tuple[Progress, ...] = ("trying", "owed", "failed", "delivered")
Which = tuple[int | None, int | None]
"""A sending, None for by hand, and an item, None for the whole."""


class Outbox(NamedTuple):
    """What a task owes, in the order in which it came to owe it, and what became of the rest.

    `who`: of whom it notifies. `made` counts all that it ever owed.
    """

    who: Who = "whole"
    made: int = 0
    owed: tuple[Owed, ...] = ()
    done: Mapping[Which, Settled] = {}

    def due(self, now: int) -> Owed | None:
        """What is to be attempted next; None if nothing is due, or if an attempt is under way."""
        first = self._first()
        return first if first is not None and first.due <= now else None

    @property
    def next_due(self) -> int | None:
        """When the next attempt is due; None if nothing is owed, or if an attempt is under way."""
        first = self._first()
        return None if first is None else first.due

    def _first(self) -> Owed | None:
        if any(each.token for each in self.owed):
            return None
        return min(self.owed, key=lambda each: (each.due, each.number), default=None)

    def under_way(self, token: str) -> Owed | None:
        """The notification whose attempt has this token."""
        return next((each for each in self.owed if token and each.token == token), None)

    def taken(self, which: Owed, token: str) -> Outbox:
        """With an attempt of this notification under way."""
        return self._replace(owed=tuple([each._replace(token=token) if each is which else each for each in self.owed]))

    def tried(self, which: Owed, next_due: int) -> Outbox:
        """After an attempt that was not taken, where another one follows."""
        again = which._replace(due=next_due, attempts=which.attempts + 1, token="")
        return self._replace(owed=tuple([again if each is which else each for each in self.owed]))

    def finished(self, which: Owed, outcome: Settled) -> Outbox:
        """After the last attempt of a notification. Of those that people asked for, only the last outcome is kept."""
        left = tuple([each for each in self.owed if each is not which])
        done = {name: kept for name, kept in self.done.items() if name != (which.sending, which.item)}
        return self._replace(owed=left, done={**done, (which.sending, which.item): outcome})

    def idle(self) -> Outbox:
        """Without any attempt under way."""
        return self._replace(owed=tuple([each._replace(token="") for each in self.owed]))

    def earlier(self, by: int) -> Outbox:
        """With all that is due `by` milliseconds earlier."""
        return self._replace(owed=tuple([each._replace(due=each.due - by) for each in self.owed]))

    def plus(self, sending: int | None, item: int | None, due: int, moment: Moment) -> Outbox:
        """With one more notification."""
        owed = Owed(self.made, sending, item, due, moment)
        return self._replace(made=self.made + 1, owed=(*self.owed, owed))

    def asked_for(self) -> int:
        """How many are owed that people asked for."""
        return sum(each.sending is None for each in self.owed)

    def progress(self) -> Mapping[int | None, Progress]:
        """How far the script's notifications of each item, or of the whole (None), are. Who is not told is left out.

        Of several, one that is tried again comes first, then one that is owed, then one that failed.
        """
        found: dict[int | None, Progress] = {}
        words: list[tuple[int | None, Progress]] = []
        for (sending, item), word in self.done.items():
            if sending is not None and word in ("delivered", "failed"):
                words.append((item, "failed" if word == "failed" else "delivered"))
        for each in self.owed:
            if each.sending is not None:
                words.append((each.item, "trying" if each.attempts else "owed"))
        for item, now in words:
            if item not in found or _ORDER.index(now) < _ORDER.index(found[item]):
                found[item] = now
        return found

    def text(self) -> str:
        """The text that a record holds; "" for a task that never owed anything, and has nothing to remember."""
        if self == NOTHING:
            return ""
        moments = list(dict.fromkeys(each.moment for each in self.owed))
        places = {moment: k for k, moment in enumerate(moments)}
        done: dict[str, list[Json]] = {}
        for which, word in self.done.items():
            done.setdefault(word, []).append(list(which))
        found = {
            "who": "" if self.who == "whole" else self.who,
            "made": self.made,
            "owed": [[*each[:4], places[each.moment], *_tries(each)] for each in self.owed],
            "moments": [list(moment if moment.manual else moment[:-1]) for moment in moments],
            "done": done,
        }
        return json.dumps({name: value for name, value in found.items() if value}, separators=(",", ":"))


NOTHING = Outbox()


_UNTRIED = 6
"""How much a record holds of a notification of which no attempt is under way."""


def _tries(owed: Owed) -> tuple[int | str, ...]:
    """How many attempts there were, and the token of the one under way, if one is."""
    return (owed.attempts, owed.token) if owed.token else (owed.attempts,)


def outbox_of(text: str) -> Outbox:
    """The outbox of a record's text."""
    if not text:
        return NOTHING
    found = json.loads(text)
    moments = [Moment(*each) for each in found.get("moments", ())]
    owed = tuple(
        [
            Owed(number, sending, item, due, moments[at], *tries)
            for number, sending, item, due, at, *tries in found.get("owed", ())
        ]
    )
    done = {(sending, item): word for word, listed in found.get("done", {}).items() for sending, item in listed}
    return Outbox(found.get("who", "whole"), found.get("made", 0), owed, done)


def shifted(text: str, by: int) -> str:
    """The text of an outbox of a task whose whole past is `by` milliseconds earlier."""
    box = outbox_of(text)
    return box.earlier(by).text() if box.owed else text


def owing_in(record: Record) -> tuple[int, bool]:
    """How many notifications the task of a record owes, and whether an attempt of one is under way."""
    text = outbox_text(record)
    rows = json.loads(text).get("owed", ()) if text else ()
    return len(rows), any(len(row) > _UNTRIED for row in rows)


def owed_in(record: Record) -> int:
    """How many notifications the task of a record owes."""
    return owing_in(record)[0]
