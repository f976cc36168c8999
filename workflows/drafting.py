"""What a letter is made of and what stands in its way. Reads; writes nothing.

A letter's text is always composed from what is given on its date and from what the officer wrote, so that date,
reference, holder, resolution and State cannot drift apart from it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation import sealing
from foundation.keys import Keyring
from mandate import facts as given
from mandate import queries
from mandate.models import Sourced
from mandate.vocabulary import LetterKind
from submissions import confidentiality, intake
from submissions.models import Submission
from workflows import cases, deadlines, kept_back, letters
from workflows.kept_back import Obstacle
from workflows.models import CaseSubmission, Communication, Recipient

Row = TypeVar("Row")

SALUTATIONS = {"en": "Excellency", "fr": "Excellence", "es": "Excelencia"}


class NothingGiven(Exception):
    """What a letter needs is not on record for its date; `missing` names it: holder, resolution, State, mission."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"no {missing} is on record for the letter's date")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Fields:
    """What an officer writes for one letter, beside the summary of facts.

    `violation_types` are those whose rights the annex cites; with none, it cites those that the sources chose.
    """

    subject: str = ""
    concern: str = ""
    questions: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    violation_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter's text, and a hash of each thing it rests on, by which a later change is noticed and named."""

    text: str = field(repr=False)
    rests_on: Mapping[str, str]
    unreviewed: tuple[str, ...]


# What of a submission stands in the way has its codes in kept_back.
# These are asked of a letter that is visible already, before another notice of it is mailed.
TAKEN_BACK, CONSENT_CHANGED, RECIPIENT_CHANGED = "taken_back", "consent_changed", "recipient_changed"


def seal_fields(keys: Keyring, communication_id: str, fields: Fields) -> bytes:
    """The officer's fields, sealed into their place."""
    return sealing.seal(json.dumps(asdict(fields)).encode(), keys.recipients("mandate"), _place(communication_id))


def fields_of(keys: Keyring, letter: Communication) -> Fields:
    """The officer's fields in words. Raises SubmissionErased if they went with what the source told."""
    if not letter.fields:
        raise intake.SubmissionErased
    told = json.loads(sealing.open_sealed(letter.fields, keys.identity("mandate"), _place(letter.id)))
    questions, measures = tuple(told["questions"]), tuple(told["measures"])
    return Fields(told["subject"], told["concern"], questions, measures, tuple(told.get("violation_types", ())))


def submissions_of(session: Session, case_id: str) -> list[Submission]:
    """The submissions that a case rests on."""
    joined = select(Submission).join(CaseSubmission, CaseSubmission.submission_id == Submission.id)
    return list(session.scalars(joined.where(CaseSubmission.case_id == case_id)))


def compose(session: Session, keys: Keyring, letter: Communication) -> Composed:
    """The letter as it stands now. Raises NothingGiven, or what letters.compose raises for a missing field."""
    fields = fields_of(keys, letter)
    recipient = session.get_one(Recipient, letter.recipient_id)
    told = facts_behind(session, keys, letter.case_id)
    given_parts = _given(session, letter)
    facts = cases.latest_summary(session, keys, letter.case_id, letter.language)
    own: dict[str, Any] = {
        **given_parts.context,
        "reference": letter.reference,
        "dated_on": letter.dated_on,
        "recipient_name": recipient.name,
        "recipient_address": list(recipient.address_lines),
        "recipient_salutation": SALUTATIONS[letter.language],
        "facts": facts,
        **asdict(fields),
        "legal_basis": legal_basis([asdict(fields)] if fields.violation_types else told, letter.language),
        **_terms(letter.kind),
    }
    rests_on = {
        **given_parts.hashes,
        "recipient": _hash(recipient.name, recipient.address_lines, recipient.mailbox),
        "facts": _hash(facts),
        "consent": _judged_hash(keys, told, audience_of(recipient)),
    }
    return Composed(letters.compose(LetterKind(letter.kind), letter.language, own), rests_on, given_parts.unreviewed)


def facts_behind(session: Session, keys: Keyring, case_id: str) -> list[dict[str, Any]]:
    """What the submissions of a case say, with consents as they stand now. Raises SubmissionErased."""
    return [intake.current_facts(session, keys, one) for one in submissions_of(session, case_id)]


