// The documents that are open in the daemon: only those in which Aside is used. The daemon gets every change of these
// documents, so that a question can name a range without sending the range's text. The daemon is also told when files
// are renamed and when unsaved documents are saved as files, so that their conversations follow them.
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Daemon, folderParams } from './daemon';
import { Attachment, Range } from './protocol';
import { Topic, cellOf, no_file, notebookOf, openTopic, proposedFor, textOf } from './topics';

const untitled_names_key = 'aside.untitled';

export class Documents extends EventEmitter<{ renamed: []; edited: [vscode.TextDocument] }> {
  private readonly openDocuments = new Set<vscode.TextDocument>();
  private readonly sentTexts = new Map<string, string>(); // the texts of cells and whole notebooks that the daemon has
  // By the URI of a new file: the unsaved document that is being saved as this file.
  private readonly savedFrom = new Map<string, string>();

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

  // Returns the document's URI in the daemon. An unsaved document gets a unique URI, since VS Code calls the first
  // unsaved document of every window Untitled-1.
  uri({ uri, isUntitled }: Topic): string {
    const name = uri.toString();
    if (!isUntitled) return name;
    const names = this.untitledNames;
    if (!names[name]) void this.memory.update(untitled_names_key, { ...names, [name]: `untitled:${randomUUID()}` });
    return this.untitledNames[name]!;
  }

  // Returns the open document with this URI, even if Aside wasn't used in it.
  find(uri: string): Topic | undefined {
    const unsaved = Object.keys(this.untitledNames).find((name) => this.untitledNames[name] === uri);
    const topic = { uri: vscode.Uri.parse(unsaved ?? uri), isUntitled: unsaved !== undefined };
    return topic.uri.toString() === no_file.uri.toString() ? no_file : notebookOf(topic) ?? textOf(topic);
  }

  isOpen(document: vscode.TextDocument): boolean {
    return this.openDocuments.has(document);
  }

  // Returns the text document with this URI in the daemon, if VS Code has it open.
  textByUri(uri: string): vscode.TextDocument | undefined {
    const topic = this.find(uri);
    return topic && textOf(topic);
  }

  // Whether the document is open in the daemon, and still has this version in VS Code.
  isAt({ uri, version }: { uri: string; version: number | null }): boolean {
    const document = this.textByUri(uri);
    return document !== undefined && this.openDocuments.has(document) && document.version === version;
  }

  // Opens a text document in VS Code, without showing it, and in the daemon. Resolves to false if it can't be opened.
  async openByUri(uri: string): Promise<boolean> {
    const topic = this.find(uri) ?? await openTopic(vscode.Uri.parse(uri));
    const document = topic && textOf(topic);
    if (document) this.openInDaemon(document);
    return document !== undefined;
  }

  // Whether the daemon gets the changes of this document, so that it can follow lines of the document.
  canFollow(document: vscode.TextDocument): boolean {
    return this.daemonCanRead(document);
  }

  // Opens a text document in the daemon. Notebooks are sent by `openAttached`.
  openInDaemon(topic: Topic): void {
    const document = textOf(topic);
    if (!document || this.openDocuments.has(document)) return;
    this.openDocuments.add(document);
    const { languageId, version } = document;
    this.daemon.notify('textDocument/didOpen', {
      textDocument: { uri: this.uri(document), languageId, version, text: document.getText() },
    });
  }

  // Opens in the daemon the documents that attachments name, if the daemon needs their text: if the attachment has no text, or
  // the daemon can't read the document.
  openAttached(attachments: readonly Attachment[]): void {
    for (const { uri, text } of attachments) {
      this.sendNotebook(vscode.Uri.parse(uri));
      const document = (text === undefined || !uri.startsWith('file:')) && this.find(uri);
      if (document) this.openInDaemon(document);
    }
  }

  // Closes a document in the daemon after its language has changed. The next question opens it again.
  reopen(document: vscode.TextDocument): void {
    if (!this.openDocuments.delete(document)) return;
    this.daemon.notify('textDocument/didClose', { textDocument: { uri: this.uri(document) } });
    this.emit('renamed'); // so that the conversation is fetched again: after didClose the daemon sends no events of it
  }

  // Sends a cell or a whole notebook as a document of its own, with its present text.
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

  // Closes a document in the daemon, which then sends no more events of the document's conversation. The URI of an unsaved
  // document is forgotten.
  close(topic: Topic): void {
    for (const document of this.openDocuments) if (document.uri.toString() === topic.uri.toString()) this.openDocuments.delete(document);
    this.daemon.notify('textDocument/didClose', { textDocument: { uri: this.uri(topic) } });
    if (!topic.isUntitled) return;
    const { [topic.uri.toString()]: _, ...names } = this.untitledNames;
    void this.memory.update(untitled_names_key, names);
  }

  // Attaches a range of a document. If the daemon can't read the document (a cell, an earlier version), the attachment holds
  // the text.
  attachment(document: vscode.TextDocument, range: vscode.Range): Attachment {
    return this.daemonCanRead(document) ? { uri: this.uri(document), range: plainRange(range) } : this.snapshot(document, range);
  }

  // Attaches a range with its present text, for a question that is sent later.
  snapshot(document: vscode.TextDocument, range: vscode.Range): Attachment {
    return { uri: this.attachmentUri(document), range: plainRange(range), text: document.getText(range), languageId: document.languageId };
  }

  // Attaches a whole document; for a notebook, the text of its cells without their output.
  whole(topic: Topic): Attachment {
    const notebook = notebookOf(topic);
    if (!notebook) return { uri: this.uri(topic) };
    const cells = notebook.getCells().map(({ document }, index) => `# %% cell ${index + 1}, ${document.languageId}\n${document.getText()}\n`);
    return { uri: notebook.uri.with({ scheme: 'vscode-notebook' }).toString(), text: cells.join('\n') };
  }

  // Returns the URI of an attachment. The URI of a cell consists of its notebook and its number.
  private attachmentUri(document: vscode.TextDocument): string {
    const cell = cellOf(document);
    if (!cell) return this.uri(proposedFor(document.uri) ?? document);
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

  // Finds the unsaved document that was saved as this file, and tells the daemon. VS Code has no event for that: it fills a new
  // file with the same text, formats it if the settings say so, saves it, and then closes the unsaved document.
  private savedAs(file: vscode.TextDocument): void {
    const from = this.savedFrom.get(file.uri.toString());
    this.savedFrom.delete(file.uri.toString());
    const noted = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === from);
    const unsaved = noted ?? (this.openDocuments.has(file) ? undefined : this.findUnsaved(file, (text) => text.replace(/\s+/g, '')));
    if (unsaved) this.renamed([{ oldUri: this.uri(unsaved), newUri: file.uri.toString() }]);
  }

  // Returns an unsaved document that has a URI in the daemon and the same text as this file, after both texts are
  // normalised.
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

export function plainRange({ start, end }: vscode.Range): Range {
  return { start: { line: start.line, character: start.character }, end: { line: end.line, character: end.character } };
}
