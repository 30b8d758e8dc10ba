// Renders a model's Markdown without risk: no HTML, no images, no styles. The extension decides which links are followed.
import hljs from 'highlight.js/lib/common';
import MarkdownIt from 'markdown-it';
import { visible } from '../src/plain';

const longest_inline = 10_000; // a longer paragraph is shown as plain text, since parsing it takes long
export const longest_highlighted = 24_000;
const piece_length = 4_000;

export const markdown = new MarkdownIt({ html: false, linkify: true });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false }); // main.cc is a file, not a web site
const escape = markdown.utils.escapeHtml;

// Allows links to web addresses, and links without a scheme, which name files of the workspace.
markdown.validateLink = (url) => /^https?:/i.test(url) || !/^([a-z][a-z0-9+.-]*:|\/\/|\\)/i.test(url);

markdown.core.ruler.at('inline', (state) => {
  for (const token of state.tokens) {
    if (token.type !== 'inline') continue;
    if (token.content.length > longest_inline) token.type = 'text';
    else state.md.inline.parse(token.content, state.md, state.env, (token.children ??= []));
  }
});

const rules = markdown.renderer.rules;
// `visible` is applied here, since entities such as `&#8238;` have become characters by now.
rules['text'] = (tokens, index) => withPlaces(visible(tokens[index]!.content), inLink(tokens, index));
rules['code_inline'] = (tokens, index) => {
  const { content } = tokens[index]!;
  return `<code>${place.exec(content)?.[0] === content ? withPlaces(content, inLink(tokens, index)) : escape(content)}</code>`;
};

// A place in a file: `src/main.c:7`, `main.c:7-9`, `main.c:7:2`. A place becomes a link if the extension finds the file
// in the workspace.
const place = /(?<![\w/:.@-])(?:[\w.+-]+\/)*[\w+-][\w.+-]*\.[A-Za-z]\w{0,9}:\d{1,7}(?:[-–:]\d{1,7})?(?![\w:/])/;
export const known_places = new Map<string, boolean>();

function withPlaces(text: string, linked: boolean): string {
  if (linked) return escape(text);
  let html = '';
  for (let rest = text; ;) {
    const found = place.exec(rest);
    if (!found) return html + escape(rest);
    const name = escape(found[0]);
    html += escape(rest.slice(0, found.index)) + (known_places.get(found[0]) ? `<a href="${name}">${name}</a>` : `<span class="place">${name}</span>`);
    rest = rest.slice(found.index + found[0].length);
  }
}

function inLink(tokens: { type: string }[], index: number): boolean {
  const before = tokens.slice(0, index).map(({ type }) => type);
  return before.lastIndexOf('link_open') > before.lastIndexOf('link_close');
}

rules['image'] = (tokens, index) => {
  const { content, attrs } = tokens[index]!;
  const source = String(attrs?.find(([name]) => name === 'src')?.[1] ?? '');
  return `<a href="${escape(source)}" class="image"><span class="codicon codicon-file-media" aria-hidden="true"></span>${escape(content || source)}</a>`;
};
// `firstLine` in `env` is the line of the text at which the tokens begin. It is there only if the code can be applied
// to files.
rules['fence'] = rules['code_block'] = (tokens, index, _, env) => {
  const { content, info, map, type } = tokens[index]!;
  const firstLine = type === 'fence' && map ? env?.['firstLine'] as number | undefined : undefined;
  const language = /^[\w+#.-]*/.exec(info.trim())?.[0] ?? '';
  const code = coloured(content, env?.['live'] ? '' : language);
  const action = (name: string, icon: string, label: string) =>
    `<button type="button" class="icon" data-code="${name}" title="${label}" aria-label="${label}"><span class="codicon codicon-${icon}" aria-hidden="true"></span></button>`;
  const apply = firstLine === undefined ? ''
    : '<button type="button" class="text-button" data-code="apply" title="Show This Code as a Change of Its File"><span class="codicon codicon-diff" aria-hidden="true"></span><span>Apply…</span></button>';
  return `<div class="code" role="group" aria-label="Code${language && `, ${escape(language)}`}"${firstLine === undefined ? '' : ` data-line="${firstLine + map![0]}"`}><div class="bar"><span>${escape(language)}</span>${
    apply}${action('copy', 'copy', 'Copy Code')}${action('insert', 'insert', 'Insert at Cursor')}</div><pre tabindex="0" dir="ltr"><code>${code}</code></pre></div>`;
};
for (const cell of ['th_open', 'td_open']) {
  rules[cell] = (tokens, index) => {
    const token = tokens[index]!;
    const align = /text-align:(\w+)/.exec(String(token.attrGet('style') ?? ''))?.[1];
    return `<${token.tag}${align ? ` class="${align}"` : ''}>`;
  };
}
rules['table_open'] = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>';
rules['table_close'] = () => '</table></div>';
for (const block of ['paragraph_open', 'heading_open', 'list_item_open']) {
  rules[block] = (tokens, index, options, _, self) => {
    tokens[index]!.attrSet('dir', 'auto');
    if (block === 'paragraph_open' && tokens[index]!.hidden) return '';
    return self.renderToken(tokens, index, options);
  };
}
// Headings in a reply begin at level 3, since the page itself has two levels.
const heading = rules['heading_open'];
rules['heading_open'] = (tokens, index, options, env, self) => {
  tokens[index]!.tag = lower(tokens[index]!.tag);
  return heading!(tokens, index, options, env, self);
};
rules['heading_close'] = (tokens, index) => `</${lower(tokens[index]!.tag)}>`;

function lower(tag: string): string {
  return `h${Math.min(6, Number(tag[1]) + 2)}`;
}

// Highlights code, as HTML.
export function coloured(code: string, language: string): string {
  const known = code.length <= longest_highlighted && hljs.getLanguage(language);
  return known ? hljs.highlight(code, { language, ignoreIllegals: true }).value
    : codePieces(code).map((text) => `<span class="piece">${escape(text)}</span>`).join('');
}

// Splits code into pieces of whole lines. The browser lays out only the pieces in view, which saves time where code is long or
// still being written.
export function codePieces(code: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < code.length; from += pieces.at(-1)!.length) {
    pieces.push(code.slice(from, code.indexOf('\n', from + piece_length) + 1 || code.length));
  }
  return pieces;
}
