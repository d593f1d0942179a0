"""A key that feels its way along the edge is slowed down, in the provider's own shape, and the record has it."""

from pathlib import Path

import openai
import pytest

from api.standin import StandIn
from guard.evaluate import trial


def test_a_prober_is_slowed_down_and_others_are_not(upstream: StandIn, tmp_path: Path) -> None:
    environment = {"GUARD_PROBING_LIMIT": "3", "GUARD_FACE_WORKERS": "0", "GUARD_POLICY": "prompt-only"}
    with trial.running(upstream_url=f"{upstream.url}/v1", environment=environment, cwd=tmp_path) as guard:
        guard.made("/opt-outs", json={"subject": {"name": "Quillon Marchbanks"}})
        prober = guard.client("prober", max_retries=0)
        for _ in range(3):
            with pytest.raises(openai.BadRequestError):
                prober.images.generate(model="gpt-image-1", prompt="a portrait of Qu1ll0n M4rchb4nks")
        with pytest.raises(openai.RateLimitError) as slowed:
            prober.images.generate(model="gpt-image-1", prompt="a red barn")
        headers = slowed.value.response.headers
        assert (slowed.value.code, 590 <= int(headers["retry-after"]) <= 600, headers["x-should-retry"]) == (
            "rate_limit_exceeded",
            True,
            "false",
        )
        recorded = guard.admin("GET", f"/decisions/{headers['x-guard-decision']}").json()
        assert (recorded["outcome"], recorded["tenant"]) == ("refuse", "prober")
        assert guard.client("other").images.generate(model="gpt-image-1", prompt="a red barn").data
