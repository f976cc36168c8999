"""What the desk says of people and audiences, over arbitrary answers: it asks the judge and says no more."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from foundation.i18n import speak
from foundation.languages import DESK_LANGUAGES
from submissions.confidentiality import MANDATE, NAME_OF, audiences, part
from tests.factories import ANSWERS, IDALIA, SOURCE_AS_VICTIM, told_to_all
from tests.unit.submissions.test_confidentiality import OUTSIDE, answers, wished
from workflows import kept_back
from workflows.views.desk import audiences as told_to_whom
from workflows.views.desk import people
from workflows.views.desk.told import rows
from workflows.views.desk.wording import CHANGED, OBSTACLES

SPOKEN = Flask("words")
speak(SPOKEN, "desk", DESK_LANGUAGES)
MINOR = {**IDALIA, "id": "minor", "name": "Oda Brandt", "minor": "yes", "basis": "guardian", "age": "9"}
REFUSED = {**IDALIA, "id": "refused", "name": "Pim Sand", "basis": "refused"}
PEOPLE = {
    "id": "people",
    "kind": "people",
    "name": "The Harbour People",
    "number": "about 400",
    "decided_by": "Their assembly",
    "basis": "not_asked",
    "why_not_asked": "They were driven out.",
    "given_on": "2026-10",
}
HURT = {**IDALIA, "id": "hurt", "name": "Ruta Olm", "sexual_violence": "yes", "decided": "person"}
EACH_ITS_OWN = {"mandate": "name", "mandates": "none", "state:XXA": "initials", "state:XXB": "name", "public": "name"}


@pytest.fixture(autouse=True)
def page() -> Iterator[None]:
    with SPOKEN.test_request_context("/desk/"):
        yield


def facts_of(**changes: Any) -> dict[str, Any]:
    firm = {"id": "firm", "kind": "company", "name": "Harbour Cranes"}
    told = {"states": ["XXA", "XXB"], "stakeholders": [firm], "naming": {**EACH_ITS_OWN, "other:firm": "none"}}
    precision = {"state:XXA": "region", "state:XXB": "town"}
    return part({**ANSWERS, **told, "precision": precision, **changes}).facts


def table_of(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    table = told_to_whom.table_of(facts)
    lines = {row.heading: row.cells for row in table.people} | {"place": table.place, "letter": table.letter}
    return {name: [f"{one.text}: {one.why}" if one.why else one.text for one in cells] for name, cells in lines.items()}


def test_the_table_says_for_each_person_and_audience_what_may_be_told_and_why_no_more() -> None:
    found = table_of(facts_of(victims=[IDALIA, MINOR, REFUSED, PEOPLE, HURT]))
    all_of_it = ["Name", "Nothing", "Initials only", "Name", "Nothing", "Name"]
    assert found["1. Idalia Venn"] == all_of_it
    assert found["2. Oda Brandt"] == [
        *all_of_it[:5],
        "Nothing: a child, or age not known, so is not named in public",
    ]
    assert found["3. Pim Sand"] == ["Name", *(["Nothing: they do not agree"] * 5)]
    assert found["4. The Harbour People"] == all_of_it
    assert found["5. Ruta Olm"][5] == "Nothing: suffered sexual violence, so is not named in public"
    state = "Only the State"
    assert found["place"] == ["The exact place", state, "Only the region", "The town or village", state, state]
    assert found["letter"] == ["", "", "May be sent", "May be sent", "May be sent", ""]


def test_the_table_says_where_no_letter_may_go_and_how_exactly_the_place_may_be_told() -> None:
    found = table_of(facts_of(not_to=["state:XXB"]))
    assert found["1. Idalia Venn"][3] == "Nothing: no letter may go there"
    assert found["place"][2:4] == ["Only the region", "Nothing"]
    assert found["letter"][2:4] == ["May be sent", "May not be sent"]
    kept = table_of(facts_of(kept_parts=["place"]))
    assert kept["place"] == ["The exact place", *(["Only the State"] * 5)]


def test_the_table_says_what_the_mandate_itself_may_not_know() -> None:
    apart = {**MINOR, "own_wishes": "yes", "naming": {**told_to_all("name"), "mandate": "initials"}}
    (cells,) = [cells for name, cells in table_of(facts_of(victims=[apart])).items() if name == "1. O. B."]
    assert cells[0] == "Initials only: the name is set apart"
    assert cells[2] == "Initials only: the mandate itself may not know more"


def test_it_is_said_how_everybody_agreed() -> None:
    own = {"relation": "victim", "victims": [SOURCE_AS_VICTIM, IDALIA, REFUSED, PEOPLE, HURT]}
    table = told_to_whom.table_of(facts_of(**own))
    assert [row.agreement for row in table.people] == [
        ("The source",),
        ("Their family agreed", "Her sister, by telephone."),
        ("They do not agree", "Her sister, by telephone."),
        ("Nobody could be asked", "October 2026", "They were driven out."),
        ("Their family agreed", "Her sister, by telephone.", "Decided by themselves, with their own code"),
    ]
    assert table.people[0].heading == "1. The source · Bruna Quist"


def test_people_are_shown_with_all_that_was_told_of_them() -> None:
    first, second = people.open_records("victims", facts_of(victims=[MINOR, PEOPLE]))
    assert (first.heading, first.kind, first.note) == ("1. Oda Brandt", "Person", "")
    said = {one.label: one.value for one in (*first.rows, *second.rows)}
    assert said["Age, or date of birth"] == "9"
    assert said["Under 18 when it happened"] == "Yes"
    assert said["How many"] == "about 400"
    assert said["Who of them decided to submit"] == "Their assembly"


@given(answers())
def test_no_page_but_that_of_identities_holds_a_name_that_the_mandate_may_not_read(told: dict[str, Any]) -> None:
    parted = part(told)
    with SPOKEN.test_request_context("/desk/"):
        shown = str([rows(parted.facts, {}, "x"), told_to_whom.table_of(parted.facts)])
        shown += str([told_to_whom.told_to(parted.facts, one) for one in audiences(told)])
        apart = dict(people.names_apart(parted.identity, parted.facts)).values()
    for person in told["victims"][1:]:
        is_apart = wished(person, told, MANDATE) != "name"
        assert (person["name"] in apart) == is_apart
        assert (person["name"] in shown) != is_apart


@given(answers(), st.sampled_from(OUTSIDE))
def test_beside_a_letter_stands_nothing_that_its_addressee_may_not_know(told: dict[str, Any], audience: str) -> None:
    facts = part(told).facts
    with SPOKEN.test_request_context("/desk/"):
        letter = told_to_whom.told_to(facts, audience)
        cells = {row.heading: row.cells for row in told_to_whom.table_of(facts).people}
    every = audiences(facts)
    for one in letter["people"]:
        assert str(one["level"]) == cells[one["who"]][every.index(audience)].text
    labels = [one["label"] for one in letter["people"]]
    for person in told["victims"][1:]:
        assert (person["name"] in labels) <= (wished(person, told, audience) == "name" and person["basis"] != "refused")


def test_all_that_stops_a_letter_has_words_for_it() -> None:
    named = {value for name, value in vars(kept_back).items() if name.isupper() and isinstance(value, str)}
    codes = named - {NAME_OF}
    assert kept_back.PLACE_TOO_EXACT in codes
    assert codes <= OBSTACLES.keys()
    assert codes <= CHANGED.keys()
