// A conversation as a read-only document, for searching, copying and screen readers. The document is updated while a
// reply is written. Its URI names the document whose conversation it shows.
import * as vscode from 'vscode';
import { Conversations, DocumentState } from './conversations';
import { Daemon } from './daemon';
import { Transcript } from './protocol';
import { label } from './places';
import { text_language } from './plain';
import { Topic, no_file, notebookOf, openTopic, textOf } from './topics';

const refresh_ms = 250;

export class Transcripts implements vscode.TextDocumentContentProvider {
  static readonly scheme = 'aside';
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly scheduled = new Set<string>();
  readonly onDidChange = this.changes.event;

  constructor(private readonly daemon: Daemon, private readonly conversations: Conversations) {
    conversations.on('changed', (state) => this.refreshSoon(state));
    conversations.on('textAdded', (state) => this.refreshSoon(state));
  }

  static uriOf(document: Topic): vscode.Uri {
    return vscode.Uri.from({ scheme: this.scheme, path: `${text_language.folder}/${label(document)} – conversation`, query: document.uri.toString() });
  }

  static documentOf(transcript: vscode.Uri): Topic | undefined {
    if (transcript.scheme !== this.scheme) return undefined;
    const topic = { uri: vscode.Uri.parse(transcript.query), isUntitled: false };
    return transcript.query === no_file.uri.toString() ? no_file : notebookOf(topic) ?? textOf(topic);
  }

  async provideTextDocumentContent(transcript: vscode.Uri): Promise<string> {
    const document = Transcripts.documentOf(transcript) ?? await openTopic(vscode.Uri.parse(transcript.query));
    if (!document) return 'The file that this conversation is about can’t be opened.\n';
    const { conversation } = (await this.conversations.ready(document)).conversation;
    const { text } = await this.daemon.request<Transcript>('conversation/transcript', { conversation });
    return text || 'Nothing has been asked yet.\n';
  }

  private refreshSoon({ document }: DocumentState): void {
    const uri = Transcripts.uriOf(document);
    const name = uri.toString();
    const open = vscode.workspace.textDocuments.some((other) => other.uri.toString() === name);
    if (!open || this.scheduled.has(name)) return;
    this.scheduled.add(name);
    setTimeout(() => {
      this.scheduled.delete(name);
      this.changes.fire(uri);
    }, refresh_ms);
  }
}
