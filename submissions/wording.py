"""Words for what this room keeps as values: stages, and files that were refused. Pure; translated where shown."""

from collections.abc import Mapping

from foundation.words import N_
from submissions import attachments
from submissions.confidentiality import MANDATE, MANDATES, PUBLIC
from submissions.models import Stage

STAGE_TITLES: Mapping[Stage, str] = {
    Stage.RECEIVED: N_("Received"),
    Stage.UNDER_REVIEW: N_("Being looked at"),
    Stage.TAKEN_UP: N_("Taken up"),
    Stage.NOT_TAKEN_UP: N_("Not taken up"),
    Stage.REFERRED: N_("Passed to another mandate"),
    Stage.LETTER_SENT: N_("A letter was sent"),
    Stage.REPLY_RECEIVED: N_("A reply came"),
    Stage.CLOSED: N_("Closed"),
    Stage.WITHDRAWN: N_("Taken back"),
}

# States and other stakeholders are called by their names.
AUDIENCES: Mapping[str, str] = {
    MANDATE: N_("To the Independent Expert, and those who work on your complaint"),
    MANDATES: N_("To other independent experts of the United Nations"),
    PUBLIC: N_("To everybody: letters are normally made public later"),
}

STAGE_MEANINGS: Mapping[Stage, str] = {
    Stage.RECEIVED: N_("What you sent is here. Nobody has read it yet."),
    Stage.UNDER_REVIEW: N_("Somebody is reading it and checks whether the Independent Expert can act on it."),
    Stage.TAKEN_UP: N_("It was decided to act on it. The next step is a letter."),
    Stage.NOT_TAKEN_UP: N_(
        "The Independent Expert cannot act on it. This does not mean that you are not believed. "
        "If a reason can be given, you find it in a message below."
    ),
    Stage.REFERRED: N_("It concerns another mandate of the United Nations more closely. See the messages below."),
    Stage.LETTER_SENT: N_("A letter was sent to those whom it concerns, and they were asked for an answer."),
    Stage.REPLY_RECEIVED: N_("Somebody who had been written to has answered. The answer is being read."),
    Stage.CLOSED: N_("No more steps are planned. You can still write to us if something changes."),
    Stage.WITHDRAWN: N_("You took your complaint back. What has not been sent will not be sent."),
}

REFUSALS: Mapping[str, str] = {
    attachments.EMPTY: N_("%(name)s was not added: the file is empty."),
    attachments.TOO_LARGE: N_(
        "%(name)s was not added: it is larger than 50 MB. Make it smaller, or send a part of it."
    ),
    attachments.TOO_MANY: N_(
        "%(name)s was not added: there are as many files as can be taken already. Remove one first."
    ),
    attachments.ARCHIVE: N_(
        "%(name)s was not added: it is an archive (such as .zip). What is in it cannot be checked and cleaned there. "
        "Unpack it, and add the files themselves."
    ),
    attachments.KIND_NOT_ALLOWED: N_("%(name)s was not added: files of this kind cannot be taken. See the list above."),
    attachments.FALSE_ENDING: N_(
        "%(name)s was not added: the end of its name does not fit what is inside. A text ends with .txt, "
        "a photograph mostly with .jpg, a document with .pdf, .docx or .odt. Save it again and choose it anew."
    ),
}
