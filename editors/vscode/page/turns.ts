// One turn of the conversation as a card. A card is made once and then updated. Its content is made when it comes near the
// visible part; until then it has only the beginning of its text.
import { count, money, tokens } from '../src/figures';
import { Action } from '../src/messages';
import { Shared, Turn } from '../src/protocol';
import { Body } from './body';
import { kindIcon } from './composer';
import { button, h, host, icon, iconButton } from './dom';
import { sentences, visible } from '../src/plain';
import { coloured } from './markdown';

const preview = 2000;
const letters_a_token = 4;

export class Card {
  readonly element: HTMLElement;
  private readonly head = h('header');
  private readonly shared = h('ul', { class: 'attachments', 'aria-label': 'Sent with it' });
  private readonly changes = h('div', { class: 'changes' });
  private readonly thinking = new Body();
  private readonly summary = h('summary');
  private readonly details = h('details', { class: 'thinking', hidden: true }, this.summary, this.thinking.element);
  private readonly body = new Body();
  private readonly content: HTMLElement;
  private readonly note = h('div', { class: 'note', hidden: true });
  private readonly foot = h('footer');
  private shownState = ''; // what the head was made of
  private hasContent = false;
  private last = false;

  constructor(private turn: Turn, private scheduleRendering: (card: Card) => void) {
    this.element = h('article', { class: 'turn', tabindex: -1, 'data-turn': turn.turn, 'data-role': turn.role });
    // What a summary was asked for is a mark between what it stands for and what follows.
    const mark = turn.kind === 'compaction' && turn.role === 'user';
    this.content = mark ? h('details', {}, h('summary', {}, 'What it was asked to keep'), this.body.element) : this.body.element;
    this.details.addEventListener('toggle', () => this.scheduleRendering(this));
  }

  update(turn: Turn, place: number, of: number): void {
    this.turn = turn;
    this.last = place === of;
    this.element.setAttribute('aria-posinset', String(place));
    this.element.setAttribute('aria-setsize', String(of));
    if (this.hasContent) this.updateContent();
    else this.element.textContent = visible(turn.text.slice(0, preview));
  }

  makeContent(): void {
    this.hasContent = true;
    this.element.replaceChildren(this.head, this.shared, this.details, this.content, this.changes, this.note, this.foot);
    this.updateContent();
  }

  append(kind: 'text' | 'thinking', text: string): void {
    if (kind === 'text') this.turn.text += text;
    else this.turn.thinking = (this.turn.thinking ?? '') + text;
    if (!this.hasContent) return;
    (kind === 'text' ? this.body : this.thinking).append(text);
    this.updateThinking();
    this.scheduleRendering(this);
  }

  // One step of rendering; true if there is more to do.
  renderStep(): boolean {
    const more = (this.details.open && this.thinking.render()) || this.body.render();
    if (!more && this.turn.status !== 'streaming') this.body.finish();
    return more;
  }

  private updateContent(): void {
    const { status, sent, summedUp, error, usage, cost, variants } = this.turn;
    const shown = JSON.stringify([status, sent, summedUp, error, usage, cost, variants, this.last]);
    if (shown !== this.shownState) this.updateFrame();
    this.shownState = shown;
    this.body.set(this.turn.text);
    this.thinking.set(this.turn.thinking ?? '');
    this.updateThinking();
    this.scheduleRendering(this);
  }

  private updateThinking(): void {
    this.details.hidden = !this.turn.thinking;
    const going = this.turn.status === 'streaming' && this.turn.text === '';
    this.summary.textContent = going ? 'Thinking…' : 'Thinking';
  }