def audience_of(recipient: Recipient) -> str:
    """The audience to which a letter to this recipient belongs."""
    return f"{confidentiality.STATE}{recipient.state_code}"


def obstacles(session: Session, keys: Keyring, letter: Communication, text: str) -> list[Obstacle]:
    """What forbids this text to reach the addressee: consent that is missing for them, or words that tell too much.

    Only a process that holds the identity key can ask this.
    """
    recipient = session.get_one(Recipient, letter.recipient_id)
    fixed = _fixed_words(session, letter, recipient)
    return [
        obstacle
        for submission in submissions_of(session, letter.case_id)
        for obstacle in kept_back.obstacles_in(
            text,
            intake.current_facts(session, keys, submission),
            intake.identity_of(keys, submission),
            audience_of(recipient),
            fixed,
        )
    ]


def legal_basis(told: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """The annex: existing rights behind the violation types that the sources named, each instrument once."""
    codes = sorted({code for part in told for code in part.get("violation_types", ())})
    rights = [
        right for code in codes if code in given.violation_types() for right in given.violation_types()[code].rights
    ]
    instruments = given.instruments()
    articles: dict[str, list[str]] = {}
    for right in rights:
        known = articles.setdefault(right.instrument, [])
        known.extend(article for article in right.articles if article not in known)
    return [
        {"instrument": instruments[code].titles[language], "articles": sorted(numbers, key=_in_order)}
        for code, numbers in articles.items()
        if instruments[code].holds_existing_rights
    ]


@dataclass(frozen=True, slots=True)
class _Given:
    context: dict[str, Any]
    hashes: dict[str, str]
    unreviewed: tuple[str, ...]


def _given(session: Session, letter: Communication) -> _Given:
    day, language = letter.dated_on, letter.language
    recipient = session.get_one(Recipient, letter.recipient_id)
    mandate = _there(queries.mandate_on(session, day), "mandate")
    holder = _there(queries.holder_on(session, day), "holder")
    resolution = _there(queries.resolution_on(session, day), "resolution")
    state = _there(queries.state_on(session, recipient.state_code, day), "State")
    short = state.names[language]
    formal = state.formal.get(language, short)
    context = {
        "mandate_title": mandate.title[language],
        "holder_name": holder.name,
        "holder_title": holder.title[language],
        "holder_gender": "f" if holder.gender == "feminine" else "m",
        "resolutions": [resolution.number],
        "state_short": short,
        "state_formal": formal,
        "state_formal_of": state.forms.get(f"formal_{language}_of", formal),
    }
    rows: dict[str, Sourced] = {"mandate": mandate, "holder": holder, "resolution": resolution, "state": state}
    hashes = {
        "holder": _hash(holder.name, holder.title, mandate.title),
        "resolution": _hash(resolution.number),
        "state": _hash(state.names, state.formal, state.forms),
    }
    return _Given(context, hashes, tuple(name for name, row in rows.items() if not row.is_reviewed))


def _there(row: Row | None, name: str) -> Row:
    if row is None:
        raise NothingGiven(name)
    return row


def _terms(kind: LetterKind) -> dict[str, int]:
    terms = deadlines.shipped_terms()[kind]
    return {"reply_days": terms.reply.length.days, "publication_days": terms.publication.length.days}


def _fixed_words(session: Session, letter: Communication, recipient: Recipient) -> str:
    """What a letter says whatever was told: its own text, its addressee and the names of the State."""
    state = queries.state_on(session, recipient.state_code, letter.dated_on)
    names = [*state.names.values(), *state.formal.values()] if state else []
    frame = letters.frame(LetterKind(letter.kind), letter.language)
    return "\n".join([frame, recipient.name, *recipient.address_lines, *names])


def _judged_hash(keys: Keyring, told: Iterable[Mapping[str, Any]], audience: str) -> str:
    """Under a key, since a plain hash of a name is easily tried out by whoever reads the database."""
    said = [kept_back.judged(facts, audience) for facts in told]
    return sealing.keyed_hash(keys.secret("chain"), json.dumps(said, sort_keys=True).encode())


def _hash(*parts: object) -> str:
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _in_order(article: str) -> tuple[int, str]:
    digits = "".join(sign for sign in article.split("(", maxsplit=1)[0] if sign.isdigit())
    return int(digits or 0), article


def _place(communication_id: str) -> str:
    return sealing.label_of("communication", "fields", communication_id)
