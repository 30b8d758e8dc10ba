// The daemon of this window: started at the first request, spoken to over its pipe, started again when it dies.
//
// Built on vscode-jsonrpc and not on vscode-languageclient, which suits a language server and is in the way of this
// one: it sends every document that its selector matches as soon as it is opened, and a document has to have been used
// with Aside first; it restarts at once or never; it shows notifications that nobody asked for; it kills the process
// tree 2 s after `exit`, while a reply may still be on its way to disk; and bundled it is 360 kB to load against 55.
//
// Promises: messages leave in the order in which they were given. Every request is answered, by the daemon or by an
// error made here. What started the daemon is told why it can't run; nothing here shows a message by itself.
import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import {
  MessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter, createMessageConnection,
} from 'vscode-jsonrpc/node';
import { Changed, Delta, ProblemData, Status } from './protocol';

const protocol = 1;
const features = ['ask', 'retry', 'continue', 'stop', 'transcript', 'threads', 'select', 'configure', 'models'];
const longest_pause = 30_000;
const stable_after = 60_000; // a daemon that lived so long and dies is not one that dies all the time
const farewell = 2_000;

// Why something could not be done, in the daemon's words, and `hint`, the way out.
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
  child: ChildProcess;
  ready: Promise<MessageConnection>;
  gone: Promise<void>;
}

export class Daemon implements vscode.Disposable {
  private running: Process | undefined;
  private deaths = 0;
  private restarting: NodeJS.Timeout | undefined;
  private leaving = false;
  private readonly deltas = new vscode.EventEmitter<Delta>();
  private readonly statuses = new vscode.EventEmitter<Status>();
  private readonly changes = new vscode.EventEmitter<Changed>();
  private readonly complaints = new vscode.EventEmitter<string>();
  private readonly ups = new vscode.EventEmitter<void>();
  private readonly downs = new vscode.EventEmitter<void>();
  readonly onDelta = this.deltas.event;
  readonly onStatus = this.statuses.event;
  readonly onChanged = this.changes.event;
  readonly onComplaint = this.complaints.event; // about a setting, in a sentence
  readonly onUp = this.ups.event; // it runs, and knows neither documents nor whom to tell what
  readonly onDown = this.downs.event; // it is gone; `failure` says why, unless it was told to go
  failure: Failure | undefined;

  constructor(private readonly launch: () => Promise<Launch>, private readonly log: vscode.LogOutputChannel) {}

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

  // Nothing for a daemon that doesn't run: there is nobody to be told.
  notify(method: string, params: object): void {
    this.running?.ready.then((connection) => connection.sendNotification(method, params)).catch(() => {});
  }

  async restart(): Promise<void> {
    await this.stop();
    this.deaths = 0;
    await this.connection();
  }

  // The daemon stores what it has and goes; it is not waited for longer than `farewell`, and never killed.
  async stop(): Promise<void> {
    clearTimeout(this.restarting);
    const process = this.running;
    if (!process) return;
    this.leaving = true;
    const goodbye = async () => {
      const connection = await process.ready;
      await connection.sendRequest('shutdown', {});
      await connection.sendNotification('exit');
      process.child.stdin?.end();
      await process.gone;
    };
    await Promise.race([goodbye().catch(() => {}), new Promise((late) => setTimeout(late, farewell))]);
    if (this.running === process) this.ended(process, undefined);
    this.leaving = false;
  }

  dispose(): void {
    void this.stop();
    for (const emitter of [this.deltas, this.statuses, this.changes, this.complaints, this.ups, this.downs]) emitter.dispose();
  }

  // Not `async`, which would take some turns more and let a notification overtake a request.
  private connection(): Promise<MessageConnection> {
    this.running ??= this.launched();
    return this.running.ready;
  }

  private launched(): Process {
    clearTimeout(this.restarting);
    this.failure = undefined;
    const process = {} as Process;
    let over = () => {};
    process.gone = new Promise((resolve) => (over = resolve));
    process.ready = this.launch().then((launch) => this.open(process, launch, over));
    process.ready.then(
      () => this.ups.fire(),
      (error: unknown) => {
        process.child?.stdin?.end();
        this.ended(process, error instanceof Failure ? error : new Failure(String(error), { kind: 'died' }));
      },
    );
    return process;
  }

