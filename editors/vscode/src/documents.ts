// The documents that the daemon knows: those that Aside was used in, and no others. Their texts are kept in step, so
// that a question can share a range by naming it. Threads follow renamed files, and an unsaved document that is saved.
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Daemon, named } from './daemon';
import { Attachment, Range } from './protocol';

const remembered = 'aside.untitled';

export class Documents extends EventEmitter<{ renamed: [] }> {
  private readonly open = new Set<vscode.TextDocument>();

  constructor(private readonly daemon: Daemon, private readonly memory: vscode.Memento) {
    super();
    daemon.on('down', () => this.open.clear());
    vscode.workspace.onDidChangeTextDocument((event) => this.changed(event));
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (this.open.has(document)) daemon.notify('textDocument/didSave', { textDocument: { uri: this.uri(document) } });
      else this.savedAs(document);
    });
    vscode.workspace.onDidRenameFiles(({ files }) => {
      this.renamed(files.map(({ oldUri, newUri }) => ({ oldUri: oldUri.toString(), newUri: newUri.toString() })));
    });
    vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      daemon.notify('workspace/didChangeWorkspaceFolders', { event: { added: named(added), removed: named(removed) } });
    });
  }

  // The name under which the daemon knows a document. VS Code calls each window's first unsaved one Untitled-1; a
  // thread needs a name that stays its own.
  uri(document: vscode.TextDocument): string {
    const uri = document.uri.toString();
    if (!document.isUntitled) return uri;
    const names = this.names;
    if (!names[uri]) void this.memory.update(remembered, { ...names, [uri]: `untitled:${randomUUID()}` });
    return this.names[uri]!;
  }

  // The open document of this name; it may not have been used yet.
  find(uri: string): vscode.TextDocument | undefined {
    const unsaved = Object.keys(this.names).find((name) => this.names[name] === uri);
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === (unsaved ?? uri));
  }

  knows(document: vscode.TextDocument): boolean {
    return this.open.has(document);
  }

  // From here on the daemon has the document's text.
  use(document: vscode.TextDocument): void {
    if (this.open.has(document)) return;
    this.open.add(document);
    const { languageId, version } = document;
    this.daemon.notify('textDocument/didOpen', {
      textDocument: { uri: this.uri(document), languageId, version, text: document.getText() },
    });
  }

  // What these name instead of holding it, as far as it is open.
  useThose(attachments: readonly Attachment[]): void {
    for (const { uri, text } of attachments) {
      const document = text === undefined && this.find(uri);
      if (document) this.use(document);
    }
  }

  // The daemon forgets the text, and tells no more of its thread.
  close(document: vscode.TextDocument): void {
    this.open.delete(document);
    this.daemon.notify('textDocument/didClose', { textDocument: { uri: this.uri(document) } });
    if (!document.isUntitled) return;
    const { [document.uri.toString()]: _, ...names } = this.names;
    void this.memory.update(remembered, names);
  }

  attachment(document: vscode.TextDocument, range?: vscode.Range): Attachment {
    return { uri: this.uri(document), ...(range && { range: plain(range) }) };
  }

  // The text as it is now, for a question that is sent later.
  snapshot(document: vscode.TextDocument, range: vscode.Range): Attachment {
    return { ...this.attachment(document, range), text: document.getText(range), languageId: document.languageId };
  }

  private get names(): Record<string, string> {
    return this.memory.get(remembered, {});
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
    this.emit('renamed');
  }
}

function plain({ start, end }: vscode.Range): Range {
  return { start: { line: start.line, character: start.character }, end: { line: end.line, character: end.character } };
}
