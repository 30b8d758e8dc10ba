// The messages of asided that this extension uses, as protocol/protocol.md describes them. Types only.

export interface Position { line: number; character: number }
export interface Range { start: Position; end: Position }

// What a question may share: a range of a synchronised document, the whole of it, or this very text.
export interface Attachment { uri: string; range?: Range; text?: string; languageId?: string }

export interface Usage { input: number; cacheRead: number; cacheWrite: number; output: number; thinking?: number }

export interface Problem {
  code: number; kind: string; message: string; hint?: string;
}

export interface Turn {
  turn: string;
  parent: string | null;
  role: 'user' | 'assistant';
  text: string;
  thinking?: string;
  attachments: (Attachment & { name: string; text: string })[];
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
  totals: { usage: Usage; cost?: number };
  candidates?: Candidate[]; // of a document without a conversation: those of vanished ones that had its content
}

export interface Candidate { conversation: string; title: string; uri: string }

export interface Delta { conversation: string; turn: string; kind: 'text' | 'thinking'; text: string }

export interface Status {
  conversation: string;
  turn: string;
  state: 'connecting' | 'waiting' | 'thinking' | 'writing' | 'retrying' | 'ended';
  retry?: { attempt: number; of: number; delaySeconds: number; reason: string };
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
  conversation: string; turn: string; reply: string; uri: string; title: string; snippet: string; created: string;
}

export interface Model {
  id: string; name: string; contextWindow?: number; efforts: string[]; price?: { input: number; output: number };
}

// What `data` of an error holds; `kind` is `died` in those that are made here, of a daemon that is gone.
export interface ProblemData {
  kind: string; retryable?: boolean; hint?: string; conversation?: string; turn?: string;
}
