"""What the pages on threats and on ASVS promise can be looked up: every test and file that they name is there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = ("threat-model.md", "asvs.md")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
# A path has a folder or is a file of ours that lies at the top; all else in backticks is a word of code.
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]+\.\w+|[\w-]+\.(?:py|md|txt|toml)")
NUMBERS = re.compile(r"V(\d+\.\d+)\.(\d+)(?:-(\d+))?")
STANDINGS = ("met", "partly", "not met", "does not apply")


def text_of(page: str) -> str:
    return (DOCS / page).read_text()


def functions_in(path: Path) -> set[str]:
    """The functions that pytest takes for tests; of one with parameters the name alone."""
    found = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def named_tests(page: str) -> list[tuple[str, str]]:
    named = [code.split("::") for code in CODE.findall(text_of(page)) if "::" in code]
    return [(path, name.partition("[")[0]) for path, name in named]


def named_files(page: str) -> set[Path]:
    words = [code.split("::")[0] for code in CODE.findall(text_of(page))]
    return {ROOT / word for word in words if PATH.fullmatch(word)} | {
        DOCS / link for link in LINK.findall(text_of(page))
    }


def sections_of(page: str) -> Iterator[tuple[str, str]]:
    for section in re.split(r"^### ", text_of(page), flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        yield title, rest


def rows() -> Iterator[tuple[list[str], str, str, str]]:
    """Of each row of the tables of chapters: the numbers it stands for, level, standing, and where."""
    for line in text_of("asvs.md").splitlines():
        if line.startswith("| V"):
            numbers, level, _, standing, where = (cell.strip() for cell in line.strip("|").split("|"))
            yield [one for part in numbers.split(", ") for one in spelt_out(part)], level, standing.strip("*"), where


def spelt_out(numbers: str) -> Iterator[str]:
    found = NUMBERS.fullmatch(numbers)
    assert found, f"{numbers} is no number of the standard"
    section, first, last = found.groups()
    yield from (f"{section}.{number}" for number in range(int(first), int(last or first) + 1))


def stated() -> dict[str, int]:
    return {
        name: int(count) for name, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", text_of("asvs.md"), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    named = named_tests(page)
    assert named
    missing = [f"{path}::{name}" for path, name in named if not (ROOT / path).is_file()]
    missing += [
        f"{path}::{name}"
        for path, name in named
        if f"{path}::{name}" not in missing and name not in functions_in(ROOT / path)
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = named_files(page)
    assert named
    assert sorted(str(path.relative_to(ROOT)) for path in named if not path.is_file()) == []


def test_every_attacker_has_what_they_get_and_tests() -> None:
    attackers = dict(sections_of("threat-model.md"))
    assert attackers
    assert [
        title for title, told in attackers.items() if "- **Gets**" not in told or "- **Tests**: `tests/" not in told
    ] == []


def test_the_counts_at_the_head_are_those_of_the_rows() -> None:
    counted = Counter(standing for numbers, _, standing, _ in rows() for _ in numbers)
    assert set(counted) == set(STANDINGS)
    assert stated() == {**counted, "all": counted.total()}


def test_no_requirement_stands_twice_and_none_of_the_two_levels_is_missing() -> None:
    numbers = [number for group, _, _, _ in rows() for number in group]
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    # The standard has 70 requirements of level 1 and 183 of level 2.
    of_level = Counter(level for group, level, _, _ in rows() for _ in group)
    assert of_level == {"1": 70, "2": 183}


def test_what_is_met_names_a_place() -> None:
    places = [
        (numbers, CODE.findall(where) + LINK.findall(where))
        for numbers, _, standing, where in rows()
        if standing == "met"
    ]
    assert [numbers for numbers, named in places if not any(is_place(word) for word in named)] == []


def is_place(word: str) -> bool:
    return PATH.fullmatch(word.partition("::")[0]) is not None
