// A growing text, rendered as Markdown. When text is added, only the last block is rendered again. The blocks before it
// are finished: no later line can change them. They are in chunks, which the browser doesn't lay out while they aren't
// visible. Long texts are rendered in steps. Blocks and texts that are far too long for Markdown are shown as plain
// text; at first only a part of that text is shown.
import { size } from '../src/figures';
import { visible } from '../src/plain';
import { h } from './dom';
import { codePieces, longest_highlighted, markdown } from './markdown';

const step = 4 * 1024;
const longest_block = 32 * 1024;
const longest_text = 1024 * 1024;
const longest_list = 4 * 1024; // in a longer list, each item is finished when the next one begins
const chunk_room = 4 * 1024; // characters in a chunk
const block_room = 100; // each block counts as this many characters more than it has
const plain_at_once = 100 * 1024;
const plain_piece = 8 * 1024;

type Tokens = ReturnType<typeof markdown.parse>;

export class Body {
  readonly element = h('div', { class: 'text' });

  // `applicable`: whether the blocks of code can be applied to files.
  constructor(private readonly applicable = false) {}

  private text = '';
  private unrendered = '';
  private finishedLength = 0;
  private tail = ''; // the source of the last block, and the text after it
  private lastBlock = h('div', { class: 'last' });
  private chunk: HTMLElement | undefined;
  private chunkRoom = 0; // how much more fits into `chunk`
  private code: Code | undefined; // the last block, if it is code
  private listStart: number | undefined; // the number of the last block's first item, if the last block continues a list that is partly finished
  private env = {};
  private firstLine = 0; // the line of the text in which `tail` begins
  private finishedCodeLines = 0; // lines of the last block that are no longer in `tail`
  private parsedFrom = 0; // the line of the text at which the line numbers of tokens begin
  private plain: Plain | undefined;

  set(text: string): void {
    if (!text.startsWith(this.text)) {
      Object.assign(this, new Body(this.applicable), { element: this.element });
      this.element.replaceChildren();
    }
    this.append(text.slice(this.text.length));
  }

  append(text: string): void {
    this.text += text;
    this.unrendered += visible(text);
  }

  // Does one step of the rendering. Returns false when everything is shown.
  render(): boolean {
    if (this.unrendered === '') return false;
    if (this.plain) {
      this.plain.append(this.unrendered);
      this.unrendered = '';
      return false;
    }
    this.tail += this.unrendered.slice(0, step);
    this.unrendered = this.unrendered.slice(step);
    const tokens = this.parse();
    const start = Math.max(0, tokens.findLastIndex(({ level, nesting }) => level === 0 && nesting >= 0));
    if (start > 0) this.finishBlocks(tokens.slice(0, start), lineStart(this.tail, tokens[start]!.map?.[0] ?? 0));
    this.show(this.shortened(tokens.slice(start)));
    if (this.tail.length > longest_block || this.finishedLength > longest_text) {
      this.lastBlock.remove();
      this.plain = new Plain(this.element);
      this.unrendered = this.tail + this.unrendered;
    }
    return this.unrendered !== '';
  }

  // Called when no more text comes: finishes the last block, so that its code gets colours.
  finish(): void {
    if (this.plain || this.tail === '' || this.unrendered !== '') return;
    this.finishBlocks(this.parse(), this.tail.length);
    this.lastBlock.remove();
  }

  private parse(): Tokens {
    this.parsedFrom = this.firstLine + this.finishedCodeLines;
    const tokens = markdown.parse(this.tail, this.env);
    if (this.listStart !== undefined) tokens[0]?.attrSet('start', String(this.listStart));
    return tokens;
  }

  // If the last block is a long list, finishes all its items except the last one, and returns a list with only the last
  // item.
  private shortened(tokens: Tokens): Tokens {
    const [list] = tokens;
    const items = tokens.filter(({ level, type }) => level === 1 && type === 'list_item_open');
    const last = items.at(-1);
    if (!list || !last || items.length === 1 || this.tail.length < longest_list) return tokens;
    const at = tokens.indexOf(last);
    this.finishBlocks([...tokens.slice(0, at), tokens.at(-1)!], lineStart(this.tail, last.map![0] - list.map![0]));
    this.chunk?.lastElementChild?.classList.add('unfinished');
    if (list.type === 'ordered_list_open') {
      this.listStart = Number(list.attrGet('start') ?? 1) + items.length - 1;
      list.attrSet('start', String(this.listStart));
    }
    return [list, ...tokens.slice(at)];
  }

