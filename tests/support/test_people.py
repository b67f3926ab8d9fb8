"""Members of staff: who gets in, for how long, and what is written down of it. On SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, update

from bot.desk.people import Agent, Availability, Role
from bot.desk.work import QUEUE
from bot.errors import NoSuchThing, NotTaken, SignInRefused
from bot.store.database import Database
from bot.store.presence import SEEN_SECONDS
from bot.store.staff_tables import sign_in_guard, staff, staff_link, staff_session
from bot.store.tables import audit
from bot.support.describing import checked, normal_id
from bot.support.passwords import Passwords
from bot.support.people import LONGEST_ID
from tests.support.staffing import HOUR, OPERATOR, PASSWORD, RULES, Team


@pytest.fixture
async def team(database: Database) -> Team:
    return Team(database)


async def refused(team: Team, id: str = "li", password: str = "wrong") -> int:
    with pytest.raises(SignInRefused) as error:
        await team.enter(id, password)
    return error.value.seconds


class TestLinks:
    async def test_the_first_one_lets_in_and_asks_for_a_password(self, team: Team) -> None:
        begun = await team.staff.sign_in_by_link(await team.link(), "Firefox · Linux")
        assert (begun.agent.id, begun.agent.role, begun.wants_password) == ("li", Role.AGENT, True)
        assert not await team.staff.has_password(begun.agent)
        assert (await team.staff.session(begun.token)) == begun.agent

    async def test_it_works_once_however_many_press_at_once(self, team: Team) -> None:
        token = await team.link()
        came = await asyncio.gather(*(team.staff.sign_in_by_link(token, "") for _ in range(8)), return_exceptions=True)
        assert sum(not isinstance(each, SignInRefused) for each in came) == 1
        assert len(await team.rows(staff_session)) == 1

    @pytest.mark.parametrize("token", ["", "forged", "0" * 43, "' OR 1=1 --", "\x00", "\ud800", "漢" * 50])
    async def test_a_forged_one_is_refused(self, team: Team, token: str) -> None:
        await team.link()
        with pytest.raises(SignInRefused):
            await team.staff.sign_in_by_link(token, "")

    async def test_it_expires(self, team: Team) -> None:
        token = await team.link()
        await team.passes(RULES.link + 1)
        with pytest.raises(SignInRefused):
            await team.staff.sign_in_by_link(token, "")

    async def test_a_newer_one_voids_it(self, team: Team) -> None:
        first = await team.link()
        second = await team.staff.new_link(OPERATOR, "li")
        with pytest.raises(SignInRefused):
            await team.staff.sign_in_by_link(first, "")
        await team.staff.sign_in_by_link(second, "")

    async def test_it_replaces_a_forgotten_password_only_when_it_is_used(self, team: Team) -> None:
        await team.come()
        token = await team.staff.new_link(OPERATOR, "li")
        await team.enter()
        begun = await team.staff.sign_in_by_link(token, "")
        assert begun.wants_password
        await refused(team, password=PASSWORD)

    async def test_of_somebody_deactivated_is_refused(self, team: Team) -> None:
        token = await team.link()
        (li,) = await team.staff.everybody(OPERATOR)
        await team.staff.edit(OPERATOR, replace(li, active=False))
        with pytest.raises(SignInRefused):
            await team.staff.sign_in_by_link(token, "")
        with pytest.raises(NoSuchThing):
            await team.staff.new_link(OPERATOR, "li")

    async def test_none_is_made_for_nobody(self, team: Team) -> None:
        with pytest.raises(NoSuchThing):
            await team.staff.new_link(OPERATOR, "nobody-here")

    async def test_one_for_telegram_does_not_sign_in(self, team: Team) -> None:
        token = await team.link()

        def turned(connection: Connection) -> None:
            connection.execute(update(staff_link).values(purpose="telegram"))

        await team.database.run(turned)
        with pytest.raises(SignInRefused):
            await team.staff.sign_in_by_link(token, "")


class TestPasswords:
    @pytest.mark.parametrize("typed", ["li", " LI ", "ｌｉ", "Li"])
    async def test_the_right_one_lets_in_however_the_name_is_written(self, team: Team, typed: str) -> None:
        await team.come()
        begun = await team.enter(typed)
        assert begun.agent.id == "li" and not begun.wants_password

    @pytest.mark.parametrize(
        ("id", "password"), [("li", "wrong"), ("li", ""), ("wang", PASSWORD), ("", ""), ("\x00", "x"), ("li", "\ud800")]
    )
    async def test_nobody_learns_what_was_wrong(self, team: Team, id: str, password: str) -> None:
        await team.come()
        assert await refused(team, id, password) == 0

    async def test_who_has_none_yet_is_not_let_in(self, team: Team) -> None:
        await team.link()
        await refused(team, password="")
        await refused(team, password="nobody's")

    @pytest.mark.parametrize(
        ("password", "key"),
        [
            ("short", "password_short"),
            ("1111111111", "password_simple"),
            ("xx-li-xx-12", "password_simple"),
            ("x1" * 200, "password_long"),
        ],
    )
    async def test_what_everybody_guesses_is_none(self, team: Team, password: str, key: str) -> None:
        begun = await team.come()
        with pytest.raises(NotTaken) as error:
            await team.staff.change_password(begun.agent, PASSWORD, password, begun.token)
        assert error.value.key == key

    async def test_another_one_ends_the_other_sessions(self, team: Team) -> None:
        begun = await team.come()
        other = await team.enter()
        link = await team.staff.new_link(OPERATOR, "li")
        await team.staff.change_password(begun.agent, PASSWORD, "another long one", begun.token)
        assert await team.staff.session(begun.token)
        assert await team.staff.session(other.token) is None
        with pytest.raises(SignInRefused):
            await team.staff.sign_in_by_link(link, "")
        await refused(team, password=PASSWORD)
        await team.enter(password="another long one")

    async def test_the_old_one_has_to_be_given_and_tries_are_counted(self, team: Team) -> None:
        begun = await team.come()
        for key in ["wrong_password"] * 5 + ["locked"]:
            with pytest.raises(NotTaken) as error:
                await team.staff.change_password(begun.agent, "wrong", "another long one", begun.token)
            assert error.value.key == key

    async def test_two_changes_at_once_are_one(self, team: Team) -> None:
        begun = await team.staff.sign_in_by_link(await team.link(), "")
        new = ["the first of them", "the second of them"]
        came = await asyncio.gather(
            *(team.staff.change_password(begun.agent, "", one, begun.token) for one in new), return_exceptions=True
        )
        assert sum(isinstance(each, NotTaken) for each in came) == 1

    async def test_newer_parameters_are_taken_on_at_the_next_sign_in(self, team: Team) -> None:
        await team.come()
        (before,) = await team.rows(staff)
        stronger = Team(team.database, Passwords(rounds=2, memory=16))
        await stronger.enter()
        (after,) = await team.rows(staff)
        assert "m=8,t=1" in before["password_hash"] and "m=16,t=2" in after["password_hash"]
        await stronger.enter()
        assert (await team.rows(staff))[0]["password_hash"] == after["password_hash"]

    async def test_two_keyboards_type_the_same_one(self, team: Team) -> None:
        begun = await team.come()
        await team.staff.change_password(begun.agent, PASSWORD, "ｐａｓｓｗｏｒｄ 密码 é", begun.token)
        await team.enter(password="password 密码 e\u0301")


class TestLock:
    async def test_five_wrong_ones_lock_the_name_for_everybody(self, team: Team) -> None:
        await team.come()
        assert [await refused(team) for _ in range(5)] == [0] * 5
        assert 0 < await refused(team, password=PASSWORD) <= 60
        await team.passes(61)
        await team.enter()

    async def test_a_name_nobody_has_is_locked_just_the_same(self, team: Team) -> None:
        assert [await refused(team, "wang") for _ in range(5)] == [0] * 5
        assert 0 < await refused(team, "wang") <= 60
        await team.passes(61)
        assert [await refused(team, "wang") for _ in range(5)] == [0] * 5
        assert 60 < await refused(team, "wang") <= 300

    async def test_many_tries_at_once_are_no_more_than_five(self, team: Team) -> None:
        await team.come()
        came = await asyncio.gather(*(team.enter(password=f"guess {n}") for n in range(20)), return_exceptions=True)
        assert sorted(each.seconds > 0 for each in came if isinstance(each, SignInRefused)) == [False] * 5 + [True] * 15

    async def test_the_right_one_forgives_the_wrong_ones(self, team: Team) -> None:
        await team.come()
        for _ in range(3):
            assert [await refused(team) for _ in range(4)] == [0] * 4
            await team.enter()

    async def test_a_link_gets_in_while_the_name_is_locked(self, team: Team) -> None:
        await team.come()
        for _ in range(5):
            await refused(team)
        await team.staff.sign_in_by_link(await team.staff.new_link(OPERATOR, "li"), "")

    async def test_names_are_kept_as_hashes_and_cut(self, team: Team) -> None:
        await refused(team, PASSWORD)
        await refused(team, "a" * LONGEST_ID)
        await refused(team, "a" * 5000)
        kept = await team.rows(sign_in_guard)
        assert len(kept) == 2
        assert PASSWORD not in json.dumps(kept)

    async def test_an_unknown_name_takes_as_long(self, database: Database) -> None:
        team = Team(database, Passwords(rounds=8, memory=16 * 1024))
        await team.come()

        async def took(id: str) -> float:
            begun = time.process_time()  # of all threads, and whatever else this machine does
            await refused(team, id)
            return time.process_time() - begun

        known = min([await took("li") for _ in range(4)])
        unknown = min([await took(f"wang{n}") for n in range(4)])
        assert unknown > known / 2


class TestSessions:
    async def test_one_ends_when_it_is_not_used(self, team: Team) -> None:
        begun = await team.come()
        await team.passes(11 * HOUR)
        assert await team.staff.session(begun.token)
        await team.passes(11 * HOUR)
        assert await team.staff.session(begun.token)
        await team.passes(13 * HOUR)
        assert await team.staff.session(begun.token) is None

    async def test_one_ends_in_the_end_however_much_it_is_used(self, team: Team) -> None:
        begun = await team.come()
        for _ in range(33):
            await team.passes(10 * HOUR)
            assert await team.staff.session(begun.token)
        await team.passes(10 * HOUR)
        assert await team.staff.session(begun.token) is None

    async def test_its_use_is_written_down_once_a_minute(self, team: Team) -> None:
        begun = await team.come()
        first = (await team.rows(staff_session))[0]["seen_at"]
        await team.staff.session(begun.token)
        assert (await team.rows(staff_session))[0]["seen_at"] == first
        await team.passes(61)
        await team.staff.session(begun.token)
        assert (await team.rows(staff_session))[0]["seen_at"] >= first

    async def test_signing_out_ends_one(self, team: Team) -> None:
        begun, other = await team.come(), await team.enter()
        await team.staff.sign_out(begun.token)
        await team.staff.sign_out(begun.token)
        assert await team.staff.session(begun.token) is None
        agent = await team.staff.session(other.token)
        assert agent and agent.availability is Availability.ONLINE
        await team.staff.sign_out(other.token)
        (li,) = await team.staff.colleagues()
        assert li.availability is Availability.OFFLINE

    async def test_they_are_listed_and_the_current_one_is_told(self, team: Team) -> None:
        begun = await team.come()
        await team.passes(100)
        await team.enter()
        listed = await team.staff.sessions(begun.agent, begun.token)
        assert [(one.device, one.current) for one in listed] == [
            ("Chrome · Windows", False),
            ("Firefox · Linux", True),
        ]
        assert begun.token not in {one.id for one in listed}

    async def test_ones_own_are_ended_and_nobody_elses(self, team: Team) -> None:
        li, wang = await team.come(), await team.come("wang")
        boss = await team.come("boss", Role.ADMIN)
        (lis,) = await team.staff.sessions(li.agent, "")
        with pytest.raises(NoSuchThing):
            await team.staff.revoke(wang.agent, lis.id)
        assert await team.staff.session(li.token)
        await team.staff.revoke(boss.agent, lis.id)
        assert await team.staff.session(li.token) is None
        with pytest.raises(NoSuchThing):
            await team.staff.revoke(boss.agent, lis.id)

    async def test_deactivating_ends_them_all(self, team: Team) -> None:
        begun = await team.come()
        await team.staff.edit(OPERATOR, replace(begun.agent, active=False))
        assert await team.staff.session(begun.token) is None
        assert await team.staff.colleagues() == []
        assert await refused(team, password=PASSWORD) == 0

    async def test_a_role_that_was_changed_holds_at_once(self, team: Team) -> None:
        begun = await team.come()
        await team.staff.edit(OPERATOR, replace(begun.agent, role=Role.LEAD))
        agent = await team.staff.session(begun.token)
        assert agent and agent.role is Role.LEAD

    async def test_no_token_and_no_password_is_kept(self, team: Team) -> None:
        begun = await team.come()
        link = await team.staff.new_link(OPERATOR, "li")
        for table in (staff, staff_session, staff_link, audit):
            text = json.dumps(await team.rows(table), default=str)
            assert begun.token not in text and link not in text and PASSWORD not in text


class TestPresence:
    async def test_who_is_online_and_shows_signs_of_life_is_here(self, team: Team) -> None:
        begun = await team.come()
        assert [one.here for one in await team.staff.colleagues()] == [True]
        await team.passes(SEEN_SECONDS + 1)
        assert [one.here for one in await team.staff.colleagues()] == [False]
        await team.staff.alive(begun.agent)
        assert [one.here for one in await team.staff.colleagues()] == [True]

    @pytest.mark.parametrize("availability", [Availability.AWAY, Availability.OFFLINE])
    async def test_who_is_not_online_is_not_here(self, team: Team, availability: Availability) -> None:
        begun = await team.come()
        await team.staff.be(begun.agent, availability)
        await team.staff.alive(begun.agent)
        (li,) = await team.staff.colleagues()
        assert (li.availability, li.here) == (availability, False)

    async def test_the_queue_hears_of_it_once(self, team: Team) -> None:
        begun = await team.come()
        team.told.clear()
        for _ in range(3):
            await team.staff.be(begun.agent, Availability.AWAY)
        assert team.told == [QUEUE]


class TestAdministering:
    async def test_what_is_said_is_kept(self, team: Team) -> None:
        await team.link(languages=("en", "zh"), teams=("care", "VIP", "care"), email="li@tepai.example")
        (li,) = await team.staff.everybody(OPERATOR)
        assert li == Agent("li", "小李", Role.AGENT, "zh", ("zh", "en"), ("care", "VIP"), email="li@tepai.example")

    @pytest.mark.parametrize("id", ["", "a", "operator", "bot", "小李", "a b", "-x", "x" * 40, "a/b", "<b>"])
    async def test_a_name_that_cannot_be(self, team: Team, id: str) -> None:
        with pytest.raises(NotTaken) as error:
            await team.link(id)
        assert error.value.key == "bad_id"

    async def test_a_name_that_is_used(self, team: Team) -> None:
        await team.link()
        with pytest.raises(NotTaken) as error:
            await team.link("LI")
        assert error.value.key == "id_used"

    @pytest.mark.parametrize(
        ("said", "key"),
        [
            ({"name": " \u202e\n"}, "bad_name"),
            ({"name": "x" * 41}, "bad_name"),
            ({"email": "no address"}, "bad_email"),
            ({"email": "a@b\nBcc: c@d"}, "bad_email"),
            ({"languages": ()}, "bad_languages"),
            ({"languages": ("zh", "fr")}, "bad_languages"),
            ({"teams": ("care", "nobody's")}, "bad_teams"),
        ],
    )
    async def test_what_cannot_be_said(self, team: Team, said: dict[str, object], key: str) -> None:
        with pytest.raises(NotTaken) as error:
            await team.link(**said)
        assert error.value.key == key

    async def test_only_admins_do(self, team: Team) -> None:
        lead = (await team.come("lead", Role.LEAD)).agent
        for forbidden in (
            team.staff.everybody(lead),
            team.staff.add(lead, lead),
            team.staff.edit(lead, replace(lead, role=Role.ADMIN)),
            team.staff.new_link(lead, "lead"),
        ):
            with pytest.raises(NoSuchThing):
                await forbidden

    async def test_the_last_admin_stays(self, team: Team) -> None:
        boss = (await team.come("boss", Role.ADMIN)).agent
        for last in (replace(boss, role=Role.LEAD), replace(boss, active=False)):
            with pytest.raises(NotTaken) as error:
                await team.staff.edit(boss, last)
            assert error.value.key == "last_admin"
        await team.staff.edit(boss, replace(boss, name="老板"))

    async def test_two_admins_cannot_remove_each_other(self, team: Team) -> None:
        one, two = [(await team.come(id, Role.ADMIN)).agent for id in ("one", "two")]
        came = await asyncio.gather(
            team.staff.edit(one, replace(two, active=False)),
            team.staff.edit(two, replace(one, active=False)),
            return_exceptions=True,
        )
        assert sum(isinstance(each, NotTaken) for each in came) == 1
        assert len(await team.staff.colleagues()) == 1

    async def test_somebody_unknown_is_not_edited(self, team: Team) -> None:
        with pytest.raises(NoSuchThing):
            await team.staff.edit(OPERATOR, Agent("wang", "小王", Role.AGENT, "zh"))

    async def test_everybody_describes_themselves(self, team: Team) -> None:
        begun = await team.come(teams=("VIP",))
        await team.staff.describe(begun.agent, name="李", language="en", languages=["en"])
        agent = await team.staff.session(begun.token)
        assert agent and (agent.name, agent.language, agent.languages) == ("李", "en", ("en",))
        assert (agent.role, agent.teams) == (Role.AGENT, ("VIP",))


async def test_everything_stands_in_the_audit_trail(team: Team) -> None:
    begun = await team.come()
    await refused(team)
    await refused(team, "wang")
    await team.staff.be(begun.agent, Availability.AWAY)
    await team.staff.describe(begun.agent, name="新名", language="zh", languages=["zh"])
    await team.staff.edit(OPERATOR, replace(begun.agent, role=Role.LEAD, email="li@tepai.example"))
    (session,) = await team.staff.sessions(begun.agent, "")
    await team.staff.revoke(begun.agent, session.id)
    other = await team.enter()
    await team.staff.sign_out(other.token)
    lines = [(row["actor"], row["action"], row["subject"]) for row in await team.rows(audit)]
    assert lines == [
        ("operator", "staff_added", "li"),
        ("operator", "link_made", "li"),
        ("li", "signed_in", "li"),
        ("li", "password_changed", "li"),
        ("nobody", "sign_in_refused", "li"),
        ("nobody", "sign_in_refused", None),
        ("li", "staff_is", "li"),
        ("li", "staff_edited", "li"),
        ("operator", "staff_edited", "li"),
        ("li", "session_revoked", "li"),
        ("li", "signed_in", "li"),
        ("li", "signed_out", "li"),
    ]
    assert "li@tepai.example" not in json.dumps(await team.rows(audit), ensure_ascii=False, default=str)


async def test_who_was_deleted_from_the_database_is_out(team: Team) -> None:
    begun = await team.come()

    def gone(connection: Connection) -> None:
        connection.execute(delete(staff))

    await team.database.run(gone)
    assert await team.staff.session(begun.token) is None


@given(st.text(max_size=50), st.text(max_size=60), st.text(max_size=50))
def test_whatever_is_said_is_tidy_or_refused(id: str, name: str, email: str) -> None:
    try:
        who = checked(Agent(id, name, Role.AGENT, "zh", email=email), ())
    except NotTaken:
        return
    assert who == checked(who, ())
    assert who.id == normal_id(who.id) and who.id.isascii() and who.name == who.name.strip() != ""
    assert not any(sign in part for part in (who.id, who.name, who.email) for sign in "\n\r\t\x00\u202e")
