"""A key that feels its way along the edge is slowed down, in the provider's own shape, and the record has it."""

import openai
import pytest

from guard.evaluate.trial import Trial


def test_a_prober_is_slowed_down_and_others_are_not(unseeing_guard: Trial) -> None:
    guard = unseeing_guard
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
