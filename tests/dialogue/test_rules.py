"""What holds for any text whatever: it never raises, is bounded, and consent is never read into anything."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.lexicon import Lexicon, Role
from bot.dialogue.normalise import LIMIT, clean, is_han, units, without_marks
from bot.dialogue.ordinals import Ordinals
from bot.dialogue.rules import Rules
from bot.dialogue.understanding import Command, Option

NOW = 1_800_000_000.0
CANCEL = (
    Option("affirm", "确认取消", ("Yes, cancel it", "是的，取消这一单（¥2.00）")),
    Option("deny", "先不取消", ("No, keep it",)),
)
MENU = (Option("address", "改地址", ("Change the address",)), Option("phone", "改电话"), Option("none", "都不改"))

SCRAPS = st.sampled_from(
    [
        *(
            "取消",
            "不",
            "别",
            "是",
            "好的",
            "不是",
            "要",
            "吗",
            "?",
            ",",
            " ",
            "1",
            "第二个",
            "多少钱",
            "转人工",
            "明天",
            "算了",
        ),
        *(
            "cancel ",
            "no ",
            "yes ",
            "don't ",
            "it ",
            "keep ",
            "but ",
            "8点",
            "5元",
            "TP12345678",
            "13800138000",
            "北京市",
        ),
        *("路", "12号", "👍", "👎", "\u202e"),
    ]
)
ANYTHING = st.one_of(st.text(max_size=80), st.lists(SCRAPS, max_size=8).map("".join), st.binary(max_size=60).map(repr))


@given(ANYTHING)
def test_any_text_gets_an_answer_of_the_right_kind(rules: Rules, text: str) -> None:
    assert rules.language(text) in ("zh", "en", None)
    assert rules.command(text) in (*Command, None)
    assert isinstance(rules.entities(text, NOW), Mapping)
    assert rules.corrects(text) in (True, False)
    for options in (CANCEL, MENU, ()):
        place = rules.choose(text, options)
        assert place is None or 0 <= place < len(options)
    intents = rules.intents(text)
    assert len(intents) <= 5
    assert [i.score for i in intents] == sorted((i.score for i in intents), reverse=True)
    assert all(0 < intent.score <= 1 for intent in intents)


@given(ANYTHING)
def test_the_same_text_gives_the_same_answer(rules: Rules, text: str) -> None:
    assert rules.intents(text) == rules.intents(text)
    assert rules.entities(text, NOW) == rules.entities(text, NOW)
    assert rules.choose(text, CANCEL) == rules.choose(text, CANCEL)


@given(
    st.sampled_from(["9", "字", "a", "1 ", "好", "🙂", "\u0301", "\u202e", "<b>", "﷽", "取消", "转人工"]),
    st.integers(1, 1_000_000),
)
@settings(deadline=None)  # the machine may be busy with something else
def test_only_the_beginning_is_read(rules: Rules, piece: str, times: int) -> None:
    text = piece * times
    assert len(clean(text)) <= LIMIT
    assert rules.intents(text) == rules.intents(text[:LIMIT])
    assert rules.entities(text, NOW) == rules.entities(text[:LIMIT], NOW)
    assert rules.choose(text, CANCEL) == rules.choose(text[:LIMIT], CANCEL)


@given(ANYTHING)
def test_cleaning_leaves_nothing_to_clean(lexicon: Lexicon, text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert all(character.isprintable() or character == "\n" for character in cleaned)
    assert all(unit and " " not in unit for unit in units(lexicon.fold(cleaned)))


@given(ANYTHING)
def test_consent_to_cancel_is_said_in_so_many_words(rules: Rules, lexicon: Lexicon, text: str) -> None:
    if rules.choose(text, CANCEL) != 0:
        return
    read = lexicon.units(text)
    kinds = {piece.kind for piece in lexicon.answers.pieces(read)}
    wordings = [without_marks(lexicon.units(wording)) for wording in (CANCEL[0].label, *CANCEL[0].also)]
    assert Role.YES in kinds or Ordinals(lexicon).whole(without_marks(read)) == 1 or without_marks(read) in wordings
    assert (
        not kinds & {Role.NO, Role.NEGATOR, Role.NO_OR_NEGATOR, Role.UNCLEAR, Role.GIVING_UP}
        or without_marks(read) in wordings
    )


@given(st.data())
def test_a_negated_consent_is_none(rules: Rules, lexicon: Lexicon, data: st.DataObject) -> None:
    negator = data.draw(st.sampled_from([p for w in lexicon.words.values() for p in w.negators]))
    wording = data.draw(st.sampled_from(["取消", "取消订单", "确认取消", "cancel", "cancel it", "yes", "是的"]))
    before = data.draw(st.sampled_from(["", "好的", "嗯 ", "请", "yes ", "ok, ", "算了 "]))
    assert rules.choose(f"{before}{negator} {wording}", CANCEL) != 0
    assert rules.choose(f"{before}{negator}{wording}", CANCEL) != 0


@given(
    st.sampled_from(["好的", "是", "yes", "ok", "👍", "确认取消"]),
    st.text("但钱费多久呢慢货骑手价xqzw", min_size=1, max_size=12),
)
def test_a_yes_that_says_more_is_no_consent(rules: Rules, yes: str, more: str) -> None:
    spoken = more.strip("呢")
    if not any(is_han(character) or len(spoken) > 1 for character in spoken):
        return
    assert rules.choose(f"{yes}，{more}", CANCEL) != 0


def test_languages(rules: Rules) -> None:
    said: dict[str | None, list[str]] = {
        "zh": ["我的订单呢", "我的order呢", "訂單在哪"],
        "en": ["where is my order", "Hello", "cancel", "kan jij mij even helpen"],
        None: [
            "ok",
            "lin.yue@example.com",
            "/start",
            "https://example.com/where/is",
            "TP12345678",
            "13800138000",
            "👍",
            "",
            "Zhang Wei",
            "مرحبا",
            "1",
        ],
    }
    wrong = [(text, language) for language, texts in said.items() for text in texts if rules.language(text) != language]
    assert not wrong


def test_corrections(rules: Rules) -> None:
    taken_back = [
        "不是这个",
        "不是这单，另一单",
        "我说的是另外一单",
        "选错了",
        "no, the other one",
        "wrong order",
        "not this one",
        "I meant the second one",
        "不是這個",
    ]
    not_taken_back = ["不是", "no", "好的", "第二个", "where is my order", "1", ""]
    assert [text for text in taken_back if not rules.corrects(text)] == []
    assert [text for text in not_taken_back if rules.corrects(text)] == []
