"""Rows 1-12 of the surface: the request line and the headers."""

import pytest

from guard.errors import UnscreenableError
from guard.extract.base import Headers, Kind
from guard.extract.openai import DIALECT
from guard.extract.routing import Router

ROUTER = Router({"/v1": DIALECT})
JSON: Headers = [(b"host", b"guard"), (b"content-type", b"application/json"), (b"content-length", b"2")]
GENERATIONS = b"/v1/images/generations"

MATCHES = [
    pytest.param("POST", GENERATIONS, JSON, "images.generations", "/images/generations", id="generations"),
    pytest.param("POST", b"/v1/images/edits", JSON, "images.edits", "/images/edits", id="edits as JSON"),
    pytest.param("GET", b"/v1/models", [(b"host", b"guard")], "models.list", "/models", id="models"),
    pytest.param("GET", b"/v1/models/gpt-image-2.5-flare", [], "models.retrieve", "/models/gpt-image-2.5-flare", id="one model"),
    pytest.param(
        "GET", b"/v1/models/ft:gpt:org::id", [], "models.retrieve", "/models/ft:gpt:org::id", id="a fine-tuned model may be looked up"
    ),
    pytest.param(
        "POST",
        GENERATIONS,
        [*JSON, (b"x-http-method-override", b"GET"), (b"x-original-url", b"/v1/files"), (b"x-forwarded-host", b"evil")],
        "images.generations",
        "/images/generations",
        id="4, 10: override headers mean nothing",
    ),
]


@pytest.mark.parametrize(("method", "path", "headers", "route", "upstream_path"), MATCHES)
def test_a_known_request_goes_to_the_constant_path(method: str, path: bytes, headers: Headers, route: str, upstream_path: str) -> None:
    target = ROUTER.match(method, path, b"", headers)
    assert (target.route.name, target.path_and_query) == (route, upstream_path)


REFUSED_LINES = [
    pytest.param("POST", b"/v1/models/../images/generations", b"", 404, id="1: dot segments"),
    pytest.param("GET", b"/v1/models/..", b"", 404, id="1: dot dot as a model"),
    pytest.param("GET", b"/v1/models/a..b", b"", 404, id="1: dot dot in a model"),
    pytest.param("POST", b"/v1/./images/generations", b"", 404, id="1: dot"),
    pytest.param("POST", b"/v1/images%2Fgenerations", b"", 404, id="2: escaped slash"),
    pytest.param("POST", b"/v1/im%61ges/generations", b"", 404, id="2: escaped letter"),
    pytest.param("GET", b"/v1/models/%2e%2e", b"", 404, id="2: escaped dots"),
    pytest.param("POST", b"//v1/images/generations", b"", 404, id="3: doubled slash first"),
    pytest.param("POST", b"/v1//images/generations", b"", 404, id="3: doubled slash"),
    pytest.param("POST", b"/v1/images/generations/", b"", 404, id="3: trailing slash"),
    pytest.param("POST", b"/v1/images/generations;x=1", b"", 404, id="3: path parameter"),
    pytest.param("POST", b"/v1/images/generations%00", b"", 404, id="3: NUL"),
    pytest.param("POST", b"/v1\\images\\generations", b"", 404, id="3: backslash"),
    pytest.param("POST", b"/v1/Images/Generations", b"", 404, id="3: case"),
    pytest.param("POST", b"http://evil/v1/images/generations", b"", 404, id="10: absolute form"),
    pytest.param("GET", b"/v1/models/\xc3\xa9", b"", 404, id="not ASCII"),
    pytest.param("GET", b"/v1/models/x/permissions", b"", 404, id="below a model"),
    pytest.param("POST", b"/v1/vector_stores", b"", 404, id="stored state"),
    pytest.param("POST", b"/v1/assistants", b"", 404, id="other calls"),
    pytest.param("POST", b"/v1/anything", b"", 404, id="unknown"),
    pytest.param("GET", GENERATIONS, b"", 405, id="wrong method"),
    pytest.param("post", GENERATIONS, b"", 405, id="method in lower case"),
    pytest.param("POST", b"/v1/models/x", b"", 405, id="wrong method on a pattern"),
    pytest.param("POST", GENERATIONS, b"prompt=x", 400, id="5: a prompt in the query"),
    pytest.param("POST", GENERATIONS, b"beta", 400, id="5: a bare key"),
    pytest.param("GET", b"/v1/models", b"limit=1", 400, id="5: unknown key"),
]


@pytest.mark.parametrize(("method", "path", "query", "status"), REFUSED_LINES)
def test_a_request_line_that_is_not_known_byte_for_byte_is_refused(method: str, path: bytes, query: bytes, status: int) -> None:
    with pytest.raises(UnscreenableError) as refused:
        ROUTER.match(method, path, query, JSON)
    assert refused.value.status == status


