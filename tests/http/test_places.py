"""Does each place of the console show the rows that the surface answers, and is what people write only text?"""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from schemas.instant import HOUR, format_instant
from tests.http.browser import Browser, chromium
from tests.http.desk import Caller, Desk

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script> & co"
NAMED = HOSTILE[:60]
PLACES = ("work", "accounts", "feedback", "models")


@pytest.fixture(scope="module")
def caller(desk: Desk) -> Iterator[Caller]:
    """A small company whose every word is hostile: who waits, who is tired, who is at risk, who left, who spoke."""
    with desk.caller() as caller:
        begun = format_instant(desk.now() - 2 * HOUR)
        known = {
            "name": HOSTILE,
            "tier": "premium",
            "recurring_minor": 120_000,
            "currency": "EUR",
            "owner": NAMED,
        }
        opened = {"title": HOSTILE, "text": f"We cancel our contract. {HOSTILE}", "priority": "urgent", "group": None}
        caller.tell(
            caller.event("settings.score_changed", {"name": NAMED}, time=begun),
            caller.event("expert.availability_changed", {"expert": NAMED, "group": "g", "capacity": 1}, time=begun),
            caller.event("account.created", known, account="acct-1"),
            caller.event("account.created", {**known, "owner": "kim"}, account="acct-2"),
            caller.event("account.churned", {"reason": NAMED}, account="acct-2"),
            *[caller.event("ticket.opened", {**opened, "ticket": f"T-{number}"}) for number in range(1, 5)],
            caller.event("expert.corrected", {"ticket": "T-1", "expert": NAMED, "field": "category"}),
            caller.event(
                "feedback.given", {"feedback": "F-1", "scale": "nps", "score": 0, "text": HOSTILE, "topic": NAMED}
            ),
        ).raise_for_status()
        caller.settled()
        yield caller


