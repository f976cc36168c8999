"""What a source is asked, step by step, as data. Pure. Long, since it is one list of questions with their words."""

from foundation.words import N_
from submissions.questions import Answers, Choice, Kind, Question, Step, always

LINE_MOST = 300
TEXT_MOST = 5_000
ACCOUNT_MOST = 20_000
STATES_MOST = 3
VICTIMS_MOST = 10
NAME_MOST = 200
NONE_AT_STAKE = "none"


def _is_law(answers: Answers) -> bool:
    return answers.get("kind") == "law"


def _is_not_the_victim(answers: Answers) -> bool:
    return answers.get("relation") != "victim"


def _names_nobody_else(answers: Answers) -> bool:
    return not answers.get("other_addressees")


def _must_name_victims(answers: Answers) -> bool:
    return _is_not_the_victim(answers) and not _is_law(answers)


YES = Choice("yes", N_("Yes"))
NO = Choice("no", N_("No"))

VICTIM_KINDS = (
    Choice("person", N_("A person")),
    Choice("group", N_("A group or an organisation")),
    Choice("people", N_("A people or a community")),
)

WHAT = Step(
    "what",
    N_("What happened"),
    N_("Write in any language, in your own words. You can change everything until you send it."),
    (
        Question(
            "kind",
            Kind.CHOICE,
            N_("What is your complaint about?"),
            choices=(
                Choice("people", N_("Something that was done, or may be done, to people")),
                Choice("law", N_("A law, a draft law, a policy or a practice")),
            ),
            needed=always,
            if_missing=N_("Choose what your complaint is about"),
        ),
        Question(
            "states",
            Kind.STATES,
            N_("Which State is concerned?"),
            N_("The State that did it, allowed it, or should have prevented it."),
            needed=_names_nobody_else,
            if_missing=N_("Choose the State that is concerned, or name who else is"),
        ),
        Question(
            "other_addressees",
            Kind.LINE,
            N_("Is somebody other than a State responsible?"),
            N_("For example a company, a bank, an international organisation or an armed group."),
            most=LINE_MOST,
        ),
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
        Question("place", Kind.LINE, N_("Where did it happen?"), N_("For example the town and the region."), LINE_MOST),
        Question(
            "happened_on",
            Kind.PARTIAL_DAY,
            N_("When did it happen, or begin?"),
            N_("For example 27 3 2026. Leave the day empty if you know only the month."),
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
        Question(
            "law_next_vote_on",
            Kind.DAY,
            N_("When will it next be voted or decided on?"),
            N_("For example 27 3 2027. Leave it empty if you do not know."),
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
            choices=(YES, NO, Choice("unknown", N_("I do not know"))),
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

PEOPLE = Step(
    "people",
    N_("Who it concerns"),
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
        Question(
            "victims",
            Kind.VICTIMS,
            N_("Who was harmed, or may be harmed?"),
            N_(
                "A person, a group or a people. If you do not know a name, describe who it is. If it was done to you, "
                "name only others here: you are asked for your own name later."
            ),
            needed=_must_name_victims,
            if_missing=N_("Name or describe at least one person or group that was harmed"),
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
            "naming",
            Kind.CHOICE,
            N_("May the letter name those who were harmed?"),
            N_(
                "If you are the one who was harmed, this includes your own name. With a name, the State can act for "
                "that person; without it, often not. Being named can be dangerous."
            ),
            choices=(
                Choice("name", N_("Yes, with their full names")),
                Choice("initials", N_("Only with the first letters of their names")),
                Choice("none", N_("No, without any name")),
            ),
            needed=always,
            if_missing=N_("Choose whether the letter may name those who were harmed"),
        ),
        Question(
            "consent_basis",
            Kind.TEXT,
            N_("Do those who were harmed, or their families, agree?"),
            N_("Who agreed, and how. If nobody could be asked, say why, and why you act for them all the same."),
            TEXT_MOST,
            only_if=_is_not_the_victim,
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
    ),
)

STEPS = (WHAT, LAW, RISK, PEOPLE, SOLIDARITY, CONSENT, YOU)
BY_NAME = {step.name: step for step in STEPS}


def steps_for(answers: Answers) -> tuple[Step, ...]:
    """The steps through which somebody with these answers goes."""
    return tuple(step for step in STEPS if step.only_if(answers))


def missing(answers: Answers) -> list[tuple[Step, Question]]:
    """The questions that still need an answer before anything can be sent, in order."""
    return [
        (step, question)
        for step in steps_for(answers)
        for question in step.questions
        if question.is_missing_in(answers)
    ]
