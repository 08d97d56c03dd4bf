"""A header of two rows, its groups merged, the columns without a group over both rows."""

from openpyxl import Workbook


def build() -> Workbook:
    """Two columns that stand alone, three under one group, two under another."""
    book = Workbook()
    sheet = book.active
    sheet.append(["Employee ID", "Employee", "Training", None, None, "Attendance", None])
    sheet.append([None, None, "Title", "Code", "Date", "Status", "Comments"])
    sheet.append(["E-31", "Nadia Holt", "Working at Height", "WH1", "2021-03-15", "Present", "left early"])
    sheet.append(["E-32", "Omar Pike", "Working at Height", "WH1", "2021-03-15", "Absent", None])
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:B2")
    sheet.merge_cells("C1:E1")
    sheet.merge_cells("F1:G1")
    return book
