"""How well is the language of a short text told?

Data: `clinc150` (requests in English, eight words on average), and what the demo's people write in three languages. A
text that is too short or too mixed to tell is held back; guessing is the share that naming one of them always reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson

from infra.demo.phrases import LANGUAGES
from infra.demo.topics import TOPICS
from infra.demo.words import follow_up_words
from infra.quality.row import Row
from streams.language import UNDETERMINED, detect_many

_ENGLISH = "en"
_FEW_WORDS = 5
_INVENTED_EACH = 1_000


def measure(datasets: Path) -> list[Row]:
    """Shares of texts whose language is told rightly, and of the shortest that are held back."""
    requests = [text for text, _ in orjson.loads((datasets / "clinc150" / "data_small.json").read_bytes())["test"]]
    short = [text for text in requests if len(text.split()) <= _FEW_WORDS]
    told, told_short = detect_many(requests), detect_many(short)
    texts, languages = _invented()
    guessed = 1 / len(LANGUAGES)
    return [
        Row("clinc150 language of a request: right", _share(told, _ENGLISH), "share"),
        Row("clinc150 language of at most five words: right", _share(told_short, _ENGLISH), "share"),
        Row("clinc150 language of at most five words: held back", _share(told_short, UNDETERMINED), "share"),
        Row("demo company's messages: language right", _right(texts, languages), "share", None, guessed, "one always"),
    ]


def _invented() -> tuple[list[str], list[str]]:
    draw = Random(7)  # noqa: S311 - a seeded sample, no secret
    languages = [language for language in LANGUAGES for _ in range(_INVENTED_EACH)]
    return [follow_up_words("detail", draw.choice(TOPICS), one, None, draw) for one in languages], languages


def _right(texts: Sequence[str], languages: Sequence[str]) -> float:
    told = detect_many(texts)
    return sum(one == language for one, language in zip(told, languages, strict=True)) / len(texts)


def _share(told: Sequence[str], language: str) -> float:
    return sum(one == language for one in told) / len(told)
