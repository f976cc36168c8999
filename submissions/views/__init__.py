"""The public face. Each module holds the pages of one part of a visit; all hang on one blueprint."""

from submissions.views import files, guard, returning, sending, status, steps
from submissions.views.visit import bp

__all__ = ["bp", "files", "guard", "returning", "sending", "status", "steps"]
