// The commands: they collect what the user has chosen, and send it.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { again, chooseFiles, codeOf, difference, files, problems, together } from './attachments';
import { Checks } from './checks';
import { Completions } from './completions';
import { Conversations, Question } from './conversations';
import { Credential } from './credential';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { Drafts, Edit } from './drafts';
import { exportTo, fork, importFrom, remove, rename } from './history';
import { Rules } from './instructions';
import { label, piece } from './places';
import { Then, chooseModel, switchConversation } from './pickers';
import { plain, plainLine, sentences } from './plain';
import { Attachment } from './protocol';
import { open, search } from './search';
import { Settings, openSettings } from './settings';
import { Sheets } from './sheets';
import { Subject } from './subject';
import { Topic, same, no_file, topicOf } from './topics';
import { Transcripts } from './transcripts';
import { exportUsage, showUsage } from './usage';
import { View } from './view';

export interface World {
  daemon: Daemon;
  documents: Documents;
  conversations: Conversations;
  credential: Credential;
  drafts: Drafts;
  checks: Checks;
  rules: Rules;
  completions: Completions;
  settings: Settings;
  sheets: Sheets;
  subject: Subject;
  view: View;
  log: vscode.LogOutputChannel;
}

export function registerCommands(world: World): vscode.Disposable[] {
  const { conversations, daemon, documents, log, rules, settings, sheets, subject, view } = world;
  const here = () => (same(subject.here, no_file) ? undefined : { name: label(subject.here), uri: documents.uri(subject.here) });
  const selected = () => subject.selections.map(({ document, range }) => documents.attachment(document, range));
  // After these commands the user writes a question. VS Code would leave the cursor in the editor, where the first letters
  // would replace the selection. The cursor goes to the question box as soon as the user has chosen or closed the list, and
  // before the work is done: that takes time, and the user may be elsewhere then.
  const leading: Record<string, (argument: never) => Then | Promise<Then>> = {
    show: () => undefined,
    edit: (turn?: string) => () => edit(world, subject.here, turn),
    new: () => () => conversations.new(subject.here),
    switch: () => switchConversation(daemon, conversations, documents, subject.here),
    search: async () => {
      const hit = await search(daemon, documents, subject.here);
      return hit && (async () => {
        await open(hit, conversations, documents, subject.here);
        view.point(hit.turn);
      });
    },
    rename: () => rename(conversations, subject.here),
    delete: () => remove(conversations, subject.here),
    fork: (turn?: string) => fork(conversations, subject.here, turn),
    export: () => exportTo(daemon, conversations, subject.here),
    import: () => importFrom(conversations, subject.here),
    compact: async () => {
      const instructions = await vscode.window.showInputBox({
        title: 'Sum up the conversation', placeHolder: 'What the summary shall keep (may be empty)',
        prompt: 'Later questions go with the summary instead of what is above it. All of that stays here; Undo takes the summary back.',
      });
      if (instructions === undefined) return undefined;
      return () => conversations.reply(subject.here, 'compact', { ...(instructions.trim() && { instructions }) });
    },
    chooseModel: () => chooseModel(daemon, conversations, subject.here),
    setApiKey: () => settings.askForKey(),
    removeApiKey: () => () => settings.removeKey(),
    undo: () => async () => {
      const { conversation } = await conversations.ready(subject.here);
      const question = conversation.turns.findLast(({ role }) => role === 'user');
      if (question) await conversations.change(subject.here, 'select', { turn: question.parent });
    },
    redo: () => async () => {
      const { redo } = (await conversations.ready(subject.here)).conversation;
      if (redo) await conversations.change(subject.here, 'select', { turn: redo });
    },
  };
  // What is chosen there leads to a document or a file; a list that was left leads to the question as well.
  const orBack = async (chosen: Promise<boolean>) => {
    if (!await chosen) await view.reveal(true);
  };
  const others: Record<string, (argument: never, more: never) => unknown> = {
    ask: () => ask(world, subject.here, []),
    askSelection: () => ask(world, subject.here, selected()),
    askFile: () => ask(world, subject.here, [documents.whole(subject.file)]),
    explain: async (problem: { uri: vscode.Uri; range: vscode.Range; message: string }) => {
      const document = await vscode.workspace.openTextDocument(problem.uri);
      const lines = document.validateRange(new vscode.Range(problem.range.start.line, 0, problem.range.end.line + 1, 0));
      return ask(world, topicOf(document) ?? document, [documents.attachment(document, lines)], `Explain this problem: ${problem.message}`);
    },
    addSelection: () => attach(world, () => (subject.file ? codeOf(documents, subject) : [])),
    addFile: () => attach(world, () => [documents.whole(subject.file)]),
    attachFile: async () => {
      const chosen = await chooseFiles();
      await attach(world, () => files(documents, chosen));
    },
    attach: (file: vscode.Uri, all?: unknown) => attach(world, () => files(documents, together(file, all))),
    attachProblems: () => attach(world, () => problems(documents, subject.file, subject.selected)),
    attachDiff: () => attach(world, () => [difference(documents, subject.file)]),
    preview: () => preview(world, subject.here),
    stop: () => conversations.stop(subject.here),
    retry: (turn?: string) => conversations.reply(subject.here, 'retry', { ...(turn && { turn }) }),
    continue: () => conversations.reply(subject.here, 'continue'),
    nextReply: () => step(conversations, subject.here, 1),
    previousReply: () => step(conversations, subject.here, -1),
    select: (turn: string) => conversations.change(subject.here, 'select', { turn, onward: true }),
    usage: () => orBack(showUsage(daemon, sheets, here())),
    exportUsage: () => orBack(exportUsage(daemon, here())),
    instructions: () => orBack(rules.show(subject.here, sheets)),
    openTranscript: async () => {
      const transcript = await vscode.workspace.openTextDocument(Transcripts.of(subject.here));
      await vscode.window.showTextDocument(transcript, { viewColumn: vscode.ViewColumn.Beside, preview: false });
    },
    settings: () => openSettings('@ext:aside.aside'),
    check: () => check(settings, log),
    restart: () => daemon.restart(),
    log: () => log.show(),
  };
  const register = (name: string, command: (argument: never, more: never) => unknown) =>
    vscode.commands.registerCommand(`aside.${name}`, async (argument: never, more: never) => {
      try {
        await command(argument, more);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        void tell(error);
      }
    });
  return [
    ...Object.entries(leading).map(([name, choose]) => register(name, async (argument: never) => {
      const then = await choose(argument);
      await view.reveal(true);
      await then?.();
    })),
    ...Object.entries(others).map(([name, command]) => register(name, command)),
  ];
}

