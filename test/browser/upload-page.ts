import type { CDPSession, Page } from 'playwright-core';

/** Long enough for a machine that is busy; no step takes as long ordinarily. */
const PATIENCE_MS = 60_000;

/** The page of examples/browser, worked as a person does, on a network that can be cut. */
export class UploadPage {
  private constructor(
    readonly page: Page,
    private readonly devtools: CDPSession,
  ) {}

  static async open(page: Page, url: string): Promise<UploadPage> {
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(url);
    return new UploadPage(page, await page.context().newCDPSession(page));
  }

  /** Says which session. */
  async enter(session: string): Promise<void> {
    await this.page.getByLabel('Session').fill(session);
    await this.page.getByRole('button', { name: 'Open' }).click();
  }

  async choose(path: string): Promise<void> {
    await this.page.locator('.uppy-Dashboard-input').first().setInputFiles(path);
  }

  async start(): Promise<void> {
    await this.page.locator('.uppy-StatusBar-actionBtn--upload').click();
  }

  async retry(): Promise<void> {
    await this.page.locator('.uppy-StatusBar-actionBtn--retry').click();
  }

  /** What the progress bar shows, in per cent. */
  async progress(): Promise<number> {
    const value = await this.page.locator('.uppy-StatusBar-progress').getAttribute('aria-valuenow');
    return Number(value ?? Number.NaN);
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
      uploadThroughput: -1,
    });
  }
}
