// The box for the next question. The lines above it show what is sent with the question. Files can be dropped into the
// box.
import { aboutMoney, nextRequest, size, tokens } from '../src/figures';
import { Draft, NamedAttachment, Suggested } from '../src/messages';
import { visible } from '../src/plain';
import { CompletionList } from './completion';
import { h, host, icon, iconButton } from './dom';

export class Composer {
  readonly question = h('textarea', { id: 'question', rows: 1, placeholder: 'Your question', 'aria-label': 'Question', oninput: () => this.onInput() });
  private readonly chips = h('ul', { class: 'attachments', 'aria-label': 'Sent with the question', hidden: true });
  private readonly summary = h('div', { id: 'along' });
  private readonly suggestions = h('div', { id: 'suggestions', role: 'group', 'aria-label': 'Suggestions to add', hidden: true });
  private readonly next = h('div', { id: 'next', title: 'An estimate of the next request, without the words of your question', hidden: true });
  private readonly refusal = h('div', { id: 'why', role: 'status', hidden: true });
  private readonly editNote = h('div', { id: 'again', hidden: true }, icon('edit'), h('span', {}, 'Edits an earlier question. The earlier question is kept'),
    iconButton('close', 'Cancel the Edit', () => host.postMessage({ type: 'cancelEdit' })));
  private readonly model = h('button', { type: 'button', class: 'text-button model', hidden: true, title: 'Choose the model of this conversation',
    onclick: () => host.postMessage({ type: 'do', action: 'chooseModel' }) });
  private readonly sendButton = iconButton('send', 'Send (Enter)', () => this.submit(), { id: 'send', disabled: true });
  private readonly previewButton = iconButton('eye', 'Preview What Would Be Sent', () => host.postMessage({ type: 'do', action: 'preview' }), { disabled: true });
  private readonly stopButton = iconButton('debug-stop', 'Stop', () => host.postMessage({ type: 'do', action: 'stop' }), { id: 'stop', hidden: true });
  private readonly earlier: { questions: string[]; at: number } = { questions: [], at: 0 };
  private running = false;
  private offersSides = false;
  private readonly completions: CompletionList;
  readonly element = h('form', { id: 'composer' }, this.editNote, this.summary, this.next, this.chips, this.suggestions, this.question, this.refusal);

