"""Who gets into the desk and who does not, through real sockets over a real database."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace

import aiohttp
import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from bot.desk.people import Role
from tests.desk.office import COOKIE, Member, Office, link_on
from tests.support.staffing import OPERATOR, PASSWORD

OTHER_SITE = "https://elsewhere.example"
FORM = {"name": "小王", "role": "agent", "language": "zh", "languages": "zh", "teams": "care"}
FREE = {"/desk/sign-in", "/desk/link"}


@pytest.fixture
async def office(sqlite_url: str) -> AsyncIterator[Office]:
    office = Office(sqlite_url + "?timeout=1")
    office.start()
    yield office
    office.stop()
    await office.outside.close()


@pytest.fixture
async def boss(office: Office) -> AsyncIterator[Member]:
    async with await office.comes("boss", Role.ADMIN, name="老板") as member:
        yield member


@pytest.fixture
async def stranger(office: Office) -> AsyncIterator[Member]:
    async with Member(office.url) as member:
        yield member


class TestSignIn:
    async def test_with_the_right_password_one_is_where_one_wanted_to_be(self, li: Member, stranger: Member) -> None:
        status, ahead = await stranger.get("/desk/me?done=saved")
        assert (status, ahead) == (303, "/desk/sign-in?next=%2Fdesk%2Fme%3Fdone%3Dsaved")
        assert (await stranger.sign_in(next="/desk/me?done=saved")) == (303, "/desk/me?done=saved")
        assert "小李" in (await stranger.get("/desk/me"))[1]

    @pytest.mark.parametrize(
        "next",
        ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "/desk/\t//x", "javascript:1"],
    )
    async def test_nobody_is_led_elsewhere(self, li: Member, stranger: Member, next: str) -> None:
        assert await stranger.sign_in(next=next) == (303, "/desk")
        async with stranger.http.get("/desk/sign-in", params={"next": next}) as page:
            assert "elsewhere" not in await page.text()

    async def test_the_cookie_is_out_of_reach(self, li: Member, stranger: Member) -> None:
        form = {"name": "li", "password": PASSWORD}
        async with stranger.http.post("/desk/sign-in", data=form, allow_redirects=False) as answer:
            rules = answer.headers["Set-Cookie"].split("; ")
            assert answer.headers["Cache-Control"] == "no-store"
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(rules)
        assert "Secure" not in rules and "Domain" not in answer.headers["Set-Cookie"]

    async def test_by_https_only_a_cookie_of_this_very_host_counts(self, office: Office, li: Member) -> None:
        async with Member(office.url) as browser:
            by_proxy = {"X-Forwarded-Proto": "https", "Origin": office.url.replace("http", "https")}
            form = {"name": "li", "password": PASSWORD}
            async with browser.http.post("/desk/sign-in", data=form, headers=by_proxy, allow_redirects=False) as answer:
                cookie = answer.headers["Set-Cookie"]
            assert cookie.startswith("__Host-tepai_desk=") and "Secure" in cookie.split("; ")
        assert (await li.get("/desk/me"))[0] == 200
        assert (await li.get("/desk/me", **{"X-Forwarded-Proto": "https"}))[0] == 303

    async def test_a_session_that_somebody_planted_is_not_taken_on(self, office: Office, li: Member) -> None:
        async with Member(office.url) as victim, await office.comes("eve") as eve:
            victim.holds(eve.token)
            await victim.sign_in()
            assert victim.token not in ("", eve.token, li.token)
            assert (await eve.get("/desk/me"))[0] == 303

    async def test_a_made_up_session_is_none(self, li: Member, stranger: Member) -> None:
        for token in ("x", "0" * 43, "a" * 5000, li.token[:-1]):
            stranger.holds(token)
            assert (await stranger.get("/desk/me"))[0] == 303

    @pytest.mark.parametrize(
        ("name", "password"), [("li", "wrong"), ("nobody", PASSWORD), ("", ""), ("li", "x" * 9000)]
    )
    async def test_a_refusal_says_the_same_to_all(self, li: Member, stranger: Member, name: str, password: str) -> None:
        status, page = await stranger.sign_in(name, password)
        assert status == 401
        assert "登录名或密码不正确" in page
        assert password[:9] not in page or not password

    async def test_too_many_tries_are_told_when_to_go_on(self, li: Member, stranger: Member) -> None:
        for name in ("li", "nobody"):
            assert [(await stranger.sign_in(name, "wrong"))[0] for _ in range(6)] == [401] * 5 + [429]
        status, page = await stranger.sign_in()
        assert status == 429 and "1 分钟" in page

    async def test_a_flood_from_one_place_is_slowed_down(self, stranger: Member) -> None:
        statuses = [(await stranger.sign_in(f"name{n}", "x"))[0] for n in range(40)]
        assert statuses[:30] == [401] * 30 and 429 in statuses[30:]

    async def test_a_link_in_a_mail_finds_the_session_again(self, li: Member, stranger: Member) -> None:
        status, page = await stranger.get("/desk/me", **{"Sec-Fetch-Site": "cross-site"})
        assert status == 200 and 'http-equiv="refresh"' in page
        assert (await stranger.get("/desk/me", **{"Sec-Fetch-Site": "same-origin"}))[0] == 303
        assert "小李" in (await li.get("/desk/me", **{"Sec-Fetch-Site": "cross-site"}))[1]

    @pytest.mark.parametrize(
        ("body", "kind"),
        [(b"{}", "application/json"), (b"a=1&" * 70, ""), (b"x" * 70_000, ""), (b"\xff\xfe%00=%", "")],
    )
    async def test_odd_bodies_are_refused_without_a_trace(self, stranger: Member, body: bytes, kind: str) -> None:
        headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
        async with stranger.http.post("/desk/sign-in", data=body, headers=headers) as answer:
            assert answer.status in (400, 401, 413)
            assert "Content-Security-Policy" in answer.headers


class TestLink:
    async def test_it_signs_in_once_and_asks_for_a_password(self, office: Office, stranger: Member) -> None:
        token = await office.team.link()
        assert (await stranger.get("/desk/link"))[0] == 200
        assert await stranger.post("/desk/link", {"token": token}) == (303, "/desk/me/password")
        form = {"new": PASSWORD, "again": PASSWORD}
        assert await stranger.post("/desk/me/password", form) == (303, "/desk")
        async with Member(office.url) as second:
            assert (await second.post("/desk/link", {"token": token}))[0] == 401
            assert await second.sign_in() == (303, "/desk")

    async def test_to_look_at_it_does_not_use_it_up(self, office: Office, stranger: Member) -> None:
        token = await office.team.link()
        for _ in range(3):
            await stranger.get("/desk/link")
            await stranger.get(f"/desk/link?token={token}")
        assert (await stranger.post("/desk/link", {"token": token}))[0] == 303

    async def test_a_forged_one_is_told_kindly(self, stranger: Member) -> None:
        status, page = await stranger.post("/desk/link", {"token": "forged"})
        assert status == 401 and "链接无效" in page and "forged" not in page

    async def test_it_replaces_whoever_the_browser_belonged_to(self, office: Office, li: Member) -> None:
        before = li.token
        assert (await li.post("/desk/link", {"token": await office.team.link("wang", name="小王")}))[0] == 303
        assert "小王" in (await li.get("/desk/me"))[1]
        assert await office.team.staff.session(before) is None


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": OTHER_SITE},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    async def test_nothing_can_be_posted(self, office: Office, boss: Member, headers: dict[str, str]) -> None:
        posts = {
            "/desk/staff/new": {"id": "evil", "name": "evil", "role": "admin", "language": "zh", "languages": "zh"},
            "/desk/staff/boss/link": None,
            "/desk/me": {"name": "evil", "language": "zh", "languages": "zh"},
            "/desk/me/password": {"new": "evil long enough", "again": "evil long enough", "old": PASSWORD},
            "/desk/me/availability": {"availability": "offline"},
            "/desk/sign-out": None,
            "/desk/sign-in": {"name": "boss", "password": PASSWORD},
            "/desk/link": {"token": "x"},
        }
        for path, form in posts.items():
            status, page = await boss.post(path, form, **headers)
            assert status == 403 and "其他网站" in page, path
        async with boss.http.post("/desk/api/alive", headers=headers) as answer:
            assert answer.status == 403 and (await answer.json())["error"] == "other_site"
        assert [one.name for one in await office.team.staff.colleagues()] == ["老板"]
        assert (await boss.get("/desk/me"))[0] == 200

    async def test_a_post_that_names_no_origin_is_refused(self, office: Office, li: Member) -> None:
        bare = aiohttp.ClientSession(office.url, cookies={COOKIE: li.token})
        async with bare, bare.post("/desk/sign-out", allow_redirects=False) as answer:
            assert answer.status == 403

    async def test_pages_can_be_framed_by_nobody(self, li: Member) -> None:
        for path in ("/desk/me", "/desk/sign-in", "/desk/nowhere", "/desk/static/desk.css"):
            async with li.http.get(path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "frame-ancestors 'none'" in policy and "unsafe" not in policy, path
                assert answer.headers["Referrer-Policy"] == "same-origin"


class TestRoles:
    async def test_every_route_asks_for_a_session(self, office: Office, stranger: Member) -> None:
        """Whatever page is added: without a session it shows nothing."""
        for route in office.routes():
            if isinstance(route, Mount | WebSocketRoute):
                continue
            assert isinstance(route, Route)
            path = route.path.replace("{path:path}", "nowhere").replace("{id}", "boss")
            for method in (route.methods or set()) - {"HEAD"}:
                async with stranger.http.request(method, path, allow_redirects=False) as answer:
                    free = path in FREE or path == "/desk/nowhere"
                    leads = answer.headers.get("Location", "").startswith("/desk/sign-in")
                    assert free or answer.status == 401 or (answer.status == 303 and leads), (method, path)

    @pytest.mark.parametrize("path", ["/desk/staff", "/desk/staff/new", "/desk/staff/boss", "/desk/audit"])
    async def test_only_admins_see_the_admins_pages(self, office: Office, boss: Member, path: str) -> None:
        assert (await boss.get(path))[0] == 200
        async with await office.comes("lead", Role.LEAD) as lead:
            status, page = await lead.get(path)
            assert status == 403 and "老板" not in page.replace("小李", "")
            assert "/desk/staff" not in (await lead.get("/desk/me"))[1]

    async def test_a_lead_cannot_act_as_an_admin(self, office: Office, boss: Member) -> None:
        async with await office.comes("lead", Role.LEAD) as lead:
            for path in ("/desk/staff/new", "/desk/staff/boss", "/desk/staff/boss/link", "/desk/staff/boss/active"):
                assert (await lead.post(path, {"id": "x", "active": "no", "role": "admin"}))[0] == 403
        assert len(await office.team.staff.colleagues()) == 2

    async def test_what_is_not_there_is_told_as_such(self, boss: Member) -> None:
        assert (await boss.get("/desk/staff/nobody"))[0] == 404
        assert (await boss.post("/desk/staff/nobody/link"))[0] == 404
        assert (await boss.post("/desk/staff/boss/sessions", {"session": "x"}))[0] == 404


class TestAdministering:
    async def test_somebody_is_added_and_comes_in(self, office: Office, boss: Member, stranger: Member) -> None:
        status, page = await boss.post("/desk/staff/new", {"id": "wang", **FORM})
        assert status == 200 and f'value="{office.url}/desk/link#' in page
        assert (await stranger.post("/desk/link", {"token": link_on(page)}))[0] == 303
        assert "小王" in (await stranger.get("/desk/me"))[1]
        assert "小王" in (await boss.get("/desk/staff"))[1]

    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [
            ("id", "小王", "登录名需为"),
            ("id", "boss", "已被使用"),
            ("name", "", "1 到 40"),
            ("email", "none", "邮箱格式"),
            ("languages", "fr", "接待语言"),
            ("teams", "nowhere", "团队不存在"),
        ],
    )
    async def test_what_cannot_be_is_told_and_nothing_typed_is_lost(
        self, boss: Member, field: str, value: str, why: str
    ) -> None:
        status, page = await boss.post("/desk/staff/new", {"id": "wang", "email": "w@x.cn", **FORM, field: value})
        assert status == 422 and why in page
        assert ('value="小王"' in page) == (field != "name")

    async def test_a_role_there_is_not(self, boss: Member) -> None:
        assert (await boss.post("/desk/staff/new", {"id": "wang", **FORM, "role": "root"}))[0] == 400

    async def test_names_are_only_ever_text(self, office: Office, boss: Member) -> None:
        evil = "<script>alert(1)</script>\"'&{{7*7}}"
        await boss.post("/desk/staff/new", {"id": "evil", **FORM, "name": evil})
        async with Member(office.url) as member:
            member.holds(
                (
                    await office.team.staff.sign_in_by_link(
                        await office.team.staff.new_link(OPERATOR, "evil"), "<img src=x>"
                    )
                ).token
            )
            pages = [await member.get("/desk/me")]
        pages += [await boss.get(path) for path in ("/desk/staff", "/desk/staff/evil", "/desk/audit")]
        for status, page in pages:
            assert status == 200
            assert "<script>alert" not in page and "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[1][1] and "&amp;{{7*7}}" in pages[1][1]

    async def test_deactivating_ends_what_is_open(self, office: Office, boss: Member, li: Member) -> None:
        assert (await boss.post("/desk/staff/li/active", {"active": "no"}))[1] == "/desk/staff/li?done=deactivated"
        assert (await li.get("/desk/me"))[0] == 303
        async with li.http.post("/desk/api/alive") as answer:
            assert answer.status == 401
        assert (await li.sign_in())[0] == 401
        assert (await boss.post("/desk/staff/li/active", {"active": "yes"}))[0] == 303

    async def test_the_last_admin_is_told_so(self, boss: Member) -> None:
        status, page = await boss.post("/desk/staff/boss/active", {"active": "no"})
        assert status == 422 and "至少需要保留一位管理员" in page

    async def test_a_changed_role_holds_in_the_next_moment(self, office: Office, boss: Member, li: Member) -> None:
        await boss.post("/desk/staff/li", {**FORM, "role": "admin"})
        assert (await li.get("/desk/staff"))[0] == 200
        await boss.post("/desk/staff/li", FORM)
        assert (await li.get("/desk/staff"))[0] == 403


class TestOneself:
    async def test_name_and_languages(self, li: Member) -> None:
        form = {"name": "李", "language": "en", "languages": "en"}
        assert await li.post("/desk/me", form) == (303, "/desk/me?done=saved")
        status, page = await li.get("/desk/me?done=saved")
        assert status == 200 and 'lang="en"' in page and 'value="李"' in page and "Saved." in page
        assert (await li.get("/desk/me?done=<script>"))[0] == 200

    async def test_the_password_changes_and_ends_other_sessions(self, li: Member, stranger: Member) -> None:
        await stranger.sign_in()
        form = {"old": PASSWORD, "new": "another long one", "again": "another long one"}
        assert (await li.post("/desk/me/password", {**form, "again": "other"}))[0] == 422
        assert (await li.post("/desk/me/password", {**form, "old": "wrong"}))[0] == 422
        assert await li.post("/desk/me/password", form) == (303, "/desk/me?done=password")
        assert (await stranger.get("/desk/me"))[0] == 303
        assert (await li.get("/desk/me"))[0] == 200

    async def test_a_session_is_ended_from_another(self, office: Office, li: Member, stranger: Member) -> None:
        await stranger.sign_in()
        assert "Firefox · Linux" in (await li.get("/desk/me"))[1]
        assert (await li.post("/desk/me/sessions", {"session": "others"}))[0] == 303
        assert (await stranger.get("/desk/me"))[0] == 303

    async def test_nobody_ends_a_colleagues_session(self, office: Office, li: Member, boss: Member) -> None:
        (session,) = await office.team.staff.sessions(replace(OPERATOR, id="boss"), "")
        assert (await li.post("/desk/me/sessions", {"session": session.id}))[0] == 404
        assert (await boss.get("/desk/me"))[0] == 200

    async def test_signing_out_leaves_nothing_behind(self, office: Office, li: Member) -> None:
        token = li.token
        assert await li.post("/desk/sign-out") == (303, "/desk/sign-in")
        assert li.token == "" and await office.team.staff.session(token) is None

    async def test_availability_with_and_without_scripts(self, office: Office, li: Member) -> None:
        async with li.http.post("/desk/api/availability", json={"availability": "away"}) as answer:
            assert await answer.json() == {"availability": "away"}
        assert (await li.post("/desk/me/availability", {"availability": "offline", "next": "/desk/me"}))[
            1
        ] == "/desk/me"
        async with li.http.post("/desk/api/alive") as answer:
            assert await answer.json() == {"availability": "offline"}
        for wrong in ("gone", None, 7, ["online"]):
            async with li.http.post("/desk/api/availability", json={"availability": wrong}) as answer:
                assert answer.status == 400

    async def test_the_language_switch_leads_back(self, li: Member) -> None:
        assert await li.post("/desk/me/language", {"language": "en", "next": "/desk/me"}) == (303, "/desk/me")
        assert "<h1>Account</h1>" in (await li.get("/desk/me"))[1]
        assert (await li.post("/desk/me/language", {"language": "xx", "next": "//evil"})) == (303, "/desk")


class TestAudit:
    async def test_it_shows_who_did_what(self, boss: Member, li: Member) -> None:
        await boss.post("/desk/staff/li", {**FORM, "role": "lead"})
        page = (await boss.get("/desk/audit"))[1]
        assert "修改成员" in page and "老板" in page and "角色：组长" in page
        mine = (await boss.get("/desk/audit?actor=li"))[1]
        assert "修改密码" in mine and "修改成员" not in mine.split("<table")[1]

    async def test_it_is_read_a_hundred_at_a_time(self, office: Office, boss: Member) -> None:
        for n in range(60):
            await office.team.link(f"agent{n}")
        page = (await boss.get("/desk/audit"))[1]
        older = page.split("更早")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        assert page.count("<tr>") == 101
        assert 10 < (await boss.get(older))[1].count("<tr>") < 60

    @pytest.mark.parametrize(
        "query",
        ["before=x", "before=-1", "before=" + "9" * 30, "before=9223372036854775807", "actor=%00", "conversation=%F0"],
    )
    async def test_odd_questions_find_nothing_or_everything(self, boss: Member, query: str) -> None:
        assert (await boss.get(f"/desk/audit?{query}"))[0] == 200


async def test_a_database_that_is_away_is_told_on_pages_and_to_scripts(sqlite_url: str, li: Member) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("begin exclusive")
        status, page = await li.get("/desk/me")
        assert status == 503 and "系统暂时繁忙" in page
        async with li.http.post("/desk/api/alive") as answer:
            assert answer.status == 503 and (await answer.json())["error"] == "unavailable"
    assert (await li.get("/desk/me"))[0] == 200
