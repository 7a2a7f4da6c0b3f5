// Elements and figures. Texts are always set as text, never parsed.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  return fill(element, attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function count(value, digits = 0) {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1e6) return (value / 1e6).toFixed(1) + " M";
  if (Math.abs(value) >= 1e4) return (value / 1e3).toFixed(1) + " k";
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return (unit === 0 ? value : value.toFixed(1)) + " " + units[unit];
}

export function span(ms) {
  if (ms === null || ms === undefined) return "–";
  const sign = ms < 0 ? "−" : "";
  ms = Math.abs(ms);
  if (ms < 1000) return sign + Math.round(ms) + " ms";
  if (ms < 120e3) return sign + (ms / 1e3).toFixed(1) + " s";
  if (ms < 7200e3) return sign + Math.round(ms / 60e3) + " min";
  if (ms < 172800e3) return sign + Math.round(ms / 3600e3) + " h";
  return sign + Math.round(ms / 86400e3) + " days";
}

export const time = (iso) => (iso ? iso.slice(11, 19) : "–");
export const title = (node) => (node.table ? `${node.kind} ${node.table}` : node.kind);

// A table from a head of [text, is a number] and rows of cells: texts, elements, or null.
export function table(caption, head, rows) {
  const cell = (tag, value, number) => h(tag, { class: number ? "number" : undefined, scope: tag === "th" ? "col" : undefined }, value ?? "–");
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h("table", {},
      h("thead", {}, h("tr", {}, head.map(([text, number]) => cell("th", text, number)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value, i) => (value instanceof HTMLTableCellElement ? value : cell("td", value, head[i][1]))))))));
}
