"""A service beside the server that submits jobs and is told by callback how they ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.docker.engine import Project, ask, until


def is_in(order: str, state: str) -> bool:
    """Whether an order is in a state."""
    return bool(ask(order).body["state"] == state)


def test_a_service_is_told_how_its_jobs_ended(project: Callable[..., Project]) -> None:
    one = project()
    one.up("orders")
    orders = one.url("orders", 8000)
    for name, state in (("happy-path.mp4", "done"), ("fails-late.mp4", "failed")):
        order = f"{orders}/orders/{name}"
        assert ask(order, "POST", {}).status == 201
        until(partial(is_in, order, state), f"{name} is {state}")
    told = one.ask("/__admin/notifications").body["notifications"]
    assert {(each["outcome"], each["url"]) for each in told} == {("delivered", "http://orders:8000/callback")}


def test_a_service_that_no_setting_allows_is_not_told_and_the_refusal_names_the_setting(
    project: Callable[..., Project],
) -> None:
    one = project(NOTIFY_ALLOW="somebody-else")
    one.up("orders")
    orders = one.url("orders", 8000)
    assert ask(f"{orders}/orders/happy-path.mp4", "POST", {}).status == 201
    until(lambda: bool(one.ask("/__admin/notifications").body["notifications"]), "there was an attempt")
    (attempt,) = one.ask("/__admin/notifications").body["notifications"]
    assert attempt["outcome"] == "refused"
    assert "--notify-allow orders" in attempt["why"]
    assert "--notify-allow orders" in one.log()
    assert ask(f"{orders}/orders/happy-path.mp4").body["state"] == "working"
