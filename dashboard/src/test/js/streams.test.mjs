import assert from "node:assert/strict";
import { test } from "node:test";

const { streams } = await import("../../main/resources/webroot/data/streams.js");

/** Streams over sources that the test plays, and a clock that it turns. */
function play() {
  const sources = [];
  let timers = [];
  const open = (address) => {
    const heard = {};
    const source = {
      address,
      readyState: 0,
      closed: false,
      addEventListener: (name, act) => (heard[name] = act),
      close() {
        this.closed = true;
        this.readyState = 2;
      },
      open() {
        this.readyState = 1;
        this.onopen();
      },
      fail(fatal) {
        this.readyState = fatal ? 2 : 0;
        this.onerror();
      },
      say: (name, data) => heard[name]({ data: JSON.stringify(data) }),
    };
    sources.push(source);
    return source;
  };
  const later = (act, millis) => {
    const timer = { act, millis };
    timers.push(timer);
    return timer;
  };
  const cancel = (timer) => (timers = timers.filter((one) => one !== timer));
  const turn = () => {
    const due = timers;
    timers = [];
    due.forEach((one) => one.act());
  };
  return { hub: streams({ open, later, cancel }), sources, turn, waits: () => timers.map((one) => one.millis) };
}

const ear = () => {
  const told = [];
  const listen = (one) => told.push(one);
  return { listen, told, of: (kind) => told.filter((one) => one.kind === kind) };
};

test("many who follow the same share one stream, and the last who leaves closes it", () => {
  const { hub, sources } = play();
  const a = ear();
  const b = ear();
  hub.join("all", a.listen);
  hub.join("all", b.listen);
  hub.join("one", b.listen);
  assert.deepEqual(sources.map((one) => one.address), ["all", "one"]);
  sources[0].open();
  assert.deepEqual(a.of("standing").map((one) => one.standing), ["connecting", "live"]);
  hub.leave("all", a.listen);
  assert.equal(sources[0].closed, false);
  hub.leave("all", b.listen);
  assert.equal(sources[0].closed, true);
  assert.deepEqual(hub.addresses(), ["one"]);
});

test("a burst is told at once, the last change of each thing only", () => {
  const { hub, sources, turn } = play();
  const a = ear();
  hub.join("all", a.listen);
  sources[0].open();
  sources[0].say("state", { entity: "task", key: "t", offset: 1 });
  sources[0].say("state", { entity: "task", key: "u", offset: 2 });
  sources[0].say("state", { entity: "task", key: "t", offset: 3 });
  sources[0].say("metrics", { taskKey: "t", points: [] });
  assert.equal(a.of("state").length, 0);
  turn();
  assert.deepEqual(a.of("state").map((one) => one.events.map((event) => event.offset)), [[2, 3]]);
  assert.equal(a.of("metrics")[0].batches.length, 1);
  turn();
  assert.equal(a.of("state").length, 1);
});

test("of too many changes only that is told", () => {
  const { hub, sources, turn } = play();
  const a = ear();
  hub.join("all", a.listen);
  sources[0].open();
  for (let i = 0; i < 2500; i++) sources[0].say("state", { entity: "task", key: `${i}`, offset: i });
  turn();
  assert.deepEqual(a.of("state")[0].events, [{ entity: "all", key: "" }]);
});

test("a connection that drops shows, and what resumes by itself tells nothing twice", () => {
  const { hub, sources, turn } = play();
  const a = ear();
  hub.join("all", a.listen);
  sources[0].open();
  sources[0].fail(false);
  assert.equal(a.of("standing").at(-1).standing, "lost");
  sources[0].open();
  assert.equal(a.of("standing").at(-1).standing, "live");
  turn();
  assert.equal(a.of("state").length, 0);
  assert.equal(sources.length, 1);
});

test("a stream that was given up is opened anew, later each time, and tells to read all again", () => {
  const { hub, sources, turn, waits } = play();
  const a = ear();
  hub.join("all", a.listen);
  sources[0].open();
  sources[0].fail(true);
  assert.deepEqual(waits(), [1000]);
  turn();
  sources[1].fail(true);
  assert.deepEqual(waits(), [2000]);
  turn();
  sources[2].open();
  turn();
  assert.deepEqual(a.of("state").map((one) => one.events), [[{ entity: "all", key: "" }]]);
  assert.equal(a.of("standing").at(-1).standing, "live");
});

test("without a network the streams are closed, and opened with it", () => {
  const { hub, sources, turn } = play();
  const a = ear();
  hub.join("all", a.listen);
  sources[0].open();
  hub.offline();
  assert.equal(sources[0].closed, true);
  assert.equal(a.of("standing").at(-1).standing, "lost");
  hub.online();
  turn();
  sources[1].open();
  turn();
  assert.equal(a.of("state").length, 1);
});

test("many experiments take few connections: those beyond are heard from the stream of all", () => {
  const { hub, sources, turn } = play();
  const ears = ["a", "b", "c", "d", "e"].map((id) => ({ address: `http://x/events?experiment=${id}`, ...ear() }));
  ears.forEach((one) => hub.join(one.address, one.listen));
  assert.deepEqual(sources.map((one) => one.address.slice(15)), ["?experiment=a", "?experiment=b", "?experiment=c", ""]);
  sources[3].open();
  assert.equal(ears[4].of("standing").at(-1).standing, "live");
  sources[3].say("state", { entity: "experiment", key: "d", offset: 1 });
  sources[3].say("state", { entity: "plan", key: "e/0", offset: 2 });
  sources[3].say("state", { entity: "task", key: "t", offset: 3 });
  sources[3].say("metrics", { taskKey: "t", points: [] });
  turn();
  const [, , , d, e] = ears;
  assert.deepEqual(d.of("state").map((one) => [one.address, one.events.map((event) => event.offset)]), [[d.address, [1, 3]]]);
  assert.deepEqual(e.of("state").map((one) => [one.address, one.events.map((event) => event.offset)]), [[e.address, [2, 3]]]);
  assert.equal(e.of("metrics")[0].address, e.address);
  assert.equal(ears[0].of("state").length, 0);
  hub.leave(d.address, d.listen);
  assert.equal(sources[3].closed, false);
  hub.leave(e.address, e.listen);
  assert.equal(sources[3].closed, true);
  hub.leave(ears[0].address, ears[0].listen);
  hub.join(e.address, e.listen);
  assert.equal(sources[4].address, e.address, "a place is free again");
});
