"""May this home folder be served like that? What would give keys away is refused, with the command that mends it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from infra.home import Home, HomeError
from infra.settings import HttpSettings, Settings, read_settings
from streams.connectors.signatures import weakness

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")
_KEY_FILES = ("access.db", "access.db-wal", "access.db-shm", "serve.json", "keys.db", "keys.root")


def require_safe(home: Home, http: HttpSettings) -> None:
    """Raises HomeError where others could reach the address or read a key, or where a secret is none."""
    if http.host not in LOOPBACK and not http.behind_proxy:
        raise HomeError(
            f"{http.host} can be reached from elsewhere and Millrace ends no TLS: listen on 127.0.0.1, or put a proxy "
            "in front and set `behind_proxy = true` under [http]"
        )
    settings = read_settings(home.settings)
    _require_secrets(home.settings, settings)
    for name in _KEY_FILES:
        _require_private(home.root / name)
    if _holds_secrets(settings):
        _require_private(home.settings)


def _require_secrets(path: Path, settings: Settings) -> None:
    for place, endpoint in enumerate(settings.webhooks):
        for secret in endpoint.secrets:
            wrong = weakness(secret) or weakness(secret.removeprefix("whsec_").removeprefix("whsk_"))
            if wrong is not None:
                raise HomeError(
                    f"{path}: webhooks.{place}.secrets: nobody should rely on this secret: {wrong}; make one with "
                    "`millrace webhooks key` and give it to the receiver too"
                )


def _holds_secrets(settings: Settings) -> bool:
    """Whether somebody who reads these settings could act for us."""
    addresses = (settings.log.dsn, settings.clickhouse.dsn, settings.search.dsn)
    return bool(settings.webhooks) or any(_PASSWORD.search(address) for address in addresses)


def _require_private(path: Path) -> None:
    """Who does not own the file was given it to read (by a container's platform): there its group may."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(found.st_mode)
    own = found.st_uid == os.geteuid()
    if mode & (stat.S_IRWXO | (stat.S_IRWXG if own else stat.S_IWGRP | stat.S_IXGRP)):
        raise HomeError(
            f"{path} has mode {mode:04o}: other users can reach the keys in it; run `chmod 600 {path}` and consider "
            "whether they have leaked"
        )
