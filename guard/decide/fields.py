"""Every key of a policy file: its kind, its choices, what it means. The reader, the JSON Schema and the docs test use it."""

from dataclasses import dataclass
from enum import StrEnum

from guard.decide.conditions import SIGNALS
from guard.decide.policy import Exemptions, RecordLevel, UndeclaredPurpose
from guard.decide.scopes import SCOPES
from guard.decide.sources import SOURCES
from guard.types import Channel, DirectiveStatus, Effect, Modality, Mode, Outcome, Role, Stage, Strength, SubjectKind

MOST_RULES = 1000
MOST_VALUES = 1000
MOST_CONDITIONS = 200
MOST_CASES = 500
LONGEST_TEXT = 4000
CATEGORIES = ("likeness", "sexual", "minors", "violence", "hate", "self_harm", "deception", "political", "unscreenable", "policy")
"""Public classes of a rule: what a caller may read."""

OBLIGATIONS = ("label", "disclosure", "no_commercial_model", "human_review", "strip", "force", "notify")
"""First words of an obligation; `disclosure strip force notify` go on with `:` and a value (`force:moderation=auto`)."""


class Kind(StrEnum):
    """What the value of a key looks like."""

    WORD = "a word"
    WORDS = "a word or a list of words"
    CHOICE = "one of a fixed set"
    CHOICES = "one or several of a fixed set"
    SCORE = "a number from 0 to 1"
    SECONDS = "seconds from 0.1 to 60"
    COUNT = "a whole number from 0"
    TRUTH = "true or false"
    TIME = "a time such as 2026-05-01T00:00:00Z"
    SIGNALS = "signals with the least number, or the exact word or truth"
    MATCH = "tests"
    SECTION = "a section"
    LIST = "a list of sections"
    MAP = "names with sections"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    kind: Kind
    says: str
    choices: tuple[str, ...] = ()
    needed: bool = False


def _of(kinds: type[StrEnum]) -> tuple[str, ...]:
    return tuple(member.value for member in kinds)


MATCH: dict[str, Key] = {
    "stage": Key(Kind.CHOICES, "The half of the request: before (`input`) or after (`output`) the provider.", _of(Stage)),
    "channel": Key(Kind.CHOICES, "Where a hit was made.", _of(Channel)),
    "modality": Key(Kind.CHOICES, "By which sense the person was found.", _of(Modality)),
    "role": Key(Kind.CHOICES, "What the mention asks for; unset means `likeness`, and a face always is one.", _of(Role)),
    "strength": Key(
        Kind.CHOICES, "How much the hit says; unset: strong ones carry the effect, middling ones at most `people.medium`.", _of(Strength)
    ),
    "kind": Key(Kind.CHOICES, "What the person is to the world.", _of(SubjectKind)),
    "min_score": Key(Kind.SCORE, "Least score of the hit."),
    "scope": Key(
        Kind.CHOICES,
        "A use that the request falls under.",
        tuple(s for s in SCOPES if s not in ("all", "likeness", "style", "text_mention")),
    ),
    "signals": Key(
        Kind.SIGNALS,
        "Signals that must be there: name and least number (`sexual: 0.5`), or the exact word (`style: drawn`).",
        tuple(SIGNALS),
    ),
    "tenant": Key(Kind.WORDS, "The caller's tenant."),
    "route": Key(Kind.WORDS, "The route (`images.edits`); `images.*` means all that begin so."),
    "model": Key(Kind.WORDS, "The model that is asked for; `gpt-image-*` means all that begin so."),
    "purpose": Key(Kind.WORDS, "The purpose that the caller states; `none` where none is stated."),
    "jurisdiction": Key(Kind.WORDS, "The place that the caller states (`DE`, `US-CA`), or a group that holds it (`EU`)."),
    "attestation": Key(Kind.TRUTH, "Whether the caller states consent of the people in the input pictures."),
    "min_faces": Key(Kind.COUNT, "Least number of faces in all pictures, registered or not."),
    "min_faces_without_grant": Key(Kind.COUNT, "Least number of faces that no valid grant covers."),
}

