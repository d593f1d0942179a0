"""The how-to page's pieces, put together, are a policy that passes its cases."""

import re
from pathlib import Path

from guard.decide.cases import run
from guard.decide.diff import diff
from guard.decide.load import load, parse

PAGE = (Path(__file__).parents[3] / "docs/how-to/write-a-policy.md").read_text("utf-8")


def test_the_pages_policy_works() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    rules = "".join(block.split("rules:\n", 1)[1] for block in blocks if "rules:\n" in block)
    others = "".join(block.split("rules:\n", 1)[0] for block in blocks)
    policy = parse(others + "rules:\n" + rules)
    assert [rule.name for rule in policy.rules] == ["violent-likeness", "crowds-need-a-look", "couples"]
    assert run(policy).passed
    assert policy.for_tenant("newsdesk").people == load("default").people
    assert {change.direction.value for change in diff(load("default"), policy)} == {"stricter", "changed"}
