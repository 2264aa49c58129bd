"""Where things are and how the programme speaks: ``palayesh.toml`` and ``PALAYESH_*`` variables."""

from __future__ import annotations

import getpass
import locale
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from palayesh.language import Language

PROJECT_ROOT = Path(__file__).resolve().parents[2]


def language_of_locale() -> Language:
    """Persian, unless the locale asks for English."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if (named or locale.getlocale()[0] or "").lower().startswith("en") else "fa"


class Settings(BaseSettings):
    """The settings of one installation; every default works with no server at all."""

    model_config = SettingsConfigDict(
        env_prefix="PALAYESH_", toml_file="palayesh.toml", extra="forbid", hide_input_in_errors=True
    )

    database_url: str = ""
    """SQLAlchemy address of the registry; empty = SQLite under ``var``."""
    var: Path = Path("var")
    """Folder for the registry, received files, reports and Prefect's own files (made with mode 0700)."""
    expectations: Path = PROJECT_ROOT / "expectations"
    templates: Path = PROJECT_ROOT / "reports_templates"
    lang: Language | None = None
    province: str = "08"
    """The province whose families are counted (two-digit code)."""
    threads: int = 2
    keep_months: int = Field(0, ge=0)
    """Months that rows of persons are kept; the stewards are told of older ones. 0 = nobody has set a period."""
    cut_off_day: int = 10
    """The day of the next month until which questions of a month are to be answered."""
    blind_review: bool = True
    """Whether a steward sees the machine's opinion of a pair only after his own first judgement."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    """What compares the pairs of plain lists: DuckDB on this machine, or Spark with the same results (the extra ``spark``, Java 17)."""
    spark_master: str = ""
    """Spark's address (``spark://…``, ``yarn``); empty = on this machine."""
    operator: str = ""
    """Who works at this command line; empty = the account's name. Who prepared a month may not release it."""
    delivery: Path = Path("delivery.yml")
    """Who gets what, and how letters are written (docs/delivery.md)."""
    mail_host: str = ""
    """Mail server; empty = nothing is sent. Its password is never here: ``palayesh.adapters.passwords``."""
    mail_port: int = 0
    """0 = the usual one: 587 for STARTTLS, 465 for TLS, 25 for none."""
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` is only for a mail server on this very machine."""
    mail_user: str = ""
    mail_ca_file: Path | None = None
    """Certificate authority of the office's own mail server; absent = those of this machine."""
    mail_timeout: float = 60
    """Seconds that the server may take for each answer."""
    mail_password_file: Path | None = None
    mailbox_host: str = ""
    """IMAP server of the mailbox to which undelivered letters come back; empty = it is not read."""
    mailbox_port: int = 0
    """0 = the usual one: 993 for TLS, 143 for STARTTLS and none."""
    mailbox_security: Literal["starttls", "tls", "none"] = "tls"
    """``none`` is only for a server on this very machine."""
    mailbox_user: str = ""
    mailbox_folder: str = Field("INBOX", pattern=r"^[ !#-\[\]-~]+$")
    mailbox_ca_file: Path | None = None
    mailbox_password_file: Path | None = None
    report_passwords_file: Path | None = None
    """YAML file of mode 0600: recipient → password of the reports it gets."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def registry_url(self) -> str:
        return self.database_url or f"sqlite:///{self.var.resolve() / 'registry.sqlite'}"

    @property
    def operator_name(self) -> str:
        return self.operator or getpass.getuser()

    @property
    def language(self) -> Language:
        return self.lang or language_of_locale()


_overrides: dict[str, object] = {}


def override(**values: object) -> None:
    """Settings named here hold for the rest of the process (command-line switches, tests)."""
    _overrides.update(values)
    current.cache_clear()


def reset() -> None:
    """Forget every override."""
    _overrides.clear()
    current.cache_clear()


@lru_cache(maxsize=1)
def current() -> Settings:
    """The settings of this process."""
    return Settings(**_overrides)  # type: ignore[arg-type]
