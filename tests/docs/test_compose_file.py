"""The compose file and the Dockerfile, as far as they can be checked without an engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from huaweicloudsdkvod.v1.region.vod_region import VodRegion
from qiniu import config as qiniu_config

from mock_server import __version__
from mock_server.vendors.registry import Registry


@pytest.fixture(scope="module")
def services(root: Path) -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text("utf-8"))["services"]
    return found


HOSTS = [host for dialect in Registry().dialects() for host in dialect.hosts]


def test_every_hard_coded_host_of_an_sdk_is_in_the_list() -> None:
    regions = {region.endpoint.removeprefix("https://") for region in VodRegion.static_fields.values()}
    assert regions <= set(HOSTS)
    assert {region.replace("vod", "iam", 1) for region in regions} <= set(HOSTS)
    assert qiniu_config.API_HOST.removeprefix("http://") in HOSTS


def test_the_compose_file_and_its_page_have_the_same_list(root: Path, services: dict[str, Any]) -> None:
    aliases = services["intercept"]["networks"]["default"]["aliases"]
    assert [alias for alias in aliases if not alias.startswith("$")] == HOSTS
    rows = re.findall(
        r"^\| (?:Qiniu|Huawei Cloud VOD) \| (`.*`) \|$", (root / "docs/docker.md").read_text("utf-8"), re.M
    )
    assert [host for row in rows for host in re.findall(r"`([^`]+)`", row)] == HOSTS


def test_a_signal_is_passed_on_before_the_server_is_up(services: dict[str, Any]) -> None:
    assert services["mock-server"]["init"] is True
    assert services["intercept"]["init"] is True


@pytest.mark.parametrize(
    ("service", "dockerfile"), [("mock-server", "Dockerfile"), ("example", "examples/compose/Dockerfile")]
)
def test_the_compose_files_defaults_are_those_of_the_dockerfile(
    root: Path, services: dict[str, Any], service: str, dockerfile: str
) -> None:
    words = dict(re.findall(r'^ARG (\w+)="?([^"\n]+)"?$', (root / dockerfile).read_text("utf-8"), re.M))
    words["BUILD_IMAGE"] = words["BUILD_IMAGE"].replace("${PYTHON_IMAGE}", words["PYTHON_IMAGE"])
    given = services[service]["build"]["args"]
    assert {name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", word) for name, word in given.items()} == words


def test_the_image_is_labelled_with_the_current_version(root: Path) -> None:
    assert f'image.version="{__version__}"' in (root / "Dockerfile").read_text("utf-8")


def test_the_server_prints_the_port_that_is_published(services: dict[str, Any]) -> None:
    ours = services["mock-server"]
    (published,) = ours["ports"]
    assert ours["environment"]["MOCK_SERVER_PUBLIC_URL"] == f"http://{published.removesuffix(':8080')}"


@pytest.mark.parametrize("service", ["mock-server", "intercept"])
def test_every_service_of_ours_runs_with_few_privileges(services: dict[str, Any], service: str) -> None:
    ours = services[service]
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert ours["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in ours.get("ports", ()))
