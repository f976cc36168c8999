"""What a source is asked, step by step, as data. Pure. Long, since it is one list of questions with their words."""

from collections.abc import Mapping
from typing import Any

from foundation.words import N_
from submissions.confidentiality import addressees, asked_audiences, people_in
from submissions.questions import Answers, Choice, Kind, Question, Record, Step, always
from submissions.records import COLLECTIONS, LEVELS, LINE_MOST, NAME_MOST, NO, PRECISIONS, UNKNOWN, YES

TEXT_MOST = 5_000
ACCOUNT_MOST = 20_000
STATES_MOST = 10
NONE_AT_STAKE = "none"


def _is_law(answers: Answers) -> bool:
    return answers.get("kind") == "law"


def _is_not_law(answers: Answers) -> bool:
    return not _is_law(answers)


def _names_nobody_else(answers: Answers) -> bool:
    return not answers.get("stakeholders")


def _must_say_who_was_harmed(answers: Answers) -> bool:
    return answers.get("relation") != "victim" and not _is_law(answers)


def _may_be_sent(answers: Answers) -> bool:
    return answers.get("consent_to_send") == "yes"


def _has_several_addressees(answers: Answers) -> bool:
    # Whoever refused one of several is asked again when the others are taken away, so that no refusal is lost.
    return _may_be_sent(answers) and (len(addressees(answers)) > 1 or bool(answers.get("not_to")))


def _suffered_reprisal(answers: Answers) -> bool:
    return answers.get("reprisal") == "yes"


KIND = Step(
    "kind",
    N_("What it is about"),
    N_("Write in any language, in your own words. You can change everything until you send it."),
    (
        Question(
            "kind",
            Kind.CHOICE,
            N_("What is your complaint about?"),
            choices=(
                Choice("people", N_("Something that was done, or may be done, to one or more people")),
                Choice(
                    "community",
                    N_("Something that was done, or may be done, to a whole people or community"),
                    N_("For example an indigenous people, a village, or everybody in a camp."),
                ),
                Choice("law", N_("A law, a draft law, a policy or a practice")),
            ),
            needed=always,
            if_missing=N_("Choose what your complaint is about"),
        ),
    ),
)

STATES = Step(
    "states",
    N_("Who is responsible"),
    "",
    (
        Question(
            "states",
            Kind.STATES,
            N_("Which State is concerned?"),
            N_("The State that did it, allowed it, or should have prevented it."),
            needed=_names_nobody_else,
            if_missing=N_("Choose the State that is concerned, or name who else is"),
        ),
        Question(
            "stakeholders",
            Kind.RECORDS,
            N_("Is somebody other than a State responsible?"),
            N_("For example a company, a bank, an international organisation or an armed group."),
            collection="stakeholders",
        ),
    ),
)

WHAT = Step(
    "what",
    N_("What happened"),
    "",
    (
        Question(
            "what_happened",
            Kind.TEXT,
            N_("What happened?"),
            N_(
                "What was done, who did it, where, when, and why you think it was done. Say what you know yourself "
                "and what others told you. Do not write here who you are: you are asked for that later."
            ),
            most=ACCOUNT_MOST,
            needed=always,
            if_missing=N_("Write what happened"),
        ),
    ),
)

WHERE = Step(
    "where",
    N_("Where and when"),
    N_("You say later how exactly the place may be told to others."),
    (
        Question("place_region", Kind.LINE, N_("In which region or province did it happen?"), most=LINE_MOST),
        Question("place_town", Kind.LINE, N_("In which town or village?"), most=LINE_MOST),
        Question(
            "place_exact",
            Kind.LINE,
            N_("Where exactly?"),
            N_("For example the street, the camp or the ship."),
            LINE_MOST,
        ),
        Question(
            "happened_on",
            Kind.PARTIAL_DAY,
            N_("When did it happen, or begin?"),
            N_("For example 27 3 2026. Leave out the day, or day and month, if you do not know them."),
            past=True,
        ),
        Question(
            "when_text",
            Kind.LINE,
            N_("If you do not know the date, say it in words"),
            N_("For example: in the spring, several times since last year."),
            LINE_MOST,
        ),
    ),
    only_if=_is_not_law,
)

