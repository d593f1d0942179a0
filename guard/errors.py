"""One tree of errors. They know nothing of HTTP; `api/problems.py` (admin) and the dialects (gateway) map them.

GuardError
├── UnscreenableError        what was sent cannot be screened, so it is refused (a recorded decision)
│   └── TooLargeError        a body, picture, frame count or depth beyond its cap
├── InvalidInputError        an admin or command-line input is wrong; carries JSON pointers
│   ├── PolicyInvalidError   a policy file that cannot be used
│   └── UnfitPhotoError      an enrolment photo that is no good, with the reason
├── SignalUnavailableError   a slow source of signals cannot answer; the policy names what follows
├── NotFoundError · ConflictError
├── UpstreamError            the provider's fault or the network's
│   ├── UpstreamUnreachableError · UpstreamTimeoutError · UpstreamInvalidError
└── UnavailableError         our own outage: nothing is forwarded, the caller may try again
    ├── LogUnavailableError · RegistryUnavailableError · FacesUnavailableError
"""

from collections.abc import Sequence
from dataclasses import dataclass


class GuardError(Exception):
    """Anything the guard raises on purpose. The message says what was wrong, with what value, and what to do."""


class UnscreenableError(GuardError):
    """A request or an answer that cannot be screened.

    Args:
        message: what was wrong, safe to show to the caller.
        where: the place in the request (`prompt`, `image[1]`, `input[2].content[1].image_url`), or None for the whole.
        status: the HTTP status class wanted: 400, 404, 405, 413, 415 or 426.
    """

    def __init__(self, message: str, where: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.where = where
        self.status = status


class TooLargeError(UnscreenableError):
    """Something beyond its cap; answered 413."""

    def __init__(self, message: str, where: str | None = None) -> None:
        super().__init__(message, where, 413)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with an input; `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    message: str


class InvalidInputError(GuardError):
    """An input that is refused whole, with each reason."""

    def __init__(self, message: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class PolicyInvalidError(InvalidInputError):
    """A policy that cannot be used; the message starts with `file:line:column:`."""


class UnfitPhotoError(InvalidInputError):
    """An enrolment photo that is no good; the message says why."""


class SignalUnavailableError(GuardError):
    """A source of signals cannot answer; the policy names what follows."""


class NotFoundError(GuardError):
    """No such thing, or none that this key may see."""


class ConflictError(GuardError):
    """The state of things forbids it; `duplicates` lists what stands in the way."""

    def __init__(self, message: str, duplicates: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.duplicates = tuple(duplicates)


class UpstreamError(GuardError):
    """The provider, or the way to it, failed."""


class UpstreamUnreachableError(UpstreamError):
    """No connection, or it broke before an answer."""


class UpstreamTimeoutError(UpstreamError):
    """No answer in time."""


class UpstreamInvalidError(UpstreamError):
    """An answer that is no answer: not the dialect's, truncated, a redirect."""


class UnavailableError(GuardError):
    """Our own outage; `retry_after_s` is a hint."""

    retry_after_s = 1


class LogUnavailableError(UnavailableError):
    """The record cannot be written, so nothing may be forwarded."""


class RegistryUnavailableError(UnavailableError):
    """The registry's revision cannot be confirmed."""


class FacesUnavailableError(UnavailableError):
    """The face workers are not there or have no room."""
