"""One thing that can be asked over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.access import SCOPES, Scope
from infra.http.shapes import TEXT, Shape

# The scope of what only the operator may ask: he holds the token of `serve.json`.
OPERATOR = "operator"
LINES = "application/x-ndjson"
Asked = tuple[str, Shape, str]


def limit_of(most: int) -> Asked:
    """The parameter `limit`."""
    return ("limit", {"type": "integer", "minimum": 1, "maximum": most}, "how many at most")


PAGE = (limit_of(10_000),)


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `answers` names the shape of its answer; `body` that of what it takes."""

    method: str
    path: str
    summary: str
    scope: Scope | str | None
    answers: Shape
    query: tuple[Asked, ...] = ()
    needed: tuple[str, ...] = ()
    body: Shape | None = None
    status: int = 200
    media: str = "application/json"
    errors: tuple[int, ...] = ()

    @property
    def parameters(self) -> list[Shape]:
        """What stands in the path and after it."""
        named = re.findall(r"{(\w+)}", self.path)
        places = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in named]
        asked = [
            {"name": name, "in": "query", "required": name in self.needed, "description": said, "schema": schema}
            for name, schema, said in self.query
        ]
        tenant = [{"$ref": "#/components/parameters/tenant"}] if self.scope in SCOPES else []
        return [*places, *asked, *tenant]
