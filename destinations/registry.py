"""Every destination by its name: a new one is a file and a line here."""

from destinations.database import DatabaseDestination
from destinations.protocol import Destination

DESTINATIONS: dict[str, Destination] = {
    "database": DatabaseDestination(),
}
