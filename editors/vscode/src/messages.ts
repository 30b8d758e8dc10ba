// The messages between the extension and the view's page.
import { Checked, Conversation, Delta, NextRequest, Offer, ProblemData, Proposal, Status, Suggestion, Turn } from './protocol';

// Everything that the page shows.
export interface Show {
  type: 'show';
  uri?: string; // the document's URI in the daemon
  name?: string; // the document's name, for people
  conversation?: Conversation;
  same: boolean; // `conversation` is left out, since the page has it already, with all deltas
  status?: Status;
  retryAt?: number;
  asking: boolean;
  failure?: { message: string } & Pick<ProblemData, 'hint' | 'kind' | 'offer'>;
  draft: Draft;
  server: string | undefined; // the server that gets the questions
  key: { missing: boolean; message: string; server: string } | undefined; // why nothing can be asked yet; undefined: questions can be asked
  elsewhere: string[]; // documents for which a reply is being written
  offer?: Offer;
  beside: Beside[];
  offers: { edits: boolean; side: boolean }; // which features the daemon has
}

// A side question that the page shows above the question box, with the part of its reply that has arrived.
export interface Beside { question: string; reply: Turn; status?: Status | undefined }

// A question that has not been sent.
// isEdit: the draft edits an earlier question
// updates: changes in shared text, which are sent with the question
// sharedBefore: Claude has code from earlier questions
// known: the code that Claude has and that has not changed, such as `main.c:10-24`
// addable: what a click or a key would attach: the selection, or the file if nothing is selected; undefined: Claude has
// it already
// hasFile: a file is open, so there is something to attach
// suggestions: what the user may want to share
// next: the whole request that would be sent now; undefined: not known
// asked: what the last reply asks to see
export interface Draft {
  text: string; attachments: NamedAttachment[]; isEdit: boolean; updates: NamedAttachment[]; cost: number | undefined; sharedBefore: boolean;
  known: string; addable: string | undefined; hasFile: boolean;
  suggestions: Suggested[]; next: NextRequest | undefined; asked: Asked | undefined;
}

// Something that the user may want to share: its name, such as `main.c:10-24`, the reason why it is suggested, and the
// text of its tooltip.
export interface Suggested { name: string; reason: Suggestion['reason']; detail: string }

// What a reply asks to see: the reply's turn, the files, and the price of all that can be shared.
export interface Asked { turn: string; files: (NamedAttachment & { added: boolean })[]; cost: number | undefined }

// An attachment with its name, such as `main.c:10-24`, and the result of the daemon's check, if the result has arrived.
export interface NamedAttachment { name: string; kind: string; check?: Checked }

// A completion of the text after `@` or `/`. Accepting the completion attaches `uri`, or
// shows the files that `pattern` means.
export interface Completion { text: string; label: string; detail: string; uri?: string; pattern?: string }

// A message to the page. `draft`: the draft's text replaces the text in the box only if `text` is true; otherwise the
// text in the box is newer. `focus`: the focus moves to a turn or, without `turn`, to the question box.
export type ToPage = Show | { type: 'deltas'; deltas: Delta[] } | { type: 'draft'; draft: Draft; text: boolean } | { type: 'focus'; turn?: string }
  | { type: 'completions'; query: string; completions: Completion[] } | { type: 'places'; known: string[] }
  | { type: 'colours'; colours: Record<string, string> } | { type: 'placed'; turn: string; blocks: Placed[] };

// The place of a reply's code block. `startLine` is the block's line in the reply's text. `reason` says why the block
// could not be placed. `done`: the file has the block's text already.
export interface Placed { startLine: number; state: Proposal['state']; reason: string | undefined; done: boolean }

// The only commands that the page can run.
export const actions = [
  'stop', 'retry', 'continue', 'edit', 'select', 'byTheWay', 'fork', 'new', 'switch', 'chooseModel', 'addSelection', 'attachFile', 'preview', 'compact', 'setApiKey', 'check', 'restart', 'log', 'settings',
] as const;
export type Action = (typeof actions)[number];

// The user's answer when asked whether a file of instructions may be used.
export type Answer = 'allow' | 'later' | 'never';

// The document and conversation that the page shows when it sends a message.
export interface PageContext { uri: string | undefined; conversation: string | undefined }

export type FromPage =
  | { type: 'ready' }
  | { type: 'ask'; question: string }
  | { type: 'draft'; text: string }
  | { type: 'leaveOut'; attachment: number }
  | { type: 'leaveOutUpdates' }
  // Attaches the suggestion with this index and name.
  | { type: 'suggestion'; index: number; name: string }
  // Shows the files that a folder or a pattern means, to choose from.
  | { type: 'expand'; pattern: string }
  // Whether the focus is in the question box.
  | { type: 'box'; focused: boolean }
  // Attaches the file with this index among those that the last reply asks to see, or all of them. With `now`, a
  // question with these attachments is sent at once.
  | { type: 'wanted'; file?: number; now?: boolean }
  | { type: 'places'; names: string[] }
  | { type: 'complete'; sign: '@' | '/'; query: string }
  // `uris` is a text/uri-list; `typed`: the user named the file in the box, so the box has the focus.
  | { type: 'attach'; uris: string; typed: boolean }
  | { type: 'instructions'; answer: Answer }
  | { type: 'cancelEdit' }
  | { type: 'do'; action: Action; turn?: string }
  | { type: 'reveal'; turn: string; attachment: number }
  | { type: 'visit'; name: string }
  | { type: 'link'; href: string }
  | { type: 'copy'; text: string }
  | { type: 'apply'; turn: string; line: number }
  // Removes a side question from the place above the box; it stays folded below the reply that it follows.
  | { type: 'fold'; turn: string }
  | { type: 'insert'; text: string };
