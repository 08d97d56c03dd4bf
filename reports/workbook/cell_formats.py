"""How the failed-rows workbook looks: every cell format in one place."""

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

# Excel's own colours of its styles "Bad" and "Neutral", which people already know.
_BAD = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}
_NEUTRAL = {"bg_color": "#FFEB9C", "font_color": "#7F4F00"}
_OURS = {"bg_color": "#1F4E5F", "font_color": "#FFFFFF"}
_THEIRS = {"bg_color": "#DDE7EC", "font_color": "#1B2B33"}
_LINES = {"border": 1, "border_color": "#D5DADD"}


class Looks:
    """The formats of one workbook."""

    def __init__(self, workbook: Workbook) -> None:
        """Add the formats to the workbook."""

        def look(**properties: Any) -> Format:
            return workbook.add_format({"valign": "top", **_LINES, **properties})

        self.our_header = look(**_OURS, bold=True, align="left", indent=1, valign="vcenter")
        self.their_header = look(**_THEIRS, bold=True, text_wrap=True, valign="vcenter")
        self.mark = look(font_color="#8A959B", num_format="@", text_wrap=True, align="left", indent=1, font_size=9)
        self.told = look(text_wrap=True, align="left", indent=1)
        self.told_bad = look(text_wrap=True, align="left", indent=1, **_NEUTRAL)
        self.cell = look()
        self.cell_text = look(num_format="@")
        self.bad = look(**_BAD)
        self.bad_text = look(**_BAD, num_format="@")
        self.unread = look(font_color="#9AA5AB")
        self.title = workbook.add_format({"bold": True, "font_size": 16, "font_color": "#1F4E5F"})
        self.heading = workbook.add_format({"bold": True, "font_size": 12, "font_color": "#1F4E5F"})
        self.label = workbook.add_format({"font_color": "#5B676D", "valign": "top"})
        self.plain = workbook.add_format({"font_size": 12})
        self.flowing = workbook.add_format({"valign": "top"})
        self.warned = look(**_NEUTRAL)
        self.table_header = look(**_THEIRS, bold=True, align="left", indent=1, valign="vcenter")
        self.number = look(num_format="#,##0", align="center")
