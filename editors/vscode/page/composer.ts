// The box in which the next question is written, with what goes along above it. Files can be dropped into it.
import { money, size, tokens } from '../src/figures';
import { Draft, Piece } from '../src/messages';
import { visible } from '../src/plain';
import { CompletionList } from './completion';
import { h, host, icon, iconButton } from './dom';

export class Composer {
  readonly question = h('textarea', { id: 'question', rows: 1, 'aria-label': 'Question', oninput: () => this.typed() });
  private readonly chips = h('ul', { class: 'attachments', 'aria-label': 'Goes with the question' });
  private readonly along = h('div', { id: 'along' });
  private readonly why = h('div', { id: 'why', role: 'status', hidden: true });
  private readonly again = h('div', { id: 'again' }, icon('edit'), h('span', {}, 'Asked anew; the earlier one stays'),
    iconButton('close', 'Leave the Question as It Was', () => host.postMessage({ type: 'leave' })));
  private readonly model = h('button', { type: 'button', class: 'text-button model', title: 'Choose the model of this conversation',
    onclick: () => host.postMessage({ type: 'do', action: 'chooseModel' }) });
  private readonly send = iconButton('send', 'Send (Enter)', () => this.submit(), { id: 'send' });
  private readonly look = iconButton('eye', 'Preview What Would Be Sent', () => host.postMessage({ type: 'do', action: 'preview' }));
  private readonly stop = iconButton('debug-stop', 'Stop', () => host.postMessage({ type: 'do', action: 'stop' }), { id: 'stop' });
  private readonly past: { questions: string[]; at: number } = { questions: [], at: 0 };
  private running = false;
  private readonly completions: CompletionList;
  readonly element = h('form', { id: 'composer' }, this.again, this.along, this.chips, this.question, this.why);

