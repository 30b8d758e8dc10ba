// The commands: each lets the user choose something, and sends the choice to the daemon.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { Applying } from './applying';
import { chooseFiles, clickedFiles, codeAttachments, diffAttachment, fileAttachments, isKnown, problemAttachments, toAttachments, wantedBy } from './attachments';
import { Checks } from './checks';
import { Completions } from './completions';
import { Conversations, Question } from './conversations';
import { Credential } from './credential';
import { Daemon, Failure } from './daemon';
import { Documents } from './documents';
import { Drafts, way } from './drafts';
import { buttonsFor, hasConsole } from './errors';
import { money, nextRequest, tokens } from './figures';
import { chooseFilesOf } from './folders';
import { deleteConversation, exportTo, fork, importFrom, rename } from './history';
import { InstructionFiles } from './instructions';
import { attachmentLabel, label, labels } from './places';
import { Marks, goToQuestion } from './marks';
import { Work, chooseModel, switchConversation } from './pickers';
import { plain, plainLine, sentences } from './plain';
import { Proposals } from './proposals';
import { Attachment, Conversation } from './protocol';
import { openHit, search } from './search';
import { Settings, openSettings } from './settings';
import { Sheets } from './sheets';
import { Subject } from './subject';
import { Topic, no_file, sameTopic, topicOf } from './topics';
import { Transcripts } from './transcripts';
import { exportUsage, showUsage } from './usage';
import { View } from './view';

export interface Services {
  daemon: Daemon;
  documents: Documents;
  conversations: Conversations;
  credential: Credential;
  drafts: Drafts;
  checks: Checks;
  instructions: InstructionFiles;
  completions: Completions;
  settings: Settings;
  sheets: Sheets;
  subject: Subject;
  view: View;
  marks: Marks;
  applying: Applying;
  proposals: Proposals;
  log: vscode.LogOutputChannel;
}