  private async open(process: Process, launch: Launch, over: () => void): Promise<MessageConnection> {
    const since = Date.now();
    let lastWords = '';
    this.log.info(`starting ${launch.command}`);
    const child = spawn(launch.command, [], { stdio: 'pipe' });
    process.child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = text.trim().split('\n').at(-1) ?? '';
      this.log.warn(text.trimEnd());
    });
    const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    connection.onError(([error]) => this.log.error(`talking to the daemon: ${error.message}`));
    connection.onNotification('conversation/delta', (params: Delta) => this.deltas.fire(params));
    connection.onNotification('conversation/status', (params: Status) => this.statuses.fire(params));
    connection.onNotification('conversation/changed', (params: Changed) => this.changes.fire(params));
    connection.onNotification('window/showMessage', (params: { message: string }) => this.complaints.fire(params.message));
    connection.listen();

    const begun = connection.sendRequest<InitializeResult>('initialize', {
      processId: globalThis.process.pid,
      clientInfo: { name: vscode.env.appName, version: vscode.version },
      rootUri: null,
      workspaceFolders: (vscode.workspace.workspaceFolders ?? []).map(({ uri, name }) => ({ uri: uri.toString(), name })),
      capabilities: { general: { positionEncodings: ['utf-16'] } },
      initializationOptions: launch.options,
    });
    const died = new Promise<never>((_, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => reject(cannotStart(launch.command, error)));
      child.on('close', (status, signal) => {
        const failure = new Failure(`the daemon ended ${signal ? `by ${signal}` : `with status ${status}`}`,
          { kind: 'died', hint: lastWords });
        connection.dispose();
        over();
        reject(failure);
        if (Date.now() - since > stable_after) this.deaths = 0;
        if (!this.leaving) this.ended(process, failure);
      });
    });
    died.catch(() => {});
    begun.catch(() => {});
    const { capabilities, serverInfo } = await Promise.race([begun, died]);
    const offers = capabilities?.experimental?.aside ?? {};
    if (offers.protocol !== protocol || !features.every((feature) => offers[feature] === true)) {
      throw new Failure(`${launch.command} is ${serverInfo?.name ?? 'a program'} ${serverInfo?.version ?? ''}, which is too old for this extension`,
        { kind: 'tooOld', hint: 'Install a newer asided, or clear the setting aside.command to use the one that comes with the extension.' });
    }
    await connection.sendNotification('initialized', {});
    this.log.info(`${serverInfo?.name} ${serverInfo?.version} runs as process ${child.pid}`);
    return connection;
  }

  // One that could be started and died is started again after a pause that doubles; one that never ran is not.
  private ended(process: Process, failure: Failure | undefined): void {
    if (this.running !== process) return;
    this.running = undefined;
    this.failure = failure;
    if (failure) this.log.error(`${failure.message}. ${failure.data.hint ?? ''}`);
    this.downs.fire();
    if (!failure || failure.data.kind !== 'died') return;
    const pause = this.deaths++ === 0 ? 0 : Math.min(longest_pause, 500 * 2 ** this.deaths);
    this.restarting = setTimeout(() => this.connection().catch(() => {}), pause);
  }
}

interface InitializeResult {
  capabilities?: { experimental?: { aside?: Record<string, unknown> } };
  serverInfo?: { name: string; version: string };
}

function cannotStart(command: string, error: NodeJS.ErrnoException): Failure {
  const why = error.code === 'ENOENT' ? 'there is no such program' : error.code === 'EACCES' ? 'it may not be run' : error.message;
  return new Failure(`cannot start ${command}: ${why}`,
    { kind: 'missing', hint: 'Install asided, or name it in the setting aside.command.' });
}

// The setting; else the program that came in the package; else what PATH has.
export function program(setting: string, bundled: string): string {
  if (setting) return setting.replace(/^~(?=\/)/, globalThis.process.env['HOME'] ?? '~');
  return fs.existsSync(bundled) ? bundled : 'asided';
}
