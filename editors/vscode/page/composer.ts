// The box in which the next question is written, with what goes along above it. Files can be dropped into it.
import { size, tokens } from '../src/figures';
import { Draft, Piece } from '../src/messages';
import { CompletionList } from './completion';
import { h, host, icon, iconButton } from './dom';

export class Composer {
  readonly question = h('textarea', { id: 'question', rows: 1, 'aria-label': 'Question', oninput: () => this.typed() });
  private readonly chips = h('ul', { class: 'attachments', 'aria-label': 'Goes with the question' });
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
  readonly element = h('form', { id: 'composer' }, this.again, this.chips, this.question);

  // `say`: to a screen reader.
  constructor(say: (news: string) => void) {
    this.completions = new CompletionList(this.question, () => this.typed(), say);
    this.element.append(this.completions.element, h('div', { class: 'bar' },
      iconButton('add', 'Add Selection', () => host.postMessage({ type: 'do', action: 'addSelection' })),
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

  update(name: string, model: string, questions: string[], running: boolean, again: boolean): void {
    this.question.placeholder = questions.length > 0 ? `Follow up about ${name}` : `Ask about ${name}`;
    this.model.textContent = model;
    this.model.hidden = model === '';
    if (questions.length !== this.past.questions.length) this.past.at = questions.length;
    this.past.questions = questions;
    this.running = running;
    this.again.hidden = !again;
    this.enable();
  }

  put({ text, attachments, again }: Draft): void {
    this.again.hidden = !again;
    if (this.question.value !== text) this.question.value = text;
    this.list(attachments);
    this.enable();
  }

  // A chip that is left out by a key hands the focus on to the next one.
  private list(attachments: Piece[]): void {
    const focused = [...this.chips.children].findIndex((chip) => chip.contains(document.activeElement));
    this.chips.replaceChildren(...attachments.map((piece, index) => this.chip(piece, index)));
    this.chips.hidden = attachments.length === 0;
    if (focused < 0) return;
    const next = this.chips.children[Math.min(focused, attachments.length - 1)];
    (next?.querySelector('button') ?? this.question).focus();
  }

  private chip({ name, kind, check }: Piece, index: number): HTMLElement {
    const doubt = check?.refused ?? check?.reasons?.join(' ');
    const weight = !check || check.refused ? '' : tokens(check.tokens);
    const title = [check && !check.refused && `${check.name}${check.lines ? `, lines ${check.lines}` : ''}: ${size(check.bytes)}, about ${weight}`, doubt];
    return h('li', { class: `attachment${doubt ? ' doubtful' : ''}`, title: title.filter(Boolean).join('\n') },
      icon(doubt ? 'warning' : kindIcon(kind)), h('span', { class: 'name' }, name), weight && h('span', { class: 'meta' }, weight),
      doubt && h('span', { class: 'unseen' }, doubt),
      iconButton('close', `Leave out ${name}`, () => host.postMessage({ type: 'leaveOut', attachment: index })));
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
    if (this.send.disabled) return;
    host.postMessage({ type: 'ask', question: this.question.value });
    this.question.value = '';
    this.enable();
    this.question.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing || this.completions.key(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      this.recall(event, event.key === 'ArrowUp' ? -1 : 1);
    }
  }

  // An earlier question, if the box is empty or holds one already.
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
  return { diagnostics: 'warning', gitDiff: 'diff', image: 'file-media', document: 'file-pdf' }[kind ?? ''] ?? 'file-code';
}
