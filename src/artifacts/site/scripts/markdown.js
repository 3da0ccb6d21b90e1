// Markdown of descriptions, as far as people use it in dbt projects. It makes elements, never markup from text: HTML in a
// description is shown as it was typed, and links lead only where links may lead.
const Markdown = (() => {
  const FENCE = /^\s{0,3}(```+|~~~+)\s*([\w+-]*)\s*$/;
  const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
  const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
  const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
  const QUOTE = /^\s{0,3}>\s?/;
  const DASHES = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

  function render(text) {
    const page = document.createDocumentFragment();
    page.append(...blocks(String(text ?? "").replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n")));
    return page;
  }

  /** The text alone, for one line of a list. */
  function plain(text) {
    const element = document.createElement("div");
    element.append(render(text));
    return element.textContent.replace(/\s+/g, " ").trim();
  }

  function blocks(lines) {
    const made = [];
    let at = 0;
    while (at < lines.length) {
      const line = lines[at];
      if (!line.trim()) at += 1;
      else if (FENCE.test(line)) at = fence(lines, at, made);
      else if (HEADING.test(line)) at = heading(lines, at, made);
      else if (RULE.test(line)) made.push(h("hr")), at += 1;
      else if (QUOTE.test(line)) at = quote(lines, at, made);
      else if (ITEM.test(line)) at = list(lines, at, made);
      else if (isTable(lines, at)) at = table(lines, at, made);
      else at = paragraph(lines, at, made);
    }
    return made;
  }

  function fence(lines, at, made) {
    const [, mark, language] = lines[at].match(FENCE);
    let end = at + 1;
    while (end < lines.length && !lines[end].trim().startsWith(mark)) end += 1;
    const code = h("code");
    const text = lines.slice(at + 1, end).join("\n");
    if (/^(sql|jinja|python|py)$/i.test(language)) code.append(Highlight.render(text, /^py/i.test(language) ? "python" : "sql"));
    else code.append(text);
    made.push(h("pre", {}, code));
    return end + 1;
  }

  function heading(lines, at, made) {
    const [, marks, text] = lines[at].match(HEADING);
    made.push(h(`h${marks.length}`, {}, inline(text)));
    return at + 1;
  }

  function quote(lines, at, made) {
    let end = at;
    while (end < lines.length && lines[end].trim() && (QUOTE.test(lines[end]) || end > at)) end += 1;
    made.push(h("blockquote", {}, blocks(lines.slice(at, end).map((line) => line.replace(QUOTE, "")))));
    return end;
  }

  function list(lines, at, made) {
    const [, indent, mark] = lines[at].match(ITEM);
    const ordered = /\d/.test(mark);
    const items = [];
    let end = at;
    while (end < lines.length) {
      const found = lines[end].match(ITEM);
      if (!found || found[1].length !== indent.length || /\d/.test(found[2]) !== ordered) break;
      const inner = [found[3]];
      const depth = found[1].length + found[2].length + 1;
      end += 1;
      while (end < lines.length && belongs(lines, end, indent.length)) {
        inner.push(lines[end].slice(Math.min(depth, lines[end].search(/\S|$/))));
        end += 1;
      }
      items.push(h("li", {}, tight(blocks(inner))));
    }
    const start = parseInt(mark, 10);
    made.push(h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null }, items));
    return end;
  }

  /** Whether a line goes on with an item of a list that is indented by `indent`. */
  function belongs(lines, at, indent) {
    const depth = lines[at].search(/\S/);
    if (depth < 0) return at + 1 < lines.length && lines[at + 1].search(/\S/) > indent;
    if (depth > indent) return true;
    return Boolean(lines[at - 1].trim()) && !ITEM.test(lines[at]) && !HEADING.test(lines[at]) && !FENCE.test(lines[at]);
  }

  /** A single paragraph of an item stands without its space above and below. */
  function tight(made) {
    return made.flatMap((block, index) => (index === 0 && block.tagName === "P" ? [...block.childNodes] : [block]));
  }

  function isTable(lines, at) {
    return lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DASHES.test(lines[at + 1]);
  }

  function table(lines, at, made) {
    const aligned = cells(lines[at + 1]).map((cell) => (/:$/.test(cell) ? (/^:/.test(cell) ? "center" : "right") : null));
    const row = (tag, line) =>
      h("tr", {}, cells(line).map((cell, index) => h(tag, { style: { "text-align": aligned[index] ?? "left" } }, inline(cell))));
    let end = at + 2;
    while (end < lines.length && lines[end].includes("|") && lines[end].trim()) end += 1;
    const body = lines.slice(at + 2, end).map((line) => row("td", line));
    made.push(h("div", { class: "wide-table" }, h("table", {}, h("thead", {}, row("th", lines[at])), h("tbody", {}, body))));
    return end;
  }

  function cells(line) {
    const inner = line.trim().replace(/^\|/, "").replace(/(^|[^\\])\|$/, "$1");
    return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
  }

  function paragraph(lines, at, made) {
    let end = at + 1;
    const ends = (line) => !line.trim() || FENCE.test(line) || HEADING.test(line) || QUOTE.test(line) || RULE.test(line) || ITEM.test(line);
    while (end < lines.length && !ends(lines[end])) end += 1;
    made.push(h("p", {}, inline(lines.slice(at, end).map((line) => line.replace(/^ +/, "")).join("\n"))));
    return end;
  }

  // What a line may hold, in the order in which it is tried; each pattern is sticky.
  const PIECES = [
    [/\\([!-/:-@[-`{-~])/y, ([, sign]) => sign],
    [/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y, ([, , code]) => h("code", {}, code.replace(/^ (.*\S.*) $/, "$1"))],
    [/!\[([^\]]*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/y, ([, text, address]) => picture(text, address)],
    [/\[((?:[^[\]]|\[[^\]]*\])*)\]\(\s*<?([^\s)>]*)>?(?:\s+"[^"]*")?\s*\)/y, ([, text, address]) => link(inline(text), address)],
    [/<((?:https?:\/\/|mailto:)[^\s<>]+)>/y, ([, address]) => link([address], address)],
    [/https?:\/\/[^\s<>()]*[^\s<>().,;:!?'"\]]/y, ([address]) => link([address], address)],
    [/(\*\*|__)(?=\S)([\s\S]*?\S)\1/y, ([, , text]) => h("strong", {}, inline(text))],
    [/~~(?=\S)([\s\S]*?\S)~~/y, ([, text]) => h("del", {}, inline(text))],
    [/\*(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)/y, ([, text]) => h("em", {}, inline(text))],
    [/\b_(?=\S)([^_]*[^\s_])_\b/y, ([, text]) => h("em", {}, inline(text))],
    [/ {2,}\n/y, () => h("br")],
    [/[A-Za-z0-9 ,;]+/y, ([text]) => text],
  ];

  function inline(text) {
    const made = [];
    let at = 0;
    while (at < text.length) {
      const found = piece(text, at);
      made.push(found ? found.made : text[at]);
      at += found ? found.length : 1;
    }
    return made;
  }

  function piece(text, at) {
    for (const [pattern, make] of PIECES) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match) return { made: make(match), length: match[0].length };
    }
    return null;
  }

  function link(content, address) {
    const outside = /^(https?:|mailto:)/i.test(address);
    // An address with another scheme (`javascript:`, `data:`) is no link; without a scheme it stays in these pages.
    if (!outside && /^[^/?#]*:/.test(address)) return h("span", {}, content);
    return h("a", { href: address, rel: outside ? "noopener noreferrer" : null, target: outside ? "_blank" : null }, content);
  }

  /** Pictures come from `asset-paths`, beside the page; one from elsewhere is a link, for the page asks nobody. */
  function picture(text, address) {
    if (/^(https?:)?\/\//i.test(address)) return link([text || address], address.replace(/^\/\//, "https://"));
    if (/^[^/?#]*:/.test(address)) return h("span", {}, text);
    return h("img", { src: address, alt: text, loading: "lazy" });
  }

  return { render, plain };
})();

