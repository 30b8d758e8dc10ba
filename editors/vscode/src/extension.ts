// Creates the parts of the extension, from the daemon to the view. VS Code activates the extension at the first
// command, or when the view is shown. The daemon starts with the first request.
import * as vscode from 'vscode';
import { Applying } from './applying';
import { codeAttachments, droppedFiles, fileAttachments } from './attachments';
import { Checks } from './checks';
import { Services, addToDraft, addWanted, askInBlocks, attach, attachFolder, registerCommands, showError, submit } from './commands';
import { Completions } from './completions';
import { Conversations } from './conversations';
import { Credential } from './credential';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { InstructionFiles } from './instructions';
import { kinds, lightbulb } from './lightbulb';
import { Marks } from './marks';
import { plain } from './plain';
import { Proposals } from './proposals';
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
  const instructions = new InstructionFiles(daemon, conversations);
  const completions = new Completions(daemon);
  const sheets = new Sheets();
  const marks = new Marks(daemon, documents, conversations, context.extensionUri, subscriptions);
  const view = new View(context.extensionUri, daemon, subject, conversations, documents, credential, drafts, checks, completions, instructions, subscriptions, {
    ask: (uri, conversation, question) => void submit(services, uri, conversation, question).catch(showError),
    marks: (document) => marks.of(document),
    add: (attachment) => void addToDraft(services, [attachment]).catch(showError),
    expand: (uri, pattern) => void attachFolder(services, uri, { pattern }).catch(showError),
    code: () => codeAttachments(documents, subject),
    attach: (uris, typed) => {
      const files = () => fileAttachments(documents, droppedFiles(uris));
      void (typed ? addToDraft(services, files()) : attach(services, files)).catch(showError);
    },
    wanted: (uri, file, now) => void addWanted(services, conversations.ofUri(uri)?.document ?? subject.here, file, now).catch(showError),
    answer: (offer, answer) => void instructions.answer(offer, answer).catch(showError),
    beginToType: (uri) => daemon.notify('conversation/prepare', { textDocument: { uri } }),
    apply: (document, turn, line) => void applying.apply(document, turn, line).catch(showError),
    typed: () => applying.noteTyping(),
  });
  const proposals = new Proposals(subscriptions, (error) => void showError(error));
  const applying = new Applying(conversations, documents, drafts, subject, proposals, subscriptions, {
    placed: (turn, places) => view.showPlaces(turn, places),
    askInBlocks: (document) => askInBlocks(services, document),
    showError: (error) => void showError(error),
  });
  const services: Services = { daemon, documents, conversations, credential, drafts, checks, instructions, completions, settings, sheets, subject, view, marks, applying, proposals, log };
  daemon.on('complaint', (complaint) => {
    log.warn(complaint);
    void settings.showComplaint(complaint);
  });
  daemon.on('news', async (news) => {
    const chosen = await vscode.window.showInformationMessage(plain(news), 'Switch Conversation…');
    if (chosen) await vscode.commands.executeCommand('aside.switch');
  });
  conversations.on('notice', (notice) => void vscode.window.showInformationMessage(plain(`Aside: ${notice}`)));
  credential.on('changed', () => void vscode.commands.executeCommand('setContext', 'aside.canAsk', credential.found !== undefined && !credential.found.problem));
  restartWhenIdle(settings, conversations, credential);
  subscriptions.push(
    log, statusBar(conversations, daemon, subject), ...registerCommands(services),
    vscode.window.registerWebviewViewProvider(View.id, view),
    vscode.workspace.registerTextDocumentContentProvider(Transcripts.scheme, new Transcripts(daemon, conversations)),
    vscode.workspace.registerTextDocumentContentProvider(Sheets.scheme, sheets),
    vscode.languages.registerCodeActionsProvider({ scheme: '*' }, lightbulb, { providedCodeActionKinds: kinds }),
  );
}

export async function deactivate(): Promise<void> {
  await daemon.stop();
}

// Restarts the daemon when settings have changed, or when the key has changed and the running daemon is too old to get
// the new key. The restart waits until no reply is being written.
function restartWhenIdle(settings: Settings, conversations: Conversations, credential: Credential): void {
  let restartDue = false;
  const restart = () => {
    if (!restartDue || conversations.running.length > 0) return;
    restartDue = false;
    daemon.restart().catch(() => {});
  };
  const restartLater = () => {
    restartDue = true;
    restart();
  };
  settings.onChanged(restartLater);
  settings.onKey(async (key) => {
    const given = key ? await credential.set(key).catch(() => false) : false;
    if (!given) restartLater();
  });
  conversations.on('changed', restart);
}
