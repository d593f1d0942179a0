"""Places as ISO 3166 codes (`DE`, `US-CA`) and the groups `EU` and `EEA`; `*` is everywhere. Pure."""

_EU_WEST = ("AT", "BE", "CY", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "LU", "MT", "NL", "PT", "SE")
_EU_EAST = ("BG", "CZ", "EE", "HR", "HU", "LT", "LV", "PL", "RO", "SI", "SK")
_EU = frozenset([*_EU_WEST, *_EU_EAST])
_GROUPS = {"EU": _EU, "EEA": _EU | {"IS", "LI", "NO"}}
_EVERYWHERE = frozenset({"*", "WORLD", "WORLDWIDE"})
_OTHER_NAMES = {"UK": "GB", "EL": "GR"}


def covers(wide: str, narrow: str) -> bool:
    """Whether everything in `narrow` lies in `wide` (`EU` covers `DE`, `US` covers `US-CA`)."""
    wide, narrow = _code(wide), _code(narrow)
    if wide in _EVERYWHERE or wide == narrow or narrow.startswith(wide + "-"):
        return True
    members = _GROUPS.get(wide)
    return members is not None and (narrow.split("-")[0] in members or _GROUPS.get(narrow, frozenset({"?"})) <= members)


def all_covered(places: tuple[str, ...], request: str | None) -> bool:
    """Whether a request certainly lies in one of the places; no places means everywhere, an unstated request nowhere."""
    return (
        not places
        or (request is not None and any(covers(place, request) for place in places))
        or any(_code(p) in _EVERYWHERE for p in places)
    )


def may_touch(places: tuple[str, ...], request: str | None) -> bool:
    """Whether a request may lie in one of the places: an unstated or wider one may."""
    return not places or request is None or any(covers(place, request) or covers(request, place) for place in places)


def _code(place: str) -> str:
    code = place.strip().upper().replace("_", "-")
    return _OTHER_NAMES.get(code, code)
