// The document that Aside is about: the one that was edited last, also while the cursor is in the view, in a terminal
// or in the conversation's own transcript.
import * as vscode from 'vscode';
import { Transcripts } from './transcripts';

const without_conversation = new Set(['output', 'debug', 'comment', 'vscode', 'vscode-scm', 'walkThrough', Transcripts.scheme]);

export class Subject implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  readonly onChanged = this.changes.event;
  document: vscode.TextDocument | undefined;

  constructor() {
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor((editor) => this.consider(editor)),
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (document === this.document) this.become(undefined);
      }),
    ];
    this.consider(vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0]);
  }

  get editor(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    return [activeTextEditor, ...visibleTextEditors].find((editor) => editor && editor.document === this.document);
  }

  dispose(): void {
    for (const subscription of [...this.subscriptions, this.changes]) subscription.dispose();
  }

  private consider(editor: vscode.TextEditor | undefined): void {
    const document = editor && (Transcripts.source(editor.document.uri) ?? editor.document);
    if (document && !without_conversation.has(document.uri.scheme)) this.become(document);
  }

  private become(document: vscode.TextDocument | undefined): void {
    if (document === this.document) return;
    this.document = document;
    this.changes.fire();
  }
}
