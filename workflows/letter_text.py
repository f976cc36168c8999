"""The text of a letter: Markdown read once, into a document that the preview and the PDF are both drawn from.

Only a small, safe part of Markdown means anything here: headings, paragraphs, lists, emphasis, line breaks, and a
line of three dashes, which begins a new page. Everything else (HTML, links, images, code) is shown as it was typed,
so that what an officer pastes can neither vanish from a letter nor do anything in it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup, escape

RIGHT_TO_LEFT = frozenset({"ar"})
DEEPEST_HEADING = 6
# markdown-it drops what is nested deeper than its limit; a letter must not lose text, so the limit is set out of reach.
NESTING = 200
# Marks that turn the direction of text round can make a reader see other words than those that were approved.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style."""

    text: str
    strong: bool = False
    emphasis: bool = False


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A new line inside a paragraph."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; levels start at 1 and none is left out on the way down."""

    level: int
    content: tuple[Run | LineBreak, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    content: tuple[Run | LineBreak, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, numbered from `start` or with bullets; each item holds blocks."""

    ordered: bool
    start: int
    items: tuple[tuple["Block", ...], ...]


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


Inline = Run | LineBreak
Block = Heading | Paragraph | Listing | PageBreak


@dataclass(frozen=True, slots=True)
class Document:
    """A letter that has been read."""

    blocks: tuple[Block, ...]


def clean(text: str) -> str:
    """Return `text` composed (NFC), with plain line ends and without control characters and direction marks."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(sign for sign in lines if sign in "\n\t" or not _is_control(sign))


def _is_control(sign: str) -> bool:
    return sign in DIRECTION_MARKS or unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"}


def parse(markdown: str) -> Document:
    """Read the Markdown of a letter. Never fails: what is not understood is text."""
    # The reader is made for each letter, since it keeps state while it works and two threads may render at once.
    reader = MarkdownIt("zero", {"maxNesting": NESTING})
    reader.enable(["heading", "list", "hr", "emphasis", "newline", "escape"])
    root = SyntaxTreeNode(reader.parse(clean(markdown)))
    return Document(tuple(_without_gaps(_blocks(root.children))))


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        block = _block(node)
        if block is not None:
            yield block


def _block(node: SyntaxTreeNode) -> Block | None:
    if node.type == "hr":
        return PageBreak()
    if node.type in {"bullet_list", "ordered_list"}:
        items = tuple(tuple(_blocks(item.children)) for item in node.children)
        return Listing(node.type == "ordered_list", int(node.attrs.get("start", 1)), items)
    content = tuple(_inlines(node.children))
    if not content:
        return None
    return Heading(int(node.tag[1:]), content) if node.type == "heading" else Paragraph(content)


def _inlines(nodes: Iterable[SyntaxTreeNode], strong: bool = False, emphasis: bool = False) -> Iterator[Inline]:
    for node in nodes:
        if node.type == "hardbreak":
            yield LineBreak()
        elif node.type == "softbreak":
            yield Run(" ", strong, emphasis)
        elif node.children:
            yield from _inlines(node.children, strong or node.type == "strong", emphasis or node.type == "em")
        elif node.content:
            yield Run(node.content, strong, emphasis)


def _without_gaps(blocks: Iterable[Block]) -> Iterator[Block]:
    """Lift headings that skip a level: who listens to a letter finds the way by its headings, and PDF/UA asks it."""
    deepest = 0
    for block in blocks:
        if isinstance(block, Heading):
            deepest = min(block.level, deepest + 1)
            yield Heading(deepest, block.content)
        else:
            yield block


def direction(language: str) -> str:
    """Return `rtl` or `ltr`, as HTML and Typst both write it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def plain(document: Document) -> str:
    """Return the words of a letter without any styling, one block a line: for searches and comparisons."""
    return "\n".join(_plain_blocks(document.blocks))


def _plain_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Listing):
            for item in block.items:
                yield from _plain_blocks(item)
        elif not isinstance(block, PageBreak):
            yield "".join(part.text if isinstance(part, Run) else "\n" for part in block.content)


def to_html(document: Document, language: str) -> Markup:
    """Return the preview of a letter, escaped, in its own language and direction.

    Headings are one level lower than in the letter, since the page round the preview has its own first heading.
    """
    inner = Markup("\n").join(_html_block(block) for block in document.blocks)
    return Markup('<article class="letter" lang="{}" dir="{}">\n{}\n</article>').format(
        language, direction(language), inner
    )


def _html_block(block: Block) -> Markup:
    if isinstance(block, PageBreak):
        return Markup('<hr class="letter-page-break">')
    if isinstance(block, Listing):
        return _html_list(block)
    tag = f"h{min(block.level + 1, DEEPEST_HEADING)}" if isinstance(block, Heading) else "p"
    return Markup("<{0}>{1}</{0}>").format(tag, _html_inlines(block.content))


def _html_list(listing: Listing) -> Markup:
    items = Markup("").join(
        Markup("<li>{}</li>").format(Markup("").join(_html_block(block) for block in item)) for item in listing.items
    )
    if listing.ordered:
        return Markup('<ol start="{}">{}</ol>').format(listing.start, items)
    return Markup("<ul>{}</ul>").format(items)


def _html_inlines(content: Iterable[Inline]) -> Markup:
    return Markup("").join(_html_inline(part) for part in content)


def _html_inline(part: Inline) -> Markup:
    if isinstance(part, LineBreak):
        return Markup("<br>")
    text = escape(part.text)
    text = Markup("<em>{}</em>").format(text) if part.emphasis else text
    return Markup("<strong>{}</strong>").format(text) if part.strong else text


# Signs that mean something anywhere in a line, and beginnings that turn a line into a heading, a list or a page break.
MEANS_SOMETHING = re.compile(r"([\\*_])")
# Not the no-break space, which keeps a number and its word on one line.
GAP = re.compile(r"[ \t\n\v\f\u2028\u2029]+")
BEGINS_A_BLOCK = re.compile(r"^(#{1,6}(?=\s|$)|[-+](?=\s|$)|-(?=--)|\d{1,9}(?=[.)](?:\s|$)))")


def as_text(value: str) -> str:
    """Return Markdown that shows `value`, on one line, exactly as it is typed."""
    line = MEANS_SOMETHING.sub(r"\\\1", GAP.sub(" ", clean(value)).strip())
    return BEGINS_A_BLOCK.sub(_disarmed, line, count=1)


def _disarmed(match: re.Match[str]) -> str:
    beginning = match.group(1)
    return f"{beginning}\\" if beginning[0].isdigit() else f"\\{beginning}"
