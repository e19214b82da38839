"""The operator's settings of one home folder: `settings.toml`, read once at start."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from inspect import isclass
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from infra.home import HomeError
from schemas.alerts import ALERT_KINDS
from streams.partition import DEFAULT_PARTITIONS


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogSettings(_Strict):
    """Where the journal is, and its shape, fixed when it is created.

    `dsn` is `sqlite:///FILE` or `kafka://HOST:PORT[,HOST:PORT][/PREFIX]`; empty means the home folder's own file.
    """

    dsn: str = ""
    partitions: int = Field(default=DEFAULT_PARTITIONS, ge=1, le=1024)


class HttpSettings(_Strict):
    """Where `millrace serve` listens. Anything but loopback needs a proxy that ends TLS, and `behind_proxy = true`."""

    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65_535)
    behind_proxy: bool = False


class AlertSettings(_Strict):
    """Which alerts are still worth sending, and to which addresses."""

    max_age_seconds: int = Field(default=3600, ge=1)
    allow_http: bool = False
    allow_private_addresses: bool = False
    any_port: bool = False


class WebhookEndpoint(_Strict):
    """One address that hears of a tenant's alerts. No kinds means all of them.

    Alerts of an account within `group_seconds` of each other come as one message; the same kind about the same subject
    comes once in `cool_down_seconds`; with `office_hours_only`, all but the kinds `at_any_hour` wait until the calendar
    of the account opens.
    """

    id: str
    tenant: str
    url: str
    secrets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    shape: Literal["standard", "slack", "teams", "pagerduty"] = "standard"
    enabled: bool = True
    group_seconds: int = Field(default=0, ge=0)
    cool_down_seconds: int = Field(default=0, ge=0)
    office_hours_only: bool = False
    at_any_hour: tuple[str, ...] = ()

    @field_validator("kinds", "at_any_hour")
    @classmethod
    def _are_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in ALERT_KINDS:
                raise ValueError(f"{kind!r} is no kind of alert; there are {', '.join(ALERT_KINDS)}")
        return kinds


class LimitSettings(_Strict):
    """What one tenant's keys may send, on average and (times `burst_seconds`) at once; 0 is no limit.

    `keys_per_minute` is how many different accounts usage may name in a minute.
    """

    events_per_second: int = Field(default=20_000, ge=0)
    bytes_per_second: int = Field(default=32 << 20, ge=0)
    burst_seconds: int = Field(default=5, ge=1, le=3_600)
    keys_per_minute: int = Field(default=100_000, ge=0)


class ClickHouseSettings(_Strict):
    """Where facts go; empty means the embedded engine in the home folder."""

    dsn: str = ""


class SearchSettings(_Strict):
    """Where words are found: a Qdrant server's address (extra `server`); empty means the index in the home folder."""

    dsn: str = ""


class EmbeddingSettings(_Strict):
    """Which model of sentences tells what texts mean (extra `embeddings`); empty means that words speak for themselves.

    `model` is a name that fastembed knows; `folder` is where its files lie, else they are downloaded.
    """

    model: str = ""
    folder: str = ""

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if self.folder and not self.model:
            raise ValueError(f"folder {self.folder!r} needs a `model` beside it: the name that fastembed has for it")
        return self


class Settings(_Strict):
    """Everything an operator can set; what is left out has a default that works."""

    log: LogSettings = LogSettings()
    http: HttpSettings = HttpSettings()
    limits: LimitSettings = LimitSettings()
    alerts: AlertSettings = AlertSettings()
    webhooks: tuple[WebhookEndpoint, ...] = ()
    clickhouse: ClickHouseSettings = ClickHouseSettings()
    search: SearchSettings = SearchSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()


TEMPLATE = """\
# Settings of this Millrace home folder. Everything may be left out.

[http]
# host = "127.0.0.1"
# port = 8321

[limits]
# events_per_second = 20000
# bytes_per_second = 33554432
# keys_per_minute = 100000

[alerts]
# max_age_seconds = 3600

# [embedding]                       # what texts mean, beside their words: docs/meaning.md
# model = "BAAI/bge-small-en-v1.5"
# folder = "/srv/models/bge-small"   # its files; without it they are downloaded once

# One block for each address that should hear of alerts:
# [[webhooks]]
# id = "on-call"
# tenant = "acme"
# url = "https://hooks.example.com/millrace"
# secrets = ["whsec_..."]        # `millrace webhooks key` makes one
# kinds = ["sla.breached", "sla.warned", "churn.risk_risen", "health.dropped", "ticket.escalated"]
# group_seconds = 60              # alerts of one account come together
# cool_down_seconds = 900         # the same about the same comes once in a while
# office_hours_only = true        # wait until the account's calendar opens,
# at_any_hour = ["sla.breached"]  # but for these
"""


def settings_for(log: str | None) -> str:
    """A settings file to begin with, naming a log where one is asked for."""
    return f'{TEMPLATE}\n[log]\ndsn = "{log}"\n' if log else TEMPLATE


def read_settings(path: Path) -> Settings:
    """The settings a file says; the defaults where there is none. Raises HomeError naming the line or the field."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeError(f"{path} is not TOML: {error}") from error
    try:
        return Settings.model_validate(said)
    except ValidationError as error:
        # A name that is spelt wrong first: what is missing may be what it should have been.
        first = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(_known_beside(first["loc"]))
            raise HomeError(f"{path}: there is no setting {place}; known here: {known}") from error
        raise HomeError(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from error


def _known_beside(place: Sequence[str | int]) -> Iterable[str]:
    """The settings that may stand where this one does."""
    model: type[BaseModel] = Settings
    for part in place[:-1]:
        if isinstance(part, str):
            said = model.model_fields[part].annotation
            model = next(one for one in (said, *get_args(said)) if isclass(one) and issubclass(one, BaseModel))
    return model.model_fields
