// What is done with a conversation as a whole.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Failure } from './daemon';
import { label } from './places';
import { Conversation } from './protocol';

export async function rename(conversations: Conversations, document: vscode.TextDocument): Promise<void> {
  const { conversation, title } = (await conversations.ready(document)).conversation;
  const name = await askName('Rename the conversation', title, 'Its questions and replies stay as they are.');
  if (name) await conversations.change(document, 'configure', { conversation, title: name });
}

export async function remove(conversations: Conversations, document: vscode.TextDocument): Promise<void> {
  const { conversation, title } = await begun(conversations, document);
  const chosen = await vscode.window.showWarningMessage(`Delete the conversation “${title}”?`, {
    modal: true, detail: 'It can be taken back: “Aside: Switch Conversation…” lists it at its end, and opening it brings it back, until the store is compacted.',
  }, 'Delete');
  if (chosen) await conversations.remove(conversation);
}

// From the reply `turn`, or the last one that is shown.
export async function fork(conversations: Conversations, document: vscode.TextDocument, turn?: string): Promise<void> {
  const { conversation, title } = await begun(conversations, document);
  const name = await askName('Fork the conversation', title,
    `A new conversation of ${label(document)} begins with what was said up to here. This one stays as it is.`);
  if (name) await conversations.change(document, 'fork', { conversation, turn, title: name });
}

// For what the daemon keeps only once there is something to keep.
async function begun(conversations: Conversations, document: vscode.TextDocument): Promise<Conversation> {
  const { conversation } = await conversations.ready(document);
  if (conversation.head || conversation.redo || conversation.title) return conversation;
  throw new Failure(`nothing has been asked about ${label(document)} yet`, { kind: 'nothingAsked' });
}

async function askName(title: string, value: string, prompt: string): Promise<string | undefined> {
  return (await vscode.window.showInputBox({ title, value, prompt, placeHolder: 'Its name' }))?.trim();
}
