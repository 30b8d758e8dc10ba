// The daemon of this window. The daemon is started at the first request, and started again when it dies. The extension
// talks to it over a pipe.
//
// This module uses vscode-jsonrpc and not vscode-languageclient. The language client sends every document that matches
// a selector as soon as the document is opened, but the daemon must get only documents in which Aside is used. The
// language client restarts a server at once or never, shows the server's messages itself, and kills the process 2 s
// after `exit`, when a reply may not be on the disk yet. In the bundle it takes 360 kB; vscode-jsonrpc takes 55 kB.
//
// This module guarantees: messages are sent in the order of the calls. Every request is answered, by the daemon or with
// an error that is made here. The caller that starts the daemon gets the reason if the daemon can't run. This module
// shows no message to the user.
import { ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import {
  MessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter, createMessageConnection,
} from 'vscode-jsonrpc/node';
import { Changed, Delta, ProblemData, Status } from './protocol';

const protocol = 1;
const features = ['ask', 'retry', 'continue', 'stop', 'transcript', 'threads', 'select', 'configure', 'models', 'fork', 'delete', 'search', 'export', 'import'];
// What a daemon of this extension's version can do besides.
const newer_features = ['prepare', 'preview', 'compact', 'attachments', 'usage', 'instructions', 'prompts', 'credential', 'side', 'rewrite',
  'edits', 'wanted', 'marks', 'find', 'suggest', 'named'];
const longest_pause_ms = 30_000;
const stable_after_ms = 60_000; // a daemon that ran longer than this is restarted without a pause when it dies
const shutdown_wait_ms = 2_000;
const max_last_words = 4096; // characters of the daemon's standard error that are kept for the message about its end

// An error. Its message, mostly from the daemon, says what could not be done and why. `data.hint` says what to do now.
export class Failure extends Error {
  constructor(message: string, readonly data: ProblemData) {
    super(message);
  }
}

export interface Launch {
  command: string;
  options: { apiKey?: string; [setting: string]: unknown }; // initializationOptions
}

interface Process {
  startedAt: number;
  child?: ChildProcess;
  ready: Promise<MessageConnection>;
  exited?: Promise<void>;
  stopping: boolean;
}

interface Events {
  delta: [Delta];
  status: [Status];
  changed: [Changed];
  complaint: [message: string]; // a sentence about a setting that can't be used
  news: [message: string]; // a sentence about something that the daemon has done without a request
  up: []; // a new daemon runs. It has no documents and follows no conversations yet
  down: []; // the daemon has ended. `failure` says why, unless `stop` has ended it
}

export class Daemon extends EventEmitter<Events> {
  private running: Process | undefined;
  private deaths = 0;
  private restarting: NodeJS.Timeout | undefined;
  failure: Failure | undefined;
  private offeredFeatures: Record<string, unknown> = {};

  constructor(private readonly launch: () => Promise<Launch>, private readonly log: vscode.LogOutputChannel) {
    super();
  }

  // Whether the running daemon has a feature that older ones lack.
  offers(feature: string): boolean {
    return this.running !== undefined && this.offeredFeatures[feature] === true;
  }

  // Says whether the running daemon and this extension know of the same features.
  fit(): string {
    if (!this.running || Object.keys(this.offeredFeatures).length === 0) return 'No daemon runs; the next question starts it.';
    const lacking = newer_features.filter((feature) => !this.offers(feature));
    const known = ['protocol', ...features, ...newer_features];
    const unknown = Object.keys(this.offeredFeatures).filter((feature) => this.offers(feature) && !known.includes(feature));
    return lacking.length > 0 ? `The running daemon is older than this extension and lacks ${lacking.join(', ')}: update asided.`
      : unknown.length > 0 ? `The running daemon is newer than this extension, which doesn’t use ${unknown.join(', ')}: update the extension.`
        : 'The running daemon and this extension fit together.';
  }

  async start(): Promise<void> {
    await this.connection();
  }

  async request<T>(method: string, params: object, cancelled?: vscode.CancellationToken): Promise<T> {
    const connection = await this.connection();
    try {
      return await (cancelled ? connection.sendRequest<T>(method, params, cancelled) : connection.sendRequest<T>(method, params));
    } catch (error) {
      if (error instanceof ResponseError && error.data?.kind) throw new Failure(error.message, error.data);
      throw this.failure ?? new Failure('the daemon ended', { kind: 'died', hint: 'Try again.' });
    }
  }

  // Does nothing if no daemon runs.
  notify(method: string, params: object): void {
    this.running?.ready.then((connection) => connection.sendNotification(method, params)).catch(() => {});
  }

  async restart(): Promise<void> {
    await this.stop();
    this.deaths = 0;
    await this.connection();
  }

  // Tells the daemon to end. The daemon stores everything before it ends. Waits for that at most `shutdown_wait_ms`,
  // and never kills the daemon.
  async stop(): Promise<void> {
    clearTimeout(this.restarting);
    const process = this.running;
    if (!process) return;
    process.stopping = true;
    this.handleExit(process); // from now on requests go to the next daemon
    const shutDown = async () => {
      const connection = await process.ready;
      await connection.sendRequest('shutdown', {});
      await connection.sendNotification('exit');
      process.child?.stdin?.end();
      await process.exited;
    };
    await Promise.race([shutDown().catch(() => {}), new Promise((late) => setTimeout(late, shutdown_wait_ms))]);
  }

  // This function isn't `async`: `async` would delay a request by some ticks, so that a later notification could be
  // sent before the request.
  private connection(): Promise<MessageConnection> {
    this.running ??= this.startProcess();
    return this.running.ready;
  }

  private startProcess(): Process {
    clearTimeout(this.restarting);
    this.failure = undefined;
    const process = { startedAt: Date.now(), stopping: false } as Process;
    process.ready = this.launch().then((launch) => this.connect(process, launch));
    process.ready.then(() => this.emit('up'), (error: unknown) => {
      process.child?.stdin?.end();
      this.handleExit(process, error instanceof Failure ? error : new Failure(String(error), { kind: 'died' }));
    });
    return process;
  }

  private async connect(process: Process, { command, options }: Launch): Promise<MessageConnection> {
    this.log.info(`starting ${command}`);
    const child = (process.child = spawn(command, [], { stdio: 'pipe' }));
    const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    const exit = this.exitOf(child, command);
    process.exited = exit.then((failure) => {
      connection.dispose();
      this.handleExit(process, failure);
    });
    connection.onError(([error]) => this.log.error(`the connection to the daemon failed: ${error.message}`));
    connection.onNotification('conversation/delta', (params) => void this.emit('delta', params));
    connection.onNotification('conversation/status', (params) => void this.emit('status', params));
    connection.onNotification('conversation/changed', (params) => void this.emit('changed', params));
    connection.onNotification('window/showMessage', ({ type, message }) => void this.emit(type === MessageType.Info ? 'news' : 'complaint', message));
    connection.listen();
    const initialized = connection.sendRequest<InitializeResult>('initialize', {
      processId: globalThis.process.pid,
      clientInfo: { name: vscode.env.appName, version: vscode.version },
      rootUri: null,
      workspaceFolders: folderParams(vscode.workspace.workspaceFolders ?? []),
      capabilities: { general: { positionEncodings: ['utf-16'] } },
      initializationOptions: options,
    });
    const answer = await Promise.race([initialized, exit]);
    if (answer instanceof Failure) throw answer;
    const { capabilities, serverInfo } = answer;
    const offers = capabilities?.experimental?.aside ?? {};
    if (offers.protocol !== protocol || !features.every((feature) => offers[feature] === true)) {
      throw new Failure(`${command} is ${serverInfo?.name ?? 'a program'} ${serverInfo?.version ?? ''}, which is too old for this extension`,
        { kind: 'tooOld', hint: 'Install a newer asided, or clear the setting aside.command to use the one that comes with the extension.' });
    }
    this.offeredFeatures = offers;
    await connection.sendNotification('initialized', {});
    this.log.info(`${serverInfo?.name} ${serverInfo?.version} runs as process ${child.pid}`);
    return connection;
  }

  private exitOf(child: ChildProcess, command: string): Promise<Failure> {
    let lastWords = ''; // may come in pieces, and without end
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-max_last_words);
      if (text.trim()) this.log.warn(text.trimEnd());
    });
    return new Promise((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) => resolve(cannotStart(command, error)));
      child.on('close', (status, signal) => {
        const hint = lastWords.trim().split('\n').at(-1) ?? '';
        resolve(new Failure(`the daemon ended ${signal ? `by ${signal}` : `with status ${status}`}`, { kind: 'died', hint }));
      });
    });
  }

  // Starts the daemon again if it has died, after a pause that doubles with each death. A daemon that never ran isn't
  // restarted.
  private handleExit(process: Process, failure?: Failure): void {
    if (this.running !== process) return;
    this.running = undefined;
    this.failure = process.stopping ? undefined : failure;
    if (this.failure) this.log.error(`${this.failure.message}. ${this.failure.data.hint ?? ''}`);
    this.emit('down');
    if (this.failure?.data.kind !== 'died') return;
    if (Date.now() - process.startedAt > stable_after_ms) this.deaths = 0;
    const pause = this.deaths++ === 0 ? 0 : Math.min(longest_pause_ms, 500 * 2 ** this.deaths);
    this.restarting = setTimeout(() => this.connection().catch(() => {}), pause);
  }
}

const MessageType = { Info: 3 }; // as in LSP

interface InitializeResult {
  capabilities?: { experimental?: { aside?: Record<string, unknown> } };
  serverInfo?: { name: string; version: string };
}

export function folderParams(folders: readonly vscode.WorkspaceFolder[]): { uri: string; name: string }[] {
  return folders.map(({ uri, name }) => ({ uri: uri.toString(), name }));
}

function cannotStart(command: string, error: NodeJS.ErrnoException): Failure {
  const why = { ENOENT: 'there is no such program', EACCES: 'you have no permission to run it' }[error.code ?? ''] ?? error.message;
  return new Failure(`cannot start ${command}: ${why}. The setting aside.command names the program`,
    { kind: 'missing', hint: 'Install asided, or open the settings and name the program there.' });
}