export function registerCommands(services: Services): vscode.Disposable[] {
  const { applying, conversations, credential, daemon, documents, log, instructions, settings, sheets, subject, view } = services;
  const currentFile = () => (sameTopic(subject.here, no_file) ? undefined : { name: label(subject.here), uri: documents.uri(subject.here) });
  const selected = () => subject.selections.map(({ document, range }) => documents.attachment(document, range));
  // Moves the conversation to a turn. Each move waits for the end of the previous one, since it starts where that one
  // ends.
  let moves = Promise.resolve();
  const move = async (target: (conversation: Conversation) => string | null | undefined) => {
    const next = async () => {
      const turn = target((await conversations.ready(subject.here)).conversation);
      if (turn !== undefined) await conversations.change(subject.here, 'select', { turn });
    };
    await (moves = moves.then(next, next));
  };
  // The user writes a question after these commands, so they move the cursor to the question box. VS Code would leave
  // the cursor in the editor, where the first typed letters would replace the selection. The cursor moves as soon as
  // the user has chosen or closed the list. It doesn't wait for the command's work, which takes time: the user may have
  // moved the cursor elsewhere by then.
  const commandsToBox: Record<string, (argument: never) => Work | Promise<Work>> = {
    show: () => undefined,
    edit: (turn?: string) => () => edit(services, subject.here, turn),
    new: () => () => conversations.new(subject.here),
    switch: () => switchConversation(daemon, conversations, documents, subject.here),
    search: async () => {
      const hit = await search(daemon, documents, subject.here);
      return hit && (async () => {
        await openHit(hit, conversations, documents, subject.here);
        view.focusPage(hit.turn);
      });
    },
    here: async () => {
      await requireFeature(daemon, 'marks');
      return goToQuestion(services.marks, conversations, subject, (turn) => view.focusPage(turn));
    },
    rename: () => rename(conversations, subject.here),
    delete: () => deleteConversation(conversations, subject.here),
    fork: (turn?: string) => fork(conversations, subject.here, turn),
    export: () => exportTo(daemon, conversations, subject.here),
    import: () => importFrom(conversations, subject.here),
    compact: async () => {
      const instructions = await vscode.window.showInputBox({
        title: 'Sum up the conversation', placeHolder: 'What the summary must keep (may be empty)',
        prompt: 'Later questions are sent with the summary instead of the turns above it. Those turns stay here; Undo removes the summary.',
      });
      if (instructions === undefined) return undefined;
      return () => conversations.reply(subject.here, 'compact', { ...(instructions.trim() && { instructions }) });
    },
    chooseModel: () => chooseModel(daemon, conversations, subject.here),
    setApiKey: () => settings.askForKey(hasConsole(credential.found?.server)),
    removeApiKey: () => () => settings.removeKey(),
    undo: () => () => move(({ turns }) => turns.findLast(({ role }) => role === 'user')?.parent),
    redo: () => () => move(({ redo }) => redo),
  };
  // If the user closes a list without a choice, the cursor moves to the question box. After a choice it doesn't move,
  // since the choice may have opened a document.
  const orToBox = async (chosen: Promise<boolean>) => {
    if (!await chosen) await view.reveal(true);
  };
  const otherCommands: Record<string, (argument: never, more: never) => unknown> = {
    ask: () => ask(services, subject.here, []),
    askSelection: () => ask(services, subject.here, selected()),
    askFile: () => ask(services, subject.here, [documents.whole(subject.file)]),
    explain: async (problem: { uri: vscode.Uri; range: vscode.Range; message: string }) => {
      const document = await vscode.workspace.openTextDocument(problem.uri);
      const lines = document.validateRange(new vscode.Range(problem.range.start.line, 0, problem.range.end.line + 1, 0));
      return ask(services, topicOf(document) ?? document, [documents.attachment(document, lines)], { proposal: `Explain this problem: ${problem.message}` });
    },
    addSelection: () => attach(services, () => (subject.file ? codeAttachments(documents, subject) : [])),
    addFile: () => attach(services, () => [documents.whole(subject.file)]),
    attachFile: async () => {
      const chosen = await chooseFiles();
      await attach(services, () => fileAttachments(documents, chosen));
    },
    attachFolder: async (folder?: vscode.Uri) => {
      const pattern = folder ? undefined : await vscode.window.showInputBox({
        title: 'Attach a folder to the question', placeHolder: 'src, or a pattern: src/*.h, **/*.md', prompt: 'You see the list and its size before anything is attached.',
      });
      if (folder || pattern?.trim()) return attachFolder(services, documents.uri(subject.here), folder ? { folder: folder.toString() } : { pattern: pattern!.trim() });
      return view.reveal(true);
    },
    attach: (file: vscode.Uri, all?: unknown) => attach(services, () => fileAttachments(documents, clickedFiles(file, all))),
    attachProblems: () => attach(services, () => problemAttachments(documents, subject.file, subject.selected)),
    attachDiff: () => attach(services, () => [diffAttachment(documents, subject.file)]),
    wanted: async () => {
      await view.reveal(true);
      await addWanted(services, subject.here, undefined, false);
    },
    rewrite: () => rewrite(services),
    byTheWay: (parent?: string) => byTheWay(services, subject.here, parent),
    putOnPath: async (turn?: string) => {
      const side = turn ?? await chooseSide(conversations, subject.here);
      if (side) await conversations.change(subject.here, 'select', { turn: side, onward: true });
    },
    apply: (turn?: string) => applying.apply(subject.file, turn),
    applyPreview: (turn?: string) => applying.preview(subject.file, turn),
    take: () => services.proposals.take(),
    preview: () => preview(services, subject.here),
    stop: (turn?: string) => conversations.stop(subject.here, turn),
    retry: (turn?: string) => conversations.reply(subject.here, 'retry', { ...(turn && { turn }) }),
    continue: (turn?: string) => conversations.reply(subject.here, 'continue', { ...(turn && { turn }) }),
    nextReply: () => showVariant(conversations, subject.here, 1),
    previousReply: () => showVariant(conversations, subject.here, -1),
    select: (turn: string) => conversations.change(subject.here, 'select', { turn, onward: true }),
    usage: () => orToBox(showUsage(daemon, sheets, currentFile())),
    exportUsage: () => orToBox(exportUsage(daemon, currentFile())),
    instructions: () => orToBox(instructions.show(subject.here, sheets)),
    openTranscript: async () => {
      const transcript = await vscode.workspace.openTextDocument(Transcripts.uriOf(subject.here));
      await vscode.window.showTextDocument(transcript, { viewColumn: vscode.ViewColumn.Beside, preview: false });
    },
    settings: () => openSettings('@ext:aside.aside'),
    check: () => checkSetup(daemon, settings, log),
    restart: () => daemon.restart(),
    log: () => log.show(),
  };
  const register = (name: string, command: (argument: never, more: never) => unknown) =>
    vscode.commands.registerCommand(`aside.${name}`, async (argument: never, more: never) => {
      try {
        await command(argument, more);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        void showError(error);
      }
    });
  return [
    ...Object.entries(commandsToBox).map(([name, choose]) => register(name, async (argument: never) => {
      const work = await choose(argument);
      await view.reveal(true);
      await work?.();
    })),
    ...Object.entries(otherCommands).map(([name, command]) => register(name, command)),
  ];
}

