// @ts-check
/**
 * One load at a time, and a pause after it four times as long as it took: many events, or much to
 * load, never make the page or the server busy. What is asked for meanwhile is loaded once, after it.
 * @param {() => Promise<void>} load which must not fail
 * @param {number} [least] milliseconds between two loads
 * @returns {() => void} asks for a load
 */
export function paced(load, least = 500) {
  let busy = false;
  let asked = false;
  const run = async () => {
    if (busy) {
      asked = true;
      return;
    }
    busy = true;
    const begun = performance.now();
    await load();
    const pause = Math.max(least, 4 * (performance.now() - begun));
    setTimeout(() => {
      busy = false;
      if (asked) {
        asked = false;
        run();
      }
    }, pause);
  };
  return run;
}
