// The daemon's checks of a question's attachments before it is sent: how large each is, why it is refused, or why the user
// will be asked first; which updates will go along; and what all of that will cost.
import { EventEmitter } from 'node:events';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Attachment, Checked, Forecast } from './protocol';

const pause_ms = 300; // while the user types

export class Checks extends EventEmitter<{ changed: [] }> {
  private readonly results = new WeakMap<Attachment, Checked>();
  private readonly forecasts = new Map<string, Forecast>(); // by document
  private readonly checkedAttachments = new Map<string, readonly Attachment[]>(); // the attachments of each forecast, or of the one being made
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly daemon: Daemon, private readonly documents: Documents) {
    super();
    daemon.on('down', () => this.checkedAttachments.clear());
  }

  resultOf(attachment: Attachment): Checked | undefined {
    return this.results.get(attachment);
  }

  // The last forecast; `look` updates it.
  forecast(uri: string): Forecast | undefined {
    return this.forecasts.get(uri);
  }

  // Has the daemon check a question about this document with these attachments; the event `changed` tells of the result.
  update(uri: string, attachments: readonly Attachment[], shared: readonly string[] = []): void {
    if (this.checkedAttachments.get(uri) === attachments) return;
    this.checkedAttachments.set(uri, attachments);
    this.documents.openAttached(shared.map((uri) => ({ uri })));
    this.check(attachments, uri).then(() => this.emit('changed'), () => {}); // errors are shown when the question is sent
  }

  // Shared text may have changed: the forecast is made again after a pause.
  updateSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.checkedAttachments.clear();
      this.emit('changed');
    }, pause_ms);
  }

  // The results of the checks, in the same order.
  async check(attachments: readonly Attachment[], uri?: string): Promise<Checked[]> {
    await this.daemon.start();
    this.documents.openAttached(attachments);
    const answer = await this.daemon.request<Forecast>('attachment/check', { attachments, ...(uri && { textDocument: { uri } }) });
    answer.attachments.forEach((row, index) => this.results.set(attachments[index]!, row));
    if (uri && this.checkedAttachments.get(uri) === attachments) this.forecasts.set(uri, answer);
    return answer.attachments;
  }
}
