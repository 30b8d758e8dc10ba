// Drafts: unsent questions, one for each document. The input box and the view show the same draft. The text of a draft
// is kept when the window closes. The attachments belong to the next question about any document. They hold texts of
// files, so they are kept in memory only.
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import { Attachment } from './protocol';

const texts_key = 'aside.drafts';
const edits_key = 'aside.edits';

// The place in the tree of the earlier question that a draft edits.
export interface Edit { conversation: string; parent: string | null }

// How a question is asked, apart from its text and attachments. `parent`: it edits an earlier question. `current`: it goes
// without updates.
export interface Way { parent?: string | null; current?: false }

export function way(edit: Edit | null, sendsUpdates: boolean, conversation: string | undefined): Way {
  return { ...(edit && edit.conversation === conversation && { parent: edit.parent }), ...(!sendsUpdates && { current: false }) };
}

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

  // Sets the text without an event. Used for text from the page, which shows the text already.
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

  // Whether the daemon may add updates of shared text to the next question.
  sendsUpdates(uri: string): boolean {
    return !this.withoutUpdates.has(uri);
  }

  leaveOutUpdates(uri: string): void {
    this.withoutUpdates.add(uri);
    this.emit('changed', false);
  }
}
