"""The words for what triage finds, by code: what the desk shows, in whole sentences to be translated there."""

from collections.abc import Mapping
from typing import Final

from foundation.words import N_
from workflows.assessment import Criterion, ProposalKind, Result

CRITERIA: Final[Mapping[Criterion, str]] = {
    Criterion.COMPLETENESS: N_("The five items without which nothing can be assessed"),
    Criterion.SCOPE: N_("Within the mandate on international solidarity"),
    Criterion.ARTICLE_9A: N_("Not manifestly unfounded or politically motivated (article 9 a)"),
    Criterion.ARTICLE_9B: N_("A factual description of the alleged violations (article 9 b)"),
    Criterion.ARTICLE_9C: N_("Language that is not abusive (article 9 c)"),
    Criterion.ARTICLE_9D: N_("Good faith, with direct or reliable knowledge (article 9 d)"),
    Criterion.ARTICLE_9E: N_("Not based on mass media alone (article 9 e)"),
    Criterion.ARTICLE_10: N_("Urgent: life, or very grave harm that is imminent or ongoing (article 10)"),
}

RESULTS: Final[Mapping[Result, str]] = {
    Result.MET: N_("Met"),
    Result.NOT_MET: N_("Not met"),
    Result.DOUBTFUL: N_("Doubtful"),
}

PROPOSALS: Final[Mapping[ProposalKind, str]] = {
    ProposalKind.URGENT_APPEAL: N_("Urgent appeal"),
    ProposalKind.LETTER_OF_ALLEGATION: N_("Letter of allegation"),
    ProposalKind.OTHER_LETTER: N_("Other letter, on a law, bill, policy or practice"),
    ProposalKind.ASK_SOURCE: N_("Ask the source"),
    ProposalKind.REFER: N_("Refer to another mandate or procedure"),
    ProposalKind.NOT_TAKEN_UP: N_("Not taken up"),
}

ASK: Final[Mapping[str, str]] = {
    "victims": N_("Who the alleged victims are"),
    "perpetrators": N_("Who is alleged to be responsible"),
    "identity": N_("Who submits this, and how they can be reached"),
    "date": N_("When it happened, or since when it has been going on"),
    "place": N_("Where it happened"),
    "description": N_("What happened, in detail"),
    "law": N_("Which law, bill, policy or practice is meant"),
    "authority": N_("Who proposed the law or policy, or decided on it"),
    "addressee": N_("Which State or other stakeholder a letter should go to"),
    "consent": N_("Whether a letter may be sent"),
    "how_solidarity": N_("How this concerns acts of solidarity or cooperation between peoples"),
    "knowledge": N_("How the source knows of it, beside reports in the media"),
    "relation": N_("How the source is related to the alleged victims"),
    "going_on": N_("Whether it is still going on"),
    "at_stake": N_("Whether life, liberty, health or bodily integrity is at stake"),
    "may_happen_by": N_("By when something grave may happen"),
    "dates_agree": N_("Which of the dates is right, since they do not agree"),
}

