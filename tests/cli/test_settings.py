"""Does a slip in the settings file get an answer that helps?"""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.home import HomeError
from infra.settings import read_settings


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("[htpp]\nport = 3", "there is no setting htpp; known here: log, http, "),
        ("[http]\nprot = 3", "there is no setting http.prot; known here: host, port, "),
        ("[[webhooks]]\nkind = 'x'", "there is no setting webhooks.0.kind; known here: id, tenant, "),
        ("[embedding]\nname = 'x'", "there is no setting embedding.name; known here: "),
        ("[http]\nport = 'x'", "http.port: Input should be a valid integer"),
        ("[http", "is not TOML: "),
    ],
)
def test_a_slip_is_named_with_what_may_stand_there(said: str, answer: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(said, encoding="utf-8")
    with pytest.raises(HomeError) as raised:
        read_settings(file)
    assert str(raised.value).removeprefix(str(file)).removeprefix(":").strip().startswith(answer)
