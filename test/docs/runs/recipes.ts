import type { Runs } from '../bench.js';

/** Snippets of docs/recipes.md. */
export const RECIPES_RUNS: Runs = {};
