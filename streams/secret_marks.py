"""Which parts of a text open something: keys, tokens, passwords, and the values of an address that carry them?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# Prefixes that vendors give to their credentials, so that scanners find them.
_PREFIXED: Final = (
    r"(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,200}",
    r"sk-(?:[a-z]{2,12}-)?[A-Za-z0-9_-]{20,200}",
    r"(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64})",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{35}",
    r"ya29\.[A-Za-z0-9_-]{20,400}",
    r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}",
    r"(?:mr_live_|whsec_|npm_|dop_v1_|shpat_)[A-Za-z0-9+/=_]{16,128}",
    r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,1024}",
)
_CREDENTIAL: Final = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_PREFIXED)})(?![A-Za-z0-9])")
_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN (?P<what>[A-Z ]{0,40}PRIVATE KEY)-----[A-Za-z0-9+/=\s:,.-]{1,16384}?-----END (?P=what)-----"
)
_PASSWORD: Final = re.compile(
    r"(?<!\w)(?i:pass(?:word|code|wd|phrase)|pwd|passwort|kennwort|contraseña|clave|mot de passe|wachtwoord|senha"
    r"|api[ _-]?(?:key|token)|access[ _-]?token|secret(?:[ _-]key)?)"
    r"(?i:[ ]?[:=][ ]?|[ ](?:is|ist|lautet|es|est|was|war)[ ]?:?[ ])[\"'“„«]?(?P<secret>[^\s\"'”“»<>,;]{4,128})"
)
# Something a person chose to be hard to guess, not the next word of a sentence.
_STRONG: Final = re.compile(r"[0-9!@#$%^&*+=?_~]")
_BEARER: Final = re.compile(
    r"(?<!\w)(?i:bearer|basic) (?P<secret>[A-Za-z0-9._~+/=-]{15,4096}[A-Za-z0-9_+/=-])(?![A-Za-z0-9])"
)
_IN_ADDRESS: Final = re.compile(
    r"(?<=[?&;#])(?i:(?:access|auth|id|refresh|reset|session|api|invite|csrf|x-amz)?[_-]?"
    r"(?:token|key|apikey|secret|sig|signature|code|password|pwd|session|sid|jwt|hash|auth))"
    r"=(?P<secret>[^\s&#\"'<>]{6,2048})"
)
_USER_IN_ADDRESS: Final = re.compile(r"(?<=://)[^\s/@:]{1,64}:(?P<secret>[^\s/@]{1,128})(?=@)")
# What each kind has somewhere: spares most texts the patterns.
_PREFIXES: Final = (
    *(
        "sk_",
        "pk_",
        "rk_",
        "sk-",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "xox",
        "AKIA",
        "ASIA",
    ),
    *("AIza", "ya29.", "SG.", "mr_live_", "whsec_", "npm_", "dop_v1_", "shpat_", "eyJ"),
)
_PASSWORD_WORDS: Final = (
    *("pass", "pwd", "kennwort", "contraseña", "clave", "mot de", "wachtwoord", "senha", "api", "token", "secret"),
)


class Secret(NamedTuple):
    """A secret found: where it begins and ends, and itself."""

    start: int
    end: int
    canonical: str


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield what opens something, in no particular order; they may overlap."""
    if any(prefix in text for prefix in _PREFIXES):
        yield from (Secret(*found.span(), found[0]) for found in _CREDENTIAL.finditer(text))
    if "-----BEGIN" in text:
        yield from (Secret(*found.span(), found[0]) for found in _KEY_BLOCK.finditer(text))
    if "=" in text:
        yield from _within(_IN_ADDRESS, text)
    if "://" in text:
        yield from _within(_USER_IN_ADDRESS, text)
    lower = text.lower()
    if "bearer " in lower or "basic " in lower:
        yield from _within(_BEARER, text)
    if any(word in lower for word in _PASSWORD_WORDS):
        yield from _passwords(text)


def _within(pattern: re.Pattern[str], text: str) -> Iterator[Secret]:
    for found in pattern.finditer(text):
        yield Secret(*found.span("secret"), found["secret"])


def _passwords(text: str) -> Iterator[Secret]:
    for found in _PASSWORD.finditer(text):
        secret = found["secret"].rstrip(".!?)")
        if _STRONG.search(secret) is not None and not secret.startswith(("<", "*")):
            start = found.start("secret")
            yield Secret(start, start + len(secret), secret)
