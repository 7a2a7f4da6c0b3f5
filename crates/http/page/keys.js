// The keys with most state of a node: asked of the running job while its node is looked at, and only then.
import { h, count, bytes, table } from "./dom.js";

const EVERY = 3000, MOST = 10;

export function largestKeys(id) {
  const element = h("div");
  const found = new Map();
  let asked = 0, turn = 0;
  async function update() {
    if (document.hidden || Date.now() - asked < EVERY) return;
    asked = Date.now();
    const answer = await fetch(`/api/v1/keys?node=${id}&turn=${turn}`);
    if (!answer.ok) return;
    turn += 1;
    const { tables, complete } = await answer.json();
    element.replaceChildren(...tables.flatMap((one) => {
      // Of many keys a part is looked at, so what was seen before still counts.
      const known = found.get(one.name) ?? new Map();
      if (one.looked_at === one.of && complete) known.clear();
      for (const key of one.keys) known.set(JSON.stringify(key.key), key);
      const largest = [...known.values()].sort((a, b) => b.bytes - a.bytes).slice(0, MOST);
      found.set(one.name, new Map(largest.map((key) => [JSON.stringify(key.key), key])));
      const text = (key) => Object.entries(key.key).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ") || "one for all rows";
      const rows = largest.map((key) => [h("td", { class: "wide" }, text(key)), count(key.rows), bytes(key.bytes), String(key.shard)]);
      const note = !complete ? "The job is idle: it answers with the next rows." : `Largest of ${count(one.of)} keys` + (one.looked_at < one.of ? `, ${count(one.looked_at)} of them looked at each time` : "") + ".";
      return [h("h2", {}, `Largest keys of ${one.name}`), h("p", { class: "soft" }, note), rows.length ? table(`Largest keys of ${one.name}`, [["Key"], ["Rows", 1], ["Bytes, about", 1], ["Shard", 1]], rows) : ""];
    }));
  }
  return { element, update };
}
