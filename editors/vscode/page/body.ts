// A text that grows, rendered as Markdown. Only its last block is rendered anew when something is added; all before is
// settled, since no later line can change it, and lies in chunks that cost nothing while they are out of sight. Long
// texts are taken a step at a time. What nobody writes to be read as Markdown, a block or a text beyond all measure, is
// shown plain, and at first not all of it.
import { h } from './dom';
import { codePieces, markdown, visible } from './markdown';

const step = 8 * 1024;
const longest_block = 32 * 1024; // but for code, which is cheap
const longest_code = 512 * 1024;
const longest_text = 1024 * 1024;
const long_list = 8 * 1024; // settled item by item: no block grows as long as a list
const chunk_blocks = 30;
const plain_at_once = 100 * 1024;
const plain_piece = 8 * 1024;

type Tokens = ReturnType<typeof markdown.parse>;

export class Body {
  readonly element = h('div', { class: 'text' });
  private text = '';
  private waiting = '';
  private settled = 0;
  private tail = ''; // the last block and what has come since
  private last = h('div', { class: 'last' });
  private chunk: HTMLElement | undefined;
  private fence: { info: string; content: string } | undefined; // the last block, if it is one
  private env = {};
  private plain: Plain | undefined;

  set(text: string): void {
    if (!text.startsWith(this.text)) {
      Object.assign(this, { text: '', waiting: '', settled: 0, tail: '', chunk: undefined, fence: undefined, env: {}, plain: undefined });
      this.element.replaceChildren();
      this.last.replaceChildren();
    }
    this.append(text.slice(this.text.length));
  }

  append(text: string): void {
    this.text += text;
    this.waiting += visible(text);
  }

  // One step of the work; false when all is shown.
  render(): boolean {
    if (this.waiting === '') return false;
    if (this.plain) {
      this.plain.append(this.waiting);
      this.waiting = '';
      return false;
    }
    this.tail += this.waiting.slice(0, step);
    this.waiting = this.waiting.slice(step);
    const tokens = markdown.parse(this.tail, this.env);
    const start = Math.max(0, tokens.findLastIndex(({ level, nesting }) => level === 0 && nesting >= 0));
    const item = this.tail.length > long_list && /_list_open$/.test(tokens[start]?.type ?? '')
      ? tokens.findLastIndex(({ level, type }) => level === 1 && type === 'list_item_open') : -1;
    const cut = item > start + 1 ? item : start;
    if (cut > 0) {
      const end = cut === item ? [tokens.at(-1)!] : [];
      this.settle([...tokens.slice(0, cut), ...end], lineStart(this.tail, tokens[cut]?.map?.[0] ?? 0));
    }
    const code = tokens.at(-1)?.type === 'fence';
    if (this.tail.length > (code ? longest_code : longest_block) || this.settled > longest_text) {
      this.last.remove();
      this.plain = new Plain(this.element);
      this.waiting = this.tail + this.waiting;
      return true;
    }
    this.show(cut === item ? [tokens[start]!, ...tokens.slice(item)] : tokens.slice(cut));
    return this.waiting !== '';
  }

  // Nothing more will come: the last block gets its colours.
  finish(): void {
    if (this.plain || this.tail === '' || this.waiting !== '') return;
    this.settle(markdown.parse(this.tail, this.env), this.tail.length);
    this.last.remove();
  }

  private settle(tokens: Tokens, length: number): void {
    const template = document.createElement('template');
    template.innerHTML = markdown.renderer.render(tokens, markdown.options, this.env);
    for (const block of [...template.content.children]) {
      if (!this.chunk || this.chunk.childElementCount >= chunk_blocks) {
        this.chunk = h('div', { class: 'chunk' });
        this.element.insertBefore(this.chunk, this.last.parentNode === this.element ? this.last : null);
      }
      this.chunk.append(block);
    }
    this.last.replaceChildren();
    this.fence = undefined;
    this.settled += length;
    this.tail = this.tail.slice(length);
  }

  private show(tokens: Tokens): void {
    const token = tokens.length === 1 && tokens[0]?.type === 'fence' ? tokens[0] : undefined;
    const code = this.last.querySelector('code');
    if (token && code && this.fence?.info === token.info && token.content.startsWith(this.fence.content)) {
      growCode(code, token.content.slice(this.fence.content.length));
    } else {
      this.last.innerHTML = markdown.renderer.render(tokens, markdown.options, { ...this.env, live: true });
      if (this.last !== this.element.lastChild) this.element.append(this.last);
    }
    this.fence = token && { info: token.info, content: token.content };
  }
}

function growCode(code: HTMLElement, added: string): void {
  const template = document.createElement('template');
  const last = code.lastElementChild;
  template.innerHTML = codePieces((last?.textContent ?? '') + added);
  last?.remove();
  code.append(template.content);
}

class Plain {
  private readonly text = h('div', { class: 'plain' });
  private readonly more = h('button', { type: 'button', class: 'text-button', onclick: () => this.show(5 * plain_at_once) });
  private shown = 0;
  private hidden = '';

  constructor(parent: HTMLElement) {
    parent.append(this.text, this.more);
    this.more.hidden = true;
  }

  append(text: string): void {
    this.hidden += text;
    this.show(plain_at_once - this.shown);
  }

  private show(length: number): void {
    const added = this.hidden.slice(0, Math.max(0, length));
    for (let at = 0; at < added.length; at += plain_piece) {
      this.text.append(h('div', { class: 'piece' }, added.slice(at, at + plain_piece)));
    }
    this.shown += added.length;
    this.hidden = this.hidden.slice(added.length);
    this.more.hidden = this.hidden === '';
    this.more.textContent = `Show more (${Math.ceil(this.hidden.length / 1024).toLocaleString()} kB left)`;
  }
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let i = 0; i < line; i++) at = text.indexOf('\n', at) + 1;
  return at;
}
