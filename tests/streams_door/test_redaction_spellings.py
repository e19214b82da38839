"""Redaction of what is spelt oddly, and of what is spelt like something personal and is not."""

from __future__ import annotations

import re

import pytest

from streams.plain_spelling import plain_spelling
from streams.redaction import Redactor

REDACTOR = Redactor(b"a tenant's secret, 32 bytes long")
TOKEN = re.compile(r"<([A-Z]+)_[a-p]{12}>")
KEYCAP = "\ufe0f\u20e3"


def shown(text: str) -> str:
    return TOKEN.sub(r"\1", REDACTOR.redact(text).text)


ONE_VALUE = {
    "card 4111111111111111": (
        *("4111\t1111\t1111\t1111", "4111\n1111\n1111\n1111", "4111 1111\r\n> 1111 1111", "4111  1111  1111  1111"),
        *("4111.1111.1111.1111", "4111 - 1111 - 1111 - 1111", "4111–1111–1111–1111", "4111_1111_1111_1111"),
        *("4111,1111,1111,1111", "4111, 1111, 1111, 1111", "4111/1111/1111/1111", "4111 · 1111 · 1111 · 1111"),
        *("41111111 11111111", "4111-1111 1111-1111", "4111\u3000１１１１\u20091111\u202f1111"),
        *("４１１１１１１１１１１１１１１１", "4111\u200b1111\u200d1111\u20601111", "\u202a4111 1111 1111 1111"),
        *("４１１１－１１１１－１１１１－１１１１", "4111&nbsp;1111&nbsp;1111&nbsp;1111", "41&shy;11 1111 1111 1111"),
    ),
    "email joe@mail.example": (
        *("joe%40mail.example", "joe @ mail.example", "joe@ mail.example", "joe＠mail.example", "joe﹫mail.example"),
        *("jo\u200be@mail.exa\u200bmple", "j\xado\xade@mail\u200b.example", "joe\u200b@\u200bmail.example"),
        *("joe&#64;mail.example", "joe&#x40;mail.example", "joe&commat;mail&period;example"),
        *("ｊｏｅ＠ｍａｉｌ．ｅｘａｍｐｌｅ", "𝐣𝐨𝐞@mail.example", "JOE @ Mail.Example", "joe\t@\tmail.example"),
        *("joe (at) mail.example", "joe[at]mail.example", "joe{AT}mail.example", "joe (at) mail (dot) example"),
    ),
    "iban DE89370400440532013000": (
        *("DE89.3704.0044.0532.0130.00", "DE89  3704  0044  0532  0130  00", "DE89 3704 0044\n0532 0130 00"),
        *("DE89-3704-0044-0532-0130-00", "DE89 - 3704 - 0044 - 0532 - 0130 - 00", "DE89_3704_0044_0532_0130_00"),
        *("DE89\t3704\t0044\t0532\t0130\t00", "de89.3704.0044.0532.0130.00"),
        "ＤＥ89 ３７０４ ００４４ ０５３２ ０１３０ ００",
        *("DE89\u200b3704\u200b0044\u200b0532\u200b0130\u200b00", "DE89·3704·0044·0532·0130·00"),
    ),
    "phone +49301234567": (
        *("+49.30.1234567", "+49_30_1234567", "+49\t30\t1234567", "+49 – 30 – 1234567", "+49 — 30 — 1234567"),
        *("+49/30/1234567", "+ 49 30 1234567", "(0049) 30 1234567", "+49-(0)30-1234567", "+49.(0)30.1234567"),
        *("+49(0)30-1234567", "+(49) 30 1234567", "(+49)301234567", "+４９ ３０ １２３４５６７", "＋49 30 1234567"),
        *("+49\u201030\u20111234567", "+49\u200a30\u20091234567", "+49\u200b30\u200b1234567", "%2B49301234567"),
    ),
    "phone +12125550123": (
        *("(212)555-0123", "(212).555.0123", "+1-(212)-555-0123", "+1(212)5550123", "212/555-0123", "212·555·0123"),
        *("212\u2011555\u20110123", "２１２-５５５-０１２３"),
    ),
    "phone 01711234567": (
        *("0171.123.45.67", "0171 - 12 34 567", "0171  123  4567", "0171_1234567", "0171\t1234567", "٠١٧١ ١٢٣٤٥٦٧"),
        *("".join(f"{digit}{KEYCAP}" for digit in "01711234567"), "०१७१ १२३४५६७", "0171—1234567", "0171\xad1234567"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "spelling"), [(value, each) for value in ONE_VALUE for each in ONE_VALUE[value]])
def test_odd_spellings_are_found_and_get_the_token_of_the_plain_one(value: str, spelling: str) -> None:
    kind, plain = value.split(" ")
    redacted = REDACTOR.redact(f"Call: {spelling}, please")
    assert redacted.counts == {kind: 1}
    assert TOKEN.search(redacted.text) is not None
    plainly = REDACTOR.redact(f"Call: {plain}, please").text
    assert token_of(redacted.text) == token_of(plainly)


def token_of(text: str) -> str:
    return "".join(found[0] for found in TOKEN.finditer(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("card#4111111111111111", "card#CARD"),
        ("cc=4111111111111111&cvv=123", "cc=CARD&cvv=123"),
        ("card4111111111111111", "cardCARD"),
        ("VISA4111111111111111", "VISACARD"),
        ("visa-4111111111111111", "visa-CARD"),
        ("x4111111111111111y", "xCARDy"),
        ("4111111111111111exp1227", "CARDexp1227"),
        ("4111111111111111|12|27|123", "CARD|12|27|123"),
        ("4111111111111111,12/27,123", "CARD,12/27,123"),
        ("4111111111111111,5500005555555559", "CARD,CARD"),
        ("3782.822463.10005", "CARD"),
        ('{"number":4111111111111111,"exp":"12/27"}', '{"number":CARD,"exp":"12/27"}'),
        ("4111 1111 1111 1111 0171 1234567", "CARD PHONE"),
        ("DE89370400440532013000COBADEFFXXX", "IBANCOBADEFFXXX"),
        ("COBADEFFXXXDE89370400440532013000", "COBADEFFXXXIBAN"),
        ("NL91 ABNA 0417 1643 00 ABNANL2A", "IBAN ABNANL2A"),
        ("IBANDE89370400440532013000", "IBANIBAN"),
        ("https://x.example/u?email=joe%40mail.example&x=1", "https://x.example/u?email=EMAIL&x=1"),
        ("https://x.example/u/joe@mail.example", "https://x.example/u/EMAIL"),
        ("&lt;joe&#64;mail.example&gt;", "&lt;EMAIL&gt;"),
        ("bounce+joe=mail.example@list.example", "EMAIL"),
        ("a\u200bb joe@mail.example c\u200bd", "a\u200bb EMAIL c\u200bd"),
        ("tel=2125550123 phone#2125550124 tel2125550125", "tel=PHONE phone#PHONE telPHONE"),
        ("call 4155550123 or 4155550124", "call PHONE or PHONE"),
        ("order 612345678, 0171 1234567", "order 612345678, PHONE"),
        ("case 612345678\n612345679", "case 612345678\nPHONE"),
        ("case 01 29 99 99 99, 06.12.34.56.78", "case 01 29 99 99 99, PHONE"),
    ],
)
def test_what_adjoins_stays(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("orders 612345678, 612345679 and 612345680", "orders:\n612345678\n612345679\n612345680"),
        *("Bestellungen 612345678, 612345679 und 612345680", "pedidos 612345678; 612345679 y 612345680"),
        *(
            "commandes 612345678, 612345679 et 612345680",
            "tickets 612345678 / 612345679",
            "orders:\n- 612345678\n- 612345679",
        ),
        *("invoices 212-555-0123, 212-555-0124", "PO 212-555-0123", "PO#212-555-0123"),
        *("git@github.com:owner/repo", "ssh://git@github.com/owner/repo.git", "git@git.example.com:a/b/c.git"),
        *("foo@2x.png", "logo@3x.webp icon@2x.jpeg", "lodash@4.17.21 @types/node@18.2.1", "pack@latest.tgz"),
        *("see us @ cafe.example", "5 @ 3.50", "3pm @ office", "thanks @anna.smith", "see (at) end, 5 (at) 10"),
        *("order#4111111111111111", "/orders/4111111111111111", "ORD4111111111111111", "?id=4111111111111111"),
        *("0.4111111111111111", "IMG_4111111111111111_n.jpg", "1Z4111111111111111", "$ 4,111,111,111,111,111"),
        *("orders 4111, 1111, 1111, 1111", "4111\n1111\n1111\n1111\n2222", "ports 4000, 4001, 4002, 4005"),
        *("years 2021, 2022, 2023, 2024", "uuid 4111a111-1111-1111-1111-111111111111", "20240119103945"),
        *("at 10.39 is 20.05.2024 be 12.34.5678", "DE12 and AT34 ES56", "XDE89370400440532013000"),
        *("2 + 49 30 1234567", "n#0123456789", "sentinel0123456789", "192.168.0.171", "2024_01_19"),
        *("50% of 40%, a&b &amp; c &lt;d&gt; &#123;", "1\u200b2\xad3 ½ ² № ﬁ …", "x ₂₀₂₄"),
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert shown(text) == text


def test_a_plain_spelling_knows_where_its_characters_stand() -> None:
    text = "é&#64;\u200b１%2Bx"
    spelling = plain_spelling(text)
    assert spelling.text == "é@1+x"
    places = [spelling.original(at, at + 1) for at in range(len(spelling.text))]
    assert [text[start:end] for start, end in places] == ["é", "&#64;", "１", "%2B", "x"]
    assert plain_spelling("ordinary (text) & 50 %, 'é' – …").starts is None


@pytest.mark.parametrize(
    "unit",
    [
        *("\u200b", "1\u200b", "&#64;", "%40", "a (at) ", "a %40 b.", "a @ ", "4111\n", "4111, ", "4111 - ", "DE89\t"),
        *("DE89.", "ABCDEF12", "COBADEFFXXXDE89", "612345678, ", "call 612345678 / ", "tel1", "tel#", "１", "+ 4"),
        *("a/&b=@", "(", "a [ ", "&#1", "é(at)é(dot)", "4111 1111 1111 1111, "),
    ],
)  # fmt: skip
def test_much_of_it_comes_to_an_end(unit: str) -> None:
    # An expression that backtracks would not end in a lifetime.
    redacted = REDACTOR.redact(unit * (40_000 // len(unit)) + "\n\nend")
    assert redacted.text.endswith("\n\nend")
