"""An embedded Gmail over real HTTP: a second witness that shares no shapes with the client."""
