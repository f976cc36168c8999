// Compiles scss/app.scss into the two stylesheets that are committed in static/.
// `npm run check` writes nothing and fails when the committed files are not what the sources give.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import rtlcss from "rtlcss";
import * as sass from "sass";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function compile() {
  const { css } = sass.compile(here("scss/app.scss"), {
    style: "compressed",
    loadPaths: [here("node_modules")],
    charset: false,
    quietDeps: true,
  });
  const leftToRight = `${css.trim()}\n`;
  return {
    "../static/app.css": leftToRight,
    "../static/app.rtl.css": rtlcss.process(leftToRight),
  };
}

/** A crest, a web font or an image of the library must never come back with an update of it. */
function refuseForeignMarks(path, css) {
  const found = css.match(/url\([^)]*\)|GDS Transport|crest|crown/gi);
  if (found) throw new Error(`${path} would load or name: ${[...new Set(found)].join(", ")}`);
}

function committed(path) {
  try {
    return readFileSync(here(path), "utf8");
  } catch {
    return "";
  }
}

const checking = process.argv.includes("--check");
for (const [path, css] of Object.entries(compile())) {
  refuseForeignMarks(path, css);
  if (checking && committed(path) !== css) {
    console.error(`${path} is not what the sources give: run "npm run build" and commit it.`);
    process.exitCode = 1;
  }
  if (!checking) writeFileSync(here(path), css);
  console.log(`${path}: ${css.length} bytes`);
}
