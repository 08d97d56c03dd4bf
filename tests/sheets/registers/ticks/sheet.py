"""A register kept by hand: typed dates shown without their year, ticks, a legend."""

from datetime import date

from openpyxl import Workbook


def build() -> Workbook:
    """The workbook."""
    book = Workbook()
    sheet = book.active
    sheet.append(["SITE INDUCTION REGISTER"])
    sheet.append(["Course: Excavation Safety"])
    sheet.append([])
    days = [date(2022, 9, 5), date(2022, 9, 12), date(2022, 9, 19)]
    sheet.append(["#", "Payroll No", "Name", *days, "Signature"])
    sheet.append([1, "0071", "Ines Mallow", "✓", "✓", "A"])
    sheet.append([2, "0084", "Joss Kerrigan", None, "E", "✓"])
    sheet.append([3, "0093", "Lena Oster", None, None, None])
    sheet.append([])
    sheet.append(["✓ = present, A = absent, E = excused"])
    for cell in sheet[4][3:6]:
        cell.number_format = "d mmm"
    return book
