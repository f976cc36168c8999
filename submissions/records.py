"""The records that are added one by one: who was harmed, who else is responsible, who else is mentioned. Pure."""

from foundation.words import N_
from submissions.questions import Choice, Collection, Kind, Question, Record, Step, always

LINE_MOST = 300
NAME_MOST = 200
DETAILS_MOST = 2_000
VICTIMS_MOST, STAKEHOLDERS_MOST, MENTIONED_MOST = 200, 10, 50

YES = Choice("yes", N_("Yes"))
NO = Choice("no", N_("No"))
UNKNOWN = Choice("unknown", N_("I do not know"))

PERSON, GROUP, PEOPLE = "person", "group", "people"
VICTIM_KINDS = (
    Choice(PERSON, N_("A person")),
    Choice(GROUP, N_("A group or an organisation")),
    Choice(PEOPLE, N_("A people or a community")),
)
STAKEHOLDER_KINDS = (
    Choice("company", N_("A company or a bank")),
    Choice("organisation", N_("An international organisation")),
    Choice("armed_group", N_("An armed group, or a military or security company")),
    Choice("other", N_("Somebody else")),
)
MENTIONED_KINDS = (Choice("mentioned", N_("Somebody who is mentioned")),)

LEVELS = (
    Choice("name", N_("The name")),
    Choice("initials", N_("Only the first letters of the name")),
    Choice("none", N_("Nothing")),
)
PRECISIONS = (
    Choice("exact", N_("The exact place")),
    Choice("town", N_("The town or village")),
    Choice("region", N_("Only the region")),
    Choice("country", N_("Only the State")),
)


def _is_person(record: Record) -> bool:
    return record.get("kind") == PERSON and not record.get("is_source")


def _is_one_person(record: Record) -> bool:
    return record.get("kind") == PERSON


def _is_group(record: Record) -> bool:
    return record.get("kind") == GROUP


def _is_people(record: Record) -> bool:
    return record.get("kind") == PEOPLE


def _is_named_by_source(record: Record) -> bool:
    return not record.get("is_source")


def _is_counted(record: Record) -> bool:
    return record.get("kind") in {GROUP, PEOPLE}


def _was_not_asked(record: Record) -> bool:
    return record.get("basis") == "not_asked"


def _was_agreed_by_others(record: Record) -> bool:
    return record.get("basis") in {"family", "guardian"}


def _says_nothing_yet(record: Record) -> bool:
    return _is_named_by_source(record) and not record.get("details")


def _has_own_wishes(record: Record) -> bool:
    return record.get("own_wishes") == "yes"


WHO = Step(
    "who",
    N_("Who it is"),
    N_("Write only what you know. If you do not know a name, describe who it is."),
    (
        Question(
            "name",
            Kind.LINE,
            N_("Name"),
            most=NAME_MOST,
            only_if=_is_named_by_source,
            needed=_says_nothing_yet,
            if_missing=N_("Write a name, or describe who it is"),
        ),
        Question("age", Kind.LINE, N_("Age, or date of birth"), most=60, only_if=_is_one_person),
        Question(
            "minor",
            Kind.CHOICE,
            N_("Was this person under 18 when it happened?"),
            N_("The names of children are never made public."),
            choices=(YES, NO, UNKNOWN),
            only_if=_is_one_person,
            needed=always,
            if_missing=N_("Choose whether this person was under 18"),
        ),
        Question("gender", Kind.LINE, N_("Gender"), most=60, only_if=_is_one_person),
        Question("nationality", Kind.LINE, N_("Nationality"), most=LINE_MOST, only_if=_is_one_person),
        Question("occupation", Kind.LINE, N_("Work, or role in the community"), most=LINE_MOST, only_if=_is_one_person),
        Question(
            "number",
            Kind.LINE,
            N_("How many people are they?"),
            N_("A number, as near as you can say. If you do not know, leave it empty."),
            most=60,
            only_if=_is_counted,
        ),
        Question(
            "decided_by",
            Kind.LINE,
            N_("Who of them decided that this is sent?"),
            N_("For example an assembly, a council or elders."),
            most=LINE_MOST,
            only_if=_is_people,
        ),
        Question(
            "decided_how",
            Kind.TEXT,
            N_("How was it decided?"),
            N_("When, and in what way. If there is a record of it, you can add it to your files later."),
            most=DETAILS_MOST,
            only_if=_is_people,
        ),
        Question(
            "details",
            Kind.TEXT,
            N_("What else should we know?"),
            N_("For example where this person is now, or what makes this group different from others."),
            most=DETAILS_MOST,
        ),
        Question(
            "sexual_violence",
            Kind.CHOICE,
            N_("Has this person suffered sexual violence?"),
            N_("You need not answer. If you say yes, the name is never made public."),
            choices=(YES, NO),
            only_if=_is_one_person,
        ),
    ),
)

