"""Words of the desk for what the rooms below keep as values. Pure; translated where shown."""

from collections.abc import Mapping
from typing import Final

from accounts import access
from foundation import key_watch, recurring
from foundation.job_lists import Standing
from foundation.words import N_
from submissions import additions, cleaned, expiry, intake
from workflows import (
    added,
    bindings,
    communications,
    disposals,
    drafting,
    heads,
    kept_back,
    outdated,
    record,
    replay,
    replies,
    retention,
    strays,
    sweeps,
)
from workflows.cases import Happening
from workflows.letter_queries import Shelf
from workflows.models import NoticeStatus
from workflows.queries import Group
from workflows.views.desk.wording_of_people import YES_NO

GROUPS: Final[Mapping[Group, str]] = {
    Group.TO_DECIDE: N_("To decide"),
    Group.IN_WORK: N_("In work"),
    Group.WAITING: N_("Waiting for the source"),
    Group.CLOSED: N_("Closed"),
}

SHELVES: Final[Mapping[Shelf, str]] = {
    Shelf.OPEN: N_("Open"),
    Shelf.ANSWERED: N_("Answered"),
    Shelf.WITHDRAWN: N_("Withdrawn"),
}

# What a source told, in the words of somebody who reads it: the questions themselves speak to the source.
TOLD: Final[Mapping[str, str]] = {
    "what_happened": N_("What happened"),
    "states": N_("State concerned"),
    "stakeholders": N_("Others said to be responsible"),
    "kind": N_("About"),
    "place_exact": N_("Exact place"),
    "place_town": N_("Town or village"),
    "place_region": N_("Region or province"),
    "happened_on": N_("Happened, or began, on"),
    "when_text": N_("When, in words"),
    "law_title": N_("Law or policy"),
    "law_stage": N_("How far the law is"),
    "law_authority": N_("Proposed or decided by"),
    "law_next_vote_on": N_("Next vote or decision on"),
    "law_votes": N_("Other dates of the law"),
    "law_provisions": N_("Parts of the law that do harm"),
    "law_affected": N_("Whom the law harms, and how"),
    "going_on": N_("Still going on"),
    "ended_on": N_("Ended on"),
    "at_stake": N_("In danger now"),
    "may_happen": N_("What may happen next"),
    "may_happen_by": N_("May happen by"),
    "relation": N_("The source is"),
    "knowledge": N_("Knows of it"),
    "reprisal": N_("Reprisal for speaking to the United Nations"),
    "reprisal_details": N_("What the reprisal was"),
    "victims": N_("Alleged victims"),
    "mentioned": N_("Others who are mentioned"),
    "perpetrator_kinds": N_("Of what kind those responsible are"),
    "perpetrators": N_("Alleged to be responsible"),
    "violation_types": N_("Violation types chosen"),
    "how_solidarity": N_("How it concerns solidarity"),
    "steps_at_home": N_("Tried in the country itself"),
    "other_mechanisms": N_("Sent to other international bodies"),
    "asked_of_state": N_("What the source asks for"),
    "asked_by": N_("What is asked is needed by"),
    "evidence": N_("How it could be proved"),
    "answer_languages": N_("Languages for answers"),
}
OTHER_ANSWERS: Final[Mapping[str, str]] = {
    "consent_to_send": N_("Consent to a letter"),
    "naming": N_("Consent to names"),
    "identity": N_("Who the source is"),
    "language": N_("Language"),
}

