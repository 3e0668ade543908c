// A browser as the gateway's client: pages of one origin call it on another. What is expected is what the Fetch standard
// (fetch.spec.whatwg.org, "CORS protocol") and the WebSockets standard have a browser do with the answers of Kong's plugins.
import type { Browser, Page } from "playwright-core";
import { launch, open } from "./support/browser";
import { type Gateway, startGateway } from "./support/gateway";
import { type EchoService, type WebServer, startEcho, startGrpc, startPages } from "./support/web-servers";

const BINARY = process.env.MES_BINARY ?? "";
const CORS_REFUSAL = "has been blocked by CORS policy";
const ALL_YEAR = { year: 1, policy: "local" };

let browser: Browser;
let gateway: Gateway;
let echo: EchoService;
let grpc: WebServer;
let pages: WebServer; // an origin that is allowed where not all are
let strangers: WebServer; // one that is not

function configuration() {
  const cors = (config: object) => ({ name: "cors", config });
  const route = (name: string, ...plugins: object[]) => ({ name, paths: [`/${name}`], plugins });
  const listed = {
    origins: [pages.origin, "https://.*\\.shop\\.example"],
    methods: ["GET", "PUT"],
    headers: ["X-Asked", "Content-Type"],
    exposed_headers: ["X-Seen"],
    credentials: true,
  };
  const routes = [
    route("closed"),
    route("any", cors({})),
    route("one", cors({ origins: [pages.origin] })),
    route("listed", cors({ ...listed, max_age: 600 })),
    route("forgetful", cors({ ...listed, max_age: 0 })),
    route("credentials", cors({ credentials: true })),
    route("own", cors({ preflight_continue: true })),
    route("keyed", cors({}), { name: "key-auth" }),
    route("keyed-closed", { name: "key-auth" }),
    route("limited", cors({ exposed_headers: ["RateLimit-Remaining"] }), { name: "rate-limiting", config: ALL_YEAR }),
  ];
  return {
    _format_version: "3.0",
    services: [
      { name: "echo", url: echo.origin, routes },
      { name: "grpc", url: `grpc://${grpc.origin}`, routes: [route("pkg.Service", { name: "grpc-web" })] },
      { name: "gone", url: "http://127.0.0.1:1", routes: [route("gone", cors({}))] },
    ],
    consumers: [{ username: "somebody", keyauth_credentials: [{ key: "a-key" }] }],
  };
}

