"""The client of the admin API, for Python: `Client(url)`. Needs nothing but the standard library."""

from __future__ import annotations

from mock_server.client.client import Client
from mock_server.client.coverage import Coverage
from mock_server.client.refusals import ClientError, Evicted, NotYet, Refused, Unmet, Unreachable
from mock_server.client.values import Clock, Exchange, Fault, Health, Message, Miss, Response, Scenario, Task

__all__ = (
    "Client",
    "ClientError",
    "Clock",
    "Coverage",
    "Evicted",
    "Exchange",
    "Fault",
    "Health",
    "Message",
    "Miss",
    "NotYet",
    "Refused",
    "Response",
    "Scenario",
    "Task",
    "Unmet",
    "Unreachable",
)
