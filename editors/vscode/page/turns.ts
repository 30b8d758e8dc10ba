// One turn of the conversation as a card. A card is made once and then updated. Its content is made when the card comes near
// the visible part of the page. Until then the card holds only the beginning of its text.
import { ActionButton, buttonsFor, console_page } from '../src/errors';
import { aboutMoney, lines, money, spent, spentExactly, tokens } from '../src/figures';
import { Asked, Placed } from '../src/messages';
import { sentences, visible } from '../src/plain';
import { Shared, Turn } from '../src/protocol';
import { Body } from './body';
import { kindIcon } from './composer';
import { button, h, host, icon, iconButton } from './dom';
import { coloured } from './markdown';

const preview = 2000;

export class Card {
  readonly element: HTMLElement;
  private readonly head = h('header');
  private readonly shared = h('ul', { class: 'attachments', 'aria-label': 'Sent with the question' });
  private readonly changes = h('div', { class: 'changes' });
  private readonly thinking = new Body();
  private readonly summary = h('summary');
  private readonly details = h('details', { class: 'thinking', hidden: true }, this.summary, this.thinking.element);
  private readonly body: Body;
  private readonly content: HTMLElement;
  private readonly note = h('div', { class: 'note', hidden: true });
  private readonly foot = h('footer');
  private readonly asked = h('div', { class: 'asked', role: 'group', 'aria-label': 'What the reply asks to see', hidden: true });
  private readonly sides = h('div', { class: 'sides', hidden: true });
  private shownState = ''; // the state that the frame shows, to find out whether it has changed
  private hasContent = false;
  private last = false; // whether this turn is the last of the conversation
  private waitsForKey = false; // whether the daemon asks this question again as soon as a key is set

  private fromConsole = false;

  constructor(private turn: Turn, private scheduleRendering: (card: Card) => void) {
    this.body = new Body(turn.role === 'assistant');
    this.element = h(turn.side ? 'section' : 'article', { class: 'turn', tabindex: -1, 'data-turn': turn.turn, 'data-role': turn.role });
    // The request for a summary is shown as a mark. The summary below the mark replaces the turns above the mark.
    const mark = turn.kind === 'compaction' && turn.role === 'user';
    this.content = mark ? h('details', {}, h('summary', {}, 'What the summary was asked to keep'), this.body.element) : this.body.element;
    this.details.addEventListener('toggle', () => this.scheduleRendering(this));
  }

  // `fromConsole`: a key for the server is made in Anthropic's console.
  update(index: number, turns: readonly Turn[], fromConsole: boolean): void {
    const turn = this.turn = turns[index]!;
    this.fromConsole = fromConsole;
    this.last = index === turns.length - 1;
    this.waitsForKey = index === turns.length - 2 && needsKey(turns[index + 1]!);
    if (!turn.side) {
      this.element.setAttribute('aria-posinset', String(index + 1));
      this.element.setAttribute('aria-setsize', String(turns.length));
    }
    if (this.hasContent) this.updateContent();
    else this.element.textContent = visible(turn.text.slice(0, preview));
  }

  makeContent(): void {
    this.hasContent = true;
    this.element.replaceChildren(this.head, this.shared, this.details, this.content, this.changes, this.note, this.asked, this.foot, this.sides);
    this.updateContent();
  }

  // Shows the side questions that follow this turn, folded.
  showSides(sides: readonly HTMLElement[]): void {
    if (sides.length !== this.sides.childElementCount || sides.some((side, index) => side !== this.sides.children[index])) this.sides.replaceChildren(...sides);
    this.sides.hidden = sides.length === 0;
  }

  // Shows what the reply asks to see, each file with its size or with the reason why it can't be shared. Nothing is attached
  // without a click.
  showAsked(asked: Asked | undefined): void {
    const made = JSON.stringify(asked);
    if ((this.asked.dataset['made'] ?? '') === (made ?? '')) return;
    const focused = [...this.asked.querySelectorAll('button')].findIndex((one) => one === document.activeElement);
    this.asked.hidden = asked === undefined;
    this.asked.dataset['made'] = made ?? '';
    this.asked.replaceChildren(...(asked ? askedContent(asked) : []));
    if (focused >= 0) (this.asked.querySelectorAll('button')[focused] ?? document.getElementById('question'))?.focus({ preventScroll: true });
  }

