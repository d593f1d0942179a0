"""Every setting of the guard: environment variables prefixed `GUARD_`, also from a `.env` in the working directory."""

import os
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from guard.types import Mode

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class CallerAuth(StrEnum):
    """How callers of the gateway prove who they are."""

    KEY = "key"
    PASSTHROUGH = "passthrough"
    OPEN = "open"


class RemoteImages(StrEnum):
    """Whether pictures behind URLs in requests are fetched."""

    OFF = "off"
    LISTED = "listed"
    ON = "on"


class UrlOutputs(StrEnum):
    """What becomes of a picture that an answer only points at."""

    LINK = "link"
    BASE64 = "base64"


class PartialImages(StrEnum):
    """What becomes of the partial pictures of a stream."""

    HOLD = "hold"
    DROP = "drop"
    SCREEN = "screen"


class Settings(BaseSettings):
    """Read once at start and passed down; no other code reads the environment."""

    model_config = SettingsConfigDict(env_prefix="GUARD_", env_file=".env", extra="ignore", frozen=False)

    data_dir: Path = Field(
        Path("./var"), description="Directory of the embedded database, the master key and the signing key; created with mode 0700."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty means SQLite in the data directory. PostgreSQL: `postgresql+psycopg://user@host/name`."
    )
    master_key: SecretStr | None = Field(
        None, description="32 bytes as hex or base64 that wrap every stored key; unset: generated into the data directory, mode 0600."
    )
    bootstrap_admin_key: SecretStr | None = Field(None, description="Seeds an administrator key with this value at start, for automation.")

    runtime_dir: Path | None = Field(None, description="Set by `guard serve` for its children: the private directory of their sockets.")
    standin: bool = Field(False, description="Set by `guard serve` for its children when the bundled stand-in is the upstream.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the gateway.")
    admin_port: int | None = Field(
        None, ge=0, le=65535, description="When set, the admin API and the console are served only on this port."
    )
    workers: int = Field(1, ge=1, le=64, description="Gateway worker processes.")
    face_workers: int = Field(1, ge=0, le=64, description="Face worker processes (each at most about 350 MB).")

    small_faces: bool = Field(
        False,
        description="Look for faces down to a fiftieth of every picture's longer side, turned ones to half of that, under every policy "
        "(3 to 5 s of CPU a picture; without it as far as 1.5 s reach). A policy asks for it by `small_faces` for its own requests.",
    )
    face_detector: Path | None = Field(
        None,
        description="ONNX file of a face detector of your own, with its description beside it, which looks beside dlib's; needs the extra "
        "`onnx` ([how](../how-to/bring-a-face-detector.md)).",
    )
    face_encoder: Path | None = Field(
        None,
        description="ONNX file of a face network of your own, with its description beside it; needs the extra `onnx` and a scale "
        "([how](../how-to/bring-a-face-encoder.md)).",
    )
    face_encoder_beside_dlib: bool = Field(True, description="Whether dlib's encoder goes on beside `GUARD_FACE_ENCODER`.")

    upstream_url: str = Field("", description="Base URL of the provider with `/v1`; unset with no API key: the bundled stand-in upstream.")
    upstream_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("GUARD_UPSTREAM_API_KEY", "OPENAI_API_KEY"),
        description="Key sent to the provider; falls back to `OPENAI_API_KEY`.",
    )
    upstreams: Path | None = Field(
        None,
        description="File naming several upstreams: name, dialect, base URL, key variable, path prefix "
        "([how to write it](../how-to/several-upstreams.md)). It takes the place of `GUARD_UPSTREAM_URL`.",
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.\[\]:-]+)?/?$",
        description="Where callers reach the gateway, such as `https://guard.example`. Addresses in answers that clients must go to next "
        "(polling) are written with it; unset: `http://` with the host and port listened on.",
    )
    upstream_connect_timeout_s: float = Field(5.0, gt=0, description="Time to connect to the provider.")
    upstream_timeout_s: float = Field(300.0, gt=0, description="Time for a whole answer of the provider.")
    upstream_connections: int = Field(512, ge=1, description="Connections to the provider at once, per worker.")
    upstream_retries: int = Field(
        1,
        ge=0,
        le=5,
        description="How often a request is sent again when no connection could be made, or when a GET broke before its answer began; "
        "nothing that draws is ever sent twice.",
    )
    upstream_failures: int = Field(
        10,
        ge=0,
        description="After so many requests in a row without an answer the provider is taken to be down: 502 at once, and one request in "
        "`GUARD_UPSTREAM_REST_S` tries again; 0: never.",
    )
    upstream_rest_s: float = Field(10.0, gt=0, description="Seconds between two tries of a provider that is taken to be down.")

    caller_auth: CallerAuth = Field(
        CallerAuth.KEY,
        description="`key`: our caller keys; `passthrough`: the caller's bearer goes to the provider; `open`: no key, loopback only.",
    )
    policy: str = Field("default", description="Name of a bundled policy or a path to one.")
    mode: Mode = Field(Mode.ENFORCE, description="`shadow`: everything is decided and recorded, nothing is refused.")
    fail: str = Field(
        "closed",
        pattern="^(closed)$",
        description="What a step that cannot answer means; only `closed` exists, policies may say otherwise per rule.",
    )
    pending_protects: bool = Field(True, description="Whether an opt-out that waits for verification protects meanwhile.")
    staff_opt_outs_active: bool = Field(True, description="Whether an opt-out by requester role `staff` is active at once.")
    two_person: bool = Field(
        False,
        description="Whether confirming a claim, permitting a use and ending a protection in force take two people "
        "([which, and who counts](registry.md#two-people)).",
    )
    verify_authority: bool = Field(
        False,
        description="Whether a claim by an agent, guardian, estate or employer is confirmed only with its `authority` stated and a proof "
        "of it checked ([how](registry.md#evidence)).",
    )
    post_mortem_years: int = Field(
        70,
        ge=0,
        le=1_000,
        description="Years after a deceased person's death at which an opt-out ends that states no end; 0: it has none. The default is the "
        "term of California Civil Code 3344.1(g) ([by kind of person](registry.md#defaults-by-kind)).",
    )
    require_lawful_basis: bool = Field(
        False, description="Whether an enrolment photo needs `lawful_basis`, `release_ref` and `destroy_by`."
    )

    probing_limit: int = Field(
        1_000,
        ge=0,
        description="Near misses of one key within ten minutes, for each worker, after which it gets 429; 0: never "
        "([why](../reference/signals.md#probing)).",
    )
    moderation_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="Base URL of a moderation service with the API of OpenAI (`https://api.openai.com/v1`). Prompts and pictures are sent "
        "there where the policy reads `moderation`; unset: to nobody ([what it means](../reference/signals.md#moderation)).",
    )
    moderation_api_key: SecretStr | None = Field(None, description="Key sent to the moderation service; no other key is ever sent there.")
    moderation_model: str = Field("omni-moderation-latest", description="Model that the moderation service is asked for.")
    moderation_per_minute: int = Field(
        600, ge=0, description="Most calls to the moderation service a minute, for each worker; 0: any number."
    )

    text_workers: int = Field(
        0,
        ge=0,
        le=64,
        description="Processes that read text in pictures (each 270 to 650 MB), which needs the extra `ocr`; 0: nobody reads it "
        "([what it means](../reference/signals.md#text-in-pictures)).",
    )
    nudity_model: Path | None = Field(
        None,
        description="ONNX file of a network that sees nudity, with its description beside it; needs the extra `onnx`; unset: nobody looks "
        "([what it means](../reference/signals.md#nudity)).",
    )
    nudity_workers: int = Field(1, ge=1, le=64, description="Processes that look for nudity, where `GUARD_NUDITY_MODEL` is set.")

    max_body_mb: float = Field(64, gt=0, description="Largest request body, in 1,000,000 bytes as received; beyond it 413.")
    max_answer_mb: float = Field(256, gt=0, description="Largest answer of the provider, in 1,000,000 bytes; beyond it 502.")
    max_image_mp: float = Field(50, gt=0, description="Largest picture, in 1,000,000 pixels, all frames counted.")
    max_frames: int = Field(64, ge=1, description="Most frames of an animated picture; more is refused.")
    max_video_frames: int = Field(1_000, ge=1, description="Most frames looked at of a video (extra `video`); more is refused.")
    video_frames_per_s: float = Field(
        0, ge=0, description="Frames looked at in each second of a video, evenly; 0: every frame. A face between two of them is not seen."
    )
    remote_images: RemoteImages = Field(
        RemoteImages.OFF,
        description="Pictures behind URLs in requests: `off`: refused; `listed`: fetched from the hosts of `GUARD_REMOTE_IMAGE_HOSTS`; "
        "`on`: fetched from every public host ([how it is done](../how-to/remote-images.md)).",
    )
    remote_image_hosts: str = Field(
        "", description="Hosts for `GUARD_REMOTE_IMAGES=listed`, parted by commas; `*.example.com` is every host below it."
    )
    url_outputs: UrlOutputs = Field(
        UrlOutputs.LINK,
        description="Pictures that an answer only points at, once they have been fetched and looked at: `link`: behind a link of the "
        "gateway's own, unless the client asked for base64; `base64`: in the answer.",
    )
    link_s: float = Field(3600, gt=0, le=604_800, description="Seconds for which such a link leads to its picture.")
    links_mb: float = Field(1000, gt=0, description="Pictures behind links together, in 1,000,000 bytes; beyond it the oldest go first.")
    links_dir: Path | None = Field(
        None,
        description="Directory of the pictures behind links, each encrypted under a key that only its link holds; unset: `pictures` in the "
        "data directory. Replicas share one.",
    )
    body_timeout_s: float = Field(60, gt=0, description="Time for a caller to send a whole body.")
    face_timeout_s: float = Field(
        30, gt=0, description="Time for the face workers to answer for one picture; beyond it the request is refused."
    )
    face_queue: int = Field(32, ge=1, description="Pictures waiting for a face worker, per gateway worker; beyond it 503.")
    partial_images: PartialImages = Field(
        PartialImages.HOLD,
        description="Partial pictures of a stream, which show a person as well as the whole one: `hold`: they wait until all of it was looked at; "
        "`drop`: they are left out; `screen`: each is looked at, recorded and released on its own.",
    )
    held_mb: float = Field(
        256,
        gt=0,
        description="What streams hold back together, per worker, in 1,000,000 bytes; beyond it providers have to wait, the oldest stream excepted.",
    )
    keepalive_s: float = Field(5.0, gt=0, description="Seconds between comment keep-alives while a stream's pictures are held.")
    shutdown_s: float = Field(30, gt=0, description="Time for running requests to end at shutdown.")
    checkpoint_s: float = Field(2.0, gt=0, le=5, description="Longest time between an event and the checkpoint that covers it.")
    checkpoint_file: Path | None = Field(
        None,
        description="Every checkpoint is appended here too; put it where the operator of the database cannot change it (a mounted share). At start the log must extend the last one in it, as it must extend the one in `last-checkpoint` of the data directory.",
    )
    retention: Path | None = Field(
        None,
        description="File saying after how many days the bodies of events are pruned ([how to write it](record.md#retention)); unset: all are kept.",
    )
    sinks: Path | None = Field(
        None,
        description="File naming where the record is sent on to as it grows: syslog, webhooks ([how to write it](record.md#streaming-out)).",
    )
    public_intake: bool = Field(
        False, description="Whether `/opt-out` serves a form by which anybody asks to be left out, without an account."
    )
    public_intake_open: int = Field(
        200, ge=0, description="Most unverified requests of the public form that protect at once; more are taken in and wait for the staff."
    )
    public_intake_days: float = Field(14, gt=0, description="Days for which an unverified request of the public form protects.")
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server for notices: `smtp://user:password@host:587?starttls=true` or `smtps://...`; unset: no mail.",
    )
    notice_from: str = Field("likeness-guard@localhost", description="Sender of notices by mail.")
    notice_staff: str | None = Field(None, description="Mail address that is told about overdue cases, and what policies want told.")
    notice_webhook: str | None = Field(
        None, pattern="^https?://", description="URL that gets every notice as JSON, signed with the log's key (Standard Webhooks, `v1a`)."
    )
    notify_every_s: float = Field(
        3_600.0,
        gt=0,
        le=31_536_000,
        description="Seconds for which nothing more is told of a rule's `notify` about the same person ([how](policies.md#obligations)).",
    )
    notice_retry_s: float = Field(5.0, gt=0, description="Seconds between two looks into the outbox.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level logged (JSON lines on standard error).")

    @model_validator(mode="after")
    def _open_only_on_loopback(self) -> "Settings":
        if self.caller_auth is CallerAuth.OPEN and self.host not in LOOPBACK:
            raise ValueError(f"GUARD_CALLER_AUTH=open serves anyone who connects, so it needs a loopback GUARD_HOST, not {self.host!r}")
        return self

    @model_validator(mode="after")
    def _listed_needs_a_list(self) -> "Settings":
        if self.remote_images is RemoteImages.LISTED and not self.remote_hosts:
            raise ValueError("GUARD_REMOTE_IMAGES=listed fetches only from listed hosts; name them in GUARD_REMOTE_IMAGE_HOSTS")
        return self

    @property
    def remote_hosts(self) -> frozenset[str] | None:
        """The hosts that pictures of requests are fetched from; None for every public one."""
        if self.remote_images is RemoteImages.ON:
            return None
        return frozenset(host.strip().lower() for host in self.remote_image_hosts.split(",") if host.strip())

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL in use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'guard.db'}"

    @property
    def notice_channels(self) -> tuple[str, ...]:
        """The ways that are open for notices."""
        return (*(("mail",) if self.smtp_url else ()), *(("webhook",) if self.notice_webhook else ()))

    @property
    def upstream_base(self) -> str:
        """Where requests go."""
        return self.upstream_url or "https://api.openai.com/v1"

    @property
    def public_base(self) -> str:
        """Where callers reach the gateway, without a slash at its end; never taken from a request's Host header."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not listened on
        host = f"[{here}]" if ":" in here else here
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def max_body_bytes(self) -> int:
        """`max_body_mb` in bytes."""
        return int(self.max_body_mb * 1_000_000)

    @property
    def max_answer_bytes(self) -> int:
        """`max_answer_mb` in bytes."""
        return int(self.max_answer_mb * 1_000_000)

    @property
    def max_image_pixels(self) -> int:
        """`max_image_mp` in pixels."""
        return int(self.max_image_mp * 1_000_000)


class _Variables(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="allow", case_sensitive=True)


def environment() -> dict[str, str]:
    """Every variable, those of a `.env` in the working directory included; for keys that a file of upstreams names."""
    written = {name: value for name, value in (_Variables().model_extra or {}).items() if isinstance(value, str)}
    return {**written, **os.environ}
