"""Redaction: what is found, what is left alone, tokens that join, and time that stays linear."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.redaction import KINDS, Redactor
from tests.streams_door.labelled_messages import Message, labelled_messages

REDACTOR = Redactor(b"a tenant's secret, 32 bytes long")
TOKEN = re.compile(r"<([A-Z]+)_[a-p]{12}>")


def correct(message: Message) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return by kind: what was there, what was said to be there, and what of that is exactly right."""
    redacted = REDACTOR.redact(message.text).text
    there = Counter(part.kind for part in message.parts if part.kind)
    said = Counter(found[1].lower() for found in TOKEN.finditer(redacted))
    pattern = "".join("(.*?)" if part.kind else re.escape(part.text) for part in message.parts)
    whole = re.fullmatch(pattern, redacted, re.DOTALL)
    right: Counter[str] = Counter()
    kinds = [part.kind for part in message.parts if part.kind]
    for kind, text in zip(kinds, whole.groups() if whole else (), strict=whole is not None):
        token = TOKEN.fullmatch(text)
        right[kind] += bool(token and token[1].lower() == kind)
    return there, said, right


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_labelled_messages(language: str) -> None:
    there: Counter[str] = Counter()
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    messages = [message for message in labelled_messages(4_000, seed=20_240_119) if message.language == language]
    assert len(messages) == 1_000
    for message in messages:
        for total, of_message in zip((there, said, right), correct(message), strict=True):
            total.update(of_message)
    # `pytest -rP` shows them.
    for kind in KINDS:
        recall, precision = right[kind] / there[kind], right[kind] / max(1, said[kind])
        row = f"{language} {kind:<9} {there[kind]:>5} invented   recall {recall:.4f}   precision {precision:.4f}"
        sys.stdout.write(f"{row}\n")
    for kind in KINDS:
        assert there[kind] > 80
        assert right[kind] >= 0.99 * there[kind], (kind, right, there)
        assert right[kind] >= 0.95 * said[kind], (kind, right, said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to joe.doe+x@mail.example.com.", "write to EMAIL."),
        ("<anna@mail.example>,mailto:anna@mail.example", "<EMAIL>,mailto:EMAIL"),
        ("müller@bücher.example und a@b-c.co.uk", "EMAIL und EMAIL"),
        ("Tel.: +49 (0)30 1234567, bitte", "Tel.: PHONE, bitte"),
        ("call (212) 555-0123 x45", "call PHONE x45"),
        ("call me: 4155550123", "call me: PHONE"),
        ("order 4155550123", "order 4155550123"),
        ("am 2024-01-15 0171 1234567 12:30", "am 2024-01-15 PHONE 12:30"),
        ("01.02.2024 13:30 und 0171/1234567", "01.02.2024 13:30 und PHONE"),
        ("06.12.34.56.78 ou 06 12 34 56 78", "PHONE ou PHONE"),
        ("612 345 678", "PHONE"),
        ("612 345 678 €", "612 345 678 €"),
        ("€ 612 345 678", "€ 612 345 678"),
        ("+49 30 1234567 0171 7654321", "PHONE PHONE"),
        ("030 123456 2 Leute", "PHONE 2 Leute"),
        ("0171 1234567,0171 7654321", "PHONE,PHONE"),
        ("0171 1234567,50 0171 7654321,5", "0171 1234567,50 0171 7654321,5"),
        ("<td>0301234567</td>", "<td>PHONE</td>"),
        ("(+34) 912 34 56 78", "PHONE"),
        ("+49 6221 / 299999", "PHONE"),
        ("IBAN DE89 3704 0044 0532 0130 00 danke", "IBAN IBAN danke"),
        ("de89370400440532013000", "IBAN"),
        ("IBAN DE88370400440532013000", "IBAN DE88370400440532013000"),
        ("card 4111 1111 1111 1111 12/27 123", "card CARD 12/27 123"),
        ("3782-822463-10005", "CARD"),
        ("4111111111111112", "4111111111111112"),
        ("192.168.100.200 10.0.19045.3803", "192.168.100.200 10.0.19045.3803"),
        ("ORD-0123456789 #0123456789", "ORD-0123456789 #0123456789"),
        ("https://x.example/0123456789?id=0301234567", "https://x.example/0123456789?id=0301234567"),
        ("1,234,567.89 0.12345678 12:30:45", "1,234,567.89 0.12345678 12:30:45"),
        ("x@y foo@2.0.1 @name a @ b.example", "x@y foo@2.0.1 @name a @ b.example"),
        ("tracking 00340434161094042557 at 1712345678", "tracking 00340434161094042557 at 1712345678"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("", ""),
        ("Hi Anna,\nit broke.\nBest regards,\nJ. van der Berg", "Hi NAME,\nit broke.\nBest regards,\nNAME"),
        ("Sehr geehrte Frau Dr. Müller-Lüdenscheidt, danke", "Sehr geehrte Frau Dr. NAME, danke"),
        ("Me llamo José García López y no puedo entrar", "Me llamo NAME y no puedo entrar"),
        ("Je m’appelle Zoë O’Brien. Merci, Zoë", "Je m’appelle NAME. Merci, NAME"),
        ("MY NAME IS ANNA SMITH and", "MY NAME IS NAME and"),
        ("this is Anna from Hartwell", "this is NAME from Hartwell"),
        ("this is Terrible. I am Sure", "this is Terrible. I am Sure"),
        ("Hello Support, thanks, Export works", "Hello Support, thanks, Export works"),
        ("Frau Holle, Herr Ober", "Frau NAME, Herr NAME"),
        ("ssn 123-45-6789, not 000-12-3456", "ssn IDENTITY, not 000-12-3456"),
        ("NINO AB 12 34 56 C", "NINO IDENTITY"),
        ("DNI 12345678Z, no 12345678A", "DNI IDENTITY, no 12345678A"),
        ("Steuer-ID: 86095742719", "Steuer-ID: IDENTITY"),
        ("Nummer 86095742719", "Nummer 86095742719"),
        ("CPF 390.533.447-05", "CPF IDENTITY"),
        ("RSSMRA85T10A562S scrive", "IDENTITY scrive"),
        ("BSN 111222333 klopt", "BSN IDENTITY klopt"),
        ("from 93.184.215.14 and 2606:2800:21f::1", "from IP and IP"),
        ("127.0.0.1, 10.1.2.3, ::1, version 8.8.4.4, v1.2.3.4", "127.0.0.1, 10.1.2.3, ::1, version 8.8.4.4, v1.2.3.4"),
        ("password: hunter2!, password reset", "password: SECRET!, password reset"),
        ("https://x.example/r?token=abcdef123&page=2", "https://x.example/r?token=SECRET&page=2"),
        ("https://bob:s3cret@x.example/", "https://bob:EMAIL/"),
        ("Authorization: Bearer abcdefgh12345678.", "Authorization: Bearer SECRET."),
        ("AKIAABCDEFGHIJKLMNOP is out", "SECRET is out"),
    ],
)
def test_single_texts(text: str, expected: str) -> None:
    assert TOKEN.sub(r"\1", REDACTOR.redact(text).text) == expected


