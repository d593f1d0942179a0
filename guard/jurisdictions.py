"""Places as ISO 3166 codes (`DE`, `US-CA`) and the groups `EU` and `EEA`; `*` is everywhere. Pure.

A place that no code names (`Norway`, `GER`) may be anywhere: taken literally it would be nowhere, and a denial for it would bind nobody.
"""

import re

# ISO 3166-1 alpha-2 as of 2024 by first letter, and XK, which everybody uses for Kosovo; ISO 3166-2 behind it.
_PLACE = re.compile(
    r"("
    r"A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]"
    r"|G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]"
    r"|M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|O[M]|P[AEFGHKLMNRSTWY]|Q[A]|R[EOSUW]|S[ABCDEGHIJKLMNORSTVXYZ]"
    r"|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|W[FS]|X[K]|Y[ET]|Z[AMW]"
    r")(-[A-Z0-9]{1,3})?",
    re.ASCII,
)
_EU_WEST = ("AT", "BE", "CY", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "LU", "MT", "NL", "PT", "SE")
_EU_EAST = ("BG", "CZ", "EE", "HR", "HU", "LT", "LV", "PL", "RO", "SI", "SK")
_EU = frozenset([*_EU_WEST, *_EU_EAST])
_GROUPS = {"EU": _EU, "EEA": _EU | {"IS", "LI", "NO"}}
_EVERYWHERE = frozenset({"*", "WORLD", "WORLDWIDE"})
_OTHER_NAMES = {"UK": "GB", "EL": "GR"}

WANTED = "must be an ISO 3166 code such as `DE` or `US-CA`, or `EU`, `EEA` or `*`"
"""What to say of a place that is not `known`."""


def known(place: str) -> bool:
    """Whether a text names a place: a country with or without a subdivision, a group, or everywhere."""
    code = _code(place)
    return code in _EVERYWHERE or code in _GROUPS or _PLACE.fullmatch(code) is not None


def stated(place: str) -> str:
    """The code of a place that somebody states for a directive; ValueError where it names none."""
    if not known(place):
        raise ValueError(WANTED)
    return _code(place)


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
    """Whether a request may lie in one of the places: one that is unstated, wider, or not `known` may, and so may any in an unknown place."""
    if not places or request is None or not known(request):
        return True
    return any(covers(place, request) or covers(request, place) or not known(place) for place in places)


def _code(place: str) -> str:
    country, dash, subdivision = place.strip().upper().replace("_", "-").partition("-")
    return _OTHER_NAMES.get(country, country) + dash + subdivision
