"""Office Open XML (ECMA-376): what its parts tell of people, times, earlier words and other places is taken out."""

import posixpath
import re
from collections.abc import Collection, Container
from urllib.parse import unquote

from lxml import etree

from submissions.cleaning.trees import Element, drop, local, unwrap

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SOMEBODY = "Author"

# Attributes by their names without name space. Where one is required, it stays and says nothing.
TAKEN = re.compile(
    r"rsid.*|author|userName|initials|date|dateUtc|dT|dt|lastEdited|lastModifiedBy|refreshed(By|Date|DateIso)"
)
BLANKED = {
    "": ("author",),
    "author": ("name", "initials", "userId", "providerId"),
    "cmAuthor": ("name", "initials"),
}
# Words that were deleted or moved away, marks of changes, and what came from elsewhere.
GONE = re.compile(
    r"del|moveFrom|\w+Change|moveFromRange(Start|End)|moveToRange(Start|End)|delInstrText|delText|cellDel|"
    r"customXml(Ins|Del|MoveFrom|MoveTo)Range(Start|End)|rsids|attachedTemplate|"
    r"docVars|saveThroughXslt|mailMerge|proofState|writeProtection|documentProtection"
)
GONE_ANYWHERE = re.compile(r"absPath|fileSharing|OLEObject|revisionPtr")
STAYS_WITHOUT = ("ins", "moveTo")
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def strip_office(tree: Element, lost: Collection[str]) -> None:
    """One part. `lost` are the ids of relations that it must not use any more."""
    for element in [one for one in tree.iter(etree.Element) if one is not tree]:
        name, is_words = local(element.tag), element.tag.startswith(f"{{{WORDS}}}")
        is_lost = _uses(element, lost)
        if is_words and (name in STAYS_WITHOUT or (is_lost and name == "hyperlink")):
            unwrap(element)
        elif is_lost or (GONE if is_words else GONE_ANYWHERE).fullmatch(name):
            drop(element)
        else:
            _strip_attributes(element, name)
    _strip_attributes(tree, local(tree.tag))


def _strip_attributes(element: Element, name: str) -> None:
    for attribute in list(element.attrib):
        own = local(attribute)
        if own in BLANKED.get(name, BLANKED[""]):
            element.set(attribute, SOMEBODY)
        elif TAKEN.fullmatch(own):
            del element.attrib[attribute]
    # In tables of cells the authors of comments stand as words.
    if name == "author" and element.text:
        element.text = SOMEBODY


def _uses(element: Element, lost: Collection[str]) -> bool:
    return any(value in lost for name, value in element.attrib.items() if str(name).startswith(f"{{{RELATIONS}}}"))


def strip_relations(tree: Element, base: str, parts: Container[str], lost: set[str]) -> None:
    """The relations of one part, whose folder is `base`; the ids of those that go are put into `lost`.

    A link that a person may press stays. All else that lies elsewhere would be fetched when the file is opened.
    """
    for relation in list(tree):
        target, kind = unquote(relation.get("Target", "")), relation.get("Type", "")
        if relation.get("TargetMode") == "External":
            stays = kind.endswith("/hyperlink") and target.startswith(("http://", "https://", "mailto:"))
        else:
            path = target if target.startswith("/") else posixpath.join("/", base, target)
            stays = posixpath.normpath(path.partition("#")[0]).lstrip("/") in parts
        if not stays:
            lost.add(relation.get("Id", ""))
            drop(relation)


def strip_types(tree: Element, parts: Container[str]) -> None:
    """The list of what each part is, without those that went."""
    for one in list(tree):
        name = one.get("PartName")
        if name is not None and unquote(name).lstrip("/") not in parts:
            drop(one)
