"""Every dialect the gateway speaks, by the name that `GUARD_UPSTREAMS` uses."""

from guard.extract import azure, bfl, gemini, openai, reve, stability, together, vertex, xai
from guard.extract.base import Dialect

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        *(module.DIALECT for module in (openai, azure, gemini, vertex, xai, together, reve, stability, bfl)),
        reve.DIALECT_V2,
    )
}
USUAL_PREFIXES = {
    "openai": "/v1",
    "azure": "/azure",
    "gemini": "/gemini/v1beta",
    "vertex": "/vertex/v1",
    "xai": "/xai/v1",
    "together": "/together/v1",
    "reve": "/reve/v1",
    "reve-v2": "/reve/v2",
    "stability": "/stability/v2beta",
    "bfl": "/bfl/v1",
}
"""Where each is mounted unless the operator says otherwise; the upstream's base URL holds what the prefix ends with."""
