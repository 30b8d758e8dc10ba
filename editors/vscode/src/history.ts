// Commands on whole conversations: rename, delete, fork, export, import.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon, Failure } from './daemon';
import type { Work } from './pickers';
import { label } from './places';
import { plain, plainLine, text_language } from './plain';
import { Conversation } from './protocol';
import { Topic } from './topics';

const longest_import = 32 * 1024 * 1024; // the daemon's limit
const longest_name = 80;

export async function rename(conversations: Conversations, document: Topic): Promise<Work> {
  const { conversation, title } = (await conversations.ready(document)).conversation;
  const name = await askName('Rename the conversation', title, 'Its questions and replies stay as they are.');
  return name ? () => conversations.change(document, 'configure', { conversation, title: name }) : undefined;
}

export async function deleteConversation(conversations: Conversations, document: Topic): Promise<Work> {
  const { conversation, title } = await startedConversation(conversations, document);
  const chosen = await vscode.window.showWarningMessage(plainLine(`Delete the conversation “${title}”?`), {
    modal: true, detail: 'You can bring it back: “Aside: Switch Conversation…” lists deleted conversations at its end; open it there. “asided --compact” erases deleted conversations for good.',
  }, 'Delete');
  return chosen ? () => conversations.delete(conversation) : undefined;
}

// Forks the conversation at the reply `turn`; without `turn`, at the last shown reply.
export async function fork(conversations: Conversations, document: Topic, turn?: string): Promise<Work> {
  const { conversation, title } = await startedConversation(conversations, document);
  const name = await askName('Fork the conversation', `Fork of ${title}`,
    `A new conversation of ${label(document)} begins with what was said up to here. The present conversation stays as it is.`);
  return name ? () => conversations.change(document, 'fork', { conversation, turn, title: name }) : undefined;
}

// Resolves to the conversation of a document. Throws if nothing has been asked in the conversation: such a conversation
// isn't stored yet.
async function startedConversation(conversations: Conversations, document: Topic): Promise<Conversation> {
  const { conversation } = await conversations.ready(document);
  if (conversation.head || conversation.redo || conversation.title) return conversation;
  throw new Failure(`nothing has been asked about ${label(document)} yet`, { kind: 'nothingAsked' });
}

async function askName(title: string, value: string, prompt: string): Promise<string | undefined> {
  return (await vscode.window.showInputBox({ title, value, prompt: plain(prompt), placeHolder: 'Name' }))?.trim();
}

// Writes the conversation to a file. A Markdown file is for people and holds the shown path. A JSON file holds all
// branches and can be imported again.
export async function exportTo(daemon: Daemon, conversations: Conversations, document: Topic): Promise<Work> {
  const { conversation, title } = await startedConversation(conversations, document);
  const folder = document.isUntitled ? vscode.workspace.workspaceFolders?.[0]?.uri : vscode.Uri.joinPath(document.uri, '..');
  const name = `${fileName(title) || label(document)}.md`;
  const file = await vscode.window.showSaveDialog({
    title: 'Export the conversation: .md to read, .json to import again',
    saveLabel: 'Export', filters: { Markdown: ['md'], JSON: ['json'] },
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  return file && (async () => {
    const format = /\.json$/i.test(file.path) ? 'json' : 'markdown';
    const { text } = await daemon.request<{ text: string }>('conversation/export', { conversation, format });
    await writeFile(file, text);
    const chosen = await vscode.window.showInformationMessage(plainLine(`Aside: “${title}” is now in ${label({ uri: file })}.`), 'Open');
    if (!chosen) return;
    const exported = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(format === 'markdown' ? await vscode.languages.setTextDocumentLanguage(exported, text_language.id) : exported);
  });
}

// Imports a file as a new conversation of the document.
export async function importFrom(conversations: Conversations, document: Topic): Promise<Work> {
  await conversations.ready(document);
  const [file] = await vscode.window.showOpenDialog({
    title: plainLine(`Import a conversation into ${label(document)}: a .json that was exported`),
    openLabel: 'Import', canSelectMany: false, filters: { JSON: ['json'] },
  }) ?? [];
  return file && (() => importOne(conversations, document, file));
}

async function importOne(conversations: Conversations, document: Topic, file: vscode.Uri): Promise<void> {
  const text = await reportingErrors('reading', file, async () => {
    const { size } = await vscode.workspace.fs.stat(file);
    if (size > longest_import) throw new Error(`it is larger than ${longest_import >> 20} MiB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await vscode.workspace.fs.readFile(file));
  });
  try {
    await conversations.change(document, 'import', { text });
  } catch (error) {
    if (!(error instanceof Failure) || error.data.kind !== 'invalidParams') throw error;
    const where = error.message.replace(/^params\.text\b\.?/, '').trim();
    throw new Failure(`${label({ uri: file })} is not a conversation that was exported as JSON: ${where}`, error.data);
  }
}

export async function writeFile(file: vscode.Uri, text: string): Promise<void> {
  await reportingErrors('writing', file, () => vscode.workspace.fs.writeFile(file, Buffer.from(text)));
}

async function reportingErrors<T>(verb: string, file: vscode.Uri, access: () => Thenable<T>): Promise<T> {
  try {
    return await access();
  } catch (error) {
    throw new Failure(`${verb} ${file.fsPath}: ${(error as Error).message}`, { kind: 'file' });
  }
}

// Removes what a file system may refuse in a name.
function fileName(title: string): string {
  return title.replace(/[\\/:*?"<>|\0-\x1f\s]+/g, ' ').replace(/^[\s.]+/, '').slice(0, longest_name).trim();
}