@pytest.fixture(scope="module")
def browser(desk: Desk, caller: Caller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        browser.open(f"{desk.url}/")
        browser.wait("document.querySelector('#key')")
        browser.value(f"sessionStorage.setItem('millrace.tenant', {caller.tenant!r})")
        browser.value(f"void (location.hash = 'token={desk.token}&/work')")
        browser.wait("document.querySelector('.waiting a')")
        yield browser


@pytest.fixture(autouse=True)
def no_complaints_and_no_markup(browser: Browser) -> Iterator[None]:
    """Whatever a test does, the page logs no error, and nothing that people wrote became part of it."""
    yield
    complaints, browser.complaints = browser.complaints, []
    assert complaints == []
    assert browser.value("document.querySelectorAll('main :is(img, script, iframe)').length") == 0
    assert browser.value("document.title") != "taken"


def test_work_has_who_waits_who_is_escalated_and_who_is_there(browser: Browser, caller: Caller) -> None:
    browser.go("#/work", ".waiting a")
    waiting = caller.get("/v1/queue").json()["waiting"]
    assert browser.texts(".waiting .what b") == [row["title"] for row in waiting]
    assert all(title == HOSTILE for title in browser.texts(".waiting .what b"))
    escalations = caller.get("/v1/escalations").json()["escalations"]
    assert browser.texts(".escalated .points") == [str(row["points"]) for row in escalations]
    (expert,) = caller.get("/v1/experts").json()["experts"]
    assert browser.texts(".experts .what b") == [expert["expert"]]
    assert browser.texts(".experts .gauge .number") == ["1 of 1"]
    assert browser.texts("#places [data-place=work] b") == [str(len(waiting) + len(escalations))]


def test_teams_stand_by_who_waits_and_places_by_keys(browser: Browser, caller: Caller) -> None:
    browser.go("#/work", ".experts li")
    said = caller.get("/v1/experts").json()
    assert browser.texts("[aria-label=Teams] tbody td:first-child") == [
        row["team"] or "no team" for row in said["teams"]
    ]
    for number, place in enumerate(PLACES, start=2):
        browser.press(str(number))
        browser.wait(f"document.querySelector('#places [aria-current=page]')?.dataset.place === {place!r}")
        assert browser.value("location.hash") == f"#/{place}"


def test_accounts_are_called_by_revenue_and_picked_by_owner(browser: Browser, caller: Caller) -> None:
    browser.go("#/accounts", ".calls a")
    rows = caller.get("/v1/at-risk").json()["accounts"]
    assert browser.texts(".calls .what b") == [row["name"] for row in rows]
    assert browser.texts(".lost li .what b") == [HOSTILE]
    assert NAMED in browser.texts(".lost li small")[0]
    assert browser.texts(".sums dt") == ["At risk in EUR"]
    assert len(browser.texts(".controls option")) == 3
    browser.value("(() => { const choice = document.querySelector('.controls select'); choice.value = 'kim'; "
                  "choice.dispatchEvent(new Event('change')); })()")  # fmt: skip
    browser.wait("document.querySelector('.panel .state') && document.querySelectorAll('.lost li').length === 1")
    assert browser.value("location.hash") == "#/accounts/kim"


def test_an_account_has_every_score_with_terms_that_sum(browser: Browser, caller: Caller) -> None:
    browser.go("#/account/acct-1", ".standing")
    scores = caller.get("/v1/accounts/acct-1").json()["scores"]
    assert [one["score"] for one in scores] == ["health", NAMED]
    for number, one in enumerate(scores):
        browser.value(f"document.querySelectorAll('[aria-label=\"Which score\"] button')[{number}].click()")
        made_of = "details.why[data-kind^='made of'] li .line > .number"
        shown = [float(text.replace("−", "-")) for text in browser.texts(made_of)]
        assert sum(shown[:-1]) == shown[-1] == one["value"]
        assert sum(term[1] for term in one["terms"]) == one["value"]
    browser.value("document.querySelector('.past button').click()")
    browser.wait(f"document.querySelectorAll('.answered .why').length === {len(scores)}")


def test_events_behind_a_term_are_reached_by_keys(browser: Browser, caller: Caller) -> None:
    browser.go("#/account/acct-1", ".term summary")
    browser.value("document.querySelector('.term summary').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('.term').open")
    known = {
        id_ for one in caller.get("/v1/accounts/acct-1").json()["scores"] for term in one["terms"] for id_ in term[2]
    }
    assert set(browser.texts(".term[open] code")) <= known


def test_a_forecast_stands_with_its_range(browser: Browser) -> None:
    """The demo's company is too young here for a forecast, so the chart is drawn from a told one."""
    browser.go("#/account/acct-1", ".standing")
    browser.value("""import('/console/chart.js').then(({ healthChart }) => {
      const at = (day) => new Date(day * 86400000).toISOString();
      const now = Math.floor(Date.now() / 86400000);
      document.querySelector('main').append(healthChart(
        [{ changed_at: at(now - 9), before: 50, after: 60, terms: [['usage', 10, []]] }],
        { bands: [[50, 'fair', 'healthy'], [0, 'poor', 'risk']],
          versions: [{ holds_from_at: at(now - 5), event_id: 's-1' }],
          forecast: { made_day: now - 2, due_day: now + 28, value: 60, low: 40, expected: 55, high: 70 } }));
    })""")
    assert browser.value("document.querySelectorAll('main > .chart .fan, main > .chart .version').length") == 2
    assert "in 30 days 55, from 40 to 70" in browser.value("document.querySelector('main > .chart svg').ariaLabel")
    box = browser.value("(({ height }) => height)(document.querySelector('main > .chart .fan').getBBox())")
    assert box == pytest.approx(0.3 * (250 - 12 - 26), abs=1.0)


def test_models_tell_who_answers_and_what_to_ask(browser: Browser, caller: Caller) -> None:
    browser.go("#/models", ".models > li")
    said = caller.get("/v1/models").json()
    assert sorted(browser.texts(".model h2 small")) == sorted(row["model"] for row in said["models"])
    assert browser.texts("[aria-label='Who taught'] tbody td:first-child") == [
        row["person"] for row in said["teachers"]
    ]
    tickets = caller.get("/v1/teach/suggested").json()["tickets"]
    assert browser.texts(".suggested .what b") == [row["title"] for row in tickets]


def test_what_models_said_stands_beside_what_happened(browser: Browser) -> None:
    browser.go("#/models", ".models > li")
    curves = "[...document.querySelectorAll('.curve svg')].map((curve) => curve.querySelectorAll('circle').length)"
    assert all(count > 0 for count in browser.value(curves))


def test_feedback_has_themes_scales_and_what_was_worst(browser: Browser, caller: Caller) -> None:
    browser.go("#/feedback", ".themes details")
    said = caller.get("/v1/themes").json()
    topics = [row["topic"].replace(".", " ") for row in said["themes"]]
    assert browser.texts(".themes .what b") == topics == [NAMED.replace(".", " ")]
    assert [row["given"] for row in said["scales"]] == [1]
    assert browser.texts(".scales b") == ["−100"]
    assert browser.texts(".said .what b") == [row["text"] for row in said["severe"]] == [HOSTILE]
    browser.value("document.querySelector('.themes summary').focus()")
    browser.press("Enter")
    browser.wait("document.querySelector('.themes details').open")
    assert browser.texts(".examples blockquote") == [HOSTILE]


def test_feedback_that_waits_for_an_answer_stands_with_its_steps(browser: Browser, caller: Caller) -> None:
    browser.go("#/feedback", ".loops a")
    said = caller.get("/v1/feedback", params={"open": "true"}).json()
    assert browser.texts(".loops .what b") == [row["text"] for row in said["loops"]] == [HOSTILE]
    labels = "[...document.querySelectorAll('.loops .steps')].map((one) => one.getAttribute('aria-label'))"
    assert browser.value(labels) == ["routed next, acknowledged not yet, acted on not yet, told back not yet"]
    shown = "[aria-label='How steps turned out'] tbody td:last-child"
    assert browser.texts(shown) == [str(row["not_yet"]) for row in said["steps"]]


def test_rows_change_in_place(browser: Browser, caller: Caller) -> None:
    browser.go("#/work", ".waiting a")
    browser.wait("document.querySelector('#live').className === 'live'")
    browser.value("void (window.before = [...document.querySelectorAll('.waiting > li')])")
    browser.value("document.querySelector('.waiting a').focus()")
    opened = {"ticket": "T-9", "title": "Another", "text": "Another", "group": None, "priority": "low"}
    caller.tell(caller.event("ticket.opened", opened)).raise_for_status()
    browser.wait("[...document.querySelectorAll('.waiting .what b')].some((one) => one.textContent === 'Another')")
    assert browser.value("window.before.every((row) => row.isConnected)")
    assert browser.value("document.activeElement === window.before[0].querySelector('a')")


@pytest.mark.parametrize("width", [400, 1280])
def test_no_place_is_wider_than_the_window(browser: Browser, width: int) -> None:
    browser.show(width, 900, dark=width == 1280)
    rows = {"work": ".waiting a", "accounts": ".calls a", "feedback": ".themes details", "models": ".models > li"}
    for place, shown in (rows | {"account/acct-1": ".standing"}).items():
        browser.go(f"#/{place}", shown)
        assert browser.value("document.documentElement.scrollWidth <= innerWidth"), place
    browser.show(1280, 900)


def test_where_nothing_is_yet_it_says_what_to_type(browser: Browser, desk: Desk) -> None:
    with desk.caller() as nobody:
        browser.value(f"sessionStorage.setItem('millrace.tenant', {nobody.tenant!r})")
        nobody.tell(nobody.event("settings.score_changed", {"name": "adoption"})).raise_for_status()
        nobody.settled()
        browser.open(f"{desk.url}/?nobody#/work")
        for place in PLACES:
            browser.go(f"#/{place}", f"[data-view={place}] .typed")
            for text in browser.texts(".typed"):
                command, line, end = text.split("\n")
                assert (command, end) == (f"millrace append --tenant {nobody.tenant} <<'END'", "END")
                nobody.tell(orjson.loads(line)).raise_for_status()
        nobody.settled()
        for place in PLACES:
            browser.go(f"#/{place}", f"[data-view={place}] :is(.rows, .models) > li")
