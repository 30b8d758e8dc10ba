// Two bundles: the extension for Node, the view's page for the browser with its style sheet and icon font.
//   node esbuild.mjs [--watch]
import { context } from 'esbuild';

const watch = process.argv.includes('--watch');
const common = { bundle: true, minify: !watch, sourcemap: watch && 'inline', logLevel: 'info', legalComments: 'none' };
const bundles = [
  { ...common, entryPoints: ['src/extension.ts'], outfile: 'out/extension.js', platform: 'node', target: 'node20',
    format: 'cjs', external: ['vscode'] },
  { ...common, entryPoints: ['page/page.ts', 'page/page.css'], outdir: 'out/page', platform: 'browser', target: 'chrome128',
    format: 'iife', loader: { '.ttf': 'file' }, assetNames: '[name]' },
];
for (const options of bundles) {
  const bundle = await context(options);
  if (watch) await bundle.watch();
  else await bundle.rebuild().finally(() => bundle.dispose());
}
