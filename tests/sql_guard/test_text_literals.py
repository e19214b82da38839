"""Does a text in a question reach the engine as the same text, and never as SQL?"""

from __future__ import annotations

import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infra.sql_guard import guard
from tests.sql_guard.catalog import VIEWS
from tests.sql_guard.conftest import Engine

printable = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" \n\t'\\`\"{}%"), max_size=30)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=printable)
@example(text="\\")
@example(text="\\'")
@example(text="' OR 1=1 --")
@example(text="\\d+\\")
@example(text="{tenant:String}")
def test_a_text_arrives_as_it_was_meant(engine: Engine, text: str) -> None:
    literal = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    guarded = guard(f"SELECT {literal} AS said", VIEWS, tenant="acme")
    assert json.loads(engine("shared", guarded.sql, guarded.parameters)) == [text]