// Adds what the user has chosen to the next question, to which the cursor goes at once. What can't be sent gives a message.
export async function attach({ checks, drafts, view }: World, choose: () => readonly Attachment[]): Promise<void> {
  await view.reveal(true);
  const chosen = choose();
  if (chosen.length === 0) return;
  const rows = await checks.check(chosen);
  const there = new Set(drafts.attachments.map((attachment) => JSON.stringify(attachment)));
  const taken = chosen.filter((attachment, index) => !rows[index]?.refused && !there.has(JSON.stringify(attachment)));
  drafts.share([...drafts.attachments, ...taken]);
  const refused = rows.flatMap(({ refused }) => refused?.replace(/^attachments: /, '') ?? []);
  if (refused.length > 0) throw new Failure(refused.join(' '), { kind: 'refused' });
}

// The question in the page's box, about the document and in the conversation that the page shows.
export async function submit(world: World, uri: string, conversation: string | undefined, question: string): Promise<void> {
  const state = world.conversations.ofUri(uri);
  if (state) return send(world, state.document, question, [], { conversation });
  world.drafts.type(uri, question);
  throw new Failure('the file was closed before the question could be sent', { kind: 'noFile', hint: 'Open it again: the question is in the box there.' });
}

// Sends a question: the one in the box, unless a `draft` stays there. It goes to the conversation that the user sees. If the
// daemon refuses it, or the user doesn't agree to send it, it is put back into the box, before text typed meanwhile.
async function send(
  world: World, document: Topic, question: string, chosen: Attachment[],
  { draft, conversation = world.conversations.stateOf(document).conversation?.conversation }: { draft?: string | undefined; conversation?: string | undefined } = {},
): Promise<void> {
  const { conversations, documents, drafts } = world;
  const uri = documents.uri(document);
  const attachments = [...drafts.attachments, ...chosen];
  const edit = draft === undefined ? drafts.edit(uri) : null;
  const current = drafts.current(uri);
  if (draft === undefined) drafts.leave(uri);
  else drafts.put(uri, draft, []);
  const asked: Question = { question, attachments, conversation, parent: beside(edit, conversation), ...(!current && { current: false }) };
  const agreed: string[] = [];
  let refusal = await conversations.ask(document, asked, agreed);
  let answer: string | undefined;
  while (refusal?.data.kind === 'needsConsent' && (answer = await consents(refusal)) === send_it) {
    agreed.push(...refusal.data.reasons ?? []); // only these: new reasons are asked about again
    refusal = await conversations.ask(document, asked, agreed);
  }
  if (!refusal) return;
  const text = [question, drafts.text(uri)].filter(Boolean).join('\n\n');
  drafts.put(uri, text, [...attachments, ...drafts.attachments], edit ?? undefined);
  if (!current) drafts.leaveOutChanges(uri);
  await world.view.reveal(refusal.data.kind === 'needsConsent'); // a button was pressed just now; otherwise the user may be elsewhere
  if (answer === look_first) await preview(world, document);
}

const look_first = 'Show What Would Be Sent';
const send_it = 'Send Anyway';

function beside(edit: Edit | null, conversation: string | undefined): string | null | undefined {
  return edit?.conversation === conversation ? edit?.parent : undefined;
}