  // `announce` makes a screen reader say a text.
  constructor(announce: (news: string) => void) {
    this.completions = new CompletionList(this.question, () => this.onInput(), announce);
    this.element.append(this.completions.element, h('div', { class: 'bar' },
      iconButton('add', 'Add Selection or File (Alt+A D)', () => host.postMessage({ type: 'do', action: 'addSelection' })),
      iconButton('attach', 'Attach File…', () => host.postMessage({ type: 'do', action: 'attachFile' })),
      this.model, h('span', { class: 'space' }), this.previewButton, this.stopButton, this.sendButton));
    this.element.addEventListener('submit', (event) => event.preventDefault());
    this.question.addEventListener('keydown', (event) => this.onKey(event));
    for (const type of ['focus', 'blur']) this.question.addEventListener(type, () => host.postMessage({ type: 'box', focused: type === 'focus' }));
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.question.focus();
    });
    this.acceptDrops();
  }

  get complete(): CompletionList['show'] {
    return (query, completions) => this.completions.show(query, completions);
  }

  update(model: string, questions: string[], running: boolean, offersSides: boolean): void {
    this.offersSides = offersSides;
    this.question.placeholder = questions.length > 0 ? 'Your next question' : 'Your question';
    this.model.textContent = visible(model);
    this.model.hidden = model === '';
    if (questions.length !== this.earlier.questions.length) this.earlier.at = questions.length;
    this.earlier.questions = questions;
    this.running = running;
    if (!running) this.refusal.hidden = true;
    this.updateButtons();
  }

  // `replaceText`: the draft's text replaces the text in the box.
  showDraft({ text, attachments, updates, cost, sharedBefore, known, addable, isEdit, suggestions, next }: Draft, replaceText: boolean): void {
    this.editNote.hidden = !isEdit;
    if (replaceText && this.question.value !== text) this.question.value = text;
    this.showSuggestions(suggestions);
    if (next) this.next.textContent = nextRequest(next);
    this.next.hidden = this.next.textContent === '';
    this.next.classList.toggle('unknown', next === undefined); // the line keeps its place until the daemon has answered
    this.showSummary(attachments.length + updates.length, next ? undefined : cost, known ? `Claude has ${known}` : sharedBefore ? 'No new code is attached' : 'No code is attached', addable);
    this.showChips([...attachments.map((attachment, index) => this.chip(attachment, () => host.postMessage({ type: 'leaveOut', attachment: index }))),
      ...updates.map((update) => this.chip({ ...update, name: `${update.name} has changed` }, () => host.postMessage({ type: 'leaveOutUpdates' })))]);
    this.updateButtons();
  }

  // Shows whether something is sent with the question. If nothing is, shows the text `nothing` and what a click would
  // add.
  private showSummary(attached: number, cost: number | undefined, nothing: string, addable: string | undefined): void {
    const text = attached > 0 ? ['Sent with the question', aboutMoney(cost)].filter(Boolean).join(', ') : nothing;
    const made = JSON.stringify([text, addable, attached > 0]);
    if (this.summary.dataset['made'] === made) return; // nothing has changed, and a button in it keeps the focus
    this.summary.dataset['made'] = made;
    this.summary.replaceChildren(h('span', {}, text), attached === 0 && addable
      ? h('button', { type: 'button', class: 'text-button', title: `Add ${addable} (Alt+A D)`, onclick: () => host.postMessage({ type: 'do', action: 'addSelection' }) }, `Add ${addable}`) : '');
  }

  // Shows in one line what the user may want to share. A click on a suggestion attaches it.
  private showSuggestions(suggestions: readonly Suggested[]): void {
    const made = JSON.stringify(suggestions);
    this.suggestions.hidden = suggestions.length === 0;
    if (this.suggestions.dataset['made'] === made) return; // nothing has changed, and a button in it keeps the focus
    const focused = this.suggestions.contains(document.activeElement);
    this.suggestions.dataset['made'] = made;
    this.suggestions.replaceChildren(...suggestions.map(({ name, reason, detail }, index) =>
      h('button', { type: 'button', class: 'text-button', title: `${reasons[reason]}\n${detail}`, 'aria-label': `Add ${name}, ${reasons[reason]}`, onclick: () => host.postMessage({ type: 'suggestion', index, name }) },
        icon('add'), h('span', {}, name))));
    if (focused && document.hasFocus()) this.question.focus();
  }

  // Shows the attachments. If the removed attachment had the focus, the next one gets it.
  private showChips(chips: HTMLElement[]): void {
    const focused = [...this.chips.children].findIndex((chip) => chip.contains(document.activeElement));
    this.chips.replaceChildren(...chips);
    this.chips.hidden = chips.length === 0;
    if (focused < 0 || !document.hasFocus()) return;
    const next = this.chips.children[Math.min(focused, chips.length - 1)];
    (next?.querySelector('button') ?? this.question).focus();
  }

  private chip({ name, kind, check }: NamedAttachment, leaveOut: () => void): HTMLElement {
    const problem = check?.refused ?? check?.reasons?.join(' ');
    const tokensText = !check || check.refused ? '' : tokens(check.tokens);
    const title = [check && !check.refused && `${check.name}${check.lines ? `, lines ${check.lines}` : ''}: ${size(check.bytes)}, about ${tokensText}`, problem,
      check?.guessedEncoding && `Read as ${check.guessedEncoding}, which is a guess from its bytes.`];
    return h('li', { class: `attachment${problem ? ' doubtful' : ''}`, title: title.filter(Boolean).join('\n') },
      icon(problem ? 'warning' : kindIcon(kind)), h('span', { class: 'name' }, name), tokensText && h('span', { class: 'meta' }, tokensText),
      problem && h('span', { class: 'unseen' }, problem),
      iconButton('close', `Leave out ${name}`, leaveOut));
  }

  // Attaches dropped files. VS Code passes a drag to the page of a view only while Shift is held. Drags from other
  // programs name their files in the same way.
  private acceptDrops(): void {
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
      host.postMessage({ type: 'attach', uris, typed: false });
    });
  }

  private onInput(): void {
    host.postMessage({ type: 'draft', text: this.question.value });
    this.updateButtons();
  }

  private updateButtons(): void {
    this.sendButton.disabled = this.running || this.question.value.trim() === '';
    this.previewButton.disabled = this.question.value.trim() === '';
    this.stopButton.hidden = !this.running;
    this.sendButton.hidden = this.running;
  }

  private submit(): void {
    if (this.running) {
      this.refusal.textContent = `A reply is being written. Wait for it to end, or stop it; your question stays here.${this.offersSides ? ' Alt+A Q asks it now, as a side question.' : ''}`;
      this.refusal.hidden = false;
    }
    if (this.sendButton.disabled) return;
    host.postMessage({ type: 'ask', question: this.question.value });
    this.question.value = '';
    this.updateButtons();
    this.question.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented || this.completions.key(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      this.recall(event, event.key === 'ArrowUp' ? -1 : 1);
    }
  }

  // Puts an earlier question into the box, if the box is empty or holds an earlier question unchanged.
  private recall(event: KeyboardEvent, step: number): void {
    const { questions, at } = this.earlier;
    if (this.question.value !== (questions[at] ?? '') || at + step < 0 || at + step > questions.length) return;
    event.preventDefault();
    this.earlier.at += step;
    this.question.value = questions[this.earlier.at] ?? '';
    this.question.setSelectionRange(this.question.value.length, this.question.value.length);
    this.onInput();
  }
}

const reasons: Record<Suggested['reason'], string> = {
  selection: 'what is selected', block: 'the function or block around the cursor', import: 'a file that this one includes or imports', otherHalf: 'the other half of header and source',
  changed: 'it has changed since you shared it', problems: 'the problems at the cursor',
};

export function kindIcon(kind: string | undefined): string {
  return { diagnostics: 'warning', gitDiff: 'diff', update: 'diff', image: 'file-media', document: 'file-pdf' }[kind ?? ''] ?? 'file-code';
}
