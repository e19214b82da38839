"""Can any text make another tenant's rows show, or change an answer?

The claim is non-interference: whatever the guard lets through answers the same, errors included, whether or not the
other tenant's rows exist. Texts are honest questions with words cut, doubled, swapped and replaced by hostile ones.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.sql_guard import SqlRefused, guard
from tests.sql_guard.catalog import HONEST, INVENTED, OBSERVED, VIEWS
from tests.sql_guard.conftest import Engine

_WORDS = re.compile(r"'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"|\w+|\s+|[^\w\s]+")
_MOVING = re.compile(r"\b(now|now64|today|yesterday)\b", re.IGNORECASE)
_HOSTILE = (
    "'rival'", "tenant", "_guarded_row", "raw_tickets", "facts", "system.one", "OR 1 = 1", "UNION ALL", "--",
    "/*", "*/", "')", "\\'", "`", "AS tenant", "'rival' AS tenant", "WITH tickets AS (SELECT 1)",
    "(SELECT 1 FROM raw_tickets)",
    ";", "*", "t.*", "IN (facts)", "IN raw_tickets", "{tenant:String}", "SETTINGS max_threads = 1", "FORMAT CSV",
    "FINAL", "toInt64(ticket)", "arrayJoin(tags)", "max(category)", "x -> tenant", "tenant != 'acme'", "GROUP BY ALL",
    "\\\\", "''",
)  # fmt: skip
_PIECES = (*_HOSTILE, "SELECT", "FROM", "tickets", "(", ")")


def _words(sql: str) -> list[str]:
    return _WORDS.findall(sql)


_COLUMNS = sorted({column for columns in VIEWS.values() for column in columns})
_FUNCTIONS = ("count", "max", "min", "any", "uniqExact", "groupArray", "toString", "upper", "length", "toInt64", "hex")


def _replaced(draw: st.DrawFn, words: list[str], known: Sequence[str]) -> None:
    places = [at for at, word in enumerate(words) if word in known]
    if places:
        words[draw(st.sampled_from(places))] = draw(st.sampled_from(known))


def _damaged(draw: st.DrawFn, words: list[str]) -> None:
    at = draw(st.integers(0, max(len(words) - 1, 0)))
    match draw(st.sampled_from(("cut", "double", "hostile", "swap", "splice"))):
        case "cut":
            words[at : at + draw(st.integers(1, 4))] = []
        case "double":
            words[at:at] = [*words[at : at + 3], " "]
        case "hostile":
            words[at : at + draw(st.integers(0, 1))] = [" ", draw(st.sampled_from(_HOSTILE)), " "]
        case "swap" if words:
            with_ = draw(st.integers(0, len(words) - 1))
            words[at], words[with_] = words[with_], words[at]
        case _:
            words[at : at + 1] = ["(", draw(st.sampled_from(HONEST)).rstrip(";"), ")"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """An honest question with other columns, functions and views in it, and now and then damaged."""
    words = _words(draw(st.sampled_from(HONEST)))
    for known in draw(st.lists(st.sampled_from((_COLUMNS, _FUNCTIONS, tuple(VIEWS))), max_size=4)):
        _replaced(draw, words, known)
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        _damaged(draw, words)
    return "".join(words)


def _check(engine: Engine, sql: str) -> bool:
    with contextlib.suppress(SqlRefused):
        guarded = guard(sql, VIEWS, tenant="acme")
        shared = engine("shared", guarded.sql, guarded.parameters)
        assert "RIVAL" not in shared
        if not _MOVING.search(sql):
            assert sorted(shared.splitlines()) == sorted(
                engine("alone", guarded.sql, guarded.parameters).splitlines()
            ), sql
        return not shared.startswith("error")
    return False


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sql=mutated())
def test_no_mutated_question_sees_another_tenant(engine: Engine, sql: str) -> None:
    _check(engine, sql)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_attack_spliced_into_a_question_sees_another_tenant(engine: Engine, data: st.DataObject) -> None:
    words = _words(data.draw(st.sampled_from(HONEST)))
    attack = data.draw(st.sampled_from([sql for sql, _ in OBSERVED + INVENTED if len(sql) < 300]))
    at = data.draw(st.integers(0, len(words)))
    _check(engine, "".join([*words[:at], data.draw(st.sampled_from((" ", " (", ", ", ") "))), attack, *words[at:]]))


@settings(max_examples=300, deadline=None)
@given(sql=st.text(max_size=200) | st.lists(st.sampled_from(_PIECES), max_size=30).map(" ".join))
def test_no_text_does_anything_but_be_refused_or_guarded(sql: str) -> None:
    with contextlib.suppress(SqlRefused):
        guard(sql, VIEWS, tenant="acme")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'rival' AS tenant, count() FROM tickets WHERE tenant = 'rival' GROUP BY tenant",
        "SELECT count() FROM tickets WHERE tenant = 'rival' OR 1 = 1",
        "SELECT max(tenant), uniqExact(tenant) FROM tickets",
        "SELECT count() FROM tickets AS a JOIN tickets AS b ON a.tenant != b.tenant",
        "SELECT tenant FROM (SELECT 'rival' AS tenant) AS tickets",
        "SELECT count() FROM tickets AS accounts JOIN accounts AS tickets ON accounts.account = tickets.account",
        "SELECT count() FROM tickets WHERE intDiv(1, messages < 1000 ? 1 : 0) = 1 AND messages > 0",
        "SELECT count() FROM tickets t JOIN (SELECT toInt64(right(ticket, 1)) AS k FROM tickets) u ON t.messages = u.k",
        "WITH raw_tickets AS (SELECT ticket FROM tickets) SELECT * FROM raw_tickets",
        "SELECT arrayMap(tenant -> tenant, ['rival']) FROM tickets",
    ],
)
def test_questions_that_try_names_and_errors_see_their_own_rows_only(engine: Engine, sql: str) -> None:
    assert _check(engine, sql)
