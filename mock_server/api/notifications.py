"""Notifications: each attempt to deliver one, and what is still owed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from mock_server.api.codec import Moment
from mock_server.api.exchange import (
    AccessKey,
    AttemptNumber,
    AttemptOutcome,
    Exchange,
    Message,
    NextAttempt,
    Notice,
    NoticeItem,
    Response,
    SignedAs,
    clock_time,
    no_response,
    notification_of,
)


class Attempt(Struct, frozen=True):
    """One attempt to deliver a notification."""

    number: Annotated[int, Meta(description="Its number in the journal, in one row with the requests.")]
    at: Annotated[Moment, Meta(description="When it was settled, by the server's clock.")]
    real: Annotated[Moment, Meta(description="When, by the machine's clock.")]
    vendor: str
    id: str
    scenario: Annotated[str | None, Meta(description="The version that its task plays: name@digest.")]
    notice: Notice
    item: NoticeItem
    attempt: AttemptNumber
    url: str
    key: AccessKey
    signed: SignedAs
    outcome: AttemptOutcome
    status: Annotated[int, Meta(description="What the receiver answered; 0 if nothing came.")]
    why: Annotated[str, Meta(description="Why it was not taken; empty if the status says that.")]
    next: NextAttempt
    request: Annotated[
        Message, Meta(description="What was sent, or would have been if it is refused; its target is the whole URL.")
    ]
    reply: Annotated[Response, Meta(description="What came; with status 0 nothing did.")]

    def __str__(self) -> str:
        """One line: when, of which task, which attempt, where to, and what came of it."""
        came = str(self.status) if self.status else no_response(self.outcome)
        again = "" if self.next is None else f"; the next one at {clock_time(self.next)}"
        why = f" ({self.why})" if self.why else ""
        signed = ", signed wrongly on purpose" if self.signed == "wrong" else ""
        what = f"{notification_of(self.vendor, self.id, self.item, self.notice)}, attempt {self.attempt}{signed}"
        return f"#{self.number} {clock_time(self.at)} {what}: {self.outcome}, {came}{why} {self.url}{again}"


class Owed(Struct, frozen=True):
    """A notification that is still owed."""

    vendor: str
    id: str
    url: str
    notice: Annotated[int, Meta(description="Which of the task's notifications, from 0.")]
    item: Annotated[int | None, Meta(description="The item it is about, from 0; null for the whole task.")]
    attempts: Annotated[int, Meta(description="How many attempts were made.")]
    due: Annotated[Moment, Meta(description="When the next attempt is due, by the server's clock.")]

    def __str__(self) -> str:
        """One line: of which task, which attempt, where to, and when."""
        what = f"{notification_of(self.vendor, self.id, self.item, self.notice)}, attempt {self.attempts + 1}"
        return f"owed {what}: due {self.due:%Y-%m-%d %H:%M:%S}Z {self.url}"


class Notifications(Struct, frozen=True):
    """The attempts that a query selects, and what is owed."""

    notifications: Annotated[tuple[Attempt, ...], Meta(description="Oldest first; of too many, the newest.")]
    total: Annotated[int, Meta(description="How many the query selects, those left out included.")]
    owed: Annotated[
        tuple[Owed, ...],
        Meta(
            description="What tasks of the same vendor and id owe, the soonest first; of too many, the soonest. With "
            "an outcome only what is owed after an attempt that came to it, which is `again`."
        ),
    ]


def attempt_of(exchange: Exchange) -> Attempt:
    """The attempt that an exchange of the journal is. ValueError: it is none."""
    told = exchange.told
    if told is None:
        raise ValueError(f"exchange {exchange.number} is no attempt to deliver a notification")
    return Attempt(
        number=exchange.number,
        at=exchange.at,
        real=exchange.real,
        vendor=exchange.vendor or "",
        id=exchange.id or "",
        scenario=exchange.scenario,
        notice=told.notice,
        item=told.item,
        attempt=told.attempt,
        url=exchange.request.target,
        key=told.key,
        signed=told.signed,
        outcome=told.outcome,
        status=exchange.response.status,
        why=exchange.note,
        next=told.next,
        request=exchange.request,
        reply=exchange.response,
    )
