# ruff: noqa: N815 - names are written as Kubernetes writes them
"""The shapes of what the deployment files may hold, as strict as they are used: a key that is not known is an error."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
# Pinned: no image without the number of a version.
Image = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]*:v?[0-9][A-Za-z0-9._-]*$")]
Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]+(m|Mi|Gi)?$")]
Labels = dict[str, str]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Meta(Strict):
    name: Name
    labels: Labels = {}
    annotations: Labels = {}


class PodSecurity(Strict):
    runAsNonRoot: Literal[True]
    runAsUser: Annotated[int, Field(ge=1000)]
    fsGroup: int | None = None
    seccompProfile: dict[Literal["type"], Literal["RuntimeDefault"]]


class Security(Strict):
    allowPrivilegeEscalation: Literal[False]
    readOnlyRootFilesystem: Literal[True]
    capabilities: dict[Literal["drop"], list[Literal["ALL"]]]


class Resources(Strict):
    requests: dict[Literal["cpu", "memory"], Quantity]
    limits: dict[Literal["cpu", "memory"], Quantity]


class Mount(Strict):
    name: Name
    mountPath: str
    subPath: str | None = None
    readOnly: bool = False


class Port(Strict):
    name: Name
    containerPort: Annotated[int, Field(gt=1023, le=65_535)]


class Probe(Strict):
    exec: dict[Literal["command"], list[str]] | None = None
    tcpSocket: dict[Literal["port"], str] | None = None
    periodSeconds: int = 10
    timeoutSeconds: int = 1
    failureThreshold: int = 3


class Container(Strict):
    name: Name
    image: Image
    command: list[str] = []
    args: list[str] = []
    env: list[dict[Literal["name", "value"], str]] = []
    envFrom: list[dict[Literal["configMapRef", "secretRef"], dict[Literal["name"], Name]]] = []
    ports: list[Port] = []
    volumeMounts: list[Mount] = []
    livenessProbe: Probe | None = None
    readinessProbe: Probe | None = None
    startupProbe: Probe | None = None
    resources: Resources
    securityContext: Security


class Volume(Strict):
    name: Name
    secret: dict[Literal["secretName", "defaultMode"], Any] | None = None
    configMap: dict[Literal["name"], Name] | None = None
    emptyDir: dict[Literal["sizeLimit"], Quantity] | None = None


class Pod(Strict):
    automountServiceAccountToken: Literal[False]
    restartPolicy: Literal["OnFailure", "Never", "Always"] = "Always"
    terminationGracePeriodSeconds: int = 30
    securityContext: PodSecurity
    containers: list[Container]
    volumes: list[Volume] = []


class Template(Strict):
    metadata: dict[Literal["labels", "annotations"], Labels]
    spec: Pod


class Claim(Strict):
    class Spec(Strict):
        accessModes: list[Literal["ReadWriteOnce", "ReadWriteOncePod"]]
        resources: dict[Literal["requests"], dict[Literal["storage"], Quantity]]

    metadata: Meta
    spec: Spec


class Workload(Strict):
    """The part of a Deployment, a StatefulSet or a Job that says what runs."""

    replicas: int | None = None
    serviceName: Name | None = None
    backoffLimit: int | None = None
    strategy: dict[Literal["rollingUpdate"], dict[Literal["maxSurge", "maxUnavailable"], int]] | None = None
    selector: dict[Literal["matchLabels"], Labels] | None = None
    template: Template
    volumeClaimTemplates: list[Claim] = []


class Runs(Strict):
    apiVersion: Literal["apps/v1", "batch/v1"]
    kind: Literal["Deployment", "StatefulSet", "Job"]
    metadata: Meta
    spec: Workload


class Service(Strict):
    class Spec(Strict):
        class ServicePort(Strict):
            name: Name
            port: int
            targetPort: Name

        selector: Labels
        ports: list[ServicePort]

    apiVersion: Literal["v1"]
    kind: Literal["Service"]
    metadata: Meta
    spec: Spec


class Settings(Strict):
    apiVersion: Literal["v1"]
    kind: Literal["ConfigMap"]
    metadata: Meta
    data: dict[str, str]


class Policy(Strict):
    apiVersion: Literal["networking.k8s.io/v1"]
    kind: Literal["NetworkPolicy"]
    metadata: Meta
    spec: dict[Literal["podSelector", "policyTypes", "ingress"], Any]


class Scaled(Strict):
    """KEDA's, as of v1alpha1: https://keda.sh/docs/latest/reference/scaledobject-spec and its scaler `apache-kafka`."""

    class Spec(Strict):
        class Trigger(Strict):
            class Metadata(Strict):
                bootstrapServers: str
                consumerGroup: str
                topic: str
                lagThreshold: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*$")]
                activationLagThreshold: Annotated[str, StringConstraints(pattern=r"^[0-9]+$")]
                offsetResetPolicy: Literal["earliest", "latest"]
                excludePersistentLag: Literal["true", "false"]

            type: Literal["kafka"]
            metadata: Metadata

        scaleTargetRef: dict[Literal["name"], Name]
        minReplicaCount: Annotated[int, Field(ge=0)]
        maxReplicaCount: Annotated[int, Field(ge=1)]
        pollingInterval: int
        cooldownPeriod: int
        advanced: dict[Literal["horizontalPodAutoscalerConfig"], dict[Literal["behavior"], Any]]
        triggers: list[Trigger]

    apiVersion: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Meta
    spec: Spec


