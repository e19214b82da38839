"""Does the page show in a browser what the surface answers, and go on showing it while it changes?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from infra.demo.company import company
from tests.http.browser import Browser, chromium
from tests.http.desk import Caller, Desk

_USAGE = b'"type":"usage.'
_USAGE_KEPT = 12  # one of so many: the page shows what came of usage, not how much there was


@pytest.fixture(scope="module")
def desk(own_desk: Desk) -> Desk:
    return own_desk


@pytest.fixture(scope="module")
def caller(desk: Desk) -> Iterator[Caller]:
    """The demo's company, with a part of its usage."""
    with desk.caller("acme") as caller:
        arrivals = [
            arrival.raw
            for number, arrival in enumerate(company(1, desk.now(), 0.05).arrivals())
            if _USAGE not in arrival.raw or number % _USAGE_KEPT == 0
        ]
        for first in range(0, len(arrivals), 2_000):
            desk.application.runtime.take("acme", arrivals[first : first + 2_000], origin="demo")
        caller.settled()
        yield caller


@pytest.fixture(scope="module")
def browser(desk: Desk, caller: Caller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        browser.open(f"{desk.url}/#token={desk.token}")
        browser.wait("document.querySelectorAll('.queue a').length && document.querySelectorAll('.accounts a').length")
        yield browser


@pytest.fixture(autouse=True)
def no_complaints(browser: Browser) -> Iterator[None]:
    """Whatever a test does, the page logs no error."""
    yield
    complaints, browser.complaints = browser.complaints, []
    assert complaints == []


def test_the_key_leaves_the_address_and_stays_in_the_tab(browser: Browser, desk: Desk) -> None:
    assert browser.value("location.href") == f"{desk.url}/#/"
    assert browser.value("sessionStorage.getItem('millrace.key')") == desk.token
    assert browser.value("document.cookie + JSON.stringify(localStorage)") == "{}"


def test_the_queue_shows_every_promise_pressing_ones_first(browser: Browser, caller: Caller) -> None:
    browser.go("#/", ".queue a")
    promises = caller.get("/v1/breaches?limit=200").json()["breaches"]
    browser.wait(f"document.querySelectorAll('.queue a').length === {len(promises)}")
    states = browser.value(
        "[...document.querySelectorAll('.queue [data-pressing]')].map((row) => row.dataset.pressing)"
    )
    ranks = [("soon", "broken", "calm").index(state) for state in states]
    assert ranks == sorted(ranks)
    assert states.count("broken") >= sum(row["state"] == "breached" for row in promises)
    lefts = browser.texts(".queue [data-pressing] .left")
    assert all(re.fullmatch(r"−?(\d+ d( \d\d h)?|\d+ h \d\d m|\d+:\d\d|[\d.]+ years)", text) for text in lefts), lefts
    broken = [text for text, state in zip(lefts, states, strict=True) if state == "broken"]
    assert all(text.startswith("−") for text in broken)


def test_what_is_left_counts_down(browser: Browser) -> None:
    browser.go("#/", ".queue a")
    browser.value("void (window.first = document.querySelector('.left').dataset.due = "
                  "new Date(Date.now() + 90_000).toISOString())")  # fmt: skip
    browser.wait("/^1:2\\d$/.test(document.querySelector('.left').textContent)")
    earlier = browser.texts(".left")[0]
    browser.wait(f"document.querySelector('.left').textContent !== {earlier!r}")
    assert browser.texts(".left")[0] < earlier


def test_tickets_to_come_stand_by_topic_with_their_range(browser: Browser, caller: Caller) -> None:
    browser.go("#/work", "[aria-label='Expected tickets'] tbody tr")
    expected = caller.get("/v1/demand").json()["expected"]
    ranges = browser.texts("[aria-label='Expected tickets'] tbody td:nth-child(3)")
    assert sorted(ranges) == sorted(f"{row['low']} to {row['high']}" for row in expected)
    assert browser.texts("[aria-label='Expected tickets'] tbody td:first-child")[0] == "All topics"


def test_the_totals_are_those_of_the_surface(browser: Browser, caller: Caller) -> None:
    said = caller.get("/v1/totals").json()
    shown = dict(zip(browser.texts("#totals dt"), browser.texts("#totals dd b"), strict=True))
    assert shown["Waiting tickets"] == f"{said['waiting']:,}"
    assert shown["Accounts"] == f"{said['accounts']:,}"
    assert shown["Dead letters"] == f"{said['dead_letters']:,}"


def test_accounts_stand_by_risk_with_their_reasons(browser: Browser, caller: Caller) -> None:
    browser.go("#/", ".accounts a")
    rows = [row for row in caller.get("/v1/accounts?limit=40").json()["accounts"] if not row["churned_at"]]
    assert browser.texts(".accounts .what b") == [row["name"] for row in rows]
    risks = [int(text.removesuffix(" %")) for text in browser.texts(".accounts .leaves b") if text != "–"]
    assert risks == sorted(risks, reverse=True)


def test_a_ticket_shows_its_course_promises_and_reasons_that_sum(browser: Browser, caller: Caller) -> None:
    ticket = caller.get("/v1/breaches").json()["breaches"][0]["ticket"]
    said = caller.get(f"/v1/tickets/{ticket}").json()
    browser.go(f"#/ticket/{ticket}", ".course")
    assert len(browser.texts(".clocks > li")) == len(said["clocks"])
    assert len(browser.texts(".course blockquote")) == len(said["words"])
    assert browser.value("document.title") == f"{ticket} · Millrace"
    for number, explanation in enumerate(
        one for one in said["why"] if not one["kind"].startswith(("sla ", "breach of "))
    ):
        place = f".why:nth-of-type({number + 1})"
        assert len(browser.texts(f"{place} li")) == len(explanation["terms"]) + 1
        numbers = [_number(text) for text in browser.texts(f"{place} li .number")]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.006 * len(numbers))


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_an_account_shows_its_score_and_what_drove_it(browser: Browser, caller: Caller) -> None:
    account = caller.get("/v1/accounts").json()["accounts"][0]["account"]
    browser.go(f"#/account/{account}", ".chart .line")
    assert browser.texts(".band text") == ["healthy", "watch", "at risk"]
    browser.value("document.querySelector('.chart').focus()")
    browser.press("ArrowLeft")
    newest = caller.get(f"/v1/accounts/{account}").json()["health_history"][0]
    browser.wait("!document.querySelector('.told').hidden")
    told = browser.texts(".told")[0]
    assert all(label in told for label, _, _ in newest["terms"])
    assert len(browser.texts(".risks li")) == 3


