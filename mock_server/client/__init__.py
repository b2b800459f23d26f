"""The client of the admin API, for Python: `Client(url)`."""

from __future__ import annotations

from mock_server.api.contract import Contract, ContractField
from mock_server.api.coverage import Coverage
from mock_server.api.exchange import Exchange, Exchanges, Line, Message, Refusal, Refusals, Response
from mock_server.api.notifications import Attempt, Notifications, Owed
from mock_server.api.scenarios import Checked, ScenarioBrief, ScenarioWhole
from mock_server.api.timeline import Timeline
from mock_server.api.values import Clock, Fault, Hand, Health, Rule, Task, TaskItem, Version
from mock_server.client.client import Client
from mock_server.client.errors import AdminError, ClientError, Evicted, NotYet, Unmet, Unreachable
from mock_server.client.miss import Miss

__all__ = (
    "AdminError",
    "Attempt",
    "Checked",
    "Client",
    "ClientError",
    "Clock",
    "Contract",
    "ContractField",
    "Coverage",
    "Evicted",
    "Exchange",
    "Exchanges",
    "Fault",
    "Hand",
    "Health",
    "Line",
    "Message",
    "Miss",
    "NotYet",
    "Notifications",
    "Owed",
    "Refusal",
    "Refusals",
    "Response",
    "Rule",
    "ScenarioBrief",
    "ScenarioWhole",
    "Task",
    "TaskItem",
    "Timeline",
    "Unmet",
    "Unreachable",
    "Version",
)