  // Shows on each code block whether it can be applied.
  markBlocks(blocks: readonly Placed[]): void {
    for (const block of this.body.element.querySelectorAll<HTMLElement>('.code[data-line]')) {
      const found = blocks.find(({ startLine }) => startLine === Number(block.dataset['line']));
      const apply = block.querySelector<HTMLElement>('[data-code=apply]');
      if (!apply || !found) continue;
      const label = found.done ? 'In the File' : found.state === 'unplaced' ? 'Not Placed' : found.state === 'conflict' ? 'Conflict…' : 'Apply…';
      apply.dataset['state'] = found.done ? 'done' : found.state;
      apply.title = visible(found.reason ?? (found.done ? 'The file already has this text' : 'Show this code as a change of its file'));
      apply.querySelector('.codicon')!.className = `codicon codicon-${found.done ? 'check' : found.state === 'unplaced' ? 'circle-slash' : found.state === 'conflict' ? 'warning' : 'diff'}`;
      apply.lastElementChild!.textContent = label;
      if (found.reason) apply.setAttribute('aria-label', visible(`${label}: ${found.reason}`));
      else apply.removeAttribute('aria-label');
    }
  }

  append(kind: 'text' | 'thinking', text: string): void {
    if (kind === 'text') this.turn.text += text;
    else this.turn.thinking = (this.turn.thinking ?? '') + text;
    if (!this.hasContent) return;
    (kind === 'text' ? this.body : this.thinking).append(text);
    this.updateThinking();
    this.scheduleRendering(this);
  }

  // Does one step of the rendering. Returns true if there is more to do.
  renderStep(): boolean {
    const more = (this.details.open && this.thinking.render()) || this.body.render();
    if (!more && this.turn.status !== 'streaming') this.body.finish();
    return more;
  }

  private updateContent(): void {
    const { status, sent, summedUp, error, usage, cost, variants } = this.turn;
    const shown = JSON.stringify([status, sent, summedUp, error, usage, cost, variants, this.last, this.waitsForKey, this.fromConsole]);
    if (shown !== this.shownState) this.updateFrame();
    this.shownState = shown;
    this.body.set(this.turn.text);
    this.thinking.set(this.turn.thinking ?? '');
    this.updateThinking();
    this.scheduleRendering(this);
  }

  private updateThinking(): void {
    this.details.hidden = !this.turn.thinking;
    const waiting = this.turn.status === 'streaming' && this.turn.text === '';
    this.summary.textContent = waiting ? 'Thinking…' : 'Thinking';
  }

  private updateFrame(): void {
    const { turn } = this;
    this.element.dataset['status'] = turn.status;
    this.element.dataset['sent'] = String(turn.sent);
    if (turn.kind) this.element.dataset['kind'] = turn.kind;
    if (turn.summedUp) this.element.dataset['summed'] = '';
    else delete this.element.dataset['summed'];
    const name = headings[turn.kind ?? 'turn'][turn.role];
    const heading = h(turn.side ? 'h3' : 'h2', { id: `heading-${turn.turn}` }, turn.side ? `${name}, by the way` : name);
    const leftOut = turn.role === 'user' && !turn.side && !turn.sent && !turn.summedUp && !this.waitsForKey;
    this.element.setAttribute('aria-labelledby', heading.id);
    this.head.replaceChildren(heading,
      h('span', { class: 'meta', title: new Date(turn.created).toLocaleString() }, turn.role === 'user' ? timeText(turn.created) : shortModel(turn.model)),
      leftOut ? badge('left out of later questions', 'Later questions are sent without this question. It may have been sent and paid for earlier') : '',
      turn.rewrite ? badge(`rewrite of ${rewrittenLines(turn)}`, 'Asks for the new text of these lines') : '',
      turn.summedUp && turn.role === 'user' ? badge('summed up', 'Later questions are sent with the summary below instead of this question') : '',
      ...(turn.role === 'user' && !turn.kind && !turn.side ? [h('span', { class: 'space' }), ...this.variantButtons('Wording', 'ways in which this was asked'),
        iconButton('edit', 'Edit and Ask Again', () => host.postMessage({ type: 'do', action: 'edit', turn: turn.turn }))] : []));
    const note = explain(turn, this.last, this.fromConsole);
    const buttons = this.last && note ? note.buttons : [];
    this.foot.replaceChildren(...this.footButtons(buttons));
    this.foot.hidden = this.foot.childElementCount === 0;
    this.shared.replaceChildren(...turn.attachments.flatMap((attachment, index) => {
      if (attachment.kind === 'update') return [];
      const go = () => host.postMessage({ type: 'reveal', turn: turn.turn, attachment: index });
      return h('li', {}, h('button', { type: 'button', class: 'attachment', title: 'Go there', onclick: go },
        icon(kindIcon(attachment.kind)), nameOf(attachment)));
    }));
    this.shared.hidden = this.shared.childElementCount === 0;
    this.changes.replaceChildren(
      ...turn.attachments.filter(({ kind }) => kind === 'update').map((change) =>
        disclosure(`${nameOf(change)} has changed since it was shared`, change.text, change.text.startsWith('@@') ? 'diff' : change.languageId)),
      ...(turn.system ? [disclosure('The instructions have changed', turn.system)] : []));
    this.changes.hidden = this.changes.childElementCount === 0;
    this.note.hidden = !note;
    if (note) this.note.replaceChildren(...noticeContent(note.icon, note.text, buttons, turn.turn, note.link));
    this.note.title = visible(note?.more ?? '');
  }

