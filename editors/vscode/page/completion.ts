// The list of completions under the question box for the word before the cursor: files after `@`, and named prompts after a `/`
// at the beginning. The cursor stays in the box: the arrow keys choose, Enter or Tab accepts, Escape closes the list.
import { Completion } from '../src/messages';
import { h, host } from './dom';

interface Word { sign: '@' | '/'; query: string; from: number }

export class CompletionList {
  readonly element = h('ul', { id: 'completions', role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
  private word: Word | undefined; // the word for which completions were requested
  private dismissed: string | undefined; // the word for which Escape closed the list
  private completions: Completion[] = [];
  private selected = 0;

  constructor(private readonly box: HTMLTextAreaElement, private readonly onAccept: () => void, private readonly announce: (news: string) => void) {
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-haspopup', 'listbox');
    box.setAttribute('aria-controls', this.element.id);
    for (const event of ['input', 'click', 'keyup']) box.addEventListener(event, () => this.update());
    box.addEventListener('blur', () => this.close());
    // Otherwise a click would move the focus out of the box.
    this.element.addEventListener('mousedown', (event) => event.preventDefault());
    this.element.addEventListener('click', (event) => {
      const option = (event.target as Element).closest('li');
      if (option) this.accept([...this.element.children].indexOf(option));
    });
  }

  // Shows the completions that the extension found for a word, unless the word has changed since.
  show(query: string, completions: Completion[]): void {
    if (!this.word || query !== this.word.sign + this.word.query) return;
    const known = completions.some(({ text, pattern }) => pattern === undefined && text === this.word!.query);
    this.completions = known ? [] : completions;
    this.selected = 0;
    this.element.replaceChildren(...this.completions.map(({ label, detail }, index) =>
      h('li', { id: `completion-${index}`, role: 'option' }, h('span', {}, label), h('span', { class: 'meta' }, detail))));
    const wasHidden = this.element.hidden;
    this.element.hidden = this.completions.length === 0;
    this.markSelected();
    if (wasHidden && !this.element.hidden) this.announce(`${this.completions.length} suggestions. Arrow keys choose one, Enter accepts it.`);
  }

  // Handles a key if the key is for the list. Returns true if it was.
  key(event: KeyboardEvent): boolean {
    if (this.element.hidden || event.isComposing || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.selected = (this.selected + step + this.completions.length) % this.completions.length;
      this.markSelected();
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      this.accept(this.selected);
    } else if (event.key === 'Escape') {
      this.dismissed = this.word && this.word.sign + this.word.query;
      this.close();
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  close(): void {
    this.word = undefined;
    this.element.hidden = true;
    this.box.removeAttribute('aria-activedescendant');
  }

  private update(): void {
    const word = wordBefore(this.box);
    const query = word && word.sign + word.query;
    if (!word || query === this.dismissed) return this.close();
    this.dismissed = undefined;
    const same = this.word && query === this.word.sign + this.word.query;
    this.word = word;
    if (!same) host.postMessage({ type: 'complete', sign: word.sign, query: word.query });
  }

  private markSelected(): void {
    for (const [index, option] of [...this.element.children].entries()) option.setAttribute('aria-selected', String(index === this.selected));
    const marked = this.element.hidden ? undefined : this.element.children[this.selected];
    if (marked) this.box.setAttribute('aria-activedescendant', marked.id);
    else this.box.removeAttribute('aria-activedescendant');
    marked?.scrollIntoView({ block: 'nearest' });
  }

  // Completes the word in the text, and attaches its file.
  private accept(index: number): void {
    const completion = this.completions[index];
    if (!completion || !this.word) return;
    const { from, query, sign } = this.word;
    this.box.setRangeText(`${sign}${completion.text} `, from, from + 1 + query.length, 'end');
    this.close();
    this.onAccept();
    if (completion.pattern !== undefined) host.postMessage({ type: 'expand', pattern: completion.pattern });
    if (completion.uri) host.postMessage({ type: 'attach', uris: completion.uri, typed: true });
  }
}

function wordBefore({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): Word | undefined {
  const before = value.slice(0, selectionStart);
  const [, sign, query] = selectionStart === selectionEnd ? /^(\/)(\S*)$/.exec(before) ?? /(?<!\S)(@)(\S*)$/.exec(before) ?? [] : [];
  return sign === undefined || query === undefined ? undefined : { sign: sign as Word['sign'], query, from: selectionStart - 1 - query.length };
}
