import re
from datetime import date
from typing import Any

import pytest

from mandate.facts import instruments
from mandate.vocabulary import InstrumentKind, LetterKind
from tests.unit.workflows.letter_samples import ENGLISH, FRENCH, SAMPLES
from workflows.letters import (
    LETTERS,
    AnnexRefused,
    LetterError,
    MissingField,
    NoSuchLetter,
    compose,
    long_date,
    manifest,
    parse,
    plain,
    suggested_questions,
    template_version,
)

UA, AL = LetterKind.urgent_appeal, LetterKind.letter_of_allegation
EVERY = [(kind, language) for kind in (UA, AL) for language in ("en", "fr")]
each_letter = pytest.mark.parametrize(("kind", "language"), EVERY)


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in ENGLISH.items() if name != field}


def words(text: str) -> str:
    return plain(parse(text)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("field", manifest(UA)["required"])
def test_a_missing_field_is_an_error(field: str) -> None:
    with pytest.raises(MissingField) as caught:
        compose(UA, "en", without(field))
    assert caught.value.field == field


@pytest.mark.parametrize("blank", ["", "  \n", None, "\N{ZERO WIDTH SPACE}\N{NO-BREAK SPACE}"])
def test_a_blank_field_is_an_error(blank: str | None) -> None:
    with pytest.raises(MissingField):
        compose(UA, "en", {**ENGLISH, "subject": blank})


@pytest.mark.parametrize("field", ["questions", "measures", "legal_basis", "recipient_address", "resolutions"])
def test_an_empty_list_and_a_list_with_a_blank_are_errors(field: str) -> None:
    for value in ([], [""]):
        if field == "legal_basis" and value:
            continue
        with pytest.raises(MissingField):
            compose(UA, "en", {**ENGLISH, field: value})


def test_every_field_a_template_names_is_required_by_its_manifest() -> None:
    for kind, language in EVERY:
        source = (LETTERS / kind.name / f"{language}.md").read_text(encoding="utf-8")
        named = set(re.findall(r"\{\{ (?:\"[^\"]*\" if )?([a-z_]+)", source)) - {"loop", "question", "measure", "entry"}
        assert named, "the search must find fields"
        assert named <= set(manifest(kind)["required"])


def test_a_letter_of_allegation_needs_no_measures() -> None:
    assert compose(AL, "en", without("measures"))


def test_the_parts_stand_in_their_order() -> None:
    text = words(compose(UA, "en", ENGLISH))
    parts = [
        "Mandate of the Independent Expert",
        "REFERENCE:\nUA XXA 3/2026",
        "1 November 2026",
        "Excellency,",
        "in my capacity as Independent Expert",
        "pursuant to Human Rights Council resolution 53/5.",
        "urgent attention of your Excellency’s Government",
        "According to the information received:",
        "officers reportedly arrested Ms. Idalia Venn",
        "do not wish to prejudge",
        "set out in the annex",
        "It is my responsibility",
        "Please provide any additional information",
        "Please indicate the legal grounds of the arrest.",
        "within 30 days",
        "60 days after the date",
        "While awaiting a reply",
        "provide Ms. Venn with medical care",
        "Please accept, Excellency,",
        "Dr. Amara Exemple",
        "Annex: Reference to international human rights law",
        "articles 9, 14 and 19",
        "article 28",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places, [part for part in parts if part not in text]
    assert places == sorted(places)


def test_only_the_urgent_appeal_says_urgent() -> None:
    assert "urgent" in words(compose(UA, "en", ENGLISH))
    assert "urgent" not in words(compose(AL, "en", ENGLISH))


def test_french_follows_the_gender_of_the_holder() -> None:
    her = words(compose(AL, "fr", FRENCH))
    assert "Mandat de l’Experte indépendante" in her
    assert "en ma qualité d’Experte indépendante" in her
    assert "Je serais donc reconnaissante" in her
    his = words(compose(AL, "fr", {**FRENCH, "holder_gender": "m", "holder_title": "Rapporteur spécial"}))
    assert "Mandat du Rapporteur spécial" in his
    assert "en ma qualité de Rapporteur spécial" in his
    assert "reconnaissante" not in his


def test_an_unknown_gender_is_not_quietly_masculine() -> None:
    with pytest.raises(LetterError, match="holder_gender"):
        compose(AL, "fr", {**FRENCH, "holder_gender": "feminine"})


def test_several_resolutions_take_the_plural() -> None:
    two = {"resolutions": ["53/5", "62/1"]}
    assert "resolutions 53/5 and 62/1." in words(compose(AL, "en", {**ENGLISH, **two}))
    assert "aux résolutions 53/5 et 62/1 du Conseil" in words(compose(AL, "fr", {**FRENCH, **two}))


def test_dates_are_written_in_the_letters_language() -> None:
    assert long_date(date(2026, 12, 1), "en") == "1 December 2026"
    assert long_date(date(2026, 12, 1), "fr") == "1er décembre 2026"
    assert long_date(date(2026, 8, 21), "fr") == "21 août 2026"


def test_french_has_no_plain_space_before_a_colon() -> None:
    for kind in (UA, AL):
        assert not re.search(r"[^|] [:;?!]", re.sub(r"\{[{%].*?[}%]\}", "", template(kind, "fr")))


def template(kind: LetterKind, language: str) -> str:
    return (LETTERS / kind.name / f"{language}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_an_annex_with_only_the_draft_declaration_is_refused(language: str) -> None:
    shipped = [entry for entry in instruments().values() if entry.kind is InstrumentKind.draft]
    assert shipped, "the list of instruments holds the draft declaration"
    for entry in shipped:
        basis = [{"instrument": entry.titles[language], "articles": ["4"]}]
        with pytest.raises(AnnexRefused):
            compose(AL, "en", {**ENGLISH, "legal_basis": basis})


def test_no_existing_instrument_is_taken_for_the_draft() -> None:
    for entry in instruments().values():
        if entry.kind is not InstrumentKind.draft:
            for title in entry.titles.values():
                assert compose(AL, "en", {**ENGLISH, "legal_basis": [{"instrument": title, "articles": []}]})


def test_the_draft_declaration_may_stand_beside_an_existing_right() -> None:
    basis = [
        {"instrument": "Draft declaration on the right to international solidarity", "articles": ["4"]},
        {"instrument": "Universal Declaration of Human Rights", "articles": ["19"]},
    ]
    assert "Draft declaration" in compose(AL, "en", {**ENGLISH, "legal_basis": basis})


def test_an_annex_without_an_instrument_is_refused() -> None:
    with pytest.raises(MissingField):
        compose(AL, "en", {**ENGLISH, "legal_basis": [{"instrument": "", "articles": ["19"]}]})


HOSTILE = [
    '#import "@preview/evil:0.1.0": *',
    "$ x^2 $ and \\sqrt{2} and C:\\new\\*",
    "*bold* _slanted_ __more__ `code`",
    "<script>alert(1)</script> & <b>b</b>",
    "[a link](javascript:alert(1)) ![a picture](x.png)",
    "# a heading",
    "- an item",
    "12. an item",
    "---",
    "{{ holder_name }} {% raw %}",
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["subject", "recipient_name", "holder_name", "state_formal", "reference"])
def test_hostile_text_in_a_field_comes_out_as_typed(field: str, hostile: str) -> None:
    assert hostile in plain(parse(compose(UA, "en", {**ENGLISH, field: hostile})))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_a_list_comes_out_as_typed(hostile: str) -> None:
    lists = {"questions": [hostile], "measures": [hostile], "recipient_address": [hostile]}
    assert plain(parse(compose(UA, "en", {**ENGLISH, **lists}))).count(hostile) == 3


def test_a_field_cannot_begin_a_new_paragraph() -> None:
    text = plain(parse(compose(AL, "en", {**ENGLISH, "subject": "one\n\n# two\r\nthree"})))
    assert "concerning one # two three." in text


def test_the_officers_own_markdown_is_kept() -> None:
    text = compose(UA, "en", ENGLISH)
    assert "1. She has reportedly been without insulin" in text


def test_a_kind_or_language_without_a_letter_is_an_error() -> None:
    for kind, language in ((LetterKind.other_letter, "en"), (UA, "ar"), (UA, "../en")):
        with pytest.raises(NoSuchLetter):
            compose(kind, language, ENGLISH)
        with pytest.raises(NoSuchLetter):
            template_version(kind, language)


@each_letter
def test_the_template_version_is_a_hash_of_its_own(kind: LetterKind, language: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", template_version(kind, language))
    assert len({template_version(*each) for each in EVERY}) == len(EVERY)


@each_letter
def test_every_phrase_of_the_manifest_stands_in_the_letter(kind: LetterKind, language: str) -> None:
    text = words(compose(kind, language, SAMPLES[language]))
    phrases = manifest(kind)["phrase"]
    assert len(phrases) > 10
    for phrase in phrases:
        assert phrase[language].replace("\N{NO-BREAK SPACE}", " ") in text, phrase["name"]


@each_letter
def test_no_phrase_claims_to_be_reviewed(kind: LetterKind, language: str) -> None:
    for phrase in manifest(kind)["phrase"]:
        assert phrase["unverified"] is True
        assert phrase["source"]
        assert not {"reviewed_by", "confirmed_on"} & set(phrase)


@each_letter
def test_there_are_questions_to_start_from(kind: LetterKind, language: str) -> None:
    assert len(suggested_questions(kind, language)) >= 3