  // Returns the buttons under a reply, except those that the reply's note has already.
  private footButtons(inNote: ActionButton[]): HTMLElement[] {
    const { turn } = this;
    const act = (action: 'stop' | 'select' | 'byTheWay') => () => host.postMessage({ type: 'do', action, turn: turn.turn });
    if (turn.role === 'user') return [];
    if (turn.status === 'streaming') return turn.side && !turn.turn.startsWith('beside-') ? [iconButton('debug-stop', 'Stop This Answer', act('stop'))] : [];
    return [
      ...(turn.text ? [iconButton('copy', 'Copy Reply', () => host.postMessage({ type: 'copy', text: turn.text }))] : []),
      ...(inNote.some(([, action]) => action === 'retry') ? []
        : [iconButton('refresh', 'Retry', () => host.postMessage({ type: 'do', action: 'retry', turn: turn.turn }))]),
      ...(turn.side && turn.text ? [iconButton('reply', 'Ask a Side Question About This…', act('byTheWay')), button('Put on the Path', act('select'), { title: 'The next question follows this answer. The turns that followed before become another branch' })] : []),
      ...(turn.text && !turn.side ? [iconButton('repo-forked', 'Fork From Here…', () => host.postMessage({ type: 'do', action: 'fork', turn: turn.turn }))] : []),
      ...(turn.side ? [] : this.variantButtons('Reply', 'replies to this question')),
      ...(spent(turn) ? [h('span', { class: 'meta', title: spentExactly(turn) }, spent(turn))] : []),
    ];
  }

  // Returns the buttons `‹ 2/3 ›`, which lead to the other replies to a question, or to the question's other wordings.
  // The page handles their clicks.
  private variantButtons(kind: string, all: string): HTMLElement[] {
    const { turn, variants } = this.turn;
    const at = variants.indexOf(turn);
    if (variants.length < 2) return [];
    const step = (to: number, icon: string, label: string) =>
      iconButton(icon, label, () => {}, { 'data-step': variants[to], disabled: variants[to] === undefined });
    return [
      step(at - 1, 'chevron-left', `Previous ${kind}`),
      h('span', { class: 'meta', title: `${at + 1} of ${variants.length} ${all}`, 'aria-label': `${kind} ${at + 1} of ${variants.length}`, role: 'img' },
        `${at + 1}/${variants.length}`),
      step(at + 1, 'chevron-right', `Next ${kind}`),
    ];
  }
}

// Makes a badge. The badge has a line of its own below the heading, so that it isn't cut in a narrow view.
function badge(text: string, title: string): HTMLElement {
  return h('span', { class: 'mark' }, h('span', { class: 'badge', title }, text));
}

const headings = {
  turn: { user: 'You', assistant: 'Claude' },
  compaction: { user: 'Summed up here', assistant: 'Summary' },
};

interface Note { icon: string; text: string; link?: HTMLElement | undefined; more?: string | undefined; buttons: ActionButton[] }

export function noticeContent(iconName: string, text: string, buttons: ActionButton[], turn?: string, link?: HTMLElement): HTMLElement[] {
  const act = ([label, action]: ActionButton) => button(label, () => host.postMessage({ type: 'do', action, turn }));
  return [icon(iconName), h('span', {}, text, link && ' ', link), h('span', { class: 'buttons' }, ...buttons.map(act))];
}

function askedContent({ files, cost }: Asked): HTMLElement[] {
  const shareable = files.filter(({ check }) => check && !check.refused);
  const price = aboutMoney(cost);
  const take = (message: { file?: number; now?: boolean }) => () => host.postMessage({ type: 'wanted', ...message });
  return [
    h('div', { class: 'bar' }, h('span', {}, 'Claude asks to see'), price && shareable.length > 0 && h('span', { class: 'meta' }, price),
      shareable.length > 0 && h('span', { class: 'buttons' },
        shareable.length > 1 && button('Add All', take({}), { title: 'Add these files to your next question' }),
        button('Send Now', take({ now: true }), { title: ['Ask Claude to go on with these files', price].filter(Boolean).join(', ') }))),
    h('ul', { class: 'attachments' }, ...files.map((file, index) => h('li', {}, ...askedFile(file, take({ file: index }))))),
  ];
}

