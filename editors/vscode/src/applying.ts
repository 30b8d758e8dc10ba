// Applies the code blocks of a reply to files: asks the daemon where the blocks belong, and shows the changes for
// review. No file is changed before the user accepts a change.
import * as vscode from 'vscode';
import { Conversations, DocumentState } from './conversations';
import { Failure } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { label } from './places';
import { plain, plainLine } from './plain';
import { Proposals, toRange } from './proposals';
import { Answered, Proposal, Turn } from './protocol';
import { Subject } from './subject';
import { Topic, proposal_scheme, sameTopic, textOf, topicOf } from './topics';

const blocks_button = 'Ask for It in Another Form';
const why_button = 'Show Why';
const review_button = 'Review';

// The changes of one document.
interface Change { uri: string; name: string; proposals: Proposal[] }

export class Applying {
  private typedAt = 0;

  constructor(
    private readonly conversations: Conversations,
    private readonly documents: Documents,
    private readonly drafts: Drafts,
    private readonly subject: Subject,
    private readonly proposals: Proposals,
    subscriptions: vscode.Disposable[],
    private readonly handlers: {
      // Called with the daemon's proposals for a reply's code blocks.
      placed(turn: string, proposals: readonly Proposal[]): void;
      askInBlocks(document: Topic): Promise<void>;
      showError(error: unknown): void;
    },
  ) {
    conversations.on('answered', (state, answer, askedAt) => void this.reviewRewrite(state, answer, askedAt).catch(handlers.showError));
    subscriptions.push(vscode.workspace.onDidChangeTextDocument(({ document: { uri }, contentChanges }) => {
      if (contentChanges.length > 0 && /^(file|untitled|vscode-remote|aside-proposal)$/.test(uri.scheme)) this.noteTyping();
    }));
  }

  // Called when the user types. After that, the review of a rewrite that was requested earlier doesn't open by itself.
  noteTyping(): void {
    this.typedAt = Date.now();
  }

  // Shows the changes of a reply; with `line`, only those of the code block that contains this line of the reply's
  // text. Without `turn`, the reply is the last one with code.
  async apply(document: Topic, turn?: string, line?: number): Promise<void> {
    const reply = turn ?? await this.lastReply(document);
    const all = await this.conversations.edits(document, reply);
    this.handlers.placed(reply, all);
    if (line === undefined) return this.present(document, reply, all);
    const block = all.find(({ startLine, endLine }) => startLine <= line && line < endLine)?.block;
    if (block === undefined) throw new Failure('this code is not a block of its own', { kind: 'noBlock', hint: 'Copy it instead.' });
    return this.present(document, reply, await this.conversations.edits(document, reply, block), line);
  }

  // Puts the changes of a reply into VS Code's own list, where the user chooses among them.
  async preview(document: Topic, turn?: string): Promise<void> {
    const reply = turn ?? await this.lastReply(document);
    const all = await this.conversations.edits(document, reply);
    this.handlers.placed(reply, all);
    const edit = new vscode.WorkspaceEdit();
    for (const { state, textDocument, edits } of all) {
      const target = textDocument && this.documents.textByUri(textDocument.uri);
      if (!target || state === 'conflict') continue; // the user resolves a conflict in the diff editor
      const metadata = { needsConfirmation: true, label: 'Proposed', description: state === 'merged' ? 'merged with later changes in the file' : 'by Claude' };
      for (const { range, newText } of edits) edit.replace(target.uri, toRange(range), newText, metadata);
    }
    if (edit.size === 0) return this.present(document, reply, all); // `present` says why there is no change
    if (!await vscode.workspace.applyEdit(edit)) return;
    for (const [uri] of edit.entries()) await this.proposals.closeUnchanged(uri);
    this.lookAgain(document, reply);
  }

  private async lastReply(document: Topic): Promise<string> {
    const { turns } = (await this.conversations.ready(document)).conversation;
    const last = turns.findLast((turn) => turn.status !== 'streaming' && hasCode(turn));
    if (!last) throw new Failure('no reply of this conversation has code', { kind: 'noCode', hint: 'Ask for a change first.' });
    return last.turn;
  }

  private async present(document: Topic, turn: string, proposals: readonly Proposal[], line?: number): Promise<void> {
    const unplaced = proposals.filter(({ state }) => state === 'unplaced');
    const changes = changesOf(proposals);
    const again = () => this.apply(document, turn, line);
    const [first] = changes;
    if (first && changes.length === 1) {
      await this.show(first, again, () => this.lookAgain(document, turn));
      if (unplaced.length > 0) void this.tellUnplaced(document, unplaced);
    } else if (first) {
      await this.choose(document, turn, changes, unplaced);
    } else if (unplaced.length > 0) {
      await this.explain(document, unplaced);
    } else {
      void vscode.window.showInformationMessage(proposals.length > 0 ? 'Aside: the file already has this text.' : 'Aside: this reply has no code to apply.');
    }
  }