@pytest.mark.parametrize(
    "spellings",
    [
        ("+49 30 1234567", "+49 (0)30 1234567", "0049 30 1234567", "+49-30-1234567", "+49301234567"),
        ("(212) 555-0123", "+1 212 555 0123", "212-555-0123", "1-212-555-0123", "212.555.0123"),
        ("0171 1234567", "0171/1234567", "01711234567", "0171-123 45 67"),
        ("Joe@Mail.Example", "joe@mail.example", "JOE@MAIL.EXAMPLE"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "de89 3704 0044 0532 0130 00"),
        ("4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"),
    ],
)
def test_all_spellings_get_one_token(spellings: tuple[str, ...]) -> None:
    tokens = {REDACTOR.redact(f"Call {spelling}, please").text for spelling in spellings}
    assert len(tokens) == 1
    assert TOKEN.search(tokens.pop())


def test_tokens_depend_on_the_tenant_and_the_kind_only() -> None:
    text = "joe@mail.example, +49 30 1234567"
    assert REDACTOR.redact(text) == Redactor(b"a tenant's secret, 32 bytes long").redact(text)
    other = Redactor(b"another tenant's secret").redact(text)
    assert other.counts == REDACTOR.redact(text).counts == {"email": 1, "phone": 1}
    assert not set(TOKEN.findall(other.text)) - {"EMAIL", "PHONE"}
    mine = {found[0] for found in TOKEN.finditer(REDACTOR.redact(text).text)}
    theirs = {found[0] for found in TOKEN.finditer(other.text)}
    assert not mine & theirs


