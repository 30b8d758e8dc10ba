// A text that grows, rendered as Markdown. Only its last block is rendered anew when something is added; all before is
// settled, since no later line can change it. Long texts are taken in pieces, so that no step takes long. What is not
// made to be read as Markdown, a block or a text beyond all measure, is shown plain, and at first not all of it.
import { h } from './dom';
import { markdown, visible } from './markdown';

const step = 32 * 1024;
const longest_block = 128 * 1024;
const longest_text = 1024 * 1024;
const plain_at_once = 200 * 1024;

export class Body {
  readonly element = h('div', { class: 'text' });
  private text = '';
  private waiting = '';
  private settled = 0;
  private tail = ''; // the last block and what has come since
  private last = h('div', { class: 'last' });
  private fence: { info: string; content: string } | undefined; // the last block, if it is one
  private env = {};
  private plain: Plain | undefined;

  // True if there is nothing left to do.
  set(text: string): void {
    if (!text.startsWith(this.text)) {
      Object.assign(this, { text: '', waiting: '', settled: 0, tail: '', fence: undefined, env: {}, plain: undefined });
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
    const start = tokens.findLastIndex(({ level, nesting }) => level === 0 && nesting >= 0);
    const line = tokens[start]?.map?.[0] ?? 0;
    if (start > 0 && line > 0) {
      this.settle(markdown.renderer.render(tokens.slice(0, start), markdown.options, this.env));
      const cut = lineStart(this.tail, line);
      this.settled += cut;
      this.tail = this.tail.slice(cut);
    }
    if (this.tail.length > longest_block || this.settled > longest_text) {
      this.last.remove();
      this.plain = new Plain(this.element);
      this.waiting = this.tail + this.waiting;
      return true;
    }
    this.show(tokens.slice(Math.max(0, start)));
    return this.waiting !== '';
  }

  // Nothing more will come: the last block gets its colours.
  finish(): void {
    if (this.plain || this.tail === '' || this.waiting !== '') return;
    this.settle(markdown.render(this.tail, this.env));
    this.settled += this.tail.length;
    this.last.remove();
    this.fence = undefined;
    this.tail = '';
  }

  private show(tokens: ReturnType<typeof markdown.parse>): void {
    const token = tokens.length === 1 && tokens[0]?.type === 'fence' ? tokens[0] : undefined;
    const code = this.last.querySelector('code')?.firstChild;
    if (token && code instanceof Text && this.fence?.info === token.info && token.content.startsWith(this.fence.content)) {
      code.appendData(token.content.slice(this.fence.content.length));
    } else {
      this.last.innerHTML = markdown.renderer.render(tokens, markdown.options, { ...this.env, live: true });
      if (!this.last.isConnected || this.last !== this.element.lastChild) this.element.append(this.last);
    }
    this.fence = token && { info: token.info, content: token.content };
  }

  private settle(html: string): void {
    const template = document.createElement('template');
    template.innerHTML = html;
    this.element.insertBefore(template.content, this.last.parentNode === this.element ? this.last : null);
    this.last.replaceChildren();
    this.fence = undefined;
  }
}

class Plain {
  private readonly text = h('pre', { class: 'plain', tabindex: 0 });
  private readonly more = h('button', { type: 'button', class: 'text-button', onclick: () => this.show(10 * plain_at_once) });
  private hidden = '';

  constructor(parent: HTMLElement) {
    parent.append(this.text, this.more);
    this.more.hidden = true;
  }

  append(text: string): void {
    this.hidden += text;
    this.show(Math.max(0, plain_at_once - (this.text.textContent?.length ?? 0)));
  }

  private show(length: number): void {
    this.text.append(this.hidden.slice(0, length));
    this.hidden = this.hidden.slice(length);
    this.more.hidden = this.hidden === '';
    this.more.textContent = `Show more (${Math.ceil(this.hidden.length / 1024).toLocaleString()} kB left)`;
  }
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let i = 0; i < line; i++) at = text.indexOf('\n', at) + 1;
  return at;
}
