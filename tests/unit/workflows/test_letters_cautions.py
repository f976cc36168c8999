import pytest

from workflows.letters import first_person_warnings, identity_traces


def phrases(text: str, language: str) -> list[str]:
    return [warning.phrase for warning in first_person_warnings(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "phrase"),
    [
        ("They took my brother away.", "en", "my brother"),
        ("They took My elder Brother away.", "en", "My elder Brother"),
        ("I called the police.", "en", "I called"),
        ("Then I’ve waited.", "en", "I’ve waited"),
        ("His wife saw it.", "en", "His wife"),
        ("Mr. Talle’s mother saw it.", "en", "Talle’s mother"),
        ("They threatened us.", "en", "us"),
        ("They came to our house.", "en", "our house"),
        ("Ils ont pris mon frère.", "fr", "mon frère"),
        ("Ils ont pris ma belle-sœur.", "fr", "ma belle-sœur"),
        ("Alors j'ai appelé la police.", "fr", "j'ai appelé"),
        ("Alors J’ai appelé la police.", "fr", "J’ai appelé"),
        ("Je n'ai rien vu.", "fr", "Je n'ai"),
        ("Son épouse aurait tout vu.", "fr", "Son épouse"),
        ("Ils m’ont frappé.", "fr", "m’ont"),
        ("Ils nous ont suivis.", "fr", "nous"),
    ],
)
def test_kinship_and_first_person_are_warned_of(text: str, language: str, phrase: str) -> None:
    assert phrases(text, language) == [phrase]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("On 14 October officers reportedly arrested Ms. Venn; US dollars and Annex I were seized.", "en"),
        ("The mine and the museum are closed. Part I of the Code applies.", "en"),
        ("Le 14 octobre, des agents auraient arrêté Mme Venn ; Me Talle, avocat, aurait été refoulé.", "fr"),
        ("Le jeune homme aurait été menacé ; l’association jouit de sa liberté.", "fr"),
    ],
)
def test_a_neutral_summary_is_not_warned_of(text: str, language: str) -> None:
    assert phrases(text, language) == []


def test_offsets_point_at_the_phrase() -> None:
    text = "Été. They took my brother. I called."
    for warning in first_person_warnings(text, "en"):
        assert text[warning.start : warning.end] == warning.phrase
    assert len(first_person_warnings(text, "en")) == 2


def test_another_language_has_no_warnings() -> None:
    assert first_person_warnings("mi hermano", "es") == []


def found(text: str, *needles: str) -> list[str]:
    return [text[start:end] for start, end in identity_traces(text, needles)]


@pytest.mark.parametrize(
    ("needle", "text", "trace"),
    [
        ("Amina Diallo", "It was AMINA   DIALLO who wrote.", "AMINA   DIALLO"),
        ("Amina Diallo", "according to Diallo, they", "Diallo"),
        ("Amina Diallo", "according to Diallo’s account", "Diallo"),
        ("Béatrice Kouamé", "says beatrice kouame.", "beatrice kouame"),
        ("Beatrice Kouame", "says Béatrice.", "Béatrice"),
        ("Beatrice Kouame", "says Be\u0301atrice.", "Be\u0301atrice"),
        ("Jean-Pierre Ndong", "says Jean Pierre Ndong.", "Jean Pierre Ndong"),
        ("Jean Pierre Ndong", "says JeanPierreNdong.", "JeanPierreNdong"),
        ("Jørgen Łuczak", "says Jorgen Luczak.", "Jorgen Luczak"),
        ("amina.diallo@example.org", "write to Amina.Diallo@Example.org now", "Amina.Diallo@Example.org"),
        ("amina.diallo@example.org", "write to amina diallo (at) example", "amina diallo"),
        ("+41 22 917 90 06", "call 0041229179006 now", "0041229179006"),
        ("+41 22 917 90 06", "call 022/917.90.06 now", "022/917.90.06"),
        ("022 917 90 06", "call +٤١ ٢٢ ٩١٧ ٩٠ ٠٦ now", "+٤١ ٢٢ ٩١٧ ٩٠ ٠٦"),
        ("12, rue des Lilas\n1203 Lumara", "who lives in the Rue des Lilas.", "Rue des Lilas"),
        ("12 rue des Lilas, 1203 Lumara", "who lives at 12 RUE DES LILAS.", "12 RUE DES LILAS"),
        ("أمينة ديالو", "قالت امينة ذلك", "امينة"),
        ("أمينة النموذجي", "وقال والنموذجي ذلك", "والنموذجي"),
        ("王小明", "据王小明说", "王小明"),
        ("Justice Peace", "said Justice", "Justice"),
    ],
)
def test_planted_traces_are_found(needle: str, text: str, trace: str) -> None:
    assert found(text, needle) == [trace]


LETTER = (
    "On 14 November 2026 officers reportedly arrested Ms. Idalia Venn in Lumara, Geneva being informed on "
    "2026-11-15. The association for human rights was closed; case 12345678/2026. The street is named."
)


@pytest.mark.parametrize(
    "needle",
    [
        "Amina Diallo",
        "Al Li",
        "Ida Venne",
        "amina.diallo@example.org",
        "+41 22 917 90 06",
        "12 rue des Lilas, 1203 Geneva",
        "Network for Human Rights and International Solidarity",
        "",
        "   ",
        "@",
    ],
)
def test_a_text_without_traces_is_silent(needle: str) -> None:
    assert identity_traces(LETTER, [needle]) == []


def test_a_part_of_a_word_is_no_trace() -> None:
    assert found("The anniversary of Marianne", "Anne Ivers") == []


def test_traces_are_sorted_and_overlaps_are_one() -> None:
    text = "Diallo, then Amina Diallo."
    assert identity_traces(text, ["Amina Diallo", "diallo"]) == [(0, 6), (13, 25)]
