// The messages of asided that this extension uses, as protocol/protocol.md describes them. Types only.

export interface Position { line: number; character: number }
export interface Range { start: Position; end: Position }

// What a question shares: with `range`, a part of a document; without `range`, the whole document. If there is `text`,
// it is sent instead of the document's text. `kind`: the problems that the editor shows (`text` holds them), or the
// changes since the last commit.
export interface Attachment { uri: string; range?: Range; text?: string; languageId?: string; kind?: 'diagnostics' | 'gitDiff' }

// What a reply asks to see. The reply may name anything; whether there is such a file hasn't been checked yet.
export interface Wanted extends Attachment { name: string }

// What was shared with a question, as it was then. The daemon adds an `update`, which holds changes in shared text.
export interface Shared extends Omit<Attachment, 'kind'> {
  name: string; text: string; kind?: Attachment['kind'] | 'image' | 'document' | 'update'; mediaType?: string; bytes?: number;
}

// An attachment before it is sent. `refused`: why it can't be sent. `reasons`: why the user must agree before it is
// sent. `cost`: present only if the check was about a question.
export interface Checked { name: string; kind: string; lines?: string; bytes: number; tokens: number; cost?: number; refused?: string; reasons?: string[]; guessedEncoding?: string }

// Shared text that the model has and that has not changed. Without `range`, this is a whole document.
export interface Known { uri: string; name: string; range?: Range }

// What would be sent with a question. `updates` are left out if the question has `current: false`. `tokens` and `cost`
// count everything together. `next` is the whole request, without the words of the question.
export interface Forecast { attachments: Checked[]; updates?: (Checked & { uri: string })[]; known?: Known[]; tokens?: number; cost?: number; next?: NextRequest }

// An estimate of a request: its tokens, how many of them should be cached, and its price. `cacheCost` is the part of
// the price that pays for writing to the cache.
export interface NextRequest { tokens: number; cached: number; cost?: number; cacheCost?: number }

// Whether the daemon has a key; the server is not asked whether the key is valid. `problem`: why nothing can be asked.
export interface CredentialCheck {
  state: 'found' | 'missing' | 'notNeeded'; source?: string; server?: string; problem?: { message: string; hint?: string };
}

// `estimated`: the reply was stopped before the server counted it.
export interface Usage { input: number; cacheRead: number; cacheWrite: number; output: number; thinking?: number; estimated?: boolean }

// Why a reply failed or broke off.
export interface Problem {
  code: number; kind: string; message: string; hint?: string; offer?: ProblemData['offer'];
}

export interface Turn {
  turn: string;
  parent: string | null;
  role: 'user' | 'assistant';
  text: string;
  thinking?: string;
  kind?: 'compaction';
  side?: boolean; // a side question, or its reply
  rewrite?: { uri: string; range: Range }; // the lines whose new text the question asks for
  summedUp?: boolean;
  wanted?: Wanted[]; // what a reply asks to see
  system?: string; // the changed instructions that the model got after this question
  attachments: Shared[];
  status: 'streaming' | 'complete' | 'cancelled' | 'cut' | 'interrupted' | 'refused' | 'failed';
  sent: boolean;
  stopReason?: string;
  error?: Problem;
  model?: string;
  usage?: Usage;
  cost?: number;
  created: string;
  variants: string[];
}

export interface Conversation {
  conversation: string;
  title: string;
  uri: string;
  model: string;
  effort: string | null;
  head: string | null;
  redo?: string;
  turns: Turn[];
  sides?: Turn[]; // side questions and their replies, without those that are being written
  totals: { usage: Usage; cost?: number };
  context?: Context;
  shared?: string[]; // URIs of documents
  instructions?: { files: string[]; offer?: Offer; notice?: string };
  // If the document has no conversation: conversations of vanished files that had the same content.
  candidates?: Candidate[];
}

// How much of the model's window the conversation fills.
export interface Context { tokens: number; cached: number; window?: number; full?: boolean }

// A file of instructions that waits for the user's answer.
export interface Offer { name: string; folder: string }

export interface Instructions {
  files: {
    uri: string; name: string; kind: 'user' | 'folder'; folder?: string; state: 'used' | 'unanswered' | 'refused'; problem?: string;
  }[];
  own?: string; // the URI of the user's own file, which need not exist
  text: string;
  notice?: string;
}

export interface Candidate { conversation: string; title: string; uri: string }

export interface Delta { conversation: string; turn: string; kind: 'text' | 'thinking'; text: string }

export interface Status {
  conversation: string;
  turn: string;
  state: 'connecting' | 'waiting' | 'thinking' | 'writing' | 'retrying' | 'storing' | 'ended';
  retry?: { attempt: number; of?: number; delaySeconds: number; reason: string };
}

export interface Changed { conversation: string; uri: string }

export interface Transcript {
  text: string;
  sections: { turn: string; kind: string; startLine: number; endLine: number }[];
}

export interface Summary {
  conversation: string; title: string; uri: string; updated: string; turns: number; cost?: number;
}

export interface Hit {
  conversation: string; turn: string; reply: string; uri: string; title: string; snippet: string; created: string; side?: boolean;
}

// The result of a request for a reply.
export interface Answered { conversation: string; turn: string; status: Turn['status'] }

// Lines of a document that were shared with the question `turn`. `range` is where these lines are now; `text` is the
// question's first line.
export interface Mark { turn: string; text: string; range: Range; side?: boolean }

// `version` is that of the open document; null: the file isn't open in the daemon.
export interface Marked { conversation: string; version: number | null; marks: Mark[] }

// One of the files that a folder or a pattern means.
export interface GroupFile extends Checked { attachment: Attachment }

// What the user may want to share with the next question, and why.
export interface Suggestion extends Checked {
  reason: 'selection' | 'block' | 'import' | 'otherHalf' | 'changed' | 'problems'; attachment: Attachment;
}

// A file that `attachment/find` has found. `name` is its path below the folder in which it was looked for.
export interface Found { uri: string; name: string }

export interface TextEdit { range: Range; newText: string }

// Where a code block of a reply belongs. `startLine` is a line of the reply's text. If `state` is `unplaced`, `reason`
// says why.
export interface Proposal {
  block: number; startLine: number; endLine: number; name?: string; state: 'placed' | 'merged' | 'conflict' | 'unplaced'; reason?: string;
  textDocument?: { uri: string; version: number | null }; edits: TextEdit[];
}

export interface Model {
  id: string; name: string; contextWindow?: number; efforts: string[]; price?: { input: number; output: number };
  pricesAsOf?: string; deprecated?: boolean; retires?: string; successor?: string;
}

export interface Models { models: Model[]; default: string; source: 'api' | 'builtIn'; asOf: string }

export interface Prompt { name: string; description: string; text?: string; problem?: string; needsCode?: boolean }

// `data` of an error. `offer` says what would help. Errors that the extension makes itself have kinds of their own, such as
// `died` when the daemon is gone.
export interface ProblemData {
  kind: string; retryable?: boolean; hint?: string; conversation?: string; turn?: string; reasons?: string[];
  offer?: 'compact' | 'key' | 'model';
}
