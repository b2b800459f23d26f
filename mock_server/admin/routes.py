"""The table of routes: what the server serves, the document describes and the tests go through.

Those of `about` are in a table of their own, so that who asks whether the server is ready waits for none of the others.
"""

from __future__ import annotations

from mock_server.admin import (
    about,
    actions,
    clock,
    contract,
    coverage,
    faults,
    notifications,
    requests,
    rules,
    scenarios,
    schemas,
    server,
    tasks,
)
from mock_server.admin.route import Handler, Route, Text
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

YAML_TYPES = ("application/yaml", "application/json", "application/x-yaml", "text/yaml")

LARGEST_BUNDLE = 64 << 20
"""Bytes of the largest bundle, unpacked. A server lets no more than 1 MiB in, so a large one is sent packed."""

BUNDLE = Bound("Bundle, unpacked", LARGEST_BUNDLE, "bytes", "413 (`body`).")


def routes_of(registry: Registry, document: Handler) -> tuple[Route, ...]:
    """The routes of a server with these vendors; `document` answers with the OpenAPI document."""
    return (
        *about.ROUTES,
        *_server(document),
        *_tasks(registry),
        *_scenarios(registry),
        *_faults(registry),
        *_rules(registry),
        *_notifications(registry),
        *_clock(),
        *_requests(registry),
    )


def _server(document: Handler) -> tuple[Route, ...]:
    return (
        Route("GET", "/pulse", "pulse", "A few exact figures, and a mark that changes with whatever changes",
              server.pulse, "Pulse"),
        Route("GET", "/metrics", "metrics", "What Prometheus scrapes", server.metrics, "Metrics", media="text/plain"),
        Route("POST", "/reset", "reset", "Reset everything, or some of it, to what a fresh server has",
              server.reset, "Reset", body=schemas.reset()),
        Route("GET", "/bundle", "saveBundle", "The run as one JSON value", server.save_bundle, "Bundle"),
        Route("POST", "/bundle", "loadBundle", "Replace everything by a run; a large one is sent as gzip",
              server.load_bundle, "Loaded", body=schemas.bundle(), refusals=(409,), largest=LARGEST_BUNDLE),
        Route("GET", "/openapi.json", "openapi", "The description of this API in OpenAPI 3.1", document, "Document"),
    )  # fmt: skip


def _tasks(registry: Registry) -> tuple[Route, ...]:
    select, listed = schemas.task_filter(registry), schemas.task_list(registry)
    create, move_next = schemas.create(registry), schemas.move_next(registry)
    goto, shift = schemas.goto(registry), schemas.shift(registry)
    fail, finish = schemas.fail(registry), schemas.finish(registry)
    return (
        Route("GET", "/tasks", "listTasks", "The tasks as they stand; listing moves nothing",
              tasks.list_tasks, "Tasks", query=listed),
        Route("GET", "/tasks/one", "readTask", "One task whole: its past, its next polls, its future",
              tasks.read_task, "TaskWhole", query=schemas.task_whole(registry), required=("vendor", "id"),
              refusals=(404,)),
        Route("GET", "/tasks/scenario", "readTaskScenario", "A scenario that shows what one task showed",
              tasks.read_scenario, "TaskScenario", query=schemas.one_task(registry), required=("vendor", "id"),
              refusals=(404,)),
        Route("POST", "/tasks", "createTask", "Create a task that plays a scenario",
              tasks.create_task, "Task", body=create, status=201, refusals=(409,)),
        Route("DELETE", "/tasks", "dropTasks", "Forget the matching tasks, or all",
              tasks.drop_tasks, "Dropped", query=select),
        Route("POST", "/tasks/next", "moveTaskOn", "Move one task, or one of its items, along a way out of its step",
              tasks.move_next, "Task", body=move_next, refusals=(404, 409)),
        Route("POST", "/tasks/goto", "moveTaskTo", "Move one task, or one of its items, to any step",
              tasks.move_to, "Task", body=goto, refusals=(404, 409)),
        Route("POST", "/tasks/fail", "failTask", "Move one task, or one of its items, to an end in which it failed",
              tasks.fail_task, "Task", body=fail, refusals=(404, 409)),
        Route("POST", "/tasks/finish", "finishTask", "Move one task to an end in which it succeeded",
              tasks.finish_task, "Task", body=finish, refusals=(404, 409)),
        Route("POST", "/tasks/shift", "shiftTask", "Let time pass for one task alone",
              tasks.shift_task, "Task", body=shift, refusals=(404, 409)),
    )  # fmt: skip


