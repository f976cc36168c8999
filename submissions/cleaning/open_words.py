"""OpenDocument (ISO/IEC 26300): what its parts tell of people, times, earlier words and other places is taken out."""

import re
from collections.abc import Container

from lxml import etree

from submissions.cleaning.trees import Element, drop, local

XLINK = "{http://www.w3.org/1999/xlink}href"
# Tracked changes with what was deleted, their marks in the text, who wrote a comment and when, and what acts.
GONE = re.compile(
    r"tracked-changes|change|change-start|change-end|creator|creator-initials|sender-initials|date|scripts|"
    r"event-listeners?|forms|database-source|dde-\w+|applet|plugin|floating-frame"
)
TAKEN = re.compile(r"(paragraph-)?rsid")
# What an element leads to: a part of the same file, or for a link that a person may press, an address.
OWN = re.compile(r"(#|\./|[A-Za-z0-9_-]+( \d+)?(/|$)).*")
ADDRESS = re.compile(r"(https?://|mailto:|#).*")
# A comment has its author and its date in elements of their own; elsewhere `dc:date` and `text:date` are words.
ONLY_IN = {"creator": ("annotation", "change-info"), "date": ("annotation", "change-info")}


def strip_open(tree: Element) -> None:
    """One part."""
    for element in [one for one in tree.iter(etree.Element) if one is not tree]:
        name, parent = local(element.tag), element.getparent()
        around = local(parent.tag) if parent is not None else ""
        if GONE.fullmatch(name) and around in ONLY_IN.get(name, (around,)):
            drop(element)
        elif not (ADDRESS if name == "a" else OWN).fullmatch(element.get(XLINK, "#")):
            # What lies elsewhere would be fetched when the file is opened, or tells where its writer keeps things.
            del element.attrib[XLINK]
        else:
            for attribute in [one for one in element.attrib if TAKEN.fullmatch(local(one))]:
                del element.attrib[attribute]


def strip_manifest(tree: Element, parts: Container[str]) -> None:
    """The list of parts, without those that went."""
    for entry in list(tree):
        path = next((value for name, value in entry.attrib.items() if local(name) == "full-path"), "")
        if not path.endswith("/") and path not in parts:
            drop(entry)
