"""IDs stay text with their leading zeros; e-mail addresses lose case and wrapping."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.values.id_numbers import are_numbered
from transforms.values.ids import clean_emails, clean_ids

FINE = None, None


def lost(detail: str) -> Said:
    """An ID whose digits a number has lost."""
    return None, "id.precision_lost", detail


def nobody(text: str) -> Said:
    """A placeholder."""
    return None, "row.no_learner", f"\u201c{text}\u201d does not identify anyone"


def shortened(nearest: str) -> Said:
    """An exponent that does not hold all digits."""
    return lost(f"a program shortened the number: it was {nearest} or one near it")


def ambiguous(text: str, digits: str) -> Said:
    """Digits in groups."""
    return None, "id.ambiguous", f"it may be {digits}, or {text} as it is written"


def other(what: str) -> Said:
    """The verdict on what is another thing than an ID."""
    return None, "id.ambiguous", f"it looks like {what}, not like an ID"


IDS: list[tuple[str | None, Said]] = [
    (None, (None, *FINE)),
    ("007", ("007", *FINE)),
    (" 007\u00a0", ("007", *FINE)),
    ("\u200b7\u200e", ("7", *FINE)),
    ("1001.0", ("1001", *FINE)),
    ('=TEXT(B7,"0000")', (None, "cell.error", None)),
    ("=t(7)", (None, "cell.error", None)),
    ("=0079", (None, "cell.error", None)),
    ("=C2", (None, "cell.error", None)),
    ('="0"&"79"', (None, "cell.error", None)),
    ("B\u301c7", (None, "value.lookalike", "WAVE DASH (U+301C)")),
    ("B\u30fc7", (None, "value.lookalike", "KATAKANA-HIRAGANA PROLONGED SOUND MARK (U+30FC)")),
    ("\u30bb\u30f3\u30bf\u30fc7", ("\u30bb\u30f3\u30bf\u30fc7", *FINE)),
    ("B\u17b47", (None, "value.lookalike", "KHMER VOWEL INHERENT AQ (U+17B4)")),
    ("Mar-24", ("Mar-24", *FINE)),
    ("0.0", ("0", *FINE)),
    ("007.0", ambiguous("007.0", "7")),
    ("1.10", ("1.10", *FINE)),
    ("v2.0", ("v2.0", *FINE)),
    ("123456789012345.0", ("123456789012345", *FINE)),
    ("1234567890123456.0", (None, "id.precision_lost", "16 digits went through a number, which keeps 15")),
    ("1234567890123456789", ("1234567890123456789", *FINE)),
    ("1.23457E+11", shortened("123457000000")),
    ("1,23457E+11", shortened("123457000000")),
    ("1e+20", shortened("100000000000000000000")),
    ("1E5", ("1E5", *FINE)),
    ("+61 2 5550", ("+61 2 5550", *FINE)),
    ("A-1/b", ("A-1/b", *FINE)),
    ("4.7123456E7", ("47123456", *FINE)),
    ("4,7123456E+7", ("47123456", *FINE)),
    ("4.71E7", shortened("47100000")),
    ("4.71234567E3", shortened("4712.34567")),
    ("4.7E-7", lost("a program shortened the number")),
    ("2047.00", ("2047", *FINE)),
    ("2047,00", ("2047", *FINE)),
    ("2047.000", ("2047", *FINE)),
    ("20.47", ("20.47", *FINE)),
    ("20,470", ambiguous("20,470", "20470")),
    ("3,120,470", ambiguous("3,120,470", "3120470")),
    ("20 470", ambiguous("20 470", "20470")),
    ("20\u202f470", ambiguous("20 470", "20470")),
    ("20'470", ambiguous("20'470", "20470")),
    ("20.470", ("20.470", *FINE)),
    ("20.470,00", ("20470", *FINE)),
    ("20,470.00", ("20470", *FINE)),
    ("20 470,0", ("20470", *FINE)),
    ("20.470,50", (None, "id.ambiguous", "it may be the number 20470.50, which is not whole")),
    ("4111000011112220000", lost("19 digits went through a number, which keeps 15")),
    ("'00471", ("00471", *FINE)),
    ("\u201cB-7\u201d", ("B-7", *FINE)),
    ("B\u20117", ("B-7", *FINE)),
    ("B\u200d\u2060-7", ("B-7", *FINE)),
    ("B\xad-7", ("B-7", *FINE)),
    ("B\u3000 7", ("B 7", *FINE)),
    ("\uff22\uff0d\uff17", ("B-7", *FINE)),
    ("\u0667\u0668", ("78", *FINE)),
    ("B&amp;7", ("B&7", *FINE)),
    ("B-7&nbsp;", ("B-7", *FINE)),
    ("B-7%20", ("B-7", *FINE)),
    ("\u0412-7", (None, "value.lookalike", "CYRILLIC CAPITAL LETTER VE (U+0412)")),
    ("A\u0412-7", (None, "value.lookalike", "CYRILLIC CAPITAL LETTER VE (U+0412)")),
    ("\u0418\u0422-7", ("\u0418\u0422-7", *FINE)),
    ("1001\xb2", (None, "value.lookalike", "SUPERSCRIPT TWO (U+00B2)")),
    ("75 %", other("a percentage")),
    ("1.5", ("1.5", *FINE)),
    ("2019-08-03", ("2019-08-03", *FINE)),
    ("TRUE", (None, *FINE)),
    ("9999", ("9999", *FINE)),
    ("Ann Lee", ("Ann Lee", *FINE)),
    ("TBC", (None, *FINE)),
    ("0", ("0", *FINE)),
    ("NA", ("NA", *FINE)),
    ("N/A", (None, *FINE)),
    ("null", (None, *FINE)),
    ("NaN", (None, *FINE)),
    ("contractor", ("contractor", *FINE)),
    ("N.N.", ("N.N.", *FINE)),
    ("Vacant", ("Vacant", *FINE)),
    ("-", (None, *FINE)),
    ("?", (None, *FINE)),
    ("#N/A", (None, "cell.error", None)),
    ("A\nB", (None, "cell.control_character", "U+000A (line break) is character 2")),
    ("A\x00", (None, "cell.control_character", "U+0000 (NUL) is character 2")),
    ("9" * 65, (None, "value.too_long", "65 characters, 64 fit")),
]
EMAILS: list[tuple[str | None, Said]] = [
    (None, (None, *FINE)),
    (" Jo.Li@Example.ORG ", ("jo.li@example.org", *FINE)),
    ("\u200bjo@x.org\ufeff", ("jo@x.org", *FINE)),
    ("mailto:Jo@x.org", ("jo@x.org", *FINE)),
    ("MAILTO:jo@x.org?subject=Hi", ("jo@x.org", *FINE)),
    ("<jo@x.org>", ("jo@x.org", *FINE)),
    ("Li, Jo <Jo@X.org>", ("jo@x.org", *FINE)),
    ("Jo <mailto:jo@x.org>; ", ("jo@x.org", *FINE)),
    ("jo@x.org;", ("jo@x.org", *FINE)),
    ("jo@x.org; al@x.org", ("jo@x.org; al@x.org", *FINE)),
    ("JÖ@x.org", ("jö@x.org", *FINE)),
    ("no such thing", ("no such thing", *FINE)),
    ("n/a", nobody("n/a")),
    ("<N/A>", nobody("n/a")),
    ("NoReply@x.org", nobody("noreply@x.org")),
    ("na@na.com", nobody("na@na.com")),
    ("user@domain.com", nobody("user@domain.com")),
    ("fake@fake.com", nobody("fake@fake.com")),
    ("Nobody@nowhere.com", nobody("nobody@nowhere.com")),
    ("asdf@asdf.com", nobody("asdf@asdf.com")),
    ("aaa@aaa.co.uk", nobody("aaa@aaa.co.uk")),
    ("1234@123.com", nobody("1234@123.com")),
    ("1234@163.com", ("1234@163.com", *FINE)),
    ("123@abc.com", ("123@abc.com", *FINE)),
    ("noone@x.org", ("noone@x.org", *FINE)),
    ("asdf@x.org", ("asdf@x.org", *FINE)),
    ("user@x.org", ("user@x.org", *FINE)),
    ("p\u0251co@x.org", (None, "learner.lookalike", "LATIN SMALL LETTER ALPHA (U+0251)")),
    ("na@x.org", ("na@x.org", *FINE)),
    ("null@x.org", ("null@x.org", *FINE)),
    ("Unknown", nobody("unknown")),
    ("jo@x.org%20", ("jo@x.org%20", *FINE)),
    ("mailto:jo%40x.org", ("jo@x.org", *FINE)),
    ("'jo@x.org'", ("jo@x.org", *FINE)),
    ("o&#39;jo@x.org", ("o'jo@x.org", *FINE)),
    ("o\u2019jo@x.org", ("o'jo@x.org", *FINE)),
    ("j\u200co@x.o\xadrg", ("jo@x.org", *FINE)),
    ("\uff4ao@x\uff0eorg", ("jo@x.org", *FINE)),
    ("STRA\u1e9eE@x.org", ("stra\xdfe@x.org", *FINE)),
    ("jo@xn--bcher-kva.example", ("jo@b\xfccher.example", *FINE)),
    ("\u039d\u0399\u039a\u039f\u03a3.P@x.org", ("\u03bd\u03b9\u03ba\u03bf\u03c2.p@x.org", *FINE)),
    ("j\u043e@x.org", (None, "learner.lookalike", "CYRILLIC SMALL LETTER O (U+043E)")),
    ("D\u0130L@x.org", (None, "learner.lookalike", "LATIN CAPITAL LETTER I WITH DOT ABOVE (U+0130)")),
    ("\u0438\u0432\u0430\u043d@x.org", ("\u0438\u0432\u0430\u043d@x.org", *FINE)),
    ("#VALUE!", (None, "cell.error", None)),
    ("jo@\x00x.org", (None, "cell.control_character", "U+0000 (NUL) is character 4")),
    ("j" * 249 + "@x.org", (None, "value.too_long", "255 characters, 254 fit")),
]


@pytest.mark.parametrize("text", ["2024-03-01 00:00:00", "2024-03-05 10:30:00.5", "10:30:00", "36:00:00"])
def test_a_date_of_a_workbook_is_no_id(text: str) -> None:
    """A spreadsheet program made one of `3-24`; in a text file somebody wrote it so."""
    kind = "date" if "-" in text else "time"
    told = f"it is a {kind}, perhaps made of an ID by a spreadsheet program"
    assert said(clean_ids(cells([text]), 64, from_workbook=True)) == [(None, "cell.shown_otherwise", told)]
    assert said(clean_ids(cells([text]), 64)) == [(text, *FINE)]


@pytest.mark.parametrize(("text", "expected"), IDS)
def test_an_id_is_kept_as_text_or_told(text: str | None, expected: Said) -> None:
    """One cell at a time."""
    assert said(clean_ids(cells([text]), 64)) == [expected]


@pytest.mark.parametrize(("text", "expected"), EMAILS)
def test_an_address_is_bare_and_without_case(text: str | None, expected: Said) -> None:
    """One cell at a time; whether it is an address is for the rules to say."""
    assert said(clean_emails(cells([text]))) == [expected]


def test_whole_columns_say_the_same() -> None:
    """What is done for a whole column equals what is done for one cell."""
    assert said(clean_ids(cells(text for text, _ in IDS), 64)) == [expected for _, expected in IDS]
    assert said(clean_emails(cells(text for text, _ in EMAILS))) == [expected for _, expected in EMAILS]


MONTH = (None, "id.ambiguous", "it may be a date that a spreadsheet program made of an ID like 3-24")
LEARNER_IDS: list[tuple[str, Said]] = [
    ("Contractor", nobody("Contractor")),
    ("new starter", nobody("new starter")),
    ("see HR", nobody("see HR")),
    ("true", nobody("true")),
    ("Newton", ("Newton", *FINE)),
    ("Apr-24", MONTH),
    ("7-Sep", MONTH),
    ("APR-24", ("APR-24", *FINE)),
    ("Apr-240B", ("Apr-240B", *FINE)),
    ("0471.0", ambiguous("0471.0", "471")),
    ("2047.", ambiguous("2047.", "2047")),
    ("20,47", (None, "id.ambiguous", "it may be the number 20.47, which is not whole")),
    ("20.47", ("20.47", *FINE)),
    ("1.5", (None, "id.ambiguous", "it may be the number 1.5, which is not whole")),
    ("12.5", (None, "id.ambiguous", "it may be the number 12.5, which is not whole")),
    ("1.2.3", ("1.2.3", *FINE)),
    ("50%", other("a percentage")),
    ("92,5 %", other("a percentage")),
    ("2019-08-03", other("a date")),
    ("3/8/2019", other("a date")),
    ("03.08.2019 10:30", other("a date")),
    ("2019-18-33", ("2019-18-33", *FINE)),
    ("12-05-11", ("12-05-11", *FINE)),
    ("E-2019-08-03", ("E-2019-08-03", *FINE)),
    ("9:30", other("a time")),
    ("09:30:00", other("a time")),
    ("09:75", ("09:75", *FINE)),
    ("TRUE", nobody("TRUE")),
    ("9999", nobody("9999")),
    ("99", ("99", *FINE)),
    ("Ann Lee", other("a person's name")),
    ("Lee, Ann", other("a person's name")),
    ("Øystein van der Berg-Li", other("a person's name")),
    ("O'Neill Pat", other("a person's name")),
    ("HR 7", ("HR 7", *FINE)),
    ("A B", ("A B", *FINE)),
    ("alee", ("alee", *FINE)),
    ("unknown", nobody("unknown")),
    ("T.B.C.", nobody("T.B.C.")),
    ("000", nobody("000")),
    ("0.0", nobody("0")),
    ("xxx", nobody("xxx")),
    ("NA", nobody("NA")),
    ("keine", nobody("keine")),
    ("Nullmeyer", ("Nullmeyer", *FINE)),
    ("1000", ("1000", *FINE)),
    ("20.470", ambiguous("20.470", "20470")),
    ("\u0415\u041c-1", (None, "learner.lookalike", "CYRILLIC CAPITAL LETTER IE (U+0415)")),
]


@pytest.mark.parametrize(("text", "expected"), LEARNER_IDS)
def test_a_learner_is_nobody_s_placeholder(text: str, expected: Said) -> None:
    """What stands for no learner is told, with what was found."""
    assert said(clean_ids(cells([text]), 64, learner=True)) == [expected]


def test_names_are_ids_where_a_profile_says_so() -> None:
    """The profile takes a column of names for the learners' IDs."""
    assert said(clean_ids(cells(["Ann Lee"]), 64, learner=True, may_be_name=True)) == [("Ann Lee", *FINE)]


