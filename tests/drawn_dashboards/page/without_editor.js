// Stands for monaco-editor, of which no panel makes use: without it the page is a fifth as large.
export default {};
export const editor = {}, languages = {}, KeyCode = {}, KeyMod = {}, MarkerSeverity = {}, Range = class {}, Selection = class {}, Uri = {};