interface Init {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  credentials?: "include" | "omit";
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

// What a script of the page gets; "TypeError" where the browser keeps the answer from it.
const ask = (page: Page, path: string, init: Init = {}, base = `http://${gateway.http}`): Promise<Answer | string> =>
  page.evaluate(
    async ({ url, init }) => {
      try {
        const answer = await fetch(url, init);
        return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
      } catch (error) {
        return (error as Error).name;
      }
    },
    { url: base + path, init },
  );

async function onPage(origin: string, run: (page: Page, problems: string[]) => Promise<void>): Promise<void> {
  const { page, problems, close } = await open(browser, { anyCertificate: true });
  try {
    await page.goto(origin);
    echo.asked.length = 0;
    await run(page, problems);
  } finally {
    await close();
  }
}

async function refused(page: Page, problems: string[], path: string, init: Init = {}): Promise<void> {
  expect(await ask(page, path, init)).toBe("TypeError");
  await expect.poll(() => problems.filter((problem) => problem.includes(CORS_REFUSAL)).length).toBe(1);
}

describe.skipIf(BINARY === "")("a browser in front of the gateway", () => {
  beforeAll(async () => {
    [pages, strangers, echo, grpc, browser] = await Promise.all([startPages(), startPages(), startEcho(), startGrpc(), launch()]);
    gateway = await startGateway(BINARY, configuration());
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    await Promise.all([pages, strangers, echo, grpc].map((server) => server?.close()));
  });

  describe("simple requests", () => {
    test("are answered to no other origin without the plugin, though the service had them", () =>
      onPage(pages.origin, async (page, problems) => {
        await refused(page, problems, "/closed");
        expect(echo.asked).toEqual(["GET /"]);
      }));

    test("are answered to every origin by default, without fields that are not exposed", () =>
      onPage(strangers.origin, async (page) => {
        const got = await ask(page, "/any/x");
        expect(got).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
        expect(Object.keys((got as Answer).headers)).not.toContain("x-seen");
        expect(JSON.parse((got as Answer).body).headers.origin).toBe(strangers.origin);
      }));

    test("are answered to the origins that are listed, with the fields that are exposed", () =>
      onPage(pages.origin, async (page, problems) => {
        const got = await ask(page, "/listed/x");
        expect(got).toMatchObject({ status: 200, headers: { "x-seen": "GET /x" } });
        expect(Object.keys((got as Answer).headers)).not.toContain("x-hidden");
        expect(problems).toEqual([]);
      }));

    test.each(["/listed", "/one"])("are not answered to other origins: %s", (path) =>
      onPage(strangers.origin, (page, problems) => refused(page, problems, path)));

    test("are answered where one origin alone is allowed", () =>
      onPage(pages.origin, async (page) => expect(await ask(page, "/one")).toMatchObject({ status: 200 })));
  });

  describe("preflighted requests", () => {
    const put = (headers: Record<string, string>): Init => ({ method: "PUT", headers, body: "{}" });

    test("with every method and field by default", () =>
      onPage(strangers.origin, async (page) => {
        const patch = { method: "PATCH", headers: { "content-type": "application/json", "x-whatever": "1" }, body: "{}" };
        expect(await ask(page, "/any/x", patch)).toMatchObject({ status: 200 });
        expect(echo.asked).toEqual(["PATCH /x"]); // the preflight was answered by the plugin
      }));

    test("with a method and fields that are listed", () =>
      onPage(pages.origin, async (page) => {
        const got = await ask(page, "/listed/x", put({ "x-asked": "yes", "content-type": "application/json" }));
        expect(got).toMatchObject({ status: 200, headers: { "x-seen": "PUT /x" } });
        expect(JSON.parse((got as Answer).body).headers["x-asked"]).toBe("yes");
        expect(echo.asked).toEqual(["PUT /x"]);
      }));

    test.each([
      ["a method that is not listed", "/listed", { method: "DELETE" }],
      ["a field that is not listed", "/listed", { headers: { "x-other": "1" } }],
      ["a route without the plugin", "/closed", { method: "DELETE" }],
    ] as [string, string, Init][])("not with %s", (_, path, init) =>
      onPage(pages.origin, async (page, problems) => {
        await refused(page, problems, path, init);
        expect(echo.asked.filter((line) => !line.startsWith("OPTIONS"))).toEqual([]);
      }));

    test("not of another origin", () =>
      onPage(strangers.origin, async (page, problems) => {
        await refused(page, problems, "/listed", put({ "x-asked": "yes" }));
        expect(echo.asked).toEqual([]);
      }));

    test("by the service's own answer with preflight_continue", () =>
      onPage(pages.origin, async (page, problems) => {
        expect(await ask(page, "/own/x", { method: "PATCH" })).toMatchObject({ status: 200 });
        expect(echo.asked).toEqual(["OPTIONS /x", "PATCH /x"]);
        await refused(page, problems, "/own/x", { method: "DELETE" });
      }));

    test("are asked for once in max_age, and each time where that is 0", () =>
      onPage(pages.origin, async (page) => {
        const session = await page.context().newCDPSession(page);
        const preflights: string[] = [];
        session.on("Network.requestWillBeSent", ({ request }) => {
          if (request.method === "OPTIONS") preflights.push(new URL(request.url).pathname);
        });
        await session.send("Network.enable");
        for (const path of ["/listed/x", "/listed/x", "/forgetful/x", "/forgetful/x"])
          expect(await ask(page, path, put({ "x-asked": "yes" }))).toMatchObject({ status: 200 });
        await expect.poll(() => preflights).toEqual(["/listed/x", "/forgetful/x", "/forgetful/x"]);
      }));
  });

  describe("credentials", () => {
    const include: Init = { credentials: "include" };

    test("come and go where they are allowed", () =>
      onPage(pages.origin, async (page) => {
        expect(await ask(page, "/listed/login", include)).toMatchObject({ status: 200 });
        const cookieOf = async (init: Init) => JSON.parse(((await ask(page, "/listed/x", init)) as Answer).body).headers.cookie;
        expect(await cookieOf(include)).toBe("session=s1");
        expect(await cookieOf({ credentials: "omit" })).toBeUndefined();
        expect(await cookieOf({ ...include, method: "PUT", headers: { "x-asked": "1" } })).toBe("session=s1");
      }));

    test("of every origin, which is then named and not *", () =>
      onPage(strangers.origin, async (page) => expect(await ask(page, "/credentials", include)).toMatchObject({ status: 200 })));

    test("are refused where all origins are allowed without them", () =>
      onPage(pages.origin, (page, problems) => refused(page, problems, "/any", include)));
  });

  describe("the gateway's own answers", () => {
    test("401 can be read, and a key in a field passes the preflight, which has none", () =>
      onPage(pages.origin, async (page) => {
        const refusal = await ask(page, "/keyed");
        expect(refusal).toMatchObject({ status: 401 });
        expect(JSON.parse((refusal as Answer).body)).toEqual({ message: "No API key found in request" });
        expect(await ask(page, "/keyed", { headers: { apikey: "wrong" } })).toMatchObject({ status: 401 });
        expect(await ask(page, "/keyed", { headers: { apikey: "a-key" } })).toMatchObject({ status: 200 });
      }));

    test("401 of a route without the plugin is kept from the page", () =>
      onPage(pages.origin, (page, problems) => refused(page, problems, "/keyed-closed")));

    test("429 and 502 can be read", () =>
      onPage(pages.origin, async (page) => {
        expect(await ask(page, "/limited")).toMatchObject({ status: 200, headers: { "ratelimit-remaining": "0" } });
        expect(await ask(page, "/limited")).toMatchObject({ status: 429, headers: { "ratelimit-remaining": "0" } });
        expect(await ask(page, "/gone")).toMatchObject({ status: 502 });
      }));
  });

  test.each(["http", "https"] as const)("gRPC-Web by %s: messages and trailers of a service of gRPC", (scheme) =>
    onPage(strangers.origin, async (page) => {
      const call = (method: string) =>
        page.evaluate(
          async ({ url, message }) => {
            const headers = { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" };
            const answer = await fetch(url, { method: "POST", headers, body: new Uint8Array(message) });
            const body = new Uint8Array(await answer.arrayBuffer());
            return { status: answer.status, type: answer.headers.get("content-type"), text: String.fromCharCode(...body) };
          },
          { url: `${scheme}://${gateway[scheme]}/pkg.Service/${method}`, message: [0, 0, 0, 0, 2, 104, 105] },
        );
      const good = { status: 200, type: "application/grpc-web+proto", text: "\0\0\0\0\u0002hi\u0080\0\0\0\u001egrpc-status:0\r\ngrpc-message:\r\n" };
      expect(await call("Echo")).toEqual(good);
      expect((await call("Fail")).text).toContain("grpc-status:5\r\ngrpc-message:no such thing\r\n");
    }));

  test("HTTPS: a page by HTTP/2, and calls from another origin", async () => {
    await onPage(`https://${gateway.https}/any/page`, async (page) => {
      const protocol = await page.evaluate(() => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).nextHopProtocol);
      expect(protocol).toBe("h2");
    });
    await onPage(pages.origin, async (page) => {
      const init = { method: "PUT", headers: { "x-asked": "1" }, body: "{}" };
      expect(await ask(page, "/listed/x", init, `https://${gateway.https}`)).toMatchObject({ status: 200, headers: { "x-seen": "PUT /x" } });
    });
  });

  describe.each(["ws", "wss"] as const)("WebSockets: %s", (scheme) => {
    const url = (path: string) => `${scheme}://${scheme === "ws" ? gateway.http : gateway.https}${path}`;

    interface Talk {
      protocol: string;
      got: (string | number[])[];
      end: { code: number; reason: string; clean: boolean };
    }

    // Sends each message when the answer to the one before has come; then closes, or waits to be closed.
    const talk = (page: Page, path: string, messages: (string | number[])[], close?: [number, string], protocols: string[] = []) =>
      page.evaluate(
        ({ url, messages, close, protocols }) =>
          new Promise<Talk>((resolve) => {
            const socket = new WebSocket(url, protocols);
            const got: (string | number[])[] = [];
            socket.binaryType = "arraybuffer";
            const next = () => {
              const message = messages[got.length];
              if (message !== undefined) socket.send(typeof message === "string" ? message : new Uint8Array(message));
              else if (close) socket.close(...close);
            };
            socket.onopen = next;
            socket.onmessage = ({ data }) => {
              got.push(typeof data === "string" ? data : [...new Uint8Array(data as ArrayBuffer)]);
              next();
            };
            socket.onclose = ({ code, reason, wasClean }) =>
              resolve({ protocol: socket.protocol, got, end: { code, reason, clean: wasClean } });
          }),
        { url: url(path), messages, close, protocols },
      );

    test("echo text and bytes, empty and long", () =>
      onPage(pages.origin, async (page) => {
        const bytes = Array.from({ length: 256 }, (_, i) => i);
        const messages = ["hello", "", "größer \u{1f600}", bytes, [], "x".repeat(300_000), ...Array.from({ length: 20 }, (_, i) => `${i}`)];
        const { got, end } = await talk(page, "/closed", messages, [1000, "done"]);
        expect(got).toEqual(messages);
        expect(end).toEqual({ code: 1000, reason: "done", clean: true });
        await expect.poll(() => echo.closed).toContainEqual({ code: 1000, reason: "done" });
      }));

    test("tell the service the page's origin, and are open to all: CORS is not for them", () =>
      onPage(strangers.origin, async (page) => {
        for (const path of ["/closed", "/listed"]) {
          const { got } = await talk(page, path, ["origin"], [1000, ""]);
          expect(got).toEqual([strangers.origin]);
        }
      }));

    test("end with the codes and reasons that either side gives", () =>
      onPage(pages.origin, async (page) => {
        for (const code of [1000, 1001, 1008, 1011, 3000, 4999]) {
          expect((await talk(page, "/closed", [`close ${code} enough`])).end).toEqual({ code, reason: "enough", clean: true });
        }
        for (const code of [1000, 3000, 4999]) {
          const reason = `${scheme} page's ${code}`;
          expect((await talk(page, "/closed", [], [code, reason])).end).toEqual({ code, reason, clean: true });
          await expect.poll(() => echo.closed).toContainEqual({ code, reason });
        }
      }));

    test("end unclean with a service that vanishes", () =>
      onPage(pages.origin, async (page) => {
        expect((await talk(page, "/closed", ["hello", "drop"])).end).toEqual({ code: 1006, reason: "", clean: false });
      }));

    test("speak the subprotocol that the service has chosen, or none", () =>
      onPage(pages.origin, async (page) => {
        expect((await talk(page, "/closed", [], [1000, ""], ["a", "b"])).protocol).toBe("b");
        expect((await talk(page, "/closed", [], [1000, ""])).protocol).toBe("");
      }));

    test("do not open without the key that the route wants", () =>
      onPage(pages.origin, async (page) => {
        expect((await talk(page, "/keyed", ["hello"])).end).toEqual({ code: 1006, reason: "", clean: false });
        expect((await talk(page, "/keyed?apikey=a-key", ["hello"], [1000, ""])).got).toEqual(["hello"]);
      }));
  });
});
