"""The configured providers, from the settings to what the gateway mounts."""

from collections.abc import Collection

from guard.errors import InvalidInputError
from guard.extract.base import Limits
from guard.forward import Auth, UpstreamLimits
from guard.links import Links
from guard.mounts import Mount, mount
from guard.settings import CallerAuth, RemoteImages, Settings, UrlOutputs, environment
from guard.upstreams import UpstreamSpec, parse

DEFAULT_PREFIX = "/v1"


def specifications(settings: Settings) -> tuple[UpstreamSpec, ...]:
    """Those of `GUARD_UPSTREAMS`, or the one OpenAI upstream that `GUARD_UPSTREAM_URL` names; InvalidInputError says what is wrong."""
    usual = UpstreamLimits(
        connect_s=settings.upstream_connect_timeout_s,
        total_s=settings.upstream_timeout_s,
        answer_bytes=settings.max_answer_bytes,
        connections=settings.upstream_connections,
        retries=settings.upstream_retries,
        failures=settings.upstream_failures,
        rest_s=settings.upstream_rest_s,
    )
    if settings.upstreams is None:
        return (UpstreamSpec("openai", "openai", settings.upstream_base.rstrip("/"), DEFAULT_PREFIX, usual),)
    try:
        text = settings.upstreams.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"GUARD_UPSTREAMS names {settings.upstreams}, which cannot be read: {error}") from error
    return parse(text, str(settings.upstreams), usual)


def mounts(settings: Settings) -> dict[str, Mount]:
    """Every provider by its prefix, with its key; in passthrough mode callers bring their own."""
    limits = Limits(
        max_pixels=settings.max_image_pixels,
        max_frames=settings.max_frames,
        max_event_bytes=settings.max_answer_bytes,
        ledger=True,
        remote=settings.remote_images is not RemoteImages.OFF,
    )
    named = {spec.prefix: spec for spec in specifications(settings)}
    others = {other.prefix: other for spec in named.values() for other in spec.in_other_versions() if _is_free(other.prefix, named)}
    return {prefix: mount(spec, _key(spec, settings), limits, settings.public_base) for prefix, spec in {**named, **others}.items()}


def _is_free(prefix: str, taken: Collection[str]) -> bool:
    return not any(f"{prefix}/".startswith(f"{other}/") or f"{other}/".startswith(f"{prefix}/") for other in taken)


def links(settings: Settings) -> Links | None:
    """Where pictures are kept that clients asked to get as a link; None where they get base64."""
    if settings.url_outputs is UrlOutputs.BASE64:
        return None
    directory = settings.links_dir or settings.data_dir / "pictures"
    return Links(directory, settings.public_base, settings.link_s, int(settings.links_mb * 1_000_000))


def _key(spec: UpstreamSpec, settings: Settings) -> str | None:
    if settings.caller_auth is CallerAuth.PASSTHROUGH or spec.auth is Auth.NONE:
        return None
    if settings.upstreams is None:
        return settings.upstream_api_key.get_secret_value() if settings.upstream_api_key else None
    return spec.key(environment())
