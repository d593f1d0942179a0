"""The clock, and times as the leaf holds them."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def rfc3339(time: datetime) -> str:
    """As the leaf holds times: UTC, microseconds, always 27 characters, so that text order is time order."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