function askedFile({ name, check, added }: Asked['files'][number], add: () => void): HTMLElement[] {
  if (check?.refused) {
    const why = check.refused.replace(/^attachments: /, '');
    return [h('span', { class: 'missing' }, icon('circle-slash'), h('span', {}, why.includes(check.name) ? why : `${name}: ${why}`))];
  }
  const reason = check?.reasons?.join(' ');
  return [h('button', { type: 'button', class: `attachment${reason ? ' doubtful' : ''}`, title: [added ? 'Sent with your next question' : `Add ${name} to your next question`, reason].filter(Boolean).join('\n'), onclick: add },
    icon(added ? 'check' : reason ? 'warning' : 'add'), h('span', { class: 'name' }, name), check && h('span', { class: 'meta' }, [tokens(check.tokens), money(check.cost)].filter(Boolean).join(', ')),
    reason && h('span', { class: 'unseen' }, reason), added && h('span', { class: 'unseen' }, 'added'))];
}

// Whether this reply failed because there was no key. When a key is set, the daemon requests the reply again if the
// reply is the last one of its conversation.
function needsKey({ error }: Turn): boolean {
  return error?.offer === 'key';
}

// Returns the note under a reply that isn't complete. If a button under the note sets the key, the note's text says so,
// and its tooltip names the other ways to set a key.
function explain(turn: Turn, last: boolean, fromConsole: boolean): Note | undefined {
  const { status, error, stopReason } = turn;
  const keyButton = last && needsKey(turn);
  const why = error && sentences(error.message, keyButton ? 'Set a key here, and the question is asked.' : error.hint);
  const help = error ? buttonsFor(error) : [];
  const link = keyButton && fromConsole ? h('span', {}, 'A key is made in the ', h('a', { href: console_page }, 'Claude Console'), '.') : undefined;
  const retry: ActionButton = ['Retry', 'retry'];
  const retryHelps = error?.kind === 'rateLimited' || error?.kind === 'overloaded';
  const goOn: ActionButton = ['Continue', 'continue'];
  switch (status) {
    case 'cancelled':
      return { icon: 'circle-slash', text: 'Stopped. The part that has arrived is kept.', buttons: [goOn, retry] };
    case 'cut':
      return stopReason === 'max_tokens'
        ? { icon: 'fold-down', text: 'Cut off: this is the longest reply that the settings allow.', buttons: [goOn] }
        : { icon: 'fold-down', text: 'Cut off: the conversation fills the model’s window.', buttons: [['Compact…', 'compact'], goOn] };
    case 'interrupted':
      return { icon: 'debug-disconnect', text: why ?? 'Interrupted: the connection or the daemon ended.', buttons: [goOn, retry, ...help] };
    case 'refused':
      return { icon: 'circle-slash', text: why ?? 'Claude declined to answer.', buttons: [...help, retry] };
    case 'failed':
      return { icon: 'warning', text: why ?? 'No reply came.', link, more: keyButton ? error?.hint : undefined, buttons: retryHelps ? [retry, ...help] : [...help, retry] };
    default:
      return undefined;
  }
}

// Returns the name of the lines that a question asks to rewrite: `main.c:3-7`.
function rewrittenLines({ rewrite, attachments }: Turn): string {
  const name = attachments.find(({ uri }) => uri === rewrite!.uri)?.name ?? rewrite!.uri.split('/').at(-1)!;
  return `${name}:${lines(rewrite!.range)}`;
}

function timeText(created: string): string {
  const time = new Date(created);
  const today = time.toDateString() === new Date().toDateString();
  return today ? time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : time.toLocaleDateString();
}

export function shortModel(model: string | undefined): string {
  return model?.replace(/^claude-/, '') ?? '';
}

function nameOf({ name, kind, range }: Shared): string {
  const what = kind === 'diagnostics' ? 'problems' : kind === 'gitDiff' ? 'changes' : '';
  return `${name}${range ? `:${lines(range)}` : ''}${what ? ` ${what}` : ''}`;
}

// Makes a title that opens a text. The element of the text is filled when the user opens it.
function disclosure(title: string, text: string, language = ''): HTMLElement {
  const code = h('code');
  const details = h('details', {}, h('summary', {}, title), h('pre', { tabindex: 0, dir: 'ltr' }, code));
  details.addEventListener('toggle', () => {
    code.innerHTML ||= coloured(visible(text), language);
  });
  return details;
}
