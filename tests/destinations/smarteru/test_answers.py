"""An answer is read however it is written; what is none is told by how it begins."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destinations.smarteru.answers import AnswerProblem, BatchAnswer, NotAnAnswer, element_of, errors_of, parse_answer

TAKEN = """<?xml version="1.0" encoding="UTF-8"?>
<SmarterU>
  <Result><![CDATA[Success]]></Result>
  <Info>
    <Enrollments>
      <Enrollment block="1"><User><![CDATA[a@x.org]]></User><LearningModuleID>7</LearningModuleID></Enrollment>
      <Enrollment block="3"><User>b@x.org</User><LearningModuleID>7</LearningModuleID></Enrollment>
    </Enrollments>
  </Info>
  <Errors>
    <Error>
      <ErrorID><![CDATA[esh:19]]></ErrorID>
      <ErrorMessage><![CDATA[Enrollment [2] - the grade < 0 & > 100 is not valid]]></ErrorMessage>
    </Error>
    <Error><ErrorID>ESH:23</ErrorID><ErrorMessage>The group name 'A &amp; B' is not valid</ErrorMessage></Error>
  </Errors>
</SmarterU>
"""


def answer(inside: str) -> BatchAnswer:
    return parse_answer(f"<SmarterU>{inside}</SmarterU>".encode())


def test_blocks_and_errors_are_read_with_or_without_cdata() -> None:
    assert parse_answer(TAKEN.encode()) == BatchAnswer(
        succeeded=True,
        processed=frozenset({1, 3}),
        problems=(
            AnswerProblem("ESH:19", "Enrollment [2] - the grade < 0 & > 100 is not valid", 2),
            AnswerProblem("ESH:23", "The group name 'A & B' is not valid", None),
        ),
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<Result>Success</Result>",
        "<Result>success</Result><Info/><Errors/>",
        "<Result> Success\n</Result><Info>  \n </Info><Errors> </Errors>",
        "<Result>Success</Result><Info></Info><Errors><Error/></Errors>",
        "<Errors><Error><ErrorID/><ErrorMessage> </ErrorMessage></Error></Errors><Result>SUCCESS</Result>",
        "<Result>Success</Result><Info><Enrollments/></Info>",
    ],
)
def test_empty_tags_may_be_self_closed_blank_or_missing(inside: str) -> None:
    assert answer(inside) == BatchAnswer(succeeded=True, processed=None, problems=())


def test_success_with_errors_keeps_both() -> None:
    told = answer("<Result>Success</Result><Errors><Error><ErrorID>ESH:26</ErrorID></Error></Errors>")
    assert told == BatchAnswer(succeeded=True, processed=None, problems=(AnswerProblem("ESH:26", "", None),))


def test_an_error_without_a_code_keeps_its_message() -> None:
    told = answer(
        "<Result>Failed</Result><Errors><Error><ErrorMessage>Enrollment 4 - no</ErrorMessage></Error></Errors>"
    )
    assert told == BatchAnswer(succeeded=False, processed=None, problems=(AnswerProblem("", "Enrollment 4 - no", 4),))


@pytest.mark.parametrize("number", ["", "one", "-1", "1.0", "٣", "99999999999999"])
def test_a_list_of_blocks_with_one_unreadable_number_proves_nothing(number: str) -> None:
    blocks = f'<Enrollment block="1"/><Enrollment block="{number}"/>'
    assert answer(f"<Result>Success</Result><Info><Enrollments>{blocks}</Enrollments></Info>").processed is None


def test_blocks_may_come_in_any_order_and_with_blanks() -> None:
    blocks = "".join(f'<Enrollment block=" {number} "/>' for number in (3, 1, 2))
    told = answer(f"<Result>Success</Result><Info><Enrollments>{blocks}</Enrollments></Info>")
    assert told.processed == frozenset({1, 2, 3})


def test_an_answer_may_stand_behind_blank_lines_or_a_byte_order_mark() -> None:
    assert parse_answer(b"\r\n  " + TAKEN.encode()) == parse_answer(b"\xef\xbb\xbf" + TAKEN.encode())
    assert parse_answer(TAKEN.encode()) == parse_answer(TAKEN.replace("UTF-8", "UTF-16").encode("utf-16"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"garbage \x00\xff",
        b"<!DOCTYPE html><html><body>Bad gateway</body></html>",
        b"<html><head></head><body><h1>502</h1></body></html>",
        b"<html><body>a<br>b</html>",
        TAKEN.encode()[:-12],
        TAKEN.encode()[:300],
        TAKEN.encode() + b"<more/>",
        b"<Other><Result>Success</Result></Other>",
        b"<SmarterU/>",
        b"<SmarterU><Result> </Result></SmarterU>",
        b"<SmarterU><Info><Result>Success</Result></Info></SmarterU>",
        b'<?xml version="1.0" encoding="no-such"?><SmarterU><Result>Success</Result></SmarterU>',
        b"<SmarterU><Result>Success</Result><Info>\xff\xfe</Info></SmarterU>",
        b"<a>" * 100_000,
    ],
)
def test_what_is_no_answer_is_told_by_how_it_begins(body: bytes) -> None:
    with pytest.raises(NotAnAnswer) as caught:
        parse_answer(body)
    beginning = caught.value.beginning
    assert len(beginning) <= 300
    assert beginning == " ".join(beginning.split())
    assert (beginning or "(nothing)") in str(caught.value)


def test_the_beginning_is_one_printable_line() -> None:
    with pytest.raises(NotAnAnswer) as caught:
        parse_answer(b"<html>\r\n\t<b>\x1b[31mBad\x00 gateway" + b"\xc3\xa9" * 1000)
    assert caught.value.beginning.startswith("<html> <b> [31mBad gatewayéé")
    assert len(caught.value.beginning) == 300


def test_an_oversized_answer_is_refused_before_it_is_parsed() -> None:
    body = TAKEN.encode()
    assert parse_answer(body, most_bytes=len(body)).succeeded
    with pytest.raises(NotAnAnswer, match="longer than"):
        parse_answer(body, most_bytes=len(body) - 1)


def test_a_doctype_is_refused_whatever_it_holds(tmp_path: Path) -> None:
    """Entities would read files or grow without bound."""
    secret = tmp_path / "secret.txt"
    secret.write_text("Success")
    inside = "<SmarterU><Result>&a;</Result></SmarterU>"
    bomb = '<!ENTITY a0 "Success">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    for doctype in (
        "<!DOCTYPE SmarterU>",
        f'<!DOCTYPE SmarterU [<!ENTITY a SYSTEM "{secret.as_uri()}">]>',
        f'<!DOCTYPE SmarterU [{bomb}<!ENTITY a "&a8;">]>',
        '<!DOCTYPE SmarterU SYSTEM "http://127.0.0.1:9/x.dtd">',
    ):
        for text in (inside, inside.replace("&a;", "Success")):
            with pytest.raises(NotAnAnswer):
                parse_answer((doctype + text).encode())


def test_comments_and_processing_instructions_say_nothing() -> None:
    assert answer("<!-- x --><Result>Suc<!-- y -->cess</Result><?php z?>").succeeded


def test_any_envelope_gives_its_root_and_its_errors() -> None:
    root = element_of(TAKEN.replace("Enrollments", "Users").encode())
    assert root.tag == "SmarterU"
    assert [problem.code for problem in errors_of(root)] == ["ESH:19", "ESH:23"]


@given(st.binary(max_size=200) | st.integers(0, len(TAKEN) - 9).map(lambda cut: TAKEN.encode()[:cut]))
def test_bytes_that_are_no_answer_or_a_part_of_one_raise_nothing_else(body: bytes) -> None:
    with pytest.raises(NotAnAnswer) as caught:
        parse_answer(body)
    assert caught.value.beginning.isprintable()
