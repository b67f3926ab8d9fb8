"""The settings: layers, complaints that name the setting and never its value, and the demo's own secret."""

import stat
import threading
from pathlib import Path

import pytest
import yaml

from bot.config import Settings, load
from bot.errors import ConfigError
from bot.identity.guard import Limits
from bot.orders.policy import Policy

SECRET = {"TEPAI_SECRET": "correct horse battery"}
PROJECT_FILE = Path(__file__).parent.parent / "config.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str) -> Path:
    file = Path("some.yaml")
    file.write_text(text, encoding="utf-8")
    return file


def complaint(text: str = "", **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(text), {**SECRET, **environ})
    assert caught.value.__cause__ is None
    return str(caught.value)


def keys(data: dict, above: str = "") -> set[str]:
    found = set()
    for name, value in data.items():
        found |= keys(value, f"{above}{name}.") if isinstance(value, dict) else {above + name}
    return found


def test_the_projects_file_says_exactly_the_defaults():
    assert load(PROJECT_FILE, SECRET).model_dump() == load(None, SECRET).model_dump()


def test_the_projects_file_lists_every_setting():
    secrets = {"secret", "smtp_password", "telegram_token", "telegram_webhook_secret"}
    secrets |= {"wechat_secret", "wechat_token", "wechat_aes_key", "wechat_old_aes_key"}
    assert keys(yaml.safe_load(PROJECT_FILE.read_text("utf-8"))) == keys(Settings().model_dump()) - secrets


def test_the_policy_has_what_was_set_and_its_own_defaults():
    assert load(None, SECRET).orders.policy() == Policy()
    assert load(written("orders: {cancel_fee: 350}"), SECRET).orders.policy() == Policy(cancel_fee=350)


def test_the_limits_of_codes_are_in_seconds():
    assert load(None, SECRET).identity.limits() == Limits(600, 5, (300, 900, 3600, 14400, 86400))


def test_a_file_in_the_working_folder_is_read_by_itself():
    Path("config.yaml").write_text("web: {port: 8123}")
    assert load(None, SECRET).web.port == 8123


def test_the_environment_stands_above_the_file_and_the_file_above_the_defaults():
    file = written("web: {port: 1234, host: 0.0.0.0}\ndatabase: {url: 'sqlite:///a.db'}")
    settings = load(file, {**SECRET, "PORT": "4321", "DATABASE_URL": "postgresql://db/tepai"})
    assert (settings.web.port, settings.web.host) == (4321, "0.0.0.0")
    assert settings.database.url == "postgresql+asyncpg://db/tepai"
    assert settings.identity.code_minutes == 10


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_usual_spelling_of_a_postgresql_address(scheme):
    settings = load(None, {**SECRET, "DATABASE_URL": f"{scheme}://bot:pw@db/postgres"})
    assert settings.database.url == "postgresql+asyncpg://bot:pw@db/postgres"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("wbe: {port: 1}", "wbe"),
        ("web: {prot: 1}", "web.prot"),
        ("company: {hotline_hours: {sundays: []}}", "company.hotline_hours.sundays"),
        ("smtp: {password: hunter22}", "smtp.password"),
    ],
)
def test_an_unknown_key_is_named(text, name):
    assert complaint(text) == f"{name}: no such setting"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web: {port: hunter22}", "web.port"),
        ("web: hunter22", "web"),
        ("web:", "web"),
        ("company: {hotline_hours: {weekdays: ['hunter22']}}", "company.hotline_hours.weekdays.0"),
        ("company: {hotline_hours: {holiday_dates: ['2027-02-30']}}", "company.hotline_hours.holiday_dates.0"),
        ("identity: {pauses: []}", "identity.pauses"),
        ("dialogue: {choices_after: 4, human_after: 3}", "dialogue"),
        ("orders: {sync_stale_after: 100, stale_limit: 50}", "orders"),
        ("orders: {peak_hours: [[13, 11]]}", "orders"),
        ("orders: {peak_hours: [[13, 25]]}", "orders.peak_hours.0.1"),
        ("smtp: {security: hunter22}", "smtp.security"),
        ("demo: hunter22", "demo"),
        ("language: {default: hunter22}", "language.default"),
    ],
)
def test_a_wrong_value_is_named_by_its_setting_and_never_shown(text, name):
    said = complaint(text)
    assert said.startswith(f"{name}: ")
    assert "hunter22" not in said


def test_every_complaint_is_told_at_once():
    assert complaint("wbe: 1\nweb: {port: -1}").count(": ") == 2


