// The documents that are open in the daemon: only those in which Aside was used. Their texts are kept equal, so that a
// question can share a range by naming it. Conversations follow renamed files, and unsaved documents that are saved.
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Daemon, folderParams } from './daemon';
import { Attachment, Range } from './protocol';
import { Topic, cellOf, no_file, notebookOf, textOf } from './topics';

const untitled_names_key = 'aside.untitled';

export class Documents extends EventEmitter<{ renamed: []; edited: [vscode.TextDocument] }> {
  private readonly openDocuments = new Set<vscode.TextDocument>();
  private readonly sentTexts = new Map<string, string>(); // texts of cells, and of all cells, that the daemon has
  private readonly savedFrom = new Map<string, string>(); // files that are being made of unsaved documents, and of which

  constructor(private readonly daemon: Daemon, private readonly memory: vscode.Memento, subscriptions: vscode.Disposable[]) {
    super();
    daemon.on('down', () => {
      this.openDocuments.clear();
      this.sentTexts.clear();
    });
    subscriptions.push(
      vscode.workspace.onDidChangeTextDocument((event) => this.changed(event)),
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (this.openDocuments.has(document)) daemon.notify('textDocument/didSave', { textDocument: { uri: this.uri(document) } });
        this.savedAs(document);
        this.emit('edited', document);
      }),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        this.renamed(files.map(({ oldUri, newUri }) => ({ oldUri: oldUri.toString(), newUri: newUri.toString() })));
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        daemon.notify('workspace/didChangeWorkspaceFolders', { event: { added: folderParams(added), removed: folderParams(removed) } });
      }),
    );
  }

  // The name under which the daemon knows it. VS Code calls each window's first unsaved document Untitled-1; a
  // conversation needs a name that stays its own.
  uri({ uri, isUntitled }: Topic): string {
    const name = uri.toString();
    if (!isUntitled) return name;
    const names = this.untitledNames;
    if (!names[name]) void this.memory.update(untitled_names_key, { ...names, [name]: `untitled:${randomUUID()}` });
    return this.untitledNames[name]!;
  }

  // The open document with this URI; Aside may not have been used in it yet.
  find(uri: string): Topic | undefined {
    const unsaved = Object.keys(this.untitledNames).find((name) => this.untitledNames[name] === uri);
    const topic = { uri: vscode.Uri.parse(unsaved ?? uri), isUntitled: unsaved !== undefined };
    return topic.uri.toString() === no_file.uri.toString() ? no_file : notebookOf(topic) ?? textOf(topic);
  }

  isOpen(document: vscode.TextDocument): boolean {
    return this.openDocuments.has(document);
  }

  // Opens a document in the daemon. A notebook isn't opened: the texts of its cells are sent instead.
  openInDaemon(topic: Topic): void {
    const document = textOf(topic);
    if (!document || this.openDocuments.has(document)) return;
    this.openDocuments.add(document);
    const { languageId, version } = document;
    this.daemon.notify('textDocument/didOpen', {
      textDocument: { uri: this.uri(document), languageId, version, text: document.getText() },
    });
  }

  // Opens the documents of attachments without text, and those that the daemon can't read by itself.
  openAttached(attachments: readonly Attachment[]): void {
    for (const { uri, text } of attachments) {
      this.sendNotebook(vscode.Uri.parse(uri));
      const document = (text === undefined || !uri.startsWith('file:')) && this.find(uri);
      if (document) this.openInDaemon(document);
    }
  }

  // A document has another language: it is closed and opened again with it.
  reopen(document: vscode.TextDocument): void {
    if (!this.openDocuments.delete(document)) return;
    this.daemon.notify('textDocument/didClose', { textDocument: { uri: this.uri(document) } });
    this.emit('renamed'); // since didClose has ended the events of its conversation
  }

  // A cell, or all of them, as a document of its own, as it reads now.
  private sendNotebook(uri: vscode.Uri): void {
    if (!/^vscode-notebook(-cell)?$/.test(uri.scheme)) return;
    const [, path, number] = /^(.*?)(?: cell (\d+))?$/s.exec(uri.path) ?? [];
    const notebook = vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.path === path);
    if (!notebook) return;
    const cell = number === undefined ? undefined : notebook.getCells()[Number(number) - 1]?.document;
    const text = number === undefined ? this.whole(notebook).text : cell?.getText();
    const name = uri.toString();
    const sent = this.sentTexts.get(name);
    if (text === undefined || text === sent) return;
    this.sentTexts.set(name, text);
    const textDocument = { uri: name, version: 1 };
    if (sent !== undefined) this.daemon.notify('textDocument/didChange', { textDocument, contentChanges: [{ text }] });
    else this.daemon.notify('textDocument/didOpen', { textDocument: { ...textDocument, languageId: cell?.languageId ?? '', text } });
  }

  // Closes a document in the daemon, which then sends no more events of its conversation.
  close(topic: Topic): void {
    for (const document of this.openDocuments) if (document.uri.toString() === topic.uri.toString()) this.openDocuments.delete(document);
    this.daemon.notify('textDocument/didClose', { textDocument: { uri: this.uri(topic) } });
    if (!topic.isUntitled) return;
    const { [topic.uri.toString()]: _, ...names } = this.untitledNames;
    void this.memory.update(untitled_names_key, names);
  }

  // A range of a document; of what the daemon can't read by itself, a cell or an earlier state, the text as it is.
  attachment(document: vscode.TextDocument, range: vscode.Range): Attachment {
    return this.daemonCanRead(document) ? { uri: this.uri(document), range: plainRange(range) } : this.snapshot(document, range);
  }

  // An attachment with the present text, for a question that is sent later.
  snapshot(document: vscode.TextDocument, range: vscode.Range): Attachment {
    return { uri: this.attachmentUri(document), range: plainRange(range), text: document.getText(range), languageId: document.languageId };
  }

  // The whole document. Of a notebook, the text of its cells without their output.
  whole(topic: Topic): Attachment {
    const notebook = notebookOf(topic);
    if (!notebook) return { uri: this.uri(topic) };
    const cells = notebook.getCells().map(({ document }, index) => `# %% cell ${index + 1}, ${document.languageId}\n${document.getText()}\n`);
    return { uri: notebook.uri.with({ scheme: 'vscode-notebook' }).toString(), text: cells.join('\n') };
  }

  // A cell is named by its notebook and its number.
  private attachmentUri(document: vscode.TextDocument): string {
    const cell = cellOf(document);
    if (!cell) return this.uri(document);
    return cell.notebook.uri.with({ scheme: 'vscode-notebook-cell', path: `${cell.notebook.uri.path} cell ${cell.index + 1}` }).toString();
  }

  private daemonCanRead({ uri, isUntitled }: vscode.TextDocument): boolean {
    return isUntitled || uri.scheme === 'file' || uri.scheme === 'vscode-remote';
  }

  private get untitledNames(): Record<string, string> {
    return this.memory.get(untitled_names_key, {});
  }

  private changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    this.emit('edited', document);
    if (!this.openDocuments.has(document)) {
      const unsaved = document.isUntitled ? undefined : this.findUnsaved(document, (text) => text);
      if (unsaved) this.savedFrom.set(document.uri.toString(), unsaved.uri.toString());
      return;
    }
    this.daemon.notify('textDocument/didChange', {
      textDocument: { uri: this.uri(document), version: document.version },
      contentChanges: contentChanges.map(({ range, text }) => ({ range: plainRange(range), text })),
    });
  }

  // VS Code has no event for an unsaved document that gets its file: a new file is filled with the same text, which is then
  // formatted as the user wants that, and saved; after that the unsaved document is closed.
  private savedAs(file: vscode.TextDocument): void {
    const from = this.savedFrom.get(file.uri.toString());
    this.savedFrom.delete(file.uri.toString());
    const noted = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === from);
    const unsaved = noted ?? (this.openDocuments.has(file) ? undefined : this.findUnsaved(file, (text) => text.replace(/\s+/g, '')));
    if (unsaved) this.renamed([{ oldUri: this.uri(unsaved), newUri: file.uri.toString() }]);
  }

  // The unsaved document, of those with a conversation, that holds the same as this file.
  private findUnsaved(file: vscode.TextDocument, normalise: (text: string) => string): vscode.TextDocument | undefined {
    const names = this.untitledNames;
    const candidates = vscode.workspace.textDocuments.filter(({ isUntitled, uri }) => isUntitled && names[uri.toString()]);
    if (candidates.length === 0) return undefined;
    const text = normalise(file.getText());
    return text === '' ? undefined : candidates.find((document) => normalise(document.getText()) === text);
  }

  private renamed(files: { oldUri: string; newUri: string }[]): void {
    this.daemon.notify('workspace/didRenameFiles', { files });
    this.emit('renamed');
  }
}

function plainRange({ start, end }: vscode.Range): Range {
  return { start: { line: start.line, character: start.character }, end: { line: end.line, character: end.character } };
}
