// Serves the page from its sources and hands /api and /metrics on to a running server, so that a
// change shows at the next reload:
//   FEWSTEP_SERVER_URL=http://127.0.0.1:8080 PORT=8090 node dashboard/dev.mjs
// PREFIX=/some/path serves all of it below that path, as behind a reverse proxy.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import { request as secure } from "node:https";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const webroot = fileURLToPath(new URL("src/main/resources/webroot/", import.meta.url));
const server = new URL(process.env.FEWSTEP_SERVER_URL ?? "http://127.0.0.1:8080");
const port = Number(process.env.PORT ?? 8090);
const prefix = (process.env.PREFIX ?? "").replace(/\/$/, "");

const types = {
  ".html": "text/html;charset=UTF-8",
  ".js": "text/javascript;charset=UTF-8",
  ".mjs": "text/javascript;charset=UTF-8",
  ".css": "text/css;charset=UTF-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".md": "text/plain;charset=UTF-8",
};

/** The same policy as Dashboard.contentSecurityPolicy() of the Java side. */
function policy() {
  const page = readFileSync(join(webroot, "index.html"), "utf8");
  const map = page.match(/<script type="importmap">([\s\S]*?)<\/script>/);
  if (!map) throw new Error("index.html has no import map");
  const hash = createHash("sha256").update(map[1]).digest("base64");
  return (
    `default-src 'self'; script-src 'self' 'sha256-${hash}'; img-src 'self' data:; ` +
    "object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
  );
}

function serve(path, response) {
  const file = normalize(join(webroot, path.endsWith("/") ? `${path}index.html` : path));
  let found;
  try {
    found = file.startsWith(webroot) && statSync(file);
  } catch {
    found = null;
  }
  if (!found || !found.isFile()) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end(`no file ${path}\n`);
    return;
  }
  response.writeHead(200, {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Content-Length": found.size,
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
  });
  createReadStream(file).pipe(response);
}

function handOn(incoming, response, path) {
  const target = new URL(path, server);
  // The server takes changes from pages of its own origin only.
  const own = { host: target.host, ...(incoming.headers.origin ? { origin: target.origin } : {}) };
  const outgoing = (target.protocol === "https:" ? secure : request)(
    target,
    { method: incoming.method, headers: { ...incoming.headers, ...own } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  outgoing.on("error", (error) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(502, { "Content-Type": "application/problem+json" });
    response.end(
      JSON.stringify({ status: 502, title: "Bad Gateway", detail: `${server.href}: ${error.message}` }),
    );
  });
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}

createServer((incoming, response) => {
  const asked = incoming.url ?? "/";
  if (!asked.startsWith(`${prefix}/`)) {
    response.writeHead(302, { Location: `${prefix}/` }).end();
    return;
  }
  const path = asked.slice(prefix.length);
  if (/^\/(api\/|metrics|healthz|readyz)/.test(path)) handOn(incoming, response, path);
  else serve(decodeURIComponent(path.split("?")[0]), response);
}).listen(port, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${port}${prefix}/ shows ${webroot} with the data of ${server.href}`);
});
