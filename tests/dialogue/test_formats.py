"""How values are written for customers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.formats import phone
from bot.dialogue.lexicon import load_lexicon
from bot.dialogue.times import says_only_time


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613800138000", "138 0013 8000"),
        ("+861088886666", "010 8888 6666"),
        ("+442079460958", "+44 20 7946 0958"),
        ("+85221234567", "+852 2123 4567"),
        ("1990000022", "1990000022"),
        ("—", "—"),
        ("amy.carter@example.com", "amy.carter@example.com"),
    ],
)
def test_a_phone_number_is_shown_as_people_read_it(number: str, shown: str, language: str) -> None:
    assert phone(number, language, 0) == shown


@given(st.text())
def test_whatever_stands_for_a_phone_number_is_shown(number: str) -> None:
    assert isinstance(phone(number, "zh", 0), str)


@pytest.mark.parametrize(
    "text", ["明天上午十点", "今晚8点吧", "半小时后", "tomorrow 10am", "tomorrow at 10 am please", "18:30"]
)
def test_a_time_alone_is_known_as_such(text: str) -> None:
    assert says_only_time(text)


@pytest.mark.parametrize("text", ["今晚8点有雨吗", "明天上午十点取消", "cancel at 10 am", "tomorrow 10am my order"])
def test_a_time_beside_a_wish_is_not_alone(text: str) -> None:
    assert not says_only_time(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("取消鲜花那单", "鲜花"),
        ("取消手机那单", "手机"),
        ("cancel the books order", "books"),
        ("我要取消这个订单", None),
        ("不是这个", None),
        ("cancel order TP12345678", None),
        ("👍", None),
    ],
)
def test_what_tells_an_order_is_left_of_a_wish(text: str, left: str | None) -> None:
    lexicon = load_lexicon()
    assert lexicon.telling(lexicon.units(text)) == left
