// Servers that browser tests of the gateway have on both sides of it: pages of an origin, and a service.
import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from "node:http";
import { type IncomingHttpHeaders, type ServerHttp2Stream, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface WebServer {
  origin: string;
  close: () => Promise<void>;
}

async function serve(listener: RequestListener, onListening: (server: ReturnType<typeof createServer>) => void = () => {}): Promise<WebServer> {
  const server = createServer(listener);
  onListening(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { origin: `http://127.0.0.1:${port}`, close };
}

// An empty page, from an origin of its own.
export const startPages = (): Promise<WebServer> =>
  serve((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>page</title>"));

export interface EchoService extends WebServer {
  asked: string[]; // "METHOD /path" of each request
  closed: { code: number; reason: string }[]; // how clients have ended WebSockets
}

// Answers with the request as JSON, X-Seen and X-Hidden. /login gives a cookie; OPTIONS says that PATCH may come.
// WebSocket: echoes; "close CODE REASON" has it close so, "drop" vanish, "origin" tell who has opened it.
export async function startEcho(): Promise<EchoService> {
  const asked: string[] = [];
  const closed: EchoService["closed"] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.method === "OPTIONS") {
      const allowed = { "access-control-allow-origin": request.headers.origin ?? "", "access-control-allow-methods": "PATCH" };
      response.writeHead(204, allowed).end();
      return;
    }
    const cookie: Record<string, string> = request.url === "/login" ? { "set-cookie": "session=s1; Path=/" } : {};
    response.writeHead(200, { "content-type": "application/json", "x-seen": `${request.method} ${request.url}`, "x-hidden": "1", ...cookie });
    response.end(JSON.stringify({ method: request.method, headers: request.headers }));
  };
  const talk = (socket: WebSocket, request: IncomingMessage) => {
    socket.on("close", (code, reason) => closed.push({ code, reason: reason.toString() }));
    socket.on("message", (data, isBinary) => {
      const [command, code, reason] = isBinary ? [] : String(data).split(" ", 3);
      if (command === "close") socket.close(Number(code), reason);
      else if (command === "drop") socket.terminate();
      else if (command === "origin") socket.send(request.headers.origin ?? "");
      else socket.send(data, { binary: isBinary });
    });
  };
  const server = await serve(answer, (http) => {
    const sockets = new WebSocketServer({ server: http, handleProtocols: (offered) => (offered.has("b") ? "b" : false) });
    sockets.on("connection", talk);
  });
  return { ...server, asked, closed };
}

// gRPC on messages that are plain bytes: answers each with itself, and with status 5 where it is called /…/Fail.
export async function startGrpc(): Promise<WebServer> {
  const server = createHttp2Server();
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    const trailers = headers[":path"]?.endsWith("/Fail") ? { "grpc-status": "5", "grpc-message": "no such thing" } : { "grpc-status": "0" };
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
