"""The embedded PostgreSQL: a database server that MoniDesk starts and stops itself.

Only this package knows where the server's programs, its data and its socket are. Everybody else
reads `DATABASE_URL`. Set `DATABASE_URL` to use a real server, and nothing here runs.

Words: a *cluster* is one data folder and the server on it; its *home* holds the data, the socket and
the server's log. The *durable* cluster in `var/postgres` keeps the demo's data through power cuts;
a *throw-away* cluster lives in the temporary folder, trades safety for speed and is for tests only.
The server listens on a Unix socket that only its own user and root can open, never on a port.
"""

from monidesk.embedded.cluster import Cluster, DatabaseDidNotStart, durable_cluster, throwaway_cluster
from monidesk.embedded.location import database_url

__all__ = ["Cluster", "DatabaseDidNotStart", "database_url", "durable_cluster", "throwaway_cluster"]
