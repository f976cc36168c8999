"""The desk. Each module holds the pages of one section; all hang on one blueprint."""

from workflows.views.desk import case, files, jobs, keeping, letter, moves, notices, queue, record, texts
from workflows.views.desk.door import bp

__all__ = ["bp", "case", "files", "jobs", "keeping", "letter", "moves", "notices", "queue", "record", "texts"]