SIGNALS: Final[Mapping[str, str]] = {
    "signal_execution_ahead": N_("Words in the account speak of a sentence of death or of an execution ahead."),
    "signal_life_threatened": N_("Words in the account speak of a threat or danger to life."),
    "signal_removal_ahead": N_("Words in the account speak of a deportation, an extradition or a forced return ahead."),
    "signal_incommunicado": N_("Words in the account speak of detention in secret or without any contact."),
    "signal_whereabouts_unknown": N_("Words in the account say that it is not known where somebody is."),
    "signal_torture_feared": N_("Words in the account speak of torture or ill-treatment that goes on or is feared."),
    "signal_medical_care_denied": N_("Words in the account speak of medical care that is needed or denied."),
    "signal_hunger_strike": N_("Words in the account speak of a hunger strike or of forced feeding."),
    "signal_at_sea": N_("Words in the account speak of people in distress at sea or without rescue."),
    "signal_violence_goes_on": N_("Words in the account speak of violence or of deprivation that goes on."),
    "signal_imminent": N_("Words in the account say that something is imminent."),
    "signal_eviction_ahead": N_("Words in the account speak of a forced eviction or a demolition ahead."),
    "signal_still_held": N_("Words in the account say that somebody is still held, or held without access."),
    "signal_disappearance": N_("Words in the account speak of an enforced disappearance."),
    "signal_released": N_("Words in the account say that somebody was released. This may lower the urgency."),
    "signal_long_ago": N_("Words in the account speak of years ago. This may lower the urgency."),
    "signal_ended": N_("Words in the account say that a measure was dropped or ended. This may lower the urgency."),
    "signal_draft_law": N_("Words in the account speak of a bill or of a change to a law."),
    "signal_law_adopted": N_("Words in the account speak of a law or rule that was adopted or is in force."),
    "signal_law_spoken_of": N_("Words in the account speak of legislation."),
    "signal_liberty_taken": N_("Words in the account speak of arrest or detention."),
    "signal_violence": N_("Words in the account speak of violence."),
    "signal_died": N_("Words in the account say that somebody has died or was killed."),
    "signal_prosecuted": N_("Words in the account speak of prosecution or punishment."),
    "signal_harassed": N_("Words in the account speak of threats, surveillance or reprisals."),
    "signal_restricted": N_("Words in the account speak of a restriction, a sanction or discrimination."),
    "signal_solidarity": N_("Words in the account speak of solidarity with others or of humanitarian help."),
    "signal_civic_space": N_("Words in the account speak of civil society, protest, migration or peoples' rights."),
    "signal_from_media": N_("Words in the account refer to the press or to other media."),
    "signal_insults": N_("Words in the account may be insults. They may also be quoted: a person must judge."),
    "signal_denied": N_("Words that would point to urgency stand beside a denial, so they were given no weight."),
    "signal_year_long_past": N_("The latest year that the account names is %(year)s. This may lower the urgency."),
}