LAW = Step(
    "law",
    N_("The law or policy"),
    N_("You said that your complaint is about a law, a draft law, a policy or a practice."),
    (
        Question(
            "law_title",
            Kind.LINE,
            N_("What is it called?"),
            N_("Its title or number, as far as you know it."),
            LINE_MOST,
        ),
        Question(
            "law_stage",
            Kind.CHOICE,
            N_("How far is it?"),
            choices=(
                Choice("draft", N_("It is a draft or a proposal")),
                Choice("before_parliament", N_("It is before parliament")),
                Choice("adopted", N_("It was adopted but does not apply yet")),
                Choice("in_force", N_("It applies now")),
                Choice("practice", N_("It is not written down: authorities do it as a practice")),
            ),
        ),
        Question("law_authority", Kind.LINE, N_("Who proposed it, or decided on it?"), most=LINE_MOST),
        Question(
            "law_next_vote_on",
            Kind.DAY,
            N_("When will it next be voted or decided on?"),
            N_("For example 27 3 2027. Leave it empty if you do not know."),
        ),
        Question(
            "law_votes",
            Kind.LINE,
            N_("Are other dates known?"),
            N_("For example further votes, hearings, or the day from which it applies."),
            LINE_MOST,
        ),
        Question(
            "law_provisions",
            Kind.TEXT,
            N_("Which parts of it do harm?"),
            N_("The articles or sections, and what they say. You can add the whole text as a file later."),
            TEXT_MOST,
        ),
        Question(
            "law_affected",
            Kind.TEXT,
            N_("Whom does it harm, and how?"),
            N_("Name nobody who does not agree."),
            TEXT_MOST,
        ),
    ),
    only_if=_is_law,
)

RISK = Step(
    "risk",
    N_("Is somebody at risk now?"),
    N_("Your answers decide how quickly this is looked at."),
    (
        Question(
            "going_on",
            Kind.CHOICE,
            N_("Is it still going on?"),
            choices=(YES, NO, UNKNOWN),
            needed=always,
            if_missing=N_("Choose whether it is still going on"),
        ),
        Question(
            "ended_on",
            Kind.PARTIAL_DAY,
            N_("If it has ended, when did it end?"),
            N_("Leave the day empty if you know only the month."),
            past=True,
        ),
        Question(
            "at_stake",
            Kind.CHOICES,
            N_("What is in danger now?"),
            N_("Choose all that apply."),
            choices=(
                Choice("life", N_("Somebody's life")),
                Choice("liberty", N_("Somebody's freedom: they are held, or may be arrested")),
                Choice("health", N_("Somebody's health")),
                Choice("integrity", N_("Somebody may be tortured, beaten or ill-treated")),
                Choice("removal", N_("Somebody may be sent out of a country")),
                Choice("family", N_("Relatives or colleagues are threatened")),
                Choice(NONE_AT_STAKE, N_("None of these")),
            ),
        ),
        Question(
            "may_happen",
            Kind.TEXT,
            N_("What may happen next?"),
            N_("For example an arrest, a trial, a vote, an eviction."),
            TEXT_MOST,
        ),
        Question(
            "may_happen_by",
            Kind.DAY,
            N_("By which day may it happen?"),
            N_("For example 27 3 2027. Leave it empty if you do not know."),
        ),
    ),
)

RELATION = Step(
    "relation",
    N_("You and those who were harmed"),
    "",
    (
        Question(
            "relation",
            Kind.CHOICE,
            N_("What is your relation to those who were harmed, or may be harmed?"),
            choices=(
                Choice("victim", N_("It was done to me")),
                Choice("family", N_("I am a relative")),
                Choice("representative", N_("I act for them, for example as a lawyer")),
                Choice("witness", N_("I saw or heard it")),
                Choice("organisation", N_("I write for an organisation")),
                Choice("other", N_("Something else")),
            ),
            needed=always,
            if_missing=N_("Choose your relation to those who were harmed"),
        ),
        Question(
            "knowledge",
            Kind.CHOICE,
            N_("How do you know about it?"),
            choices=(
                Choice("direct", N_("I lived it, saw it or heard it myself")),
                Choice("reliable", N_("From people or documents that I trust")),
                Choice("media_only", N_("Only from newspapers, radio, television or the internet")),
                Choice("other", N_("In another way")),
            ),
        ),
    ),
)

PEOPLE = Step(
    "people",
    N_("Who was harmed"),
    "",
    (
        Question(
            "victims",
            Kind.RECORDS,
            N_("Who was harmed, or may be harmed?"),
            N_(
                "Add each person, group or people. If you do not know a name, describe who it is. If it was done to "
                "you, you stand in the list already."
            ),
            needed=_must_say_who_was_harmed,
            if_missing=N_("Name or describe at least one person or group that was harmed"),
            collection="victims",
        ),
    ),
)

MENTIONED = Step(
    "others",
    N_("Who else is mentioned"),
    N_(
        "Witnesses, relatives, lawyers, journalists: people who were not harmed, "
        "but whose names stand in what you wrote."
    ),
    (
        Question(
            "mentioned",
            Kind.RECORDS,
            N_("Whom else do you mention?"),
            N_("We take care that no letter names them, unless you say that they may be named."),
            collection="mentioned",
        ),
    ),
)

