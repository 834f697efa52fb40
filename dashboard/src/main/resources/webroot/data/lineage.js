// @ts-check
/** Where a trial's lineage is drawn. Pure functions. */

/**
 * @typedef {{id: string, kind: string, label: string, sha256?: string, taskKey?: string, state?: string}} Node
 * @typedef {{from: string, to: string}} Edge
 * @typedef {{node: Node, column: number, x: number, y: number, width: number, height: number}} Box
 * @typedef {{boxes: Box[], edges: {from: Box, to: Box, path: string}[], width: number, height: number}} Picture
 */

const box = { width: 178, height: 40, across: 62, down: 12, edge: 6 };

/**
 * How far each node is from the inputs: one more than the farthest that it comes from.
 * @param {Node[]} nodes
 * @param {Edge[]} edges
 * @returns {Map<string, number>}
 */
export function depths(nodes, edges) {
  /** @type {Map<string, string[]>} */
  const before = new Map(nodes.map((node) => [node.id, []]));
  for (const { from, to } of edges) if (before.has(from)) before.get(to)?.push(from);
  /** @type {Map<string, number>} */
  const found = new Map();
  /** @type {(id: string, seen: Set<string>) => number} */
  const depth = (/** @type {string} */ id, /** @type {Set<string>} */ seen) => {
    const known = found.get(id);
    if (known !== undefined) return known;
    if (seen.has(id)) return 0;
    seen.add(id);
    const value = Math.max(-1, ...(before.get(id) ?? []).map((one) => depth(one, seen))) + 1;
    found.set(id, value);
    return value;
  };
  for (const node of nodes) depth(node.id, new Set());
  return found;
}

/**
 * Nodes in columns from left to right, each column ordered by where its nodes come from.
 * @param {{nodes: Node[], edges: Edge[]}} lineage
 * @returns {Picture}
 */
export function layout({ nodes, edges }) {
  const depth = depths(nodes, edges);
  // An input stands just before the first that reads it, so that its line does not cross the others.
  for (const node of nodes) {
    const readers = edges.filter((edge) => edge.from === node.id).map((edge) => depth.get(edge.to) ?? 0);
    if (depth.get(node.id) === 0 && readers.length > 0) depth.set(node.id, Math.min(...readers) - 1);
  }
  const count = Math.max(0, ...depth.values()) + 1;
  /** @type {Map<string, Box>} */
  const boxes = new Map();
  let height = 0;
  for (let column = 0; column < count; column++) {
    const members = nodes.filter((node) => depth.get(node.id) === column);
    const weight = (/** @type {Node} */ node) => {
      const from = edges.filter((edge) => edge.to === node.id).flatMap((edge) => boxes.get(edge.from) ?? []);
      return from.length === 0 ? Infinity : from.reduce((sum, one) => sum + one.y, 0) / from.length;
    };
    const order = members.map((node, i) => ({ node, i, at: weight(node) }));
    order.sort((a, b) => (a.at === b.at ? a.i - b.i : a.at - b.at));
    order.forEach(({ node }, row) => {
      const y = box.edge + row * (box.height + box.down);
      boxes.set(node.id, {
        node,
        column,
        x: box.edge + column * (box.width + box.across),
        y,
        width: box.width,
        height: box.height,
      });
      height = Math.max(height, y + box.height + box.edge);
    });
  }
  const drawn = edges.flatMap((edge) => {
    const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
    return from && to ? [{ from, to, path: curve(from, to) }] : [];
  });
  return {
    boxes: [...boxes.values()],
    edges: drawn,
    width: count * box.width + (count - 1) * box.across + 2 * box.edge,
    height,
  };
}

/**
 * @param {Box} from
 * @param {Box} to
 */
function curve(from, to) {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/**
 * All that a node comes from and all that comes from it, with itself.
 * @param {{nodes: Node[], edges: Edge[]}} lineage
 * @param {string} id
 * @returns {Set<string>}
 */
export function related({ edges }, id) {
  const walk = (/** @type {"from" | "to"} */ by, /** @type {"from" | "to"} */ next) => {
    const found = new Set([id]);
    for (const one of found) {
      for (const edge of edges) if (edge[by] === one) found.add(edge[next]);
    }
    return found;
  };
  return new Set([...walk("from", "to"), ...walk("to", "from")]);
}

/** What comes from a node and what it comes from, one step away. @param {{nodes: Node[], edges: Edge[]}} lineage @param {string} id */
export function beside({ nodes, edges }, id) {
  const named = (/** @type {string[]} */ ids) => nodes.filter((node) => ids.includes(node.id));
  return {
    before: named(edges.filter((edge) => edge.to === id).map((edge) => edge.from)),
    after: named(edges.filter((edge) => edge.from === id).map((edge) => edge.to)),
  };
}
