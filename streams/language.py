"""Which language is this text written in?

py3langid's published model (naive Bayes over byte n-grams found by an automaton) is read through its arrays: a batch
is scored in one numpy pass over the languages asked for. A text's answer does not depend on the batch it came in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

UNDETERMINED = "und"  # ISO 639-2
DEFAULT_LANGUAGES = (
    *("en", "de", "es", "fr", "it", "nl", "pt"),
    *("cs", "da", "fi", "hu", "no", "pl", "ro", "sv", "tr"),
    *("ar", "el", "he", "hi", "ja", "ko", "ru", "th", "uk", "zh"),
)
_RULES = 1  # raised when anything below changes an answer
LANGUAGE_VERSION = f"py3langid-{version('py3langid')}-{_RULES}"

_READ_CHARACTERS = 400  # enough to be sure; the rest of a long text would only cost time
_FEWEST_LETTERS = 6
_FEWEST_LETTERS_UNSPACED = 2  # scripts that write a word in a letter or two
_SMALLEST_MARGIN = 3.0  # in nats between the best two languages; single words lie below, see the tests
_FIRST_UNSPACED = "\u0e00"  # Thai; kana, ideographs and Hangul lie above
# What says nothing about the language: redaction tokens and addresses of pages.
_NO_WORDS = re.compile(r"<[A-Z]{1,12}_[a-z0-9]{1,32}>|https?://\S+")


class LanguageDetector:
    """Tells apart the languages it was made for; loading takes about half a second and 70 MB."""

    def __init__(self, languages: Sequence[str] = DEFAULT_LANGUAGES) -> None:
        """Load the model for `languages` (ISO 639-1); raises ValueError for fewer than two or one it does not know."""
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second that other processes need not pay

        model = LanguageIdentifier.from_model_file(MODEL_FILE)
        unknown = sorted(set(languages) - set(model.nb_classes))
        if unknown or len(set(languages)) < 2:
            known = ", ".join(sorted(set(model.nb_classes)))
            raise ValueError(f"languages must be two or more of: {known}; got {list(languages)}, unknown: {unknown}")
        # a language may have one column per script
        columns = [column for column, label in enumerate(model.nb_classes) if label in languages]
        self._labels: list[str] = [model.nb_classes[column] for column in columns]
        self._label_numbers = np.array([self._labels.index(label) for label in self._labels])
        self._weights: NDArray[np.float32] = model.nb_ptc[:, columns].astype(np.float32)
        self._start: NDArray[np.float32] = model.nb_pc[columns].astype(np.float32)
        self._next_states = model.tk_nextmove
        self._first_moves = [row << 8 for row in model.tk_row]
        self._features: list[int] = model.tk_output

    def detect(self, text: str) -> str:
        """Return the ISO 639-1 code of the text's language, or "und" when it is too short or too mixed to tell."""
        return self.detect_many([text])[0]

    def detect_many(self, texts: Sequence[str]) -> list[str]:
        """Return the language of each text, in order; each as `detect` would say it."""
        answers = [UNDETERMINED] * len(texts)
        places: list[int] = []
        features: list[int] = []
        lengths: list[int] = []
        for place, text in enumerate(texts):
            readable = _readable(text)
            found = self._walk(readable) if readable else None
            if found:
                places.append(place)
                features += found
                lengths.append(len(found))
        if places:
            for place, label in zip(places, self._decide(features, lengths), strict=True):
                answers[place] = label
        return answers

    def _walk(self, text: bytes) -> list[int]:
        """Return the numbers of the n-grams met, in order, repeats included."""
        next_states, first_moves, features = self._next_states, self._first_moves, self._features
        state = 0
        found = []
        for letter in text:
            state = next_states[first_moves[state] + letter]
            feature = features[state]
            if feature >= 0:
                found.append(feature)
        return found

    def _decide(self, features: list[int], lengths: list[int]) -> list[str]:
        width = len(self._weights)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        pairs, counts = np.unique(owners * width + np.array(features), return_counts=True)
        weighted = self._weights[pairs % width] * np.log1p(counts.astype(np.float32))[:, None]
        begins = np.searchsorted(pairs // width, np.arange(len(lengths)))
        scores = np.add.reduceat(weighted, begins, axis=0) + self._start
        best = scores.argmax(axis=1)
        others = np.where(self._label_numbers[best][:, None] == self._label_numbers, -np.inf, scores)
        margins = scores[np.arange(len(best)), best] - others.max(axis=1)
        return [
            self._labels[column] if margin >= _SMALLEST_MARGIN else UNDETERMINED
            for column, margin in zip(best.tolist(), margins.tolist(), strict=True)
        ]


def detect(text: str) -> str:
    """Return the language of the text among DEFAULT_LANGUAGES, or "und"; loads the model on the first call."""
    return _default().detect(text)


def detect_many(texts: Sequence[str]) -> list[str]:
    """Return the language of each text among DEFAULT_LANGUAGES, or "und"; the fast way for a batch."""
    return _default().detect_many(texts)


def load_model() -> None:
    """Loads what `detect` needs, so that the first text need not wait for it."""
    _default()


@cache
def _default() -> LanguageDetector:
    return LanguageDetector()


def _readable(text: str) -> bytes:
    """Return the bytes to judge by, none where there are too few letters."""
    text = text[:_READ_CHARACTERS]
    if "<" in text or "://" in text:
        text = _NO_WORDS.sub(" ", text)
    letters = sum(map(str.isalpha, text))
    if letters < _FEWEST_LETTERS and (letters < _FEWEST_LETTERS_UNSPACED or max(text) < _FIRST_UNSPACED):
        return b""
    if text.isupper():
        text = text.lower()  # the model was learned from mixed case
    return unicodedata.normalize("NFC", text).encode("utf-8", errors="surrogatepass")
