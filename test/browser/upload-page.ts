import type { CDPSession, Page } from 'playwright-core';
import { until } from '../support/service.js';

/** Long enough for a machine that is busy; no step takes as long ordinarily. */
const PATIENCE_MS = 60_000;
/** A file is on its way for some seconds then, also where the machine could do it in one. */
const BYTES_PER_SECOND = 24 * 1024 * 1024;

/** The page of examples/browser, worked as a person does, on a network that can be cut. */
export class UploadPage {
  private constructor(
    readonly page: Page,
    private readonly devtools: CDPSession,
  ) {}

  static async open(page: Page, url: string): Promise<UploadPage> {
    page.setDefaultTimeout(PATIENCE_MS);
    const devtools = await page.context().newCDPSession(page);
    const opened = new UploadPage(page, devtools);
    await opened.online();
    await page.goto(url);
    return opened;
  }

  /** Says which session, and shows the token. */
  async enter({ session, token }: { readonly session: string; readonly token: string }): Promise<void> {
    await this.page.getByLabel('Session').fill(session);
    await this.page.getByLabel('Token').fill(token);
    await this.page.getByRole('button', { name: 'Open' }).click();
  }

  async choose(path: string): Promise<void> {
    await this.page.locator('.uppy-Dashboard-input').first().setInputFiles(path);
  }

  async start(): Promise<void> {
    await this.page.locator('.uppy-StatusBar-actionBtn--upload').click();
  }

  /** What the progress bar shows, in per cent. */
  async progress(): Promise<number> {
    const value = await this.page.locator('.uppy-StatusBar-progress').getAttribute('aria-valuenow');
    return Number(value ?? Number.NaN);
  }

  async progressTo(percent: number): Promise<void> {
    await until(
      `${percent} %`,
      () => this.progress(),
      (shown) => shown >= percent,
    );
  }

  /** Waits for the dashboard's tick. */
  async complete(): Promise<void> {
    await this.page.locator('.uppy-StatusBar.is-complete').waitFor();
  }

  /** The record that the page shows for the file that came last. */
  async fileId(): Promise<string> {
    return (await this.page.locator('#outcomes li.stored').first().getAttribute('data-file-id')) ?? '';
  }

  /** What the page says went wrong last. */
  failure(): Promise<string> {
    return this.page.locator('#outcomes li.failed').first().innerText();
  }

  /** The browser has no network any more. What is on its way already, Chromium lets through: cut that elsewhere. */
  async offline(): Promise<void> {
    await this.emulate({ offline: true });
  }

  async online(): Promise<void> {
    await this.emulate({ offline: false });
  }

  private async emulate({ offline }: { readonly offline: boolean }): Promise<void> {
    await this.devtools.send('Network.enable');
    await this.devtools.send('Network.emulateNetworkConditions', {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: BYTES_PER_SECOND,
    });
  }
}
