"""What does a mapping file say? Its shape, key by key; `docs/mapping.md` explains it with a worked example."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from schemas.instant import parse_instant
from streams.history.patterns import compiled_pattern, template_columns

Item = TypeVar("Item")
Column = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


def _plain(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("a text, a number, true or false is expected")  # noqa: TRY004 - pydantic's way to be told
    return value


Scalar = Annotated[bool | int | float | str, BeforeValidator(_plain)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | int | float) else value


def _specified(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _kind_of_field(value: object) -> str:
    return LIST if isinstance(value, list) else SINGLE


def _kind_of_instant(value: object) -> str:
    return MADE if isinstance(value, dict) and "start" in value else READ


# Which alternative a key's value is: the first choice, so that an error speaks of that one alone.
SINGLE, LIST, READ, MADE = KINDS = ("<value>", "<values>", "<column>", "<made>")

OneOrMore = Annotated[list[Item], BeforeValidator(_listed), Field(min_length=1)]


class Part(BaseModel):
    """A part of a mapping: what it does not know, it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FileFormat(Part):
    """How the files of a table or a look-up are written. gzip is recognised by itself."""

    format: Literal["csv", "jsonl", "json"] = "csv"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    encoding: Literal["utf-8", "latin-1", "cp1252", "utf-16"] = "utf-8"
    missing: list[str] = Field(default_factory=lambda: [""])


class InstantColumn(Part):
    """A column that says when. `format` is `iso`, `epoch_seconds`, `epoch_milliseconds` or made of %-codes.

    Several formats are tried in order. `zone` holds for instants that name no offset themselves.
    """

    column: Column
    format: OneOrMore[str] = Field(default_factory=lambda: ["iso"])
    zone: str = "UTC"


class MadeInstants(Part):
    """Instants for rows that have none: `start`, and one step for every row before it.

    With `slots` the row's place comes from its case (or content) instead of its number: the order of the file then
    means nothing, and neighbours in the file lie far apart.
    """

    start: str
    step_seconds: Annotated[int, Field(ge=1, le=31_622_400)] = 1
    slots: Annotated[int, Field(ge=1, le=10_000_000)] | None = None

    @model_validator(mode="after")
    def _starts_at_an_instant(self) -> MadeInstants:
        parse_instant(self.start)
        return self


class After(Part):
    """A time span after the row's instant: an amount, or a column that holds it."""

    amount: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    column: Column | None = None
    unit: Literal["seconds", "minutes", "hours", "days"] = "seconds"

    @model_validator(mode="after")
    def _one_of_both(self) -> After:
        if (self.amount is None) == (self.column is None):
            raise ValueError("`after` needs either `amount` or `column`")
        return self


class Where(Part):
    """A column's value is one of, is none of, matches, or is missing; all that is named must hold."""

    column: Column
    among: OneOrMore[Scalar] | None = Field(default=None, alias="is")
    excluding: OneOrMore[Scalar] | None = Field(default=None, alias="not")
    matches: str | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Where:
        if self.among is None and self.excluding is None and self.matches is None and self.missing is None:
            raise ValueError("`where` needs one of `is`, `not`, `matches`, `missing`")
        compiled_pattern(self.matches or "")
        return self


class When(Part):
    """The rows that an event is made of; all that is named must hold, and nothing named means every row.

    `changed` compares with the case's row before; `before` stands for the value before the case's first row, without
    which a first row changes nothing. `rises` wants the change to be to a larger number.
    """

    first: bool | None = None
    last: bool | None = None
    changed: OneOrMore[Column] | None = None
    came_from: OneOrMore[Scalar] | None = Field(default=None, alias="from")
    to: OneOrMore[Scalar] | None = None
    before: Scalar | None = None
    rises: bool = False
    where: list[Where] = Field(default_factory=list)

    @model_validator(mode="after")
    def _changes_fit(self) -> When:
        told = [key for key in ("came_from", "to", "before") if getattr(self, key) is not None]
        told += ["rises"] if self.rises else []
        if told and (self.changed is None or len(self.changed) != 1):
            raise ValueError(f"`{told[0].removeprefix('came_')}` needs `changed` to name exactly one column")
        return self


