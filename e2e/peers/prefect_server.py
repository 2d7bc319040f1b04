"""The Prefect server, as `prefect server start` of 2.20 runs it, on a socket that is open
already: descriptor 3."""

import gc
import socket

import uvicorn

# By default Python looks for cycles of garbage so often that it takes a seventh of the CPU time.
gc.set_threshold(100_000, 50, 50)

config = uvicorn.Config(
    "prefect.server.api.server:create_app", factory=True, timeout_keep_alive=30
)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=3)])
