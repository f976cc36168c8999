import csv
import re
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path

import pytest

from mandate import rows
from mandate.facts import (
    UnknownState,
    demo_facts,
    demo_states,
    in_order_of_name,
    instruments,
    mandate_facts,
    state_name,
    states,
    violation_types,
)
from mandate.rows import CLAIMS, SIX, FactsWrong, keys_in, prefixed, read, texts
from mandate.shapes import Standing
from mandate.state_rows import states_from

FILES = sorted(path.name for path in rows.DATA.glob("*.toml"))
SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "zh": r"[\u4e00-\u9fff]"}


def members() -> set[str]:
    return {code for code, state in states().items() if state.status is Standing.member}


def test_the_member_states_are_those_that_an_independent_package_marks_as_members() -> None:
    # Only its table is read: the package itself would load pandas.
    table = Path(str(distribution("country_converter").locate_file("country_converter/country_data.tsv")))
    marked = csv.DictReader(table.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    assert members() == {row["ISO3"] for row in marked if row["UNmember"]}
    assert len(members()) == 193


def test_the_observers_are_the_holy_see_and_the_state_of_palestine() -> None:
    assert set(states()) - members() == {"VAT", "PSE"}
    assert all(states()[code].status is Standing.observer for code in ("VAT", "PSE"))


@pytest.mark.parametrize("language", SIX)
def test_no_two_states_share_a_name(language: str) -> None:
    named = [state.names[language] for state in (*states().values(), *demo_states().values())]
    assert len(set(named)) == len(named) == 197


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_every_name_is_written_in_the_script_of_its_language(language: str, script: str) -> None:
    assert all(re.search(script, state.names[language]) for state in states().values())


def test_states_bear_united_nations_names_and_not_display_names() -> None:
    assert state_name("IRN", "en") == "Iran (Islamic Republic of)"
    assert state_name("PRK", "fr") == "République populaire démocratique de Corée"
    assert state_name("PSE", "es") == "Estado de Palestina"
    assert state_name("CIV", "en") == state_name("CIV", "fr") == "Côte d’Ivoire"


def test_an_unknown_code_is_refused_by_name() -> None:
    with pytest.raises(UnknownState, match="OTH"):
        state_name("OTH", "en")


def test_a_fictional_state_is_not_among_the_real_ones() -> None:
    assert set(demo_states()) == {"XXA", "XXB"}
    assert not set(demo_states()) & set(states())
    assert all(state.status is Standing.fictional for state in demo_states().values())


def test_fictional_states_have_the_forms_that_french_letters_need() -> None:
    assert demo_states()["XXA"].forms["formal_fr_of"] == "de la République d’Exemplie"
    assert demo_states()["XXB"].forms["formal_fr_of"] == "du Royaume de Paradigmie"
    assert set(demo_states()["XXA"].forms) == set(demo_states()["XXB"].forms)


def test_every_french_formal_name_says_that_it_is_unverified() -> None:
    given = [state for state in states().values() if "fr" in state.formal]
    assert len(given) > 100
    assert all("formal_fr" in state.unverified for state in given)


def test_names_are_ordered_without_regard_to_accents() -> None:
    ordered = [state.code for state in in_order_of_name(states().values(), "fr")]
    assert ordered.index("EGY") < ordered.index("ESP") < ordered.index("ETH")


@pytest.mark.parametrize("name", FILES)
def test_no_shipped_row_claims_a_review(name: str) -> None:
    assert not CLAIMS & set(keys_in(read(name)))


def test_a_row_that_claims_a_review_is_refused(tmp_path: Path) -> None:
    (tmp_path / "planted.toml").write_text('[[state]]\ncode = "XXC"\n[state.more]\nreviewed_by = "a person"\n')
    with pytest.raises(FactsWrong, match="reviewed_by"):
        read("planted.toml", tmp_path)


def test_a_state_that_stands_twice_is_refused() -> None:
    row = {"code": "XXC", "status": "fictional", "source": "test"} | {f"short_{language}": "C" for language in SIX}
    assert set(states_from({"state": [row]})) == {"XXC"}
    with pytest.raises(FactsWrong, match="twice"):
        states_from({"state": [row, row]})


def test_a_text_that_is_missing_or_blank_in_one_language_is_refused() -> None:
    whole = dict.fromkeys(SIX, "text")
    assert texts(whole, "whole") == whole
    with pytest.raises(FactsWrong, match="broken: no text in ru"):
        texts({**whole, "ru": " "}, "broken")
    with pytest.raises(FactsWrong, match="no text in ar"):
        prefixed({f"short_{language}": "x" for language in SIX if language != "ar"}, "short", "broken")


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_where_its_rows_come_from(name: str) -> None:
    assert "source" in set(keys_in(read(name)))


def test_each_resolution_starts_on_the_day_after_the_one_before_it_ends() -> None:
    resolutions = mandate_facts().resolutions
    assert [row.number for row in resolutions] == ["2005/55", "7/5", "17/6", "26/6", "35/3", "44/11", "53/5"]
    for earlier, later in pairwise(resolutions):
        assert earlier.in_force_until is not None
        assert later.in_force_from is not None
        assert (later.in_force_from - earlier.in_force_until).days == 1


def test_each_resolution_was_adopted_in_its_year_and_only_the_first_created_the_mandate() -> None:
    resolutions = mandate_facts().resolutions
    assert all(row.adopted_on and row.adopted_on.year == row.year for row in resolutions)
    assert [row.number for row in resolutions if row.created_the_mandate] == ["2005/55"]


def test_the_end_of_the_present_term_is_openly_unknown() -> None:
    current = mandate_facts().current_resolution
    latest = mandate_facts().resolutions[-1]
    assert current.resolution == latest.id == "hrc-53-5"
    assert latest.in_force_until is None
    assert "in_force_until" in latest.unverified
    assert all("2026" in note for note in current.note.values())


def test_holders_follow_each_other_and_only_the_present_one_can_sign() -> None:
    holders = mandate_facts().holders
    assert [(row.from_year, row.to_year) for row in holders] == [
        (2023, None),
        (2017, 2023),
        (2011, 2017),
        (2005, 2011),
    ]
    assert [row.name for row in holders if row.from_on] == ["Cecilia M. Bailliet"]


def test_nationalities_of_former_holders_are_states() -> None:
    assert [row.nationality for row in mandate_facts().former_holders] == ["NGA", "PHL", "IDN"]
    assert state_name("PHL", "es") == "Filipinas"


def test_the_draft_declaration_is_never_shown_as_adopted() -> None:
    assert mandate_facts().key_document.adopted is False


def test_titles_follow_the_holders_gender_in_french_spanish_and_arabic() -> None:
    title = mandate_facts().holder_title
    assert all(title["feminine"][language] != title["masculine"][language] for language in ("fr", "es", "ar"))


def test_a_report_knows_to_whom_it_was_presented() -> None:
    bodies = {report.symbol: report.body for report in mandate_facts().reports}
    assert bodies["A/HRC/56/57"] == "HRC"
    assert bodies["A/79/170"] == "GA"
    assert len(bodies) == 20


def test_the_demonstration_holder_and_missions_are_not_real() -> None:
    assert demo_facts().holder.name == "Dr. Amara Exemple"
    assert demo_facts().holder.name not in {holder.name for holder in mandate_facts().holders}
    assert {(row.state, row.mailbox, row.language) for row in demo_facts().missions} == {
        ("XXA", "mission.xxa@example.org", "fr"),
        ("XXB", "mission.xxb@example.org", "en"),
    }


def test_there_are_the_twenty_violation_types_each_with_six_languages() -> None:
    wanted = {f"SOL-{number:02}" for number in range(1, 19)} | {"SOL-90", "SOL-99"}
    assert set(violation_types()) == wanted
    assert all(set(kind.label) == set(kind.help) == set(SIX) for kind in violation_types().values())


def test_every_help_text_is_one_sentence() -> None:
    for kind in violation_types().values():
        for sentence in kind.help.values():
            assert len(re.findall(r"[.。](?:\s|$)", sentence)) == 1, (kind.code, sentence)


def test_no_violation_type_hooks_into_the_draft_as_if_it_were_law() -> None:
    assert all(right.instrument != "DDIS" for kind in violation_types().values() for right in kind.rights)


def test_instruments_have_titles_in_the_languages_of_letters() -> None:
    assert {"ICCPR", "ICESCR", "UDHR", "DHRD", "DDIS"} <= set(instruments())
    assert all(set(row.titles) == {"en", "fr", "es"} for row in instruments().values())


def test_arabic_russian_and_chinese_texts_are_in_their_own_scripts() -> None:
    facts = mandate_facts()
    shown = [*facts.definition, *facts.objectives, *facts.work, *facts.holder.facts, facts.current_resolution.note]
    shown += [*(kind.label for kind in violation_types().values()), *(kind.help for kind in violation_types().values())]
    for language, script in SCRIPTS.items():
        assert all(re.search(script, text[language]) for text in shown)
