"""What a member of staff does with the workspace and sees of it."""

from __future__ import annotations

from typing import Self
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.desk.page import COOKIE

SHOWN = """() => [...document.querySelectorAll('#lines .message:not([hidden]), #unsent .message')].map(
  node => node.querySelector('.bubble')?.innerText ?? node.querySelector('img, b').alt)"""


class Colleague:
    """`agent`: whose session the browser gets, "" for the one it has."""

    def __init__(self, page: Page, url: str, agent: str) -> None:
        self.page = page
        self.url = url
        self.text = page.locator("#text")
        self.log = page.get_by_role("log")
        self.queue = page.locator("#queue")
        self.unsent = page.locator("#unsent .pending")
        self.alert = page.locator("#composer-alert")
        if agent:
            page.context.add_cookies([{"name": COOKIE, "value": agent, "url": url}])

    def open(self, conversation: str = "") -> Self:
        self.page.goto(f"{self.url}/desk?c={quote(conversation)}" if conversation else f"{self.url}/desk")
        self.settled()
        return self

    def settled(self) -> None:
        """The conversation has caught up and the line stands."""
        expect(self.page.locator("body.away")).to_have_count(0)
        if self.page.evaluate("new URLSearchParams(location.search).get('c')"):
            expect(self.log).not_to_have_attribute("aria-busy", "true")

    def write(self, text: str) -> None:
        self.text.fill(text)

    def say(self, text: str) -> None:
        self.write(text)
        self.text.press("Enter")

    def line(self, text: str) -> Locator:
        return self.page.locator("#lines .message", has_text=text).last

    def sees(self, text: str) -> None:
        expect(self.line(text)).to_be_visible()

    def shown(self) -> list[str]:
        """Every message on the page, in order."""
        found: list[str] = self.page.evaluate(SHOWN)
        return found

    def row(self, name: str) -> Locator:
        return self.queue.locator("a.row", has_text=name)

    def group(self, name: str) -> Locator:
        return self.queue.locator(f".group.{name}")

    def act(self, name: str) -> None:
        self.page.locator("#acts").get_by_role("button", name=name).click()

    def has_seen(self) -> None:
        """What is on the screen counts as seen."""
        self.page.wait_for_timeout(700)

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")

    def leave_editor(self) -> None:
        self.page.evaluate("document.activeElement?.blur()")
