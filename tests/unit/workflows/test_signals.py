"""Phrases in six languages: found in the words as they were typed, shown where they stand, at a bounded cost."""

import re
from pathlib import Path

import pytest

from workflows import signals
from workflows.reasons import REASONS
from workflows.signals import Found, can_read, find, latest_year, weight_of
from workflows.wording import Text, parse_pattern, read


def found_in(text: str) -> dict[str, Found]:
    return {one.signal.code.removeprefix("signal_"): one for one in find({"what_happened": text})}


def words_of(text: str, code: str) -> list[str]:
    return [text[p.start : p.end] for p in found_in(text)[code].passages]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("She will be deported in a few days.", "removal_ahead"),
        ("Elle risque d'être expulsée dans les prochains jours.", "removal_ahead"),
        ("Va a ser deportado a su país.", "removal_ahead"),
        ("سيتم ترحيلها قريبا", "removal_ahead"),
        ("Ему грозит выдача.", "removal_ahead"),
        ("他面临被强制遣返。", "removal_ahead"),
        ("The crew is held incommunicado.", "incommunicado"),
        ("Il est détenu au secret.", "incommunicado"),
        ("Está incomunicada desde el lunes.", "incommunicado"),
        ("محتجز بمعزل عن العالم الخارجي", "incommunicado"),
        ("Его увезли в неизвестном направлении.", "incommunicado"),
        ("他与外界隔绝。", "incommunicado"),
        ("Three volunteers are on hunger strike.", "hunger_strike"),
        ("Trois bénévoles font la grève de la faim.", "hunger_strike"),
        ("Están en huelga de hambre.", "hunger_strike"),
        ("بدأوا إضرابا عن الطعام", "hunger_strike"),
        ("Они объявили голодовку.", "hunger_strike"),
        ("她已绝食十天。", "hunger_strike"),
        ("Forty people are adrift without fuel.", "at_sea"),
        ("Le canot est à la dérive.", "at_sea"),
        ("La patera está a la deriva.", "at_sea"),
        ("القارب يغرق الآن", "at_sea"),
        ("Лодка терпит бедствие.", "at_sea"),
        ("船正在下沉，无人救援。", "at_sea"),
        ("Her whereabouts are unknown.", "whereabouts_unknown"),
        ("On ne sait pas où elle est.", "whereabouts_unknown"),
        ("Se desconoce su paradero.", "whereabouts_unknown"),
        ("لا نعرف مكانه", "whereabouts_unknown"),
        ("Его местонахождение неизвестно.", "whereabouts_unknown"),
        ("他下落不明。", "whereabouts_unknown"),
        ("They refuse her medication.", "medical_care_denied"),
        ("On lui refuse les soins.", "medical_care_denied"),
        ("Le niegan la atención médica.", "medical_care_denied"),
        ("حرمانه من العلاج", "medical_care_denied"),
        ("Ему отказывают в медицинской помощи.", "medical_care_denied"),
        ("看守所拒绝给他治疗。", "medical_care_denied"),
        ("He faces execution on Friday.", "execution_ahead"),
        ("Il est condamné à mort.", "execution_ahead"),
        ("Fue condenado a muerte.", "execution_ahead"),
        ("حكم عليه بالإعدام", "execution_ahead"),
        ("Его приговорили к смертной казни.", "execution_ahead"),
        ("他被判处死刑。", "execution_ahead"),
        ("She gets death threats every night.", "life_threatened"),
        ("Elle a reçu des menaces de mort.", "life_threatened"),
        ("Recibió amenazas de muerte.", "life_threatened"),
        ("تلقت تهديدات بالقتل", "life_threatened"),
        ("Ей угрожают убийством.", "life_threatened"),
        ("她收到死亡威胁。", "life_threatened"),
    ],
)
def test_danger_is_found_in_six_languages(text: str, code: str) -> None:
    assert code in found_in(text)
    assert not found_in(text)[code].denied


@pytest.mark.parametrize(
    "text",
    [
        "They were released on bail.",
        "Elle a été libérée.",
        "Fueron puestos en libertad.",
        "تم الإفراج عنه",
        "Его освободили.",
        "他已释放。",
    ],
)
def test_a_release_is_found_in_six_languages(text: str) -> None:
    assert found_in(text)["released"].signal.kind == "closed"


@pytest.mark.parametrize(
    "text",
    [
        "a draft law on associations",
        "un projet de loi",
        "un proyecto de ley",
        "مشروع قانون",
        "законопроект",
        "法律草案",
    ],
)
def test_a_bill_is_found_in_six_languages(text: str) -> None:
    assert weight_of(find({"law_title": text}), "law") >= 3


@pytest.mark.parametrize(
    "typed", ["GRÈVE DE LA FAIM", "greve de la faim", "gre\u0300ve  de\nla faim", "Grève\u00a0de la faim"]
)
def test_case_accents_and_blanks_do_not_hide_a_phrase(typed: str) -> None:
    assert "hunger_strike" in found_in(f"Il fait une {typed}.")


@pytest.mark.parametrize("typed", ["وسيُرَحَّلُ", "ســـيرحل", "سيرحل"])
def test_arabic_vowel_signs_tatweel_and_particles_do_not_hide_a_phrase(typed: str) -> None:
    assert words_of(f"قالوا {typed} إلى الحدود", "removal_ahead") == [typed]


