"""Files that an officer adds to a message to a source: of the kinds that a source may send, and no others."""

from flask import request
from flask_babel import gettext as _

from foundation.receiving import upload_of
from foundation.words import N_
from submissions import attachments
from submissions.attachments import FileRefused, ReceivedFile

REFUSED = N_("%(name)s was not added: it is empty, too large, or of a kind that a source cannot be sent.")


def message_files(field: str) -> tuple[list[ReceivedFile], list[str]]:
    """The files that came with a form, and why some of them cannot be sent."""
    files, refused = [], []
    for sent in (file for file in request.files.getlist(field) if file.filename):
        name = attachments.name_of(sent.filename or "")
        try:
            files.append(attachments.receive(name, upload_of(sent)))
        except FileRefused:
            refused.append(_(REFUSED, name=name))
    return files, refused
