// The documents that the daemon knows: those that Aside was used in, and no others. Their texts are kept in step, so
// that a question can share a range by naming it. Threads follow renamed files, and an unsaved document that is saved.
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { Daemon } from './daemon';
import { Attachment, Range } from './protocol';

const remembered = 'aside.untitled';

export class Documents implements vscode.Disposable {
  private readonly open = new Set<vscode.TextDocument>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly renames = new vscode.EventEmitter<void>();
  readonly onRenamed = this.renames.event;

  constructor(private readonly daemon: Daemon, private readonly memory: vscode.Memento) {
    this.subscriptions = [
      daemon.onDown(() => this.open.clear()),
      vscode.workspace.onDidChangeTextDocument((event) => this.changed(event)),
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (this.open.has(document)) daemon.notify('textDocument/didSave', { textDocument: { uri: this.uri(document) } });
        else this.savedAs(document);
      }),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        this.renamed(files.map(({ oldUri, newUri }) => ({ oldUri: oldUri.toString(), newUri: newUri.toString() })));
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const named = (folders: readonly vscode.WorkspaceFolder[]) => folders.map(({ uri, name }) => ({ uri: uri.toString(), name }));
        daemon.notify('workspace/didChangeWorkspaceFolders', { event: { added: named(added), removed: named(removed) } });
      }),
    ];
  }

  // The name under which the daemon knows a document. VS Code calls each window's first unsaved one Untitled-1; a
  // thread needs a name that stays its own.
  uri(document: vscode.TextDocument): string {
    if (!document.isUntitled) return document.uri.toString();
    const names = this.memory.get<Record<string, string>>(remembered, {});
    const name = document.uri.toString();
    if (!names[name]) void this.memory.update(remembered, { ...names, [name]: `untitled:${randomUUID()}` });
    return this.memory.get<Record<string, string>>(remembered, {})[name]!;
  }

  // From here on the daemon has the document's text.
  use(document: vscode.TextDocument): string {
    const uri = this.uri(document);
    if (!this.open.has(document)) {
      this.open.add(document);
      this.daemon.notify('textDocument/didOpen', {
        textDocument: { uri, languageId: document.languageId, version: document.version, text: document.getText() },
      });
    }
    return uri;
  }

  // The daemon forgets the text, and tells no more of its thread.
  close(document: vscode.TextDocument): void {
    this.open.delete(document);
    this.daemon.notify('textDocument/didClose', { textDocument: { uri: this.uri(document) } });
    if (!document.isUntitled) return;
    const { [document.uri.toString()]: _, ...names } = this.memory.get<Record<string, string>>(remembered, {});
    void this.memory.update(remembered, names);
  }

  attachment(document: vscode.TextDocument, range?: vscode.Range): Attachment {
    return { uri: this.uri(document), ...(range && { range: plain(range) }) };
  }

  // The text as it is now, for a question that is sent later.
  snapshot(document: vscode.TextDocument, range: vscode.Range): Attachment {
    return { ...this.attachment(document, range), text: document.getText(range), languageId: document.languageId };
  }

  dispose(): void {
    for (const subscription of [...this.subscriptions, this.renames]) subscription.dispose();
  }

  private changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (!this.open.has(document) || contentChanges.length === 0) return;
    this.daemon.notify('textDocument/didChange', {
      textDocument: { uri: this.uri(document), version: document.version },
      contentChanges: contentChanges.map(({ range, text }) => ({ range: plain(range), text })),
    });
  }

  // VS Code has no event for an unsaved document that gets its file: a new file is saved with the same text, and then
  // the unsaved document is closed.
  private savedAs(file: vscode.TextDocument): void {
    const text = file.getText();
    const unsaved = vscode.workspace.textDocuments.find((document) => document.isUntitled && text !== '' && document.getText() === text);
    if (unsaved) this.renamed([{ oldUri: this.uri(unsaved), newUri: file.uri.toString() }]);
  }

  private renamed(files: { oldUri: string; newUri: string }[]): void {
    this.daemon.notify('workspace/didRenameFiles', { files });
    this.renames.fire();
  }
}

function plain({ start, end }: vscode.Range): Range {
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}
