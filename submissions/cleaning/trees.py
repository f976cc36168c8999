"""What is done to any tree of XML: an element goes, or goes and leaves what is in it."""

from typing import Any

# Lxml has no types, and no public name for what its trees are made of.
Element = Any


def local(name: object) -> str:
    """A name without its name space."""
    return str(name).rpartition("}")[2]


def drop(element: Element) -> None:
    """Take an element out with all that is in it. What stands behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    _keep_tail(element, parent)
    parent.remove(element)


def unwrap(element: Element) -> None:
    """Take an element out and leave what is in it in its place."""
    parent = element.getparent()
    if parent is None:
        return
    for child in list(element):
        parent.insert(parent.index(element), child)
    _keep_tail(element, parent)
    parent.remove(element)


def _keep_tail(element: Element, parent: Element) -> None:
    # Lxml counts the text behind an element as a part of it.
    if not element.tail:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + element.tail
    else:
        parent.text = (parent.text or "") + element.tail
    element.tail = None
