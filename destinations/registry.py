"""Every destination by its name: a new one is a file and a line here."""

from destinations.database import DatabaseDestination
from destinations.protocol import Destination
from destinations.smarteru.destination import SmarterUDestination

DESTINATIONS: dict[str, Destination] = {
    "database": DatabaseDestination(),
    "smarteru-xml": SmarterUDestination("smarteru-xml", sends=False),
    "smarteru": SmarterUDestination("smarteru", sends=True),
}
