"""Floods: each kind as long as it says, and the same every time."""

from guard.evaluate.names_floods import FLOOD_CHARACTERS, floods


def test_every_flood_is_full_and_the_same_every_time() -> None:
    made = list(floods(["a red bicycle by the sea. " * 2_000], ["Jane Doe", "John Roe"]))
    assert {kind: len(text) for kind, text in made} == dict.fromkeys(dict(made), FLOOD_CHARACTERS)
    assert len({text for _, text in made}) == len(made)
    assert list(floods(["a red bicycle by the sea. " * 2_000], ["Jane Doe", "John Roe"])) == made
