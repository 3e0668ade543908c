// Ports for what tests start.
import { createServer } from "node:net";

const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

// A --port-offset with which all of `ports` are free, below the range from which the system gives ports to outgoing
// connections (32768 on Linux), if that can be.
export async function freeOffset(ports) {
  for (let tries = 0; tries < 50; tries += 1) {
    const offset = 10_000 + Math.floor(Math.random() * 60) * 100;
    if ((await Promise.all(ports.map((port) => isFree(port + offset)))).every(Boolean)) return offset;
  }
  throw new Error("no port offset is free");
}
