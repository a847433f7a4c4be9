// The search of these pages. It reads only files beside it, and shows what it finds as text.
// Words are taken apart as in words.py of gmailkit.
"use strict";
const mail = (() => {
  const RUN = /[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u{20000}-\u{3ffff}]+/gu;
  const FIELD = /^(from|to|subject|label|filename|has|thread):(.+)$/;
  const form = document.getElementById("search");
  const input = form.querySelector("input");
  const said = document.getElementById("said");
  const list = document.getElementById("found");
  const more = document.getElementById("more");
  const total = Number(form.dataset.count);
  const chunk = Number(form.dataset.chunk);
  const shards = new Set(form.dataset.shards.split(" "));
  const words = new Map(), messages = new Map(), loading = new Map();
  let turn = 0;

  function load(file) {
    if (!loading.has(file)) {
      loading.set(file, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = "search/" + file;
        script.onload = resolve;
        script.onerror = () => { loading.delete(file); reject(new Error("search/" + file + " cannot be read.")); };
        document.head.append(script);
      }));
    }
    return loading.get(file);
  }

  function* cut(text) {
    const plain = text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
    for (const [word] of plain.matchAll(/[\p{L}\p{N}]+/gu)) {
      let at = 0;
      for (const run of word.matchAll(RUN)) {
        if (run.index > at) yield [word.slice(at, run.index), false];
        at = run.index + run[0].length;
        const letters = Array.from(run[0]);
        if (letters.length === 1) yield [letters[0], true];
        for (let n = 1; n < letters.length; n++) yield [letters[n - 1] + letters[n], true];
      }
      if (at < word.length) yield [word.slice(at), false];
    }
  }

  async function holding(field, word, whole) {
    word = Array.from(word).slice(0, 40).join("");
    const letters = Array.from(word);
    const number = (letters[0].codePointAt(0) * 31 + (letters[1] || "\0").codePointAt(0)) % 256;
    const name = number.toString(16).padStart(2, "0");
    const found = new Set();
    if (!shards.has(name)) return found;
    await load("words-" + name + ".js");
    const wanted = field + word;
    whole = whole || letters.length === 1;
    for (const [known, steps] of words.get(number)) {
      if (whole ? known !== wanted : !known.startsWith(wanted)) continue;
      let rank = 0;
      for (const step of steps) found.add(rank += step);
    }
    return found;
  }

  async function find(query) {
    let found = null;
    for (const term of query.trim().split(/\s+/)) {
      const not = term.length > 1 && term.startsWith("-");
      const bare = not ? term.slice(1) : term;
      const field = bare.toLowerCase().match(FIELD);
      let ranks = null;
      for (const [word, whole] of cut(field ? field[2] : bare)) {
        const held = await holding(field ? field[1] + ":" : "", word, whole);
        ranks = ranks === null ? held : new Set([...ranks].filter(rank => held.has(rank)));
      }
      if (ranks === null) continue;
      if (found === null) found = not ? new Set(Array(total).keys()) : ranks;
      if (not) for (const rank of ranks) found.delete(rank);
      else found = new Set([...found].filter(rank => ranks.has(rank)));
    }
    return found === null ? null : [...found].sort((a, b) => a - b);
  }

  function element(name, text, kind) {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  async function show(ranks, from, now) {
    const to = Math.min(from + 50, ranks.length);
    for (const rank of ranks.slice(from, to)) {
      const number = Math.floor(rank / chunk);
      await load("messages-" + number + ".js");
      if (now !== turn) return;
      const [page, when, who, subject, files] = messages.get(number)[rank % chunk];
      const link = element("a", subject || "(no subject)");
      link.href = page;
      const row = element("li", "");
      row.append(element("span", when, "when"), " ", element("bdi", who), ": ", link);
      if (files) row.append(" ", element("span", files + (files === 1 ? " file" : " files"), "quiet"));
      list.append(row);
    }
    more.hidden = to >= ranks.length;
    more.onclick = () => show(ranks, to, now);
  }

  async function run() {
    const now = ++turn, query = input.value;
    try {
      const ranks = query.trim() ? await find(query) : null;
      if (now !== turn) return;
      list.replaceChildren();
      more.hidden = true;
      document.getElementById("lists").hidden = ranks !== null;
      said.textContent = ranks === null ? "" : ranks.length.toLocaleString("en") + (ranks.length === 1 ? " message" : " messages");
      if (ranks !== null) await show(ranks, 0, now);
    } catch (error) {
      said.textContent = error.message;
    }
  }

  function fromAddress() {
    const asked = location.hash.match(/^#q=(.*)$/);
    if (asked) { input.value = decodeURIComponent(asked[1]); run(); }
  }

  form.hidden = false;
  form.addEventListener("submit", event => { event.preventDefault(); run(); });
  input.addEventListener("input", run);
  window.addEventListener("hashchange", fromAddress);
  window.addEventListener("DOMContentLoaded", fromAddress);
  return {
    words: (number, postings) => words.set(number, postings),
    messages: (number, rows) => messages.set(number, rows),
  };
})();
