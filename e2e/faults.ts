import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What axe finds against WCAG 2 A and AA in both sets of colours, as sentences. Leaves the page in the dark. */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    // Without motion, since a colour on its way from one to the other is neither.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
      .analyze();
    for (const { help, nodes } of violations)
      faults.push(`${colorScheme}, ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  }
  return faults;
}