class FieldValue(Part):
    """Where one field of an event comes from: a column, a template over columns, or a constant; then how it is read.

    `map` names a `[map.NAME]` or is one; a value it does not hold refuses the row unless `otherwise` stands for it.
    `unreadable = "missing"` leaves out what is no such number, bool or instant, or beyond `least` and `most`.
    """

    column: Column | None = None
    template: str | None = None
    value: Scalar | None = None
    map: str | dict[str, Scalar] | None = None
    otherwise: Scalar | None = None
    type: Literal["text", "number", "integer", "bool", "instant", "minor_units"] = "text"
    times: int = 1
    least: float | None = None
    most: float | None = None
    missing: list[str] = Field(default_factory=list)
    unreadable: Literal["refuse", "missing"] = "refuse"
    default: Scalar | None = None
    only_with: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> FieldValue:
        if sum(origin is not None for origin in (self.column, self.template, self.value)) != 1:
            raise ValueError("a field needs exactly one of `column`, `template`, `value`")
        if self.otherwise is not None and self.map is None:
            raise ValueError("`otherwise` needs a `map`")
        template_columns(self.template or "")
        return self


Specified = Annotated[FieldValue, BeforeValidator(_specified)]
FieldValues = Annotated[
    Annotated[Specified, Tag(SINGLE)] | Annotated[list[Specified], Tag(LIST)], Discriminator(_kind_of_field)
]


class AttributeColumns(Part):
    """Columns that become attributes under their own names: a list, or `*` for all that the file has.

    `*` leaves out what the table names (case, account, instant, `order`, `final_only`) and those in `except`.
    """

    origin: Literal["*"] | list[Column] = Field(alias="from")
    excluding: list[Column] = Field(default_factory=list, alias="except")
    numbers: list[Column] = Field(default_factory=list)
    bools: list[Column] = Field(default_factory=list)
    unreadable: Literal["refuse", "missing"] = "refuse"


def _attributes(value: object) -> object:
    return {"from": value} if isinstance(value, list) else value


class EventRule(Part):
    """One event type that rows of a table say: which rows, at what instant, with what in it."""

    type: str
    rule: Label | None = None
    when: When = Field(default_factory=When)
    at: Annotated[InstantColumn, BeforeValidator(_specified)] | None = None
    after: After | None = None
    account: Column | None = None
    fields: dict[str, FieldValues] = Field(default_factory=dict)
    attributes: Annotated[AttributeColumns, BeforeValidator(_attributes)] | None = None

    @property
    def name(self) -> str:
        """What tells the rule from the others of its table, and stands in the ids of its events."""
        return self.rule or self.type.replace(".", "-")


class Table(FileFormat):
    """One kind of file whose rows make events.

    `case` names what a row is about (without it every row is its own case, named by its content), `order` the columns
    that order rows of one instant, `rows = "one"` that a case has one row only, `final_only` the columns that know
    the future and may be read on a case's last row only.
    """

    case: Column | None = None
    account: Column | None = None
    rows: Literal["one", "many"] = "many"
    order: list[Column] = Field(default_factory=list)
    final_only: list[Column] = Field(default_factory=list)
    instant: Annotated[
        Annotated[InstantColumn, Tag(READ)] | Annotated[MadeInstants, Tag(MADE)], Discriminator(_kind_of_instant)
    ]
    event: Annotated[list[EventRule], Field(min_length=1)]


class Lookup(FileFormat):
    """A file that rows look things up in: `NAME.column` of the row whose `key` equals the looking row's `by`.

    `table` takes the files of that table instead of files of its own. It is held in memory, the columns used only.
    """

    key: Column
    by: Column | None = None
    table: Label | None = None
    orphans: Literal["refuse", "missing"] = "refuse"

    @property
    def looking(self) -> str:
        """The column of the looking row."""
        return self.by or self.key


class Mapping(Part):
    """A whole mapping file. Its `name` is part of every event's source: another name makes other events."""

    name: Label
    about: str = ""
    table: Annotated[dict[Label, Table], Field(min_length=1)]
    lookup: dict[Label, Lookup] = Field(default_factory=dict)
    map: dict[Label, dict[str, Scalar]] = Field(default_factory=dict)

    @property
    def source(self) -> str:
        """The CloudEvents source of every event it makes."""
        return f"import/{self.name}"
