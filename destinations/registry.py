"""Every destination by its name: a new one is a file and a line here."""

from destinations.axcelerate.destination import AxcelerateDestination
from destinations.database.destination import DatabaseDestination
from destinations.moon.destination import MoonDestination
from destinations.outbox_destination import RowByRowDestination
from destinations.protocol import Destination
from destinations.smarteru.destination import SmarterUDestination

ROW_BY_ROW: dict[str, RowByRowDestination] = {
    "moon": MoonDestination("moon"),
    "axcelerate": AxcelerateDestination("axcelerate"),
}
DESTINATIONS: dict[str, Destination] = {
    "database": DatabaseDestination(),
    "smarteru-xml": SmarterUDestination("smarteru-xml", sends=False),
    "smarteru": SmarterUDestination("smarteru", sends=True),
    **ROW_BY_ROW,
}
