// @ts-check
/** The worker that all tabs of the page share: it holds the event streams, so that tabs need none. */
import { streams } from "./data/streams.js";

const shared = streams({ open: (address) => new EventSource(address) });
addEventListener("offline", shared.offline);
addEventListener("online", shared.online);

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  /** @type {Set<string>} */
  const followed = new Set();
  const ear = (/** @type {any} */ told) => port.postMessage(told);
  const leave = () => {
    followed.forEach((address) => shared.leave(address, ear));
    followed.clear();
  };
  port.onmessage = ({ data }) => {
    if (data.act === "join") {
      followed.add(data.address);
      shared.join(data.address, ear);
    } else if (data.act === "leave") {
      followed.delete(data.address);
      shared.leave(data.address, ear);
    } else if (data.act === "gone") leave();
    // A tab holds this lock as long as it lives, so that one that dies without a word is noticed.
    else if (data.act === "lock") navigator.locks?.request(data.name, leave);
  };
});
