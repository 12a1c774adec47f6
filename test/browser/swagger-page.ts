import type { Locator, Page } from 'playwright-core';

/** Long enough for a machine that is busy; no step takes as long ordinarily. */
const PATIENCE_MS = 15_000;

/** The Swagger UI of a service, worked as a person does: by what is seen and pressed. */
export class SwaggerPage {
  private constructor(private readonly page: Page) {}

  static async open(page: Page, serviceUrl: string): Promise<SwaggerPage> {
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`${serviceUrl}/docs`);
    await page.locator('.opblock').first().waitFor();
    return new SwaggerPage(page);
  }

  /** Gives the API key in the Authorize dialog. */
  async authorize(key: string): Promise<void> {
    await this.page.locator('button.authorize.unlocked').first().click();
    const scheme = this.page.locator('.dialog-ux .auth-container', { hasText: 'bearer' }).first();
    await scheme.locator('input').fill(key);
    await scheme.locator('button.authorize[type=submit]').click();
    await scheme.locator('button', { hasText: 'Logout' }).waitFor();
    await this.page.locator('.dialog-ux .btn-done').first().click();
    await this.page.locator('.dialog-ux').waitFor({ state: 'hidden' });
  }

  /** Opens an operation by its method and path. */
  async operation(method: string, path: string): Promise<SwaggerOperation> {
    const block = this.page.locator(`.opblock-${method}:has(.opblock-summary-path[data-path="${path}"])`);
    await block.locator('.opblock-summary-control').click();
    await block.locator('button.execute').waitFor();
    return new SwaggerOperation(block);
  }
}

/** One operation, open to be tried. */
export class SwaggerOperation {
  constructor(private readonly block: Locator) {}

  async fill(parameter: string, value: string): Promise<void> {
    const row = this.block.locator(`tr[data-param-name="${parameter}"]`);
    await row.locator('input').fill(value);
    await row.locator(`input[value="${value}"]`).waitFor();
  }

  async pick(file: string): Promise<void> {
    await this.block.locator('input[type=file]').setInputFiles(file);
  }

  /** Presses Execute; the status and the body that the page then shows. */
  async execute(): Promise<{ readonly status: string; readonly body: unknown }> {
    await this.block.locator('button.execute').click();
    const answer = this.block.locator('.live-responses-table tr.response');
    const status = await answer.locator('.response-col_status').innerText();
    const text = await answer.locator('.response-col_description .highlight-code code').first().innerText();
    return { status: status.trim(), body: JSON.parse(text) };
  }
}