  // `say`: to a screen reader.
  constructor(say: (news: string) => void) {
    this.completions = new CompletionList(this.question, () => this.typed(), say);
    this.element.append(this.completions.element, h('div', { class: 'bar' },
      iconButton('add', 'Add Selection or File (Alt+A D)', () => host.postMessage({ type: 'do', action: 'addSelection' })),
      iconButton('attach', 'Attach File…', () => host.postMessage({ type: 'do', action: 'attachFile' })),
      this.model, h('span', { class: 'space' }), this.look, this.stop, this.send));
    this.element.addEventListener('submit', (event) => event.preventDefault());
    this.question.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.question.focus();
    });
    this.takeDrops();
  }

  get complete(): CompletionList['show'] {
    return (query, completions) => this.completions.show(query, completions);
  }

  update(model: string, questions: string[], running: boolean, again: boolean): void {
    this.question.placeholder = questions.length > 0 ? 'Your next question' : 'Your question';
    this.model.textContent = visible(model);
    this.model.hidden = model === '';
    if (questions.length !== this.past.questions.length) this.past.at = questions.length;
    this.past.questions = questions;
    this.running = running;
    if (!running) this.why.hidden = true;
    this.again.hidden = !again;
    this.enable();
  }

  // `typed`: the draft's text replaces what is in the box.
  put({ text, attachments, changes, cost, sharedBefore, add, again }: Draft, typed: boolean): void {
    this.again.hidden = !again;
    if (typed && this.question.value !== text) this.question.value = text;
    this.tell(attachments.length + changes.length, cost, sharedBefore, add);
    this.list([...attachments.map((piece, index) => this.chip(piece, () => host.postMessage({ type: 'leaveOut', attachment: index }))),
      ...changes.map((piece) => this.chip({ ...piece, name: `${piece.name} has changed` }, () => host.postMessage({ type: 'leaveOutChanges' })))]);
    this.enable();
  }

  // The line that says what goes along or, if nothing does, what a click would add.
  private tell(pieces: number, cost: number | undefined, sharedBefore: boolean, add: string | undefined): void {
    const text = pieces > 0 ? ['Goes along', cost !== undefined && (cost < 0.0001 ? money(cost) : `about ${money(cost)}`)].filter(Boolean).join(', ')
      : sharedBefore ? 'No new code goes along' : 'No code goes along';
    const made = JSON.stringify([text, add, pieces > 0]);
    if (this.along.dataset['made'] === made) return; // a button that has the focus stays
    this.along.dataset['made'] = made;
    this.along.replaceChildren(h('span', {}, text), pieces === 0 && add
      ? h('button', { type: 'button', class: 'text-button', title: `Add ${add} (Alt+A D)`, onclick: () => host.postMessage({ type: 'do', action: 'addSelection' }) }, `Add ${add}`) : '');
  }

  // When a key removes a chip, the next chip gets the focus.
  private list(chips: HTMLElement[]): void {
    const focused = [...this.chips.children].findIndex((chip) => chip.contains(document.activeElement));
    this.chips.replaceChildren(...chips);
    this.chips.hidden = chips.length === 0;
    if (focused < 0 || !document.hasFocus()) return;
    const next = this.chips.children[Math.min(focused, chips.length - 1)];
    (next?.querySelector('button') ?? this.question).focus();
  }

  private chip({ name, kind, check }: Piece, leaveOut: () => void): HTMLElement {
    const doubt = check?.refused ?? check?.reasons?.join(' ');
    const weight = !check || check.refused ? '' : tokens(check.tokens);
    const title = [check && !check.refused && `${check.name}${check.lines ? `, lines ${check.lines}` : ''}: ${size(check.bytes)}, about ${weight}`, doubt,
      check?.guessedEncoding && `Read as ${check.guessedEncoding}: nothing but its bytes speaks for that.`];
    return h('li', { class: `attachment${doubt ? ' doubtful' : ''}`, title: title.filter(Boolean).join('\n') },
      icon(doubt ? 'warning' : kindIcon(kind)), h('span', { class: 'name' }, name), weight && h('span', { class: 'meta' }, weight),
      doubt && h('span', { class: 'unseen' }, doubt),
      iconButton('close', `Leave out ${name}`, leaveOut));
  }

  // VS Code lets a drag into a view's page while Shift is held; what comes from outside names files in the same way.
  private takeDrops(): void {
    const lists = ['application/vnd.code.uri-list', 'text/uri-list'];
    const over = (event: DragEvent) => {
      if (!event.dataTransfer || !lists.some((type) => event.dataTransfer!.types.includes(type))) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      this.element.classList.add('dropping');
    };
    const leave = () => this.element.classList.remove('dropping');
    document.addEventListener('dragenter', over);
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', (event) => !event.relatedTarget && leave());
    document.addEventListener('drop', (event) => {
      leave();
      const uris = lists.map((type) => event.dataTransfer?.getData(type)).find(Boolean);
      if (!uris) return;
      event.preventDefault();
      host.postMessage({ type: 'attach', uris });
    });
  }

  private typed(): void {
    host.postMessage({ type: 'draft', text: this.question.value });
    this.enable();
  }

  private enable(): void {
    this.send.disabled = this.running || this.question.value.trim() === '';
    this.look.disabled = this.question.value.trim() === '';
    this.stop.hidden = !this.running;
    this.send.hidden = this.running;
  }

  private submit(): void {
    if (this.running) {
      this.why.textContent = 'A reply is being written. Wait for it to end, or stop it; your question stays here.';
      this.why.hidden = false;
    }
    if (this.send.disabled) return;
    host.postMessage({ type: 'ask', question: this.question.value });
    this.question.value = '';
    this.enable();
    this.question.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented || this.completions.key(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      this.recall(event, event.key === 'ArrowUp' ? -1 : 1);
    }
  }

  // Puts an earlier question into the box, if the box is empty or has an earlier question already.
  private recall(event: KeyboardEvent, step: number): void {
    const { questions, at } = this.past;
    if (this.question.value !== (questions[at] ?? '') || at + step < 0 || at + step > questions.length) return;
    event.preventDefault();
    this.past.at += step;
    this.question.value = questions[this.past.at] ?? '';
    this.question.setSelectionRange(this.question.value.length, this.question.value.length);
    this.typed();
  }
}

export function kindIcon(kind: string | undefined): string {
  return { diagnostics: 'warning', gitDiff: 'diff', update: 'diff', image: 'file-media', document: 'file-pdf' }[kind ?? ''] ?? 'file-code';
}