@pytest.mark.parametrize("text", ["- a\n- list", "just words", "a: [hunter22", "a: b: hunter22", "\t- x"])
def test_a_file_that_is_not_settings(text):
    assert "hunter22" not in complaint(text)


def test_bytes_that_are_not_text():
    Path("some.yaml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigError, match=r"some\.yaml is not YAML"):
        load(Path("some.yaml"), SECRET)


def test_a_file_that_was_named_but_is_missing():
    with pytest.raises(ConfigError, match=r"missing\.yaml cannot be read"):
        load(Path("missing.yaml"), SECRET)


@pytest.mark.parametrize(("name", "variable"), [("secret", "TEPAI_SECRET"), ("smtp_password", "TEPAI_SMTP_PASSWORD")])
def test_secrets_in_the_file_are_refused(name, variable):
    said = complaint(f"{name}: hunter22hunter22")
    assert variable in said
    assert "hunter22" not in said


def test_a_bad_port_in_the_environment():
    assert complaint(PORT="hunter22").startswith("web.port: ")


def test_a_short_secret_is_refused():
    assert complaint(TEPAI_SECRET="hunter22") == "TEPAI_SECRET: shorter than 16 characters"


def test_a_mail_sign_in_needs_its_password():
    text = "smtp: {host: mail.example, username: bot}"
    assert complaint(text).startswith("TEPAI_SMTP_PASSWORD")
    assert load(written(text), {**SECRET, "TEPAI_SMTP_PASSWORD": "pw"}).smtp_password.get_secret_value() == "pw"


def test_outside_demo_mode_mail_must_go_somewhere():
    assert complaint("demo: false").startswith("smtp.host")


def test_outside_demo_mode_the_secret_must_be_given():
    file = written("demo: false\nsmtp: {host: mail.example}")
    with pytest.raises(ConfigError, match="TEPAI_SECRET: missing"):
        load(file, {"TEPAI_SECRET": ""})
    assert not Path("var").exists()


def test_demo_mode_makes_a_secret_once_for_its_owner_only():
    first = load(None, {})
    assert load(None, {}).secret == first.secret
    assert len(first.secret.get_secret_value()) >= 32
    assert stat.S_IMODE(Path("var/secret").stat().st_mode) == 0o600
    assert [file.name for file in Path("var").iterdir()] == ["secret"]


def test_processes_that_start_together_agree_on_the_secret():
    barrier = threading.Barrier(8)
    found = set()

    def start():
        barrier.wait()
        found.add(load(None, {}).secret.get_secret_value())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1


def test_no_secret_is_shown_when_the_settings_are_printed():
    environ = {**SECRET, "TEPAI_SMTP_PASSWORD": "pa55word", "DATABASE_URL": "postgresql://bot:pa55word@db/tepai"}
    shown = repr(load(None, environ))
    assert "pa55word" not in shown
    assert SECRET["TEPAI_SECRET"] not in shown


TOKEN = {"TEPAI_TELEGRAM_TOKEN": "123456:aSecretThatNobodyMustSee_-0123456789"}
HOOK = {**TOKEN, "TEPAI_TELEGRAM_WEBHOOK_SECRET": "another-secret-0123456789"}
WEBHOOK = "telegram: {mode: webhook, url: 'https://chat.example.com'}"


def test_telegram_needs_nothing_but_a_token():
    assert load(None, {**SECRET, **TOKEN}).telegram.mode == "polling"


def test_a_telegram_webhook_needs_a_secret_and_an_address():
    assert load(written(WEBHOOK), {**SECRET, **HOOK}).telegram.url == "https://chat.example.com"
    assert complaint(WEBHOOK, **TOKEN).startswith("TEPAI_TELEGRAM_WEBHOOK_SECRET: ")
    assert complaint("telegram: {mode: webhook}", **HOOK).startswith("telegram.url: ")


def test_a_staff_group_on_telegram_is_a_group_and_its_teams_are_known():
    teams = "support: {teams: {care: [asked]}}\ntelegram: {staff_group: -1001234567890, staff_teams: [care]}"
    assert load(written(teams), SECRET).telegram.staff_group == -1001234567890
    assert load(None, SECRET).telegram.staff_group is None
    assert complaint("telegram: {staff_group: 42}").startswith("telegram.staff_group: ")
    assert complaint("telegram: {staff_teams: [care]}").startswith("telegram.staff_teams: ")


def test_a_malformed_telegram_token_is_named_and_not_shown():
    told = complaint(TEPAI_TELEGRAM_TOKEN="no token at all")
    assert told.startswith("TEPAI_TELEGRAM_TOKEN: ")
    assert "no token" not in told
