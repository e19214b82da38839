"""Is what docs/mapping.md says true, to the letter?"""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from streams.history.mapping_file import MappingError, parse_mapping
from tests.history.helpdesk import mapped, written

PAGE = (Path(__file__).parent.parent.parent / "docs" / "mapping.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| (\S+Z) \| (\S+) \| (\S+) \| `(\S+)` \| `(.*)` \|$", re.MULTILINE)
QUOTES = re.findall(r"^> (.*)$", PAGE, re.MULTILINE)


def test_the_example_makes_the_events_it_says(tmp_path: Path) -> None:
    files = [written(tmp_path / name, BLOCKS[name].encode()) for name in ("updates.csv", "sites.csv")]
    events, unmapped = mapped(tmp_path, parse_mapping(BLOCKS["updates.toml"]), *files)
    assert [
        (event["time"], event["type"], event["account"], event["id"], orjson.dumps(event["data"]).decode())
        for event in events
    ] == ROW.findall(PAGE)
    assert len(events) == 4
    assert unmapped == [QUOTES[0]]


def test_the_example_of_foresight_is_refused_in_these_words() -> None:
    text = BLOCKS["updates.toml"].replace(
        "[table.updates.event.fields]", 'attributes = ["outcome"]\n[table.updates.event.fields]', 1
    )
    with pytest.raises(MappingError) as raised:
        parse_mapping(text)
    assert str(raised.value) == QUOTES[1]
