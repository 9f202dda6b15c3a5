// What a page without a kernel puts in the place of ipywidgets: the stored data, and a model that nobody listens to.

class StoredModel {
  constructor({ state, buffers }) {
    this.values = state;
    this.followers = {};
    for (const [name, text] of Object.entries(buffers)) {
      this.values[name] = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    }
  }
  get(name) { return this.values[name]; }
  on(event, follow) { (this.followers[event] ??= new Set()).add(follow); }
  off(event, follow) { this.followers[event]?.delete(follow); }
  save_changes() {} // no kernel listens
  set(name, value) {
    if (JSON.stringify(this.values[name]) === JSON.stringify(value)) return;
    this.values[name] = value;
    this.followers[`change:${name}`]?.forEach((follow) => follow());
  }
}
const stored = JSON.parse(document.getElementById("models").textContent);
const models = {};
async function mount(script, render) {
  for (const figure of document.querySelectorAll(`figure[data-script="${script}"]`)) {
    const { model } = figure.dataset;
    models[model] ??= new StoredModel(stored[model]);
    await render({ model: models[model], el: figure });
    figure.querySelector("img")?.remove(); // the poster has done its work
  }
}
