"""What is mounted under a path prefix of the gateway: a provider, the dialect it speaks, and what the operator lists for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from guard.errors import UnscreenableError
from guard.extract.base import Dialect, Generation, Limits
from guard.extract.dialects import DIALECTS
from guard.forward import Upstream
from guard.upstreams import UpstreamSpec

Mounts = Mapping[str, "Mount"]
"""Path prefix to what is mounted there."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One provider behind one prefix.

    `limits` are the caps its requests and answers are read with, `models` the only ones that may be asked for (any when
    empty), `public_base` is where clients reach it (`https://host/prefix`).
    """

    name: str
    prefix: str
    dialect: Dialect
    upstream: Upstream
    limits: Limits
    models: frozenset[str] = frozenset()
    public_base: str = ""

    def check(self, generation: Generation) -> None:
        """Refuse a model that is not listed, wherever in the request it is named, and the provider's own choice of one."""
        if not self.models:
            return
        for line in generation.lines:
            self.check(line)
        named = {where: value for where, value in generation.fields() if where.rpartition(".")[2] == "model"}
        if generation.model is not None:
            named.setdefault("model", generation.model)
        for where, model in named.items():
            if model not in self.models:
                raise UnscreenableError(f"The model {model[:64]!r} is not offered here; offered: {', '.join(sorted(self.models))}.", where)
        if not named and _names_a_model(generation):
            raise UnscreenableError(f"Name the model; offered: {', '.join(sorted(self.models))}.", "model")


def _names_a_model(generation: Generation) -> bool:
    """Whether a request of this kind can name its model."""
    shape = generation.route.shape
    return shape is not None and ".model" in shape.__dict__.get("inner", {})


def mount(spec: UpstreamSpec, key: str | None, limits: Limits, public_url: str) -> Mount:
    """A provider as its specification says; `limits` are the caps that hold for all."""
    return Mount(
        name=spec.name,
        prefix=spec.prefix,
        dialect=DIALECTS[spec.dialect],
        upstream=Upstream(spec.base_url, key, spec.limits, spec.auth),
        limits=replace(limits, models=limits.models | spec.models, tools=limits.tools | spec.tools),
        models=spec.models,
        public_base=public_url.rstrip("/") + spec.prefix,
    )
