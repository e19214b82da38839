"""What other helpdesks were reported to get wrong, as stories with what is known of them in the end."""

from __future__ import annotations

import pytest

from tests.sla.named_cases import ANSWERS, PAUSES
from tests.sla.named_changes import CALENDARS, CHANGES, CHANGES_UNDER_WAY, ENDS, OTHER_CLOCKS
from tests.sla.plain_story import Case, clocks_of, told

CASES = (*PAUSES, *ANSWERS, *ENDS, *CHANGES_UNDER_WAY, *CALENDARS, *OTHER_CLOCKS)


@pytest.mark.parametrize("case", CASES, ids=[case.behaviour for case in CASES])
def test_named_case(case: Case) -> None:
    desk = told(case.week, case.settings, case.story, CHANGES)
    assert clocks_of(case.week, desk) == case.known.splitlines()
