// Unsent questions, one for each document, the same in the input box and in the view. Their text is kept when the window
// closes. Attachments go with the next question, whatever document that is about; they contain texts of files, so they are
// kept in memory only.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Attachment } from './protocol';

const texts_key = 'aside.drafts';
const edits_key = 'aside.edits';

// For a draft that is a changed earlier question: the place of that question in the tree.
export interface Edit { conversation: string; parent: string | null }

export class Drafts extends EventEmitter<{ changed: [text: boolean] }> {
  attachments: readonly Attachment[] = [];
  private readonly withoutUpdates = new Set<string>(); // documents whose next question is sent without updates

  constructor(private readonly memory: vscode.Memento) {
    super();
  }

  text(uri: string): string {
    return this.memory.get<Record<string, string>>(texts_key, {})[uri] ?? '';
  }

  edit(uri: string): Edit | null {
    return this.memory.get<Record<string, Edit>>(edits_key, {})[uri] ?? null;
  }

  // Called by the page, which shows the text already.
  setText(uri: string, text: string): void {
    const { [uri]: _, ...others } = this.memory.get<Record<string, string>>(texts_key, {});
    void this.memory.update(texts_key, text ? { ...others, [uri]: text } : others);
  }

  set(uri: string, text: string, attachments = this.attachments, edit = this.edit(uri)): void {
    this.setText(uri, text);
    const { [uri]: _, ...others } = this.memory.get<Record<string, Edit>>(edits_key, {});
    void this.memory.update(edits_key, edit ? { ...others, [uri]: edit } : others);
    this.attachments = attachments;
    this.emit('changed', true);
  }

  discard(uri: string): void {
    this.withoutUpdates.delete(uri);
    this.set(uri, '', [], null);
  }

  setAttachments(attachments: readonly Attachment[]): void {
    this.attachments = attachments;
    this.emit('changed', false);
  }

  // Whether updates of shared text go along.
  sendsUpdates(uri: string): boolean {
    return !this.withoutUpdates.has(uri);
  }

  leaveOutUpdates(uri: string): void {
    this.withoutUpdates.add(uri);
    this.emit('changed', false);
  }
}
