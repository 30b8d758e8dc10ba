// Tests that must run inside VS Code: VS Code runs them in the process of its extensions, with the extension installed as for
// a user. Each test prints a line on the console, which ../host.test.mjs reads.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const vscode = require('vscode');

const work = vscode.workspace.workspaceFolders[0].uri;
const extension = vscode.extensions.getExtension('aside.aside');
const { contributes, activationEvents = [], extensionKind } = extension.packageJSON;

const promised = ['ask', 'askSelection', 'askFile', 'addSelection', 'addFile', 'attachFile', 'attachFolder', 'attachProblems', 'attachDiff', 'wanted', 'here', 'rewrite', 'byTheWay', 'putOnPath', 'apply', 'applyPreview', 'take', 'preview', 'show', 'stop', 'retry', 'continue', 'undo', 'redo', 'edit', 'previousReply', 'nextReply', 'new',
  'switch', 'search', 'rename', 'delete', 'fork', 'export', 'import', 'compact', 'usage', 'exportUsage', 'instructions', 'chooseModel', 'openTranscript', 'setApiKey', 'removeApiKey', 'check', 'restart', 'log'].map((name) => `aside.${name}`);
// The workspace folder may come from somebody else. So its settings must not decide which program is run, where the key
// is sent, which certificates are trusted, or what counts as a secret.
const settings = Object.keys(contributes.configuration.properties).map((name) => name.replace(/^aside\./, ''));
const never_of_a_folder = settings; // all of them, since each can cost money, or name a program, a server or a file

const program = () => vscode.workspace.getConfiguration('aside').get('command');
const heard = () => (fs.existsSync(`${program()}.heard`) ? fs.readFileSync(`${program()}.heard`, 'utf8') : '');

async function until(look, what) {
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(30)) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`waited in vain for ${what}`);
}

async function show(name) {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(work, name));
  return await vscode.window.showTextDocument(document);
}

// Resolves to the default key bindings of VS Code and of extensions.
async function bindings() {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('vscode://defaultsettings/keybindings.json'));
  const entries = document.getText().match(/^\{ "key": .*?\}(?=,?$)/gms);
  return entries.map((entry) => JSON.parse(entry));
}

// Whether two bindings collide: both can be active at once, and their keys are the same or one begins with the other.
// Two bindings can't be active at once if a condition of one excludes a condition of the other.
function collide(ours, theirs) {
  const begins = (one, other) => one === other || other.startsWith(`${one} `);
  if (!begins(ours.key, theirs.key) && !begins(theirs.key, ours.key)) return false;
  const terms = (when = '') => when.split(/\s*&&\s*/);
  return !terms(theirs.when).some((term) => terms(ours.when).includes(`!${term}`));
}

const tests = {
  'nothing begins because VS Code begins, or a file is opened': async () => {
    await show('used.c');
    assert.ok(!extension.isActive);
    for (const event of activationEvents) assert.match(event, /^on(Command|View|WalkThrough|Uri|FileSystem)\b/);
  },

  'it runs where the files are': () => assert.deepEqual(extensionKind, ['workspace']),

  'every promised command is in the palette under its own name': () => {
    const titles = new Map(contributes.commands.map(({ command, title, category }) => [command, `${category}: ${title}`]));
    for (const command of promised) assert.match(titles.get(command) ?? `no ${command}`, /^Aside: [A-Z]/);
    assert.equal(new Set(titles.values()).size, titles.size);
  },

  'no key that VS Code uses is taken from it, except in a proposed text, where saving is taking it': async () => {
    const all = await bindings();
    assert.ok(all.length > 500, `${all.length} bindings`);
    const [own, theirs] = [true, false].map((wanted) => all.filter(({ command }) => command.startsWith('aside.') === wanted));
    const inProposals = ({ when = '' }) => when.split(/\s*&&\s*/).includes("resourceScheme == 'aside-proposal'");
    assert.deepEqual(own.filter(inProposals).map(({ key, command }) => `${key} ${command}`), ['ctrl+s aside.take']);
    const ours = own.filter((binding) => !inProposals(binding));
    assert.ok(ours.length > 0, 'some commands have keys');
    assert.deepEqual(theirs.filter((other) => ours.some((own) => collide(own, other))), []);
  },

  'all settings are the machine’s': () => {
    const { properties } = [contributes.configuration].flat().reduce((all, part) => ({ properties: { ...all.properties, ...part.properties } }));
    for (const name of never_of_a_folder) assert.equal(properties[`aside.${name}`]?.scope, 'machine', name);
    for (const [name, { description, markdownDescription }] of Object.entries(properties)) {
      assert.ok(description ?? markdownDescription, `${name} is described`);
    }
  },

  'a folder that tries to set them does not': () => {
    const settings = vscode.workspace.getConfiguration('aside');
    const tried = JSON.parse(fs.readFileSync(path.join(work.fsPath, '.vscode/settings.json'), 'utf8'));
    for (const name of never_of_a_folder) {
      assert.ok(tried[`aside.${name}`], `${name} is tried`);
      assert.notDeepEqual(settings.get(name), tried[`aside.${name}`], name);
    }
  },

  'a walkthrough leads in three steps to a follow-up': () => {
    const [{ steps }] = contributes.walkthroughs;
    const commands = steps.map(({ description }) => /\(command:([\w.]+)\)/.exec(description)?.[1]);
    assert.deepEqual(commands, ['aside.setApiKey', 'aside.askSelection', 'aside.show']);
    for (const { media } of steps) assert.ok(fs.existsSync(path.join(extension.extensionPath, media.markdown)), media.markdown);
  },

  'the first command is there soon': async () => {
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    await extension.activate();
    const { user, system } = process.cpuUsage(cpu);
    console.log(`measured activation: ${((user + system) / 1000).toFixed(0)} ms of CPU, ${(performance.now() - wall).toFixed(0)} ms`);
    const commands = new Set(await vscode.commands.getCommands(true));
    for (const { command } of contributes.commands) assert.ok(commands.has(command), command);
  },

  'the daemon that runs is the machine’s, and is told of nothing that a folder sets': async () => {
    await vscode.commands.executeCommand('aside.show');
    await until(() => heard().includes('"conversation/get"'), 'the first request');
    assert.ok(!heard().includes('nonesuch'));
    const [, options] = /"initializationOptions":(\{[^}]*\})/.exec(heard());
    assert.deepEqual(JSON.parse(options), {});
    assert.ok(!fs.existsSync(path.join(work.fsPath, 'ran')));
  },

  'only a document that was used is known to the daemon': async () => {
    const editor = await show('used.c');
    editor.selection = new vscode.Selection(0, 0, 1, 0);
    await until(() => heard().includes('used.c'), 'used.c');
    await vscode.commands.executeCommand('aside.addSelection');
    await vscode.workspace.openTextDocument(vscode.Uri.joinPath(work, 'closed.c'));
    await show('seen.c');
    await until(() => heard().includes('seen.c'), 'its conversation');
    assert.ok(!heard().includes('int seen'), 'one that is only looked at');
    assert.ok(!heard().includes('closed.c'), 'one that was opened behind the scene');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  },
};

exports.run = async () => {
  for (const [name, check] of Object.entries(tests)) {
    const problem = await Promise.resolve().then(check).then(() => '', (error) => error.stack);
    console.log(JSON.stringify({ name, problem }));
  }
};
