"""The program of the child: by the kind of a file, what cleans it. All libraries are loaded before any file is read."""

from collections.abc import Callable, Mapping

from foundation.confinement import Refused
from submissions.cleaning import documents, packages, pictures

Cleaner = Callable[[bytes], tuple[str, bytes]]
OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"

CLEANERS: Mapping[str, Cleaner] = {
    "image/jpeg": pictures.clean,
    "image/png": pictures.clean,
    "image/webp": pictures.clean,
    "image/heic": pictures.clean,
    "application/pdf": documents.clean,
    f"{OFFICE}.wordprocessingml.document": packages.clean_office,
    f"{OFFICE}.spreadsheetml.sheet": packages.clean_office,
    f"{OFFICE}.presentationml.presentation": packages.clean_office,
    f"{OPEN}.text": packages.clean_open,
    f"{OPEN}.spreadsheet": packages.clean_open,
    f"{OPEN}.presentation": packages.clean_open,
}


def make(kind: str, content: bytes) -> tuple[str, bytes]:
    """The kind and the content of the cleaned copy of a file of this kind. Raises Refused."""
    if kind not in CLEANERS:
        raise Refused("no_cleaner")
    made_kind, made = CLEANERS[kind](content)
    return made_kind or kind, made
