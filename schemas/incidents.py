"""Incident events: when the product itself was in trouble."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.event import Data
from schemas.personal import Personal
from schemas.values import Id, Name, Title

Severity = Literal["minor", "major", "critical"]
Components = Annotated[tuple[Name, ...], Field(max_length=64)]


class IncidentStarted(Data):
    """Something the customers rely on stopped working."""

    type: ClassVar[str] = "incident.started"
    example: ClassVar[dict[str, Any]] = {
        "incident": "I-9",
        "title": "Exports fail",
        "severity": "major",
        "components": ["exports"],
    }

    incident: Id
    title: Annotated[Title, Personal(prose=False)] = ""
    severity: Severity = "minor"
    components: Components = ()


class IncidentUpdated(Data):
    """More is known about an incident."""

    type: ClassVar[str] = "incident.updated"
    example: ClassVar[dict[str, Any]] = {"incident": "I-9", "severity": "critical"}

    incident: Id
    severity: Severity | None = None
    title: Annotated[Title | None, Personal(prose=False)] = None


class IncidentEnded(Data):
    """It works again."""

    type: ClassVar[str] = "incident.ended"
    example: ClassVar[dict[str, Any]] = {"incident": "I-9"}

    incident: Id
