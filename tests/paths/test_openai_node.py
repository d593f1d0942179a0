"""The official Node client, unmodified, through the whole gateway. `.ci/run` installs it, pinned, and says where."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from api.standin import StandIn
from api.standin.picture import draw
from guard.evaluate.trial import Trial

NODE_DIR = os.environ.get("GUARD_TEST_NODE_DIR", "")


@pytest.mark.skipif(not (NODE_DIR and shutil.which("node")), reason="needs node, and GUARD_TEST_NODE_DIR with the npm package openai")
def test_the_node_client_does_what_it_does_with_the_provider_and_is_refused_without_a_retry(guarded: Trial, upstream: StandIn) -> None:
    person = "Ottoline Featherstonehaugh"
    guarded.made("/opt-outs", json={"subject": {"name": person}})
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_DIR": NODE_DIR,
        "BASE_URL": f"{guarded.url}/v1",
        "CALLER_KEY": guarded.caller_key("node"),
        "PICTURE": base64.b64encode(draw("before", 64, 64, "png")).decode(),
        "REFUSED_PROMPT": f"{person} on a bicycle",
    }
    script = Path(__file__).with_name("client.mjs")
    finished = subprocess.run(["node", str(script)], env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(finished.stdout) == {
        "generate": 2,
        "edit": 1,
        "stream": ["image_generation.completed"],
        "models": "gpt-image-1",
        "files": [True, True, True],
        "batch": [1],
        "responses": ["queued", "response.completed", 1],
        "refused": ["BadRequestError", 400, "moderation_blocked"],
        "refused_stream": ["BadRequestError", 400, "moderation_blocked"],
    }
    assert [seen.path.rpartition(b"/")[2] for seen in upstream.seen][:4] == [b"generations", b"edits", b"generations", b"gpt-image-1"]