def _scenarios(registry: Registry) -> tuple[Route, ...]:
    upload = Text(YAML_TYPES, schemas.upload(registry))
    return (
        Route("GET", "/scenarios", "listScenarios", "The scenarios in force, and the problems of files",
              scenarios.list_scenarios, "Scenarios", query=schemas.scenarios()),
        Route("GET", "/scenarios/<name>", "readScenario", "One scenario, with its text",
              scenarios.read_scenario, "ScenarioWhole", refusals=(404,)),
        Route("GET", "/scenarios/<name>/timeline", "readTimeline", "One scenario step by step, for every vendor",
              scenarios.read_timeline, "Timeline", query=schemas.timeline(), refusals=(404,)),
        Route("POST", "/scenarios/check", "checkScenario", "Check a scenario exactly as an upload, and change nothing",
              scenarios.check_scenario, "Checked", query=schemas.check(), body=upload, refusals=(409,)),
        Route("PUT", "/scenarios/<name>", "uploadScenario", "Put a scenario in force, checked exactly as files are",
              scenarios.upload_scenario, "ScenarioWhole", query=schemas.upload_query(), body=upload, refusals=(409,)),
        Route("DELETE", "/scenarios/<name>", "removeScenario", "Remove an uploaded scenario",
              scenarios.remove_scenario, "Removed", refusals=(404,)),
    )  # fmt: skip


def _faults(registry: Registry) -> tuple[Route, ...]:
    return (
        Route("GET", "/faults", "listFaults", "The armed faults", faults.list_faults, "Faults"),
        Route("POST", "/faults", "armFault", "Arm a fault, for a number of polls or a length of time",
              faults.arm_fault, "Fault", query=schemas.dry(), body=schemas.arm(registry), status=201, also=200,
              refusals=(409,)),
        Route("DELETE", "/faults", "disarmFaults", "Disarm the matching faults, or all",
              faults.disarm_faults, "Disarmed", query=schemas.fault_filter(registry)),
    )  # fmt: skip


def _rules(registry: Registry) -> tuple[Route, ...]:
    return (
        Route("GET", "/rules", "listRules", "The rules of what submits play", rules.list_rules, "Rules"),
        Route("POST", "/rules", "addRule", "Let matching submits play a scenario, so many or so long",
              rules.add_rule, "Rule", body=schemas.rule(registry), status=201, refusals=(409,)),
        Route("DELETE", "/rules", "dropRules", "Drop one rule, or all",
              rules.drop_rules, "RulesDropped", query=schemas.rule_number()),
    )  # fmt: skip


def _notifications(registry: Registry) -> tuple[Route, ...]:
    return (
        Route("GET", "/notifications", "listNotifications", "The attempts to deliver notifications, and what is owed",
              notifications.list_notifications, "Notifications", query=schemas.notification_list(registry)),
        Route("POST", "/notifications", "sendNotification", "Notify of what a task shows now, in any step",
              notifications.send_notification, "Owed", body=schemas.notification(registry), status=201,
              refusals=(404, 409)),
    )  # fmt: skip


def _clock() -> tuple[Route, ...]:
    return (
        Route("GET", "/clock", "readClock", "Where the clock stands", clock.read_clock, "Clock"),
        Route("POST", "/clock", "changeClock", "Set, advance, freeze, resume or speed up the clock",
              clock.change_clock, "Clock", body=schemas.clock(), refusals=(409,)),
    )  # fmt: skip


def _requests(registry: Registry) -> tuple[Route, ...]:
    select, listed = schemas.exchange_filter(registry), schemas.exchange_list(registry)
    return (
        Route("GET", "/requests", "listRequests", "The exchanges of the journal",
              requests.list_requests, "Exchanges", query=listed),
        Route("GET", "/requests/one", "readRequest", "One exchange whole, with what its faults changed",
              requests.read_request, "Exchange", query=schemas.exchange_number(), required=("number",),
              refusals=(404,)),
        Route("DELETE", "/requests", "forgetRequests", "Forget the matching exchanges; attempts only with `told`",
              requests.forget_requests, "Forgotten", query=select),
        Route("GET", "/requests/unmatched", "listUnmatched", "The requests that met nothing, near misses, and refusals",
              requests.list_unmatched, "Unmatched", query=listed),
        Route("POST", "/requests/verify", "verifyRequests", "Whether count, order and cadence are as expected",
              requests.verify_requests, "Verified", body=schemas.question(registry),
              refusals=(409, 410)),
        Route("GET", "/requests/wait", "waitForRequests", "Wait for exchanges",
              requests.wait_for_requests, "Waited", query=schemas.wait(registry), refusals=(410,)),
        Route("GET", "/hands", "listActions", "What was done to the server by the admin API, and what ended by itself",
              actions.list_actions, "Hands", query=schemas.actions()),
        Route("GET", "/contract/<name>", "readContract", "What a vendor's document says of each field",
              contract.read_contract, "Contract", query=schemas.contract(), refusals=(404,),
              segment="A vendor's name."),
        Route("GET", "/coverage", "coverage", "Which steps and edges were entered, and seen by a poll",
              coverage.read_coverage, "Coverage"),
    )  # fmt: skip
