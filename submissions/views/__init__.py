"""The public face. Each module holds the pages of one part of a visit; all hang on one blueprint."""

from submissions.views import (
    adding,
    before,
    choosing,
    files,
    guard,
    records,
    returning,
    sending,
    status,
    steps,
)
from submissions.views.visit import bp

__all__ = [
    "adding",
    "before",
    "bp",
    "choosing",
    "files",
    "guard",
    "records",
    "returning",
    "sending",
    "status",
    "steps",
]
