"""`GUARD_UPSTREAMS`: what a file of providers says, and how its mistakes are told."""

import json

import pytest

from guard.errors import InvalidInputError
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES
from guard.forward import Auth, UpstreamLimits
from guard.upstreams import UpstreamSpec, parse

USUAL = UpstreamLimits(connect_s=5, total_s=300, answer_bytes=1000, connections=512)
FULL = """
upstreams:
  - name: openai
    dialect: openai
    base_url: https://api.openai.com/v1/
    key_variable: OPENAI_API_KEY
  - name: painter
    dialect: gemini
    base_url: https://generativelanguage.googleapis.com/v1beta
    prefix: /google/v1beta
    key_variable: GEMINI_API_KEY
    models: [gemini-2.5-flash-image]
    tools: [googleSearch]
    connect_timeout_s: 2.5
    timeout_s: 60
    connections: 8
    retries: 0
    failures: 3
    rest_s: 1.5
"""


def test_a_file_of_providers() -> None:
    assert parse(FULL, "u.yaml", USUAL) == (
        UpstreamSpec("openai", "openai", "https://api.openai.com/v1", "/v1", USUAL, "OPENAI_API_KEY"),
        UpstreamSpec(
            "painter",
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            "/google/v1beta",
            UpstreamLimits(connect_s=2.5, total_s=60, answer_bytes=1000, connections=8, retries=0, failures=3, rest_s=1.5),
            "GEMINI_API_KEY",
            Auth.X_GOOG_API_KEY,
            frozenset({"gemini-2.5-flash-image"}),
            frozenset({"googleSearch"}),
        ),
    )


def test_json_is_read_too_and_every_dialect_has_its_prefix_and_its_way_to_send_a_key() -> None:
    listed = [{"name": name, "dialect": name, "base_url": f"https://{name}.example/x"} for name in DIALECTS]
    specs = parse(json.dumps({"upstreams": listed}), "u.json", USUAL)
    assert {spec.dialect: spec.prefix for spec in specs} == USUAL_PREFIXES
    assert {spec.dialect: spec.auth.header("k") for spec in specs} == {
        **dict.fromkeys(DIALECTS, ("Authorization", "Bearer k")),
        "azure": ("api-key", "k"),
        "gemini": ("x-goog-api-key", "k"),
        "bfl": ("x-key", "k"),
    }


ENTRY = "upstreams:\n  - name: a\n    dialect: openai\n    base_url: https://a.example/v1\n"
WRONG = [
    pytest.param("", "u.yaml:1:1: empty", id="nothing"),
    pytest.param("upstreams: []", "u.yaml:1:1: must be `upstreams:` and a list", id="no providers"),
    pytest.param("providers:\n  - name: a\n", "u.yaml:1:1: must be `upstreams:`", id="another key"),
    pytest.param("upstreams:\n  - name: a\n    dialect: openai\n", "u.yaml:2:5: lacks `base_url`; add it", id="no address"),
    pytest.param(ENTRY.replace("dialect: openai", "dialect: opanai"), "u.yaml:3:14: `dialect` is 'opanai' (did you mean `openai`?)", id="no such dialect"),
    pytest.param(ENTRY + "    key: sk-1\n", "u.yaml:5:5: unknown key `key`", id="a key in the file"),
    pytest.param(ENTRY + "    key_variable: sk-1234\n", "u.yaml:5:19: `key_variable` must be the name of an environment variable", id="the key itself"),
    pytest.param(ENTRY.replace("https://a", "ftp://a"), "u.yaml:4:15: `base_url` must be a URL", id="another scheme"),
    pytest.param(ENTRY.replace("https://a", "https://u:p@a"), "u.yaml:4:15: `base_url` must not hold credentials", id="credentials"),
    pytest.param(ENTRY.replace("/v1", "/v1?x=1"), "u.yaml:4:15: `base_url` must end with its path", id="a query"),
    pytest.param(ENTRY.replace("/v1", "/../v1"), "u.yaml:4:15: `base_url` must have a plain path", id="dot segments"),
    pytest.param(ENTRY + "    prefix: v1\n", "u.yaml:5:13: `prefix` must be a path", id="no path"),
    pytest.param(ENTRY + "    prefix: /admin/v1\n", "u.yaml:5:13: the guard itself answers under /admin/v1", id="the guard's own path"),
    pytest.param(ENTRY + "    models: []\n", "u.yaml:5:13: `models` must be a list of words", id="an empty list"),
    pytest.param(ENTRY + "    timeout_s: 0\n", "u.yaml:5:16: `timeout_s` must be a number above 0", id="no time"),
    pytest.param(ENTRY + "    connections: 1.5\n", "u.yaml:5:18: `connections` must be a whole number", id="half a connection"),
    pytest.param(ENTRY + "    retries: 9\n", "u.yaml:5:14: `retries` must be a whole number of at least 0 and at most 5", id="too many retries"),
    pytest.param(ENTRY + "    prefix: /pictures\n", "the guard itself answers under /pictures", id="where links lead"),
    pytest.param(ENTRY + "    auth: none\n    key_variable: K\n", "u.yaml:5:11: `auth: none` sends no key", id="a key that is not sent"),
    pytest.param(ENTRY + ENTRY[11:].replace("name: a", "name: b"), "u.yaml:5:5: the prefix '/v1' and that of 'a', '/v1', overlap", id="one prefix twice"),
    pytest.param(ENTRY + ENTRY[11:].replace("name: a", "name: b") + "    prefix: /v1/x\n", "overlap", id="a prefix below another"),
    pytest.param(ENTRY + ENTRY[11:] + "    prefix: /b\n", "u.yaml:5:5: the name 'a' is taken", id="one name twice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_a_mistake_is_told_with_its_place_and_what_to_do(text: str, told: str) -> None:
    with pytest.raises(InvalidInputError) as wrong:
        parse(text, "u.yaml", USUAL)
    assert told in str(wrong.value)


def test_the_key_comes_from_its_variable() -> None:
    spec = parse(FULL, "u.yaml", USUAL)[0]
    assert spec.key({"OPENAI_API_KEY": " sk-1 "}) == "sk-1"
    with pytest.raises(InvalidInputError, match="OPENAI_API_KEY, which is not set"):
        spec.key({"OPENAI_API_KEY": ""})


def test_no_dialect_lets_a_callers_credentials_travel() -> None:
    secrets = {auth.header("k") for auth in Auth if auth is not Auth.NONE}
    names = {header[0].lower().encode() for header in secrets if header} | {b"cookie", b"x-api-key", b"proxy-authorization"}
    assert {dialect.name: names & dialect.request_headers for dialect in DIALECTS.values()} == {name: set() for name in DIALECTS}


@pytest.mark.parametrize(
    ("dialect", "prefix", "base_url", "others"),
    [
        ("gemini", "/gemini/v1beta", "https://g.example/v1beta", [("/gemini/v1", "https://g.example/v1")]),
        ("gemini", "/g/v1", "https://g.example", [("/g/v1beta", "https://g.example")]),
        ("gemini", "/google", "https://g.example/v1beta", []),
        ("vertex", "/vertex/v1", "https://v.example/v1", [("/vertex/v1beta1", "https://v.example/v1beta1")]),
        ("openai", "/v1", "https://o.example/v1", []),
    ],
)
def test_other_versions_of_a_provider(dialect: str, prefix: str, base_url: str, others: list[tuple[str, str]]) -> None:
    spec = UpstreamSpec("a", dialect, base_url, prefix, USUAL)
    assert [(other.prefix, other.base_url) for other in spec.in_other_versions()] == others
