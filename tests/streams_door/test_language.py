"""The language of invented helpdesk lines, and of texts that have none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.language import DEFAULT_LANGUAGES, LANGUAGE_VERSION, UNDETERMINED, LanguageDetector, detect, detect_many
from tests.streams_door.helpdesk_lines import LINES

ALL_LINES = [(language, line) for language, lines in LINES.items() for line in lines]


def test_helpdesk_lines_are_recognised() -> None:
    answers = detect_many([line for _, line in ALL_LINES])
    wrong = [(*expected, answer) for expected, answer in zip(ALL_LINES, answers, strict=True) if answer != expected[0]]
    assert len(wrong) <= 0.02 * len(ALL_LINES), wrong


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I CANNOT LOG IN TO MY ACCOUNT", "en"),
        ("Привет, не могу войти", "ru"),
        ("Не працює вхід", "uk"),
        ("返品したい", "ja"),
        ("退款", "zh"),
        ("로그인이 안 돼요", "ko"),
        ("لا أستطيع تسجيل الدخول", "ar"),
        ("Δεν μπορώ να συνδεθώ", "el"),
        ("אני לא מצליח להתחבר", "he"),
        ("मैं लॉग इन नहीं कर पा रहा", "hi"),
        ("เข้าสู่ระบบไม่ได้", "th"),
        ("Det virker ikke længere", "da"),
        ("Kirjautuminen ei toimi", "fi"),
        ("Nem tudok bejelentkezni", "hu"),
        ("Nemohu se přihlásit", "cs"),
        ("Nu pot să mă conectez", "ro"),
        ("Innlogging fungerer ikke", "no"),
        ("<PHONE_abcdefghijkl> ruf mich bitte an <EMAIL_abcdefghijkl>", "de"),
        ("https://shop.example/en/help/my-orders?page=the+order Où est ma commande ?", "fr"),
        ("", UNDETERMINED),
        ("ok", UNDETERMINED),
        ("hi!!", UNDETERMINED),
        ("退", UNDETERMINED),
        ("12345 67890 (30 %)", UNDETERMINED),
        ("?!… 🙂🙂🙂🙂🙂🙂", UNDETERMINED),
        ("<EMAIL_abcdefghijkl> <PHONE_abcdefghijkl>", UNDETERMINED),
        ("https://shop.example/where-is-my-order", UNDETERMINED),
        ("Login API SSO", UNDETERMINED),
        ("\ud800\udfff lone surrogates do no harm to the rest", "en"),
    ],
)
def test_scripts_tokens_and_texts_too_short(text: str, language: str) -> None:
    assert detect(text) == language


@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([line for _, line in ALL_LINES])), max_size=8))
@settings(max_examples=80, deadline=None)
def test_a_batch_says_what_each_text_says_alone(texts: list[str]) -> None:
    answers = detect_many(texts)
    assert answers == [detect(text) for text in texts]
    assert set(answers) <= {*DEFAULT_LANGUAGES, UNDETERMINED}


def test_only_the_languages_asked_for_are_answered() -> None:
    detector = LanguageDetector(("en", "sr"))  # Serbian has a column for either script
    assert detector.detect("My invoice is wrong, please help") == "en"
    assert detector.detect("Не могу да се пријавим на свој налог") == "sr"
    assert detector.detect("Ne mogu da se prijavim na svoj nalog") == "sr"


@pytest.mark.parametrize("languages", [(), ("en",), ("en", "en"), ("en", "klingon")])
def test_languages_that_cannot_be_told_apart_are_refused(languages: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="two or more of"):
        LanguageDetector(languages)


def test_the_model_is_loaded_only_when_used() -> None:
    program = (
        "import sys, streams.language as l; assert 'py3langid.langid' not in sys.modules; print(l.LANGUAGE_VERSION)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == LANGUAGE_VERSION
    assert LANGUAGE_VERSION.startswith("py3langid-0.")