@pytest.mark.parametrize("text", ["WAHR", "Faux", "VERDADERO", "onwaar", "FA\u0141SZ", "\u041b\u041e\u0416\u042c"])
def test_true_and_false_of_programs_are_no_learners(text: str) -> None:
    """A spreadsheet program shows a logical value in its own language."""
    (found,) = said(clean_ids(cells([text]), 64, learner=True))
    assert found[:2] == (None, "row.no_learner")


@pytest.mark.parametrize(
    ("ids", "numbered"),
    [
        (["4711", "4712", "B-13", "Okafor"], True),
        (["\u0664\u0667", "\u0664\u0668", "\u0664\u0669"], True),
        (["4711", "4712", "Okafor"], False),
        (["jreed", "kmoss2", "ilowe", "4711", "4712"], False),
        ([], False),
    ],
)
def test_ids_are_numbered_where_most_have_a_figure(ids: list[str], numbered: bool) -> None:
    assert are_numbered(ids) == numbered


@pytest.mark.parametrize(
    ("text", "is_name"),
    [("Okafor", True), ("O'Dea", True), ("\u0160a\u0161ek-Hor", True), ("B", False), ("B-13", False), ("QX_7", False)],
)
def test_a_word_among_numbers_is_a_name(text: str, is_name: bool) -> None:
    """Unless a profile says that the column is one of IDs, or the other IDs are words too."""
    told = (None, "id.ambiguous", "it looks like a person's name, not like an ID") if is_name else (text, *FINE)
    assert said(clean_ids(cells([text]), 64, learner=True, numbered=True)) == [told]
    for numbered in (False, True):
        found = clean_ids(cells([text]), 64, learner=True, numbered=numbered, may_be_name=numbered)
        assert said(found) == [(text, *FINE)]


