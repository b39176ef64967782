"""What the environment may set. Read once, by the composition root; nothing else looks at the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _split(value: object) -> object:
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


SearchPath = Annotated[tuple[Path, ...], BeforeValidator(_split)]
"""Directories in order of preference, separated like those of PATH."""


def _user_home() -> Path:
    return user_data_path("cordon", appauthor=False)


class Settings(BaseModel):
    """``CORDON_<NAME>`` each, empty counting as unset; what is given goes before.

    Raises pydantic.ValidationError, naming every wrong variable.
    """

    model_config = ConfigDict(frozen=True)

    inventory: Path | None = Field(default=None, description="The site's inventory file.")
    home: Path = Field(
        default_factory=_user_home, description="Where the database, the keys and the evidence are kept."
    )
    profiles: SearchPath = Field(
        default=(), description="Directories searched for profiles before the shipped ones."
    )
    playbooks: SearchPath = Field(
        default=(), description="Directories searched for playbooks before the shipped ones."
    )
    lang: str | None = Field(
        default=None, description="Language of all text, fr or en; by default that of LANG."
    )
    connect_timeout: float = Field(
        default=10, gt=0, le=300, description="Seconds to have a session with a device ready."
    )
    operation_timeout: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Seconds for one device's operation, from first byte to read-back.",
    )
    save_timeout: float = Field(
        default=60,
        gt=0,
        le=3600,
        description="Seconds a device has to save its startup configuration and to show it.",
    )
    threads: int = Field(default=50, ge=1, le=1000, description="Devices acted on at the same time.")
    workers: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = Field(
        default="auto",
        description="Processes that hold the sessions with devices; 0: the acting one itself. auto: one a "
        "processor, where there are several and at least 100 devices.",
    )
    arm: bool = Field(
        default=True,
        description="Holds sessions with choke points open while a service runs; false: with no device.",
    )
    rehearsal_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days after which what was rehearsed counts as untested again.",
    )
    vault_key_file: Path | None = Field(
        default=None, description="The key file that opens the vault of device secrets."
    )
    vault_passphrase_file: Path | None = Field(
        default=None, description="A file, yours alone, with the passphrase of the vault."
    )
    vault_passphrase_fd: int | None = Field(
        default=None, ge=0, description="An inherited descriptor to read the vault's passphrase from, once."
    )
    signal_keys: Path | None = Field(
        default=None,
        description="A directory with the keys of programs that may signal by the API: one file each.",
    )
    checkpoint_entries: int = Field(
        default=256, ge=1, le=1_000_000, description="Entries after which the log is signed at the latest."
    )
    checkpoint_minutes: int = Field(
        default=10, ge=1, le=1440, description="Minutes after which new entries are signed at the latest."
    )
    forward: str | None = Field(
        default=None,
        description="Where the log is sent on to (syslog over TLS): ADDRESS:PORT; by default nowhere.",
    )
    forward_ca: Path | None = Field(
        default=None, description="Certificates (PEM) one of which vouches for that receiver's."
    )
    forward_pin: str = Field(
        default="", description="The SHA-256 of that receiver's certificate, instead or as well."
    )
    forward_name: str = Field(
        default="", description="The name its certificate is for, where that is not its address."
    )
    forward_certificate: Path | None = Field(
        default=None, description="The certificate (PEM) by which that receiver knows who sends."
    )
    forward_key: Path | None = Field(default=None, description="The private key (PEM) of that certificate.")
    forward_without_names: bool = Field(
        default=False, description="Sends neither names nor what people wrote, if true."
    )
    retention: str = Field(
        default="",
        description="For how long what is held beside the log is kept, such as transcripts=1095d "
        "tables=365d; by default for good.",
    )
    session_idle_minutes: int = Field(
        default=60, ge=1, le=1440, description="Minutes without a sign of life after which a session ends."
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="Hours after which a session ends in any case."
    )
    argon2_memory_kib: int = Field(
        default=65_536, ge=8, le=4_194_304, description="Memory of one password hash, in KiB."
    )
    argon2_passes: int = Field(default=3, ge=1, le=100, description="Passes of one password hash.")
    argon2_threads: int = Field(
        default=1, ge=1, le=64, description="Password hashes worked out at the same time."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Form of the program's own log lines, text or json."
    )
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None,
        description="Least level of those lines: debug, info, warning or error; by default warning, "
        "for json info.",
    )
    log_file: Path | None = Field(
        default=None, description="Where those lines go; by default standard error."
    )
    spool_after_ms: int = Field(
        default=250,
        ge=10,
        le=10_000,
        description="Milliseconds the database has to commit before the spool takes over.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        said = {name: os.environ.get(f"CORDON_{name.upper()}") for name in cls.model_fields}
        return {name: value for name, value in said.items() if value} | given
