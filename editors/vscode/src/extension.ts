// The extension: its parts, put together from the daemon up to the view. Begins at the first command or when the view
// is shown; the daemon begins when there is something to ask it.
import * as vscode from 'vscode';
import { dropped, files } from './attachments';
import { Checks } from './checks';
import { World, attach, registerCommands, send, tell } from './commands';
import { Completions } from './completions';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { Rules } from './instructions';
import { kinds, lightbulb } from './lightbulb';
import { Settings } from './settings';
import { Sheets } from './sheets';
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
  const checks = new Checks(daemon, documents);
  const rules = new Rules(daemon, conversations);
  const sheets = new Sheets();
  const view = new View(context.extensionUri, subject, conversations, drafts, checks, new Completions(daemon), rules, {
    ask: (question) => subject.document && void send(world, subject.document, question, []),
    attach: (uris) => void attach(world, files(documents, dropped(uris))).catch(tell),
    answer: (offer, answer) => void rules.answer(offer, answer).catch(tell),
    beginToType: (uri) => daemon.notify('conversation/prepare', { textDocument: { uri } }),
  });
  const world: World = { daemon, documents, conversations, drafts, checks, rules, settings, sheets, subject, view, log };
  daemon.on('complaint', (complaint) => {
    log.warn(complaint);
    void settings.complain(complaint);
  });
  daemon.on('news', async (news) => {
    const chosen = await vscode.window.showInformationMessage(news, 'Switch Conversation…');
    if (chosen) await vscode.commands.executeCommand('aside.switch');
  });
  conversations.on('notice', (notice) => void vscode.window.showInformationMessage(`Aside: ${notice}`));
  restartWhenIdle(settings, conversations);
  context.subscriptions.push(
    log, statusBar(conversations, daemon, subject), ...registerCommands(world),
    vscode.window.registerWebviewViewProvider(View.id, view),
    vscode.workspace.registerTextDocumentContentProvider(Transcripts.scheme, new Transcripts(daemon, conversations)),
    vscode.workspace.registerTextDocumentContentProvider(Sheets.scheme, sheets),
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
