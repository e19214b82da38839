"""Does a wrong mapping say which key is wrong, before a row is read?"""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.history.columns import CASE
from streams.history.file_roles import file_roles, given_file
from streams.history.mapping_file import MappingError, find_mapping, parse_mapping, read_mapping
from tests.history.helpdesk import COLUMNS, MAPPING, ROWS, csv_bytes, helpdesk, mapped, written

INSTANT = 'instant = { column = "saved", format = "%d/%m/%Y %H:%M", zone = "Europe/Berlin" }'
CLOSED = "when = { last = true, where"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('case = "case"', 'kase = "case"', "`table.updates.kase`: no such key"),
        ('name = "helpdesk"', "", "`name`: Field required"),
        ("= 0 }", "= 0 ", "not TOML"),
        (
            'zone = "Europe/Berlin"',
            'zone = "Europe/Berlyn"',
            "unknown time zone 'Europe/Berlyn': did you mean Europe/Berlin",
        ),
        ('"ticket.opened"', '"ticket.open"', "no event type is called 'ticket.open': did you mean ticket.opened"),
        ('"ticket.opened"', '"tick"', "no event type is called 'tick'"),
        ('ticket = "case", priority', "priority", "event ticket-opened: ticket.opened needs the field 'ticket'"),
        ('group = "team"', 'groups = "team"', "ticket.assigned has no field 'groups'; it has ticket, group, assignee"),
        ('{ "1" = "urgent", "2" = "high" }', '"prios"', "fields.priority: there is no [map.prios]"),
        (
            '"ticket.closed"',
            '"ticket.opened"',
            "two events are called 'ticket-opened': give them different `rule` names",
        ),
        (
            "when = { first = true }",
            "when = { first = true, to = 1 }",
            "`to` needs `changed` to name exactly one column",
        ),
        ('{ column = "state", is = "done" }', '{ column = "state" }', "`where` needs one of `is`, `not`"),
        ('{ column = "state", is = "done" }', '{ column = "state", matches = "(" }', "'(' is no regular expression"),
        ('code = "outcome"', 'code = { template = "{outcome!r}" }', "write {column} and nothing else in braces"),
        ('code = "outcome"', 'code = { template = "{outcome" }', "fields.code`: expected '}'"),
        (
            'code = "outcome"',
            'code = { value = 1, column = "outcome" }',
            "exactly one of `column`, `template`, `value`",
        ),
        ('code = "outcome"', 'code = { column = "outcome", only_with = "cause" }', "`only_with` names 'cause'"),
        (
            'code = "outcome"',
            "code = { value = [1] }",
            "fields.code.value`: a text, a number, true or false is expected",
        ),
        (
            'column = "saved"',
            'kolumn = "saved"',
            "`table.updates.instant.column`: Field required; `table.updates.instant.kolumn`: no",
        ),
        (INSTANT, 'instant = { start = "2026" }', "`table.updates.instant`: '2026' is not an instant"),
        ("%d/%m", "%d/%K", "instant: '%d/%K/%Y %H:%M' is no format of an instant"),
        ("%d/%m/%Y %H:%M", "ISO", "instant: 'ISO' is no format of an instant: write iso, epoch_seconds"),
        # What knows the future
        (
            CLOSED,
            "when = { where",
            "event ticket-closed: fields.code reads 'outcome', which is `final_only`: give the rule",
        ),
        (CLOSED, "when = { last = false, where", "fields.code reads 'outcome', which is `final_only`"),
        ('account = "site"', 'account = "outcome"', "account reads 'outcome', which is `final_only`"),
        ('order = ["edit"]', 'order = ["outcome"]', "order reads 'outcome', which is `final_only`"),
        ('column = "saved"', 'column = "outcome"', "instant reads 'outcome', which is `final_only`"),
        (
            'fields = { ticket = "case" }',
            'fields = { ticket = "case" }\nat = "outcome"',
            "event ticket-reopened: at reads 'outcome', which is `final_only`",
        ),
        (
            "when = { first = true }",
            'when = { first = true }\nattributes = ["outcome"]',
            "event ticket-opened: attributes reads 'outcome', which is `final_only`",
        ),
        (
            CLOSED,
            'when = { last = true, changed = "outcome", where',
            "when.changed reads 'outcome', which is `final_only`: whether it changed cannot be known",
        ),
        ('order = ["edit"]', 'rows = "one"', "the rule needs `at` or `after` to say when it was known"),
    ],
)
def test_the_error_names_the_key(old: str, new: str, said: str) -> None:
    assert old in MAPPING
    with pytest.raises(MappingError) as raised:
        parse_mapping(MAPPING.replace(old, new))
    assert said in str(raised.value)


def test_a_changed_column_needs_a_case() -> None:
    with pytest.raises(MappingError, match="`changed` needs `case`"):
        parse_mapping(MAPPING.replace('case = "case"\n', ""))


def test_a_lacking_column_is_named_with_those_that_exist(tmp_path: Path) -> None:
    columns = ["saved_at" if column == "saved" else column for column in COLUMNS]
    with pytest.raises(MappingError) as raised:
        mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", csv_bytes(ROWS, columns)))
    assert str(raised.value) == (
        "a.csv has no column 'saved', which `updates` names for instant; did you mean 'saved_at'? "
        "It has: case, site, saved_at, edit, state, prio, team, person, reopened, outcome"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "a.csv: has no header row"),
        (
            b"case,priorit\xe9\n",
            "a.csv: its header cannot be read: not UTF-8 at character 13: the mapping's `encoding`",
        ),
        (b"case,site,case\n", "a.csv: the column 'case' stands twice in the header"),
        (
            b"one,two\n",
            "a.csv has no column 'case' (and 'site', 'edit', 'saved', 'outcome', 'prio'), which `updates` names ",
        ),
        (b"\xff\xfe\x00", "a.csv: its header cannot be read: not UTF-8 at character 1: the mapping's"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(MappingError) as raised:
        mapped(tmp_path, helpdesk(), written(tmp_path / "a.csv", content))
    assert str(raised.value).startswith(said)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="there is no file"):
        file_roles(helpdesk(), [given_file(str(tmp_path / "none.csv"), helpdesk())])
    with pytest.raises(MappingError, match="no file was named"):
        file_roles(helpdesk(), [])


def test_a_mapping_is_found_by_name_or_path(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "helpdesk.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "own.toml").write_text(MAPPING.replace('"helpdesk"', '"own"'), encoding="utf-8")
    assert find_mapping("helpdesk", shipped).source == "import/helpdesk"
    assert find_mapping(str(tmp_path / "own.toml"), shipped).source == "import/own"
    with pytest.raises(MappingError, match=r"no mapping 'desk': neither a file nor one of those shipped \(helpdesk\)"):
        find_mapping("desk", shipped)


def test_a_file_that_is_no_mapping_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(MappingError, match=r"m\.toml: not UTF-8 at byte 8"):
        read_mapping(path)


def test_the_case_may_be_named_anywhere(tmp_path: Path) -> None:
    mapping = parse_mapping(MAPPING.replace('ticket = "case", priority', f'ticket = "{CASE}", priority'))
    events, _ = mapped(tmp_path, mapping, written(tmp_path / "a.csv", csv_bytes(ROWS)))
    assert events[0]["data"]["ticket"] == "T-2"
