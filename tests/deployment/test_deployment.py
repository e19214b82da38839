"""The deployment files say what they mean: known keys, names that exist, verbs that are there, nothing left open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import TypeAdapter

from infra.cli.main import app
from schemas.topics import BY_NAME
from streams.kafka.address import parse_address
from streams.partition import DEFAULT_PARTITIONS
from tests.deployment.objects import (
    Compose,
    Container,
    FlinkCluster,
    Kustomization,
    Policy,
    Runs,
    Scaled,
    Service,
    Settings,
    Strict,
)

yaml: Any = pytest.importorskip(
    "yaml", reason="DEPLOYMENT FILES NOT LINTED: no YAML parser, it comes with Flink's extra"
)

INFRA = Path(__file__).parents[2] / "infra"
KUBERNETES = INFRA / "kubernetes"
MANIFESTS = sorted(path for path in KUBERNETES.glob("*/*.yaml") if path.name != "collector.yaml")
SHAPES = Runs | Service | Settings | Policy | Scaled | FlinkCluster | Kustomization
SHAPE: TypeAdapter[Strict] = TypeAdapter(SHAPES)
# Made by whoever runs it: they hold what no file may.
SECRETS = {"millrace-settings", "millrace-tls", "millrace-flink-storage"}
GENERATED = {"millrace-collector"}
OURS = "millrace:"


def objects() -> list[Any]:
    return [SHAPE.validate_python(found) for path in MANIFESTS for found in yaml.safe_load_all(path.read_text("utf-8"))]


def compose() -> Compose:
    said = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
    return Compose.model_validate({name: value for name, value in said.items() if not name.startswith("x-")})


def workloads() -> Iterator[Runs]:
    return (found for found in objects() if isinstance(found, Runs))


def containers() -> Iterator[tuple[Runs, Container]]:
    return ((found, container) for found in workloads() for container in found.spec.template.spec.containers)


def verb_of(arguments: list[str]) -> Any:
    """The command these arguments call. Raises KeyError for a verb, AssertionError for an option that is not there."""
    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    while rest and hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    assert {argument for argument in rest if argument.startswith("-")} <= options
    command.make_context("millrace", rest, resilient_parsing=False)
    return command


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_manifest_holds_known_keys_only(path: Path) -> None:
    found = [SHAPE.validate_python(one) for one in yaml.safe_load_all(path.read_text("utf-8"))]
    assert found


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("image: millrace:latest", "image: millrace:0.1.0"),
        ("replica: 1", "replicas: 1"),
        ("allowPrivilegeEscalation: true", "allowPrivilegeEscalation: false"),
        ("runAsUser: 0", "runAsUser: 10001"),
    ],
)
def test_the_lint_notices(change: str, wrong: str) -> None:
    text = (KUBERNETES / "base" / "front.yaml").read_text("utf-8")
    assert wrong in text
    said = list(yaml.safe_load_all(text.replace(wrong, change)))
    with pytest.raises(ValueError, match="validation error"):
        TypeAdapter(list[SHAPES]).validate_python(said)


def test_what_a_manifest_names_is_there() -> None:
    settings = {found.metadata.name for found in objects() if isinstance(found, Settings)} | GENERATED
    for found in workloads():
        pod = found.spec.template.spec
        claims = {claim.metadata.name for claim in found.spec.volumeClaimTemplates}
        assert len({volume.name for volume in pod.volumes}) == len(pod.volumes)
        for volume in pod.volumes:
            assert volume.secret is None or volume.secret["secretName"] in SECRETS
            assert volume.configMap is None or volume.configMap["name"] in settings
        for container in pod.containers:
            assert {mount.name for mount in container.volumeMounts} <= {one.name for one in pod.volumes} | claims
            for source in container.envFrom:
                assert source.get("configMapRef", {"name": "millrace-log"})["name"] in settings
        if found.spec.selector is not None:
            assert found.spec.selector["matchLabels"].items() <= found.spec.template.metadata["labels"].items()


def test_a_service_reaches_the_ports_of_a_pod() -> None:
    for service in (found for found in objects() if isinstance(found, Service)):
        (pod,) = [
            found.spec.template
            for found in workloads()
            if service.spec.selector.items() <= found.spec.template.metadata["labels"].items()
        ]
        ports = {port.name for container in pod.spec.containers for port in container.ports}
        assert {port.targetPort for port in service.spec.ports} <= ports


def test_the_network_policy_names_every_pod() -> None:
    (policy,) = [found for found in objects() if isinstance(found, Policy)]
    (expression,) = policy.spec["podSelector"]["matchExpressions"]
    labels = {found.spec.template.metadata["labels"]["app"] for found in workloads()}
    assert labels - set(expression["values"]) == {"millrace-flink-submit"}
    assert policy.spec["policyTypes"] == ["Ingress"]


def test_every_resource_of_a_kustomization_is_there() -> None:
    for path in KUBERNETES.glob("*/kustomization.yaml"):
        said = Kustomization.model_validate(yaml.safe_load(path.read_text("utf-8")))
        listed = {(path.parent / name).resolve() for name in said.resources}
        assert all(one.exists() for one in listed)
        beside = {one.resolve() for one in path.parent.glob("*.yaml")} - {path.resolve()}
        generated = {(path.parent / name).resolve() for one in said.configMapGenerator for name in one["files"]}
        assert beside <= listed | generated


def test_every_verb_that_is_run_exists() -> None:
    called = [container.args for _, container in containers() if container.image.startswith(OURS)]
    called += [service.command for service in compose().services.values() if service.image.startswith(OURS)]
    assert len(called) == 12
    for arguments in called:
        verb_of(arguments)


@pytest.mark.parametrize("arguments", [["serves"], ["serve", "--prot", "1"], ["sink"], ["sink", "clickhouse", "x"]])
def test_a_verb_that_does_not_exist_is_noticed(arguments: list[str]) -> None:
    with pytest.raises(Exception, match=r"serves|prot|rgument|name"):
        verb_of(arguments)


def test_workers_are_scaled_by_how_far_their_group_is_behind() -> None:
    from streams.runtimes.faust.settings import worker_group

    (scaled,) = [found for found in objects() if isinstance(found, Scaled)]
    (log,) = [found for found in objects() if isinstance(found, Settings) and "MILLRACE_LOG" in found.data]
    address = parse_address(log.data["MILLRACE_LOG"])
    (trigger,) = scaled.spec.triggers
    assert trigger.metadata.consumerGroup == worker_group(address)
    assert trigger.metadata.topic == address.topic(BY_NAME["journal"].name)
    assert trigger.metadata.bootstrapServers == address.bootstrap
    assert scaled.spec.maxReplicaCount == address.partitions == DEFAULT_PARTITIONS
    workload = next(found for found in workloads() if found.metadata.name == scaled.spec.scaleTargetRef["name"])
    assert workload.spec.replicas is None


def test_the_flink_job_is_one_that_can_be_read() -> None:
    import msgspec

    from streams.runtimes.flink.settings import JobSettings

    (job,) = [container for _, container in containers() if container.name == "submit"]
    (cluster,) = [found for found in objects() if isinstance(found, FlinkCluster)]
    said = msgspec.json.decode(job.args[-1], type=JobSettings)
    assert parse_address(said.address).partitions == said.partitions
    assert job.image == cluster.spec.image
    assert f"{cluster.metadata.name}-rest" in job.command
    slots = int(cluster.spec.flinkConfiguration["taskmanager.numberOfTaskSlots"]) * cluster.spec.taskManager.replicas
    assert said.parallelism <= slots


def test_what_compose_names_is_there() -> None:
    said = compose()
    for name, service in said.services.items():
        assert set(service.depends_on) <= set(said.services), name
        assert {one["source"] for one in service.configs} <= set(said.configs), name
        assert {volume.partition(":")[0] for volume in service.volumes} <= set(said.volumes), name
        beside = service.network_mode.removeprefix("service:")
        assert not beside or beside in said.services
        if isinstance(service.depends_on, dict):
            for other, how in service.depends_on.items():
                healthy = how["condition"] == "service_healthy"
                assert not healthy or said.services[other].healthcheck is not None, (name, other)
    for config in said.configs.values():
        assert "content" in config or (INFRA / config["file"]).is_file()


def test_no_password_stands_in_compose() -> None:
    text = (INFRA / "compose.yaml").read_text("utf-8")
    for line in text.splitlines():
        if re.search(r"^ +\w*PASSWORD:|://\w+:[^/]*@", line):
            assert "${" in line


def test_the_api_is_reached_through_the_proxy_only() -> None:
    services = compose().services
    assert services["api"].command[:3] == ["serve", "--host", "127.0.0.1"]
    for text in (
        (INFRA / "observability" / "Caddyfile").read_text("utf-8"),
        next(
            found.data["Caddyfile"] for found in objects() if isinstance(found, Settings) and "Caddyfile" in found.data
        ),
    ):
        assert "@inner path /metrics /metrics/*" in text
        assert "respond @inner 404" in text
        assert text.index("respond @inner") < text.index("reverse_proxy 127.0.0.1:8321")


def test_the_collector_is_the_same_everywhere() -> None:
    said = (INFRA / "observability" / "collector.yaml").read_bytes()
    assert (KUBERNETES / "base" / "collector.yaml").read_bytes() == said
    pipelines = yaml.safe_load(said)
    for pipeline in pipelines["service"]["pipelines"].values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= set(pipelines[part])


def test_the_dashboard_shows_metrics_that_there_are() -> None:
    dashboard = json.loads((INFRA / "observability" / "grafana" / "millrace.json").read_text("utf-8"))
    source = yaml.safe_load((INFRA / "observability" / "grafana" / "datasource.yaml").read_text("utf-8"))
    shown: set[str] = set()
    places: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        places.add((panel["gridPos"]["x"], panel["gridPos"]["y"]))
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == source["datasources"][0]["uid"]
            shown.update(re.findall(r"(?:millrace|kafka)_\w+", target["expr"]))
    assert len(places) == len(dashboard["panels"])
    assert shown <= metrics_there_are() | {"kafka_consumer_group_lag"}
    assert len(shown) > 10


def metrics_there_are() -> set[str]:
    """The names of our metrics as Prometheus reads them, out of the two modules that make them."""
    telemetry = INFRA / "telemetry"
    text = (telemetry / "meters.py").read_text("utf-8") + (telemetry / "gauges.py").read_text("utf-8")
    text = re.sub(r"\s+", " ", text)
    found = {f"{name}_total" for name in re.findall(r'_Count\( ?meter, "([a-z.]+)"', text)}
    found |= {f"{name}_seconds_bucket" for name in re.findall(r'create_histogram\( ?"([a-z.]+)", "s"', text)}
    found |= {f"{name}_bucket" for name in re.findall(r'Histogram\( ?"millrace_(\w+)"', text)}
    for name, unit in re.findall(r'\.gauge\( ?"([a-z.]+)", "[^"]*", [\w.]+(?:\("[a-z]+"\))?(, "s")?', text):
        found.add(f"{name}_seconds" if unit else name)
    return {f"millrace_{name.replace('.', '_')}" for name in found}


def test_the_image_holds_every_layer() -> None:
    lines = (INFRA / "Dockerfile").read_text("utf-8").splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and not line.startswith("COPY --from")}
    layers = {"schemas", "processors", "sinks", "streams", "replay", "infra"}
    assert layers | {"requirements/all.txt", "pyproject.toml"} <= copied
    kept = (INFRA.parent / ".dockerignore").read_text("utf-8").splitlines()
    assert copied <= {line.removeprefix("!") for line in kept} | {"README.md", "LICENSE"}
    stages = {line.split()[-1]: line.split()[1] for line in lines if line.startswith("FROM ")}
    assert {"build", "millrace", "flink"} <= set(stages)
    assert all(":" in base or base in stages for base in stages.values())
    targets = {service.build["target"] for service in compose().services.values() if service.build}
    assert targets <= set(stages)
