// What the extension and the view's page say to one another.
import { Conversation, Delta, Status } from './protocol';

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
  failure?: { message: string; hint?: string; kind: string };
  draft: Draft;
  elsewhere: string[]; // documents for which a reply is being written
}

// A question that has not been sent, `again`: but was once, and has been edited since. An attachment is named, as in
// `main.c:10-24`.
export interface Draft { text: string; attachments: string[]; again: boolean }

// What gets the focus is the question box, or else a turn.
export type ToPage = Show | { type: 'deltas'; deltas: Delta[] } | { type: 'draft'; draft: Draft } | { type: 'focus'; turn?: string };

// What the page may have done: these commands and no others.
export const actions = [
  'stop', 'retry', 'continue', 'edit', 'select', 'fork', 'new', 'switch', 'chooseModel', 'addSelection', 'setApiKey', 'restart', 'log', 'settings',
] as const;
export type Action = (typeof actions)[number];

export type FromPage =
  | { type: 'ready' }
  | { type: 'ask'; question: string }
  | { type: 'draft'; text: string }
  | { type: 'drop'; attachment: number }
  | { type: 'leave' }
  | { type: 'do'; action: Action; turn?: string }
  | { type: 'reveal'; turn: string; attachment: number }
  | { type: 'visit'; name: string }
  | { type: 'link'; href: string }
  | { type: 'copy'; text: string }
  | { type: 'insert'; text: string };
