"""Whether a prompt asks for what looks like a photograph or for what nobody takes for one.

**Meaning**: `style` is `photorealistic` or `drawn`, absent where the words say neither (an image model left to itself
makes photographs, so policies read absent as photorealistic). **Range**: these two words. Where both kinds of words
stand, `photorealistic` wins: `a photorealistic cartoon` can deceive, and `this photo`, `my photo` (the input picture) is
no such word. **Cost**: none beside the lexicon's, whose terms `photo` and `drawn` it reads, in 13 languages.
"""

from collections.abc import Mapping


def style_of(scores: Mapping[str, float]) -> str | None:
    """The style that lexicon scores say, or None."""
    if scores.get("photo", 0.0) >= 0.5:
        return "photorealistic"
    return "drawn" if scores.get("drawn", 0.0) >= 0.5 else None
