// What the commands do: collect what the user chose, and send it.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { Drafts } from './drafts';
import { label } from './places';
import { chooseModel, switchConversation } from './pickers';
import { Attachment } from './protocol';
import { Settings } from './settings';
import { Subject } from './subject';
import { Transcripts } from './transcripts';
import { View } from './view';

export interface World {
  daemon: Daemon;
  documents: Documents;
  conversations: Conversations;
  drafts: Drafts;
  settings: Settings;
  subject: Subject;
  view: View;
  log: vscode.LogOutputChannel;
}

export function registerCommands(world: World): vscode.Disposable[] {
  const { conversations, daemon, documents, drafts, log, settings, subject, view } = world;
  const commands: Record<string, (argument: never) => unknown> = {
    'aside.ask': () => ask(world, editor(subject).document, []),
    'aside.askSelection': () => {
      const { document, selections } = editor(subject);
      return ask(world, document, ranges(selections).map((range) => documents.attachment(document, range)));
    },
    'aside.askFile': () => {
      const { document } = editor(subject);
      return ask(world, document, [documents.attachment(document)]);
    },
    'aside.explain': async (problem: { uri: vscode.Uri; range: vscode.Range; message: string }) => {
      const document = await vscode.workspace.openTextDocument(problem.uri);
      const lines = document.validateRange(new vscode.Range(problem.range.start.line, 0, problem.range.end.line + 1, 0));
      return ask(world, document, [documents.attachment(document, lines)], `Explain this problem: ${problem.message}`);
    },
    'aside.addSelection': async () => {
      const { document, selections } = editor(subject);
      drafts.add(ranges(selections).map((range) => documents.snapshot(document, range)));
      await view.reveal(false);
    },
    'aside.show': () => view.reveal(true),
    'aside.stop': () => conversations.stop(here(subject)),
    'aside.retry': (turn?: string) => conversations.reply(here(subject), 'retry', turn),
    'aside.continue': () => conversations.reply(here(subject), 'continue'),
    'aside.undo': async () => {
      const { conversation } = await conversations.ready(here(subject));
      const question = conversation.turns.findLast(({ role }) => role === 'user');
      if (question) await conversations.change(here(subject), 'select', { turn: question.parent });
    },
    'aside.redo': async () => {
      const { conversation } = await conversations.ready(here(subject));
      if (conversation.redo) await conversations.change(here(subject), 'select', { turn: conversation.redo });
    },
    'aside.select': (turn: string) => conversations.change(here(subject), 'select', { turn }),
    'aside.new': async () => {
      await conversations.begin(here(subject));
      await view.reveal(true);
    },
    'aside.switch': () => switchConversation(daemon, conversations, here(subject)),
    'aside.chooseModel': () => chooseModel(daemon, conversations, here(subject)),
    'aside.openTranscript': async () => {
      const transcript = await vscode.workspace.openTextDocument(Transcripts.of(here(subject)));
      await vscode.window.showTextDocument(transcript, { viewColumn: vscode.ViewColumn.Beside, preview: false });
    },
    'aside.setApiKey': async () => {
      const key = await vscode.window.showInputBox({
        title: 'Aside: API Key',
        prompt: 'Kept in VS Code’s secret storage on this machine. It comes before keys in the environment.',
        placeHolder: 'sk-ant-…', password: true, ignoreFocusOut: true,
        validateInput: (value) => (/\s/.test(value.trim()) ? 'A key has no blanks in it.' : undefined),
      });
      if (!key?.trim()) return;
      await settings.setKey(key.trim());
      vscode.window.setStatusBarMessage('Aside: the key is stored', 5000);
    },
    'aside.removeApiKey': async () => {
      await settings.removeKey();
      vscode.window.setStatusBarMessage('Aside: the stored key is removed', 5000);
    },
    'aside.settings': () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:aside.aside'),
    'aside.check': () => check(settings, log),
    'aside.restart': () => daemon.restart(),
    'aside.log': () => log.show(),
  };
  return Object.entries(commands).map(([id, command]) =>
    vscode.commands.registerCommand(id, async (argument: never) => {
      try {
        await command(argument);
      } catch (error) {
        await tell(error);
      }
    }));
}

