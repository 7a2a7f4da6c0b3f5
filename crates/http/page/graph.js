// The plan as a graph: layers from the sources on, drawn from left to right, or from top to bottom where that does not fit.
import { s, count, bytes, span, title } from "./dom.js";

const WIDTH = 216, HEIGHT = 96, GAP = 34, BETWEEN = 56, BELOW = 32, LEAST = 0.75;

function layers(nodes) {
  const depth = [];
  for (const node of nodes) depth[node.id] = Math.max(0, ...node.inputs.map((input) => depth[input] + 1));
  // A source stands just before what reads it first.
  for (const node of nodes.filter((node) => !node.inputs.length)) {
    const readers = nodes.filter((reader) => reader.inputs.includes(node.id));
    if (readers.length) depth[node.id] = Math.min(...readers.map((reader) => depth[reader.id])) - 1;
  }
  const all = [];
  for (const node of nodes) (all[depth[node.id]] ??= []).push(node);
  const place = [];
  all.forEach((layer, x) => {
    const wish = (node) => node.inputs.length ? node.inputs.reduce((sum, input) => sum + place[input], 0) / node.inputs.length : nodes.length;
    const wishes = new Map(layer.map((node) => [node, x === 0 ? node.id : wish(node)]));
    layer.sort((a, b) => wishes.get(a) - wishes.get(b) || a.id - b.id);
    layer.forEach((node, y) => { place[node.id] = y; });
  });
  return all;
}

export function graph(open) {
  const svg = s("svg", { role: "group", "aria-label": "Plan of the job" });
  const element = document.createElement("div");
  element.className = "scroll";
  element.append(svg);
  let drawn = "", parts = [], edges = [];

  function draw(nodes, down) {
    const all = layers(nodes);
    const most = Math.max(...all.map((layer) => layer.length));
    const stepX = down ? WIDTH + GAP : WIDTH + BETWEEN, stepY = HEIGHT + (down ? BELOW : GAP);
    const at = [];
    all.forEach((layer, depth) => layer.forEach((node, i) => {
      const across = i + (most - layer.length) / 2;
      at[node.id] = down ? [across * stepX, depth * stepY] : [depth * stepX, across * stepY];
    }));
    const right = Math.max(...at.map(([x]) => x)) + WIDTH + 8, bottom = Math.max(...at.map(([, y]) => y)) + HEIGHT + 8;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `-4 -4 ${right} ${bottom}`);
    svg.setAttribute("width", right);
    // It shrinks to what there is room for, as long as it can be read.
    svg.style.minWidth = `${right * LEAST}px`;
    edges = [];
    for (const node of nodes) for (const input of node.inputs) {
      const [fx, fy] = at[input], [tx, ty] = at[node.id];
      const [ax, ay, bx, by] = down ? [fx + WIDTH / 2, fy + HEIGHT, tx + WIDTH / 2, ty] : [fx + WIDTH, fy + HEIGHT / 2, tx, ty + HEIGHT / 2];
      const bend = down ? `C${ax},${(ay + by) / 2} ${bx},${(ay + by) / 2}` : `C${(ax + bx) / 2},${ay} ${(ax + bx) / 2},${by}`;
      const path = s("path", { class: "edge", d: `M${ax},${ay} ${bend} ${bx},${by}` });
      edges.push([path, input]);
      svg.append(path);
    }
    parts = nodes.map((node) => {
      const lines = [0, 1, 2, 3].map((i) => s("text", { x: 10, y: 38 + i * 17, class: "soft" }));
      const [x, y] = at[node.id];
      const head = title(node);
      const group = s("g", {
        class: "node", tabindex: 0, role: "link", transform: `translate(${x},${y})`,
        onclick: () => open(node.id),
        onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(node.id); } },
      }, s("rect", { width: WIDTH, height: HEIGHT, rx: 6 }), s("title", {}, node.description),
      s("text", { x: 10, y: 20, class: "head" }, head.length > 26 ? head.slice(0, 25) + "…" : head), lines);
      svg.append(group);
      return { group, lines, id: node.id };
    });
  }

  function update({ nodes, sources, why }) {
    const deep = layers(nodes).length * (WIDTH + BETWEEN) * LEAST;
    const down = deep > (element.clientWidth || window.innerWidth);
    const shape = JSON.stringify([down, nodes.map((node) => [node.address, node.inputs])]);
    if (shape !== drawn) {
      draw(nodes, down);
      drawn = shape;
    }
    const waiting = new Set(why.map((finding) => finding.node));
    // Records of a source that gave no row.
    const dropped = new Map(sources.map((source) => [source.node, source.partitions.reduce((sum, one) => [sum[0] + one.dead_letters, sum[1] + one.skipped], [0, 0])]));
    for (const { group, lines, id } of parts) {
      const node = nodes[id];
      const [dead, skipped] = dropped.get(id) ?? [0, 0];
      const busy = node.busy_ratio ?? 0, blocked = node.blocked_ratio ?? 0;
      group.setAttribute("class", "node" + (blocked > 0.4 && blocked > busy ? " blocked" : busy > 0.8 ? " busy2" : busy > 0.4 ? " busy1" : "") + (waiting.has(id) ? " waits" : ""));
      const rate = (value) => count(value, value < 10 ? 1 : 0);
      const rows = node.inputs.length ? `${rate(node.rows_in_per_second)} → ${rate(node.rows_out_per_second)} rows/s` : `${rate(node.rows_out_per_second)} rows/s`;
      const text = [
        rows,
        `busy ${Math.round(busy * 100)} %${blocked >= 0.005 ? `, blocked ${Math.round(blocked * 100)} %` : ""} · ${node.watermark ? `watermark −${span(node.watermark_lag_ms)}` : "no watermark"}`,
        node.state.length ? `state ${bytes(node.state_bytes)}, ${count(node.state_keys)} keys` : `${count(node.rows_out || node.rows_in)} rows in all`,
        [[dead, "dead letters"], [skipped, "skipped"], [node.late_rows, "late rows dropped"]].filter(([n]) => n).map(([n, what]) => `${count(n)} ${what}`).join(", "),
      ];
      lines.forEach((line, i) => { line.textContent = text[i]; });
      lines[3].setAttribute("class", "bad");
      group.setAttribute("aria-label", `${title(node)}: ${text.filter(Boolean).join(", ")}`);
    }
    for (const [path, input] of edges) path.setAttribute("stroke-width", (1 + Math.log10(1 + (nodes[input].rows_out_per_second ?? 0)) * 1.6).toFixed(1));
  }
  return { element, update };
}
