"""Does an honest question get the answer it would get if nobody else's rows were there?"""

from __future__ import annotations

import pytest

from infra.sql_guard import guard
from tests.sql_guard.catalog import HONEST, VIEWS
from tests.sql_guard.conftest import Engine


@pytest.mark.parametrize("sql", HONEST)
def test_the_guarded_query_answers_what_was_asked(engine: Engine, sql: str) -> None:
    guarded = guard(sql, VIEWS, tenant="acme")
    answer = engine("shared", guarded.sql, guarded.parameters)
    # Without ORDER BY the engine may give the rows of its threads in any order.
    assert sorted(answer.splitlines()) == sorted(engine("alone", sql).splitlines())
    assert not answer.startswith("error")
    assert answer
    assert "RIVAL" not in answer


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT ticket FROM tickets", 2),
        ("SELECT ticket FROM tickets LIMIT 1", 1),
        ("SELECT ticket FROM tickets LIMIT 100", 2),
        ("SELECT ticket FROM tickets LIMIT 100 OFFSET 4", 1),
        ("SELECT ticket FROM tickets ORDER BY ticket LIMIT 1 BY account", 2),
        ("SELECT ticket FROM tickets UNION ALL SELECT account FROM accounts", 2),
        ("WITH a AS (SELECT ticket FROM tickets) SELECT * FROM a UNION ALL SELECT * FROM a", 2),
        ("(SELECT ticket FROM tickets)", 2),
    ],
)
def test_an_answer_has_no_more_rows_than_the_limit(engine: Engine, sql: str, rows: int) -> None:
    guarded = guard(sql, VIEWS, tenant="acme", row_limit=2)
    assert len(engine("shared", guarded.sql, guarded.parameters).splitlines()) == rows


def test_the_tenant_is_a_parameter_and_never_text() -> None:
    guarded = guard("SELECT ticket FROM tickets", VIEWS, tenant="a' OR 1=1 --")
    assert guarded.parameters == {"tenant": "a' OR 1=1 --"}
    assert "OR 1" not in guarded.sql
