"""The file that `GUARD_SINKS` names (docs/reference/record.md, "Streaming out")."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from guard.errors import InvalidInputError
from guard.record.rows import Redaction
from guard.settings import LOOPBACK, Settings, environment


class Format(StrEnum):
    """How an event is written."""

    JSON = "json"
    OCSF = "ocsf"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SyslogTarget(_Model):
    """A collector of RFC 5424 messages over TCP; `ca` is a file of certificates to trust instead of the system's."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 6514
    tls: bool = True
    ca: Path | None = None
    facility: Annotated[int, Field(ge=0, le=23)] = 13  # "log audit", RFC 5424 table 1


class WebhookTarget(_Model):
    """Where to POST; `secret_variable` names the environment variable that holds the key of the signature."""

    url: str
    secret_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _secure(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ValueError("wants http(s)://host/path without a user")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("plain http only goes to this machine; use https")
        return url


class SinkConfig(_Model):
    """One sink: exactly one of `syslog` and `webhook`, and what it gets."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,64}$")]
    syslog: SyslogTarget | None = None
    webhook: WebhookTarget | None = None
    events: bool = True
    checkpoints: bool = False
    content: Redaction = Redaction.STRICT
    format: Format = Format.JSON
    batch: Annotated[int, Field(ge=1, le=5_000)] = 500

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.syslog is None) == (self.webhook is None):
            raise ValueError("wants exactly one of syslog and webhook")
        if not (self.events or self.checkpoints):
            raise ValueError("gets neither events nor checkpoints")
        return self


class _File(_Model):
    sinks: list[SinkConfig]


def load(path: Path, variables: Mapping[str, str]) -> list[SinkConfig]:
    """Reads the file. Raises InvalidInputError naming what is wrong with it, a secret that is not set included."""
    try:
        sinks = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).sinks
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInputError(f"{path} cannot be read as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(f"{path}: {'.'.join(str(part) for part in first['loc']) or 'the file'}: {first['msg']}") from error
    names = [sink.name for sink in sinks]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidInputError(f"{path}: two sinks have the name {min(twice)!r}; a name is a sink's place in the log")
    for sink in sinks:
        if sink.webhook is not None and not variables.get(sink.webhook.secret_variable):
            raise InvalidInputError(f"{path}: {sink.name}: the variable {sink.webhook.secret_variable} holds no secret")
    return sinks


def configured(settings: Settings) -> list[SinkConfig]:
    """The sinks of the file that `GUARD_SINKS` names; none where it names none. Raises InvalidInputError."""
    return [] if settings.sinks is None else load(settings.sinks, environment())