CHOSEN: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {
        "people": N_("Something done to people"),
        "community": N_("Something done to a whole people or community"),
        "law": N_("A law, a draft law, a policy or a practice"),
    },
    "law_stage": {
        "draft": N_("A draft or a proposal"),
        "before_parliament": N_("Before parliament"),
        "adopted": N_("Adopted, not in force yet"),
        "in_force": N_("In force"),
        "practice": N_("An unwritten practice"),
    },
    "going_on": YES_NO,
    "reprisal": YES_NO,
    "perpetrator_kinds": {
        "state": N_("Those who work for the State"),
        "backed": N_("Others whom the State supports or lets act"),
        "company": N_("A company"),
        "other": N_("Somebody else"),
        "unknown": N_("Not known"),
    },
    "at_stake": {
        "life": N_("Life"),
        "liberty": N_("Liberty"),
        "health": N_("Health"),
        "integrity": N_("Bodily integrity: torture, violence"),
        "removal": N_("Removal from the territory"),
        "family": N_("Relatives or colleagues"),
        "none": N_("None of those asked about"),
    },
    "relation": {
        "victim": N_("the alleged victim"),
        "family": N_("a relative"),
        "representative": N_("a representative, for example a lawyer"),
        "witness": N_("a witness"),
        "organisation": N_("an organisation"),
        "other": N_("somebody else"),
    },
    "knowledge": {
        "direct": N_("directly: lived, seen or heard"),
        "reliable": N_("from people or documents that the source trusts"),
        "media_only": N_("from the media alone"),
        "other": N_("in another way"),
    },
}
IDENTITY: Final[Mapping[str, str]] = {
    "your_name": N_("Name"),
    "your_organisation": N_("Organisation"),
    "your_email": N_("E-mail address"),
    "your_phone": N_("Telephone number"),
    "your_address": N_("Postal address"),
}

HAPPENINGS: Final[Mapping[str, str]] = {
    Happening.SUMMARY_SAVED: N_("Summary of facts saved"),
    Happening.LETTER_DRAFTED: N_("Letter drafted"),
    Happening.LETTER_EDITED: N_("Letter edited"),
    Happening.SOURCE_ASKED: N_("Message left for the source"),
    Happening.SOURCE_WROTE: N_("The source wrote"),
    Happening.SOURCE_ADDED: N_("Something was added after sending"),
    Happening.IDENTITY_OPENED: N_("Identity of the source opened"),
    Happening.ORIGINAL_OPENED: N_("File opened as it was received"),
    Happening.LETTER_OPENED: N_("Letter opened by its addressee"),
    Happening.LETTER_ACKNOWLEDGED: N_("Receipt acknowledged by the addressee"),
    Happening.NOTICE_UNCONFIRMED: N_("Not known whether the notice arrived"),
    Happening.LINK_ASKED: N_("New link asked for by the addressee"),
    Happening.RECORD_HELD: N_("Record kept from disposal"),
    Happening.RECORD_HOLD_LIFTED: N_("Record no longer kept from disposal"),
    Happening.DISPOSAL_PROPOSED: N_("Erasure proposed"),
    Happening.DISPOSAL_CONFIRMED: N_("Erasure confirmed"),
    Happening.DISPOSAL_DECLINED: N_("Erasure declined"),
    Happening.DISPOSED: N_("Submission erased"),
    Happening.LETTER_HELD: N_("Letter held"),
    Happening.LETTER_HOLD_LIFTED: N_("Hold on the letter lifted"),
    "begin_triage": N_("Triage begun"),
    "accept": N_("Accepted"),
    "decline": N_("Not taken up"),
    "refer": N_("Referred to another mandate"),
    "close": N_("Closed"),
    "reopen": N_("Reopened"),
    "withdraw": N_("Withdrawn"),
    "submit": N_("Letter submitted for review"),
    "return": N_("Letter returned to the drafter"),
    "approve": N_("Letter approved"),
    "recall": N_("Approval recalled"),
    "lapse": N_("Approval lapsed"),
    "begin_sending": N_("Sending decided"),
    "confirm_sent": N_("Letter sent"),
    "refuse": N_("Letter not delivered"),
    "record_reply": N_("Reply received"),
    "find_left": N_("Letter had left before the database was put back"),
}

NOTICES: Final[Mapping[NoticeStatus, str]] = {
    NoticeStatus.DUE: N_("Waiting to be sent"),
    NoticeStatus.TRYING: N_("Being sent"),
    NoticeStatus.ACCEPTED: N_("Accepted by the mail server"),
    NoticeStatus.REFUSED: N_("Refused"),
    NoticeStatus.UNCONFIRMED: N_("Not known"),
}

