"""Rows about the mandate, from the data file to their shapes."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mandate.rows import FactsWrong, Table, day, listed, texts, word
from mandate.shapes import (
    Contact,
    CurrentResolution,
    Gender,
    HolderFacts,
    KeyDocument,
    MandateFacts,
    Report,
    ResolutionFacts,
    Video,
)
from mandate.vocabulary import Texts

FILE = "mandate.toml"
OF_LANGUAGES = ("en", "fr", "es")


def mandate_from(content: Table) -> MandateFacts:
    """The mandate of a data file's content. Raises FactsWrong."""
    mandate = content["mandate"]
    resolutions = tuple(_resolution(row) for row in content["resolution"])
    return MandateFacts(
        code=word(mandate, "code", FILE),
        created_year=int(mandate["created_year"]),
        title=texts(mandate["title"], f"{FILE} title"),
        holder_title=_by_gender(mandate["holder_title"]),
        holder_title_of=_by_gender(mandate["holder_title_of"], OF_LANGUAGES),
        bodies=MappingProxyType({code: texts(row, f"body {code}") for code, row in content["bodies"].items()}),
        resolutions=resolutions,
        current_resolution=_current(content["current_resolution"], resolutions),
        holders=tuple(holder_from(row) for row in content["holder"]),
        contact=_contact(content["contact"]),
        key_document=_key_document(content["key_document"]),
        definition=_all_texts(content["definition"], "definition"),
        objectives=_all_texts(content["objective"], "objective"),
        work=_all_texts(content["work"], "work"),
        reports=tuple(_report(row) for row in content["report"]),
        videos=tuple(_video(row) for row in content["video"]),
        source=word(mandate, "source", FILE),
    )


def _by_gender(table: Table, languages: tuple[str, ...] | None = None) -> Mapping[str, Texts]:
    given = {gender: table[gender] for gender in Gender}
    if languages:
        return MappingProxyType({key: texts(row, f"title {key}", languages) for key, row in given.items()})
    return MappingProxyType({key: texts(row, f"title {key}") for key, row in given.items()})


def _all_texts(rows: Iterable[Table], what: str) -> tuple[Texts, ...]:
    return tuple(texts(row, f"{FILE} {what}") for row in rows)


def _resolution(row: Table) -> ResolutionFacts:
    what = f"resolution {row.get('id')}"
    term = row.get("term_years")
    return ResolutionFacts(
        id=word(row, "id", what),
        body=word(row, "body", what),
        number=word(row, "number", what),
        year=int(row["year"]),
        adopted_on=day(row, "adopted_on", what),
        in_force_from=day(row, "in_force_from", what),
        in_force_until=day(row, "in_force_until", what),
        term_years=None if term is None else int(term),
        created_the_mandate=bool(row.get("created_the_mandate", False)),
        source=word(row, "source", what),
        unverified=listed(row, "unverified"),
    )


def _current(row: Table, resolutions: tuple[ResolutionFacts, ...]) -> CurrentResolution:
    what = "current_resolution"
    chosen, set_on = word(row, "resolution", what), day(row, "set_on", what)
    if set_on is None or chosen not in [known.id for known in resolutions if known.in_force_until is None]:
        raise FactsWrong(f"{what}: it needs a day and a resolution whose time has not ended")
    return CurrentResolution(
        chosen, set_on, texts(row["note"], what), word(row, "source", what), listed(row, "unverified")
    )


def holder_from(row: Table) -> HolderFacts:
    """A mandate holder, real or fictional. Raises FactsWrong."""
    what = f"holder {row.get('id')}"
    to_year = row.get("to_year")
    return HolderFacts(
        id=word(row, "id", what),
        name=word(row, "name", what),
        gender=Gender(row["gender"]),
        from_year=int(row["from_year"]),
        to_year=None if to_year is None else int(to_year),
        from_on=day(row, "from_on", what),
        to_on=day(row, "to_on", what),
        nationality=row.get("nationality"),
        facts=_all_texts(row.get("facts", ()), what),
        source=word(row, "source", what),
        unverified=listed(row, "unverified"),
    )


def _contact(row: Table) -> Contact:
    address = {language: tuple(lines) for language, lines in row["address"].items()}
    return Contact(word(row, "email", FILE), word(row, "fax", FILE), address, word(row, "source", FILE))


def _key_document(row: Table) -> KeyDocument:
    what = "key_document"
    return KeyDocument(
        symbol=word(row, "symbol", what),
        year=int(row["year"]),
        file_language=word(row, "file_language", what),
        adopted=bool(row["adopted"]),
        title=texts(row["title"], what),
        note=texts(row["note"], what),
        source=word(row, "source", what),
    )


def _report(row: Table) -> Report:
    symbol = word(row, "symbol", "report")
    topic = {} if "topic" in listed(row, "unverified") else texts(row, symbol)
    return Report(symbol, int(row["year"]), topic)


def _video(row: Table) -> Video:
    held_on = day(row, "date", "video")
    if held_on is None:
        raise FactsWrong("video: date is missing")
    return Video(held_on, texts(row, f"video {held_on}"), word(row, "source", f"video {held_on}"))
