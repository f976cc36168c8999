"""What the desk shows of what was told, and that each letter has the consents of its own addressee."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from foundation.means import Means
from mandate.vocabulary import LetterKind
from tests import factories
from tests.desk_visits import Colleague, letter_path, page_of, text_of
from workflows import cases, communications, drafting, kept_back
from workflows.models import Communication

MIXED: Mapping[str, Any] = {
    "kind": "community",
    "states": ["XXA", "XXB"],
    "stakeholders": [{"id": "firm", "kind": "company", "name": "Harbour Cranes", "seat": "Ostrel"}],
    "mentioned": [{"id": "w", "name": "Wanda Witness", "details": "A neighbour", "may_be_named": "no"}],
    "naming": {"mandate": "name", "mandates": "none", "state:XXA": "initials", "state:XXB": "name", "public": "name"},
    "precision": {"state:XXA": "region", "state:XXB": "town", "public": "country"},
    "kept_parts": ["evidence"],
    "kept_words": "Nobody may know of the boat.",
    "could_guess": "Only the cook saw it.",
    "asked_by": "2026-12-24",
    "reprisal": "yes",
    "reprisal_details": "His brother lost his work.",
    "evidence": "A film.",
    "answer_languages": "French",
    "perpetrator_kinds": ["state"],
}
LAW = {
    "kind": "law",
    "law_authority": "The ministry",
    "law_votes": "Each spring",
    "law_provisions": "Article 4",
    "law_affected": "The cooks",
}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def section(page: str, start: str) -> str:
    return words(page[page.index(start) :].split("</section>", maxsplit=1)[0])


def test_every_answer_stands_on_the_page_in_words(noor: Colleague, means: Means) -> None:
    page = noor.text(page_of(factories.triaged(means, **MIXED)))
    for said in (
        "Something done to a whole people or community",
        "1. Idalia Venn · Person",
        "Under 18 when it happened: No",
        "Harbour Cranes · Company or bank",
        "Wanda Witness",
        "May be named outside: No",
        "What is asked is needed by 24 Dec 2026",
        "Reprisal for speaking to the United Nations Yes",
        "His brother lost his work.",
        "How it could be proved A film.",
        "Languages for answers French",
        "Those who work for the State",
        "Town or village Lumara",
        "a person must look soon",
    ):
        assert said in page, said
    law = noor.text(page_of(factories.triaged(means, **LAW)))
    for said in ("decided by The ministry", "Other dates of the law Each spring", "Article 4", "The cooks"):
        assert said in law, said


def test_what_may_not_be_passed_on_stands_where_an_officer_writes(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means, **MIXED)
    case, page = noor.get(page_of(factories.case_now(means, letter.case_id))).text, noor.get(letter_path(letter)).text
    for part in (section(case, 'id="told"'), section(case, 'id="summary-of-facts"'), section(page, 'id="told-title"')):
        assert "Not to be passed on" in part
        for said in ("What proofs there are", "Nobody may know of the boat.", "Wanda Witness", "Only the cook saw it."):
            assert said in part


def obstacles_of(means: Means, letter: Communication) -> set[str]:
    with means.database.reading() as session:
        composed = drafting.compose(session, means.keys, letter)
        return {one.code for one in drafting.obstacles(session, means.keys, letter, composed.text)}


def beside(means: Means, letter: Communication, state: str) -> Communication:
    """A second letter on the same case, to another State."""
    by, now = factories.actor(means), means.clock()
    with means.database.transaction() as session:
        kind = LetterKind(letter.kind)
        other = communications.draft(session, means.keys, letter.case_id, kind, state, by, now)
        language = other.language
        cases.save_summary(session, means.keys, letter.case_id, language, factories.SUMMARIES[language], by, now)
        communications.edit(session, means.keys, other.id, factories.FIELDS[language], other.dated_on, by, now)
    return factories.letter_now(means, other.id)


def test_what_one_state_may_know_stops_the_letter_to_another(noor: Colleague, means: Means) -> None:
    to_one = factories.drafted(means, **MIXED)
    to_other = beside(means, to_one, "XXA")
    assert obstacles_of(means, to_one) == set()
    assert obstacles_of(means, to_other) == {kept_back.VICTIM_NAMED, kept_back.PLACE_TOO_EXACT}
    told = [section(noor.get(letter_path(one)).text, 'id="told-title"') for one in (to_one, to_other)]
    assert "1. Idalia Venn : Name Idalia Venn" in told[0]
    assert "Place: Ostrel Coast, Lumara" in told[0]
    assert "1. Idalia Venn : Initials only I. V." in told[1]
    assert "Place: Ostrel Coast" in told[1]
    assert "Lumara" not in told[1]


def test_what_an_approval_rests_on_is_no_hash_of_names_that_can_be_tried_out(means: Means) -> None:
    letter = factories.approved(means)
    keys = replace(means.keys, secrets={**means.keys.secrets, "chain": b"another secret"})
    with means.database.reading() as session:
        same, other = (drafting.compose(session, held, letter).rests_on for held in (means.keys, keys))
    assert letter.rests_on == same
    assert {name for name in same if same[name] != other[name]} == {"consent"}


def test_the_pages_stand_in_each_language_of_the_desk(noor: Colleague, means: Means) -> None:
    letter = factories.drafted(means, **MIXED)
    for path in (page_of(factories.case_now(means, letter.case_id)), letter_path(letter)):
        for language in ("en", "fr", "es"):
            noor.client.set_cookie("language", language)
            answer = noor.get(path)
            assert f'lang="{language}"' in answer.text
            assert "Idalia Venn" in text_of(answer)
