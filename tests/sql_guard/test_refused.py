"""Is every attack refused, with words that say what is wrong and where?"""

from __future__ import annotations

import pytest

from infra.sql_guard import SqlRefused, guard
from infra.sql_guard.functions import allowed_functions
from tests.sql_guard.catalog import INVENTED, OBSERVED, VIEWS

ATTACKS = OBSERVED + INVENTED


@pytest.mark.parametrize(("sql", "words"), ATTACKS, ids=[sql[:50] or "nothing" for sql, _ in ATTACKS])
def test_an_attack_is_refused_with_its_reason(sql: str, words: str) -> None:
    with pytest.raises(SqlRefused) as refused:
        guard(sql, VIEWS, tenant="acme")
    assert words.lower() in refused.value.reason.lower()
    assert 0 <= refused.value.position <= len(sql)


@pytest.mark.parametrize(
    ("sql", "at", "hint"),
    [
        ("SELECT ticket, categry FROM tickets", "categry", "did you mean category?"),
        ("SELECT ticket FROM tickest", "tickest", "did you mean tickets?"),
        ("SELECT ticket, countIff(1) FROM tickets", "countIff", "similar: countIf"),
        ("SELECT ticket FROM tickets SETTINGS x = 1", "SETTINGS", "leave the clause out"),
        ("SELECT 1;\nDROP TABLE x", ";", "send them one by one"),
    ],
)
def test_a_refusal_points_at_the_place_and_says_what_to_do(sql: str, at: str, hint: str) -> None:
    with pytest.raises(SqlRefused) as refused:
        guard(sql, VIEWS, tenant="acme")
    assert refused.value.position == sql.index(at)
    assert hint in refused.value.hint
    assert refused.value.hint in str(refused.value)


@pytest.mark.parametrize("views", [{"_guarded_x": {"a": "String"}}, {"a`b": {"a": "String"}}, {"a": {"b`": "String"}}])
def test_views_whose_names_would_not_hold_are_refused(views: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="_guarded"):
        guard("SELECT 1", views, tenant="acme")


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="row limit"):
        guard("SELECT 1", VIEWS, tenant="acme", row_limit=0)


def test_no_listed_function_reads_files_networks_settings_or_the_host() -> None:
    words = (
        "file",
        "url",
        "dict",
        "join_get",
        "joinget",
        "remote",
        "setting",
        "host",
        "sleep",
        "user",
        "version",
        "macro",
    )
    assert [name for name in allowed_functions() if any(word in name.lower() for word in words)] == []
