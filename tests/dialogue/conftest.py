from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.examples import Example, load_examples
from bot.dialogue.lexicon import Lexicon, load_lexicon
from bot.dialogue.rules import Rules

FLOWS = Path(__file__).parents[2] / "flows"


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return load_examples(FLOWS)


@pytest.fixture(scope="session")
def rules(lexicon: Lexicon, examples: list[Example]) -> Rules:
    return Rules(examples, lexicon)
