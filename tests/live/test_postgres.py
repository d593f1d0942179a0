"""The whole guard on a real PostgreSQL (127.0.0.1:5432, trust), in a database of its own."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
import sqlalchemy

from guard.evaluate import trial
from guard.record.verify import main as verify
from tests.paths.test_two_workers import counted_out

SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432"


@pytest.fixture
def database_url() -> Iterator[str]:
    server = sqlalchemy.create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT")
    name = f"guard_live_{secrets.token_hex(4)}"
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except sqlalchemy.exc.OperationalError as error:
        if os.environ.get("GUARD_TEST_POSTGRES_REQUIRED"):
            raise
        pytest.skip(f"no PostgreSQL answers at 127.0.0.1:5432: {error.orig}")
    yield f"{SERVER}/{name}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def test_opt_out_refusal_export_and_proof(database_url: str, tmp_path: Path) -> None:
    with trial.running(environment={"GUARD_DATABASE_URL": database_url, "GUARD_POLICY": "prompt-only", "GUARD_WORKERS": "2"}) as guard:
        client = guard.client()
        assert client.images.generate(prompt="a photo of Ludmila Treewater").data
        guard.made("/opt-outs", json={"subject": {"name": "Ludmila Treewater"}})
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(prompt="a photo of Ludmila Treewater")
        outcomes = [item["outcome"] for item in guard.admin("GET", "/decisions").json()["items"]]
        assert counted_out(guard, uses=5, requests=30) == {200: 5, 400: 25}
        archive, key = tmp_path / "export.zip", tmp_path / "key"
        archive.write_bytes(guard.exported())
        key.write_text(guard.admin("GET", "/log/key").text)
    assert (refused.value.code, outcomes[:2], verify([str(archive), "--key", str(key)])) == ("moderation_blocked", ["refuse", "allow"], 0)
