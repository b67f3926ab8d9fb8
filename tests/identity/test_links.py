"""Deep links: only what was made here, unchanged and in time, names a customer."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.errors import LinkError
from bot.identity.links import Links

SECRET = "a secret for tests"
customers = st.text(min_size=1, max_size=40).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def links(clock):
    return Links(SECRET, hours=2, clock=clock)


@given(customers)
def test_a_link_names_the_customer_it_was_made_for(customer):
    links = Links(SECRET, hours=1)
    assert links.verify(links.make(customer)) == customer


@given(customers.filter(lambda customer: len(customer.encode()) <= 28))
def test_a_link_fits_behind_telegrams_start(customer):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", Links(SECRET, hours=1).make(customer))


def test_a_link_holds_until_it_expires(links, clock):
    token = links.make("wang")
    clock.now += 2 * 3600 - 1
    assert links.verify(token) == "wang"
    clock.now += 1
    with pytest.raises(LinkError, match="expired"):
        links.verify(token)


@given(customers, st.data())
def test_one_changed_character_is_a_forgery(customer, data):
    links = Links(SECRET, hours=1)
    token = links.make(customer)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x2FF))
    assume(other != token[place])
    with pytest.raises(LinkError):
        links.verify(token[:place] + other + token[place + 1 :])


@given(st.text(max_size=100) | st.from_regex(r"[A-Za-z0-9_=-]{0,90}", fullmatch=True))
def test_anything_else_is_refused(token):
    with pytest.raises(LinkError):
        Links(SECRET, hours=1).verify(token)


@pytest.mark.parametrize(
    "change", [lambda t: t + "=", lambda t: t + "A", lambda t: t[:-1], lambda t: "", lambda t: t * 99]
)
def test_a_link_has_one_spelling(links, change):
    with pytest.raises(LinkError):
        links.verify(change(links.make("wang")))


def test_a_link_signed_with_another_secret_is_refused(links, clock):
    with pytest.raises(LinkError, match="not one of ours"):
        links.verify(Links("another secret", hours=2, clock=clock).make("wang"))


def test_the_refusal_does_not_repeat_the_token(links):
    token = links.make("wang")[:-1]
    with pytest.raises(LinkError) as caught:
        links.verify(token)
    assert token not in str(caught.value)