class FlinkCluster(Strict):
    """The operator's, as of v1beta1; without a `job` it is a session cluster."""

    class Spec(Strict):
        class Manager(Strict):
            replicas: Annotated[int, Field(ge=1)]
            resource: dict[Literal["cpu", "memory"], Any]

        image: Image
        flinkVersion: Annotated[str, StringConstraints(pattern=r"^v2_[0-9]+$")]
        serviceAccount: Name
        flinkConfiguration: dict[str, str]
        podTemplate: dict[Literal["spec"], Any]
        jobManager: Manager
        taskManager: Manager

    apiVersion: Literal["flink.apache.org/v1beta1"]
    kind: Literal["FlinkDeployment"]
    metadata: Meta
    spec: Spec


class Kustomization(Strict):
    apiVersion: Literal["kustomize.config.k8s.io/v1beta1"]
    kind: Literal["Kustomization"]
    resources: list[str]
    configMapGenerator: list[dict[Literal["name", "files"], Any]] = []
    labels: list[dict[Literal["pairs", "includeSelectors"], Any]] = []


class ComposeService(Strict):
    """https://github.com/compose-spec/compose-spec, the part of it that is used."""

    image: Image
    build: dict[Literal["context", "dockerfile", "target"], str] | None = None
    command: list[str] = []
    environment: dict[str, str] = {}
    configs: list[dict[Literal["source", "target", "uid", "mode"], Any]] = []
    volumes: list[str] = []
    # Nothing of it listens but on loopback.
    ports: list[Annotated[str, StringConstraints(pattern=r"^127\.0\.0\.1:[0-9]+:[0-9]+$")]] = []
    restart: Literal["unless-stopped", "no"]
    init: bool = False
    read_only: bool = False
    tmpfs: list[str] = []
    cap_drop: list[Literal["ALL"]] = []
    security_opt: list[str] = []
    stop_grace_period: str = "10s"
    ulimits: dict[str, int] = {}
    network_mode: str = ""
    healthcheck: dict[Literal["test", "interval", "timeout", "retries", "start_period"], Any] | None = None
    depends_on: dict[Name, dict[Literal["condition"], str]] | list[Name] = []


class Compose(Strict):
    name: Name
    services: dict[Name, ComposeService]
    configs: dict[Name, dict[Literal["file", "content"], str]]
    volumes: dict[Name, None]