// Moves the cursor to the question box and adds attachments to the draft. If something can't be attached, throws an
// error with the reason.
export async function attach(services: Services, choose: () => readonly Attachment[]): Promise<void> {
  await services.view.reveal(true);
  await addToDraft(services, choose());
}

// Adds attachments to the draft without moving the cursor. While VS Code moves the focus to the view, typed keys would
// be lost.
export async function addToDraft({ checks, drafts }: Services, chosen: readonly Attachment[]): Promise<void> {
  if (chosen.length === 0) return;
  const results = await checks.check(chosen);
  const present = new Set(drafts.attachments.map((attachment) => JSON.stringify(attachment)));
  const accepted = chosen.filter((attachment, index) => !results[index]?.refused && !present.has(JSON.stringify(attachment)));
  drafts.setAttachments([...drafts.attachments, ...accepted]);
  const refused = results.flatMap(({ refused }) => refused?.replace(/^attachments: /, '') ?? []);
  if (refused.length > 0) throw new Failure(refused.join(' '), { kind: 'refused' });
}

// Lets the user choose among the files of a folder or of a pattern, and adds them to the draft.
export async function attachFolder(services: Services, uri: string, group: { folder: string } | { pattern: string }): Promise<void> {
  await requireFeature(services.daemon, 'find');
  const chosen = await chooseFilesOf(services.daemon, uri, group);
  await attach(services, () => chosen);
}

// Adds files that the last reply asks to see to the draft: the file with this index or, without an index, all that can
// be shared. With `now`, a question with the draft's attachments is sent at once; the text in the box stays.
export async function addWanted(services: Services, document: Topic, file: number | undefined, now: boolean): Promise<void> {
  const { checks, conversations, documents, drafts } = services;
  await requireFeature(services.daemon, 'wanted');
  const uri = documents.uri(document);
  const all = wantedBy((await conversations.ready(document)).conversation.turns.at(-1));
  if (all.length === 0) throw new Failure('the last reply doesn’t ask to see a file', { kind: 'nothingWanted' });
  const results = await checks.check(all, uri);
  const shareable = all.filter((_, index) => !results[index]?.refused);
  await addToDraft(services, file !== undefined ? all.slice(file, file + 1) : shareable.length > 0 ? shareable : all);
  if (now) await send(services, document, '/here', { draft: drafts.text(uri) });
}

// Sends the question in the page's box. `uri` and `conversation` name the document and the conversation that the page
// shows.
export async function submit(services: Services, uri: string, conversation: string | undefined, question: string): Promise<void> {
  const state = services.conversations.ofUri(uri);
  if (state) return send(services, state.document, question, { conversation });
  services.drafts.setText(uri, question);
  throw new Failure('the file was closed before the question could be sent', { kind: 'noFile', hint: 'Open the file again: its box holds the question.' });
}

