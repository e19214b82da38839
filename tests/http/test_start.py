"""Is a home folder refused that would give its keys away, with the command that mends it?"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from infra.access import Access
from infra.connections import Connections
from infra.home import Home, HomeError
from infra.server import served
from infra.settings import HttpSettings
from infra.start_checks import require_safe
from tests.http.desk import Desk

ENDPOINT = """
[[webhooks]]
id = "on-call"
tenant = "acme"
url = "https://hooks.example.com/millrace"
secrets = ["{secret}"]
"""
SOUND = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder with every kind of key file, each as it is made."""
    home = Home(tmp_path / "home")
    home.create()
    Access(home.access, lambda: 0).close()
    Connections(home.access, lambda: 0).close()
    home.announce_at("http://127.0.0.1:1", "token", "")
    return home


def refusal(home: Home, http: HttpSettings | None = None) -> str:
    """Why the home folder is not served; nothing was opened or made for it."""
    with pytest.raises(HomeError) as refused, served(home, http or HttpSettings(port=0), fold=False, announced=True):
        pass
    assert not home.journal.exists()
    return str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.7", "example.com", "127.0.0.1.example.com"])  # noqa: S104
def test_nobody_else_is_listened_to_without_a_proxy(home: Home, host: str) -> None:
    assert "set `behind_proxy = true` under [http]" in refusal(home, HttpSettings(host=host, port=0))
    require_safe(home, HttpSettings(host=host, behind_proxy=True))


@pytest.mark.parametrize("name", ["access.db", "serve.json", "keys.db", "keys.root"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o777])
def test_key_files_that_others_reach_are_refused(home: Home, name: str, mode: int) -> None:
    path = home.root / name
    path.touch(mode=0o600)
    require_safe(home, HttpSettings())
    path.chmod(mode)
    said = refusal(home)
    assert f"has mode {mode:04o}" in said
    assert f"run `chmod 600 {path}`" in said
    path.chmod(0o600)
    require_safe(home, HttpSettings())


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ("[http]\nport = 8321\n", False),
        (ENDPOINT.format(secret=SOUND), True),
        ('[clickhouse]\ndsn = "clickhouse://writer:word@127.0.0.1:8123/millrace"\n', True),
        ('[clickhouse]\ndsn = "clickhouse://127.0.0.1:8123/millrace"\n', False),
    ],
    ids=["no secrets", "a webhook", "a password", "no password"],
)
def test_settings_with_secrets_are_for_their_owner_only(home: Home, settings: str, refused: bool) -> None:
    home.settings.write_text(settings)
    home.settings.chmod(0o644)
    if refused:
        assert f"chmod 600 {home.settings}" in refusal(home)
        home.settings.chmod(0o600)
    require_safe(home, HttpSettings())


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "characters"),
        ("whsec_...", "characters"),
        ("testtesttesttesttest", "placeholder"),
        ("whsec_AAAAAAAAAAAAAAAAAAAAAAAA", "placeholder"),
        ("password", "characters"),
        ("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "documentation"),
    ],
)
def test_secrets_that_everybody_knows_are_refused(home: Home, secret: str, words: str) -> None:
    home.settings.write_text(ENDPOINT.format(secret=secret))
    home.settings.chmod(0o600)
    said = refusal(home)
    assert words in said
    assert "webhooks.0.secrets" in said
    assert secret not in said or not secret


def test_what_is_made_here_is_for_its_owner_only(own_desk: Desk) -> None:
    root = own_desk.application.home.root
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    for path in root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path == own_desk.application.home.settings, path.name


@pytest.mark.parametrize("setting", ["kinds", "at_any_hour"])
def test_a_kind_of_alert_that_nothing_raises_is_refused(home: Home, setting: str) -> None:
    home.settings.write_text(ENDPOINT.format(secret=SOUND) + f'{setting} = ["sla.breached", "sla.breach"]\n')
    said = refusal(home)
    assert f"webhooks.0.{setting}" in said
    assert "'sla.breach' is no kind of alert; there are sla.warned, sla.breached" in said
