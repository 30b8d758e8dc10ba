// The box in which the next question is written.
import { Draft } from '../src/messages';
import { h, host, icon, iconButton } from './dom';

export class Composer {
  readonly question = h('textarea', { id: 'question', rows: 1, 'aria-label': 'Question', oninput: () => this.typed() });
  private readonly chips = h('ul', { class: 'attachments', 'aria-label': 'Goes with the question' });
  private readonly again = h('div', { id: 'again' }, icon('edit'), h('span', {}, 'Asked anew; the earlier one stays'),
    iconButton('close', 'Leave the Question as It Was', () => host.postMessage({ type: 'leave' })));
  private readonly model = h('button', { type: 'button', class: 'text-button model', title: 'Choose the model of this conversation',
    onclick: () => host.postMessage({ type: 'do', action: 'chooseModel' }) });
  private readonly send = iconButton('send', 'Send (Enter)', () => this.submit(), { id: 'send' });
  private readonly stop = iconButton('debug-stop', 'Stop', () => host.postMessage({ type: 'do', action: 'stop' }), { id: 'stop' });
  private readonly past: { questions: string[]; at: number } = { questions: [], at: 0 };
  private running = false;
  readonly element = h('form', { id: 'composer' }, this.again, this.chips, this.question, h('div', { class: 'bar' },
    iconButton('add', 'Add Selection', () => host.postMessage({ type: 'do', action: 'addSelection' })),
    this.model, h('span', { class: 'space' }), this.stop, this.send));

  constructor() {
    this.element.addEventListener('submit', (event) => event.preventDefault());
    this.question.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.question.focus();
    });
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
    this.chips.replaceChildren(...attachments.map((name, index) => h('li', { class: 'attachment' }, icon('file-code'), name,
      iconButton('close', `Leave out ${name}`, () => host.postMessage({ type: 'drop', attachment: index })))));
    this.chips.hidden = attachments.length === 0;
    this.enable();
  }

  private typed(): void {
    host.postMessage({ type: 'draft', text: this.question.value });
    this.enable();
  }

  private enable(): void {
    this.send.disabled = this.running || this.question.value.trim() === '';
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
    if (event.isComposing) return;
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