OBSTACLES: Final[Mapping[str, tuple[str, str]]] = {
    kept_back.NO_CONSENT: (
        N_("The source did not agree that a letter is sent."),
        N_("No letter can leave on this case. Ask the source, or withdraw the letter."),
    ),
    kept_back.SOURCE_NAMED: (
        N_("The text holds something that tells who the source is."),
        N_("Rewrite these places in the fields below, or in the summary of facts, so that nothing of it is left:"),
    ),
    kept_back.VICTIM_NAMED: (
        N_("The text names somebody who may not be named to this addressee."),
        N_("Replace the name by what may be told, as listed beside the letter:"),
    ),
    kept_back.PLACE_TOO_EXACT: (
        N_("The text tells the place more exactly than this addressee may know it."),
        N_("Say no more of the place than is listed beside the letter:"),
    ),
    kept_back.NOT_TO_ADDRESSEE: (
        N_("The source does not want that a letter goes to this addressee."),
        N_("No letter can leave to them on this case. Ask the source, or withdraw the letter."),
    ),
    kept_back.NOT_ADDRESSED: (
        N_("The source did not name this addressee, so nobody was asked what they may be told."),
        N_("What was agreed to for others does not cover them. Ask the source, or withdraw the letter."),
    ),
    drafting.TAKEN_BACK: (
        N_("The source took the submission back."),
        N_("No other notice is mailed. Hold the letter, or withdraw it."),
    ),
    drafting.CONSENT_CHANGED: (
        N_("What the source agreed to has changed."),
        N_("No other notice is mailed. Hold the letter, or withdraw it."),
    ),
    drafting.RECIPIENT_CHANGED: (
        N_("The addressee's name, address or mailbox has changed."),
        N_("No other notice is mailed. Hold the letter, or withdraw it."),
    ),
}

# What an approval rests on and what may have changed since.
CHANGED: Final[Mapping[str, str]] = {
    "holder": N_("Another holder, or another title, is on record."),
    "resolution": N_("Another resolution is in force."),
    "state": N_("The names of the State have changed."),
    "recipient": N_("The addressee's name, address or mailbox has changed."),
    "facts": N_("The summary of facts was changed."),
    "consent": N_("What the source agreed to has changed."),
    "date": N_("The day for which the letter is dated is not today."),
    "approval": N_("The approval does not bear this desk's signature. An alarm was raised."),
    kept_back.NO_CONSENT: N_("The source no longer agrees that a letter is sent."),
    kept_back.SOURCE_NAMED: N_("The text holds something that tells who the source is."),
    kept_back.VICTIM_NAMED: N_("The text names somebody who may not be named to this addressee."),
    kept_back.PLACE_TOO_EXACT: N_("The text tells the place more exactly than this addressee may know it."),
    kept_back.NOT_TO_ADDRESSEE: N_("The source no longer wants that a letter goes to this addressee."),
    kept_back.NOT_ADDRESSED: N_("The source did not name this addressee, so nobody was asked what they may be told."),
}

UNREVIEWED: Final[Mapping[str, str]] = {
    "mandate": N_("the title of the mandate"),
    "holder": N_("the mandate holder"),
    "resolution": N_("the resolution"),
    "state": N_("the names of the State"),
}

MISSING_FIELDS: Final[Mapping[str, str]] = {
    "subject": N_("The subject is missing."),
    "concern": N_("The concern is missing."),
    "questions": N_("There is no question."),
    "measures": N_("No interim measure is asked for."),
    "facts": N_("There is no summary of facts in the language of the letter. Write it on the page of the case."),
    "legal_basis": N_("No right is cited: choose at least one under “The annex cites the rights behind”."),
}
NOTHING_GIVEN: Final[Mapping[str, str]] = {
    "mission": N_("No Permanent Mission of this State is on record, so there is no mailbox to write to."),
    "mandate": N_("No title of the mandate is on record for the date of the letter."),
    "holder": N_("No mandate holder is on record for the date of the letter."),
    "resolution": N_("No resolution is on record as being in force on the date of the letter."),
    "State": N_("The State is not on record for the date of the letter."),
}