PERPETRATORS = Step(
    "perpetrators",
    N_("Who did it"),
    "",
    (
        Question(
            "perpetrator_kinds",
            Kind.CHOICES,
            N_("Who is it?"),
            N_("Choose all that apply."),
            choices=(
                Choice("state", N_("Police, soldiers, officials or others who work for the State")),
                Choice("backed", N_("Others whom the State supports or lets act")),
                Choice("company", N_("A company")),
                Choice("other", N_("Somebody else")),
                Choice("unknown", N_("I do not know")),
            ),
        ),
        Question(
            "perpetrators",
            Kind.TEXT,
            N_("Who did it?"),
            N_(
                "Names, offices, units or companies, as far as you know. If you do not know, say so, and say what "
                "makes you think that the State or somebody else is behind it."
            ),
            TEXT_MOST,
            needed=always,
            if_missing=N_("Say who did it, or that you do not know"),
        ),
    ),
    only_if=_is_not_law,
)

SOLIDARITY = Step(
    "solidarity",
    N_("How it concerns solidarity"),
    N_("You may leave out whatever you cannot answer. We look at every complaint, also if you choose nothing here."),
    (
        Question("violation_types", Kind.VIOLATIONS, N_("Which of these fits?"), N_("Choose all that apply.")),
        Question(
            "how_solidarity",
            Kind.TEXT,
            N_("How does it concern help or support for others?"),
            N_("For example: who was helped or supported, and how that was punished, forbidden or kept from them."),
            TEXT_MOST,
        ),
    ),
)

TRIED = Step(
    "tried",
    N_("What was tried, and what is asked"),
    "",
    (
        Question(
            "steps_at_home",
            Kind.TEXT,
            N_("What was tried in the country itself?"),
            N_("For example a complaint to the police or to a court, and what came of it. You need not have tried."),
            TEXT_MOST,
        ),
        Question(
            "other_mechanisms",
            Kind.TEXT,
            N_("Has it been sent to another international body?"),
            N_("Which one, when, and what came of it."),
            TEXT_MOST,
        ),
        Question(
            "asked_of_state",
            Kind.TEXT,
            N_("What should the State, or whoever is responsible, do?"),
            N_("For example release somebody, drop charges, change a law, protect a witness."),
            TEXT_MOST,
        ),
        Question("asked_by", Kind.DAY, N_("By when?"), N_("For example 27 3 2027. Leave it empty if you do not know.")),
        Question(
            "evidence",
            Kind.TEXT,
            N_("How could it be proved?"),
            N_("For example papers, pictures, reports or people who saw it. You can add files later."),
            TEXT_MOST,
        ),
    ),
)

SAFETY = Step(
    "safety",
    N_("Your safety"),
    "",
    (
        Question(
            "reprisal",
            Kind.CHOICE,
            N_("Has somebody been threatened or punished for speaking to the United Nations about this?"),
            N_("Also relatives, lawyers, or people who helped."),
            choices=(YES, NO, UNKNOWN),
        ),
        Question(
            "reprisal_details",
            Kind.TEXT,
            N_("What happened to them?"),
            N_("Who, when, and by whom."),
            TEXT_MOST,
            only_if=_suffered_reprisal,
        ),
        Question(
            "could_guess",
            Kind.TEXT,
            N_("Who could guess that it was you who told us?"),
            N_("For example because only few people know of it. Then we are careful with what a letter says."),
            TEXT_MOST,
        ),
    ),
)

CONSENT = Step(
    "consent",
    N_("What you agree to"),
    N_("Nothing is decided for you. Until a letter has been sent, you can still take your complaint back."),
    (
        Question(
            "consent_to_send",
            Kind.CHOICE,
            N_("May a letter about this be sent to the State, or to whoever else is responsible?"),
            N_(
                "It tells what happened and never who told us, unless you are the one who was harmed and agree below "
                "to be named. Letters and replies are normally made public later."
            ),
            choices=(
                Choice("yes", N_("Yes, a letter may be sent")),
                Choice(
                    "no", N_("No, do not send a letter"), N_("We read what you send and keep it, and write to nobody.")
                ),
            ),
            needed=always,
            if_missing=N_("Choose whether a letter may be sent"),
        ),
        Question(
            "not_to",
            Kind.ADDRESSEES,
            N_("Is there anybody to whom no letter may go?"),
            N_("Choose those who may not be written to."),
            only_if=_has_several_addressees,
        ),
    ),
)