AGREEMENT = Step(
    "agreement",
    N_("Who agreed"),
    N_("Nobody is named to anybody outside without an agreement, or a reason why nobody could be asked."),
    (
        Question(
            "basis",
            Kind.CHOICE,
            N_("Does this person, or this group, agree that you tell us about them?"),
            choices=(
                Choice("own", N_("Yes, they agreed themselves")),
                Choice("family", N_("Their family agreed")),
                Choice("guardian", N_("A parent or guardian agreed")),
                Choice("not_asked", N_("Nobody could be asked")),
                Choice("refused", N_("They do not agree"), N_("Then they are named to nobody outside.")),
            ),
            needed=always,
            if_missing=N_("Choose who agreed, or that nobody could be asked"),
        ),
        Question(
            "given_by",
            Kind.LINE,
            N_("Who agreed for them?"),
            N_("For example: the mother."),
            most=LINE_MOST,
            only_if=_was_agreed_by_others,
        ),
        Question("given_on", Kind.PARTIAL_DAY, N_("When did they agree?"), N_("You may leave out the day."), past=True),
        Question(
            "why_not_asked",
            Kind.TEXT,
            N_("Why could nobody be asked?"),
            N_("For example because nobody knows where they are. Say too why you act for them all the same."),
            most=DETAILS_MOST,
            only_if=_was_not_asked,
            needed=always,
            if_missing=N_("Say why nobody could be asked"),
        ),
    ),
    only_if=_is_named_by_source,
)

WISHES = Step(
    "wishes",
    N_("What may be told about them"),
    N_("Later you say for everybody what may be told to whom. Here you can say something else for this one."),
    (
        Question(
            "own_wishes",
            Kind.CHOICE,
            N_("Is something else to be told about them than about the others?"),
            choices=(Choice("no", N_("No, the same as for everybody")), Choice("yes", N_("Yes, something else"))),
            needed=always,
            if_missing=N_("Choose whether something else is to be told about them"),
        ),
        Question(
            "naming",
            Kind.NAMING,
            N_("How may they be called?"),
            choices=LEVELS,
            only_if=_has_own_wishes,
            needed=always,
            if_missing=N_("Choose how they may be called"),
        ),
        Question(
            "precision",
            Kind.PRECISION,
            N_("How exactly may the place be told?"),
            choices=PRECISIONS,
            only_if=_has_own_wishes,
        ),
    ),
)

STAKEHOLDER = Step(
    "who",
    N_("Who it is"),
    "",
    (
        Question(
            "name",
            Kind.LINE,
            N_("Name"),
            most=NAME_MOST,
            needed=always,
            if_missing=N_("Write the name"),
        ),
        Question("seat", Kind.LINE, N_("Where is it based?"), N_("The town and the State, if you know."), LINE_MOST),
        Question("details", Kind.TEXT, N_("What did it do, or fail to do?"), most=DETAILS_MOST),
    ),
)

MENTIONED_PERSON = Step(
    "who",
    N_("Who it is"),
    "",
    (
        Question("name", Kind.LINE, N_("Name"), most=NAME_MOST, needed=always, if_missing=N_("Write the name")),
        Question(
            "details",
            Kind.LINE,
            N_("Who is it?"),
            N_("For example a witness, a relative, a lawyer or a journalist."),
            LINE_MOST,
        ),
        Question(
            "may_be_named",
            Kind.CHOICE,
            N_("May this person be named outside?"),
            N_("If you are not sure, choose no."),
            choices=(YES, NO),
            needed=always,
            if_missing=N_("Choose whether this person may be named"),
        ),
    ),
)

COLLECTIONS = {
    collection.name: collection
    for collection in (
        Collection(
            "victims",
            VICTIMS_MOST,
            VICTIM_KINDS,
            (WHO, AGREEMENT, WISHES),
            N_("There are 200 already. Describe the others as a group."),
        ),
        Collection("stakeholders", STAKEHOLDERS_MOST, STAKEHOLDER_KINDS, (STAKEHOLDER,), N_("There are ten already.")),
        Collection("mentioned", MENTIONED_MOST, MENTIONED_KINDS, (MENTIONED_PERSON,), N_("There are 50 already.")),
    )
}
