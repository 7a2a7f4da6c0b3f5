// The Board: the panels of the reference dashboard over the last hour of the sink's table, read while it is looked at.
import { h, s, count } from "./dom.js";

const EVERY = 5000;

const money = (value) => (value < 0 ? "−$" : "$") + count(Math.abs(value), 2);
const writer = (unit) => (unit === "currencyUSD" ? money : (value) => count(value, 2));

// The columns of a panel's rows: what a row is about, and its figures.
function columns(rows) {
  const [about, ...figures] = Object.keys(rows[0]);
  return { about, figures };
}

// Lines by time; gaps are where nothing came.
function lines({ title, rows, unit }) {
  const { about, figures } = columns(rows), write = writer(unit);
  const numbers = rows.flatMap((row) => figures.map((name) => Number(row[name] ?? 0)));
  const most = Math.max(1, ...numbers), least = Math.min(0, ...numbers);
  const first = Number(rows[0][about]), last = Math.max(Number(rows[rows.length - 1][about]), first + 60);
  // On a phone the drawing is narrower, so that its texts stay as large.
  const right = innerWidth < 640 ? 420 : 900;
  const x = (row) => 60 + ((right - 60) * (Number(row[about]) - first)) / (last - first);
  const y = (value) => 200 - (190 * (value - least)) / (most - least);
  const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);
  const svg = s("svg", { class: "lines", viewBox: `0 0 ${right} 224`, role: "img", "aria-label": `${title}: ${figures.map((name) => `${name} at most ${write(Math.max(...rows.map((row) => Number(row[name] ?? 0))))}`).join(", ")}` });
  for (const value of [least, (most + least) / 2, most]) {
    svg.append(s("line", { class: "grid", x1: 60, x2: right, y1: y(value), y2: y(value) }), s("text", { class: "soft", x: 54, y: y(value) + 4, "text-anchor": "end" }, write(value)));
  }
  svg.append(s("text", { class: "soft", x: 60, y: 220 }, clock(first)), s("text", { class: "soft", x: right - 2, y: 220, "text-anchor": "end" }, clock(last)));
  figures.forEach((name, i) => {
    const points = rows.filter((row) => row[name] !== null).map((row) => `${x(row).toFixed(1)},${y(Number(row[name])).toFixed(1)}`);
    svg.append(points.length === 1 ? s("circle", { class: `dot series${i}`, cx: points[0].split(",")[0], cy: points[0].split(",")[1], r: 3 }) : s("polyline", { class: `series${i}`, points: points.join(" ") }));
  });
  const sum = (name) => rows.reduce((all, row) => all + Number(row[name] ?? 0), 0);
  const legend = h("ul", { class: "legend" }, figures.map((name, i) => h("li", {}, h("i", { class: `series${i}` }), name, " ", h("b", {}, write(sum(name))))));
  return [legend, svg];
}

// A bar a row, longest first as the query gives them.
function bars({ rows, unit }) {
  const { about, figures } = columns(rows), write = writer(unit);
  const most = Math.max(1, ...rows.map((row) => Number(row[figures[0]])));
  return h("ul", { class: "gauge" }, rows.map((row) => {
    const fill = h("i");
    fill.style.width = `${Math.max(1, (100 * Number(row[figures[0]])) / most)}%`;
    return h("li", {}, h("span", {}, String(row[about] ?? "–")), h("span", { class: "track" }, fill), h("b", {}, write(Number(row[figures[0]]))));
  }));
}

function donut({ title, rows, unit }) {
  const { about, figures } = columns(rows), write = writer(unit);
  const values = rows.map((row) => Number(row[figures[0]])), all = values.reduce((a, b) => a + b, 0) || 1;
  const share = (value) => `${((100 * value) / all).toFixed(0)} %`;
  const name = (row) => String(row[about] ?? "not known");
  const round = 2 * Math.PI * 40;
  let before = 0;
  const svg = s("svg", { class: "donut", viewBox: "0 0 120 120", role: "img", "aria-label": `${title}: ${rows.map((row, i) => `${name(row)} ${share(values[i])}`).join(", ")}` });
  values.forEach((value, i) => {
    const part = (round * value) / all;
    svg.append(s("circle", { class: `series${i % 4}`, cx: 60, cy: 60, r: 40, "stroke-dasharray": `${part} ${round - part}`, "stroke-dashoffset": (-before).toFixed(3), transform: "rotate(-90 60 60)" }));
    before += part;
  });
  const legend = h("ul", { class: "legend" }, rows.map((row, i) => h("li", {}, h("i", { class: `series${i % 4}` }), name(row), " ", h("b", {}, `${write(values[i])}, ${share(values[i])}`))));
  return [svg, legend];
}

function panel(one) {
  const drawn = !one.rows.length ? h("p", { class: "soft" }, "No rows in the last hour.") : one.kind === "timeseries" ? lines(one) : one.kind === "piechart" ? donut(one) : bars(one);
  return h("section", { class: `panel ${one.kind}` }, h("h2", {}, one.title), drawn);
}

export function boardView() {
  const note = h("p", { class: "soft" }, "Reading the table …"), panels = h("div", { class: "board" });
  const element = h("div", {}, note, panels);
  let asked = 0, shown = "";
  async function update() {
    // Nobody looks at a page that is hidden.
    if (document.hidden || Date.now() - asked < EVERY) return;
    asked = Date.now();
    const answer = await fetch("/api/v1/board");
    if (!answer.ok) return;
    const board = await answer.json(), text = JSON.stringify(board);
    if (text === shown) return;
    shown = text;
    note.textContent = board.unavailable ? `There is no Board: ${board.unavailable}.` : `The last hour of ${board.table}, by event time, read every ${EVERY / 1000} s while you look.`;
    panels.replaceChildren(...board.panels.map(panel));
  }
  return { element, update };
}
