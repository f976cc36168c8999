from hypothesis import given
from hypothesis import strategies as st

from workflows.letter_text import Heading, LineBreak, Listing, PageBreak, Paragraph, Run, as_text, clean, parse, plain
from workflows.letters import to_html


def test_headings_lists_emphasis_lines_and_pages_are_read() -> None:
    text = "# Title\n\nOne **two** *three*\\\nfour\n\n3. first\n4. second\n\n- dot\n\n---\n\nend"
    assert parse(text).blocks == (
        Heading(1, (Run("Title"),)),
        Paragraph(
            (Run("One "), Run("two", strong=True), Run(" "), Run("three", emphasis=True), LineBreak(), Run("four"))
        ),
        Listing(True, 3, ((Paragraph((Run("first"),)),), (Paragraph((Run("second"),)),))),
        Listing(False, 1, ((Paragraph((Run("dot"),)),),)),
        PageBreak(),
        Paragraph((Run("end"),)),
    )


def test_a_heading_never_skips_a_level() -> None:
    levels = [block.level for block in parse("### a\n\n###### b\n\n# c\n\n## d").blocks if isinstance(block, Heading)]
    assert levels == [1, 2, 1, 2]


def test_a_line_of_dashes_under_a_line_makes_no_heading() -> None:
    assert parse("a line\n---\nnext").blocks == (Paragraph((Run("a line"),)), PageBreak(), Paragraph((Run("next"),)))


def test_indented_and_quoted_and_fenced_text_is_not_lost() -> None:
    text = "    four spaces\n\n> quoted\n\n```\nfenced\n```\n\n| a | b |\n|---|---|"
    for word in ("four spaces", "> quoted", "```", "fenced", "| a | b |"):
        assert word in plain(parse(text))


def test_deeply_nested_lists_lose_no_word() -> None:
    text = "\n".join(f"{'  ' * depth}- word{depth}" for depth in range(40))
    assert all(f"word{depth}" in plain(parse(text)) for depth in range(40))


def test_html_links_and_images_are_shown_as_text() -> None:
    html = to_html(parse('<img src=x onerror="a()"> [l](javascript:a()) ![p](q)'), "en")
    assert "<img" not in html
    assert "<a " not in html
    assert "&lt;img src=x onerror=&#34;a()&#34;&gt; [l](javascript:a()) ![p](q)" in html


def test_the_preview_has_its_language_and_direction() -> None:
    assert to_html(parse("x"), "fr").startswith('<article class="letter" lang="fr" dir="ltr">')
    assert 'lang="ar" dir="rtl"' in to_html(parse("x"), "ar")


def test_the_preview_shows_structure_below_the_pages_own_heading() -> None:
    html = to_html(parse("# T\n\n2. a\n\n- b\n\n**s** *e*\\\nn\n\n---"), "en")
    for part in ("<h2>T</h2>", '<ol start="2">', "<ul><li><p>b</p></li></ul>", "<strong>s</strong>", "<em>e</em><br>n"):
        assert part in html
    assert '<hr class="letter-page-break">' in html


def test_control_signs_and_direction_overrides_are_taken_out() -> None:
    assert clean("a\x00b\x1bc\u202edef\u2066g\r\nh\ri") == "abcdefg\nh\ni"


def test_joiners_that_names_need_are_kept() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


@given(st.text(max_size=80))
def test_any_text_in_a_field_survives_as_typed(text: str) -> None:
    assert plain(parse(f"Before {as_text(text)} after")) == f"Before {on_one_line(text)} after"


@given(st.text(max_size=80))
def test_any_text_alone_on_a_line_survives_as_typed(text: str) -> None:
    assert plain(parse(as_text(text))) == on_one_line(text)


def on_one_line(text: str) -> str:
    spaced = "".join(" " if sign in "\n\t\u2028\u2029" else sign for sign in clean(text))
    return " ".join(part for part in spaced.strip().split(" ") if part)


@given(st.text(max_size=200))
def test_reading_and_drawing_never_fail(text: str) -> None:
    assert "<script" not in to_html(parse(text + "<script>"), "en")
