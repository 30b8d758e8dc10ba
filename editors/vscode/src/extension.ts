// The extension: its parts, put together from the daemon up to the view. Begins at the first command or when the view
// is shown; the daemon begins when there is something to ask it.
import * as vscode from 'vscode';
import { World, registerCommands, send } from './commands';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { kinds, lightbulb } from './lightbulb';
import { Settings } from './settings';
import { statusBar } from './statusbar';
import { Subject } from './subject';
import { Transcripts } from './transcripts';
import { View } from './view';

let daemon: Daemon;

// What listens here lives as long as the process that runs extensions, and is not taken down.
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Aside', { log: true });
  const settings = new Settings(context);
  daemon = new Daemon(() => settings.launch(), log);
  const documents = new Documents(daemon, context.workspaceState);
  const conversations = new Conversations(daemon, documents);
  const drafts = new Drafts(context.workspaceState);
  const subject = new Subject();
  const view = new View(context.extensionUri, subject, conversations, drafts, {
    ask: (question) => subject.document && void send(world, subject.document, question, []),
    beginToType: (uri) => daemon.notify('conversation/prepare', { textDocument: { uri } }),
  });
  const world: World = { daemon, documents, conversations, drafts, settings, subject, view, log };
  daemon.on('complaint', (complaint) => {
    log.warn(complaint);
    void settings.complain(complaint);
  });
  daemon.on('news', async (news) => {
    const chosen = await vscode.window.showInformationMessage(news, 'Switch Conversation…');
    if (chosen) await vscode.commands.executeCommand('aside.switch');
  });
  restartWhenIdle(settings, conversations);
  context.subscriptions.push(
    log, statusBar(conversations, daemon), ...registerCommands(world),
    vscode.window.registerWebviewViewProvider(View.id, view),
    vscode.workspace.registerTextDocumentContentProvider(Transcripts.scheme, new Transcripts(daemon, conversations)),
    vscode.languages.registerCodeActionsProvider({ scheme: '*' }, lightbulb, { providedCodeActionKinds: kinds }),
  );
}

export async function deactivate(): Promise<void> {
  await daemon.stop();
}

// Settings and the key reach the daemon at its start; no reply is broken off for them.
function restartWhenIdle(settings: Settings, conversations: Conversations): void {
  let due = false;
  const restart = () => {
    if (!due || conversations.running.length > 0) return;
    due = false;
    daemon.restart().catch(() => {});
  };
  settings.onChanged(() => {
    due = true;
    restart();
  });
  conversations.on('changed', restart);
}