RULE: dict[str, Key] = {
    "name": Key(Kind.WORD, "The rule's name in decisions; unique.", needed=True),
    "effect": Key(Kind.CHOICE, "What follows. The severest rule that fires decides.", _of(Outcome), needed=True),
    "category": Key(
        Kind.CHOICE, "The public class that a caller reads; unset: `likeness` for rules about hits, else `policy`.", CATEGORIES
    ),
    "description": Key(Kind.WORD, "Why the rule is there, for staff."),
    "if": Key(Kind.MATCH, "Tests that must all hold; none means always."),
    "unless": Key(Kind.MATCH, "Tests that, when all hold, keep the rule from firing."),
    "when": Key(Kind.WORDS, "Conditions in CEL, or names of conditions; all must be true."),
    "obligations": Key(Kind.WORDS, "What an answer must carry: " + ", ".join(f"`{o}`" for o in OBLIGATIONS) + "."),
    "grants_lift": Key(Kind.TRUTH, "Whether a person's valid grant lifts this rule for hits of that person (default true)."),
    "on_error": Key(Kind.CHOICE, "What follows when a condition gives an error; unset: the policy's `on_error.condition`.", _of(Outcome)),
}

PEOPLE: dict[str, Key] = {
    "medium": Key(
        Kind.CHOICE, "What a middling hit of an opted-out person gives (default `hold`); a strong one always refuses.", _of(Outcome)
    ),
    "no_directive": Key(
        Kind.CHOICE, "What a registered person's likeness gives when no directive says anything (default `allow`).", _of(Outcome)
    ),
    "exemptions": Key(Kind.CHOICE, "What a stated purpose does that a directive exempts (default `honour`).", _of(Exemptions)),
    "undeclared_purpose": Key(Kind.CHOICE, "What a request without a purpose counts as (default `commercial`).", _of(UndeclaredPurpose)),
    "known_images": Key(Kind.CHOICE, "What a picture gives that somebody added to a bank (default `refuse`).", _of(Outcome)),
    "stay_down": Key(Kind.TRUTH, "Whether refused output pictures are remembered as showing the person (default true)."),
}

ON_ERROR: dict[str, Key] = {
    "problem": Key(Kind.CHOICE, "What follows when a screening step could not answer (default `refuse`).", _of(Outcome)),
    "condition": Key(Kind.CHOICE, "What follows when a condition gives an error (default `refuse`).", _of(Outcome)),
}

SOURCE: dict[str, Key] = {
    "timeout_s": Key(Kind.SECONDS, "How long an answer is waited for (default 10)."),
    "unavailable": Key(Kind.CHOICE, "What follows when no answer came (default `refuse`).", _of(Outcome)),
    "missing": Key(Kind.CHOICE, "What follows where this installation has no such source (default `refuse`).", _of(Outcome)),
}

SOURCES_ASKED: dict[str, Key] = {
    "moderation": Key(Kind.SECTION, "A moderation service, for texts and pictures."),
    "nudity": Key(Kind.SECTION, "Nudity in pictures."),
    "text_in_image": Key(Kind.SECTION, "Text in pictures."),
}

OVERLAY: dict[str, Key] = {
    "mode": Key(Kind.CHOICE, "`shadow` records and refuses nothing, `off` does not evaluate.", _of(Mode)),
    "people": Key(Kind.SECTION, "How directives become outcomes."),
    "on_error": Key(Kind.SECTION, "What follows when something could not be answered."),
    "sources": Key(
        Kind.SECTION, "Slow sources of signals that are asked even where no rule reads them, and what follows without an answer."
    ),
    "small_faces": Key(
        Kind.TRUTH,
        "Whether pictures are searched for small faces too (a fiftieth of the longer side; 3 to 5 s of CPU a picture; default false).",
    ),
    "conditions": Key(Kind.MAP, "Named CEL conditions."),
    "rules": Key(Kind.LIST, "The rules; one with the name of an inherited rule replaces it."),
    "drop": Key(Kind.WORDS, "Names of inherited rules to leave out."),
}

POLICY: dict[str, Key] = {
    "version": Key(Kind.COUNT, "The version of this format: 1.", needed=True),
    "name": Key(Kind.WORD, "The policy's name.", needed=True),
    "description": Key(Kind.WORD, "Whom the policy is for."),
    "extends": Key(Kind.WORD, "The bundled policy that this one starts from."),
    "looks_at": Key(Kind.CHOICES, "What is screened (default everything); without `output_image` answers stream through.", _of(Channel)),
    "record": Key(Kind.CHOICE, "How much of a request the vault keeps (default `full`: encrypted, erasable).", _of(RecordLevel)),
    **OVERLAY,
    "tenants": Key(Kind.MAP, "Per tenant: what differs (mode, people, on_error, sources, small_faces, conditions, rules, drop)."),
    "cast": Key(Kind.MAP, "Invented people for the cases."),
    "cases": Key(Kind.LIST, "Worked cases; `guard policy test` runs them."),
}

