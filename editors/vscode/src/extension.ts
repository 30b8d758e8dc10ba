// The extension: makes its parts, from the daemon up to the view. It starts at the first command or when the view is shown;
// the daemon starts with the first request.
import * as vscode from 'vscode';
import { codeOf, dropped, files } from './attachments';
import { Checks } from './checks';
import { World, attach, registerCommands, submit, tell } from './commands';
import { Completions } from './completions';
import { Conversations } from './conversations';
import { Credential } from './credential';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { Rules } from './instructions';
import { kinds, lightbulb } from './lightbulb';
import { plain } from './plain';
import { Settings } from './settings';
import { Sheets } from './sheets';
import { statusBar } from './statusbar';
import { Subject } from './subject';
import { Transcripts } from './transcripts';
import { View } from './view';

let daemon: Daemon;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Aside', { log: true });
  const settings = new Settings(context);
  daemon = new Daemon(() => settings.launch(), log);
  const { subscriptions } = context;
  const documents = new Documents(daemon, context.workspaceState, subscriptions);
  const conversations = new Conversations(daemon, documents, subscriptions);
  const credential = new Credential(daemon);
  const drafts = new Drafts(context.workspaceState);
  const subject = new Subject(subscriptions);
  const checks = new Checks(daemon, documents);
  const rules = new Rules(daemon, conversations);
  const completions = new Completions(daemon);
  const sheets = new Sheets();
  const view = new View(context.extensionUri, subject, conversations, documents, credential, drafts, checks, completions, rules, subscriptions, {
    ask: (uri, conversation, question) => void submit(world, uri, conversation, question).catch(tell),
    code: () => codeOf(documents, subject),
    attach: (uris) => void attach(world, () => files(documents, dropped(uris))).catch(tell),
    answer: (offer, answer) => void rules.answer(offer, answer).catch(tell),
    beginToType: (uri) => daemon.notify('conversation/prepare', { textDocument: { uri } }),
  });
  const world: World = { daemon, documents, conversations, credential, drafts, checks, rules, completions, settings, sheets, subject, view, log };
  daemon.on('complaint', (complaint) => {
    log.warn(complaint);
    void settings.complain(complaint);
  });
  daemon.on('news', async (news) => {
    const chosen = await vscode.window.showInformationMessage(plain(news), 'Switch Conversation…');
    if (chosen) await vscode.commands.executeCommand('aside.switch');
  });
  conversations.on('notice', (notice) => void vscode.window.showInformationMessage(plain(`Aside: ${notice}`)));
  restartWhenIdle(settings, conversations, credential);
  subscriptions.push(
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

// The daemon is restarted for changed settings, and for a key if the running daemon can't take one; but not while a reply is
// being written.
function restartWhenIdle(settings: Settings, conversations: Conversations, credential: Credential): void {
  let due = false;
  const restart = () => {
    if (!due || conversations.running.length > 0) return;
    due = false;
    daemon.restart().catch(() => {});
  };
  const later = () => {
    due = true;
    restart();
  };
  settings.onChanged(later);
  settings.onKey(async (key) => {
    const given = key ? await credential.give(key).catch(() => false) : false;
    if (!given) later();
  });
  conversations.on('changed', restart);
}
