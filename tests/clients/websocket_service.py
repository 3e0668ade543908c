"""A service of WebSockets that does what it is told."""
import asyncio
import concurrent.futures

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def serve_one(connection):
    """Echoes; a text "close CODE REASON" has it close so, "fragments N" send a message in N pieces, "drop" vanish."""
    async for message in connection:
        command = message.split(" ", 2) if isinstance(message, str) else [""]
        if command[0] == "close":
            await connection.close(int(command[1]), command[2])
        elif command[0] == "fragments":
            await connection.send([f"{i}," for i in range(int(command[1]))])
        elif command[0] == "ping":
            await asyncio.wait_for(await connection.ping(command[1].encode()), 20)
            await connection.send("pong came")
        elif command[0] == "extensions":
            await connection.send(",".join(e.name for e in connection.extensions))
        elif command[0] == "drop":
            connection.transport.abort()
        else:
            await connection.send(message)


class WebSocketService:
    """Runs on a thread of its own, and keeps the codes with which clients have closed."""

    def __init__(self):
        self.loop, self.closed = asyncio.new_event_loop(), []
        self.runner = concurrent.futures.ThreadPoolExecutor(1)
        self.runner.submit(self.loop.run_forever)
        self.server = self.call(self.start())
        self.port = self.server.sockets[0].getsockname()[1]

    async def start(self):
        async def handle(connection):
            try:
                await serve_one(connection)
            except websockets.ConnectionClosed:
                pass  # with another code than 1000; it is noted below
            finally:
                self.closed.append((connection.close_code, connection.close_reason))
        deflate = ServerPerMessageDeflateFactory(server_no_context_takeover=True)
        return await websockets.serve(handle, "127.0.0.1", 0, max_size=None, extensions=[deflate], subprotocols=["b", "c"])

    def call(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(20)

    def stop(self):
        async def close():
            self.server.close()
            await self.server.wait_closed()
        self.call(close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.runner.shutdown()