  private updateFrame(): void {
    const { turn } = this;
    this.element.dataset['status'] = turn.status;
    this.element.dataset['sent'] = String(turn.sent);
    if (turn.kind) this.element.dataset['kind'] = turn.kind;
    if (turn.summedUp) this.element.dataset['summed'] = '';
    else delete this.element.dataset['summed'];
    const heading = h('h2', { id: `heading-${turn.turn}` }, headings[turn.kind ?? 'turn'][turn.role]);
    const unsent = !turn.sent && !turn.summedUp && turn.role === 'user';
    this.element.setAttribute('aria-labelledby', heading.id);
    this.head.replaceChildren(heading,
      h('span', { class: 'meta', title: new Date(turn.created).toLocaleString() }, turn.role === 'user' ? timeText(turn.created) : shortModel(turn.model)),
      unsent ? h('span', { class: 'badge', title: 'What you ask next doesn’t carry it. It may have been sent, and paid for' }, 'left out of later questions') : '',
      turn.summedUp && turn.role === 'user' ? h('span', { class: 'badge', title: 'Later questions carry the summary below instead of this' }, 'summed up') : '',
      ...(turn.role === 'user' && !turn.kind ? [h('span', { class: 'space' }), ...this.variantButtons('Wording', 'ways in which this was asked'),
        iconButton('edit', 'Edit and Ask Again', () => host.postMessage({ type: 'do', action: 'edit', turn: turn.turn }))] : []));
    const note = explain(turn, this.last);
    const ways = this.last && note ? note.buttons : [];
    this.foot.replaceChildren(...this.footButtons(ways));
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
        disclosure(`${nameOf(change)} has changed since`, change.text, change.text.startsWith('@@') ? 'diff' : change.languageId)),
      ...(turn.system ? [disclosure('The instructions have changed', turn.system)] : []));
    this.changes.hidden = this.changes.childElementCount === 0;
    this.note.hidden = !note;
    if (note) this.note.replaceChildren(...noticeContent(note.icon, note.text, ways, turn.turn));
    this.note.title = visible(note?.more ?? '');
  }

  // `offered` above already are these ways on.
  private footButtons(offered: Note['buttons']): HTMLElement[] {
    const { turn } = this;
    if (turn.role === 'user' || turn.status === 'streaming') return [];
    return [
      ...(turn.text ? [iconButton('copy', 'Copy Reply', () => host.postMessage({ type: 'copy', text: turn.text }))] : []),
      ...(offered.some(([, action]) => action === 'retry') ? []
        : [iconButton('refresh', 'Retry', () => host.postMessage({ type: 'do', action: 'retry', turn: turn.turn }))]),
      ...(turn.text ? [iconButton('repo-forked', 'Fork From Here…', () => host.postMessage({ type: 'do', action: 'fork', turn: turn.turn }))] : []),
      ...this.variantButtons('Reply', 'replies to this question'),
      ...(usageText(turn) ? [h('span', { class: 'meta', title: usageDetails(turn) }, usageText(turn))] : []),
    ];
  }

  // ‹ 2/3 ›: to the replies that a question also has, or the ways in which it also was asked. The page does the step.
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

const headings = {
  turn: { user: 'You', assistant: 'Claude' },
  compaction: { user: 'Summed up here', assistant: 'Summary' },
};

export type ActionButton = [label: string, action: Action];
interface Note { icon: string; text: string; more?: string | undefined; buttons: ActionButton[] }

const buttons_by_kind: Record<string, ActionButton[]> = {
  busy: [['Stop It', 'stop']],
  contextFull: [['Compact…', 'compact'], ['New Conversation', 'new']],
  died: [['Restart', 'restart'], ['Show Log', 'log']],
  missing: [['Open Settings', 'settings'], ['Try Again', 'restart']],
  tooOld: [['Open Settings', 'settings'], ['Try Again', 'restart']],
  unauthorized: [['Set API Key…', 'setApiKey']],
};

export function buttonsFor(kind: string | undefined): ActionButton[] {
  return buttons_by_kind[kind ?? ''] ?? [];
}

export function noticeContent(sign: string, text: string, ways: ActionButton[], turn?: string): HTMLElement[] {
  const act = ([label, action]: ActionButton) => button(label, () => host.postMessage({ type: 'do', action, turn }));
  return [icon(sign), h('span', {}, text), h('span', { class: 'ways' }, ...ways.map(act))];
}

