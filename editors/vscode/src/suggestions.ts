// What the user may want to share with the next question. The daemon makes the suggestions, and the view shows them in
// one line. Nothing is attached without a click.
//
// The daemon is asked when the cursor has moved, when another document has come to the front, or when the draft has
// changed; each time after a pause. It isn't asked while nobody could see the answer (`wanted`). An answer that comes
// too late is dropped.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { problemsAt } from './attachments';
import { Daemon } from './daemon';
import { Documents, plainRange } from './documents';
import { Drafts } from './drafts';
import { Suggestion } from './protocol';
import { Subject } from './subject';
import { no_file, notebookOf, sameTopic } from './topics';

const pause_ms = 400;
const symbols_ms = 100; // how long to wait for VS Code's symbols of a document
const enclosing = new Set([vscode.SymbolKind.Function, vscode.SymbolKind.Method, vscode.SymbolKind.Constructor, vscode.SymbolKind.Class, vscode.SymbolKind.Struct, vscode.SymbolKind.Interface, vscode.SymbolKind.Enum]);

export class Suggestions extends EventEmitter<{ changed: [] }> {
  private found: { uri: string; rows: readonly Suggestion[] } = { uri: '', rows: [] };
  private timer: NodeJS.Timeout | undefined;
  private latest = 0;

  // `wanted`: whether the view could show suggestions now.
  constructor(private readonly daemon: Daemon, private readonly documents: Documents, private readonly subject: Subject, private readonly drafts: Drafts, private readonly wanted: () => boolean) {
    super();
    const update = () => this.updateSoon();
    subject.on('changed', update);
    subject.on('selected', update);
    drafts.on('changed', update);
  }

  // The last suggestions for a document.
  of(uri: string): readonly Suggestion[] {
    return this.found.uri === uri ? this.found.rows : [];
  }

  updateSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.update().catch(() => {}), pause_ms); // after an error, there are just no new suggestions
  }

  private async update(): Promise<void> {
    const { here, editor } = this.subject;
    if (!this.wanted() || !this.daemon.offers('suggest') || sameTopic(here, no_file) || notebookOf(here)) return;
    const number = ++this.latest;
    const uri = this.documents.uri(here);
    const selection = editor?.selection;
    const problems = editor && problemsAt(editor);
    const block = editor && await blockAround(editor);
    if (editor?.document.isDirty) this.documents.openInDaemon(editor.document);
    const { suggestions } = await this.daemon.request<{ suggestions: Suggestion[] }>('attachment/suggest', {
      textDocument: { uri }, attachments: this.drafts.attachments,
      ...(selection && { position: plainRange(selection)[selection.isReversed ? 'start' : 'end'] }),
      ...(selection && !selection.isEmpty && { selection: plainRange(selection) }),
      ...(block && { block: plainRange(block) }),
      ...(problems && { problems }),
    });
    if (number !== this.latest) return;
    this.found = { uri, rows: suggestions };
    this.emit('changed');
  }
}

// Resolves to the range of the innermost function or type around the cursor, if VS Code knows it at once. Otherwise the
// daemon finds a block by the indentation.
async function blockAround({ document, selection: { active } }: vscode.TextEditor): Promise<vscode.Range | undefined> {
  const symbols = await Promise.race([
    Promise.resolve(vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>('vscode.executeDocumentSymbolProvider', document.uri)).catch(() => undefined),
    new Promise<undefined>((resolve) => setTimeout(resolve, symbols_ms, undefined)),
  ]);
  let found: vscode.Range | undefined;
  for (let level = symbols ?? []; level.length > 0; ) {
    const around = level.find(({ range }) => range?.contains(active));
    if (around && enclosing.has(around.kind)) found = around.range;
    level = around?.children ?? [];
  }
  return found;
}
