// What the daemon says of a question's attachments before they are sent: how large each is, why it can't go, or why the user
// will be asked first; what else will go along, since it has changed; and what all of that will cost.
import { EventEmitter } from 'node:events';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Attachment, Checked, Forecast } from './protocol';

const pause_ms = 300; // while one types

export class Checks extends EventEmitter<{ changed: [] }> {
  private readonly known = new WeakMap<Attachment, Checked>();
  private readonly forecasts = new Map<string, Forecast>(); // by document
  private readonly asked = new Map<string, readonly Attachment[]>(); // for which each of these was, or is being, made
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly daemon: Daemon, private readonly documents: Documents) {
    super();
    daemon.on('down', () => this.asked.clear());
  }

  of(attachment: Attachment): Checked | undefined {
    return this.known.get(attachment);
  }

  // As it was told last; `look` has it brought up to date.
  forecast(uri: string): Forecast | undefined {
    return this.forecasts.get(uri);
  }

  // For a question about this document, with these; `changed` tells when something is known.
  look(uri: string, attachments: readonly Attachment[], shared: readonly string[] = []): void {
    if (this.asked.get(uri) === attachments) return;
    this.asked.set(uri, attachments);
    this.documents.useThose(shared.map((uri) => ({ uri })));
    this.check(attachments, uri).then(() => this.emit('changed'), () => {}); // what is wrong is said when they are sent
  }

  // Something of what is shared may have changed: what was told is looked at again after a pause.
  doubt(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.asked.clear();
      this.emit('changed');
    }, pause_ms);
  }

  // Their answers, in the same order.
  async check(attachments: readonly Attachment[], uri?: string): Promise<Checked[]> {
    await this.daemon.start();
    this.documents.useThose(attachments);
    const answer = await this.daemon.request<Forecast>('attachment/check', { attachments, ...(uri && { textDocument: { uri } }) });
    answer.attachments.forEach((row, index) => this.known.set(attachments[index]!, row));
    if (uri && this.asked.get(uri) === attachments) this.forecasts.set(uri, answer);
    return answer.attachments;
  }
}
