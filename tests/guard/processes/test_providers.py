"""From the settings to what is mounted."""

from pathlib import Path

import pytest

from guard.errors import InvalidInputError
from guard.forward import Auth
from guard.processes import providers
from guard.settings import CallerAuth, RemoteImages, Settings

FILE = """
upstreams:
  - {name: openai, dialect: openai, base_url: "https://a.example/v1", key_variable: A_KEY}
  - {name: flux, dialect: bfl, base_url: "https://b.example/v1", key_variable: B_KEY}
"""


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "GUARD_UPSTREAM_API_KEY", "A_KEY", "B_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_file_there_is_one_openai_upstream_at_v1() -> None:
    [mounted] = providers.mounts(Settings(upstream_url="https://a.example/v1/", port=8081)).values()
    assert (mounted.name, mounted.prefix, mounted.dialect.name, mounted.upstream.base_url, mounted.public_base) == (
        "openai",
        "/v1",
        "openai",
        "https://a.example/v1",
        "http://127.0.0.1:8081/v1",
    )
    assert (mounted.limits.ledger, mounted.limits.remote) == (True, False)


def test_a_file_takes_its_keys_from_the_environment_or_a_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "u.yaml").write_text(FILE)
    (tmp_path / ".env").write_text("A_KEY=from-dotenv\nB_KEY=from-dotenv\n")
    monkeypatch.setenv("B_KEY", "from-environment")
    settings = Settings(upstreams=tmp_path / "u.yaml", public_url="https://guard.example/", remote_images=RemoteImages.ON)
    mounted = providers.mounts(settings)
    assert {prefix: (m.upstream._api_key, m.upstream._auth, m.public_base, m.limits.remote) for prefix, m in mounted.items()} == {
        "/v1": ("from-dotenv", Auth.BEARER, "https://guard.example/v1", True),
        "/bfl/v1": ("from-environment", Auth.X_KEY, "https://guard.example/bfl/v1", True),
    }


def test_a_key_that_is_missing_is_told_unless_callers_bring_their_own(tmp_path: Path) -> None:
    (tmp_path / "u.yaml").write_text(FILE)
    with pytest.raises(InvalidInputError, match="A_KEY, which is not set"):
        providers.mounts(Settings(upstreams=tmp_path / "u.yaml"))
    passing = providers.mounts(Settings(upstreams=tmp_path / "u.yaml", caller_auth=CallerAuth.PASSTHROUGH))
    assert [mounted.upstream._api_key for mounted in passing.values()] == [None, None]


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(InvalidInputError, match=r"GUARD_UPSTREAMS names missing\.yaml, which cannot be read"):
        providers.mounts(Settings(upstreams=Path("missing.yaml")))


@pytest.mark.parametrize(
    ("hosts", "found"), [("a.example, *.B.example,", frozenset({"a.example", "*.b.example"})), ("a", frozenset({"a"}))]
)
def test_hosts_of_remote_pictures(hosts: str, found: frozenset[str]) -> None:
    assert Settings(remote_images=RemoteImages.LISTED, remote_image_hosts=hosts).remote_hosts == found
    assert Settings(remote_images=RemoteImages.ON, remote_image_hosts=hosts).remote_hosts is None


def test_listed_without_a_list_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="GUARD_REMOTE_IMAGE_HOSTS"):
        Settings(remote_images=RemoteImages.LISTED)
