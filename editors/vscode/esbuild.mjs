// Makes two bundles: the extension for Node, and the view's page, with its style sheet and icon font, for the browser. Also
// collects the licences of the bundled packages.
//   node esbuild.mjs [--watch]
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { context } from 'esbuild';

const watch = process.argv.includes('--watch');
const packages = new Set();
const common = { bundle: true, metafile: true, minify: !watch, sourcemap: watch && 'inline', logLevel: 'info', legalComments: 'none' };
const bundles = [
  { ...common, entryPoints: ['src/extension.ts'], outfile: 'out/extension.js', platform: 'node', target: 'node20',
    format: 'cjs', external: ['vscode'] },
  { ...common, entryPoints: ['page/page.ts', 'page/page.css'], outdir: 'out/page', platform: 'browser', target: 'chrome128',
    format: 'iife', loader: { '.ttf': 'file' }, assetNames: '[name]' },
];
for (const options of bundles) {
  const bundle = await context(options);
  if (watch) await bundle.watch();
  else {
    const { metafile } = await bundle.rebuild().finally(() => bundle.dispose());
    for (const input of Object.keys(metafile.inputs)) {
      const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input);
      if (found) packages.add(found[1]);
    }
  }
}
const licence = (name) => readdirSync(`node_modules/${name}`).filter((file) => /^licen[cs]e/i.test(file))
  .map((file) => `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, 'utf8').trim()}\n`).join('\n');
if (!watch) writeFileSync('out/licences.txt', [...packages].sort().map(licence).join(`\n${'-'.repeat(80)}\n\n`));
