"""The manifests of docs/scaling.md, and the compose profile, held to the program without a cluster or an engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.settings import ABOUT, settings_of, variable
from tests.support.documents import blocks


@pytest.fixture(scope="module")
def manifests() -> dict[str, Any]:
    """The objects of the page, by kind."""
    (block,) = (block for block in blocks("yaml") if block.page == "scaling.md" and "kind:" in block.text)
    return {each["kind"]: each for each in yaml.safe_load_all(block.text)}


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text("utf-8"))["services"]
    return found


def test_the_deployment_names_settings_that_exist_and_keeps_secrets_in_a_secret(manifests: dict[str, Any]) -> None:
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    given = {each["name"]: each for each in container["env"]}
    assert given.keys() <= set(map(variable, ABOUT))
    secrets = {name for name in given if ABOUT[name.removeprefix("MOCK_SERVER_").lower()].secret}
    kept = manifests["Secret"]
    for name in secrets - {"MOCK_SERVER_STORE"}:
        reference = given[name]["valueFrom"]["secretKeyRef"]
        assert reference["name"] == kept["metadata"]["name"]
        assert reference["key"] in kept["stringData"]
    store = given["MOCK_SERVER_STORE"]["value"]
    assert settings_of({}, {"MOCK_SERVER_STORE": store}).store == store
    assert "@" not in store


def test_a_replica_without_its_store_is_taken_out_but_not_restarted(manifests: dict[str, Any]) -> None:
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/__admin/health"
    assert set(container["livenessProbe"]) == {"tcpSocket"}
    (port,) = container["ports"]
    assert {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness")} == {port["name"]}


def test_a_rolling_update_never_has_fewer_replicas(manifests: dict[str, Any]) -> None:
    spec = manifests["Deployment"]["spec"]
    assert spec["replicas"] > 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == manifests["Service"]["spec"]["selector"] == labels


def test_the_replicas_of_the_profile_are_alike_and_share_one_durable_store(compose: dict[str, Any], root: Path) -> None:
    replicas = {name: service for name, service in compose.items() if name.startswith("replica-")}
    assert len(replicas) == 3
    first = replicas["replica-1"]
    assert all(service == first for service in replicas.values())
    assert first["image"] == compose["mock-server"]["image"]
    assert first["environment"]["MOCK_SERVER_STORE"] == "redis://redis:6379/0"
    assert compose["redis"]["command"][compose["redis"]["command"].index("--appendonly") + 1] == "yes"
    assert "ports" not in compose["redis"]
    assert (first["read_only"], first["cap_drop"]) == (True, ["ALL"])
    text = (root / "examples/scale/nginx.conf").read_text("utf-8")
    assert re.findall(r"server (replica-\d):8080 ", text) == sorted(replicas)
    assert compose["scale"]["depends_on"].keys() == replicas.keys()