TOLD = Step(
    "told",
    N_("What may be told to whom"),
    N_(
        "With a name, the State can act for that person; without it, often not. Being named can be dangerous. What you "
        "choose here holds for everybody for whom you did not choose something else."
    ),
    (
        Question(
            "naming",
            Kind.NAMING,
            N_("How may those who were harmed be called?"),
            N_("If you are the one who was harmed, this includes your own name."),
            choices=LEVELS,
            needed=always,
            if_missing=N_("Choose how those who were harmed may be called"),
        ),
        Question("precision", Kind.PRECISION, N_("How exactly may the place be told?"), choices=PRECISIONS),
        Question(
            "kept_parts",
            Kind.CHOICES,
            N_("What may be told to nobody but us?"),
            N_("Choose all that apply."),
            choices=(
                Choice("place", N_("The place, but for the State")),
                Choice("happened_on", N_("The day on which it happened")),
                Choice("steps_at_home", N_("What was tried in the country")),
                Choice("other_mechanisms", N_("That another international body was told")),
                Choice("evidence", N_("What proofs there are")),
                Choice("reprisal", N_("That somebody was punished for speaking to the United Nations")),
            ),
        ),
        Question(
            "kept_words",
            Kind.TEXT,
            N_("Is there anything else that must not be passed on?"),
            most=TEXT_MOST,
        ),
    ),
)

YOU = Step(
    "you",
    N_("About you"),
    N_(
        "Who you are is kept apart from what you tell, and only few people may see it. It is never put into a letter, "
        "and we never tell it to a State. There is one exception: if it was done to you, and you agreed to be named."
    ),
    (
        Question("your_name", Kind.LINE, N_("Your name"), most=NAME_MOST),
        Question("your_organisation", Kind.LINE, N_("Your organisation, if you write for one"), most=NAME_MOST),
        Question("your_email", Kind.EMAIL, N_("Your e-mail address"), most=254),
        Question("your_phone", Kind.PHONE, N_("Your telephone number"), most=60),
        Question("your_address", Kind.TEXT, N_("Your postal address"), most=LINE_MOST),
        Question(
            "answer_languages",
            Kind.LINE,
            N_("In which languages may we answer you?"),
            N_("If you say nothing, we answer in the language of this page."),
            most=LINE_MOST,
        ),
    ),
)

STEPS = (
    KIND,
    STATES,
    WHAT,
    WHERE,
    LAW,
    RISK,
    RELATION,
    PEOPLE,
    MENTIONED,
    PERPETRATORS,
    SOLIDARITY,
    TRIED,
    SAFETY,
    CONSENT,
    TOLD,
    YOU,
)
BY_NAME = {step.name: step for step in STEPS}


def steps_for(answers: Answers) -> tuple[Step, ...]:
    """The steps through which somebody with these answers goes."""
    return tuple(step for step in STEPS if step.only_if(answers))


def missing(answers: Answers) -> list[tuple[Step, Question]]:
    """The questions that still need an answer before anything can be sent, in order; not those about a record."""
    written, audiences = _written(answers), asked_audiences(answers)
    return [(step, question) for step in steps_for(written) for question in step.missing(written, audiences)]


def incomplete(answers: Answers) -> list[tuple[Question, Record]]:
    """The records about which something that is needed was not said yet, each with the question that it answers."""
    written, audiences = _written(answers), asked_audiences(answers)
    return [
        (question, record)
        for question in _collecting(written)
        for record in written.get(question.name, ())
        if COLLECTIONS[question.collection].missing(record, audiences)
    ]


def lacks_something(answers: Answers) -> bool:
    """Whether anything must still be said before this can be sent."""
    return bool(missing(answers) or incomplete(answers))


def given(answers: Answers) -> dict[str, Any]:
    """The answers to what was asked, without those that stand behind a question which is not asked any more.

    While somebody goes back and forth all are kept, so that nothing is lost; only these are sent.
    """
    written = _written(answers)
    asked = {question.name: question for step in steps_for(written) for question in step.asked(written)}
    return {
        name: _given_records(question, value) if question.kind == Kind.RECORDS else value
        for name, question in asked.items()
        if (value := written.get(name))
    }


def _written(answers: Answers) -> dict[str, Any]:
    """The answers without records of which nobody said anything, and without the source where others were harmed."""
    kept = {
        name: [each for each in answers[name] if not collection.is_empty(each)]
        for name, collection in COLLECTIONS.items()
        if answers.get(name)
    }
    people = people_in({**answers, **kept})
    return {**answers, **kept, **({"victims": people} if "victims" in kept else {})}


def _collecting(answers: Answers) -> list[Question]:
    return [each for step in steps_for(answers) for each in step.asked(answers) if each.kind == Kind.RECORDS]


def _given_records(question: Question, records: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    collection = COLLECTIONS[question.collection]
    return [_given_record(collection.pages_for(record), record) for record in records]


def _given_record(pages: tuple[Step, ...], record: Record) -> dict[str, Any]:
    asked = {question.name for page in pages for question in page.asked(record)}
    return {name: value for name, value in record.items() if name in asked | {"id", "kind", "is_source"}}