def test_no_two_of_many_addresses_share_a_token() -> None:
    assert len({REDACTOR.redact(f"joe{number}@mail.example").text for number in range(20_000)}) == 20_000


@pytest.mark.parametrize("secret", [b"", b"x" * 65])
def test_an_unfit_secret_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match=r"secret|key"):
        Redactor(secret)


PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "a@b.example",
                "@c.example",
                "+49 30 1234567",
                "0171 1234567",
                "4111 1111 1111 1111",
                " ",
                " 2 ",
                "-",
                "\n",
            ),
            *(
                "DE89370400440532013000",
                "call ",
                "order ",
                "01.02.2024",
                "(0",
                ")",
                "00",
                "+",
                ".",
                "/",
                "x",
                "12",
                "555",
            ),
        ]
    ),
    max_size=14,
).map("".join)


@given(st.one_of(PIECES, st.text(max_size=80), st.text("0123456789 +-/.()@a", max_size=60)))
@example("a@b.example" + 5 * "+49 30 1234567")
@example(",".join(9 * ["0171 1234567"]))
@example("joe@mail.example@mail.example 0171 1234567 0171 1234567")
@settings(max_examples=400, deadline=None)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = REDACTOR.redact(text)
    again = REDACTOR.redact(once.text)
    assert again.text == once.text
    assert again.counts == {}
    assert sum(once.counts.values()) == len(TOKEN.findall(once.text)) - len(TOKEN.findall(text))
    assert set(once.counts) <= set(KINDS)


def test_messages_redacted_again_stay_as_they_are() -> None:
    for message in labelled_messages(800, seed=3):
        once = REDACTOR.redact(message.text).text
        assert REDACTOR.redact(once).text == once


def calls_made(work: Callable[[], object]) -> int:
    """Count the Python and C functions called: the same on every machine, unlike time."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


ADVERSARIAL = (
    *("a", "a@", "@", "a.", "@a.", "a@a.a.", "1", "1 ", "12-", "00 ", "0049 ", "01.02.", "01.02.2024 ", "1.1."),
    *("(0", "+4", "0171 ", "4111 ", "612 ", "tel 1234567 ", "call 0171 ", "DE12 ", "MT12A", "+49 30 1234567 "),
    *("joe@mail.example ", "a@b.cc@", "4111 1111 1111 1111 ", "<EMAIL_", " ", "1  ", "ä@"),
)  # fmt: skip


@pytest.mark.parametrize("unit", ADVERSARIAL)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    small, large = (unit * (size // len(unit)) + "@x" for size in (1_500, 6_000))
    few, many = (calls_made(lambda text=text: REDACTOR.redact(text)) for text in (small, large))  # type: ignore[misc]
    assert many <= 4.5 * few + 200


@pytest.mark.parametrize("unit", ADVERSARIAL)
def test_much_of_it_comes_to_an_end(unit: str) -> None:
    # regular expressions hide their work from a count of calls: one that backtracks would not end in a lifetime
    redacted = REDACTOR.redact(unit * (20_000 // len(unit)) + " end")
    assert redacted.text.endswith(" end")