PERSON: dict[str, Key] = {
    "name": Key(Kind.WORD, "The invented name.", needed=True),
    "kind": Key(Kind.CHOICE, "Default `public_figure`.", _of(SubjectKind)),
    "aliases": Key(Kind.WORDS, "Further names."),
    "directives": Key(Kind.LIST, "What the person decided."),
}

DIRECTIVE: dict[str, Key] = {
    "effect": Key(Kind.CHOICE, "What the directive does.", _of(Effect), needed=True),
    "id": Key(Kind.WORD, "Default: the person's key and a number."),
    "status": Key(Kind.CHOICE, "Default `active`.", _of(DirectiveStatus)),
    "scopes": Key(Kind.CHOICES, "Default `all`.", SCOPES),
    "exemptions": Key(Kind.WORDS, "Purposes that the directive does not reach."),
    "modalities": Key(Kind.CHOICES, "Channels; default every.", _of(Channel)),
    "jurisdictions": Key(Kind.WORDS, "Places; default every."),
    "authority": Key(Kind.WORD, "Who decided: `self agent guardian estate employer regulator court staff`."),
    "tenant": Key(Kind.WORD, "The grantee of an allow."),
    "purposes": Key(Kind.WORDS, "Default every."),
    "endpoints": Key(Kind.WORDS, "Default every."),
    "models": Key(Kind.WORDS, "Default every."),
    "terms": Key(Kind.WORDS, "Obligations of an `allow_with_terms`."),
    "max_uses": Key(Kind.COUNT, "Cap on uses."),
    "effective_from": Key(Kind.TIME, "From then on."),
    "expires_at": Key(Kind.TIME, "Until then."),
}

CASE: dict[str, Key] = {
    "name": Key(Kind.WORD, "What the case shows.", needed=True),
    "expect": Key(Kind.CHOICE, "The outcome.", _of(Outcome), needed=True),
    "rule": Key(Kind.WORD, "The rule that decides (default `no-rule-fired`)."),
    "prompt": Key(Kind.WORD, "A prompt; with a screening function it must give the same outcome by itself."),
    "pictures": Key(Kind.COUNT, "Pictures in the request (default 0)."),
    "faces": Key(Kind.COUNT, "Faces found in them (default 0)."),
    "hits": Key(Kind.LIST, "What the matchers found."),
    "signals": Key(Kind.SIGNALS, "What the signals said.", tuple(SIGNALS)),
    "problem": Key(Kind.WORD, "A step that could not answer."),
    "unavailable": Key(Kind.CHOICES, "Sources of signals that did not answer.", SOURCES),
    "stage": Key(Kind.CHOICE, "Default `input`.", _of(Stage)),
    "tenant": Key(Kind.WORD, "Default `default`."),
    "route": Key(Kind.WORD, "Default `images.generations`, or `images.edits` with pictures."),
    "model": Key(Kind.WORD, "The model."),
    "purpose": Key(Kind.WORD, "The stated purpose."),
    "jurisdiction": Key(Kind.WORD, "The stated place."),
    "attestation": Key(Kind.TRUTH, "Stated consent of the people in the pictures."),
    "at": Key(Kind.TIME, "When (default 2026-01-01T00:00:00Z)."),
}

HIT: dict[str, Key] = {
    "person": Key(Kind.WORD, "Who: a key of `cast`; only a known image may be nobody's."),
    "modality": Key(Kind.CHOICE, "Default `name`.", _of(Modality)),
    "role": Key(Kind.CHOICE, "Default `likeness` for a name.", _of(Role)),
    "strength": Key(Kind.CHOICE, "Default `strong`.", _of(Strength)),
    "score": Key(Kind.SCORE, "Default 1."),
    "where": Key(Kind.WORD, "Default `prompt`, or `image` for a picture."),
    "bank": Key(Kind.WORD, "The bank of a known image (default `registry`)."),
}

SECTIONS: dict[str, dict[str, Key]] = {
    "policy": POLICY,
    "rule": RULE,
    "tests": MATCH,
    "people": PEOPLE,
    "on_error": ON_ERROR,
    "sources": SOURCES_ASKED,
    "source": SOURCE,
    "tenant": OVERLAY,
    "cast": PERSON,
    "directive": DIRECTIVE,
    "case": CASE,
    "hit": HIT,
}
"""All sections by the name that docs/reference/policies.md gives them."""