def test_search_finds_and_keys_lead(browser: Browser) -> None:
    browser.go("#/", ".queue a")
    browser.press("/")
    assert browser.value("document.activeElement.id") == "words"
    for letter in "invoice":
        browser.press(letter)
    browser.press("Enter")
    browser.wait("document.querySelectorAll('.hits li').length > 3")
    browser.value("document.activeElement.blur()")
    browser.press("j")
    browser.press("j")
    target = browser.value("document.activeElement.getAttribute('href')")
    assert target == browser.value("document.querySelectorAll('.hits a')[1].getAttribute('href')")
    browser.press("Enter")
    browser.wait(f"location.hash === {target!r}")
    browser.press("Escape")
    browser.wait("location.hash === '#/'")


def test_a_ticket_shows_what_was_answered_on_tickets_like_it(browser: Browser, caller: Caller) -> None:
    solved = caller.get("/v1/tickets/T-00100").json()["similar"]
    assert solved
    browser.go("#/ticket/T-00100", "[aria-labelledby=answers] li")
    found = caller.get("/v1/replies/T-00100?limit=3").json()["replies"]
    assert browser.texts("[aria-labelledby=answers] .answer") == [one["answer"] for one in found]
    assert browser.texts("[aria-labelledby=answers] a") == [one["ticket"] for one in found]


