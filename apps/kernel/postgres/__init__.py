"""Django's PostgreSQL backend with the second wall: the server is told what may be seen before each statement."""
