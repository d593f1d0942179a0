"""Obligations over the whole path: what is forced goes upstream, what is owed is told, what must be reviewed waits and counts."""

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from api.standin import StandIn
from guard.evaluate import trial

POLICY = """\
version: 1
name: marked
extends: prompt-only
rules:
  - name: mark
    effect: allow
    obligations: [label, "force:moderation=low", "force:n=1", "strip:user"]
"""
PROMPT = "a portrait of Quillon Marchbanks"


def test_obligations_are_applied_told_and_reviewed(upstream: StandIn, tmp_path: Path) -> None:
    (tmp_path / "marked.yaml").write_text(POLICY)
    environment = {"GUARD_FACE_WORKERS": "0", "GUARD_POLICY": str(tmp_path / "marked.yaml")}
    upstream.clear()
    with trial.running(upstream_url=f"{upstream.url}/v1", environment=environment, cwd=tmp_path) as guard:
        client = guard.client("studio", max_retries=0)

        def ask(**fields: Any) -> str:
            answer = client.images.with_raw_response.generate(
                model="gpt-image-1", prompt=PROMPT, extra_headers={"X-Guard-Purpose": "news"}, **fields
            )
            return answer.headers["x-guard-obligations"]

        assert ask(n=3, user="ann", size="1024x1024") == "label"
        sent = json.loads(upstream.seen[-1].body)
        assert sent == {"model": "gpt-image-1", "prompt": PROMPT, "size": "1024x1024", "moderation": "low", "n": 1}

        subject_id = guard.made("/opt-outs", json={"subject": {"name": "Quillon Marchbanks"}})["subject_id"]
        grant = {
            "subject_id": subject_id,
            "tenant": "studio",
            "purposes": ["news"],
            "terms": ["human_review", "disclosure:Generated"],
            "max_uses": 1,
        }
        guard.made("/grants", json=grant)
        with pytest.raises(openai.BadRequestError) as held:
            ask()
        assert held.value.code == "review_required"
        review = guard.admin("GET", "/reviews", params={"status": "open"}).json()["items"][0]
        print((guard.home / "guard.log").read_text()[-3000:]) if guard.admin("GET", "/stats") is None else None
        guard.made(f"/reviews/{review['id']}", json={"verdict": "approve", "note": "as in the contract"})
        assert ask() == 'disclosure;text="Generated", label'
        with pytest.raises(openai.BadRequestError) as spent:
            ask()
        assert spent.value.code == "moderation_blocked"
