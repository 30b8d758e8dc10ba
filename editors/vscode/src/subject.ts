// The document that commands are about: the document of the editor that was used last. It stays the same while the
// cursor is in the view, in a terminal or in a transcript.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Failure } from './daemon';
import { Topic, isStillOpen, no_file, sameTopic, textOf, topicOf } from './topics';
import { Transcripts } from './transcripts';

export interface SelectedRange { document: vscode.TextDocument; range: vscode.Range }

const pause_ms = 100; // how long to wait after a movement of the cursor before the event

export class Subject extends EventEmitter<{ changed: []; selected: [] }> {
  private topic: Topic | undefined;
  private selectionTimer: NodeJS.Timeout | undefined;

  constructor(subscriptions: vscode.Disposable[]) {
    super();
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    this.useEditor(activeTextEditor ?? visibleTextEditors[0]);
    subscriptions.push(
      vscode.window.onDidChangeActiveTextEditor((editor) => this.useEditor(editor)),
      vscode.window.onDidChangeActiveNotebookEditor((editor) => editor && this.setTopic(editor.notebook)),
      vscode.window.onDidChangeTextEditorSelection(() => {
        clearTimeout(this.selectionTimer);
        this.selectionTimer = setTimeout(() => this.emit('selected'), pause_ms);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => sameTopic(document, this.topic) && !isStillOpen(document) && this.setTopic(undefined)),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => sameTopic(notebook, this.topic) && this.setTopic(undefined)),
      { dispose: () => clearTimeout(this.selectionTimer) },
    );
  }

  // The topic of commands. If no editor is open, commands are about the window's folder.
  get here(): Topic {
    return this.topic ?? no_file;
  }

  // The document, for commands that need a file. Throws if no file is open.
  get file(): Topic {
    if (!this.topic) throw new Failure('no file is open', { kind: 'noFile', hint: 'Open a file first.' });
    return this.topic;
  }

  get editor(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    return [activeTextEditor, ...visibleTextEditors].find((editor) => editor && this.topic && sameTopic(topicOf(editor.document), this.topic));
  }

  // The selected ranges in the document.
  get selected(): SelectedRange[] {
    const { document, selections = [] } = this.editor ?? {};
    return document ? selections.filter((selection) => !selection.isEmpty).map((range) => ({ document, range })) : [];
  }

  // Like `selected`, for commands that need a selection. Throws if there is none.
  get selections(): SelectedRange[] {
    if (this.file && this.selected.length === 0) {
      throw new Failure('nothing is selected', { kind: 'noSelection', hint: 'Select something first, or ask about the whole file.' });
    }
    return this.selected;
  }

  private useEditor(editor: vscode.TextEditor | undefined): void {
    const topic = editor && (Transcripts.documentOf(editor.document.uri) ?? topicOf(editor.document));
    if (topic) this.setTopic(topic);
  }

  private setTopic(topic: Topic | undefined): void {
    if (sameTopic(topic, this.topic)) return;
    this.topic = topic && (textOf(topic) ?? topic);
    this.emit('changed');
  }
}
