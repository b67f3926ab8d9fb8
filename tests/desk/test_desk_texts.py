"""The desk's texts are complete in both languages, and its templates ask for none that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.desk.device import device
from adapters.desk.onward import onward
from adapters.desk.rendering import FOLDER, words
from adapters.web.words import LANGUAGES

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def texts(section: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, text in section.items():
        if isinstance(text, dict):
            yield from texts(text, f"{before}{key}.")
        else:
            yield f"{before}{key}", text


def test_both_languages_have_every_text_with_the_same_placeholders() -> None:
    zh, en = (dict(texts(words(language))) for language in LANGUAGES)
    assert zh.keys() == en.keys()
    for key in zh:
        assert zh[key].strip() and en[key].strip(), key
        assert sorted(PLACEHOLDER.findall(zh[key])) == sorted(PLACEHOLDER.findall(en[key])), key


def test_no_text_is_cut_off_where_yaml_sees_a_comment() -> None:
    for language in LANGUAGES:
        for line in (FOLDER / f"texts.{language}.yaml").read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"#.*|[^#]*|\s*\w+: \".*\"", line), line


def test_no_key_is_hidden_behind_a_method_of_the_dictionary() -> None:
    for key, _ in texts(words("zh")):
        assert not set(key.split(".")) & set(dir(dict)), key


def test_templates_ask_only_for_texts_that_are_there() -> None:
    there = dict(texts(words("zh")))
    sections = {key.rpartition(".")[0] for key in there}
    for file in (FOLDER / "templates").glob("*.html"):
        for key in re.findall(r"\bt\.([a-z_]+\.[a-z_0-9]+)\b(?!\()", file.read_text(encoding="utf-8")):
            assert key in there or key in sections, f"{file.name}: {key}"


@pytest.mark.parametrize(
    "path", ["/desk", "/desk/tickets/T-2041", "/desk/search?q=%E9%AA%91%E6%89%8B&before=12.5", "/desk/c/web:Ab_9-x"]
)
def test_a_page_of_the_desk_is_led_on_to(path: str) -> None:
    assert onward(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/desk",
        "//elsewhere.example/desk",
        "/\\elsewhere.example",
        "/desk//elsewhere.example",
        "/desk\\@elsewhere.example",
        "/desk\t/elsewhere",
        "/desk/\n//elsewhere.example",
        "/desks",
        "/chat",
        "javascript:alert(1)",
        "/desk?next=\r\nSet-Cookie:x",
        "/desk/" + "a" * 600,
        "",
        None,
    ],
)
def test_anything_else_leads_to_the_desk(path: str | None) -> None:
    assert onward(path) == "/desk"


@given(st.one_of(st.text(), st.text("/\\:.@?#%\t\n desk", max_size=40).map("/desk".__add__)))
def test_whatever_is_asked_for_a_browser_stays_at_the_desk(asked: str) -> None:
    ahead = urlsplit(urljoin("https://chat.tepai.example/desk/sign-in", onward(asked)))
    assert (ahead.scheme, ahead.netloc) == ("https", "chat.tepai.example")
    assert not set(onward(asked)) & set("\\\t\r\n #")


@given(st.text())
def test_whatever_a_browser_calls_itself_is_named_by_our_own_words(user_agent: str) -> None:
    assert re.fullmatch(r"[A-Za-z ·]{0,40}", device(user_agent))


@pytest.mark.parametrize(
    ("user_agent", "short"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Safari/605.1.15",
            "Safari · macOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
            "Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49",
            "WeChat · Android",
        ),
        ("curl/8.5", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_browser_is_named_in_short(user_agent: str, short: str) -> None:
    assert device(user_agent) == short