  private finishBlocks(tokens: Tokens, length: number): void {
    const blocks = this.code?.hasFinishedPieces ? [this.code.complete(tokens.shift()!.content)] : [];
    const template = document.createElement('template');
    template.innerHTML = markdown.renderer.render(tokens, markdown.options, this.placed());
    for (const block of [...blocks, ...template.content.children]) {
      if (!this.chunk || this.chunkRoom <= 0) {
        this.chunk = h('div', { class: 'chunk' });
        this.chunkRoom = chunk_room;
        this.element.insertBefore(this.chunk, this.lastBlock.parentNode === this.element ? this.lastBlock : null);
      }
      this.chunkRoom -= block_room + block.textContent.length;
      this.chunk.append(block);
    }
    this.lastBlock.replaceChildren();
    this.code = this.listStart = undefined;
    this.finishedLength += length;
    this.firstLine += lineCount(this.tail.slice(0, length)) + this.finishedCodeLines;
    this.finishedCodeLines = 0;
    this.tail = this.tail.slice(length);
  }

  // Returns the environment for rendering a block. With `firstLine`, the block can say in which line of the text it
  // begins.
  private placed(): Record<string, unknown> {
    return { ...this.env, ...(this.applicable && { firstLine: this.parsedFrom }) };
  }

  private show(tokens: Tokens): void {
    const fence = tokens.length === 1 && tokens[0]?.type === 'fence' ? tokens[0] : undefined;
    if (fence && this.code?.info === fence.info) {
      this.code.show(fence.content);
    } else {
      this.lastBlock.innerHTML = markdown.renderer.render(tokens, markdown.options, { ...this.placed(), live: true });
      if (this.lastBlock !== this.element.lastChild) this.element.append(this.lastBlock);
      this.code = fence && new Code(this.lastBlock.firstElementChild!, fence.info, fence.content);
    }
    if (!fence || fence.content.length <= longest_highlighted) return;
    const begin = fence.map![0] + 1;
    const end = begin + this.code!.finishPieces();
    const rest = lineStart(this.tail, end);
    this.finishedLength += rest;
    this.finishedCodeLines += end - begin;
    this.tail = this.tail.slice(0, lineStart(this.tail, begin)) + this.tail.slice(rest);
  }
}

// A growing block of code. When text is added, only the block's last piece is rendered again. Once the block is too
// long for colours, its pieces are finished, and Markdown has to parse only `content`, the text after them.
class Code {
  private finishedPieces = 0;

  constructor(private readonly block: Element, readonly info: string, private content: string) {}

  get hasFinishedPieces(): boolean {
    return this.finishedPieces > 0;
  }

  show(content: string): void {
    const code = this.block.querySelector('code')!;
    const kept = content.startsWith(this.content) ? Math.max(this.finishedPieces, code.childElementCount - 1) : this.finishedPieces;
    while (code.childElementCount > kept) code.lastElementChild!.remove();
    code.append(...codePieces(content).slice(kept - this.finishedPieces).map((text) => h('span', { class: 'piece' }, text)));
    this.content = content;
  }

  // Finishes all pieces except the last one, and returns how many lines the finished pieces have.
  finishPieces(): number {
    const pieces = codePieces(this.content);
    this.content = pieces.pop() ?? '';
    this.finishedPieces += pieces.length;
    return pieces.join('').split('\n').length - 1;
  }

  complete(content: string): Element {
    this.show(content);
    return this.block;
  }
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
    this.more.textContent = `Show more (${size(this.hidden.length)} left)`;
  }
}

function lineCount(text: string): number {
  return text.split('\n').length - 1;
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let i = 0; i < line; i++) at = text.indexOf('\n', at) + 1;
  return at;
}
