// The messages between the extension and the view's page.
import { Checked, Conversation, Delta, Offer, ProblemData, Proposal, Status, Turn } from './protocol';

// Everything that the page shows.
export interface Show {
  type: 'show';
  uri?: string; // of the document, in the daemon
  name?: string; // of the document, for people
  conversation?: Conversation;
  same: boolean; // the page has this conversation already, with all deltas, so it isn't sent again
  status?: Status;
  retryAt?: number;
  asking: boolean;
  failure?: { message: string } & Pick<ProblemData, 'hint' | 'kind' | 'offer'>;
  draft: Draft;
  server: string | undefined; // to which questions go
  key: { missing: boolean; message: string; server: string } | undefined; // why nothing can be asked yet; undefined: questions can be asked
  elsewhere: string[]; // documents for which a reply is being written
  offer?: Offer;
  beside: Beside[];
  offers: { edits: boolean; side: boolean }; // what the daemon can do
}

// A side question whose answer is shown at once, with its reply as far as it has come.
export interface Beside { question: string; reply: Turn; status?: Status | undefined }

// A question that has not been sent.
// isEdit: the draft edits an earlier question
// updates: changes in shared text, which are sent with the question
// sharedBefore: Claude has code that earlier questions brought along
// known: the code that Claude has and that has not changed, such as `main.c:10-24`
// addable: what a click or a key would attach: the selection, or the file if nothing is selected; undefined: Claude has that
// hasFile: there is something that could be attached
export interface Draft {
  text: string; attachments: NamedAttachment[]; isEdit: boolean; updates: NamedAttachment[]; cost: number | undefined; sharedBefore: boolean;
  known: string; addable: string | undefined; hasFile: boolean;
}

// An attachment with its name, such as `main.c:10-24`, and the result of the daemon's check, if it has arrived.
export interface NamedAttachment { name: string; kind: string; check?: Checked }

// A proposal for what was typed after `@` or `/`. Accepting it attaches `uri`.
export interface Completion { text: string; label: string; detail: string; uri?: string }

// `draft`: its text replaces the text in the box only if `text` is true; otherwise the text in the box is newer. `focus`: moves
// the focus to a turn, or without one to the question box.
export type ToPage = Show | { type: 'deltas'; deltas: Delta[] } | { type: 'draft'; draft: Draft; text: boolean } | { type: 'focus'; turn?: string }
  | { type: 'completions'; query: string; completions: Completion[] } | { type: 'places'; known: string[] }
  | { type: 'colours'; colours: Record<string, string> } | { type: 'placed'; turn: string; blocks: Placed[] };

// What is known of a code block of a reply. `startLine` is its line in the reply's text; `reason` says why it has no place.
export interface Placed { startLine: number; state: Proposal['state']; reason: string | undefined; done: boolean }

// The only commands that the page can run.
export const actions = [
  'stop', 'retry', 'continue', 'edit', 'select', 'byTheWay', 'fork', 'new', 'switch', 'chooseModel', 'addSelection', 'attachFile', 'preview', 'compact', 'setApiKey', 'check', 'restart', 'log', 'settings',
] as const;
export type Action = (typeof actions)[number];

// The answer to the question whether a file of instructions may be used.
export type Answer = 'allow' | 'later' | 'never';

// What the page shows when it sends a message.
export interface PageContext { uri: string | undefined; conversation: string | undefined }

export type FromPage =
  | { type: 'ready' }
  | { type: 'ask'; question: string }
  | { type: 'draft'; text: string }
  | { type: 'leaveOut'; attachment: number }
  | { type: 'leaveOutUpdates' }
  | { type: 'places'; names: string[] }
  | { type: 'complete'; sign: '@' | '/'; query: string }
  | { type: 'attach'; uris: string; typed: boolean } // a text/uri-list; `typed`: the file was named in the box, which has the focus
  | { type: 'instructions'; answer: Answer }
  | { type: 'cancelEdit' }
  | { type: 'do'; action: Action; turn?: string }
  | { type: 'reveal'; turn: string; attachment: number }
  | { type: 'visit'; name: string }
  | { type: 'link'; href: string }
  | { type: 'copy'; text: string }
  | { type: 'apply'; turn: string; line: number }
  | { type: 'fold'; turn: string } // the answer to a side question into its place
  | { type: 'insert'; text: string };
