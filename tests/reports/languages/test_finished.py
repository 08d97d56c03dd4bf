"""Sentences that were finished in English are said again in another language, with the values that stood in them."""

import pytest

from reports.languages.finished import translated
from transforms.planning.missing_columns import addresses_unread

OTHER = "employee ID 7 has a@b.org"


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("“ben(at)example” is not an e-mail address.", "„ben(at)example“ ist keine E-Mail-Adresse."),
        # A group's title is a message without its period.
        ("“ben(at)example” is not an e-mail address", "„ben(at)example“ ist keine E-Mail-Adresse"),
        # A clause that no template made stays as it was, and an optional one may be missing.
        ("The session is full: 12 of 12.", "Der Termin ist voll: 12 of 12."),
        ("The session is full.", "Der Termin ist voll."),
        ("“x” cannot be read as a status.", "„x“ ist nicht als Status lesbar."),
        (
            "Write Pass or Fail. Did you mean “Pass”?",
            "Schreiben Sie Pass oder Fail. Meinten Sie „Pass“?",
        ),
        ("1,204 rows, usually about 1,190", "1.204 Zeilen, gewöhnlich etwa 1.190"),
        ("1 file not loaded", "1 Datei nicht geladen"),
        ("Case 5 is fixed. Only ignored cases can be reopened.", "Fall 5 ist korrigiert. Nur ignorierte Fälle können"),
        (
            f"The e-mail and the employee ID belong to different learners: {OTHER} among the loaded learners.",
            "E-Mail-Adresse und Personalnummer gehören zu verschiedenen Teilnehmern: Personalnummer 7 hat unter den",
        ),
        (
            f"Sheet “Nacht”: {addresses_unread('C', 'Post')}",
            "Blatt „Nacht“: Keine Spalte sagt, wer die Teilnehmer sind: Ein Name allein genügt nicht. Spalte C („P",
        ),
        # What we did not write is nobody's to change.
        ("Attended all of it", "Attended all of it"),
        ("“} {0} {value} \\1” is not an e-mail address.", "„} {0} {value} \\1“ ist keine E-Mail-Adresse."),
    ],
)
def test_a_sentence_is_said_in_german(english: str, german: str) -> None:
    assert translated(english, "de").startswith(german)


def test_english_stays_and_lines_are_said_one_by_one() -> None:
    both = "Shorten the text.\nCorrect the cell."
    assert translated(both, "en") == both
    assert translated(both, "es") == "Acorte el texto.\nCorrija la celda."
    code = translated("If the cell is right, correct the pattern under `[columns] grade`.", "ar")
    assert "`[columns] grade`" in code
    assert translated("“A” is too long.", "ar") == "«\u2068A\u2069» طويل جدًا."
