"""The encoding of a text file: right or refused with the readings named, never another one in silence."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sources.errors import Unreadable
from sources.text.encodings import encoding_of
from sources.text.judge_encodings import judged
from sources.text.odd_words import Word
from tests.sources.names import NAMES

PLAIN = "Safety Ladder Driving Forklift Refresher Basics First Second Aid Course Evening Group Workshop North".split()
EAST_ASIAN = {
    "gb18030": "周建国|吴桂英|郑晓燕|冯志远|褚文静|卫东升",
    "big5": "葉佳蓉|曾國榮|賴怡君|謝宗翰|洪麗華",
    "cp932": "中村あかね|小林大輔|加藤えりか|山本マサト|松本美咲",
    "euc_jp": "中村あかね|小林大輔|加藤えりか",
    "cp949": "한지우|오세훈|임나영|신동혁|배수빈",
}


def sheet(names: list[str]) -> str:
    """A sheet of these people."""
    return "Name,E-mail,Status\n" + "".join(f"{name},p{n}@example.org,Attended\n" for n, name in enumerate(names))


def found(folder: Path, content: bytes) -> str:
    """The encoding that is taken, `refused` where none is."""
    path = folder / "names.csv"
    path.write_bytes(content)
    try:
        return encoding_of(path).name
    except Unreadable:
        return "refused"


def refusal(folder: Path, content: bytes) -> str:
    """The message for a file that is not read."""
    path = folder / "names.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        encoding_of(path)
    assert (caught.value.code, "\n" in caught.value.message) == ("file.unreadable", False)
    return caught.value.message


def groups(names: str, size: int) -> Iterator[list[str]]:
    people = names.split("|")
    return (people[start : start + size] for start in range(0, len(people), size))


@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize("language", NAMES)
def test_names_are_read_right_or_refused(tmp_path: Path, language: str, size: int) -> None:
    """In each of their encodings, alone and together; what is read has the letters that were written."""
    encodings, names = NAMES[language]
    for encoding in encodings.split():
        outcomes: Counter[str] = Counter()
        for people in groups(names, size):
            try:
                content = sheet(people).encode(encoding)
            except UnicodeEncodeError:
                continue
            taken = found(tmp_path, content)
            assert taken == "refused" or content.decode(taken) == sheet(people), (encoding, people, taken)
            outcomes[taken] += 1
        if size == 10 and encoding == encodings.split()[0]:
            assert outcomes["refused"] == 0, (encoding, outcomes)


@pytest.mark.parametrize("language", ["German", "French", "Spanish", "Portuguese", "Italian", "Swedish", "Danish"])
def test_ordinary_western_files_are_read(tmp_path: Path, language: str) -> None:
    """From a handful of names on nobody is asked."""
    for people in groups(NAMES[language][1], 5):
        assert found(tmp_path, sheet(people).encode("cp1252")) == "cp1252"


def test_what_spreadsheet_programs_write_beside_letters_is_no_doubt(tmp_path: Path) -> None:
    """Curly quotes, dashes, the euro sign, degrees, no-break spaces and ellipses."""
    text = "Name;Note\nZoé Köhler;“très bien” – 20 €…\nAndré Åkesson;it’s 20\xa0°C • don’t\nGonçalo Peña;« déjà vu »\n"
    assert found(tmp_path, text.encode("cp1252")) == "cp1252"


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "O’Malley",
            "D’Angelo",
            "don’t",
            "l’école",
            "the instructor’s notes",
            "Unit 3 – Ladders",
            "Ladders — a course",
        ),
        *(
            "€12",
            "12 €",
            "40°",
            "30 °C",
            "“basics”",
            "‘basics’",
            "„Grundlagen“",
            "«bases»",
            "Mary\xa0Carter",
            "2022–23",
        ),
        *("to be continued…", "• item", "½", "1½", "© 2021", "§ 7", "£30", "60 m²", "Widget™", "¿Listo?"),
    ],
)
def test_a_file_with_typographic_punctuation_alone_is_read(tmp_path: Path, cell: str) -> None:
    """Where punctuation and symbols stand as they do, no other reading of the byte comes near."""
    assert found(tmp_path, sheet(["Ann Lee", cell]).encode("cp1252")) == "cp1252"


@given(st.sampled_from(PLAIN), st.sampled_from(PLAIN), st.integers(1, 2000))
def test_dashes_money_and_spaces_among_any_words(one: str, other: str, number: int) -> None:
    """Whatever English words stand beside them."""
    for cell in (f"{one} – {other}", f"€{number} {one}", f"{number}° {one}", f"{one}\xa0{other}", f"“{one} {other}”"):
        words = [Word(part.encode("cp1252"), 2) for part in cell.split(" ") if not part.isascii()]
        assert judged(words) == "cp1252"


@pytest.mark.parametrize("name", "José Renée Zoë Héctor Françoise Siobhán Günther Søren Åsa Conceição Nicolò".split())
def test_one_western_name_in_a_file_is_read(tmp_path: Path, name: str) -> None:
    """A common name with an accent is enough."""
    assert found(tmp_path, sheet(["Ann Lee", f"{name} Smith"]).encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("encoding", ["mac_roman", "cp437", "cp850"])
def test_clear_words_of_a_mac_or_dos_are_not_read_as_windows(tmp_path: Path, encoding: str) -> None:
    """Capitals and quotation marks inside of words; in silence nothing else is read."""
    content = sheet(["Zoë Müller", "Günther Größler"]).encode(encoding)
    assert found(tmp_path, content) in {encoding.replace("_", "-"), "cp850"}


@given(st.data())
def test_any_names_of_a_language_are_read_right_or_refused(data: st.DataObject) -> None:
    """In each of its encodings, however few or many."""
    encodings, names = NAMES[data.draw(st.sampled_from(sorted(NAMES)))]
    encoding = data.draw(st.sampled_from(encodings.split()))
    drawn = data.draw(
        st.lists(st.sampled_from([part for name in names.split("|") for part in name.split()]), min_size=1)
    )
    raw = [part.encode(encoding, "replace") for part in drawn]
    raw = [part for part in raw if not part.isascii() and b"?" not in part]
    assume(raw)
    with suppress(Unreadable):
        taken = judged([Word(part, 2) for part in dict.fromkeys(raw)])
        assert [part.decode(taken) for part in raw] == [part.decode(encoding) for part in raw]


def test_encodings_that_read_all_letters_alike_are_no_doubt(tmp_path: Path) -> None:
    """The most common of them is named."""
    assert found(tmp_path, sheet(["Käthe Böhm"]).encode("cp1250")) == "cp1252"


def test_the_evidence_is_the_whole_file(tmp_path: Path) -> None:
    """The names that tell it stand behind two million bytes that tell nothing."""
    plain = "Smith,s@example.org,Attended\n" * 80_000
    people = sheet(NAMES["Polish"][1].split("|"))
    assert found(tmp_path, ("Name,E-mail,Status\n" + plain + people).encode("cp1250")) == "cp1250"


@pytest.mark.parametrize("encoding", EAST_ASIAN)
def test_two_bytes_a_character_are_refused(tmp_path: Path, encoding: str) -> None:
    """Short texts of one such encoding fit the others; each reading is shown."""
    names = EAST_ASIAN[encoding].split("|")
    message = refusal(tmp_path, sheet(names).encode(encoding))
    assert "line 2: " in message
    assert "CSV UTF-8" in message
    assert f"“{names[0].split(',')[0]}” ({encoding})" in message
    assert f'"{encoding}"' in message.partition("[file] encoding = ")[2]


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "cp932", "cp949"])
def test_the_likeliest_reading_is_named_first(tmp_path: Path, encoding: str) -> None:
    """Chinese names are read as Chinese first, Korean ones as Korean."""
    message = refusal(tmp_path, sheet(EAST_ASIAN[encoding].split("|")).encode(encoding))
    assert f'[file] encoding = "{encoding}" or ' in message


def test_a_doubt_is_told_with_its_readings(tmp_path: Path) -> None:
    """The words that differ as each encoding would read them, and what to do; nothing else of the lines."""
    message = refusal(tmp_path, sheet(["Ann Lee", "Rimas Viltė"]).encode("cp1257"))
    assert "line 3: “Viltë” (cp1252) or “Viltė” (cp1257)" in message
    assert "example.org" not in message


@pytest.mark.parametrize("utf8_first", [True, False])
@pytest.mark.parametrize("majority", [True, False])
def test_a_file_in_two_encodings_is_refused(tmp_path: Path, utf8_first: bool, majority: bool) -> None:
    """Whatever most lines are, with a line of each."""
    one = "Jürgen Köhler\n".encode() * (40 if majority else 1)
    other = "Bärbel Groß\nSören Jäger\n".encode("cp1252") * (1 if majority else 20)
    message = refusal(tmp_path, b"Name\n" + (one + other if utf8_first else other + one))
    assert message.startswith("The file is written in two ways: line ")
    assert "(“Jürgen”) is UTF-8" in message


def test_files_of_two_programs_joined(tmp_path: Path) -> None:
    """A Mac's lines among those of Windows."""
    names = NAMES["Spanish"][1].split("|")
    content = sheet(names[:8]).encode("cp1252") + sheet(names[8:]).encode("mac_roman")
    assert "two ways" in refusal(tmp_path, content)


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("language", ["French", "Russian", "Polish"])
def test_wide_encodings(tmp_path: Path, language: str, encoding: str, mark: bool) -> None:
    """With a byte order mark and without, whatever the script."""
    text = sheet(NAMES[language][1].split("|"))
    content = (("\ufeff" if mark else "") + text).encode(encoding)
    assert content.decode(found(tmp_path, content)).lstrip("\ufeff") == text


def test_what_is_said_is_taken(tmp_path: Path) -> None:
    """Without a doubt; a byte order mark still tells which kind of UTF it is."""
    path = tmp_path / "a.csv"
    path.write_bytes(sheet(["王伟"]).encode("gbk"))
    assert encoding_of(path, "gbk").name == "gbk"
    path.write_bytes("\ufeffid".encode("utf-8"))
    assert encoding_of(path, "utf-8").name == "utf-8-sig"