  // Lets the user review the documents of a reply one after the other. When a change was accepted, the list opens
  // again.
  private async choose(document: Topic, turn: string, changes: readonly Change[], unplaced: readonly Proposal[]): Promise<void> {
    interface Row extends vscode.QuickPickItem { change?: Change; reason?: Proposal; all?: true }
    const rows: Row[] = [
      ...changes.map((change) => ({ label: plainLine(change.name), description: described(change), change })),
      ...(changes.length > 1 ? [{ label: 'All of them, with preview', description: 'choose among the changes', all: true as const }] : []),
      ...unplaced.map((reason) => ({ label: `Block ${reason.block + 1} is not placed`, detail: plainLine(reason.reason ?? ''), reason })),
    ];
    const chosen = await vscode.window.showQuickPick(rows, { title: 'Changes of this reply', placeHolder: 'The file to review' });
    if (chosen?.all) return this.preview(document, turn);
    if (chosen?.reason) return this.explain(document, [chosen.reason]);
    if (!chosen?.change) return;
    const again = () => this.apply(document, turn);
    await this.show(chosen.change, again, () => {
      this.lookAgain(document, turn);
      const left = changes.filter((change) => change !== chosen.change);
      if (left.length > 0) void this.choose(document, turn, left, unplaced).catch(this.handlers.showError);
    });
  }

  private async show({ uri, proposals }: Change, anew: () => Promise<void>, taken: () => void): Promise<void> {
    const document = this.documents.textByUri(uri);
    const current = document && proposals.every(({ textDocument }) => this.documents.isAt(textDocument!));
    if (!current) return anew(); // the document has changed since the list was made
    const conflict = proposals.some(({ state }) => state === 'conflict');
    await this.proposals.show(document, proposals.flatMap(({ edits }) => edits), { conflict, anew, taken });
    if (!conflict) return;
    void vscode.window.showWarningMessage('Aside: you and Claude have changed the same lines. The right side has both versions, between lines with <<<<<<< and >>>>>>>: keep the lines that you want, delete the marker lines, and then take the change.');
  }

  // Requests the proposals for a reply again, and sends them to the page. Called after a change was accepted.
  private lookAgain(document: Topic, turn: string): void {
    void this.conversations.edits(document, turn).then((proposals) => this.handlers.placed(turn, proposals), () => {});
  }

  private async tellUnplaced(document: Topic, unplaced: readonly Proposal[]): Promise<void> {
    const what = unplaced.length === 1 ? 'one block of the reply is' : `${unplaced.length} blocks of the reply are`;
    const chosen = await vscode.window.showInformationMessage(`Aside: ${what} not placed.`, why_button);
    if (chosen) await this.explain(document, unplaced);
  }

  // Says why blocks could not be placed. A button asks for the change as search/replace blocks, which match exactly or
  // not at all.
  private async explain(document: Topic, unplaced: readonly Proposal[]): Promise<void> {
    const reasons = [...new Set(unplaced.map(({ reason }) => reason))].join(' ');
    const chosen = await vscode.window.showWarningMessage(plain(`Aside: ${reasons}`), blocks_button);
    if (chosen) await this.handlers.askInBlocks(document);
  }

  // Opens the review of a rewrite that has just been written. If the user has begun something else since the request,
  // shows a notification instead. If the file was closed, does nothing: the rewrite stays in the conversation.
  private async reviewRewrite({ document, conversation }: DocumentState, { turn, status }: Answered, askedAt: number): Promise<void> {
    if (status !== 'complete' || !textOf(document)) return;
    const has = (turns: readonly Turn[] = []) => turns.find((other) => other.turn === turn);
    // A short reply may end before the conversation has its turn.
    const turns = has(conversation?.turns) ? conversation!.turns : (await this.conversations.latest(document)).turns;
    const lines = turns.find((other) => other.turn === has(turns)?.parent)?.rewrite;
    if (!lines) return;
    if (this.isFree(document, askedAt)) return this.apply(document, turn);
    const chosen = await vscode.window.showInformationMessage(
      plainLine(`Aside: the rewrite of ${label(lines)} is ready. To review it later, press Alt+A Enter in ${label(document)}.`), review_button);
    if (chosen) await this.apply(document, turn);
  }

  private isFree(document: Topic, askedAt: number): boolean {
    const active = vscode.window.activeTextEditor?.document;
    const edits = active?.uri.scheme === proposal_scheme && active.isDirty;
    return vscode.window.state.focused && this.typedAt < askedAt && !edits && this.drafts.text(this.documents.uri(document)) === ''
      && sameTopic(this.subject.here, document) && (!active || sameTopic(topicOf(active), document));
  }
}

export function hasCode({ role, text }: Turn): boolean {
  return role === 'assistant' && /^ {0,3}(```|~~~)/m.test(text);
}

function changesOf(proposals: readonly Proposal[]): Change[] {
  const changes = new Map<string, Change>();
  for (const proposal of proposals) {
    const uri = proposal.textDocument?.uri;
    if (proposal.state === 'unplaced' || !uri || proposal.edits.length === 0) continue;
    if (!changes.has(uri)) changes.set(uri, { uri, name: proposal.name ?? label({ uri }), proposals: [] });
    changes.get(uri)!.proposals.push(proposal);
  }
  return [...changes.values()];
}

function described({ proposals }: Change): string {
  const edits = proposals.flatMap(({ edits }) => edits).length;
  const states = new Set(proposals.map(({ state }) => state));
  return [edits === 1 ? '1 change' : `${edits} changes`,
    states.has('conflict') ? 'you have changed the same lines' : states.has('merged') ? 'merged with your later changes' : ''].filter(Boolean).join(', ');
}
