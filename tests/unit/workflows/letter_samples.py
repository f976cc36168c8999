"""Invented letters for the tests: fictional States, fictional persons."""

from datetime import date
from typing import Any

ENGLISH: dict[str, Any] = {
    "mandate_title": "Independent Expert on human rights and international solidarity",
    "holder_name": "Dr. Amara Exemple",
    "holder_title": "Independent Expert on human rights and international solidarity",
    "holder_gender": "f",
    "resolutions": ["53/5"],
    "reference": "UA XXA 3/2026",
    "dated_on": date(2026, 11, 1),
    "recipient_salutation": "Excellency",
    "recipient_name": "The Permanent Representative",
    "recipient_address": ["Permanent Mission of the Republic of Exemplia", "Sample Square (fictional)", "1200 Geneva"],
    "state_short": "Exemplia",
    "state_formal": "the Republic of Exemplia",
    "state_formal_of": "of the Republic of Exemplia",
    "subject": "the arrest of three members of an association that had brought food to migrants",
    "facts": (
        "On 14 October 2026 officers reportedly arrested Ms. Idalia Venn at the port of Lumara.\n\n"
        "1. She has reportedly been without insulin since 17 October 2026.\n"
        "2. A hearing is said to be set for 26 November 2026."
    ),
    "concern": "I am concerned that her life may be at risk.",
    "questions": ["Please indicate the legal grounds of the arrest."],
    "measures": ["provide Ms. Venn with medical care without delay;", "give her access to a lawyer."],
    "legal_basis": [
        {"instrument": "International Covenant on Civil and Political Rights", "articles": ["9", "14", "19"]},
        {"instrument": "Universal Declaration of Human Rights", "articles": "28"},
    ],
    "reply_days": 30,
    "publication_days": 60,
}

FRENCH: dict[str, Any] = {
    **ENGLISH,
    "mandate_title": "Expert indépendant sur les droits de l’homme et la solidarité internationale",
    "holder_title": "Experte indépendante sur les droits de l’homme et la solidarité internationale",
    "recipient_salutation": "Excellence",
    "recipient_name": "Le Représentant permanent",
    "state_short": "Exemplie",
    "state_formal": "la République d’Exemplie",
    "state_formal_of": "de la République d’Exemplie",
    "subject": "l’arrestation de trois membres d’une association",
    "facts": "Le 14 octobre 2026, des agents auraient arrêté Mme Idalia Venn au port de Lumara.",
    "concern": "Je crains que sa vie ne soit en danger.",
    "questions": ["Veuillez indiquer les motifs de droit de l’arrestation."],
    "measures": ["fournir sans délai des soins à Mme Venn."],
    "legal_basis": [{"instrument": "Pacte international relatif aux droits civils et politiques", "articles": "9, 14"}],
}

SAMPLES = {"en": ENGLISH, "fr": FRENCH}
