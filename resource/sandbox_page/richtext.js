/**
 * Labels of forms: light markdown and simple HTML, shown safely.
 *
 * The text becomes HTML, is parsed into an inert document, and only the allowed elements are built anew, without any
 * attribute but a checked `href`. Everything else keeps its text and loses its meaning.
 */

const ALLOWED = new Set([
  "B",
  "STRONG",
  "I",
  "EM",
  "BR",
  "P",
  "UL",
  "OL",
  "LI",
  "CODE",
  "PRE",
  "A",
  "H1",
  "H2",
  "H3",
  "H4",
  "H5",
  "H6",
  "HR",
]);
const DROPPED_WITH_TEXT = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "SVG", "MATH", "NOSCRIPT"]);
/** Known to HTML authors; all that is not in ALLOWED only passes its text on. Anything else with a `<` is plain text. */
const KNOWN =
  "b|strong|i|em|br|p|ul|ol|li|code|pre|a|h[1-6]|hr|script|style|template|iframe|object|svg|math|noscript|" +
  "img|span|div|u|s|small|font|center|blockquote|table|thead|tbody|tr|td|th|section|video|audio";
const NOT_A_TAG = new RegExp(`<(?!/?(?:${KNOWN})(?:[\\s/][^<>]*)?>)`, "gi");
const TAG = new RegExp(`<(/?)(${KNOWN})((?:[\\s/][^<>]*)?)>`, "gi");
const HREF = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const SAFE_LINK = /^(https?:|mailto:)/i;
/** The dialog's own heading is of the second level; a label's `##`, the usual one, comes right below it. */
const HEADING_SHIFT = 1;

export function renderRichText(text) {
  const parsed = new DOMParser().parseFromString(markdownToHtml(String(text ?? "")), "text/html");
  const fragment = document.createDocumentFragment();
  copy(parsed.body, fragment);
  return fragment;
}

function copy(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, to);
  }
}

function copyElement(node, to) {
  const tag = node.tagName.toUpperCase();
  if (DROPPED_WITH_TEXT.has(tag)) return;
  if (!ALLOWED.has(tag)) return copy(node, to);
  const element = document.createElement(shifted(tag));
  if (tag === "A") link(element, node.getAttribute("href") ?? "");
  copy(node, element);
  to.append(element);
}

function shifted(tag) {
  const level = /^H([1-6])$/.exec(tag)?.[1];
  return level ? `h${Math.min(6, Number(level) + HEADING_SHIFT)}` : tag.toLowerCase();
}

function link(element, href) {
  const bare = href.replace(/[\u0000-\u0020]/g, "");
  if (!SAFE_LINK.test(bare)) return;
  element.href = bare;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
}

/** Tags without their attributes: a handler or a style never gets as far as the parser. */
function bareTag(_, slash, name, rest) {
  const [, double, single, bare] = (name.toLowerCase() === "a" && HREF.exec(rest)) || [];
  const href = double ?? single ?? bare;
  return href === undefined ? `<${slash}${name}>` : `<${slash}${name} href="${escape(href)}">`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const BLOCKS = [
  { test: /^```/, take: fence },
  { test: /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/, take: (lines) => (lines.shift(), "<hr>") },
  { test: /^\s{0,3}#{1,6}\s+\S/, take: heading },
  { test: /^\s{0,3}[-*+]\s+\S/, take: (lines) => list(lines, /^\s{0,3}[-*+]\s+/, "ul") },
  { test: /^\s{0,3}\d+[.)]\s+\S/, take: (lines) => list(lines, /^\s{0,3}\d+[.)]\s+/, "ol") },
];

function markdownToHtml(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const parts = [];
  while (lines.length) {
    const block = BLOCKS.find(({ test }) => test.test(lines[0]));
    if (!lines[0].trim()) lines.shift();
    else parts.push(block ? block.take(lines) : paragraph(lines));
  }
  return parts.join("");
}

function fence(lines) {
  lines.shift();
  const body = [];
  while (lines.length && !lines[0].startsWith("```")) body.push(lines.shift());
  lines.shift();
  return `<pre><code>${escape(body.join("\n"))}</code></pre>`;
}

function heading(lines) {
  const [, marks, title] = /^\s*(#{1,6})\s+(.*?)\s*#*\s*$/.exec(lines.shift());
  return `<h${marks.length}>${inline(title)}</h${marks.length}>`;
}

function list(lines, bullet, tag) {
  const items = [];
  while (lines.length && lines[0].trim()) {
    if (bullet.test(lines[0])) items.push(lines.shift().replace(bullet, ""));
    else if (/^\s{2,}\S/.test(lines[0])) items[items.length - 1] += ` ${lines.shift().trim()}`;
    else break;
  }
  return `<${tag}>${items.map((item) => `<li>${inline(item)}</li>`).join("")}</${tag}>`;
}

function paragraph(lines) {
  const body = [];
  while (lines.length && lines[0].trim() && !BLOCKS.some(({ test }) => test.test(lines[0])))
    body.push(lines.shift());
  const html = inline(body.join("\n")).replaceAll("\n", "<br>");
  return /^\s*<(?:p|ul|ol|pre|h[1-6]|hr)\b/i.test(html) ? html : `<p>${html}</p>`;
}

function inline(text) {
  const codes = [];
  const held = text.replace(/`([^`\n]+)`/g, (_, code) => `\u0001${codes.push(code) - 1}\u0001`);
  return held
    .replace(NOT_A_TAG, "&lt;")
    .replace(TAG, bareTag)
    .replace(/\[([^\][\n]+)\]\(([^()\s]+)\)/g, (_, label, href) => `<a href="${escape(href)}">${label}</a>`)
    .replace(/\*\*(\S(?:[^\n]*?\S)?)\*\*/g, "<strong>$1</strong>")
    .replace(/(^|[^\w*])\*(?!\s)([^*\n]*?[^\s*])\*(?![\w*])/g, "$1<em>$2</em>")
    .replace(/(^|[^\w_])_(?!\s)([^_\n]*?[^\s_])_(?![\w_])/g, "$1<em>$2</em>")
    .replace(/\u0001(\d+)\u0001/g, (_, index) => `<code>${escape(codes[Number(index)] ?? "")}</code>`);
}
