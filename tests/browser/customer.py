"""What a customer does with the chat and sees of it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

SHOWN = """() => [...document.querySelectorAll('#entries .message:not([hidden]), #pending .message')].map(
  node => node.querySelector('.bubble')?.innerText ?? node.querySelector('img, b').alt)"""


class Customer:
    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.text = page.get_by_role("textbox")
        self.log = page.get_by_role("log")
        self.pending = page.locator("#pending .message")

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self.url}/chat{query}")
        self.settled()

    def settled(self) -> None:
        """The log has caught up and the line stands."""
        expect(self.log).not_to_have_attribute("aria-busy", "true")
        expect(self.page.locator("body")).not_to_have_class("chat away")

    def say(self, text: str) -> None:
        self.text.fill(text)
        self.text.press("Enter")

    def hears(self, text: str) -> None:
        expect(self.page.locator("#entries .theirs .bubble", has_text=text).last).to_be_visible()

    def choice(self, label: str) -> Locator:
        return self.page.locator("#entries .choices").last.get_by_role("button", name=label)

    def shown(self) -> list[str]:
        """Every message on the page, in order."""
        found: list[str] = self.page.evaluate(SHOWN)
        return found
