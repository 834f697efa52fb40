// @ts-check
/** The HTTP API. Addresses are relative to the page, so that it works behind a path prefix. */

const root = new URL("api/v1/", document.baseURI);

/**
 * @typedef {{path: string, line?: number, message: string, expected?: string, nearest?: string}} Fault
 */

/** What the page of a browser that is signed in proves itself with; empty without a session. */
let proof = "";

/** @type {() => void} */
let refused = () => {};

/**
 * Who is told when the server wants to know who asks.
 * @param {() => void} listener
 */
export const onRefused = (listener) => (refused = listener);

/** An answer that is not 2xx, with the problem document's text and what it finds fault with. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when there was no answer
   * @param {string} message
   * @param {Fault[]} [errors]
   */
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/**
 * The whole address of a part of the API.
 * @param {string} path relative to /api/v1/
 */
export const url = (path) => new URL(`./${path}`, root).href; // else experiments: were a scheme

/**
 * @param {string} path relative to /api/v1/
 * @param {{signal?: AbortSignal}} [how]
 * @returns {Promise<any>}
 */
export async function get(path, how = {}) {
  const response = await ask(path, { headers: { Accept: "application/json" }, signal: how.signal });
  return response.json();
}

/**
 * Who asks, by what the browser shows.
 * @returns {Promise<{name: string, role: string, projects: string[], tokensRequired: boolean, csrf?: string}>}
 */
export async function caller() {
  const found = await get("caller");
  proof = found.csrf ?? "";
  return found;
}

/**
 * Signs this browser in.
 * @param {string} token
 */
export async function signIn(token) {
  const response = await ask("session", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  const found = await response.json();
  proof = found.csrf ?? "";
  return found;
}

/** Signs this browser out. */
export async function signOut() {
  await send("DELETE", "session");
  proof = "";
}

/**
 * Changes something. The same request is sent again, under the same Idempotency-Key, while the
 * server cannot be reached or has not decided yet, so that it takes effect at most once.
 * @param {string} method
 * @param {string} path relative to /api/v1/
 * @param {any} [body] a text is sent as it is (YAML or JSON), a Blob as its bytes, anything else as JSON
 * @param {{signal?: AbortSignal, type?: string, patience?: number, key?: string, headers?: Record<string, string>}} [how]
 *     type: of a text's content; patience: how many times it is sent at most; key: the
 *     Idempotency-Key, for one that outlasts a failure, so that a person may ask again
 * @returns {Promise<any>} the answer's JSON or text; null when it has none
 */
export async function send(method, path, body, how = {}) {
  const plain = typeof body === "string" || body instanceof Blob;
  const type = how.type ?? (plain && body instanceof Blob ? body.type : "") ?? "";
  /** @type {Record<string, string>} */
  const headers = {
    Accept: "application/json",
    "Idempotency-Key": how.key ?? uuid(),
    ...(body === undefined ? {} : { "Content-Type": type || (plain ? "application/yaml" : "application/json") }),
    ...how.headers,
  };
  const content = body === undefined || plain ? body : JSON.stringify(body);
  const most = how.patience ?? 8;
  for (let turn = 1; ; turn++) {
    let response;
    try {
      const proven = proof ? { ...headers, "Fewstep-Csrf": proof } : headers;
      response = await ask(path, { method, headers: proven, body: content, signal: how.signal });
    } catch (error) {
      if (error instanceof Problem && error.status === 403 && turn === 1 && (await signedInElsewhere())) continue;
      const again = error instanceof Problem && [0, 502, 503, 504].includes(error.status);
      if (!again || turn >= most || how.signal?.aborted) throw error;
      await pause(Math.min(4000, 250 * 2 ** turn));
      continue;
    }
    const answer = await read(response);
    if (response.status !== 202 || !answer?.commandId) return answer;
    if (turn >= most) throw new Problem(202, "The server has not decided yet; look again in a while.");
    await pause(1000);
  }
}

/** Whether another tab signed this browser in anew, so that this one proves itself with something else now. */
async function signedInElsewhere() {
  const before = proof;
  await caller().catch(() => {});
  return proof !== before;
}

/** @param {Response} response */
async function read(response) {
  if (response.status === 204) return null;
  const text = await response.text();
  if (text === "") return null;
  return /json/.test(response.headers.get("Content-Type") ?? "") ? JSON.parse(text) : text;
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Response>} a good one
 */
async function ask(path, init) {
  let response;
  try {
    response = await fetch(url(path), init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem(0, "The server cannot be reached.");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    if (response.status === 401) refused();
    const text = problem.detail || problem.title || response.statusText || `Answer ${response.status}.`;
    throw new Problem(response.status, text, problem.errors ?? []);
  }
  return response;
}

/** @param {number} millis */
const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/** A random UUID, also where the page is served without TLS and `crypto.randomUUID` is missing. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Every item of a keyset listing, up to a bound.
 * @param {string} path
 * @param {number} [bound]
 * @returns {Promise<any[]>}
 */
export async function all(path, bound = 2000) {
  const items = [];
  let after = "";
  do {
    const join = path.includes("?") ? "&" : "?";
    const page = await get(
      `${path}${join}limit=500${after ? `&after=${encodeURIComponent(after)}` : ""}`,
    );
    items.push(...page.items);
    after = page.next || "";
  } while (after && items.length < bound);
  return items;
}

/**
 * @param {string} sha256
 * @param {string} name
 */
export function artifactUrl(sha256, name) {
  return new URL(`artifacts/${sha256}?name=${encodeURIComponent(name)}`, root).href;
}

/** @param {string} [experiment] */
export function eventsUrl(experiment) {
  return new URL(
    experiment ? `events?experiment=${encodeURIComponent(experiment)}` : "events",
    root,
  ).href;
}