def test_full_width_letters_do_not_hide_a_phrase() -> None:
    assert "hunger_strike" in found_in("He is on ｈｕｎｇｅｒ ｓｔｒｉｋｅ.")


def test_a_passage_points_into_the_text_as_it_was_typed() -> None:
    text = "ﬁrst, Straße. 😀 سَيُرَحَّلُ غداً and he will be DEPORTED."
    assert words_of(text, "removal_ahead") == ["سَيُرَحَّلُ", "will be DEPORTED"]


@pytest.mark.parametrize(
    "text",
    [
        "She was not adrift.",
        "Il n'est pas à la dérive.",
        "No está incomunicado.",
        "لم يكن مضربا عن الطعام",
        "Он не объявлял голодовку.",
        "他没有绝食。",
    ],
)
def test_a_denied_phrase_has_no_weight(text: str) -> None:
    urgent = [one for one in find({"what_happened": text}) if one.signal.kind == "urgent"]
    assert urgent
    assert weight_of(urgent, "urgent") == 0


def test_a_phrase_that_is_denied_once_and_said_once_is_said() -> None:
    assert not found_in("First he was not on hunger strike. Now he is on hunger strike.")["hunger_strike"].denied


def test_failing_to_stop_a_deportation_does_not_deny_it() -> None:
    assert not found_in("We could not stop the imminent deportation.")["removal_ahead"].denied


def test_a_denial_in_the_sentence_before_denies_nothing() -> None:
    assert not found_in("We can not. Hunger strike since May.")["hunger_strike"].denied


def test_a_phrase_does_not_reach_over_the_end_of_a_sentence() -> None:
    assert "life_threatened" not in found_in("He loves life. Danger is what the film is about.")


def test_an_abbreviation_ends_no_sentence() -> None:
    assert "execution_ahead" in found_in("They sentenced Mr. Test to death.")


def test_a_harmless_text_has_no_urgent_signal() -> None:
    assert (
        weight_of(find({"what_happened": "My bank charges me too much and nobody answers the phone."}), "urgent") == 0
    )


def test_at_most_five_places_are_shown_and_all_are_counted() -> None:
    one = found_in("hunger strike. " * 20)["hunger_strike"]
    assert (len(one.passages), one.count) == (5, 20)


def test_every_signal_has_words_for_the_desk_and_phrases_in_six_languages() -> None:
    codes = {signal.code for signal in signals.shipped_phrases().order}
    assert codes <= set(REASONS)
    rows = Path(signals.SIGNALS_FILE).read_text(encoding="utf-8").split("[[signal]]")[1:]
    assert len(rows) == len(codes)
    for row in rows:
        assert re.findall(r"^(en|fr|es|ar|ru|zh) = \[", row, re.MULTILINE) == list(signals.KNOWN_LANGUAGES)


@pytest.mark.parametrize("phrase", ["", "..", ".. word", "word ..", "a*", "word|"])
def test_a_phrase_that_says_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="phrase"):
        parse_pattern(phrase)


def test_the_latest_year_is_found_also_in_other_digits() -> None:
    year = latest_year("what_happened", "في عام ١٩٩٨ ثم ٢٠٠٣", 2026)
    assert year is not None
    assert (year[0], year[1].start, year[1].end) == (2003, 15, 19)


def test_a_number_that_is_no_year_is_not_taken_for_one() -> None:
    assert latest_year("what_happened", "file 120031, in 2099", 2026) is None


@pytest.mark.parametrize(("text", "language"), [("ሰላም ለሁሉም", "en"), ("habari", "sw"), ("မင်္ဂလာပါ", "fr")])
def test_a_language_or_script_that_no_phrase_knows_is_said_to_be_unread(text: str, language: str) -> None:
    assert not can_read([text], language)
    assert can_read(["he is safe"], "en")


class CountingText(Text):
    """A text that counts how often a place of a phrase is compared with a word."""

    compared = 0

    def _fits(self, place: object, at: int) -> bool:
        self.compared += 1
        return super()._fits(place, at)  # type: ignore[arg-type]


HOSTILE = {
    "one long word": lambda size: "a" * size,
    "only first words": lambda size: "will " * (size // 5),
    "phrases that almost fit": lambda size: "sentenced a b c d " * (size // 18),
    "nested gaps": lambda size: "health denied risk of fear " * (size // 27),
    "all signs": lambda size: "\u0301\u0640" * (size // 2),
    "no words": lambda size: ".\n" * (size // 2),
    "real phrases": lambda size: "she will be deported tomorrow " * (size // 30),
    "han": lambda size: "拒绝停止" * (size // 4),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_text_is_at_most_about_twice_the_work(name: str) -> None:
    work = []
    for size in (20_000, 40_000):
        text = CountingText(HOSTILE[name](size))
        for at in range(len(text)):
            for phrase in signals._candidates(text, at, signals.shipped_phrases()):
                text.match(phrase.pattern, at)
        work.append(text.compared)
    assert work[1] <= 2.2 * work[0] + 100
    assert work[1] <= 400 * 40_000


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_of_200_kb_is_read_to_its_end(name: str) -> None:
    text = HOSTILE[name](200_000) + " hunger strike"
    assert "hunger_strike" in found_in(text)
    assert len(read(text)) > 0
