"""The slow sources of signals that this installation has, from the settings."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from guard.errors import InvalidInputError
from guard.settings import Settings
from guard.sightworker import SightClient
from guard.signals.moderation import Moderation, openai_moderation
from guard.signals.pictures import Nudity, TextInImage
from guard.signals.sources import Source, Sources


def workers(settings: Settings) -> Iterator[tuple[str, int]]:
    """Source and number of the processes that look at pictures for signals."""
    if settings.text_workers:
        yield "text_in_image", settings.text_workers
    if settings.nudity_model is not None:
        yield "nudity", settings.nudity_workers


def check(settings: Settings) -> None:
    """Whether what the settings ask for is there; InvalidInputError says what is not."""
    for source, _ in workers(settings):
        extra, packages = ("ocr", ("rapidocr", "onnxruntime")) if source == "text_in_image" else ("onnx", ("onnxruntime",))
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            raise InvalidInputError(f"the source {source} needs {' and '.join(missing)}: pip install 'likeness-guard[{extra}]'")
    if settings.nudity_model is not None:
        from guard.sightworker.nudity import describe

        describe(settings.nudity_model)


@dataclass(frozen=True, slots=True)
class OpenSources:
    """The sources of one gateway worker, and what has to be closed or told to forget."""

    sources: Sources
    sights: tuple[SightClient, ...] = ()
    moderation: Moderation | None = None

    def purge(self) -> None:
        """Forget what was seen: somebody was erased."""
        for sight in self.sights:
            sight.purge()

    async def alive(self) -> bool:
        """Whether every kind of worker answers."""
        return all([await sight.alive() for sight in self.sights])

    async def wait(self, seconds: float) -> None:
        """Until every kind of worker answers, but no longer than that: loading its network is not part of the time that a picture has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not await self.alive():
                    await asyncio.sleep(0.1)

    async def close(self) -> None:
        """End what is under way."""
        if self.moderation is not None:
            await self.moderation.close()


def open_sources(settings: Settings, directory: Path) -> OpenSources:
    """Clients of the moderation service and of the workers whose sockets lie in `directory`."""
    offered: dict[str, Source] = {}
    sights: list[SightClient] = []
    moderation = None
    if settings.moderation_url:
        key = settings.moderation_api_key.get_secret_value() if settings.moderation_api_key else "none"
        ask = openai_moderation(settings.moderation_url, key, settings.moderation_model)
        offered["moderation"] = moderation = Moderation(ask, settings.moderation_per_minute)
    for source, _ in workers(settings):
        sights.append(SightClient(directory / f"{source}.sock", queue=settings.face_queue))
        offered[source] = TextInImage(sights[-1]) if source == "text_in_image" else Nudity(sights[-1])
    return OpenSources(Sources(offered), tuple(sights), moderation)
