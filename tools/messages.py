"""Keeps the catalogues of translations in step with the code.

Two domains: `public` (public face, portal) in six languages, `desk` in three. A text may stand in both. With
`--check` nothing is written, and the exit code says whether every text is translated in every language.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from foundation.languages import DESK_LANGUAGES, ENGLISH, UN_LANGUAGES

ROOT = Path(__file__).parent.parent
TRANSLATIONS = ROOT / "translations"
LANGUAGES = {"public": UN_LANGUAGES, "desk": DESK_LANGUAGES}
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "_l": None,
    "lazy_gettext": None,
    "N_": None,
    "ngettext": (1, 2),
}
PYTHON, PAGES = "python", "jinja2"
SHARED = [
    ("foundation/error_pages.py", PYTHON),
    ("mandate/vocabulary.py", PYTHON),
    ("submissions/*.py", PYTHON),
    ("templates/layout/**.html", PAGES),
]
PLACES = {
    "public": [
        *SHARED,
        ("mandate/*.py", PYTHON),
        ("submissions/**.py", PYTHON),
        ("workflows/portal_forms.py", PYTHON),
        ("workflows/deadlines.py", PYTHON),
        ("workflows/views/portal.py", PYTHON),
        ("templates/public/**.html", PAGES),
        ("templates/portal/**.html", PAGES),
    ],
    "desk": [
        *SHARED,
        ("accounts/*.py", PYTHON),
        ("workflows/*.py", PYTHON),
        ("workflows/views/desk/*.py", PYTHON),
        ("templates/account/**.html", PAGES),
        ("templates/desk/**.html", PAGES),
    ],
}


def extracted(domain: str) -> Catalog:
    """All texts of a domain as they stand in the code, in the order of their places."""
    catalogue = Catalog(domain=domain)
    found = extract_from_dir(ROOT, method_map=PLACES[domain], keywords=KEYWORDS, comment_tags=("Translators:",))
    for file, _line, text, comments, context in found:
        catalogue.add(text, None, [(file, 1)], auto_comments=comments, context=context)
    return catalogue


def path_of(domain: str, language: str) -> Path:
    """Where the catalogue of a domain in a language lies."""
    return TRANSLATIONS / language / "LC_MESSAGES" / f"{domain}.po"


def catalogue_of(domain: str, language: str) -> Catalog:
    """The catalogue as it lies there, or an empty one."""
    path = path_of(domain, language)
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    return read_po(BytesIO(path.read_bytes()), locale=language, domain=domain)


def faults(domain: str, language: str) -> Iterator[str]:
    """What is missing or wrong in one catalogue, compared with the code."""
    catalogue = catalogue_of(domain, language)
    for message in extracted(domain):
        if message.id:
            kept = catalogue.get(message.id, message.context)
            yield from _faults_of(kept, message, catalogue)


def _faults_of(kept: Message | None, message: Message, catalogue: Catalog) -> Iterator[str]:
    strings = [] if kept is None else ([kept.string] if isinstance(kept.string, str) else list(kept.string))
    if not strings or not all(strings):
        yield f"not translated: {message.id!r}"
    elif kept is not None and kept.fuzzy:
        yield f"marked as fuzzy: {message.id!r}"
    elif kept is not None:
        yield from (f"{error}: {message.id!r}" for error in kept.check(catalogue))


def update() -> None:
    """Write all catalogues anew: new texts are added untranslated, texts that are gone are dropped."""
    for domain, languages in LANGUAGES.items():
        template = extracted(domain)
        for language in languages:
            if language != ENGLISH:
                _write(domain, language.code, template)


def check() -> int:
    """Print every fault; 0 if there is none."""
    count = 0
    for domain, languages in LANGUAGES.items():
        for language in languages:
            if language != ENGLISH:
                for fault in faults(domain, language.code):
                    sys.stderr.write(f"{language.code} {domain}: {fault}\n")
                    count += 1
    return 1 if count else 0


def _write(domain: str, language: str, template: Catalog) -> None:
    catalogue = catalogue_of(domain, language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.header_comment = f"# Texts of the domain `{domain}`. Kept in step with the code by `make messages`."
    path = path_of(domain, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False, sort_output=True, no_location=True)


def main(arguments: Sequence[str]) -> int:
    """Check or update."""
    if "--check" in arguments:
        return check()
    update()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
