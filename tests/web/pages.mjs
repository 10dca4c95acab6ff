// The pages in a real browser, on demo data: form, colours, widths, keyboard, without script, under a strict CSP.
// Arguments: base URL, path of Chromium, folder for screenshots. Prints one line "ok - …" or "not ok - …" a check.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [base, executablePath, pictures] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const widths = [1280, 390, 320];
const themes = ['light', 'dark'];
mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

let failed = 0;
async function check(what, run) {
  try {
    await run();
    console.log(`ok - ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok - ${what}: ${String(error.message ?? error).replaceAll('\n', ' ').slice(0, 2000)}`);
  }
}

// A page that notes everything a person would not want: errors, CSP reports, requests that failed.
async function opened(options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`request: ${request.url()}`));
  page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`)));
  return { context, page, complaints, close: () => context.close() };
}

async function look(name, path, width, colorScheme) {
  const { page, complaints, close } = await opened({ viewport: { width, height: 900 }, colorScheme });
  try {
    const response = await page.goto(base + path, { waitUntil: 'networkidle' });
    assert.equal(response.status(), 200);
    assert.match(response.headers()['content-security-policy'] ?? '', /default-src 'none'/);
    await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `scrolls sideways: ${content} px wide in ${window}`);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

async function judged(path, width, colorScheme) {
  const { page, close } = await opened({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
  try {
    await page.goto(base + path, { waitUntil: 'networkidle' });
    await page.evaluate(axe);
    const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: 'tag', values } }), rules);
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} (${node.any[0]?.message ?? ''})`).join('; ')}`);
    assert.deepEqual(told, []);
  } finally {
    await close();
  }
}

// One measurement of each status the portfolio shows, and at most five.
async function examples() {
  const { page, close } = await opened({ viewport: { width: 1280, height: 900 } });
  await page.goto(base, { waitUntil: 'networkidle' });
  const rows = await page.$$eval('table.rows tbody tr', (rows) =>
    rows.map((row) => [row.cells[1].textContent.trim().split(/\s{2,}|\n/)[0], row.querySelector('th a').getAttribute('href')]));
  await close();
  assert.ok(rows.length >= 10, `the demo portfolio shows ${rows.length} rows`);
  const firsts = new Map(rows.toReversed());
  return [...firsts].slice(0, 5).map(([status, path]) => [status.toLowerCase().replaceAll(/\W+/g, '-'), path]);
}

async function filterWithoutScript() {
  const { page, complaints, close } = await opened({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  await page.goto(base);
  const all = await page.locator('table.rows tbody tr').count();
  await page.locator('.chip').first().click();
  await page.locator('button.apply').click();
  assert.match(page.url(), /\?.+/);
  const some = await page.locator('table.rows tbody tr').count();
  assert.ok(some > 0 && some <= all, `${some} of ${all} rows`);
  assert.ok(await page.locator('.chip input').first().isChecked());
  await page.locator('table.rows tbody a').first().click();
  assert.match(page.url(), /\/m\/u_/);
  assert.ok((await page.locator('svg').count()) > 0, 'the chart needs no script');
  assert.deepEqual(complaints, []);
  await close();
}

async function filterAndBack() {
  const { page, complaints, close } = await opened({ viewport: { width: 1280, height: 900 } });
  await page.goto(base, { waitUntil: 'networkidle' });
  const all = await page.locator('table.rows tbody tr').count();
  await page.locator('.chip').first().click();
  await page.waitForURL(/\?.+/);
  await page.waitForLoadState('networkidle');
  const some = await page.locator('table.rows tbody tr').count();
  const filtered = page.url();
  await page.locator('table.rows tbody a').first().click();
  await page.waitForURL(/\/m\/u_/);
  await page.goBack({ waitUntil: 'networkidle' });
  assert.equal(page.url(), filtered);
  assert.equal(await page.locator('table.rows tbody tr').count(), some);
  assert.ok(await page.locator('.chip input').first().isChecked());
  await page.goBack({ waitUntil: 'networkidle' });
  await page.waitForFunction((count) => document.querySelectorAll('table.rows tbody tr').length === count, all);
  assert.ok(!(await page.locator('.chip input').first().isChecked()));
  assert.deepEqual(complaints, []);
  await close();
}

async function byKeyboard() {
  const { page, complaints, close } = await opened({ viewport: { width: 1280, height: 900 } });
  await page.goto(base, { waitUntil: 'networkidle' });
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'q');
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  const first = await page.evaluate(() => document.querySelector('.rows tbody th a').href);
  assert.equal(await page.evaluate(() => document.activeElement.href), first);
  // The whole row is the target: its outline is drawn by the link's ::after, which covers the row.
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement, '::after').outlineStyle);
  assert.notEqual(outline, 'none', 'the focused row shows no outline');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/m\/u_/);
  assert.deepEqual(complaints, []);
  await close();
}

async function everyLinkLeadsSomewhere(paths) {
  const { context, page, close } = await opened();
  const links = new Set();
  for (const path of paths) {
    await page.goto(base + path, { waitUntil: 'networkidle' });
    for (const href of await page.$$eval('a[href]', (all) => all.map((link) => link.href))) links.add(href.split('#')[0]);
  }
  const dead = [];
  for (const href of [...links].filter((href) => href.startsWith(base))) {
    const { status } = await context.request.get(href).then((answer) => ({ status: answer.status() }));
    if (status >= 400) dead.push(`${status} ${href}`);
  }
  assert.deepEqual(dead, []);
  await close();
}

try {
  const pages = [['portfolio', '/'], ...(await examples().catch((error) => { throw new Error(`no portfolio: ${error.message}`); }))];
  for (const [name, path] of pages) {
    for (const theme of themes) {
      for (const width of widths) {
        await check(`${name}, ${theme}, ${width} px: no complaint, no sideways scroll`, () => look(name, path, width, theme));
      }
      for (const width of [1280, 390]) {
        await check(`${name}, ${theme}, ${width} px: axe finds nothing`, () => judged(path, width, theme));
      }
    }
  }
  await check('the portfolio filters without script', filterWithoutScript);
  await check('a filter is in the address, and back restores it', filterAndBack);
  await check('the portfolio is walked by keyboard', byKeyboard);
  await check('every link leads somewhere', () => everyLinkLeadsSomewhere(pages.map(([, path]) => path)));
} catch (error) {
  failed += 1;
  console.log(`not ok - the pages can be looked at: ${error.message}`);
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
