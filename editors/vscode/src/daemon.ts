// The daemon of this window: started at the first request, spoken to over its pipe, started again when it dies.
//
// Built on vscode-jsonrpc and not on vscode-languageclient, which suits a language server and is in the way of this
// one: it sends every document that its selector matches as soon as it is opened, and a document has to have been used
// with Aside first; it restarts at once or never; it shows notifications that nobody asked for; it kills the process
// tree 2 s after `exit`, while a reply may still be on its way to disk; and bundled it is 360 kB to load against 55.
//
// It promises: messages are sent in the order in which they were given. Every request is answered, by the daemon or by an
// error made here. The caller that starts the daemon learns why it can't run; nothing here shows a message by itself.
import { ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import * as vscode from 'vscode';
import {
  MessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter, createMessageConnection,
} from 'vscode-jsonrpc/node';
import { Changed, Delta, ProblemData, Status } from './protocol';

const protocol = 1;
const features = ['ask', 'retry', 'continue', 'stop', 'transcript', 'threads', 'select', 'configure', 'models', 'fork', 'delete', 'search', 'export', 'import'];
const longest_pause_ms = 30_000;
const stable_after_ms = 60_000; // if a daemon dies after this time, the pauses before a restart begin at the shortest again
const shutdown_wait_ms = 2_000;

// Why something could not be done, in the daemon's words, with `hint`: what to do now.
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
  complaint: [message: string]; // about a setting, in a sentence
  news: [message: string]; // of what it did by itself, in a sentence
  up: []; // a new daemon runs: it has no documents and follows no conversations yet
  down: []; // it is gone; `failure` says why, unless it was told to go
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

  // Whether the daemon that runs has this, which an older one may not have.
  offers(feature: string): boolean {
    return this.running !== undefined && this.offeredFeatures[feature] === true;
  }

  async start(): Promise<void> {
    await this.connection();
  }

  async request<T>(method: string, params: object): Promise<T> {
    const connection = await this.connection();
    try {
      return await connection.sendRequest<T>(method, params);
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

  // Ends the daemon, which stores what it has. Waits at most `farewell` for it, and never kills it.
  async stop(): Promise<void> {
    clearTimeout(this.restarting);
    const process = this.running;
    if (!process) return;
    process.stopping = true;
    this.handleExit(process); // later requests go to the next daemon
    const shutDown = async () => {
      const connection = await process.ready;
      await connection.sendRequest('shutdown', {});
      await connection.sendNotification('exit');
      process.child?.stdin?.end();
      await process.exited;
    };
    await Promise.race([shutDown().catch(() => {}), new Promise((late) => setTimeout(late, shutdown_wait_ms))]);
  }

  // Not `async`: that would delay the request by some ticks, and a notification could overtake it.
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
    connection.onError(([error]) => this.log.error(`talking to the daemon: ${error.message}`));
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
    let lastErrorLine = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      lastErrorLine = text.trim().split('\n').at(-1) ?? '';
      this.log.warn(text.trimEnd());
    });
    return new Promise((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) => resolve(cannotStart(command, error)));
      child.on('close', (status, signal) => {
        resolve(new Failure(`the daemon ended ${signal ? `by ${signal}` : `with status ${status}`}`, { kind: 'died', hint: lastErrorLine }));
      });
    });
  }

  // A daemon that ran and died is started again, after a pause that doubles each time; one that never ran is not.
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

const MessageType = { Info: 3 }; // LSP's

interface InitializeResult {
  capabilities?: { experimental?: { aside?: Record<string, unknown> } };
  serverInfo?: { name: string; version: string };
}

export function folderParams(folders: readonly vscode.WorkspaceFolder[]): { uri: string; name: string }[] {
  return folders.map(({ uri, name }) => ({ uri: uri.toString(), name }));
}

function cannotStart(command: string, error: NodeJS.ErrnoException): Failure {
  const why = { ENOENT: 'there is no such program', EACCES: 'it may not be run' }[error.code ?? ''] ?? error.message;
  return new Failure(`cannot start ${command}: ${why}. The setting aside.command says what is started`,
    { kind: 'missing', hint: 'Install asided, or open the settings and name it there.' });
}
