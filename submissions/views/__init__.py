"""The public face. Each module holds the pages of one part of a visit; all hang on one blueprint."""

from submissions.views import before, files, guard, returning, sending, status, steps
from submissions.views.visit import bp

__all__ = ["before", "bp", "files", "guard", "returning", "sending", "status", "steps"]
