"""The file that `GUARD_SINKS` names (docs/reference/record.md, "Streaming out")."""

import ssl
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from guard.errors import InvalidInputError
from guard.faults import in_words
from guard.record.checkpoint import COSIGNER, parse_key
from guard.record.rows import Redaction
from guard.settings import LOOPBACK, Settings, environment

_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


class Format(StrEnum):
    """How an event is written."""

    JSON = "json"
    OCSF = "ocsf"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _secure_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError("wants http(s)://host/path without a user")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("plain http only goes to this machine; use https")
    return url


def trusting(ca: Path | None) -> ssl.SSLContext | bool:
    """What an HTTP client verifies a server by: a file of certificates, or the system's."""
    return ssl.create_default_context(cafile=ca) if ca is not None else True


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
    secret_variable: Annotated[str, Field(pattern=_VARIABLE)]
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _secure(cls, url: str) -> str:
        return _secure_url(url)


class OtlpTarget(_Model):
    """A collector of OpenTelemetry logs, OTLP over HTTP; `headers_variable` names the environment variable with `name=value,...`."""

    url: str
    headers_variable: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _secure(cls, url: str) -> str:
        return _secure_url(url)


class WitnessTarget(_Model):
    """A witness that cosigns checkpoints: its submission prefix, its key (`name+hash+base64`), and how often it is asked at most."""

    url: str
    key: str
    every_s: Annotated[float, Field(ge=1)] = 60
    ca: Path | None = None

    @field_validator("url")
    @classmethod
    def _secure(cls, url: str) -> str:
        return _secure_url(url)

    @field_validator("key")
    @classmethod
    def _cosigns(cls, key: str) -> str:
        return str(parse_key(key, COSIGNER))


class MailTarget(_Model):
    """An address that checkpoints are mailed to, by the server of `GUARD_SMTP_URL`, and how often at most."""

    to: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    every_s: Annotated[float, Field(ge=60)] = 86_400


_TARGETS = ("syslog", "webhook", "otlp", "witness", "mail")


class SinkConfig(_Model):
    """One sink: exactly one of the targets, and what it gets. `witness` and `mail` get checkpoints and nothing else."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,64}$")]
    syslog: SyslogTarget | None = None
    webhook: WebhookTarget | None = None
    otlp: OtlpTarget | None = None
    witness: WitnessTarget | None = None
    mail: MailTarget | None = None
    events: bool = True
    checkpoints: bool = False
    content: Redaction = Redaction.STRICT
    format: Format = Format.JSON
    batch: Annotated[int, Field(ge=1, le=5_000)] = 500

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if sum(getattr(self, target) is not None for target in _TARGETS) != 1:
            raise ValueError(f"wants exactly one of {', '.join(_TARGETS)}")
        if (self.witness is not None or self.mail is not None) and (self.events or not self.checkpoints):
            raise ValueError("witness and mail take checkpoints only: say `events: false` and `checkpoints: true`")
        if not (self.events or self.checkpoints):
            raise ValueError("gets neither events nor checkpoints")
        return self

    @property
    def every_s(self) -> float:
        """Least time between two checkpoints sent there."""
        seldom = self.witness or self.mail
        return seldom.every_s if seldom is not None else 0.0


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
        raise InvalidInputError(f"{path}: {'.'.join(str(part) for part in first['loc']) or 'the file'}: {in_words(first)}") from error
    names = [sink.name for sink in sinks]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidInputError(f"{path}: two sinks have the name {min(twice)!r}; a name is a sink's place in the log")
    for sink in sinks:
        if sink.webhook is not None and not variables.get(sink.webhook.secret_variable):
            raise InvalidInputError(f"{path}: {sink.name}: the variable {sink.webhook.secret_variable} holds no secret")
        if sink.otlp is not None and sink.otlp.headers_variable is not None and not variables.get(sink.otlp.headers_variable):
            raise InvalidInputError(f"{path}: {sink.name}: the variable {sink.otlp.headers_variable} holds no headers")
        if sink.mail is not None and not variables.get("GUARD_SMTP_URL"):
            raise InvalidInputError(f"{path}: {sink.name}: mail needs a server in GUARD_SMTP_URL")
    return sinks


def configured(settings: Settings) -> list[SinkConfig]:
    """The sinks of the file that `GUARD_SINKS` names; none where it names none. Raises InvalidInputError."""
    return [] if settings.sinks is None else load(settings.sinks, environment())