// Sends a question to the conversation that the user sees. Then the box is emptied or, if `draft` is given, holds
// `draft`. If the daemon refuses the question, or the user doesn't agree to send it, the question is put back into the
// box, before any text that was typed meanwhile.
async function send(
  services: Services, document: Topic, question: string,
  { draft, conversation = services.conversations.stateOf(document).conversation?.conversation, ...kind }: { draft?: string | undefined; conversation?: string | undefined } & Kind = {},
): Promise<void> {
  const { conversations, documents, drafts } = services;
  const uri = documents.uri(document);
  const { attachments } = drafts;
  const edit = draft === undefined ? drafts.edit(uri) : null;
  const sendsUpdates = drafts.sendsUpdates(uri);
  if (draft === undefined) drafts.discard(uri);
  else drafts.set(uri, draft, []);
  const request: Question = { question, attachments, conversation, ...way(edit, sendsUpdates, conversation), ...kind };
  const agreed: string[] = [];
  let refusal = await conversations.ask(document, request, agreed);
  let answer: string | undefined;
  while (refusal?.data.kind === 'needsConsent' && (answer = await askConsent(refusal)) === send_button) {
    // The user has agreed to these reasons only; a new reason is asked about again.
    agreed.push(...refusal.data.reasons ?? []);
    refusal = await conversations.ask(document, request, agreed);
  }
  if (!refusal) return void vscode.commands.executeCommand('setContext', 'aside.hasAsked', true);
  const text = [question, drafts.text(uri)].filter(Boolean).join('\n\n');
  drafts.set(uri, text, [...attachments, ...drafts.attachments], edit ?? undefined);
  if (!sendsUpdates) drafts.leaveOutUpdates(uri);
  // Moves the cursor only if the user has just pressed a button of the dialog; otherwise the cursor may be elsewhere
  // for a reason.
  await services.view.reveal(refusal.data.kind === 'needsConsent');
  if (answer === preview_button) await preview(services, document);
}

const preview_button = 'Show What Would Be Sent';
const send_button = 'Send Anyway';

