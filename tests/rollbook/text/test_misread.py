"""Letters that were misread or lost before a file came; no name of any language is taken for one."""

from itertools import product
from pathlib import Path

import pytest

import sources.text
from rollbook.text.misread import LOST, misread_in
from tests.sources.names import NAMES

_WORDS = Path(sources.text.__file__).with_name("known_words.txt").read_text(encoding="utf-8").split()


def _misread(text: str, encoding: str) -> str:
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in text.encode())


def _found(text: str) -> list[tuple[str, str | None]]:
    return [(one.found, one.meant) for one in misread_in(text)]


@pytest.mark.parametrize(
    ("text", "found", "meant"),
    [
        ("JÃ¼rgen", "Ã¼", "ü"),
        ("MÃœLLER", "Ãœ", "Ü"),
        ("Å\x81ucja", "Å\x81", "Ł"),
        ("BÄ„K", "Ä„", "Ą"),
        ("MUÃ‘OZ", "Ã‘", "Ñ"),
        ("Ã–z", "Ã–", "Ö"),
        ("voilÃ\xa0", "Ã\xa0", "à"),
        ("OÊ¼Brien".replace("Ê¼", "â€™"), "â€™", "’"),
        ("ÐŸÑ‘Ñ‚Ñ€", "ÐŸÑ‘Ñ‚Ñ€", "Пётр"),
        ("20Â°C", "Â°", "°"),
        ("J√ºrgen", "√º", "ü"),
        ("O‚ÄôBrien", "‚Äô", "’"),
        ("J├╝rgen", "├╝", "ü"),
        ("ï»¿id", "ï»¿", "\ufeff"),
        ("Jï¿½rgen", "ï¿½", LOST),
        (f"J{LOST}rgen", LOST, None),
    ],
)
def test_letters_that_were_misread(text: str, found: str, meant: str | None) -> None:
    """As Windows, a Mac or DOS reads UTF-8; with what it was."""
    assert (found, meant) in _found(text)


@pytest.mark.parametrize("language", NAMES)
def test_names_that_windows_misread_are_found(language: str) -> None:
    """Whatever the language, if its letters are of Europe."""
    names = [name for name in NAMES[language][1].split("|") if not name.isascii()]
    assert all(_found(_misread(name, "cp1252")) for name in names)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Ângela",
            "Ãlvaro",
            "IRMÃ “LÚCIA”",
            "IRMÃ\xa0LÚCIA",
            "MANHû",
            "IRMÃ’S",
            "VOCÊ…",
            "CAFÉ» à Paris",
            "QUALITÉ\xa0: oui",
        ),
        *(
            "MENÜ– heute",
            "KÓŠA",
            "LUKÁŠ",
            "PÄŽA",
            "Å\xa0komme",
            "Graz–Ärzte",
            "‚Äpfel‘",
            "SÍÐ»",
            "ÑANDÚ™",
            "Müller®",
            "CAFFÈ™",
        ),
        *("Nº 1", "20 °C", "½ Tag", "√2", "├──┤", "Δ≈Γ", "l’Œuvre", "王伟", "김철수", "محمد", "สมชาย"),
    ],
)
def test_what_looks_a_little_like_it_is_right(text: str) -> None:
    """Capitals before quotation marks, dashes and spaces; signs; other scripts."""
    assert _found(text) == []


def test_no_name_of_any_language_is_taken_for_misread() -> None:
    """Thousands of names, in small letters and in capitals, with what stands behind and before names."""
    names = [name for _, names in NAMES.values() for name in names.split("|")] + _WORDS
    around = [
        ("", ""),
        ("“", "”"),
        ("«", "»"),
        ("„", "“"),
        ("‘", "’"),
        ("", "’s"),
        ("", "\xa0–\xa0x"),
        ("", "®"),
        ("(", "…)"),
    ]
    wrong = {
        text
        for name, (before, behind) in product(names, around)
        for text in (f"{before}{name}{behind}", f"{before}{name.upper()}{behind}", f"{before}{name.title()}{behind}")
        if _found(text)
    }
    assert wrong == set()