REASONS: Final[Mapping[str, str]] = {
    **SIGNALS,
    # Completeness
    "all_five_given": N_("All five items were given."),
    "law_items_given": N_("The measure, the authority behind it, a description and the source were given."),
    "victims_missing": N_("The alleged victims are not described."),
    "perpetrators_missing": N_("Nothing is said of who is alleged to be responsible."),
    "identity_missing": N_(
        "The source did not say who they are. Their full identity is expected and stays confidential; "
        "its absence alone is no ground to refuse."
    ),
    "date_missing": N_("No date or time was given."),
    "place_missing": N_("No place was given."),
    "description_missing": N_("There is no description of what happened."),
    "law_missing": N_("The law, bill, policy or practice is not named."),
    "authority_missing": N_("Neither the authority behind the measure nor its State is named."),
    # Scope
    "types_named": N_("The source named kinds of violation that belong to the mandate: %(codes)s."),
    "solidarity_explained": N_("The source explained how this concerns solidarity."),
    "outside_by_own_word": N_(
        "The source chose only 'other', and neither the answers nor the words speak of solidarity. "
        "Another mandate or procedure may fit better."
    ),
    "other_but_explained": N_("The source chose only 'other', yet the account may concern solidarity."),
    "scope_unsaid": N_("The source named no kind of violation that belongs to the mandate."),
    # Article 9 (a)
    "nothing_against": N_("Nothing in the answers speaks against it. A political motive is for a person to judge."),
    "nothing_alleged": N_("Nothing is alleged: the account, the persons and the measure were all left empty."),
    "dates_contradict": N_("The dates contradict each other or lie after the day of receipt."),
    # Article 9 (b)
    "facts_given": N_("The account tells what happened, with %(count)s of four facts: who, when, where, by whom."),
    "law_described": N_("The measure is named and described."),
    "facts_thin": N_("The account is short, or few of the four facts are given: who, when, where, by whom."),
    "year_in_text": N_("A date was found in the text, although the question for it was not answered."),
    # Article 9 (c)
    "language_fit": N_("No abusive words were found."),
    "language_only_abuse": N_("The text holds hardly anything but insults, and no facts were given beside it."),
    "language_unread": N_("The words could not be searched: the language is not one of the six that are known."),
    # Article 9 (d)
    "knowledge_claimed": N_("The source claims direct or reliable knowledge."),
    "knowledge_from_media": N_("The source says that it knows of this only from the media."),
    "knowledge_unclear": N_("How the source knows of this is not clear."),
    "relation_unclear": N_("How the source is related to the alleged victims is not clear."),
    "media_despite_nearness": N_(
        "The source is the alleged victim, their family or a witness, yet says that it knows only from the media."
    ),
    # Article 9 (e)
    "not_media_alone": N_("By the source's own answer, this does not rest on the media alone."),
    "own_text_of_law": N_("A law can be read by everybody; its text is to be looked up."),
    "media_unsaid": N_("The source did not say whether this rests on the media alone."),
    # Article 10
    "harm_goes_on": N_("The source says that it is going on and that something grave is at stake."),
    "stake_life": N_("The source says that life is at stake."),
    "stake_liberty": N_("The source says that liberty is at stake: somebody is held, or may be arrested."),
    "stake_health": N_("The source says that health is at stake."),
    "stake_integrity": N_("The source says that bodily integrity is at stake: torture, violence."),
    "stake_removal": N_("The source says that somebody may be removed from the territory."),
    "stake_family": N_("The source says that relatives or colleagues are threatened."),
    "harm_said_to_go_on_but_ended": N_("The source says that it is going on, but gave %(date)s as the day of its end."),
    "harm_by_date": N_("The source says that grave harm may come by %(date)s, in %(days)s days."),
    "harm_date_passed": N_(
        "The source feared grave harm by %(date)s. That day has passed; what became of it must be asked."
    ),
    "harm_later": N_(
        "The source fears grave harm by %(date)s, which leaves time for a reply to a letter of allegation."
    ),
    "harm_expected": N_("The source fears that something grave will happen, without a date."),
    "harm_may_go_on": N_("Something grave is at stake, and the source does not know whether it goes on."),
    "harm_old_may_go_on": N_(
        "Something grave is at stake and it began more than a year ago; whether it goes on is not known."
    ),
    "something_by_date": N_("The source expects something by %(date)s, but did not say what is at stake."),
    "goes_on_without_stake": N_("The source says that it is going on, but did not say what is at stake."),
    "goes_on_nothing_grave": N_("The source says that it is going on and that nothing grave is at stake."),
    "in_danger_though_over": N_("The source says that it is over, yet that something grave is in danger now."),
    "reprisal_said": N_("The source says that somebody was threatened or punished for speaking to the United Nations."),
    "over": N_("The source says that it is over."),
    "urgency_unsaid": N_("The questions about urgency were not answered."),
    "words_alone": N_("The urgency rests on words in the account alone; the source did not tick it."),
    "words_against_answers": N_("Words in the account point to urgency, against what the source ticked."),
    "in_doubt_higher": N_("It is doubtful whether this is urgent. In doubt the higher priority is proposed."),
    # Proposal
    "person_at_risk": N_("A person may be at risk, so this comes first, whatever is still missing."),
    "proposed_going_on": N_("Very grave harm is imminent or ongoing."),
    "proposed_happened": N_("Something has happened that fits the mandate and meets article 9."),
    "proposed_law": N_("It is about a law, bill, policy or practice."),
    "law_in_words_only": N_("No alleged victim is described, and the words speak mostly of a law or policy."),
    "proposed_ask": N_("Something is missing or doubtful; the source can say more."),
    "no_letter_seen": N_("Neither the answers nor the words point to a violation or a measure."),
    "consent_missing": N_("No consent to send a letter was given, and none leaves without it."),
    "proposed_refer": N_("It does not seem to fall within the mandate; others may help."),
    "proposed_not_taken_up": N_("Strong grounds speak against a letter. They are given above, and a person decides."),
    "reprisal_first": N_("A reprisal is reported, so a person must look soon, whatever else is found."),
    "asked_soon": N_("The source asks for something by %(date)s, in %(days)s days."),
    "vote_near": N_("The next vote on it is on %(date)s, in %(days)s days."),
    "vote_passed": N_("The vote on it was expected on %(date)s; what became of it must be asked."),
}
