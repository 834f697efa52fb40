import assert from "node:assert/strict";
import { test } from "node:test";

const { consequences, counted, extension, forbidden, policyChange, refusal, tasksIn } =
  await import("../../main/resources/webroot/data/actions.js");

const running = {
  id: "kernels-00000001",
  state: "RUNNING",
  paused: false,
  policy: { priority: 50, maxParallel: 0 },
  tasks: { PENDING: 3, QUEUED: 2, RUNNING: 1, SUCCEEDED: 4, CACHED: 1, FAILED: 0 },
};

test("tasks are counted by state, and unknown states count nothing", () => {
  assert.equal(tasksIn(running, "PENDING", "QUEUED"), 5);
  assert.equal(tasksIn(running, "STOPPED"), 0);
  assert.equal(tasksIn({}, "RUNNING"), 0);
  assert.equal(counted(1, "task"), "1 task");
  assert.equal(counted(12000, "task"), "12,000 tasks");
});

test("what runs can be paused and cancelled, but neither resumed nor retried", () => {
  assert.equal(refusal("pause", running), "");
  assert.equal(refusal("cancel", running), "");
  assert.match(refusal("resume", running), /not paused/);
  assert.match(refusal("retry", running), /Nothing/);
});

test("what is paused can be resumed, and what has failed retried", () => {
  const paused = { ...running, state: "PAUSED", paused: true };
  assert.match(refusal("pause", paused), /already/);
  assert.equal(refusal("resume", paused), "");
  const failed = { ...running, state: "FAILED", tasks: { FAILED: 2, SUCCEEDED: 3 } };
  assert.equal(refusal("retry", failed), "");
  assert.match(refusal("cancel", failed), /failed already/);
  assert.match(refusal("pause", failed), /nothing of it is left/);
});

test("a cancelled experiment is cloned and nothing else", () => {
  const cancelled = { ...running, state: "CANCELLED" };
  for (const action of ["pause", "cancel", "retry", "policy", "resubmit", "resume"]) {
    assert.notEqual(refusal(action, cancelled), "", action);
  }
  assert.equal(refusal("clone", cancelled), "");
  assert.equal(refusal("clone", { ...cancelled, archivedAt: "2026-01-01T00:00:00Z" }), "");
});

test("a cancellation says how many tasks stop, what stays, and that there is no way back", () => {
  const text = consequences("cancel", running).join(" ");
  assert.match(text, /1 running task stops/);
  assert.match(text, /5 waiting tasks are never started/);
  assert.match(text, /5 results stay/);
  assert.match(text, /no way back/);
});

test("a pause says what becomes of running tasks", () => {
  assert.match(consequences("pause", running).join(" "), /1 running task goes on to its end/);
  assert.match(consequences("pause", running, { handBack: true }).join(" "), /asked to checkpoint/);
});

test("an extension is told by its dry run", () => {
  const answer = {
    trials: 2,
    plan: { tasks: { new: 3, cached: 2, joined: 0 }, finetunes: { resumed: 2, fromStart: 0 } },
  };
  assert.equal(
    extension(answer),
    "2 trials: 3 tasks to run, 2 with a result already, 0 in flight. Of the finetunes 2 go on from a checkpoint and 0 start over.",
  );
});

test("only what differs is set, and the way back is what was", () => {
  assert.deepEqual(policyChange(running, { priority: "60", maxParallel: "0" }), {
    change: { priority: 60 },
    back: { priority: 50 },
    problem: "",
  });
  assert.deepEqual(policyChange(running, { priority: "50", maxParallel: "0" }).change, {});
  assert.match(policyChange(running, { priority: "101", maxParallel: "0" }).problem, /Priority/);
  assert.match(policyChange(running, { priority: "50", maxParallel: "" }).problem, /at once/);
  assert.match(policyChange(running, { priority: "1.5", maxParallel: "0" }).problem, /whole number/);
});

test("who may only look is told so instead of being refused", () => {
  assert.equal(forbidden("ADMIN", "SUBMITTER"), "");
  assert.equal(forbidden("SUBMITTER", "SUBMITTER"), "");
  assert.match(forbidden("SUBMITTER", "ADMIN"), /role is submitter: this needs admin/);
  for (const action of ["pause", "cancel", "extend", "resubmit", "policy"]) {
    assert.match(refusal(action, running, "VIEWER"), /role is viewer/, action);
    assert.equal(refusal(action, running, "SUBMITTER"), "", action);
  }
  assert.equal(refusal("clone", running, "VIEWER"), "", "cloning opens the editor only");
});