// Enter presses the first button, so that button sends nothing.
async function askConsent({ data: { reasons } }: Failure): Promise<string | undefined> {
  const detail = (reasons ?? []).map((reason) => `${plain(reason).replace(/`([^`]*)`/g, '“$1”')}.`).join('\n');
  return vscode.window.showWarningMessage('Send this to Claude?', { modal: true, detail }, preview_button, send_button);
}

// Shows what the question in the box would send.
async function preview(services: Services, document: Topic): Promise<void> {
  const { conversations, documents, drafts, sheets } = services;
  const uri = documents.uri(document);
  const { conversation } = (await conversations.ready(document)).conversation;
  const question = drafts.text(uri).trim();
  if (!question) throw new Failure('write the question first, in the box below the conversation', { kind: 'noQuestion' });
  const { text } = await conversations.preview(document, {
    question, attachments: drafts.attachments, conversation, ...way(drafts.edit(uri), drafts.sendsUpdates(uri), conversation),
  });
  await sheets.show(`${label(document)} – preview`, text, 'beside');
}

// Asks for the new text of the lines that are selected, or of the line with the cursor.
async function rewrite(services: Services): Promise<void> {
  const { daemon, documents, subject } = services;
  const topic = subject.file;
  const { document, selection, selections } = subject.editor ?? {};
  await requireFeature(daemon, 'rewrite');
  if (!document || !selection || !documents.canFollow(document)) {
    throw new Failure('only lines of a text file can be rewritten', { kind: 'noLines', hint: 'Ask about the selection instead.' });
  }
  if (selections!.length > 1) throw new Failure('several ranges are selected', { kind: 'noLines', hint: 'Select one range of lines.' });
  const { start, end } = selection;
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  // `validateRange`, since there may be no line after the last one.
  const range = document.validateRange(new vscode.Range(start.line, 0, last + 1, 0));
  const lines = documents.attachment(document, range);
  await ask(services, topic, [], { title: `Rewrite ${plainLine(attachmentLabel(lines))}`, placeholder: 'What to change', proposal: '', kind: { rewrite: lines } });
}

// Asks a side question, which follows the last reply that has ended, or the side reply `parent`.
async function byTheWay(services: Services, document: Topic, parent: string | undefined): Promise<void> {
  await requireFeature(services.daemon, 'side');
  const title = sameTopic(document, no_file) ? 'Ask by the way' : `Ask by the way, about ${plainLine(label(document))}`;
  await ask(services, document, [], { title, proposal: '', kind: { side: true, ...(parent && { parent }) } });
}

// Asks for the changes of the last reply as search/replace blocks, which match exactly or not at all.
export async function askInBlocks(services: Services, document: Topic): Promise<void> {
  await Promise.all([services.view.reveal(false), send(services, document, '/blocks', { draft: services.drafts.text(services.documents.uri(document)) })]);
}

async function requireFeature(daemon: Daemon, feature: string): Promise<void> {
  await daemon.start();
  if (!daemon.offers(feature)) throw new Failure('this asided is too old for that', { kind: 'tooOld', hint: 'Install a newer asided, or clear the setting aside.command.' });
}

async function chooseSide(conversations: Conversations, document: Topic): Promise<string | undefined> {
  const { sides = [] } = (await conversations.ready(document)).conversation;
  const replies = sides.filter(({ role }) => role === 'assistant');
  if (replies.length === 0) throw new Failure('this conversation has no side question', { kind: 'noSides' });
  const rows = replies.map(({ turn, parent, text }) => ({
    label: plainLine(sides.find((other) => other.turn === parent)?.text ?? ''), detail: plainLine(text.slice(0, 200)), turn,
  }));
  return (await vscode.window.showQuickPick(rows, { title: 'Put a side question on the path', placeHolder: 'The turns that followed before become another branch' }))?.turn;
}

// The parameters that an ordinary question doesn't have.
type Kind = Pick<Question, 'rewrite' | 'side' | 'parent'>;

interface Asking { title?: string; placeholder?: string; proposal?: string; kind?: Kind }

// Lets the user write a question in an input box and sends it. The box holds `proposal` or, if there is none, the
// document's draft. With `proposal`, the draft stays as it is.
async function ask(services: Services, document: Topic, chosen: Attachment[], { title, placeholder = 'Your question', proposal, kind = {} }: Asking = {}): Promise<void> {
  const { checks, conversations, daemon, documents, drafts, view } = services;
  const uri = documents.uri(document);
  const box = vscode.window.createInputBox();
  box.title = title ?? (sameTopic(document, no_file) ? 'Ask without a file' : `Ask about ${plainLine(label(document))}`);
  box.placeholder = placeholder;
  // The chosen attachments are put into the draft, so that the view shows the same as the box. If nothing is asked,
  // they are removed again.
  const added: Attachment[] = [];
  const add = (attachments: Attachment[]) => {
    const present = new Set(drafts.attachments.map((attachment) => JSON.stringify(attachment)));
    const others = attachments.filter((attachment) => !present.has(JSON.stringify(attachment)));
    added.push(...others);
    drafts.setAttachments([...drafts.attachments, ...others]);
  };
  const describe = () => {
    const { attachments } = drafts;
    const forecast = checks.forecast(uri);
    const { updates = [], known = [] } = forecast ?? {};
    const shared = [...[...kind.rewrite ? [kind.rewrite] : [], ...attachments].map(attachmentLabel), ...(drafts.sendsUpdates(uri) ? updates.map(({ name }) => `${name} has changed`) : [])];
    const code = sameTopic(document, services.subject.here) && shared.length === 0 ? codeAttachments(documents, services.subject) : [];
    const addable = code.every((attachment) => isKnown(attachment, known)) ? '' : plainLine(code.map(attachmentLabel).join(', '));
    // The daemon's estimate is for the question of the draft, which is neither a rewrite nor a side question.
    const isOther = kind.rewrite || kind.side || (proposal !== undefined && drafts.edit(uri));
    const { next } = isOther ? {} : forecast ?? {};
    const price = forecast?.of === attachments && forecast.tokens ? `about ${tokens(forecast.tokens)}${forecast.cost === undefined ? '' : `, ${money(forecast.cost)}`}` : '';
    const nothing = known.length > 0 ? `Claude has ${labels(known)}.` : 'No code is attached.';
    box.buttons = addable ? [{ iconPath: new vscode.ThemeIcon('add'), tooltip: `Add ${addable}` }] : [];
    const whole = forecast?.of === attachments && next ? ` In all ${nextRequest(next)}.` : '';
    box.prompt = plainLine((shared.length > 0 ? `Attached: ${[...shared, whole ? '' : price].filter(Boolean).join(', ')}.` : `${nothing}${addable && ` + adds ${addable}.`}`) + whole);
  };
  const check = () => {
    const { conversation, shared } = conversations.stateOf(document).conversation ?? {};
    checks.update(uri, drafts.attachments, way(drafts.edit(uri), drafts.sendsUpdates(uri), conversation), shared);
    describe();
  };
  add(chosen);
  check();
  drafts.on('changed', check);
  checks.on('changed', describe);
  box.onDidTriggerButton(() => add(codeAttachments(documents, services.subject)));
  box.value = proposal ?? drafts.text(uri);
  // Whether code was added for a named prompt about code; it is added only once, so that the user can remove it.
  let codeAdded = false;
  box.onDidChangeValue(async (text) => {
    if (proposal === undefined) drafts.set(uri, text);
    const mayAddCode = !codeAdded && !kind.rewrite && text.startsWith('/') && drafts.attachments.length === 0 && services.subject.selected.length > 0;
    if (!mayAddCode || !await services.completions.needsCode(text).catch(() => false) || codeAdded) return;
    codeAdded = true;
    add(codeAttachments(documents, services.subject));
  });
  const question = await new Promise<string>((resolve) => {
    box.onDidAccept(() => box.value.trim() && resolve(box.value));
    box.onDidHide(() => resolve(''));
    box.show();
    conversations.stateOf(document);
    daemon.notify('conversation/prepare', { textDocument: { uri } });
  });
  box.dispose();
  drafts.off('changed', check);
  checks.off('changed', describe);
  if (!question) return drafts.setAttachments(drafts.attachments.filter((attachment) => !added.includes(attachment)));
  // For a rewrite, the cursor stays in the editor, where the review will open.
  await Promise.all([view.reveal(!kind.rewrite), send(services, document, question, { draft: proposal === undefined ? undefined : drafts.text(uri), ...kind })]);
}

// Puts an earlier question into the box. When it is sent, it begins a new branch beside the earlier question.
async function edit({ conversations, drafts }: Services, document: Topic, turn: string | undefined): Promise<void> {
  const { uri, conversation: { conversation, turns } } = await conversations.ready(document);
  const question = turns.findLast((other) => other.role === 'user' && (!turn || other.turn === turn));
  if (!question) return;
  const attachments = question.attachments.flatMap(toAttachments);
  if (drafts.edit(uri)) drafts.discard(uri);
  const text = [question.text, drafts.text(uri)].filter(Boolean).join('\n\n');
  drafts.set(uri, text, [...attachments, ...drafts.attachments], { conversation, parent: question.parent });
}

// Shows the next (1) or previous (-1) variant of the last turn that has several variants. Below that variant, the page
// shows the turns that it showed there last.
async function showVariant(conversations: Conversations, document: Topic, by: number): Promise<void> {
  const { turns } = (await conversations.ready(document)).conversation;
  const shown = turns.findLast(({ variants }) => variants.length > 1);
  const turn = shown?.variants[shown.variants.indexOf(shown.turn) + by];
  if (turn) await conversations.change(document, 'select', { turn, onward: true });
}

// Runs `asided --check`. The environment of that process holds the key and the address of the server that the settings name, so
// that no other server gets the key.
async function checkSetup(daemon: Daemon, settings: Settings, log: vscode.LogOutputChannel): Promise<void> {
  const { command, options } = await settings.launch();
  const { apiKey, ...others } = options;
  const env = { ...process.env };
  if (apiKey) env['ANTHROPIC_API_KEY'] = apiKey;
  if (others['baseUrl']) env['ANTHROPIC_BASE_URL'] = String(others['baseUrl']);
  const output = await new Promise<string>((resolve) => {
    execFile(command, ['--check'], { env, timeout: 60_000 }, (error, stdout) => {
      resolve(stdout || `cannot run ${command} --check: ${error?.message}`);
    });
  });
  log.info([
    `${command} --check`, output.trimEnd(),
    `VS Code’s secret storage holds ${apiKey ? 'the key' : 'no key'}.`,
    Object.keys(others).length > 0 ? `Settings of VS Code: ${JSON.stringify(others)}` : 'Nothing is set for Aside in VS Code.',
    settings.extension, daemon.fit(), // at the end, which the panel shows
  ].join('\n'));
  log.show();
}

export async function showError(error: unknown): Promise<void> {
  if (!(error instanceof Failure)) throw error;
  const buttons = new Map(buttonsFor(error.data));
  const chosen = await vscode.window.showWarningMessage(plain(`Aside: ${sentences(error.message, error.data.hint)}`), ...buttons.keys());
  if (chosen) await vscode.commands.executeCommand(`aside.${buttons.get(chosen)}`);
}