JOBS: Final[Mapping[str, str]] = {
    intake.RECEIVED: N_("Triage of a submission"),
    intake.MESSAGE_RECEIVED: N_("Message from a source"),
    intake.WITHDRAWN: N_("Withdrawal by a source"),
    additions.RECEIVED: N_("Addition by a source"),
    additions.URGENT: N_("Reprisal, or changed consent"),
    communications.DELIVER: N_("Notice of a letter to its addressee"),
    replies.OPENED: N_("Letter opened by its addressee"),
    replies.ACKNOWLEDGED: N_("Receipt acknowledged by an addressee"),
    replies.REPLIED: N_("Reply from an addressee"),
    replies.LINK_ASKED: N_("New link asked for by an addressee"),
    replies.NOT_AS_APPROVED: N_("A letter bears an approval that this desk did not give."),
    heads.WRITE: N_("Signed head of all chains of events"),
    record.CHECK: N_("Check of the record"),
    strays.WATCH: N_("Comparison with the journal"),
    outdated.ERASE_BLOB: N_("Erasure of a file under an old key"),
    key_watch.CHECK: N_("Check of the public keys"),
    recurring.TIDY: N_("Tidying of jobs that are done"),
    disposals.DISPOSE: N_("Erasure of a submission"),
    cleaned.CLEAN_FILE: N_("Cleaned copy of a file"),
    cleaned.CLEAN_MISSING: N_("Search for files without a cleaned copy"),
    expiry.EXPIRE: N_("Erasure of drafts that expired"),
    sweeps.SWEEP_BLOBS: N_("Check of stored files"),
    sweeps.FORGET_SIGN_INS: N_("Erasure of old sign-ins"),
}
JOB_STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.WAITING: N_("Waiting"),
    Standing.IN_FLIGHT: N_("Under way"),
    Standing.PUT_OFF: N_("Put off"),
    Standing.GIVEN_UP: N_("Given up"),
}

# What stands behind each code of foundation.alarms. A code is a constant of the module that raises it.
ALARMS: Final[Mapping[str, str]] = {
    retention.NOT_DECIDED: N_("A submission was to be erased without the decision of two persons. It was not erased."),
    key_watch.PUBLIC_KEYS_CHANGED: N_("The public keys on a machine were replaced. Stop all processes and compare."),
    sweeps.BLOB_MISSING: N_("A file that is on record is missing from the store. Bring it back from a backup."),
    record.CHAIN_BROKEN: N_("The record of a case was changed past the system, or what it rests on was."),
    record.HEAD_BROKEN: N_("The signed heads and the database do not agree, or heads are missing."),
    bindings.SOURCE_KEY_SWAPPED: N_("The key of a source was replaced. No message was left under the new one."),
    bindings.SUBMISSION_CHANGED: N_("A submission is no longer what was received."),
    bindings.NOT_SEALED: N_("A submission bears no seal of when it was read."),
    added.NOT_SIGNED: N_("Something was added to a submission that neither its source nor a person concerned signed."),
    bindings.ENVELOPE_NOT_OPENED: N_("A submission does not open with the key of the mandate."),
    strays.JOURNAL_AHEAD: N_(
        "The journal holds what the database does not know. No letter leaves until it is replayed."
    ),
    replay.PUT_BACK: N_("The database was put back to an earlier day, and the journal was replayed to it."),
    replay.LEFT_BEFORE_RESTORE: N_("A letter left before the database was put back, and its text is lost."),
    access.NOT_BOUND: N_("An account or its role was changed past the system. Nobody gets in with it."),
    communications.APPROVAL_FORGED: N_("A letter bears an approval that this desk did not give."),
}
