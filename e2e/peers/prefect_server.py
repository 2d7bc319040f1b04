"""The Prefect server, as `prefect server start` of 2.20 runs it, on a socket that is open
already: descriptor 3."""

import socket

import uvicorn

config = uvicorn.Config(
    "prefect.server.api.server:create_app", factory=True, timeout_keep_alive=30
)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=3)])
