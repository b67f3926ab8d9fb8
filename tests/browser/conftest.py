"""The chat in a real browser: $CHROMIUM, else the system's, else the one Playwright fetched.

Chromium without its windows (chromium-headless-shell) goes first: it opens a page in a third of the time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.browser.customer import Customer
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer

QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SYSTEM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No browser for the browser tests. Install one: `apt-get install chromium fonts-wqy-microhei`, or "
    "`.venv/bin/playwright install --with-deps chromium`, or name one with CHROMIUM=/path/to/chromium."
)


def chromium(playwright: Playwright) -> str:
    """The browser's program. Fails, never skips, when there is none."""
    own = playwright.chromium.executable_path
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, SYSTEM), own]
    found = next((each for each in candidates if each and Path(each).exists()), None)
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], playwright: Playwright) -> dict[str, Any]:
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    args = [*QUIET, "--no-sandbox"] if as_root else QUIET
    return {**browser_type_launch_args, "args": args, "executable_path": chromium(playwright)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture
def service() -> MemoryService:
    return MemoryService()


@pytest.fixture
def server(service: MemoryService) -> Iterator[LiveServer]:
    server = LiveServer(service)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def complaints(context: BrowserContext) -> Iterator[list[str]]:
    """What the browser's console held against the pages: every test ends without."""
    found: list[str] = []
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            found.append(message.text)
            if message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
            else None
        ),
    )
    yield found
    assert found == []


@pytest.fixture
def customer(server: LiveServer, page: Page, complaints: list[str]) -> Customer:
    """A customer with the chat open, in Chinese."""
    customer = Customer(page, server.url)
    customer.open()
    return customer


@pytest.fixture
def another(server: LiveServer, complaints: list[str]) -> Callable[[BrowserContext], Customer]:
    """A further tab of the same browser."""

    def opened(context: BrowserContext) -> Customer:
        customer = Customer(context.new_page(), server.url)
        customer.open()
        return customer

    return opened
