"""Texts in WeChat's sizes: nothing is lost, nothing is too long, choices can be answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wechat import wording
from bot.messages import Attachment, AttachmentKind, Choice, Outgoing, outgoing_to_json


@dataclass
class Letter:
    text: str
    choices: list[dict[str, str]] = field(default_factory=list)
    question: str | None = None
    language: str = "en"
    file: dict[str, str] | None = None


def cut(text: str, *labels: str, language: str = "") -> list[wording.Part]:
    choices = tuple(Choice(f"1.{place}", label) for place, label in enumerate(labels))
    return wording.cut(outgoing_to_json(Outgoing(text, choices, language=language)))


def shown(part: wording.Part) -> list[str]:
    return wording.numbered(part.text, part.choices, part.language).splitlines()


def fits_wechat(text: str) -> bool:
    return len(text.encode()) <= 2048


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=4000))
def test_a_cut_text_fits_and_loses_no_letter(text: str) -> None:
    pieces = wording.split(text)
    assert all(fits_wechat(piece) for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    sentence = "您的订单还在等待骑手接单，请您放心。"
    pieces = wording.split(sentence * 80)
    assert len(pieces) == 3
    assert all(piece.endswith("。") for piece in pieces)


def test_a_text_without_any_end_is_cut_all_the_same() -> None:
    assert [len(piece) for piece in wording.split("9" * 1300)] == [600, 600, 100]
    assert all(fits_wechat(piece) for piece in wording.split("😀" * 1300))


def test_choices_become_numbered_lines() -> None:
    (part,) = cut("您想怎么处理？", "继续等", "取消订单")
    assert shown(part) == [
        "您想怎么处理？",
        "1. 继续等",
        "2. 取消订单",
        "直接回复前面的数字即可选择。",
    ]


def test_amounts_are_numbered_and_asked_for_in_a_way_that_means_one_thing() -> None:
    (part,) = cut("How much?", "¥5.00", "¥10.00", "No tip", language="en")
    assert shown(part) == [
        "How much?",
        "1. ¥5.00",
        "2. ¥10.00",
        "3. No tip",
        'Just reply with the amount, like "5 yuan", or say which one, like "the 2nd one".',
    ]


def test_a_chinese_name_does_not_make_an_english_question_chinese() -> None:
    (part,) = cut("Cancel order TP10024817 (合同文件一份)?", "Yes, cancel it", language="en")
    assert shown(part)[-1] == "Just reply with the number of your choice."


def test_a_long_text_keeps_its_choices_below_its_last_piece() -> None:
    parts = cut("好。" * 500, "是", "不是")
    assert [len(part.choices) for part in parts] == [0, 2]
    assert all(wording.fits("\n".join(shown(part))) for part in parts)
    parts = cut("好。" * 299, *("选项" * 10 for _ in range(9)))
    assert [len(part.choices) for part in parts] == [0, 9]
    assert parts[1].text == ""


def test_too_many_choices_are_told_in_several_texts() -> None:
    parts = cut("Which?", *(f"choice {place} " + "x" * 60 for place in range(30)))
    assert all(not part.choices and fits_wechat(part.text) for part in parts)
    assert "30. choice 29" in "\n".join(part.text for part in parts)
    assert [part.question for part in parts] == [None] * (len(parts) - 1) + ["1.0"]


def test_several_answers_are_merged_with_the_newest_question() -> None:
    old = [{"token": "1.0", "label": "old"}]
    new = [{"token": "2.0", "label": "new"}]
    packed = wording.pack_as_text([Letter("one", old, "1.0"), Letter("two"), Letter("three", new, "2.0")])
    assert packed.count == 3
    assert packed.text == "one\n\ntwo\n\nthree\n1. new\nJust reply with the number of your choice."


def test_a_question_that_is_asked_after_each_message_is_asked_once() -> None:
    asked = [Letter("Which?", [{"token": f"{n}.0", "label": "A"}], f"{n}.0") for n in (1, 2)]
    packed = wording.pack_as_text([asked[0], Letter("Sorry!"), Letter("Sorry!"), asked[1]])
    assert packed.text == "Sorry!\n\nSorry!\n\nWhich?\n1. A\nJust reply with the number of your choice."


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("字a。\n"), max_size=600), min_size=1, max_size=8))
def test_what_is_merged_fits(texts: list[str]) -> None:
    letters = [Letter(text) for text in texts]
    packed = wording.pack_as_text(letters, "(more)")
    assert 1 <= packed.count <= len(letters)
    assert packed.count == 1 or wording.fits(packed.text)


def test_nothing_to_say_is_no_empty_text() -> None:
    assert cut("") == []
    assert cut("\x00 \n") == []
    assert cut("", "Yes", language="en") == [wording.Part("", [{"token": "1.0", "label": "Yes"}], "1.0", "en")]


def test_what_comes_along_is_named() -> None:
    file = Attachment(AttachmentKind.FILE, "f1", "发票.pdf")
    assert wording.cut(outgoing_to_json(Outgoing("请查收", attachments=(file,)))) == [
        wording.Part("请查收\n[文件] 发票.pdf")
    ]
