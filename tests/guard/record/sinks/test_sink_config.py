"""The file of sinks, and what is wrong with others."""

from pathlib import Path

import pytest

from guard.errors import InvalidInputError
from guard.record.rows import Redaction
from guard.record.sinks.config import SinkConfig, SyslogTarget, WebhookTarget, load

GOOD = """
sinks:
  - name: siem
    syslog: {host: logs.example}
    content: standard
  - {name: outside, webhook: {url: "https://a.example/x", secret_variable: HOOK}, events: false, checkpoints: true}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sinks.yaml"
    path.write_text(text)
    return path


def test_the_file(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD), {"HOOK": "secret"}) == [
        SinkConfig(name="siem", syslog=SyslogTarget(host="logs.example", port=6514, tls=True), content=Redaction.STANDARD),
        SinkConfig(
            name="outside", webhook=WebhookTarget(url="https://a.example/x", secret_variable="HOOK"), events=False, checkpoints=True
        ),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(GOOD, "outside: the variable HOOK holds no secret", id="no secret"),
        pytest.param("sinks: [{name: a}]", "exactly one of syslog, webhook, otlp, witness, mail", id="no target"),
        pytest.param(
            "sinks: [{name: a, syslog: {host: h}}, {name: a, syslog: {host: i}}]", "two sinks have the name 'a'", id="a name twice"
        ),
        pytest.param("sinks: [{name: a, syslog: {host: h}, events: false}]", "neither events nor checkpoints", id="nothing to send"),
        pytest.param("sinks: [{name: a, syslog: {host: h, tsl: false}}]", r"sinks\.0\.syslog\.tsl: is no field", id="a misspelt key"),
        pytest.param(
            "sinks: [{name: a, webhook: {url: 'http://a.example', secret_variable: X}}]", "use https", id="plain http to elsewhere"
        ),
        pytest.param("sinks: [{name: a, webhook: {url: 'ftp://a', secret_variable: X}}]", r"wants http\(s\)", id="no web address"),
        pytest.param(
            "sinks: [{name: a, mail: {to: a@b.example}, events: false, checkpoints: true}]", "mail needs a server", id="no mail server"
        ),
        pytest.param(
            "sinks: [{name: a, witness: {url: 'https://w.example', key: x}, events: false, checkpoints: true}]",
            "not an Ed25519|not a verifier key",
            id="a witness without a key",
        ),
        pytest.param("sinks: [{name: a, mail: {to: a@b.example}}]", "take checkpoints only", id="events by mail"),
        pytest.param(
            "sinks: [{name: a, otlp: {url: 'https://c.example/v1/logs', headers_variable: OTEL}}]",
            "the variable OTEL holds no headers",
            id="no headers",
        ),
        pytest.param("sinks: {", "cannot be read as YAML", id="not YAML"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        load(written(tmp_path, text), {})