def test_models_tell_what_no_category_fits_and_which_are_mistaken(browser: Browser, caller: Caller) -> None:
    browser.go("#/models", "[aria-label='Asked without a category'] tbody tr")
    topics = caller.get("/v1/models/topics?limit=10").json()["topics"]
    assert browser.texts("[aria-label='Asked without a category'] tbody td:first-child") == [
        ", ".join(row["words"]) for row in topics
    ]
    assert browser.texts("[aria-label='Asked without a category'] tbody td:last-child a") == [
        one["ticket"] for row in topics for one in row["examples"]
    ]
    advice = caller.get("/v1/models/advice?limit=10").json()
    shown = browser.texts("[aria-labelledby=advised-title] tbody td:first-child")
    assert shown == [row["advice"].capitalize() for row in advice["pairs"]] + ["Split" for _ in advice["splits"]]
    if not shown:
        assert (
            f"{advice['right'] / advice['judged']:.0%}".rstrip("%")
            in browser.texts("[aria-labelledby=advised-title] p")[0]
        )


def test_what_nobody_knows_is_said_to_be_unknown(browser: Browser) -> None:
    browser.go("#/ticket/T-none", ".state.error")
    assert "there is no ticket 'T-none'" in browser.texts(".state.error")[0]
    browser.wait("document.querySelector('.state.error button')")
    # The browser itself notes every answer that is an error.
    assert all("404" in complaint for complaint in browser.complaints)
    browser.complaints.clear()


def test_a_change_appears_by_itself_and_text_stays_text(browser: Browser, caller: Caller) -> None:
    browser.go("#/", ".queue a")
    browser.wait("document.querySelector('#live').className === 'live'")
    words = "<img src=x onerror=alert(1)> & co"
    event = caller.event(
        "ticket.opened", {"ticket": "T-live", "title": words, "priority": "urgent"}, account="acct-0001"
    )
    caller.tell(event).raise_for_status()
    browser.wait(
        "[...document.querySelectorAll('.queue a')].some((row) => row.getAttribute('href') === '#/ticket/T-live')"
    )
    assert words in browser.texts(".queue .what b")
    assert browser.value("document.querySelectorAll('main img').length") == 0


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(browser: Browser, caller: Caller, width: int, dark: bool) -> None:
    ticket = caller.get("/v1/breaches").json()["breaches"][0]["ticket"]
    account = caller.get("/v1/accounts").json()["accounts"][0]["account"]
    browser.show(width, 900, dark=dark)
    for place, shown in (("#/", ".queue a"), (f"#/ticket/{ticket}", ".course"), (f"#/account/{account}", ".chart")):
        browser.go(place, shown)
        assert browser.value("document.documentElement.scrollWidth <= innerWidth"), place
    light = browser.value("getComputedStyle(document.documentElement).backgroundColor")
    assert (light == "rgb(20, 24, 26)") is dark
    browser.show(1280, 900)


def test_with_several_tenants_one_is_picked(browser: Browser, desk: Desk) -> None:
    with desk.caller("zenith") as other:
        other.tell(other.event("ticket.opened", {"ticket": "Z-1"}))
        other.settled()
    browser.open(f"{desk.url}/?tenants")
    browser.wait("document.querySelector('#tenant:not([hidden]) select')?.value === 'acme'")
    browser.value(
        "(() => { const choice = document.querySelector('#tenant select'); choice.value = 'zenith'; "
        "choice.dispatchEvent(new Event('change')); })()"
    )
    browser.wait("document.querySelector('#totals dd b')?.innerText === '1'")
    browser.wait("document.querySelectorAll('.accounts a').length === 1")
    assert browser.texts(".accounts .what b") == ["acct-1"]


def test_without_a_valid_key_it_asks_for_one(browser: Browser, desk: Desk) -> None:
    browser.value("sessionStorage.setItem('millrace.key', 'mr_live_wrong')")
    browser.open(f"{desk.url}/?again")
    browser.wait("document.querySelector('#key')")
    assert browser.texts("#totals div") == []
    assert all("401" in complaint for complaint in browser.complaints)
    browser.complaints.clear()
