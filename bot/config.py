"""The settings: config.yaml, and above it the few environment variables that carry secrets and places."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import ConfigError
from bot.sections import (
    Attachments,
    Company,
    DatabaseSection,
    DeskSection,
    DialogueSection,
    Housekeeping,
    Identity,
    Language,
    Orders,
    Smtp,
    Support,
    Telegram,
    Web,
    Wechat,
)

DEFAULT_FILE = Path("config.yaml")
SECRET_FILE = Path("var/secret")
MIN_SECRET = 16


class Settings(BaseSettings):
    """Everything that can be set. `secret` and `smtp_password` come from the environment only."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    demo: bool = True
    company: Company = Company()
    web: Web = Web()
    database: DatabaseSection = DatabaseSection()
    language: Language = Language()
    dialogue: DialogueSection = DialogueSection()
    orders: Orders = Orders()
    identity: Identity = Identity()
    smtp: Smtp = Smtp()
    support: Support = Support()
    desk: DeskSection = DeskSection()
    attachments: Attachments = Attachments()
    housekeeping: Housekeeping = Housekeeping()
    telegram: Telegram = Telegram()
    wechat: Wechat = Wechat()
    telegram_token: SecretStr = SecretStr("")
    telegram_webhook_secret: SecretStr = SecretStr("")
    wechat_secret: SecretStr = SecretStr("")
    wechat_token: SecretStr = SecretStr("")
    wechat_aes_key: SecretStr = SecretStr("")
    wechat_old_aes_key: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    smtp_password: SecretStr = SecretStr("")


_VARIABLES = {
    "TEPAI_SECRET": ("secret",),
    "TEPAI_SMTP_PASSWORD": ("smtp_password",),
    "TEPAI_TELEGRAM_TOKEN": ("telegram_token",),
    "TEPAI_TELEGRAM_WEBHOOK_SECRET": ("telegram_webhook_secret",),
    "TEPAI_WECHAT_SECRET": ("wechat_secret",),
    "TEPAI_WECHAT_TOKEN": ("wechat_token",),
    "TEPAI_WECHAT_AES_KEY": ("wechat_aes_key",),
    "TEPAI_WECHAT_OLD_AES_KEY": ("wechat_old_aes_key",),
    "DATABASE_URL": ("database", "url"),
    "PORT": ("web", "port"),
}


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: the environment above the file above the defaults.

    Without `path`, config.yaml of the working folder, or only defaults where there is none. In demo mode a missing
    secret is made once and kept in var/secret. Raises `ConfigError`, which names the setting and never its value.
    """
    try:
        settings = _layers(_read(path))(**_from_environment(os.environ if environ is None else environ))
    except ValidationError as error:
        raise ConfigError("; ".join(_complaint(found) for found in error.errors())) from None
    return _complete(settings)


def _layers(file: dict[str, Any]) -> type[Settings]:
    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, InitSettingsSource(settings_cls, file)

    return Layered


def _read(path: Path | None) -> dict[str, Any]:
    chosen = path or DEFAULT_FILE
    if path is None and not chosen.exists():
        return {}
    try:
        found = yaml.safe_load(chosen.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"{chosen} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The parser's own message quotes the line, and a line may hold a password.
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"{chosen} is not YAML" + (f", line {mark.line + 1}" if mark else "")) from None
    if not isinstance(found, dict):
        raise ConfigError(f"{chosen} is not a list of settings")
    for variable, (name, *below) in _VARIABLES.items():
        if not below and name in found:
            raise ConfigError(f"{name}: not in the file, only by the environment variable {variable}")
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, (name, *below) in _VARIABLES.items():
        if value := environ.get(variable):
            found[name] = {below[0]: value} if below else value
    return found


def _complaint(error: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{name}: no such setting"
    return f"{name}: {error['msg']}"


def _complete(settings: Settings) -> Settings:
    _check_telegram(settings)
    if settings.smtp.username and not settings.smtp_password.get_secret_value():
        raise ConfigError("TEPAI_SMTP_PASSWORD: missing, but smtp.username is set")
    if not settings.demo and not settings.smtp.host:
        raise ConfigError("smtp.host: missing; written requests have to be sent somewhere outside demo mode")
    secret = settings.secret.get_secret_value()
    if not secret:
        if not settings.demo:
            raise ConfigError("TEPAI_SECRET: missing; only demo mode makes its own")
        return settings.model_copy(update={"secret": SecretStr(_demo_secret(SECRET_FILE))})
    if len(secret) < MIN_SECRET:
        raise ConfigError(f"TEPAI_SECRET: shorter than {MIN_SECRET} characters")
    return settings


def _check_telegram(settings: Settings) -> None:
    if unknown := [team for team in settings.telegram.staff_teams if team not in settings.support.teams]:
        raise ConfigError(f"telegram.staff_teams: support.teams has no {', '.join(unknown)}")
    token, secret = (kept.get_secret_value() for kept in (settings.telegram_token, settings.telegram_webhook_secret))
    if not token:
        return
    if not re.fullmatch(r"\d+:[\w-]{20,}", token):
        raise ConfigError("TEPAI_TELEGRAM_TOKEN: not a token as BotFather gives it (digits, a colon, letters)")
    if settings.telegram.mode == "polling":
        return
    if not settings.telegram.url:
        raise ConfigError("telegram.url: missing; in webhook mode Telegram has to know where to call")
    if not re.fullmatch(r"[\w-]{16,256}", secret, re.ASCII):
        raise ConfigError(
            "TEPAI_TELEGRAM_WEBHOOK_SECRET: 16 to 256 letters, digits, _ and - are needed in webhook mode"
        )


def _demo_secret(file: Path) -> str:
    """The secret of this folder. Of several processes that start at once, one makes it and all read the same."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=file.parent)  # readable by its owner only
        try:
            with os.fdopen(handle, "w") as opened:
                opened.write(secrets.token_urlsafe(32))
            os.link(made, file)
        except FileExistsError:
            pass
        finally:
            Path(made).unlink()
    return file.read_text().strip()
