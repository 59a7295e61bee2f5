"""What no page may contain, found by parsing it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_ACTIVE = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "img",
    "audio",
    "video",
    "foreignobject",
    "animate",
    "set",
    "image",
    "a",
}
_ADDRESSES = {"href", "xlink:href", "src", "srcset", "action", "formaction", "poster", "data", "background", "ping", "cite"}
_VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Collects the text of a page and everything about it that could run or load something."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.dangers: list[str] = []
        self.texts: list[str] = []
        self.opened: list[str] = []
        self.ids: list[str] = []
        self.elements: list[str] = []
        self.lang = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        if tag not in _VOID:
            self.opened.append(tag)
        if tag in _ACTIVE:
            self.dangers.append(f"<{tag}>")
        for name, value in ((n, v or "") for n, v in attrs):
            if name == "id":
                self.ids.append(value)
            if tag == "html" and name == "lang":
                self.lang = value
            inside = name in ("href", "xlink:href") and value.startswith("#")
            if (
                name.startswith("on")
                or (name in _ADDRESSES and not inside)
                or re.search(r"javascript:|url\((?!#)|expression\(", value, re.I)
            ):
                self.dangers.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.opened.pop()

    def handle_endtag(self, tag):
        assert self.opened, f"</{tag}> closes nothing"
        assert self.opened.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.dangers.append(f"comment {data}")

    @property
    def text(self) -> str:
        return " ".join(t.strip() for t in self.texts if t.strip())


def assert_inert(text: str) -> Page:
    """A page with nothing that runs, nothing that loads, no address, and every element closed."""
    page = Page(text)
    assert page.dangers == []
    assert page.opened == []
    assert len(page.ids) == len(set(page.ids))
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"@import|url\(|https?:", style)
    return page
