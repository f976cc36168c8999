"""Triage of invented accounts: every criterion, every result, and what is proposed."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from string import Formatter
from typing import Any

import pytest

from mandate.vocabulary import LetterKind
from workflows.account import Account, Victim
from workflows.assessment import Assessment, Criterion, Passage, ProposalKind, Reason, Result
from workflows.criteria import assess
from workflows.reasons import ASK, CRITERIA, PROPOSALS, REASONS, RESULTS

TODAY = date(2026, 11, 23)

STORY = (
    "Two members of a group that brings food to people in the mountains were fined by the prefect of the north, "
    "after officers had followed them for a week and had written down the numbers of their cars. "
)

COMPLETE = Account(
    received_on=TODAY,
    states=("XXA",),
    what_happened=STORY,
    happened_on=date(2026, 9, 3),
    ended_on=date(2026, 9, 10),
    place="Norvik, northern region",
    going_on="no",
    at_stake=frozenset({"none"}),
    victims=(Victim("person", described=True),),
    perpetrators="The prefect of the north and two officers",
    how_solidarity="They brought food to people in need whom they did not know.",
    violation_types=("SOL-01",),
    identity_given=True,
    relation="witness",
    knowledge="direct",
    consent_to_send=True,
)

LAW = Account(
    received_on=TODAY,
    kind="law",
    states=("XXB",),
    what_happened="The bill would forbid associations to receive gifts from other States and would let a ministry "
    "close each of them without a court, from the day of its publication on.",
    law_title="Bill on gifts to associations",
    law_stage="before_parliament",
    how_solidarity="Associations abroad could no longer help those at home.",
    violation_types=("SOL-18",),
    going_on="no",
    at_stake=frozenset({"none"}),
    identity_given=True,
    relation="organisation",
    knowledge="reliable",
    consent_to_send=True,
)

EMPTY = Account(received_on=TODAY)


def with_(account: Account = COMPLETE, **changes: Any) -> Account:
    return replace(account, **changes)


def codes(assessment: Assessment, criterion: Criterion) -> set[str]:
    return {r.code for f in assessment.findings if f.criterion == criterion for r in f.reasons}


def all_reasons(assessment: Assessment) -> Iterator[Reason]:
    for finding in assessment.findings:
        yield from finding.reasons
    yield from assessment.proposal.reasons


# Every criterion with each of its results.

CASES = [
    (Criterion.COMPLETENESS, Result.MET, COMPLETE),
    (Criterion.COMPLETENESS, Result.MET, LAW),
    (Criterion.COMPLETENESS, Result.DOUBTFUL, with_(place="")),
    (Criterion.COMPLETENESS, Result.DOUBTFUL, with_(perpetrators=" ", happened_on=None)),
    (Criterion.COMPLETENESS, Result.DOUBTFUL, with_(LAW, law_title="")),
    (Criterion.COMPLETENESS, Result.NOT_MET, with_(perpetrators="", victims=(), what_happened="")),
    (Criterion.COMPLETENESS, Result.NOT_MET, EMPTY),
    (Criterion.SCOPE, Result.MET, COMPLETE),
    (Criterion.SCOPE, Result.MET, with_(violation_types=(), how_solidarity="We gave humanitarian aid to strangers.")),
    (Criterion.SCOPE, Result.DOUBTFUL, with_(violation_types=(), how_solidarity="")),
    (Criterion.SCOPE, Result.DOUBTFUL, with_(violation_types=("SOL-99",))),
    (Criterion.SCOPE, Result.NOT_MET, with_(violation_types=("SOL-99",), how_solidarity="")),
    (Criterion.ARTICLE_9A, Result.MET, COMPLETE),
    (Criterion.ARTICLE_9A, Result.DOUBTFUL, with_(happened_on=date(2026, 12, 24))),
    (Criterion.ARTICLE_9A, Result.DOUBTFUL, with_(ended_on=date(2026, 9, 1))),
    (Criterion.ARTICLE_9A, Result.NOT_MET, EMPTY),
    (Criterion.ARTICLE_9B, Result.MET, COMPLETE),
    (Criterion.ARTICLE_9B, Result.MET, LAW),
    (Criterion.ARTICLE_9B, Result.MET, with_(what_happened="他们给山里的人送食物，" * 6)),
    (Criterion.ARTICLE_9B, Result.DOUBTFUL, with_(what_happened="They were fined.")),
    (Criterion.ARTICLE_9B, Result.DOUBTFUL, with_(place="", victims=(Victim(),))),
    (Criterion.ARTICLE_9B, Result.NOT_MET, with_(what_happened="  ")),
    (Criterion.ARTICLE_9C, Result.MET, COMPLETE),
    (Criterion.ARTICLE_9C, Result.DOUBTFUL, with_(what_happened=STORY + "The officer called them vermin.")),
    (Criterion.ARTICLE_9C, Result.DOUBTFUL, with_(language="sw")),
    (Criterion.ARTICLE_9C, Result.NOT_MET, with_(EMPTY, what_happened="You idiots, you scum, go to hell!")),
    (Criterion.ARTICLE_9D, Result.MET, COMPLETE),
    (Criterion.ARTICLE_9D, Result.MET, with_(relation="organisation", knowledge="reliable")),
    (Criterion.ARTICLE_9D, Result.DOUBTFUL, with_(relation="other")),
    (Criterion.ARTICLE_9D, Result.DOUBTFUL, with_(knowledge="other")),
    (Criterion.ARTICLE_9D, Result.DOUBTFUL, with_(relation="family", knowledge="media_only")),
    (Criterion.ARTICLE_9D, Result.NOT_MET, with_(relation="other", knowledge="media_only")),
    (Criterion.ARTICLE_9E, Result.MET, COMPLETE),
    (Criterion.ARTICLE_9E, Result.DOUBTFUL, with_(knowledge="")),
    (Criterion.ARTICLE_9E, Result.DOUBTFUL, with_(LAW, knowledge="media_only")),
    (Criterion.ARTICLE_9E, Result.NOT_MET, with_(relation="other", knowledge="media_only")),
    (Criterion.ARTICLE_10, Result.MET, with_(going_on="yes", at_stake=frozenset({"liberty"}), ended_on=None)),
    (Criterion.ARTICLE_10, Result.MET, with_(at_stake=frozenset({"removal"}), may_happen_by=date(2026, 11, 25))),
    (Criterion.ARTICLE_10, Result.DOUBTFUL, with_(at_stake=frozenset({"life"}), may_happen="They may be attacked.")),
    (Criterion.ARTICLE_10, Result.DOUBTFUL, with_(going_on="yes", at_stake=frozenset())),
    (Criterion.ARTICLE_10, Result.NOT_MET, COMPLETE),
    (Criterion.ARTICLE_10, Result.NOT_MET, with_(going_on="yes")),
]


@pytest.mark.parametrize(("criterion", "result", "account"), CASES)
def test_a_criterion_is_met_not_met_or_doubtful(criterion: Criterion, result: Result, account: Account) -> None:
    assert assess(account).result_of(criterion) is result


def test_the_cases_cover_every_criterion_with_every_result() -> None:
    assert {(criterion, result) for criterion, result, _ in CASES} == {(c, r) for c in Criterion for r in Result}


@pytest.mark.parametrize("account", [COMPLETE, LAW, EMPTY])
def test_findings_are_those_of_the_code_and_no_others_in_a_fixed_order(account: Account) -> None:
    assert [finding.criterion for finding in assess(account).findings] == list(Criterion)


# What is proposed.


def test_a_complete_account_of_what_has_happened_is_a_letter_of_allegation() -> None:
    proposal = assess(COMPLETE).proposal
    assert (proposal.kind, proposal.letter_kind) == (ProposalKind.LETTER_OF_ALLEGATION, LetterKind("AL"))
    assert (proposal.addressees, proposal.priority, proposal.ask) == (("XXA",), 3, ())


def test_a_complete_account_of_a_law_is_an_other_letter() -> None:
    proposal = assess(LAW).proposal
    assert (proposal.kind, proposal.priority) == (ProposalKind.OTHER_LETTER, 3)


def test_a_vote_within_a_month_raises_the_priority_of_a_law() -> None:
    proposal = assess(with_(LAW, law_next_vote_on=TODAY + timedelta(days=9))).proposal
    assert proposal.priority == 2
    assert any(r.code == "vote_near" and r.params["days"] == "9" for r in proposal.reasons)


def test_a_law_that_endangers_a_described_person_now_is_an_urgent_appeal() -> None:
    account = with_(LAW, going_on="yes", at_stake=frozenset({"life"}), victims=(Victim("group", described=True),))
    assert assess(account).proposal.kind is ProposalKind.URGENT_APPEAL


def test_a_bill_about_the_death_penalty_is_not_an_urgent_appeal_for_its_words() -> None:
    account = with_(LAW, what_happened=LAW.what_happened + " It brings back the death sentence.", at_stake=frozenset())
    proposal = assess(account).proposal
    assert proposal.letter_kind is LetterKind("OL")


@pytest.mark.parametrize("stake", ["life", "liberty", "health", "integrity", "removal", "family"])
def test_grave_harm_that_goes_on_is_an_urgent_appeal_of_the_first_priority(stake: str) -> None:
    proposal = assess(with_(going_on="yes", ended_on=None, at_stake=frozenset({stake}))).proposal
    assert (proposal.kind, proposal.priority) == (ProposalKind.URGENT_APPEAL, 1)


def test_a_person_at_risk_comes_first_even_if_almost_nothing_else_was_answered() -> None:
    account = with_(EMPTY, what_happened="Help.", going_on="yes", at_stake=frozenset({"life"}))
    proposal = assess(account).proposal
    assert (proposal.kind, proposal.priority) == (ProposalKind.URGENT_APPEAL, 1)
    assert {"victims", "place", "addressee", "consent", "identity"} <= set(proposal.ask)


def test_a_person_at_risk_without_a_word_of_description_is_asked_about_first_of_all() -> None:
    proposal = assess(with_(EMPTY, going_on="yes", at_stake=frozenset({"life"}))).proposal
    assert (proposal.kind, proposal.letter_kind, proposal.priority) == (ProposalKind.ASK_SOURCE, LetterKind("UA"), 1)


def test_a_person_at_risk_outside_the_mandate_is_referred_with_the_first_priority() -> None:
    account = with_(
        violation_types=("SOL-99",), how_solidarity="", going_on="yes", ended_on=None, at_stake=frozenset({"health"})
    )
    proposal = assess(account).proposal
    assert (proposal.kind, proposal.priority) == (ProposalKind.REFER, 1)


@pytest.mark.parametrize(
    ("days", "result", "priority"),
    [
        (0, Result.MET, 1),
        (60, Result.MET, 1),
        (61, Result.DOUBTFUL, 2),
        (-1, Result.DOUBTFUL, 1),
        (-90, Result.DOUBTFUL, 2),
    ],
)
def test_a_feared_day_counts_from_the_day_of_receipt(days: int, result: Result, priority: int) -> None:
    account = with_(going_on="no", at_stake=frozenset({"removal"}), may_happen_by=TODAY + timedelta(days=days))
    account = replace(account, happened_on=date(2024, 1, 1), ended_on=None)
    assessment = assess(account)
    assert (assessment.result_of(Criterion.ARTICLE_10), assessment.proposal.priority) == (result, priority)


def test_what_is_feared_within_two_days_must_be_looked_at_within_the_hour() -> None:
    tomorrow = with_(at_stake=frozenset({"removal"}), may_happen_by=TODAY + timedelta(days=1))
    next_week = with_(at_stake=frozenset({"removal"}), may_happen_by=TODAY + timedelta(days=7))
    assert assess(tomorrow).proposal.look_by == timedelta(hours=1)
    assert assess(next_week).proposal.look_by == timedelta(hours=4)


@pytest.mark.parametrize("going_on", ["unknown", "no"])
def test_in_doubt_the_higher_priority_is_proposed_and_the_doubt_is_said(going_on: str) -> None:
    assessment = assess(with_(going_on=going_on, at_stake=frozenset({"life"})))
    assert assessment.result_of(Criterion.ARTICLE_10) is Result.DOUBTFUL
    assert assessment.proposal.priority == 1
    assert "in_doubt_higher" in {r.code for r in assessment.proposal.reasons}


def test_what_began_years_ago_and_may_go_on_is_of_the_second_priority() -> None:
    old = with_(happened_on=date(2021, 5, 1), ended_on=None, going_on="unknown", at_stake=frozenset({"liberty"}))
    assert assess(old).proposal.priority == 2


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A volunteer of our kitchen is held incommunicado and may be deported tomorrow."),
        ("fr", "Une bénévole est détenue au secret et risque d'être expulsée demain."),
        ("es", "Una voluntaria está incomunicada y será deportada mañana."),
        ("ar", "متطوعة محتجزة بمعزل عن العالم الخارجي وسيتم ترحيلها غدا"),
        ("ru", "Волонтёра увезли в неизвестном направлении, ей грозит депортация."),
        ("zh", "一名志愿者下落不明，面临被遣返。"),
    ],
)
def test_urgency_that_was_written_and_not_ticked_is_caught_in_six_languages(language: str, text: str) -> None:
    assessment = assess(with_(EMPTY, what_happened=text, language=language))
    assert (assessment.proposal.kind, assessment.proposal.priority) == (ProposalKind.URGENT_APPEAL, 1)
    assert assessment.result_of(Criterion.ARTICLE_10) is Result.DOUBTFUL
    reasons = next(f.reasons for f in assessment.findings if f.criterion is Criterion.ARTICLE_10)
    assert "words_alone" in {r.code for r in reasons}
    places = [place for r in reasons if r.is_signal() for place in r.rests_on]
    assert places
    assert all(isinstance(place, Passage) and text[place.start : place.end] for place in places)


def test_one_alarming_word_against_clear_answers_makes_a_doubt_and_not_an_urgent_appeal() -> None:
    assessment = assess(with_(what_happened=STORY + "One of them had once been on hunger strike."))
    assert assessment.result_of(Criterion.ARTICLE_10) is Result.DOUBTFUL
    assert (assessment.proposal.kind, assessment.proposal.priority) == (ProposalKind.LETTER_OF_ALLEGATION, 2)
    assert "words_against_answers" in codes(assessment, Criterion.ARTICLE_10)


def test_many_alarming_words_outweigh_what_was_ticked() -> None:
    text = STORY + "She is held incommunicado, she is on hunger strike, and she will be deported tomorrow."
    assert assess(with_(what_happened=text)).proposal.kind is ProposalKind.URGENT_APPEAL


def test_words_of_a_release_never_lower_what_was_ticked() -> None:
    text = STORY + "One of them was released on bail years ago."
    account = with_(what_happened=text, going_on="yes", ended_on=None, at_stake=frozenset({"life"}))
    assert assess(account).result_of(Criterion.ARTICLE_10) is Result.MET


def test_a_denied_danger_raises_nothing() -> None:
    assessment = assess(with_(EMPTY, going_on="unknown", what_happened="He was fined. He was not held incommunicado."))
    assert assessment.proposal.letter_kind is LetterKind("AL")
    assert assessment.proposal.priority == 3
    assert "signal_denied" in codes(assessment, Criterion.ARTICLE_10)


def test_a_text_in_a_language_that_cannot_be_searched_is_looked_at_earlier_not_later() -> None:
    assessment = assess(with_(EMPTY, what_happened="Amefungwa na hajulikani alipo.", language="sw"))
    assert assessment.proposal.priority == 2
    assert "language_unread" in codes(assessment, Criterion.ARTICLE_10)


def test_an_anonymous_account_is_asked_for_identity_and_never_refused_for_it() -> None:
    assessment = assess(with_(identity_given=False))
    assert assessment.result_of(Criterion.COMPLETENESS) is Result.DOUBTFUL
    assert assessment.proposal.kind is ProposalKind.ASK_SOURCE
    assert assessment.proposal.letter_kind is LetterKind("AL")
    assert "identity" in assessment.proposal.ask


def test_without_consent_no_letter_of_allegation_is_proposed() -> None:
    proposal = assess(with_(consent_to_send=False)).proposal
    assert proposal.kind is ProposalKind.ASK_SOURCE
    assert "consent" in proposal.ask


def test_an_account_about_a_company_alone_needs_no_state() -> None:
    proposal = assess(with_(states=(), stakeholders=("company",))).proposal
    assert (proposal.kind, proposal.addressees) == (ProposalKind.LETTER_OF_ALLEGATION, ())
    assert "addressee" not in proposal.ask


def test_a_reprisal_comes_early_and_is_a_finding_whatever_else_is_found() -> None:
    calm, reprisal = assess(COMPLETE), assess(with_(reprisal="yes"))
    assert (calm.proposal.priority, reprisal.proposal.priority) == (3, 2)
    assert reprisal.result_of(Criterion.ARTICLE_10) == Result.DOUBTFUL
    assert "reprisal_said" in codes(reprisal, Criterion.ARTICLE_10)
    assert "reprisal_first" in {reason.code for reason in reprisal.proposal.reasons}
    for answer in ("no", "unknown"):
        assert assess(with_(reprisal=answer)) == calm


def test_a_reprisal_keeps_an_account_from_being_put_aside() -> None:
    media = with_(knowledge="media_only", relation="organisation")
    assert assess(media).proposal.kind is ProposalKind.NOT_TAKEN_UP
    assert assess(with_(media, reprisal="yes")).proposal.kind is not ProposalKind.NOT_TAKEN_UP


def test_a_law_has_an_authority_behind_it_or_at_least_a_state() -> None:
    nobody = with_(LAW, states=(), stakeholders=("organisation",))
    assert "authority_missing" in codes(assess(nobody), Criterion.COMPLETENESS)
    assert "authority" in assess(nobody).proposal.ask
    for account in (LAW, with_(nobody, law_authority="The ministry")):
        assert assess(account).result_of(Criterion.COMPLETENESS) == Result.MET


def test_what_a_law_says_and_whom_it_harms_describe_it() -> None:
    short = with_(LAW, what_happened="A bill.")
    assert assess(short).result_of(Criterion.ARTICLE_9B) == Result.DOUBTFUL
    told = with_(short, law_provisions="Article 4 lets a ministry close each of them.", law_affected=STORY)
    assert assess(told).result_of(Criterion.ARTICLE_9B) == Result.MET


def test_a_law_that_speaks_of_death_makes_nothing_urgent_but_what_is_told_of_those_it_harms_may() -> None:
    words = "They were sentenced to death and will be executed."
    assert assess(with_(LAW, law_provisions=words)).proposal.priority == assess(LAW).proposal.priority
    assert assess(with_(LAW, law_affected=words)).proposal.priority < assess(LAW).proposal.priority


def test_it_is_enough_to_say_of_what_kind_those_responsible_are() -> None:
    silent = with_(perpetrators="")
    assert "perpetrators_missing" in codes(assess(silent), Criterion.COMPLETENESS)
    assert assess(with_(silent, perpetrator_kinds=frozenset({"unknown"}))) == assess(silent)
    known = assess(with_(silent, perpetrator_kinds=frozenset({"state"})))
    assert known.result_of(Criterion.COMPLETENESS) == Result.MET


def test_a_community_is_looked_at_like_people() -> None:
    assert assess(with_(kind="community")) == assess(COMPLETE)


@pytest.mark.parametrize(("days", "said"), [(-1, False), (0, True), (30, True), (31, False)])
def test_what_is_asked_for_soon_is_said(days: int, said: bool) -> None:
    reasons = assess(with_(asked_by=TODAY + timedelta(days=days))).proposal.reasons
    assert ("asked_soon" in {reason.code for reason in reasons}) == said


@pytest.mark.parametrize(("criterion", "result", "account"), CASES)
def test_not_taken_up_needs_a_criterion_of_article_9_that_is_not_met_and_no_urgency(
    criterion: Criterion, result: Result, account: Account
) -> None:
    assessment = assess(account)
    if assessment.proposal.kind is ProposalKind.NOT_TAKEN_UP:
        assert assessment.result_of(Criterion.ARTICLE_10) is Result.NOT_MET
        assert any(assessment.result_of(c) is Result.NOT_MET for c in Criterion if c.startswith("article_9"))


@pytest.mark.parametrize(
    "account",
    [
        with_(relation="other", knowledge="media_only"),
        with_(EMPTY, what_happened="You idiots, you scum, go to hell!"),
        EMPTY,
    ],
)
def test_not_taken_up_is_proposed_on_strong_grounds(account: Account) -> None:
    proposal = assess(account).proposal
    assert (proposal.kind, proposal.priority) == (ProposalKind.NOT_TAKEN_UP, 4)
    assert "proposed_not_taken_up" in {r.code for r in proposal.reasons}


def test_somebody_who_knows_only_from_the_media_of_a_person_at_risk_is_not_turned_away() -> None:
    account = with_(
        relation="other", knowledge="media_only", going_on="yes", ended_on=None, at_stake=frozenset({"life"})
    )
    assert assess(account).proposal.kind is ProposalKind.URGENT_APPEAL


def test_insults_beside_facts_are_for_a_person_to_judge() -> None:
    text = STORY + "Those bastards, those idiots, that scum!"
    assert assess(with_(what_happened=text)).proposal.kind is ProposalKind.ASK_SOURCE


def test_a_private_quarrel_points_to_no_letter_and_is_asked_about_last() -> None:
    proposal = assess(with_(EMPTY, what_happened="My neighbour plays music every night and my rent went up.")).proposal
    assert (proposal.kind, proposal.letter_kind, proposal.priority) == (ProposalKind.ASK_SOURCE, None, 4)


def test_words_about_a_bill_point_to_an_other_letter_if_no_victim_is_described() -> None:
    text = "The draft law on associations is before parliament, and its second reading begins soon."
    assessment = assess(with_(EMPTY, what_happened=text))
    assert assessment.proposal.letter_kind is LetterKind("OL")
    assert "law_in_words_only" in {r.code for r in assessment.proposal.reasons}


def test_a_described_victim_keeps_an_account_from_becoming_one_about_a_law() -> None:
    text = STORY + "They cite the law, a new decree, and a draft law before parliament."
    assert assess(with_(what_happened=text)).proposal.letter_kind is LetterKind("AL")


def test_a_year_long_past_in_the_text_lowers_what_words_alone_say() -> None:
    then = assess(with_(EMPTY, what_happened="In 2009 he was on hunger strike.")).proposal
    now = assess(with_(EMPTY, what_happened="In 2026 he is on hunger strike.")).proposal
    assert now.priority < then.priority


# What an assessment is made of.

PLANTED = "Quillonborough"
EVERY = [account for _, _, account in CASES]


@pytest.mark.parametrize("account", EVERY)
def test_an_assessment_comes_back_from_json_as_it_was(account: Account) -> None:
    assessment = assess(account)
    assert Assessment.from_json(json.loads(json.dumps(assessment.to_json()))) == assessment


@pytest.mark.parametrize("account", EVERY)
def test_everything_that_is_said_has_words_and_its_values(account: Account) -> None:
    assessment = assess(account)
    for reason in all_reasons(assessment):
        needed = set(_names_in(REASONS[reason.code]))
        assert needed <= set(reason.params)
    assert set(assessment.proposal.ask) <= set(ASK)
    assert all(finding.reasons for finding in assessment.findings)
    assert assessment.proposal.reasons


def _names_in(words: str) -> Iterator[str]:
    for _, name, _, _ in Formatter().parse(words.replace("%(", "{").replace(")s", "}")):
        if name:
            yield name


@pytest.mark.parametrize("account", EVERY)
def test_a_reason_rests_on_answers_that_exist_and_on_passages_within_them(account: Account) -> None:
    names = {field.name for field in fields(Account)}
    for reason in all_reasons(assess(account)):
        for place in reason.rests_on:
            if isinstance(place, Passage):
                assert 0 <= place.start < place.end <= len(getattr(account, place.field))
            else:
                assert place in names


def test_an_assessment_repeats_no_word_of_the_account() -> None:
    words = f" {PLANTED} hunger strike "
    texts = {f.name: words for f in fields(Account) if f.type is str and f.name not in ("language", "kind")}
    assert PLANTED in texts["what_happened"]
    assert PLANTED not in json.dumps(assess(with_(COMPLETE, **texts)).to_json())


def test_all_criteria_results_and_proposals_have_words() -> None:
    assert (set(CRITERIA), set(RESULTS), set(PROPOSALS)) == (set(Criterion), set(Result), set(ProposalKind))


def test_the_same_account_gives_the_same_assessment() -> None:
    assert assess(COMPLETE).to_json() == assess(replace(COMPLETE)).to_json()
