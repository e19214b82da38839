"""Atlassian documents are read as people see them, word for word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.connectors.rich_text import words_of
from tests.connectors.test_mappings import said, set_, with_


def text(words: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": words} | ({"marks": list(marks)} if marks else {})


def node(kind: str, *content: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def paragraph(*content: dict[str, Any]) -> dict[str, Any]:
    return node("paragraph", *content)


def document(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


LINK = {"type": "link", "attrs": {"href": "https://mill.example/dock"}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([paragraph(text("One "), text("loud", {"type": "strong"}), text(" word"))], "One loud word"),
        ([paragraph(text("One")), paragraph(text("Two"))], "One\nTwo"),
        ([node("heading", text("Why"), level=2), paragraph(text("So"))], "Why\nSo"),
        ([paragraph(text("a"), node("hardBreak"), text("b"))], "a\nb"),
        ([paragraph(text("Hello "), node("mention", id="712020:1", text="@Ines"), text("!"))], "Hello @Ines!"),
        ([paragraph(text("done "), node("emoji", shortName=":tada:", text="🎉"))], "done 🎉"),
        ([paragraph(node("emoji", shortName=":mill:"))], ":mill:"),
        ([paragraph(text("see "), node("inlineCard", url="https://mill.example/7"))], "see https://mill.example/7"),
        ([node("blockCard", url="https://mill.example/8")], "https://mill.example/8"),
        ([paragraph(text("the dock", LINK))], "the dock"),
        ([paragraph(text("by "), node("date", timestamp="1772409600000"))], "by 2026-03-02"),
        ([paragraph(node("status", text="IN PROGRESS", color="blue"))], "IN PROGRESS"),
        ([node("codeBlock", text("scan --all\nexit 1"), language="sh")], "scan --all\nexit 1"),
        ([node("panel", paragraph(text("Careful")), panelType="info")], "Careful"),
        ([node("expand", paragraph(text("inside")), title="More")], "More\ninside"),
        ([node("mediaSingle", node("media", type="file", alt="label.png")), node("rule")], "label.png"),
        ([node("heard_of_in_2030", paragraph(text("kept")))], "kept"),
    ],
)
def test_nodes_say_their_words(content: list[dict[str, Any]], words: str) -> None:
    assert words_of(document(*content)) == words


def test_items_and_cells_are_words_apart() -> None:
    items = [node("listItem", paragraph(text(word))) for word in ("red", "blue")]
    nested = node("listItem", paragraph(text("green")), node("orderedList", *items))
    assert words_of(document(node("bulletList", nested))).split("\n") == ["green", "red", "", "blue"]
    tasks = node("taskList", node("taskItem", text("scan")), node("taskItem", text("ship")))
    assert words_of(document(tasks)) == "scan\nship"
    cells = [node(kind, paragraph(text(word))) for kind, word in (("tableHeader", "Card"), ("tableCell", "4111 1111"))]
    assert words_of(document(node("table", node("tableRow", *cells)))).split() == ["Card", "4111", "1111"]


def test_issues_and_comments_that_are_documents_keep_their_words() -> None:
    written = document(paragraph(text("Counts lag"), node("hardBreak"), text("a <b 5 c")))
    opened = with_("jira/issue_created.json", set_("issue", "fields", "description", written))[0]
    assert said(opened)["text"] == "Counts lag\na <b 5 c"
    (comment,) = with_("jira/comment_created.json", set_("comment", "body", written))
    assert said(comment)["text"] == "Counts lag\na <b 5 c"


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=9) | st.sampled_from(("doc", "text", "date", "emoji", "expand")),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("type", "content", "attrs", "text")), inner),
)


@given(JSON)
def test_whatever_stands_there_is_read_or_left(written: Any) -> None:
    assert isinstance(words_of(written), str)
    assert isinstance(words_of(document({"content": written}, {"type": "date", "attrs": written})), str)
