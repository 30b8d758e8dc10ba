// What the extension and the view's page say to one another.
import { Checked, Conversation, Delta, Offer, ProblemData, Status } from './protocol';

// Everything that the page shows.
export interface Show {
  type: 'show';
  uri?: string; // of the document; absent: there is none to show
  name?: string; // for people
  conversation?: Conversation;
  same: boolean; // the conversation is the one that was shown last, with what was added, and not repeated here
  status?: Status;
  retryAt?: number;
  asking: boolean;
  failure?: { message: string } & Pick<ProblemData, 'hint' | 'kind' | 'offer'>;
  draft: Draft;
  key: { missing: boolean; message: string; server: string } | undefined; // why nothing can be asked yet
  elsewhere: string[]; // documents for which a reply is being written
  offer?: Offer;
}

// A question that has not been sent, `again`: but was once, and has been edited since.
// `changes`: what has changed since it was shared, and goes along; `sharedBefore`: the conversation has code in it. `add`: what a
// click or a key would add, the selection or else the file.
export interface Draft {
  text: string; attachments: NamedAttachment[]; isEdit: boolean; updates: NamedAttachment[]; cost: number | undefined; sharedBefore: boolean; addable: string | undefined;
}

// An attachment by its name, as in `main.c:10-24`, and what the daemon says of it, once it has.
export interface NamedAttachment { name: string; kind: string; check?: Checked }

// What stands for what was typed after `@` or `/`; `uri` is attached by that.
export interface Completion { text: string; label: string; detail: string; uri?: string }

// A draft's text is for the box only if `text` says so: else what is typed there is newer. What gets the focus is the question
// box, or else a turn.
export type ToPage = Show | { type: 'deltas'; deltas: Delta[] } | { type: 'draft'; draft: Draft; text: boolean } | { type: 'focus'; turn?: string }
  | { type: 'completions'; query: string; completions: Completion[] } | { type: 'places'; known: string[] }
  | { type: 'colours'; colours: Record<string, string> };

// What the page may have done: these commands and no others.
export const actions = [
  'stop', 'retry', 'continue', 'edit', 'select', 'fork', 'new', 'switch', 'chooseModel', 'addSelection', 'attachFile', 'preview', 'compact', 'setApiKey', 'check', 'restart', 'log', 'settings',
] as const;
export type Action = (typeof actions)[number];

// To the question whether a file of instructions may be followed.
export type Answer = 'allow' | 'later' | 'never';

// What the page shows when it says something.
export interface PageContext { uri: string | undefined; conversation: string | undefined }

export type FromPage =
  | { type: 'ready' }
  | { type: 'ask'; question: string }
  | { type: 'draft'; text: string }
  | { type: 'leaveOut'; attachment: number }
  | { type: 'leaveOutUpdates' }
  | { type: 'places'; names: string[] }
  | { type: 'complete'; sign: '@' | '/'; query: string }
  | { type: 'attach'; uris: string } // as text/uri-list
  | { type: 'instructions'; answer: Answer }
  | { type: 'cancelEdit' }
  | { type: 'do'; action: Action; turn?: string }
  | { type: 'reveal'; turn: string; attachment: number }
  | { type: 'visit'; name: string }
  | { type: 'link'; href: string }
  | { type: 'copy'; text: string }
  | { type: 'insert'; text: string };
