"""The Kubernetes manifests of docs/docker.md and of examples/, held to the program, the image and the API's schema."""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mock_server.assembly import Server, assemble
from mock_server.settings import Settings, settings_of
from tests.support.documents import blocks
from tests.support.live import serving

INJECTED = {
    "MOCK_SERVER_PORT": "tcp://10.0.0.1:8080",
    "MOCK_SERVER_SERVICE_HOST": "10.0.0.1",
    "MOCK_SERVER_SERVICE_PORT": "8080",
    "MOCK_SERVER_SERVICE_PORT_HTTP": "8080",
}
"""What the Service of the page adds to every pod, the server's own included."""


@pytest.fixture(scope="module", params=["page", "example"])
def manifests(request: pytest.FixtureRequest, root: Path) -> dict[str, Any]:
    """The objects, by kind."""
    if request.param == "page":
        (text,) = (block.text for block in blocks("yaml") if block.page == "docker.md" and "kind:" in block.text)
    else:
        files = sorted((root / "examples" / "kubernetes").glob("*.yaml"))
        text = "---\n".join(file.read_text("utf-8") for file in files)
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schemas of the API, for each kind."""
    return dict(json.loads(Path(__file__).with_name("schemas").joinpath("kubernetes.json").read_text("utf-8")))


def problems(schema: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """What the API would refuse of an object, its unknown keys included."""
    checker = jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{manifest['kind']}"})
    return [f"{found.json_path}: {found.message[:200]}" for found in checker.iter_errors(manifest)]


def test_every_object_is_one_that_the_api_takes(manifests: dict[str, Any], schema: dict[str, Any]) -> None:
    for kind, manifest in manifests.items():
        assert problems(schema, manifest) == [], kind
        assert problems(schema, {**manifest, "specs": {}}), "the schema finds nothing wrong with an unknown key"


def test_the_network_policy_lets_labelled_clients_in_and_nothing_out(manifests: dict[str, Any]) -> None:
    policy = manifests.get("NetworkPolicy", {}).get("spec")
    assert ("NetworkPolicy" in manifests) is ("order-video.yaml" in manifests["ConfigMap"]["data"])
    if policy:
        pods = manifests["Deployment"]["spec"]["template"]
        assert policy["podSelector"]["matchLabels"] == pods["metadata"]["labels"]
        assert (policy["policyTypes"], policy["egress"]) == (["Ingress", "Egress"], [])
        ((rule,),) = (each["ports"] for each in policy["ingress"])
        assert rule["port"] == pods["spec"]["containers"][0]["ports"][0]["name"]


@pytest.fixture
def container(manifests: dict[str, Any]) -> dict[str, Any]:
    """The container of the Deployment."""
    (found,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.fixture(scope="module")
def image(root: Path) -> dict[str, str]:
    """The variables of the image, and the port and the user that it names."""
    text = (root / "Dockerfile").read_text("utf-8")
    named = {word: re.findall(rf"^{word} (\d+)", text, re.M)[0] for word in ("EXPOSE", "USER")}
    return {**dict(re.findall(r"^ +(MOCK_SERVER_\w+)=(\S+)", text, re.M)), **named}


def settings_in(container: dict[str, Any], image: dict[str, str]) -> Settings:
    """The settings of the server in the pod: the cluster's variables win over the image's."""
    own = {each["name"]: each["value"] for each in container["env"]}
    return settings_of({}, {**image, **INJECTED, **own})


def test_the_server_listens_where_the_service_and_the_probes_ask(
    manifests: dict[str, Any], container: dict[str, Any], image: dict[str, str]
) -> None:
    settings = settings_in(container, image)
    (port,), (served,) = container["ports"], manifests["Service"]["spec"]["ports"]
    assert (settings.host, settings.port) == ("0.0.0.0", port["containerPort"])
    assert served["targetPort"] == port["name"]
    assert port["containerPort"] == served["port"] == int(image["EXPOSE"])
    probes = [container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")]
    assert probes == [port["name"]] * 3


def test_every_variable_of_the_deployment_is_a_setting(container: dict[str, Any], image: dict[str, str]) -> None:
    settings = settings_in(container, image)
    assert "MOCK_SERVER_SEED" in [each["name"] for each in container["env"]]
    assert settings.seed == 7


def test_the_objects_find_one_another(manifests: dict[str, Any]) -> None:
    deployment = manifests["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == manifests["Service"]["spec"]["selector"] == labels
    (volume,) = deployment["template"]["spec"]["volumes"]
    (mount,) = deployment["template"]["spec"]["containers"][0]["volumeMounts"]
    assert mount["name"] == volume["name"]
    assert volume["configMap"]["name"] == manifests["ConfigMap"]["metadata"]["name"]
    assert deployment["replicas"] == 1


def test_the_container_runs_as_the_images_user(
    manifests: dict[str, Any], container: dict[str, Any], image: dict[str, str]
) -> None:
    context = (
        manifests["Deployment"]["spec"]["template"]["spec"].get("securityContext", {}) | container["securityContext"]
    )
    assert (context["runAsUser"], context["runAsNonRoot"]) == (int(image["USER"]), True)
    assert context["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("token", [None, "s3cret"])
@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_a_probe_of_the_kubelet_is_answered(container: dict[str, Any], probe: str, token: str | None) -> None:
    with serving(Settings(admin_token=token)) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Host": "10.244.0.7:8080", "User-Agent": "kube-probe/1.30", "Accept": "*/*"}
        connection.request("GET", container[probe]["httpGet"]["path"], headers=headers)
        assert connection.getresponse().status == 200
        connection.close()


def mount(folder: Path, data: dict[str, str], version: str) -> None:
    """Writes a ConfigMap as the kubelet does: a folder for each version, and links that change at once."""
    (folder / version).mkdir(parents=True)
    for name, text in data.items():
        (folder / version / name).write_text(text, "utf-8")
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(Path("..data", name))
    (folder / "..data_tmp").symlink_to(version)
    (folder / "..data_tmp").replace(folder / "..data")


def test_the_config_maps_scenarios_load_and_reload_from_the_mounted_folder(
    manifests: dict[str, Any], container: dict[str, Any], image: dict[str, str], tmp_path: Path
) -> None:
    assert settings_in(container, image).scenarios == (Path(container["volumeMounts"][0]["mountPath"]),)
    data = manifests["ConfigMap"]["data"]
    mount(tmp_path, data, "..2026_01_01")
    server = assemble(Settings(scenarios=(tmp_path,), no_builtin=True, no_reload=True))
    assert set(server.catalogue.library.scenarios) == {name.removesuffix(".yaml") for name in data}
    before = steps_of(server)
    mount(tmp_path, {name: text.replace("succeeded", "failed") for name, text in data.items()}, "..2026_01_02")
    assert server.catalogue.reload_if_changed()
    assert steps_of(server) == {name: [*steps[:-1], "failed"] for name, steps in before.items()} != before


def steps_of(server: Server) -> dict[str, list[str]]:
    """The steps of each scenario in force."""
    return {name: [step.name for step in each.steps] for name, each in server.catalogue.library.scenarios.items()}