// Where a button sets the key, the other places for one needn't be read first. Not all that is refused is for want of a key.
function explain({ status, error, stopReason }: Turn, last: boolean): Note | undefined {
  const refused = error?.kind === 'unauthorized';
  const keyless = last && error?.offer === 'key';
  const why = error ? sentences(error.message, keyless ? 'Set a key here, and the question is asked by itself.' : error.hint) : '';
  const again: ActionButton = ['Retry', 'retry'];
  const on: ActionButton = ['Continue', 'continue'];
  const other: ActionButton[] = error?.offer === 'model' ? [['Choose Model…', 'chooseModel']] : [];
  switch (status) {
    case 'cancelled':
      return { icon: 'circle-slash', text: 'Stopped. The part that has arrived is kept.', buttons: [on, again] };
    case 'cut':
      return {
        icon: 'fold-down', buttons: stopReason === 'max_tokens' ? [on] : [['Compact…', 'compact'], on],
        text: stopReason === 'max_tokens' ? 'Cut off: the longest reply that the settings allow.' : 'Cut off: the conversation fills the model’s window.',
      };
    case 'interrupted':
      return { icon: 'debug-disconnect', text: why || 'Broke off: the connection or the daemon ended.', buttons: [on, again] };
    case 'refused':
      return { icon: 'circle-slash', text: why || 'Claude declined to answer.', buttons: [again] };
    case 'failed':
      return { icon: 'warning', text: why || 'No reply came.', more: keyless ? error.hint : undefined,
        buttons: refused && !keyless ? [again, ...other, ...buttonsFor(error.kind)] : [...buttonsFor(error?.kind), ...other, again] };
    default:
      return undefined;
  }
}

function timeText(created: string): string {
  const time = new Date(created);
  const today = time.toDateString() === new Date().toDateString();
  return today ? time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : time.toLocaleDateString();
}

export function shortModel(model: string | undefined): string {
  return model?.replace(/^claude-/, '') ?? '';
}

// For a reply that broke off, the server has given only the counts of its beginning.
function usageText({ usage, cost, status, text, thinking = '' }: Turn): string {
  if (!usage) return money(cost);
  const broken = status === 'cancelled' || status === 'interrupted';
  const out = broken ? Math.max(usage.output, Math.ceil((text.length + thinking.length) / letters_a_token)) : usage.output;
  const about = broken ? 'about ' : '';
  return [cost !== undefined && `${about}${money(cost)}`, `${tokens(usage.input + usage.cacheRead + usage.cacheWrite)} in, ${about}${count(out)} out`].filter(Boolean).join(' · ');
}

function usageDetails({ usage }: Turn): string {
  return usage ? `${usage.cacheRead} tokens from the cache, ${usage.cacheWrite} into it, ${usage.input} others in; ${usage.output} out${
    usage.thinking ? `, ${usage.thinking} of them thinking` : ''}` : '';
}

function nameOf({ name, kind, range }: Shared): string {
  const what = kind === 'diagnostics' ? 'problems' : kind === 'gitDiff' ? 'changes' : '';
  return `${name}${range ? lineNumbers(range) : ''}${what ? ` ${what}` : ''}`;
}

// A fold, closed at first; its content is made when it is opened.
function disclosure(title: string, text: string, language = ''): HTMLElement {
  const code = h('code');
  const details = h('details', {}, h('summary', {}, title), h('pre', { tabindex: 0, dir: 'ltr' }, code));
  details.addEventListener('toggle', () => {
    code.innerHTML ||= coloured(visible(text), language);
  });
  return details;
}

function lineNumbers({ start, end }: NonNullable<Turn['attachments'][0]['range']>): string {
  const last = Math.max(start.line + 1, end.character === 0 ? end.line : end.line + 1);
  return start.line + 1 === last ? `:${last}` : `:${start.line + 1}–${last}`;
}
