"""Make mandate/data/states.toml anew from two packages: `python tools/make_states.py > mandate/data/states.toml`.

The packages (hdx-python-country 4.2.5, pycountry 26.2.16) are needed for this alone and never at run time.
What is taken, and what is left out on purpose, is told in docs/decisions/0005-state-names.md.
"""

import csv
import gettext
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files

import pycountry

NAMES_SOURCE = "hdx-python-country 4.2.5"
FRENCH_SOURCE = "pycountry 26.2.16"
TAXONOMY = "Countries & Territories Taxonomy MVP - C&T Taxonomy.csv"
COLUMNS = {
    "en": "English Short",
    "fr": "French Short",
    "es": "Spanish Short",
    "ar": "Arabic Short",
    "ru": "Russian Short",
    "zh": "Chinese Short",
}
CODE = "ISO 3166-1 Alpha 3-Codes"
OBSERVERS = ("VAT", "PSE")
INDEPENDENT_NOT_MEMBERS = ("COK", "NIU")

# Days on which the United Nations began to use a State's present name, or on which the State was admitted.
# They are general knowledge: no package gives them, so every such row says that they are unverified.
NAMED_SINCE = {"MKD": "2019-02-14", "SSD": "2011-07-14", "SWZ": "2018-05-30", "TUR": "2022-06-01"}

HEADER = f"""\
# The 193 Member States of the United Nations and two observer States, with their short names in six languages.
# Made by tools/make_states.py; do not edit by hand. Which column comes from where: docs/decisions/0005-state-names.md.
# Short names and English formal names: {NAMES_SOURCE}. French formal names: gettext of {FRENCH_SOURCE}.
# `unverified` names the fields of a row that need a person's eye before they go into a letter.
# No row says that somebody reviewed it: only a signed-in person can say so, in the database.
"""


def main() -> None:
    """Write the file to standard output, or stop when another version of a package is installed."""
    _require(NAMES_SOURCE)
    _require(FRENCH_SOURCE)
    sys.stdout.write(HEADER)
    for row in sorted(_states(), key=lambda row: row[CODE]):
        sys.stdout.write(_entry(row))


def _require(source: str) -> None:
    package, wanted = source.split()
    if version(package) != wanted:
        raise SystemExit(f"{package} {wanted} is needed, {version(package)} is installed")


def _states() -> Iterator[dict[str, str]]:
    table = files("hdx.location").joinpath(TAXONOMY).read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        independent = row["Independent"] == "Y" and row[CODE] not in INDEPENDENT_NOT_MEMBERS
        if independent or row[CODE] in OBSERVERS:
            yield row


def _entry(row: dict[str, str]) -> str:
    code = row[CODE]
    fields: dict[str, str | list[str]] = {
        "code": code,
        "status": "observer" if code in OBSERVERS else "member",
        **{f"short_{language}": _typeset(row[column]) for language, column in COLUMNS.items()},
        "formal_en": _typeset(row["English Formal"]),
    }
    unverified = [f"short_{language}" for language in _in_dispute(row)]
    if _bare(_official(code) or row["English Formal"]) != _bare(row["English Formal"]):
        unverified.append("formal_en")
    if french := _formal_french(code, row["English Formal"]):
        fields["formal_fr"] = _typeset(french)
        unverified.append("formal_fr")
    if since := NAMED_SINCE.get(code):
        fields["valid_from"] = since
        unverified.append("valid_from")
    fields["source"] = NAMES_SOURCE
    if unverified:
        fields["unverified"] = unverified
    return "\n[[state]]\n" + "".join(f"{key} = {_value(key, value)}\n" for key, value in fields.items())


def _in_dispute(row: dict[str, str]) -> list[str]:
    """The languages in which the package's two columns (UNTERM and M49) name the State differently."""
    other = {language: f"M49 {column.removesuffix(' Short')}" for language, column in COLUMNS.items()}
    return [language for language, column in COLUMNS.items() if _typeset(row[column]) != _typeset(row[other[language]])]


def _formal_french(code: str, english: str) -> str | None:
    """The French formal name, only where the catalogue translates the very name that our English column gives."""
    catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["fr"])
    official = _official(code)
    if not official or _bare(official) != _bare(english):
        return None
    # The catalogue starts two names with an article, which the other names do not have.
    return catalogue.gettext(official).removeprefix("L'")


def _official(code: str) -> str:
    """The second package's English formal name; it has none for 32 States."""
    return str(getattr(pycountry.countries.get(alpha_3=code), "official_name", ""))


def _bare(name: str) -> str:
    return name.removeprefix("the ").replace("’", "'")


def _typeset(name: str) -> str:
    # The package mixes straight and curly apostrophes, and two signs for the place of the name in Arabic brackets.
    return name.strip().replace("'", "’").replace(" _)", " -)")


def _value(key: str, value: str | list[str]) -> str:
    return str(value) if key == "valid_from" else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