REFUSED_HEADERS = [
    pytest.param([*JSON, (b"upgrade", b"websocket"), (b"connection", b"Upgrade")], 426, id="6: WebSocket"),
    pytest.param([*JSON, (b"transfer-encoding", b"chunked")], 400, id="7: length and encoding"),
    pytest.param([*JSON, (b"content-length", b"2")], 400, id="7: two lengths"),
    pytest.param([(b"content-type", b"application/json"), (b"transfer-encoding", b"gzip, chunked")], 400, id="7: gzip, chunked"),
    pytest.param([*JSON, (b"content-type", b"text/plain")], 400, id="8: two types"),
    pytest.param([(b"content-type", b"application/json, text/plain")], 415, id="8: two types in one"),
    pytest.param([*JSON, (b"Content-Type", b"application/json")], 400, id="8: the same type twice, other case"),
    pytest.param([*JSON, (b"authorization", b"a"), (b"authorization", b"b")], 400, id="two keys"),
    pytest.param([*JSON, (b"content-encoding", b"gzip")], 415, id="13, 14: gzip"),
    pytest.param([*JSON, (b"content-encoding", b"br")], 415, id="13: brotli"),
    pytest.param([*JSON, (b"content-encoding", b"identity, gzip")], 415, id="13: list"),
    pytest.param([(b"content-type", b"application/json; charset=utf-7")], 415, id="16: UTF-7"),
    pytest.param([(b"content-type", b"application/json; charset=utf-16")], 415, id="15: UTF-16"),
    pytest.param([(b"content-type", b"text/plain")], 415, id="17: text/plain"),
    pytest.param([(b"content-type", b"application/x-www-form-urlencoded")], 415, id="17: urlencoded"),
    pytest.param([(b"content-type", b"multipart/form-data; boundary=x")], 415, id="multipart where JSON is due"),
    pytest.param([(b"content-type", b"")], 415, id="empty type"),
    pytest.param([(b"host", b"guard")], 415, id="no type"),
]


@pytest.mark.parametrize(("headers", "status"), REFUSED_HEADERS)
def test_headers_that_two_readers_may_read_differently_are_refused(headers: Headers, status: int) -> None:
    with pytest.raises(UnscreenableError) as refused:
        ROUTER.match("POST", GENERATIONS, b"", headers)
    assert refused.value.status == status


@pytest.mark.parametrize(
    "value",
    [b"application/json", b"application/json; charset=utf-8", b"Application/JSON;charset=UTF-8", b'application/json; charset="utf-8"'],
)
def test_json_in_utf_8_is_accepted(value: bytes) -> None:
    assert ROUTER.match("POST", GENERATIONS, b"", [(b"content-type", value)]).route.name == "images.generations"


def test_only_listed_headers_travel_and_encoding_is_identity() -> None:
    sent: Headers = [
        (b"authorization", b"Bearer secret"),
        (b"cookie", b"a=b"),
        (b"user-agent", b"OpenAI/Python 3"),
        (b"accept-encoding", b"gzip, br"),
        (b"x-guard-purpose", b"news"),
        (b"x-http-method-override", b"GET"),
        (b"openai-organization", b"org"),
    ]
    assert DIALECT.forwarded(sent, stream=True) == [
        (b"user-agent", b"OpenAI/Python 3"),
        (b"openai-organization", b"org"),
        (b"accept", b"text/event-stream"),
        (b"accept-encoding", b"identity"),
    ]


def test_only_listed_headers_come_back_and_a_refusal_is_not_retried() -> None:
    upstream = [
        (b"Content-Type", b"application/json"),
        (b"X-Request-ID", b"req_1"),
        (b"x-ratelimit-remaining-requests", b"9"),
        (b"x-should-retry", b"true"),
        (b"set-cookie", b"a=b"),
        (b"location", b"http://evil"),
        (b"content-encoding", b"gzip"),
    ]
    kept = [(b"content-type", b"application/json"), (b"x-request-id", b"req_1"), (b"x-ratelimit-remaining-requests", b"9")]
    assert DIALECT.returned(upstream, refused=True) == kept
    assert DIALECT.returned(upstream) == [*kept, (b"x-should-retry", b"true")]


def test_a_list_in_the_query_may_repeat_its_key() -> None:
    target = ROUTER.match("GET", b"/v1/responses/resp_1", b"include%5B%5D=a.b&stream=true&include[]=c", JSON)
    assert target.query == "include[]=a.b&include[]=c&stream=true"
    with pytest.raises(UnscreenableError):
        ROUTER.match("GET", b"/v1/responses/resp_1", b"stream=true&stream=false", JSON)


def test_every_screened_route_has_its_three_readers_and_pass_routes_have_none() -> None:
    for route in DIALECT.routes:
        readers = (route.read, route.answer)
        screened = all(readers) or route.kind is not Kind.SCREEN
        listed = all(readers) or route.kind is not Kind.LIST
        passed = (not route.answer and (not route.read or bool(route.params))) or route.kind is not Kind.PASS
        assert (route.name, screened, listed, passed) == (route.name, True, True, True)
