// The job's files, coloured, with lines that can be pointed to.
import { h } from "./dom.js";

const TOKEN = /(--[^\n]*)|('(?:[^']|'')*')|\b(SELECT|FROM|WHERE|GROUP|BY|ORDER|HAVING|JOIN|LEFT|RIGHT|FULL|INNER|OUTER|CROSS|ON|AS|AND|OR|NOT|IN|IS|NULL|INSERT|INTO|CREATE|TABLE|VIEW|WITH|WATERMARK|FOR|PRIMARY|KEY|ENFORCED|CASE|WHEN|THEN|ELSE|END|INTERVAL|OVER|PARTITION|BETWEEN|UNION|ALL|DISTINCT|VALUES|LIMIT|EXISTS|SYSTEM_TIME|OF|MATCH_RECOGNIZE|STATEMENT|SET|BEGIN|TUMBLE|HOP|CUMULATE|ROW_NUMBER|COUNT|SUM|MIN|MAX|AVG|CAST)\b/gi;

function coloured(line) {
  const parts = [];
  let at = 0;
  for (const match of line.matchAll(TOKEN)) {
    parts.push(line.slice(at, match.index), h("span", { class: match[1] ? "com" : match[2] ? "str" : "kw" }, match[0]));
    at = match.index + match[0].length;
  }
  parts.push(line.slice(at));
  return parts;
}

// `from` and `to` (1-based) cut a piece out; `hit` is marked.
export function source(file, hit, from = 1, to = Infinity) {
  const lines = file.text.split("\n");
  return h("pre", { tabindex: 0, "aria-label": file.path }, lines.map((line, i) => (i + 1 < from || i + 1 > to ? null :
    h("span", { class: i + 1 === hit ? "line hit" : "line" }, h("span", { class: "num" }, String(i + 1)), ...coloured(line)))));
}

// `path:line:column` as its parts.
export function placed(location) {
  const match = /^(.*):(\d+):(\d+)$/.exec(location ?? "");
  return match && { path: match[1], line: Number(match[2]) };
}