// Enter presses the first button.
async function consents({ data: { reasons } }: Failure): Promise<string | undefined> {
  const detail = (reasons ?? []).map((reason) => `${plain(reason).replace(/`([^`]*)`/g, '“$1”')}.`).join('\n');
  return vscode.window.showWarningMessage('Send this to Claude?', { modal: true, detail }, look_first, send_it);
}

// Shows what the question in the box would send.
async function preview(world: World, document: Topic): Promise<void> {
  const { conversations, documents, drafts, sheets } = world;
  const uri = documents.uri(document);
  const { conversation } = (await conversations.ready(document)).conversation;
  const question = drafts.text(uri).trim();
  if (!question) throw new Failure('write the question first, in the box below the conversation', { kind: 'noQuestion' });
  const { text } = await conversations.preview(document, {
    question, attachments: drafts.attachments, conversation, parent: beside(drafts.edit(uri), conversation), ...(!drafts.current(uri) && { current: false }),
  });
  await sheets.show(`${label(document)} – preview.md`, text, 'beside');
}

// Without a `proposal`, what is in the box is the document's draft; with one, the draft stays as it is.
async function ask(world: World, document: Topic, chosen: Attachment[], proposal?: string): Promise<void> {
  const { conversations, daemon, documents, drafts, view } = world;
  const uri = documents.uri(document);
  const box = vscode.window.createInputBox();
  box.title = same(document, no_file) ? 'Ask without a file' : `Ask about ${plainLine(label(document))}`;
  box.placeholder = 'Your question';
  const tell = () => {
    const shared = [...drafts.attachments, ...chosen].map((attachment) => plainLine(piece(attachment)));
    const offered = same(document, world.subject.here) && shared.length === 0 ? plainLine(codeOf(documents, world.subject).map(piece).join(', ')) : '';
    box.buttons = offered ? [{ iconPath: new vscode.ThemeIcon('add'), tooltip: `Add ${offered}` }] : [];
    box.prompt = shared.length > 0 ? `Goes along: ${shared.join(', ')}.` : `No code goes along.${offered && ` + adds ${offered}.`}`;
  };
  tell();
  box.onDidTriggerButton(() => {
    chosen = [...chosen, ...codeOf(documents, world.subject)];
    tell();
  });
  box.value = proposal ?? drafts.text(uri);
  let brought = false; // code, for a named prompt about code; once
  box.onDidChangeValue(async (text) => {
    if (proposal === undefined) drafts.put(uri, text);
    const could = !brought && text.startsWith('/') && drafts.attachments.length + chosen.length === 0 && world.subject.selected.length > 0;
    if (!could || !await world.completions.wantsCode(text).catch(() => false) || brought) return;
    brought = true;
    chosen = codeOf(documents, world.subject);
    tell();
  });
  const question = await new Promise<string>((resolve) => {
    box.onDidAccept(() => box.value.trim() && resolve(box.value));
    box.onDidHide(() => resolve(''));
    box.show();
    conversations.stateOf(document);
    daemon.notify('conversation/prepare', { textDocument: { uri } });
  });
  box.dispose();
  if (!question) return;
  await Promise.all([view.reveal(true), send(world, document, question, chosen, { draft: proposal && drafts.text(uri) })]);
}

// Puts an earlier question into the box, to be asked again in another branch.
async function edit({ conversations, drafts }: World, document: Topic, turn: string | undefined): Promise<void> {
  const { uri, conversation: { conversation, turns } } = await conversations.ready(document);
  const question = turns.findLast((other) => other.role === 'user' && (!turn || other.turn === turn));
  if (!question) return;
  const attachments = question.attachments.flatMap(again);
  if (drafts.edit(uri)) drafts.leave(uri);
  const text = [question.text, drafts.text(uri)].filter(Boolean).join('\n\n');
  drafts.put(uri, text, [...attachments, ...drafts.attachments], { conversation, parent: question.parent });
}

// Goes to another variant of the last turn that has several: of a reply, or of a question. It is shown with what followed
// it when that branch was left.
async function step(conversations: Conversations, document: Topic, by: number): Promise<void> {
  const { turns } = (await conversations.ready(document)).conversation;
  const one = turns.findLast(({ variants }) => variants.length > 1);
  const turn = one?.variants[one.variants.indexOf(one.turn) + by];
  if (turn) await conversations.change(document, 'select', { turn, onward: true });
}

// The process of --check gets the key by its environment, and with it the server, so that no other server gets the key.
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

export async function tell(error: unknown): Promise<void> {
  if (!(error instanceof Failure)) throw error;
  const { kind, hint } = error.data;
  const [button, command] = kind === 'unauthorized' ? ['Set API Key…', 'aside.setApiKey']
    : kind === 'missing' || kind === 'tooOld' ? ['Open Settings', 'aside.settings'] : [];
  const chosen = await vscode.window.showWarningMessage(plain(`Aside: ${sentences(error.message, hint)}`), ...(button ? [button] : []));
  if (chosen) await vscode.commands.executeCommand(command!);
}
