// The document that Aside is about: the one that was edited last, also while the cursor is in the view, in a terminal
// or in the conversation's own transcript.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Failure } from './daemon';
import { Sheets } from './sheets';
import { Transcripts } from './transcripts';

const without_conversation = new Set(['output', 'debug', 'comment', 'vscode', 'vscode-scm', 'walkThrough', Transcripts.scheme, Sheets.scheme]);

export class Subject extends EventEmitter<{ changed: [] }> {
  document: vscode.TextDocument | undefined;

  constructor() {
    super();
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    this.consider(activeTextEditor ?? visibleTextEditors[0]);
    vscode.window.onDidChangeActiveTextEditor((editor) => this.consider(editor));
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document === this.document) this.become(undefined);
    });
  }

  // For what can't be done without one.
  get here(): vscode.TextDocument {
    if (!this.document) throw new Failure('open a file first: Aside keeps a conversation for each file', { kind: 'noFile' });
    return this.document;
  }

  get editor(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    return [activeTextEditor, ...visibleTextEditors].find((editor) => editor && editor.document === this.document);
  }

  // What is selected in it; throws if that is nothing.
  get selections(): readonly vscode.Range[] {
    const chosen = this.editor?.selections.filter((selection) => !selection.isEmpty) ?? [];
    if (this.here && chosen.length === 0) throw new Failure('select something first', { kind: 'noSelection' });
    return chosen;
  }

  private consider(editor: vscode.TextEditor | undefined): void {
    const document = editor && (Transcripts.source(editor.document.uri) ?? editor.document);
    if (document && !without_conversation.has(document.uri.scheme)) this.become(document);
  }

  private become(document: vscode.TextDocument | undefined): void {
    if (document === this.document) return;
    this.document = document;
    this.emit('changed');
  }
}
