// Builds the page's assets into the Python package; with --check, compares them with what is committed there.
import { build } from "esbuild";
import { readFileSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "..", "src", "camtwin", "studio", "assets");
const check = process.argv.includes("--check");

const made = await build({
  absWorkingDir: here,
  entryPoints: { studio: "src/main.ts" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
  outdir: assets,
  write: false,
  logLevel: "warning",
});
const files = Object.fromEntries(["index.html", "icon.svg"].map((name) => [name, readFileSync(join(here, "src", name))]));
for (const file of made.outputFiles) files[file.path.slice(assets.length + 1)] = Buffer.from(file.contents);

mkdirSync(assets, { recursive: true });
const stale = Object.entries(files).filter(([name, data]) => {
  const path = join(assets, name);
  return !existsSync(path) || !readFileSync(path).equals(data);
});
if (check && stale.length) {
  console.error(`web: ${stale.map(([name]) => name).join(", ")} in src/camtwin/studio/assets differ from the sources: make web`);
  process.exit(1);
}
for (const [name, data] of check ? [] : stale) writeFileSync(join(assets, name), data);