def test_ways_to_write_one_identity_are_one() -> None:
    """Whatever characters that nobody sees, or kinds of one sign, stand in it."""
    ways = ["EMP-77", "EMP\u200b-77", "EMP\u201377", "\ufeffEMP-77\xa0", "EMP\u2212\uff17\uff17", "&quot;EMP-77&quot;"]
    assert set(clean_ids(cells(ways), 64).values) == {"EMP-77"}


WILD = st.lists(
    st.none()
    | st.text(max_size=12)
    | st.from_regex(r"[0-9]{1,18}(\.0|E\+[0-9]{1,2})?", fullmatch=True)
    | st.text(alphabet="aÀİß@.<>:; ;mailto?\u200b", max_size=12),
    max_size=6,
)


@given(WILD)
def test_cleaning_any_text_alone_or_again_gives_the_same(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter; a clean value is its own clean value."""
    for clean in (lambda column: clean_ids(column, 10), clean_emails):
        cleaned = clean(cells(texts))
        assert said(cleaned) == [said(clean(cells([text])))[0] for text in texts]
        assert clean(cleaned.values).values.equals(cleaned.values)


@pytest.mark.parametrize("text", ['"', "''", "〃", "Ditto", "do.", "IDEM", "see above", "siehe oben", "то же", "同上"])
@pytest.mark.parametrize("learner", [True, False])
def test_what_repeats_the_cell_above_is_no_id(text: str, learner: bool) -> None:
    """Whoever reads it as an ID makes one learner or session of all such rows."""
    found = clean_ids(pd.Series(["E-7", text, "same", "do"], dtype="str"), 64, learner=learner)
    assert found.code.tolist()[1] == "cell.ditto"
    assert [found.values[number] for number in (0, 2, 3)] == ["E-7", "same", "do"]


def test_an_address_is_not_repeated_by_a_sign() -> None:
    """Neither by a word."""
    found = clean_emails(pd.Series(["a@x.org", '"', "ditto", "ditto@x.org"], dtype="str"))
    assert found.code.dropna().tolist() == ["cell.ditto", "cell.ditto"]
    assert found.values.dropna().tolist() == ["a@x.org", "ditto@x.org"]


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("0071, 0072", True),
        ("E1;E2", True),
        ("E1 / E2", True),
        ("0071 & 0072", True),
        ("0071 und 0072", True),
        ("E1, E2, E3", True),
        ("0071/0072", False),
        ("A-12/3", False),
        ("0071 (temp)", False),
        ("0071 A", False),
        ("Unit 3, E1", False),
    ],
)
def test_the_ids_of_several_learners_in_a_cell_are_told(text: str, several: bool) -> None:
    """They are no ID of one."""
    detail = "it looks like the IDs of several learners, who need a row each"
    found = said(clean_ids(cells([text]), 64, learner=True))[0]
    assert found == ((None, "id.ambiguous", detail) if several else (text, None, None))


@pytest.mark.parametrize(
    ("text", "several"),
    [
        *(
            (text, True)
            for text in ("R7,R8", "R7/R8", "fs-07 / FS-08", "24-K1 & 24-K2", "R7 and R8", "R7;R8;R9", "R7|R8")
        ),
        *((text, True) for text in ("41 & 42", "041, 042", "41;42", "41+42")),
        *(
            (text, False)
            for text in ("24/25", "CS101/MA101", "R7/8", "B1-B2", "R&D7", "R7/2024", "Part 1 of 2", "41|42")
        ),
    ],
)
def test_several_ids_of_sessions_in_a_cell_are_told(text: str, several: bool) -> None:
    """They differ in their last figures alone; what one ID may look like is read."""
    detail = "it looks like several IDs, which need a row each"
    found = said(clean_ids(cells([text]), 64))[0]
    assert found == ((None, "id.ambiguous", detail) if several else (text, None, None))
