"""Nothing that people told lies anywhere in the open: after a whole way through the product, everything it has written
is searched byte by byte, and the same search finds what was planted in each of these places.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser
from redis import Redis

from tests import servers
from tests.journeys import desk, source
from tests.journeys.conftest import House, Windows
from tests.journeys.pressing import follow
from tests.journeys.site import Site, running
from tests.journeys.source import ASYLUM, LISTED, NURSE, Answers


def _canary(kind: str) -> str:
    """A word that nothing else contains, and that is like no other: the product itself looks for words that are."""
    return "".join(chr(ord("a") + byte % 26) for byte in sha256(kind.encode()).digest()[:16])


# One canary for each thing that somebody tells; none of them is a word of any language.
KINDS = (
    *("account", "place", "victim", "details", "perpetrator", "solidarity", "name", "address", "file", "filename"),
    *("message", "answer", "summary", "subject", "concern", "measure", "why", "reply", "replyfile"),
)
TOLD = {kind: _canary(kind) for kind in KINDS}
MAIL = f"{_canary('mail')}@example.net"
TOO_LARGE = 64 * 1024 * 1024


def with_canaries() -> dict[str, Answers]:
    """The answers of the main way, with a canary in every field that takes words."""
    what = {**ASYLUM["what"], "what_happened": f"{ASYLUM['what']['what_happened']} {TOLD['account']}"}
    who = {**NURSE["who"], "name": TOLD["victim"], "details": TOLD["details"]}
    people = {LISTED: ({**NURSE, "who": who},)}
    perpetrators = {"perpetrators": TOLD["perpetrator"]}
    you = {"your_name": TOLD["name"], "your_email": MAIL, "your_address": TOLD["address"]}
    solidarity = {**ASYLUM["solidarity"], "how_solidarity": TOLD["solidarity"]}
    where = {**ASYLUM["where"], "place_town": TOLD["place"]}
    told = {"what": what, "where": where, "people": people, "perpetrators": perpetrators}
    return {**ASYLUM, **told, "solidarity": solidarity, "you": you}


def forms_of(canary: str) -> set[bytes]:
    """A canary in the forms in which plain text lies about: as it is, in capitals, in base64, in two bytes a sign."""
    plain = canary.encode()
    shifted = {base64.b64encode(b" " * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    return {plain, plain.lower(), plain.upper(), plain.hex().encode(), canary.encode("utf-16-le"), *shifted}


@dataclass(frozen=True)
class Places:
    """Everything that a running product writes to."""

    site: Site
    database_url: str
    server: servers.PostgreSQL | None = None
    redis: servers.Running | None = None

    def found(self, canaries: list[str]) -> set[str]:
        """Where which canary lies in the open."""
        needles = {form: canary for canary in canaries for form in forms_of(canary)}
        return {f"{place}: {needles[form]}" for place, text in self._texts() for form in needles if form in text}

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        folders = [self.site.instance, *([self.server.running.folder] if self.server else [])]
        yield from ((str(path), text) for folder in folders for path, text in _files(folder))
        yield from _open_files(self.site)
        yield from _rows(self.database_url)
        yield from _kept_in_redis(self.redis)

    def settle(self) -> None:
        """Let the database write its pages to the disk, where they can be searched."""
        if self.server:
            engine = sa.create_engine(self.database_url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql("CHECKPOINT")
            engine.dispose()


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size < TOO_LARGE:
            yield path, path.read_bytes()


def _open_files(site: Site) -> Iterator[tuple[str, bytes]]:
    """Files that a process of the product holds open, also those without a name."""
    for process in _processes(site.supervisor.pid):
        for descriptor in Path(f"/proc/{process}/fd").glob("*"):
            target = str(descriptor.readlink())
            if target.startswith("/") and not target.startswith("/dev") and descriptor.is_file():
                yield f"{process} {target}", descriptor.read_bytes()


def _processes(first: int) -> Iterator[int]:
    yield first
    for child in Path(f"/proc/{first}/task/{first}/children").read_text().split():
        yield from _processes(int(child))


def _rows(url: str) -> Iterator[tuple[str, bytes]]:
    """All rows, since a database may compress what it writes."""
    engine = sa.create_engine(url)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            for row in connection.execute(sa.select(table)):
                yield table.name, b"\n".join(_bytes_of(value) for value in row)
    engine.dispose()


def _bytes_of(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _kept_in_redis(running: servers.Running | None) -> Iterator[tuple[str, bytes]]:
    if running is not None:
        with Redis.from_url(running.url) as client:
            # What is written to a dump is otherwise compressed, and a search would prove nothing.
            client.config_set("rdbcompression", "no")
            client.save()
        yield "redis", (running.folder / "dump.rdb").read_bytes()


@pytest.fixture(params=["without a server", "postgresql and redis"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    folder = tmp_path / "instance"
    if request.param == "without a server":
        with running(folder) as site:
            yield Places(site, f"sqlite:///{folder / 'solidarity.sqlite'}")
        return
    with servers.postgresql() as server, servers.redis() as redis:
        url = server.create("told")
        with running(folder, {"DATABASE_URL": url, "BROKER_URL": redis.url}) as site:
            yield Places(site, url, server, redis)


def go_the_whole_way(windows: Windows, folder: Path) -> list[str]:
    """From the first step to the reply, with files and messages both ways; gives all that must lie nowhere."""
    note = folder / f"{TOLD['filename']}.txt"
    note.write_text(f"{TOLD['file']}\n" * 200_000)
    reply = folder / "reply.txt"
    reply.write_text(TOLD["replyfile"])
    phone = windows.new("fr")
    source.walk(phone, "fr", with_canaries(), [note])
    told = source.send(phone)
    phone.locator("[name=words]").fill(TOLD["message"])
    follow(phone.locator("form[action*='messages'] button, form:has([name=words]) button").first)
    case = windows.desk("noor")
    desk.open_case(case, told.reference)
    case.locator("form[action*='/messages/'] textarea").fill(TOLD["answer"])
    follow(case.locator("form[action*='/messages/'] button").first)
    desk.open_case(case, told.reference)
    case.locator("[name=decision][value=accept_ua]").check()
    case.locator("#why").fill(TOLD["why"])
    desk.press(case, "Record the decision")
    desk.write_summary(case, desk.SUMMARY.format(who=TOLD["summary"]))
    case.locator("[name=state]").select_option("XXA")
    case.locator("[name=kind][value=UA]").check()
    desk.press(case, "Draft the letter")
    case.locator("[name=subject]").fill(TOLD["subject"])
    case.locator("[name=concern]").fill(TOLD["concern"])
    case.locator("[name=measures]").fill(TOLD["measure"])
    desk.press(case, "Save the letter")
    address = case.url.split("?")[0].split("#")[0]
    desk.press(case, "Submit for review")
    desk.approve(windows.desk("amara"), address)
    mails = len(windows.site.mails)
    desk.send(case, address)
    mission = windows.new("fr", wide=True)
    mission.goto(desk.link_in(desk.text_of_new_mail(windows.site, mails)))
    follow(mission.locator("main form button").first)
    mission.locator("[name=words]").fill(TOLD["reply"])
    mission.set_input_files("[name=files]", [str(reply)])
    follow(mission.locator("form[enctype] button").last)
    for page in (phone, case, mission):
        assert page.locator("main").count(), page.url
    case.goto(address)
    assert TOLD["reply"] in case.locator("main").inner_text()
    half_told = windows.new("fr")
    source.begin(half_told, "fr")
    half_told.goto("/fr/steps/what")
    source.fill(half_told, with_canaries()["what"])
    source.go_on(half_told)
    return [*TOLD.values(), MAIL, told.code]


def plant(places: Places) -> set[str]:
    """Put one plain text into each kind of place; gives the planted canaries."""
    planted = {kind: _canary(f"planted {kind}") for kind in ("file", "row", "redis", "base64")}
    (places.site.instance / "queue" / "planted").write_text(f"x{planted['file']}x")
    encoded = base64.b64encode(f"ab{planted['base64']}".encode())
    (places.site.instance / "blobs" / "planted").write_bytes(encoded)
    engine = sa.create_engine(places.database_url)
    with engine.begin() as connection:
        words = f"{planted['row']} {'long ' * 2_000}"
        connection.execute(sa.text("UPDATE draft SET envelope = :words"), {"words": words.encode()})
    engine.dispose()
    if places.redis is None:
        del planted["redis"]
    else:
        with Redis.from_url(places.redis.url) as client:
            client.set("planted", planted["redis"] * 20)
    return set(planted.values())


def test_nothing_that_was_told_lies_anywhere_in_the_open(places: Places, browser: Browser, tmp_path: Path) -> None:
    windows = Windows(House(browser, places.site))
    folder = tmp_path / "own"
    folder.mkdir()
    canaries = go_the_whole_way(windows, folder)
    windows.close()
    places.settle()
    assert places.found(canaries) == set()
    planted = plant(places)
    places.settle()
    assert {line.rsplit(": ", 1)[1] for line in places.found(sorted(planted))} == planted