// Sends a question, and leaves `draft` in the box. If the daemon doesn't take the question, it is there again, before
// whatever has been begun meanwhile.
export async function send(world: World, document: vscode.TextDocument, question: string, chosen: Attachment[], draft = ''): Promise<void> {
  const { conversations, documents, drafts } = world;
  const uri = documents.uri(document);
  const attachments = [...drafts.selections, ...chosen];
  drafts.put(uri, draft, []);
  const taken = await conversations.ask(document, question, attachments);
  if (taken) return;
  drafts.put(uri, [question, drafts.text(uri)].filter(Boolean).join('\n\n'), [...attachments, ...drafts.selections]);
}

// Without a `proposal`, what is in the box is the document's draft; with one, the draft stays as it is.
async function ask(world: World, document: vscode.TextDocument, chosen: Attachment[], proposal?: string): Promise<void> {
  const { conversations, daemon, documents, drafts, view } = world;
  const uri = documents.uri(document);
  const shared = [...drafts.selections, ...chosen].map(label);
  const box = vscode.window.createInputBox();
  box.title = `Ask about ${label({ uri: document.uri.toString() })}`;
  box.placeholder = 'Your question';
  box.prompt = shared.length === 0 ? 'Only the question is sent.' : `Sent with it: ${shared.join(', ')}`;
  box.value = proposal ?? drafts.text(uri);
  if (proposal === undefined) box.onDidChangeValue((text) => drafts.put(uri, text));
  const question = await new Promise<string>((resolve) => {
    box.onDidAccept(() => box.value.trim() && resolve(box.value));
    box.onDidHide(() => resolve(''));
    box.show();
    conversations.of(document);
    daemon.notify('conversation/prepare', { textDocument: { uri } });
  });
  box.dispose();
  if (!question) return;
  await Promise.all([view.reveal(false), send(world, document, question, chosen, proposal && drafts.text(uri))]);
}

function editor(subject: Subject): vscode.TextEditor {
  const { editor } = subject;
  if (!editor) throw new Failure('open a file first: Aside keeps a conversation for each file', { kind: 'noFile' });
  return editor;
}

function here(subject: Subject): vscode.TextDocument {
  if (!subject.document) throw new Failure('open a file first: Aside keeps a conversation for each file', { kind: 'noFile' });
  return subject.document;
}

function ranges(selections: readonly vscode.Selection[]): readonly vscode.Range[] {
  const chosen = selections.filter((selection) => !selection.isEmpty);
  if (chosen.length === 0) throw new Failure('select something first', { kind: 'noSelection' });
  return chosen;
}

// A process that looks and ends is told by its environment, which it keeps to itself: the key, and the server, so that
// no other one gets the key.
async function check(settings: Settings, log: vscode.LogOutputChannel): Promise<void> {
  const { command, options } = await settings.launch();
  const { apiKey, ...others } = options;
  const env = { ...process.env };
  if (apiKey) env['ANTHROPIC_API_KEY'] = apiKey;
  if (others['baseUrl']) env['ANTHROPIC_BASE_URL'] = String(others['baseUrl']);
  const said = await new Promise<string>((resolve) => {
    execFile(command, ['--check'], { env, timeout: 60_000 }, (error, stdout) => {
      resolve(stdout || `cannot run ${command} --check: ${error?.message}`);
    });
  });
  log.info([
    `${command} --check`, said.trimEnd(),
    `The key is ${apiKey ? 'the one in VS Code’s secret storage' : 'none of VS Code’s'}. VS Code’s settings: ${JSON.stringify(others)}`,
  ].join('\n'));
  log.show();
}

async function tell(error: unknown): Promise<void> {
  if (!(error instanceof Failure)) throw error;
  const { kind, hint } = error.data;
  const button = kind === 'unauthorized' ? 'Set API Key…' : kind === 'missing' || kind === 'tooOld' ? 'Open Settings' : undefined;
  const text = [`Aside: ${error.message}.`, hint].filter(Boolean).join(' ');
  const chosen = await vscode.window.showWarningMessage(text, ...(button ? [button] : []));
  if (chosen) await vscode.commands.executeCommand(kind === 'unauthorized' ? 'aside.setApiKey' : 'aside.settings');
}
