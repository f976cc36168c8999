"""The page on which files are added to a draft."""

from flask import render_template, request
from flask_babel import format_decimal
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from foundation.receiving import upload_of
from foundation.web import means
from submissions import attachments, file_kinds
from submissions.attachments import FILES_MOST, FileRefused
from submissions.forms import FilesForm
from submissions.views.question_pages import place_of
from submissions.views.visit import LANG, bp, draft_here, go_to, here, today, with_error_code
from submissions.wording import REFUSALS

ACCEPTED = ",".join(file_kinds.ENDINGS)
MEGABYTE = 1024 * 1024


@bp.get(f"{LANG}/steps/files")
def show_files(lang: str) -> str:
    """The files of the draft, and a form to add some."""
    return _files_page([])


@bp.post(f"{LANG}/steps/files")
def add_files(lang: str) -> Response:
    """Add every file that may be added; name the others with the reason."""
    draft_here()
    chosen = [file for file in request.files.getlist("files") if file.filename]
    refused = [words for file in chosen if (words := _add(file))]
    stays = request.form.get("go") == "add"
    if stays and not chosen:
        refused = [_("Choose a file first")]
    if refused:
        return with_error_code(_files_page(refused))
    return go_to("show_files") if stays else go_to("check")


@bp.post(f"{LANG}/steps/files/remove")
def remove_file(lang: str) -> Response:
    """Take a file out again; one that is gone already is no error."""
    file_id = request.form.get("file", "")
    if file_id in {file.id for file in draft_here().files}:
        attachments.remove_file(means(), here(), today(), file_id)
    return go_to("show_files")


def _add(file: FileStorage) -> str | None:
    """Add one file; what to say if it was refused."""
    name = attachments.name_of(file.filename or "")
    try:
        _require_room()
        attachments.add_file(means(), here(), today(), name, upload_of(file))
    except FileRefused as refused:
        return str(_(REFUSALS[refused.reason], name=name))
    return None


def _require_room() -> None:
    if len(draft_here().files) >= FILES_MOST:
        raise FileRefused(attachments.TOO_MANY)


def _files_page(refused: list[str]) -> str:
    draft = draft_here()
    return render_template(
        "public/files.html",
        form=FilesForm(formdata=None),
        files=[{"id": file.id, "name": file.name, "size": _size(file.size)} for file in draft.files],
        most=FILES_MOST,
        full=len(draft.files) >= FILES_MOST,
        accepted=ACCEPTED,
        errors=[{"text": words, "field_id": "files"} for words in refused],
        place=place_of("files", draft.answers),
    )


def _size(size: int) -> str:
    # Less than a tenth of a megabyte is told as such, so that no file seems to be empty.
    return str(_("%(size)s MB", size=format_decimal(max(size / MEGABYTE, 0.1), format="0.0")))
