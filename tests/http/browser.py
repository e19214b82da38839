"""A headless Chromium that is spoken to over two pipes, in its own protocol."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--remote-debugging-pipe",
)
# The browser reads from file descriptor 3 and writes to 4.
_AS_3_AND_4 = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_PATIENCE_SECONDS = 60.0


def chromium(profile: Path) -> Browser:
    """A wide window of the installed Chromium. Skips the test, loudly, where none is installed."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("THE CONSOLE IS NOT TESTED: no Chromium is installed; install the package `chromium`")
    browser = Browser(path, profile)
    browser.show(1280, 900)
    return browser


class Browser:
    """One page of one browser with an empty profile. What the page logs as an error is kept in `complaints`."""

    def __init__(self, path: str, profile: Path) -> None:
        self._to_us, to_us = os.pipe()
        from_us, self._from_us = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AS_3_AND_4, str(from_us), str(to_us), path, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(from_us, to_us),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        self._unread = b""
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._from_us)
        os.close(self._to_us)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """What a method of the protocol answers."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._from_us, orjson.dumps(message) + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return dict(said["result"])
            self._heard(said)

    def show(self, width: int, height: int, *, dark: bool = False) -> None:
        """The size of the window and the colours that are preferred."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def go(self, place: str, shown: str) -> None:
        """To another place of the page, until what the selector means is there."""
        self.value(f"void (location.hash = {place!r})")
        self.wait(f"document.querySelector({shown!r})")

    def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise RuntimeError(said["exceptionDetails"].get("exception", {}).get("description", "it raised"))
        return said["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until the expression is true. Fails with the page's text when it never is."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self.value(f"Boolean({expression})"):
            if time.monotonic() > until:
                shown = self.value("document.body.innerText")
                raise AssertionError(f"{expression} never held; the page says: {shown[:2000]} {self.complaints}")
            time.sleep(0.05)

    def texts(self, selector: str) -> list[str]:
        """The text of each element."""
        said = (
            f"[...document.querySelectorAll({selector!r})].map((each) => (each.innerText ?? each.textContent).trim())"
        )
        return list(self.value(said))

    def press(self, key: str) -> None:
        """One key, down and up."""
        text = key if len(key) == 1 else {"Enter": "\r"}.get(key, "")
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """What the window shows, or the whole page, as a PNG file."""
        said = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(b64decode(said["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            found = os.read(self._to_us, 1 << 16)
            if not found:
                raise RuntimeError("the browser ended")
            self._unread += found
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(orjson.loads(message))

    def _heard(self, said: dict[str, Any]) -> None:
        if said.get("method") == "Runtime.exceptionThrown":
            details = said["params"]["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
            self.complaints.append(said["params"]["entry"]["text"])
