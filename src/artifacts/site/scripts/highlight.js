// Colours for SQL with Jinja and for Python: words, strings, numbers, comments, no grammar.
const Highlight = (() => {
  const SQL_WORDS = new Set(
    ("select from where group order by having limit offset join left right full inner outer cross on using union all distinct as with " +
      "recursive case when then else end and or not in is null like ilike between exists over partition rows range unbounded preceding " +
      "following current row insert into values update set delete create replace table view temporary temp drop alter add column true " +
      "false asc desc cast qualify window filter lateral unnest interval exclude except intersect pivot unpivot asof any some returning").split(" "),
  );
  const JINJA_WORDS = new Set(
    "if elif else endif for endfor in set endset macro endmacro call endcall do not and or is none true false test endtest block endblock snapshot endsnapshot materialization endmaterialization docs enddocs filter endfilter raw endraw include import extends return".split(" "),
  );
  const PYTHON_WORDS = new Set(
    "def return if elif else for while in import from as with class lambda not and or is None True False try except finally raise pass break continue yield global assert async await del".split(" "),
  );
  const PATTERNS = {
    sql: /(\{#[\s\S]*?#\})|(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|("(?:[^"]|"")*")|\b(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b|([A-Za-z_]\w*)(?=(\s*\()?)/gi,
    jinja: /(\{#[\s\S]*?#\})|()(#\})|('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|()\b(\d+(?:\.\d+)?)\b|([A-Za-z_]\w*)(?=(\s*\()?)/g,
    python: /()()(#[^\n]*)|((?:"""[\s\S]*?"""|'''[\s\S]*?'''|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))|()\b(\d+(?:\.\d+)?)\b|([A-Za-z_]\w*)(?=(\s*\()?)/g,
  };
  /** Text longer than this stays without colours: it would only delay the page. */
  const LONGEST = 200_000;

  /** The text with its colours; `language` is `sql` or `python`. */
  function render(text, language = "sql") {
    const made = document.createDocumentFragment();
    if (text.length > LONGEST) made.append(text);
    else paint(text, language, made);
    return made;
  }

  function paint(text, mode, into) {
    const pattern = new RegExp(PATTERNS[mode]);
    const words = { sql: SQL_WORDS, jinja: JINJA_WORDS, python: PYTHON_WORDS }[mode];
    let at = 0;
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      const [all, note, jinja, comment, string, quoted, number, word, call] = found;
      if (!all) {
        pattern.lastIndex += 1;
        continue;
      }
      into.append(text.slice(at, found.index));
      at = found.index + all.length;
      if (note || comment) into.append(span("c", all));
      else if (jinja) into.append(template(jinja));
      else if (string) into.append(span("s", all));
      else if (number) into.append(span("n", all));
      else if (word && words.has(mode === "sql" ? word.toLowerCase() : word)) into.append(span("w", all));
      else if (word && call !== undefined) into.append(span("f", all));
      else into.append(quoted || all);
    }
    into.append(text.slice(at));
  }

  function template(text) {
    const element = span("j", text.slice(0, 2));
    paint(text.slice(2, -2), "jinja", element);
    element.append(text.slice(-2));
    return element;
  }

  const span = (name, text) => h("span", { class: name }, text);

  return { render };
})();

