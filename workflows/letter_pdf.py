"""A letter as a PDF: tagged (PDF/UA-1), made to be kept (PDF/A-2a), and the same bytes for the same letter.

The Typst template is static. The letter's text reaches it as JSON and is only ever put on the page as text, so
nothing in it can be read as markup. The fonts come with Typst and with this repository, none from the machine.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from workflows.letter_text import Block, Document, Heading, Inline, LineBreak, Listing, PageBreak, direction

LETTERS = Path(__file__).resolve().parent.parent / "templates" / "letters"
DRAFT_WORDS = {"en": "DRAFT", "fr": "PROJET", "es": "BORRADOR", "ru": "ПРОЕКТ", "ar": "مشروع"}
CANNOT_SHOW = "could not be displayed with font"


class LetterError(ValueError):
    """A letter that cannot be made as asked. The message is for the log; pages say it in their own words."""


class SignsNotCovered(LetterError):
    """The letter holds a sign that no font of ours has. It is refused, since an empty box could hide a name."""

    def __init__(self, signs: str) -> None:
        super().__init__(f"no font of ours shows {signs!r}")
        self.signs = signs


@dataclass(frozen=True, slots=True)
class LetterMeta:
    """What a PDF says of itself besides the letter's text. It holds no names: neither source nor author.

    `title` is shown by readers in the window's title bar; `draft` prints a word across every page.
    """

    title: str
    language: str
    reference: str
    dated_on: date
    draft: bool


# A compiler is kept, because reading its fonts anew costs more than a letter; it works on one letter at a time.
_one_at_a_time = Lock()


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        LETTERS / "letter.typ", root=LETTERS, font_paths=[LETTERS / "fonts"], ignore_system_fonts=True
    )


@cache
def _process() -> int:
    """The process that rendered first; a fork inherits the answer."""
    return os.getpid()


def to_pdf(document: Document, meta: LetterMeta) -> bytes:
    """Return the PDF. The same document and meta give the same bytes. Raises SignsNotCovered.

    Typst keeps threads, which a fork does not copy: a child of a process that has rendered raises LetterError here,
    where it would otherwise wait for ever. Start workers before the first letter, or as processes of their own.
    """
    if _process() != os.getpid():
        raise LetterError("this process was forked from one that had rendered a letter")
    inputs = {"letter": json.dumps(_told(document, meta), ensure_ascii=False)}
    made_at = datetime.combine(meta.dated_on, time(), UTC)
    with _one_at_a_time:
        try:
            pdf = _compiler().compile(
                sys_inputs=inputs, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=made_at
            )
        except typst.TypstError as error:
            raise _explained(error) from error
    if not isinstance(pdf, bytes):
        raise LetterError("Typst gave no PDF")
    return pdf


def sha256(pdf: bytes) -> str:
    """Return the SHA-256 of a PDF in lower-case hexadecimal."""
    return hashlib.sha256(pdf).hexdigest()


def _explained(error: typst.TypstError) -> LetterError:
    if CANNOT_SHOW in error.message:
        return SignsNotCovered(error.message.split('"')[1])
    return LetterError(error.message)


def _told(document: Document, meta: LetterMeta) -> dict[str, Any]:
    """All that the Typst template is told."""
    draft = DRAFT_WORDS.get(meta.language, DRAFT_WORDS["en"]) if meta.draft else ""
    return {
        "title": f"{meta.title} ({draft})" if draft else meta.title,
        "language": meta.language,
        "direction": direction(meta.language),
        "reference": meta.reference,
        "year": meta.dated_on.year,
        "month": meta.dated_on.month,
        "day": meta.dated_on.day,
        "draft": draft,
        "blocks": _told_blocks(document.blocks),
    }


def _told_blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    return [_told_block(block) for block in blocks]


def _told_block(block: Block) -> dict[str, Any]:
    if isinstance(block, PageBreak):
        return {"kind": "page-break"}
    if isinstance(block, Listing):
        items = [_told_blocks(item) for item in block.items]
        return {"kind": "list", "ordered": block.ordered, "start": block.start, "items": items}
    content = [_told_inline(part) for part in block.content]
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "content": content}
    return {"kind": "paragraph", "content": content}


def _told_inline(part: Inline) -> dict[str, Any]:
    if isinstance(part, LineBreak):
        return {"break": True}
    return {"break": False, "text": part.text, "strong": part.strong, "emphasis": part.emphasis}
