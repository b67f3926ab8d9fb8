"""How lines are cut into words, and what finds them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.support.tokens import MOST_TERMS, Query, marked, query, words

HAN = st.text(st.sampled_from("订单号取消快递骑手等待确认々〇ヶすしカ한국㐀𠀀"), min_size=2, max_size=8)
LINES = st.lists(
    HAN | st.sampled_from(["order", "TP20261124001", "138 1234 5678", "，", "。\n", " ", "!", "４００", "Ａｂ"]),
    max_size=8,
).map("".join)


def finds(sought: Query, line: str) -> bool:
    """As `bot.store.fulltext.reads_so` has it."""
    text = f" {words(line)}"
    return bool(sought) and all(any(f" {way.text}" in text for way in ways) for ways in sought.terms)


def index_finds(sought: Query, line: str) -> bool:
    """As the databases' indexes have it."""
    there = set(words(line).split())
    return all(
        any(
            there.issuperset(way.words) and (not way.beginning or any(word.startswith(way.beginning) for word in there))
            for way in ways
        )
        for ways in sought.terms
    )


@settings(deadline=None)
@given(HAN, LINES, LINES, st.data())
def test_every_part_of_a_line_in_chinese_finds_it(middle: str, before: str, behind: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(middle) - 1))
    end = data.draw(st.integers(start + 1, len(middle)))
    line = before + middle + behind
    sought = query(middle[start:end])
    assert finds(sought, line)
    assert index_finds(sought, line)
    assert middle[start:end] in "".join(marked(line, sought, 1_000)[1::2]) or end - start == 1


@settings(deadline=None)
@given(LINES, LINES)
def test_the_index_misses_nothing_that_reads_so(line: str, looked_for: str) -> None:
    sought = query(looked_for)
    assert index_finds(sought, line) or not finds(sought, line)


@settings(deadline=None)
@given(LINES, LINES)
def test_marks_change_no_word(line: str, looked_for: str) -> None:
    assert "".join(marked(line, query(looked_for), 10_000)) == line


@pytest.mark.parametrize(
    ("line", "found", "missed"),
    [
        ("订单TP20261124001已取消", ["tp20261124001", "4001", "TP2026", "001", "取消 订单"], ["1124", "取订", "02"]),
        ("电话138 1234 5678", ["13812345678", "138-1234-5678", "5678", "138 1234 5678"], ["1381234567 9", "81234567"]),
        ("+86 138-1234-5678", ["13812345678", "5678"], ["12345"]),
        ("打 13812345678 找我", ["138 1234 5678", "5678"], ["1234"]),
        ("已Cancelled了", ["cancel", "已", "了"], []),
        ("The order was CANCELLED twice", ["cancel", "order twice"], ["ancelled", "cancellation"]),
        ("ＡＢＣ１２３ ｶﾀｶﾅ", ["abc123", "123", "カタカナ"], ["bc1"]),
        ("Où est ma commande?", ["OÙ", "commande"], ["ou"]),
        ("单号", ["单", "号", "单号"], ["号单"]),
        ("单号和号码 号单", ["号单"], ["单号码"]),
    ],
)
def test_what_finds_a_line(line: str, found: list[str], missed: list[str]) -> None:
    for words_ in found:
        assert finds(query(words_), line), words_
        assert index_finds(query(words_), line), words_
    for words_ in missed:
        assert not finds(query(words_), line), words_


@pytest.mark.parametrize("nothing", ["", "  ", "!?，。", "😀", "~", "_"])
def test_nothing_is_looked_for_where_there_is_no_word(nothing: str) -> None:
    assert not query(nothing)


def test_as_many_words_as_anybody_means() -> None:
    assert len(query(" ".join(f"w{number}" for number in range(100))).terms) == MOST_TERMS


@pytest.mark.parametrize(
    ("line", "looked_for", "pieces"),
    [
        ("我的订单和你的订单", "订单", ("我的", "订单", "和你的", "订单", "")),
        ("Refund, refunds; no prefund", "refund", ("", "Refund", ", ", "refund", "s; no prefund")),
        ("电话 138 1234 5678。", "13812345678", ("电话 ", "138 1234 5678", "。")),
        ("电话138 1234 5678呢", "5678", ("电话138 1234 ", "5678", "呢")),
        ("已refund了", "refund", ("已", "refund", "了")),
        ("TP20261124001", "4001", ("TP2026112", "4001", "")),
        ("ＡＢＣ已取消", "abc", ("", "ＡＢＣ", "已取消")),
    ],
)
def test_what_is_marked(line: str, looked_for: str, pieces: tuple[str, ...]) -> None:
    assert marked(line, query(looked_for), 100) == pieces


def test_of_a_long_line_the_part_that_was_found_is_shown() -> None:
    line = "前" * 500 + "订单" + "后" * 500
    pieces = marked(line, query("订单"), 40)
    assert pieces == ("…" + "前" * 10, "订单", "后" * 28 + "…")


def test_a_word_longer_than_any_is_known_by_its_beginning_and_ending() -> None:
    link = "a1" * 100 + "end9"
    assert finds(query(link), link)
    assert finds(query("end9"), link)
